/** Starts the service on port 8000, and its two applications: `npm run example authorization-code`. */

import { planner } from './planner.ts'
import { service } from './service.ts'
import { singlePage } from './single-page.ts'

const issuer = 'http://localhost:8000'
const application = 'http://localhost:8080'
const callback = `${application}/callback`
const page = 'http://localhost:8090'

await (
  await service({ issuer, callback, singlePage: page, database: 'sqlite::memory:' })
).listen({ port: 8000 })
await (await planner(issuer, callback)).listen({ port: 8080 })
await singlePage(issuer).listen({ port: 8090 })

console.log(`Open ${application}, or ${page} for one without a server of its own.
Sign in as alice with the password: correct horse battery staple`)
