/** Scopes travel from a scheme through everything above it as a union of literals. Type-level tests. */

import {
  accessTokens,
  allOf,
  anyOf,
  clientCredentialsBearer,
  dependency,
  fresh,
  httpBearer,
  openIdConnect,
  optional,
  override,
  passwordBearer,
  query,
  replace,
  resource,
  security,
  securityAny,
  stepUp,
} from 'gatewright'
import type { Dependency, ScopeOf } from 'gatewright'
import { z } from 'zod'
import { expectSame } from './expect-type.ts'
import { activeUser, alice, auth, caller, currentUser, machine } from './service.ts'
import type { tokens } from './service.ts'

// From the tokens to the scheme, and up.
expectSame<keyof typeof tokens.scopes, 'me' | 'items'>()
expectSame<ScopeOf<typeof auth>, 'me' | 'items'>()
expectSame<ScopeOf<typeof activeUser>, 'me' | 'items'>()
expectSame<ScopeOf<ReturnType<typeof deep>>, 'me' | 'items'>()
function deep() {
  const one = dependency({ activeUser }, () => 1)
  const two = resource({ one }, function* () {
    yield 2
  })
  return optional(
    fresh(
      security(
        dependency({ two, q: query(z.string()) }, async () => 3),
        ['me'],
      ),
    ),
  )
}

// Either: only what all of them declare. Both: what any of them declares.
const admin = clientCredentialsBearer({
  tokenUrl: 'token',
  scopes: { admin: 'Everything', items: 'Items' },
  verify: async () => ({ scopes: ['admin'] }),
})
expectSame<ScopeOf<typeof caller>, 'items'>()
const either = anyOf(auth, machine, admin)
expectSame<ScopeOf<typeof either>, 'items'>()
const none = anyOf(auth, httpBearer({ verify: (token) => token }))
expectSame<ScopeOf<typeof none>, never>()
const all = allOf(auth, admin)
expectSame<ScopeOf<typeof all>, 'me' | 'items' | 'admin'>()
const record = dependency({ auth, admin }, () => 1)
expectSame<ScopeOf<typeof record>, 'me' | 'items' | 'admin'>()
security(all, ['admin', 'me'])
// A demand changes neither the value nor the scopes.
const issued = openIdConnect({
  issuer: 'https://a.test',
  audience: 'a',
  scopes: { me: 'You', items: 'Items' },
})
const stepped = stepUp(
  dependency({ token: issued }, () => 1),
  { maxAge: 60 },
)
expectSame<typeof stepped, Dependency<number, 'me' | 'items'>>()
security(stepped, ['me'])
// @ts-expect-error misspelt
security(stepped, ['itmes'])
security(record, ['admin', 'me'])

// @ts-expect-error misspelt
security(activeUser, ['itmes'])
// @ts-expect-error misspelt, one of several
securityAny(activeUser, ['me', 'itmes'])
// @ts-expect-error declared by the token, not by the key: it would be a way around
security(caller, ['me'])
// @ts-expect-error declared by one of three
security(either, ['admin'])
// @ts-expect-error nothing in common
security(none, ['me'])
const clock = dependency({}, () => 1)
// @ts-expect-error nothing beneath declares any scope
security(clock, ['items'])
declare const anyText: string
// @ts-expect-error any text is no scope: it may be misspelt
security(auth, [anyText])

// A scheme without a catalogue has no scopes; a catalogue that is not literal has any.
expectSame<ScopeOf<Dependency<string>>, never>()
declare const catalogue: Record<string, string>
const loose = passwordBearer({ tokenUrl: 't', scopes: catalogue, verify: (token) => token })
expectSame<ScopeOf<typeof loose>, string>()
security(loose, ['whatever'])
const bare = accessTokens({ issuer: 'https://api.test', secret: 'thirty-two bytes or more of a secret' })
passwordBearer({ tokenUrl: 't', verify: bare.verify })

// Overrides have the type of what they replace.
override(currentUser, alice)
// @ts-expect-error half a user
override(currentUser, { id: 'u1' })
// @ts-expect-error nobody is no user
override(currentUser, undefined)
override(optional(currentUser), undefined)
override(machine, { name: 'robot', scopes: ['items'] })
// @ts-expect-error a scope nobody declared
override(machine, { name: 'robot', scopes: ['itmes'] })
replace(
  currentUser,
  dependency({ name: query(z.string()) }, ({ name }) => ({ id: '1', name })),
)
const name = dependency({}, () => 'Alice')
// @ts-expect-error a replacement of another type
replace(currentUser, name)

// A dependency with fewer scopes is fine wherever one with more is; not the other way round.
export const widened: Dependency<number, 'a' | 'b'> = dependency({}, async () => 1)
// @ts-expect-error its scopes would be forgotten, and could not be required
export const narrowed: Dependency<unknown> = auth
