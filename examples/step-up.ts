/** An API that wants people to log in again, and better, before something that cannot be undone. */

import { api, dependency, openIdConnect, security, stepUp } from 'gatewright'
import type { TrustedTokens } from 'gatewright'

const scopes = { account: 'See and close your account' }
const closed = new Set<string>()

/** The API. With `server.bearer()` of an authorization server of yours, it is the same. */
export function accountApi(auth: TrustedTokens<keyof typeof scopes>) {
  const currentUser = dependency({ token: security(auth, ['account']) }, ({ token }) => ({
    id: token.subject,
  }))
  return api({ title: 'Account' })
    .get('/account', { user: currentUser }, ({ user }) => ({ ...user, isClosed: closed.has(user.id) }))
    .delete('/account', { user: stepUp(currentUser, { acr: ['phr', 'mfa'], maxAge: 300 }) }, ({ user }) => {
      closed.add(user.id)
      return { closed: user.id }
    })
}

if (import.meta.main) {
  const { ISSUER: issuer = 'http://localhost:9000', AUDIENCE: audience = 'http://localhost:8000' } =
    process.env
  await accountApi(openIdConnect({ issuer, audience, scopes })).listen({ port: 8000 })
}
