/** Either of two: people come with a token, machines with an API key, and the route takes both. */

import { createHash } from 'node:crypto'
import {
  accessTokens,
  anyOf,
  api,
  apiKey,
  dependency,
  passwordBearer,
  passwordForm,
  security,
} from 'gatewright'
import { accounts } from 'gatewright/server'

const scopes = { 'read:reports': 'Read the reports' }

const users = await accounts({ database: 'sqlite::memory:', scopes })
await users.create({ username: 'alice', password: 'correct horse battery staple', scopes: ['read:reports'] })

// Only hashes are kept: who reads a backup of them cannot call the API. This is the key "demo-key".
const machines = new Map([
  [
    'c48a01f49fd0f2cc404bc3cbbc80e91457a3d41bb429a695243de4c61794155c',
    { name: 'nightly-export', scopes: ['read:reports'] },
  ],
])

const secret = crypto.getRandomValues(new Uint8Array(32))
const tokens = accessTokens({ issuer: 'http://localhost:8000', secret, scopes })
const token = passwordBearer({ tokenUrl: 'token', scopes, verify: tokens.verify })
const machine = apiKey({
  header: 'x-api-key',
  scopes,
  verify: (key) => machines.get(createHash('sha256').update(key).digest('hex')),
})

const caller = dependency({ who: anyOf(token, machine) }, ({ who }) =>
  'subject' in who ? `user ${who.subject}` : `machine ${who.name}`,
)

export const app = api({ title: 'Either of two' })
  .post('/token', { form: passwordForm }, async ({ form }) => tokens.issue(await users.authenticate(form)))
  .get('/reports', { caller: security(caller, ['read:reports']) }, ({ caller }) => ({ caller, reports: [] }))

if (import.meta.main) await app.listen({ port: 8000 })
