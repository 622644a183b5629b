/** Starts the service on port 8000 and the application on port 8080: `npm run example authorization-code`. */

import { planner } from './planner.ts'
import { service } from './service.ts'

const issuer = 'http://localhost:8000'
const application = 'http://localhost:8080'
const callback = `${application}/callback`

await (await service({ issuer, callback, database: 'sqlite::memory:' })).listen({ port: 8000 })
await (await planner(issuer, callback)).listen({ port: 8080 })

console.log(`Open ${application} and sign in as alice with the password: correct horse battery staple`)
