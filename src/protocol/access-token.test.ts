import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  accessTokenClaims,
  checkHeader,
  isExpired,
  readAccessToken,
  refusals,
  registeredClaims,
} from './access-token.ts'
import { Rejection } from './rejection.ts'

const now = 1_800_000_000
const expected = { issuer: 'https://api.test', audience: 'https://items.test', clockSkew: 30 }
const claims = accessTokenClaims({
  issuer: expected.issuer,
  audience: expected.audience,
  subject: 'alice',
  scopes: ['read', 'write'],
  clientId: 'app',
  id: 'id-1',
  issuedAt: now,
  lifetime: 300,
  claims: { role: 'editor' },
})

test('RFC 9068 §2.2: a new token has every claim of the profile', () => {
  expect(claims).toEqual({
    iss: 'https://api.test',
    sub: 'alice',
    aud: 'https://items.test',
    client_id: 'app',
    iat: now,
    exp: now + 300,
    jti: 'id-1',
    scope: 'read write',
    role: 'editor',
  })
  for (const name of Object.keys(claims)) expect(registeredClaims.has(name)).toBe(name !== 'role')
})

test('what was written is what is read', () => {
  expect(readAccessToken(claims, expected, now)).toEqual({
    subject: 'alice',
    scopes: ['read', 'write'],
    clientId: 'app',
    issuer: 'https://api.test',
    audience: ['https://items.test'],
    id: 'id-1',
    issuedAt: now,
    expiresAt: now + 300,
    claims,
  })
})

test('a token without the optional claims is good, and says nothing of them', () => {
  const { iss, sub, aud, exp } = claims
  const bare = { iss, sub, aud, exp }
  const token = readAccessToken(bare, expected, now)
  expect(token).toEqual({
    subject: 'alice', scopes: [], issuer: 'https://api.test', audience: ['https://items.test'], expiresAt: now + 300, claims: bare,
  }) // prettier-ignore
  expect(Object.keys(token)).not.toContain('clientId')
})

test('scopes outside of the catalogue are not granted', () => {
  const token = readAccessToken(claims, { ...expected, catalogue: new Set(['write', 'other']) }, now)
  expect(token).toMatchObject({ scopes: ['write'] })
})

test('RFC 7519 §4.1.4: a token ends at `exp`, give or take the skew', () => {
  expect(isExpired(100, 0, 99.999)).toBe(false)
  expect(isExpired(100, 0, 100)).toBe(true)
  expect(isExpired(100, 30, 129)).toBe(false)
  expect(isExpired(100, 30, 130)).toBe(true)
})

test('RFC 9068 §4: the type is `at+jwt`, with or without `application/`, in any case', () => {
  for (const typ of ['at+jwt', 'AT+JWT', 'application/at+jwt', 'Application/At+Jwt']) {
    expect(checkHeader({ typ }, false), typ).toBeUndefined()
  }
  for (const typ of ['JWT', undefined, 'id+jwt', '', 1, ['at+jwt']])
    expect(checkHeader({ typ }, false)).toBe(refusals.wrongType)
})

test('plain JWTs pass only where that was asked for, and other kinds never', () => {
  for (const typ of ['JWT', 'jwt', undefined, 'at+jwt']) expect(checkHeader({ typ }, true)).toBeUndefined()
  for (const typ of ['logout+jwt', 'dpop+jwt', '', null, 1])
    expect(checkHeader({ typ }, true)).toBe(refusals.wrongType)
})

test('whatever the claims are, the answer is a token or a refusal, and never an exception', () => {
  const value = fc.oneof(
    fc.jsonValue(),
    fc.double(),
    fc.constantFrom(now, now + 60, expected.issuer, expected.audience),
  )
  const any = fc.record(
    {
      iss: value,
      sub: value,
      aud: value,
      exp: value,
      nbf: value,
      iat: value,
      jti: value,
      client_id: value,
      scope: value,
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(any, (members) => {
      const answer = readAccessToken({ ...claims, ...members }, expected, now)
      if (answer instanceof Rejection) {
        expect(Object.values(refusals)).toContain(answer)
        return
      }
      expect([answer.issuer, typeof answer.subject]).toEqual([expected.issuer, 'string'])
      expect(answer.audience).toContain(expected.audience)
      expect(answer.expiresAt).toBeGreaterThan(now - 31)
    }),
    { numRuns: 2000 },
  )
})

test('SECURITY 179: a date without end is no date', () => {
  for (const name of ['nbf', 'iat']) {
    for (const value of [Infinity, NaN, -Infinity, -1]) {
      expect(readAccessToken({ ...claims, [name]: value }, expected, now)).toBe(refusals.claims)
    }
  }
  for (const exp of [Infinity, NaN, -Infinity, -1]) {
    expect(readAccessToken({ ...claims, exp }, expected, now)).toBe(refusals.expiry)
  }
})

test('SECURITY 191: refusals are fixed sentences that fit into a header, and cannot be changed', () => {
  for (const refusal of Object.values(refusals)) {
    expect(refusal.description).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/)
    expect(Object.isFrozen(refusal)).toBe(true)
  }
})
