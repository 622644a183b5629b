/** The service itself: what it offers, and what a caller needs for it. */

import { api, dependency, HttpError, json, requiredScopes, security } from 'gatewright'
import type { Api } from 'gatewright'
import type { Accounts, AuthorizationServer } from 'gatewright/server'
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
  readonly server: AuthorizationServer<Scope>
  readonly users: Accounts
  readonly posts: Posts
}

export function app({ server, users, posts }: Parts): Api {
  // Where a token is looked for, who says whether it is good, and what it may allow.
  const auth = server.bearer({ flows: ['authorizationCode'] })

  // Whoever asks for this gets an account, or the caller gets a 401.
  const currentUser = dependency({ token: auth, required: requiredScopes }, async ({ token, required }) => {
    const user = await users.get(token.subject)
    if (user === undefined || user.disabled) throw new HttpError(401, 'This account is closed')
    // The scopes of a token are what the person lets a program do. What the person may do says the account.
    if (!required.scopes.every((scope) => user.scopes.includes(scope))) {
      throw new HttpError(403, 'This account may not do that')
    }
    return user
  })

  return api({
    title: 'gatewright quick start',
    description:
      'Press **Authorize**, leave the secret empty, and log in as `writer` or `reader`; the terminal shows the password.',
    docs: { oauth: { clientId: 'docs', scopes: Object.keys(scopes) } },
  })
    .get('/', {}, { hidden: true }, () => new Response(null, { status: 307, headers: { location: 'docs' } }))
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
    .mount(server)
}
