/** Scopes: declared once, required where they matter, enforced and documented: FastAPI's fifth step. */

import {
  accessTokens,
  api,
  dependency,
  HttpError,
  json,
  passwordBearer,
  passwordForm,
  security,
} from 'gatewright'
import { accounts } from 'gatewright/server'
import { z } from 'zod'

const scopes = {
  me: 'Read your own account',
  'read:users': 'List all accounts',
  'write:posts': 'Add posts',
}

const { DATABASE_URL = 'sqlite::memory:', SECRET, PASSWORD = 'correct horse battery staple' } = process.env
const users = await accounts({ database: DATABASE_URL, scopes })
if ((await users.find('alice')) === undefined) {
  await users.create({ username: 'alice', password: PASSWORD, scopes: ['me', 'read:users', 'write:posts'] })
  await users.create({ username: 'bob', password: PASSWORD, scopes: ['me'] })
}

const secret = SECRET ?? crypto.getRandomValues(new Uint8Array(32))
const tokens = accessTokens({ issuer: 'http://localhost:8000', secret, scopes })
const auth = passwordBearer({ tokenUrl: 'token', scopes, verify: tokens.verify })

const currentUser = dependency({ token: auth }, async ({ token }) => {
  const user = await users.get(token.subject)
  if (user === undefined || user.disabled) throw new HttpError(401, 'This account is closed')
  return user
})

const User = z.object({ username: z.string(), scopes: z.array(z.string()).readonly() })
const NewPost = z.object({ title: z.string().min(1).max(200) })
const posts: { title: string; author: string }[] = []

export const app = api({ title: 'Scopes' })
  .post('/token', { form: passwordForm }, async ({ form }) => tokens.issue(await users.authenticate(form)))
  .get('/users/me', { user: security(currentUser, ['me']) }, { returns: User }, ({ user }) => user)
  .get('/users', { user: security(currentUser, ['read:users']) }, { returns: z.array(User).readonly() }, () =>
    users.list(),
  )
  .get('/posts', { user: currentUser }, () => posts)
  .post(
    '/posts',
    { user: security(currentUser, ['write:posts']), post: json(NewPost) },
    { status: 201 },
    ({ user, post }) => {
      posts.push({ ...post, author: user.username })
      return posts.at(-1)
    },
  )
  .get('/status', {}, { open: true }, () => ({ status: 'ok' }))
  .onStop(() => users.close())

if (import.meta.main) await app.listen({ port: 8000 })
