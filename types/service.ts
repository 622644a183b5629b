/** The service that the type tests and the mistakes are about: two schemes, and users behind one of them. */

import { accessTokens, anyOf, apiKey, dependency, HttpError, passwordBearer } from 'gatewright'
import type { Dependency } from 'gatewright'

/** Somebody with an account. */
export interface User {
  readonly id: string
  readonly name: string
}

export const alice: User = { id: 'u1', name: 'Alice' }

export const tokens = accessTokens({
  issuer: 'https://api.test',
  secret: 'thirty-two bytes or more of a secret',
  scopes: { me: 'See your profile', items: 'See your items' },
})

export const auth = passwordBearer({ tokenUrl: 'token', scopes: tokens.scopes, verify: tokens.verify })

export const machine = apiKey({
  header: 'x-api-key',
  scopes: { items: 'See your items' },
  verify: (key) => (key === 'k' ? { name: 'robot', scopes: ['items'] as const } : undefined),
})

export const currentUser: Dependency<User, 'me' | 'items'> = dependency({ token: auth }, ({ token }) => {
  if (token.subject !== alice.id) throw new HttpError(404)
  return alice
})

export const activeUser = dependency({ user: currentUser }, ({ user }) => user)

export const caller = anyOf(activeUser, machine)
