import { expect, test } from 'vitest'
import { checkAssertionClaims, checkAssertionHeader } from './client-assertion.ts'
import { OAuthError } from './oauth-error.ts'

const now = 1_800_000_000
const issuer = 'https://as.test'
const token = 'https://as.test/token'
const expected = { clientId: 'key', audiences: [issuer, token], now }
const claims = { iss: 'key', sub: 'key', aud: issuer, exp: now + 60, iat: now, jti: 'j' }
const algorithms = ['ES256', 'RS256', 'EdDSA']

const code = (run: () => unknown): unknown => {
  try {
    run()
    return undefined
  } catch (error) {
    return error instanceof OAuthError ? error.code : error
  }
}
const judge = (changed: Readonly<Record<string, unknown>>, more: object = {}): unknown =>
  code(() => checkAssertionClaims({ ...claims, ...changed }, { ...expected, ...more }))
const judgeHeader = (header: Readonly<Record<string, unknown>>): unknown =>
  code(() => checkAssertionHeader(header, { algorithms }))

test('a good assertion has a name that can be used up', () => {
  expect(checkAssertionClaims(claims, expected)).toEqual({ jti: 'j', keepUntil: now + 90 })
  expect(judge({ iat: undefined, nbf: undefined })).toBeUndefined()
  expect(judge({ exp: now + 0.5 })).toBeUndefined()
})

test('SECURITY 88: issuer and subject are the client', () => {
  for (const changed of [{ iss: 'other' }, { sub: 'other' }, { iss: undefined }, { sub: undefined }, { iss: ['key'] }, { iss: 'other', sub: 'other' }, { sub: 'KEY' }]) {
    expect(judge(changed), JSON.stringify(changed)).toBe('invalid_client')
  } // prettier-ignore
})

test('SECURITY 88: it ends, and soon', () => {
  for (const exp of [undefined, null, '1800000060', NaN, Infinity, -1, now - 31, now - 3600, now + 331, now + 2 * 86_400, (now + 60) * 1000]) {
    expect(judge({ exp }), String(exp)).toBe('invalid_client')
  } // prettier-ignore
  for (const exp of [now - 29, now + 330]) expect(judge({ exp })).toBeUndefined()
  expect(judge({ exp: now + 61 }, { maxLifetime: 30, clockSkew: 30 })).toBe('invalid_client')
  expect(judge({ exp: now }, { clockSkew: 0 })).toBe('invalid_client')
})

test('RFC 7523 §3: it is not from the future', () => {
  for (const name of ['nbf', 'iat']) {
    for (const value of [now + 31, now + 3600, Infinity, NaN, 'now', null]) {
      expect(judge({ [name]: value }), name).toBe('invalid_client') // prettier-ignore
    }
    expect(judge({ [name]: now + 30 }), name).toBeUndefined() // prettier-ignore
  }
})

test('SECURITY 89: it has a name', () => {
  for (const jti of [undefined, '', 1, null, 'x'.repeat(513)]) expect(judge({ jti })).toBe('invalid_client')
})

test('SECURITY 90: a lenient client may name the issuer or the token endpoint, and nobody else beside', () => {
  for (const aud of [issuer, token, [issuer], [token, issuer]]) expect(judge({ aud })).toBeUndefined()
  const others = [undefined, null, '', 'https://as.test/', 'https://AS.test', 'https://other.test', `${token}/`, [], ['https://other.test'], [issuer, 'https://other.test'], [issuer, 1], { 0: issuer }] // prettier-ignore
  for (const aud of others) expect(judge({ aud }), JSON.stringify(aud)).toBe('invalid_client')
})

test('SECURITY 90: a strict client names the issuer alone, as one string', () => {
  const strict = { audiences: [issuer], isStrict: true }
  expect(judge({ aud: issuer }, strict)).toBeUndefined()
  for (const aud of [[issuer], token, [token], 'https://as.test/par']) expect(judge({ aud }, strict)).toBe('invalid_client') // prettier-ignore
})

test('SECURITY 88: the algorithm is one of the registration, and a signature', () => {
  for (const alg of algorithms) expect(judgeHeader({ alg, kid: 'k', typ: 'JWT' })).toBeUndefined()
  for (const alg of ['none', 'None', 'HS256', 'ES384', 'es256', undefined, 1, ['ES256']]) {
    expect(judgeHeader({ alg })).toBe('invalid_client')
  }
  // Not even where somebody allows it by mistake.
  for (const alg of ['HS256', 'none', 'ECDH-ES']) {
    expect(code(() => checkAssertionHeader({ alg }, { algorithms: [alg] })), alg).toBe('invalid_client') // prettier-ignore
  }
})

test('SECURITY 88: no key comes along, and no address of one', () => {
  for (const name of ['jwk', 'jku', 'x5u', 'x5c', 'crit', 'b64', 'zip', 'enc']) {
    expect(judgeHeader({ alg: 'ES256', [name]: undefined }), name).toBe('invalid_client')
  }
})

test('RFC 8725 §3.11: a token made for something else is no assertion', () => {
  for (const typ of ['JWT', 'jwt', 'application/jwt', 'client-authentication+jwt', 'application/client-authentication+jwt', undefined]) {
    expect(judgeHeader({ alg: 'ES256', typ })).toBeUndefined()
  } // prettier-ignore
  for (const typ of ['at+jwt', 'dpop+jwt', 'logout+jwt', '', null, 1, 'JWT ']) {
    expect(judgeHeader({ alg: 'ES256', typ })).toBe('invalid_client')
  }
  expect(judgeHeader({ alg: 'ES256', kid: 1 })).toBe('invalid_client')
})
