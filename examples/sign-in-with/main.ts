/** Starts the app on port 8000, and a service to sign in with on port 9000: `npm run example sign-in-with`. */

import { notes } from './app.ts'
import { exampleCom, githubOf, signInWithExampleCom } from './provider.ts'

const origin = 'http://localhost:8000'
const issuer = 'http://localhost:9000'
const callback = `${origin}/sign-in/callback/example`

await (await exampleCom(issuer, [callback], 'sqlite::memory:')).app.listen({ port: 9000 })
const providers = [signInWithExampleCom(issuer), ...githubOf(process.env)]
await notes({ origin, database: 'sqlite::memory:', providers }).listen({ port: 8000 })

console.log(`Open ${origin}
At Example.com you are alice, with the password: correct horse battery staple`)
