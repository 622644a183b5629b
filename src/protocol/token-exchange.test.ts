import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { OAuthError } from './oauth-error.ts'
import { sortParameters } from './parameters.ts'
import { exchangeGrant, parseTokenExchange, tokenTypes } from './token-exchange.ts'
import type { Actor, Exchange } from './token-exchange.ts'

const now = 1_800_000_000_000
const minutes = (count: number): number => count * 60_000

const good: Exchange = {
  subject: {
    subject: 'alice',
    scopes: ['read', 'write'],
    resources: ['https://a.test'],
    expiresAt: now + minutes(3),
  },
  actor: { sub: 'client:web', client_id: 'web' },
  request: { resources: [], audiences: [] },
  policy: { scopes: ['read', 'write', 'admin'] },
  now,
  lifetime: minutes(5),
}

const sent = { subject_token: 's', subject_token_type: tokenTypes.accessToken }
const parse = (form: Readonly<Record<string, string>>): unknown => parseTokenExchange(sortParameters(Object.entries(form), new Set(['resource', 'audience']))) // prettier-ignore

const code = (run: () => unknown): unknown => {
  try {
    run()
    return undefined
  } catch (error) {
    return error instanceof OAuthError ? error.code : error
  }
}

test('RFC 8693 §2.1: the request', () => {
  const full = {
    ...sent, actor_token: 'a', actor_token_type: tokenTypes.jwt, requested_token_type: tokenTypes.accessToken,
    scope: 'read', resource: 'https://a.test', audience: 'items',
  } // prettier-ignore
  expect(parse(full)).toEqual({
    grantType: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subjectToken: 's', subjectTokenType: tokenTypes.accessToken, actorToken: 'a', actorTokenType: tokenTypes.jwt,
    requestedTokenType: tokenTypes.accessToken, scopes: ['read'], resources: ['https://a.test'], audiences: ['items'],
  }) // prettier-ignore
})

test('RFC 8693 §2.1: an actor token and its type go together', () => {
  expect(code(() => parse({ ...sent, actor_token: 'a' }))).toBe('invalid_request')
  expect(code(() => parse({ ...sent, actor_token_type: tokenTypes.accessToken }))).toBe('invalid_request')
  expect(code(() => parse({ ...sent, actor_token: 'a', actor_token_type: tokenTypes.accessToken }))).toBeUndefined() // prettier-ignore
})

test('RFC 8693 §3: types are known by name, and only access tokens are given', () => {
  for (const type of ['access_token', 'Bearer', 'urn:ietf:params:oauth:token-type:saml2', `${tokenTypes.jwt} `, 'toString', 'accessToken']) {
    expect(code(() => parse({ ...sent, subject_token_type: type })), type).toBe('invalid_request')
    expect(code(() => parse({ ...sent, actor_token: 'a', actor_token_type: type })), type).toBe('invalid_request')
    expect(code(() => parse({ ...sent, requested_token_type: type })), type).toBe('invalid_request')
  } // prettier-ignore
  for (const type of [tokenTypes.refreshToken, tokenTypes.idToken, tokenTypes.jwt]) {
    expect(code(() => parse({ ...sent, requested_token_type: type })), type).toBe('invalid_request') // prettier-ignore
  }
})

test('an exchange for nothing in particular has what the subject has', () => {
  expect(exchangeGrant(good)).toEqual({
    subject: 'alice',
    scopes: ['read', 'write'],
    resources: ['https://a.test'],
    expiresAt: now + minutes(3),
    act: { sub: 'client:web', client_id: 'web' },
  })
})

test('SECURITY 109: no scope more than the subject has, nor than the policy allows', () => {
  const ask = (scopes: readonly string[], policy = good.policy): unknown =>
    code(() => exchangeGrant({ ...good, policy, request: { ...good.request, scopes } }))
  expect(ask(['read'])).toBeUndefined()
  expect(ask(['admin'])).toBe('invalid_scope')
  expect(ask(['write'], { scopes: ['read'] })).toBe('invalid_scope')
  expect(exchangeGrant({ ...good, policy: { scopes: ['read'] } }).scopes).toEqual(['read'])
})

