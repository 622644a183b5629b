/** Optional login: the feed is for everybody, and for those who are signed in it is their own. */

import { accessTokens, api, dependency, optional, passwordBearer, passwordForm } from 'gatewright'
import { accounts } from 'gatewright/server'

const users = await accounts({ database: 'sqlite::memory:' })
await users.create({ username: 'alice', password: 'correct horse battery staple' })

const secret = crypto.getRandomValues(new Uint8Array(32))
const tokens = accessTokens({ issuer: 'http://localhost:8000', secret })
const auth = passwordBearer({ tokenUrl: 'token', verify: tokens.verify })
const currentUser = dependency({ token: auth }, ({ token }) => users.get(token.subject))

export const app = api({ title: 'Optional login' })
  .post('/token', { form: passwordForm }, async ({ form }) => tokens.issue(await users.authenticate(form)))
  .get('/feed', { viewer: optional(currentUser) }, ({ viewer }) => ({
    greeting: viewer === undefined ? 'Hello, stranger' : `Hello, ${viewer.username}`,
  }))

if (import.meta.main) await app.listen({ port: 8000 })
