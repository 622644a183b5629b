/** The current user: a dependency turns the token into an account. Who asks for it guards the route. */

import { accessTokens, api, dependency, HttpError, passwordBearer, passwordForm } from 'gatewright'
import { accounts } from 'gatewright/server'

const users = await accounts({ database: 'sqlite::memory:' })
await users.create({ username: 'alice', password: 'correct horse battery staple', name: 'Alice' })

const secret = crypto.getRandomValues(new Uint8Array(32))
const tokens = accessTokens({ issuer: 'http://localhost:8000', secret })
const auth = passwordBearer({ tokenUrl: 'token', verify: tokens.verify })

const currentUser = dependency({ token: auth }, async ({ token }) => {
  const user = await users.get(token.subject)
  if (user === undefined || user.disabled) throw new HttpError(401, 'This account is closed')
  return user
})

export const app = api({ title: 'Current user' })
  .post('/token', { form: passwordForm }, async ({ form }) => tokens.issue(await users.authenticate(form)))
  .get('/users/me', { user: currentUser }, ({ user }) => user)

if (import.meta.main) await app.listen({ port: 8000 })
