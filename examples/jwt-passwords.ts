/** Accounts in a database, passwords hashed with argon2id, tokens that expire: FastAPI's fourth step. */

import { accessTokens, api, dependency, HttpError, json, passwordBearer, passwordForm } from 'gatewright'
import { accounts } from 'gatewright/server'
import { z } from 'zod'

const { DATABASE_URL = 'file:jwt-passwords.db', SECRET } = process.env
const users = await accounts({ database: DATABASE_URL })

// Without SECRET each start makes a new one, and the tokens of the one before end with it.
const secret = SECRET ?? crypto.getRandomValues(new Uint8Array(32))
const tokens = accessTokens({ issuer: 'http://localhost:8000', secret, lifetime: 30 * 60 })
const auth = passwordBearer({ tokenUrl: 'token', verify: tokens.verify })

const currentUser = dependency({ token: auth }, async ({ token }) => {
  const user = await users.get(token.subject)
  if (user === undefined || user.disabled) throw new HttpError(401, 'This account is closed')
  return user
})

const User = z.object({
  username: z.string(),
  name: z.string().optional(),
  email: z.email().optional(),
})
const SignUp = User.extend({ password: z.string() })

export const app = api({ title: 'JWT and passwords' })
  .post('/users/', { user: json(SignUp) }, { returns: User, status: 201 }, ({ user }) => users.create(user))
  .post('/token', { form: passwordForm }, async ({ form }) => tokens.issue(await users.authenticate(form)))
  .get('/users/me/', { user: currentUser }, { returns: User }, ({ user }) => user)
  .get('/users/me/items/', { user: currentUser }, ({ user }) => [{ item_id: 'Foo', owner: user.username }])
  .onStop(() => users.close())

if (import.meta.main) await app.listen({ port: 8000 })
