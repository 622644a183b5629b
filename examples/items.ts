/** The application of the README. */

import { accessTokens, api, passwordBearer, passwordForm, security } from 'gatewright'
import { accounts } from 'gatewright/server'

const scopes = { 'read:items': 'Read the items' }
const users = await accounts({ database: 'sqlite::memory:', scopes })
await users.create({ username: 'alice', password: 'correct horse battery staple', scopes: ['read:items'] })

const secret = crypto.getRandomValues(new Uint8Array(32))
const tokens = accessTokens({ issuer: 'http://localhost:8000', secret, scopes })
const auth = passwordBearer({ tokenUrl: 'token', scopes, verify: tokens.verify })

export const app = api({ title: 'Items' })
  .post('/token', { form: passwordForm }, async ({ form }) => tokens.issue(await users.authenticate(form)))
  .get('/items', { token: security(auth, ['read:items']) }, ({ token }) => [{ owner: token.subject }])

if (import.meta.main) await app.listen({ port: 8000 })
