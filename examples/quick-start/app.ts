/** The service itself: what it offers, and what a caller needs for it. */

import { api, dependency, HttpError, json, passwordBearer, passwordForm, security } from 'gatewright'
import type { AccessTokens, Api } from 'gatewright'
import type { Accounts } from 'gatewright/server'
import { z } from 'zod'
import type { Posts } from './posts.ts'
import { scopes } from './scopes.ts'
import type { Scope } from './scopes.ts'

const User = z.object({
  id: z.string(),
  username: z.string(),
  name: z.string().exactOptional(),
  scopes: z.array(z.string()).readonly(),
  disabled: z.boolean(),
})
const Users = z.array(User).readonly()

const NewPost = z.object({ title: z.string().trim().min(1).max(200) })
const Post = z.object({ id: z.string(), title: z.string(), author: z.string(), createdAt: z.iso.datetime() })

/** What the service is built on. */
export interface Parts {
  readonly users: Accounts<Scope>
  readonly tokens: AccessTokens<Scope>
  readonly posts: Posts
}

export function app({ users, tokens, posts }: Parts): Api {
  // Where a token is looked for, who says whether it is good, and what it may allow.
  const auth = passwordBearer({ tokenUrl: 'token', scopes, verify: tokens.verify })

  // Whoever asks for this gets an account, or the caller gets a 401.
  const currentUser = dependency({ token: auth }, async ({ token }) => {
    const user = await users.get(token.subject)
    if (user === undefined || user.disabled) throw new HttpError(401, 'This account is closed')
    return user
  })

  return api({
    title: 'gatewright quick start',
    description: 'Press **Authorize** and log in as `writer` or `reader`; the terminal shows the password.',
  })
    .get('/', {}, { hidden: true }, () => new Response(null, { status: 307, headers: { location: 'docs' } }))
    .post('/token', { form: passwordForm }, { summary: 'Log in', tags: ['login'] }, async ({ form }) =>
      tokens.issue(await users.authenticate(form)),
    )
    .get(
      '/users/me',
      { user: security(currentUser, ['me']) },
      { returns: User, summary: 'Your own account', tags: ['users'] },
      ({ user }) => user,
    )
    .get(
      '/users',
      { user: security(currentUser, ['read:users']) },
      { returns: Users, summary: 'All accounts', tags: ['users'] },
      () => users.list(),
    )
    .get(
      '/posts',
      { user: currentUser },
      { returns: z.array(Post), summary: 'The newest posts', tags: ['posts'] },
      () => posts.list(),
    )
    .post(
      '/posts',
      { user: security(currentUser, ['write:posts']), post: json(NewPost) },
      { returns: Post, status: 201, summary: 'Add a post', tags: ['posts'] },
      ({ user, post }) => posts.add({ ...post, author: user.username }),
    )
}