test('SECURITY 109: no target more than the subject has, but for those an administrator named', () => {
  const ask = (request: Partial<Exchange['request']>, policy = good.policy): unknown =>
    code(() => exchangeGrant({ ...good, policy, request: { ...good.request, ...request } }))
  expect(ask({ resources: ['https://a.test/'] })).toBeUndefined()
  expect(ask({ resources: ['https://b.test'] })).toBe('invalid_target')
  expect(ask({ audiences: ['https://b.test'] })).toBe('invalid_target')
  expect(ask({ resources: ['https://a.test'], audiences: ['https://b.test'] })).toBe('invalid_target')
  const policy = { scopes: ['read'], resources: ['https://b.test'] }
  expect(ask({ resources: ['https://b.test'] }, policy)).toBeUndefined()
  // It has to be named: what the policy adds is not given unasked.
  expect(exchangeGrant({ ...good, policy }).resources).toEqual(['https://a.test'])
})

test('SECURITY 109: no second more than the subject token has, nor the actor token', () => {
  expect(exchangeGrant({ ...good, lifetime: minutes(1) }).expiresAt).toBe(now + minutes(1))
  expect(exchangeGrant({ ...good, lifetime: minutes(60) }).expiresAt).toBe(now + minutes(3))
  expect(exchangeGrant({ ...good, actorExpiresAt: now + minutes(2) }).expiresAt).toBe(now + minutes(2))
  expect(code(() => exchangeGrant({ ...good, actorExpiresAt: now }))).toBe('invalid_request')
  expect(code(() => exchangeGrant({ ...good, subject: { ...good.subject, expiresAt: now } }))).toBe('invalid_request') // prettier-ignore
})

test('SECURITY 110: without a policy it is refused', () => {
  expect(code(() => exchangeGrant({ ...good, policy: undefined }))).toBe('unauthorized_client')
})

test('SECURITY 110: the chain of actors is kept, the newest outermost', () => {
  const act: Actor = { sub: 'b', act: { sub: 'a' } }
  expect(exchangeGrant({ ...good, subject: { ...good.subject, act } }).act).toEqual({ sub: 'client:web', client_id: 'web', act: { sub: 'b', act: { sub: 'a' } } }) // prettier-ignore
})

test('SECURITY 110: a token is not passed on for ever', () => {
  const chain = (length: number): Actor =>
    length === 1 ? { sub: 'a' } : { sub: 'a', act: chain(length - 1) }
  const pass = (act: Actor): unknown =>
    code(() => exchangeGrant({ ...good, subject: { ...good.subject, act } }))
  expect(pass(chain(3))).toBeUndefined()
  for (const length of [4, 5, 100]) expect(pass(chain(length))).toBe('invalid_request')
})

test('RFC 8693 §4.4: who may act is who acts', () => {
  const act = (mayAct: NonNullable<Exchange['subject']['mayAct']>, actor: Actor = good.actor): unknown =>
    code(() => exchangeGrant({ ...good, actor, subject: { ...good.subject, mayAct } }))
  expect(act({ sub: 'client:web' })).toBeUndefined()
  expect(act({ sub: 'client:web', client_id: 'web' })).toBeUndefined()
  expect(act({ sub: 'client:other' })).toBe('invalid_request')
  expect(act({ sub: 'client:web', client_id: 'other' })).toBe('invalid_request')
  expect(act({ sub: 'client:web', iss: 'https://other.test' })).toBe('invalid_request')
  expect(
    act({ sub: 'x', iss: 'https://other.test' }, { sub: 'x', iss: 'https://other.test' }),
  ).toBeUndefined()
})

test('SECURITY 109: whatever is asked for, nothing grows', () => {
  const words = fc.subarray(['read', 'write', 'admin'])
  const places = fc.subarray(['https://a.test', 'https://b.test', 'https://c.test'])
  const time = fc.integer({ min: -10, max: 10 }).map((count) => now + minutes(count))
  fc.assert(
    fc.property(words, places, time, words, fc.option(words, { nil: undefined }), places, places, (scopes, resources, expiresAt, ceiling, asked, targets, more) => {
      const exchange: Exchange = {
        ...good,
        subject: { subject: 'alice', scopes, resources, expiresAt },
        policy: { scopes: ceiling, resources: more },
        request: { ...(asked && { scopes: asked }), resources: targets, audiences: [] },
      }
      let grant
      try {
        grant = exchangeGrant(exchange)
      } catch (error) {
        expect(error).toBeInstanceOf(OAuthError)
        return
      }
      for (const scope of grant.scopes) expect(scopes).toContain(scope)
      for (const scope of grant.scopes) expect(ceiling).toContain(scope)
      for (const place of grant.resources) expect([...resources, ...more]).toContain(place)
      expect(grant.expiresAt).toBeLessThanOrEqual(expiresAt)
      expect(grant.expiresAt).toBeGreaterThan(now)
    }),
    { numRuns: 1000 },
  ) // prettier-ignore
})
