import { generateKeyPairSync } from 'node:crypto'
import { calculateJwkThumbprint } from 'jose'
import { expect, test } from 'vitest'
import { jwkThumbprint } from './dpop-key.ts'
import { checkDpopHeader, checkDpopProof, dpopAlgorithms, dpopError, dpopHeader } from './dpop.ts'
import type { DpopExpectation } from './dpop.ts'
import { Rejection } from './rejection.ts'

const now = 1_800_000_000
const keys = {
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: generateKeyPairSync('ed25519'),
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
} as const
const jwk = keys.ES256.publicKey.export({ format: 'jwk' }) as { readonly x: string; readonly y: string }
const thumbprint = await calculateJwkThumbprint(keys.ES256.publicKey.export({ format: 'jwk' }))

const good: DpopExpectation = {
  header: { typ: 'dpop+jwt', alg: 'ES256', jwk },
  claims: { jti: 'j', htm: 'POST', htu: 'https://as.test/token', iat: now, ath: 'hash', nonce: 'fresh' },
  method: 'POST',
  url: 'https://as.test/token',
  now,
  accessTokenHash: 'hash',
  isFreshNonce: (nonce) => nonce === 'fresh',
}

const judge = (changed: Partial<DpopExpectation>): unknown => {
  const answer = checkDpopProof({ ...good, ...changed })
  return answer instanceof Rejection ? answer.error : 'good'
}
const claims = (changed: Readonly<Record<string, unknown>>): unknown => judge({ claims: { ...good.claims, ...changed } }) // prettier-ignore
const header = (changed: Readonly<Record<string, unknown>>): unknown => judge({ header: { ...good.header, ...changed } }) // prettier-ignore

test('a good proof tells whose key it is, and what is to be used up', () => {
  expect(checkDpopProof(good)).toEqual({ thumbprint, jti: 'j', keepUntil: now + 90 })
})

test('RFC 7638: thumbprints are those of another library, and nothing but the key counts', async () => {
  for (const [algorithm, { publicKey }] of Object.entries(keys)) {
    const key = publicKey.export({ format: 'jwk' }) as Record<string, unknown>
    const expected = await calculateJwkThumbprint(key)
    expect(jwkThumbprint(key)).toBe(expected)
    const named = { use: 'sig', alg: algorithm, kid: 'x', ...key, extra: 1 }
    expect(checkDpopHeader({ typ: 'dpop+jwt', alg: algorithm, jwk: named })).toEqual({ algorithm, jwk: key, thumbprint: expected }) // prettier-ignore
  }
})

test('RFC 7638 §3.1: the example', () => {
  const n = '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw' // prettier-ignore
  expect(jwkThumbprint({ kty: 'RSA', n, e: 'AQAB', alg: 'RS256', kid: '2011-04-29' })).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs') // prettier-ignore
})

test('SECURITY 112: one header', () => {
  expect(dpopHeader(null)).toBeUndefined()
  expect(dpopHeader(undefined)).toBeUndefined()
  expect(dpopHeader('a.b.c')).toBe('a.b.c')
  for (const value of ['', 'x', 'a.b', 'a.b.c.d', 'a.b.c, d.e.f', 'a.b.c,d.e.f', ' a.b.c', 'a.b.c ', 'a..c', 'a.b.c=', 'é.b.c', `a.${'b'.repeat(9000)}.c`]) {
    expect(dpopHeader(value), value.slice(0, 40)).toMatchObject({ error: 'invalid_dpop_proof' })
  } // prettier-ignore
})

test('SECURITY 112: type and algorithm', () => {
  for (const typ of [undefined, 'JWT', 'at+jwt', 'DPoP+jwt', 'application/dpop+jwt', 'dpop+jwt ', 1]) expect(header({ typ }), String(typ)).toBe('invalid_dpop_proof') // prettier-ignore
  for (const alg of [undefined, 'none', 'HS256', 'es256', 'ES512', 'toString', 1]) expect(header({ alg }), String(alg)).toBe('invalid_dpop_proof') // prettier-ignore
  for (const name of ['crit', 'b64', 'zip', 'enc']) expect(header({ [name]: undefined }), name).toBe('invalid_dpop_proof') // prettier-ignore
  expect(judge({ algorithms: ['RS256'] })).toBe('invalid_dpop_proof')
  expect(judge({ algorithms: [...dpopAlgorithms, 'HS256'], header: { ...good.header, alg: 'HS256' } })).toBe('invalid_dpop_proof') // prettier-ignore
})

test('SECURITY 112: the algorithm is one of this kind of key', () => {
  for (const [algorithm, { publicKey }] of Object.entries(keys)) {
    const key = publicKey.export({ format: 'jwk' })
    for (const alg of ['ES256', 'EdDSA', 'RS256', 'PS256']) {
      const fits = alg === algorithm || (alg === 'PS256' && algorithm === 'RS256')
      expect(header({ alg, jwk: key }), `${alg} with ${algorithm}`).toBe(fits ? 'good' : 'invalid_dpop_proof')
    }
  }
})

test('SECURITY 112: the key is a public one, in one spelling', () => {
  for (const name of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']) expect(header({ jwk: { ...jwk, [name]: 'x' } }), name).toBe('invalid_dpop_proof') // prettier-ignore
  const rsa = keys.RS256.publicKey.export({ format: 'jwk' })
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' })
  const other = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ format: 'jwk' })
  const lastBit = `${jwk.x.slice(0, -1)}${String.fromCharCode(jwk.x.charCodeAt(42) + 1)}`
  const bad = [
    undefined, null, 'x', [], {}, { kty: 'oct', k: 'x' }, { ...jwk, x: undefined }, { ...jwk, y: 1 }, { ...jwk, x: `${jwk.x}=` }, { ...jwk, x: ` ${jwk.x}` }, { ...jwk, x: lastBit },
    { ...jwk, x: jwk.x.slice(0, 40) }, { ...jwk, x: `${jwk.x}AAAA` }, { ...jwk, crv: 'secp256k1' }, { ...jwk, crv: undefined }, other,
  ] // prettier-ignore
  for (const key of bad) expect(header({ jwk: key }), JSON.stringify(key)).toBe('invalid_dpop_proof')
  for (const crv of ['X25519', 'Ed448', undefined]) {
    const key = { ...keys.EdDSA.publicKey.export({ format: 'jwk' }), crv }
    expect(header({ alg: 'EdDSA', jwk: key }), crv).toBe('invalid_dpop_proof')
  }
  for (const key of [
    weak,
    { ...rsa, e: undefined },
    { ...rsa, e: 'AAAAAAAAAAAA' },
    { ...rsa, n: 'A'.repeat(1368) },
  ]) {
    expect(header({ alg: 'RS256', jwk: key })).toBe('invalid_dpop_proof')
  }
})

test('SECURITY 112: a proof is for one method and one address', () => {
  for (const htm of [undefined, 'GET', 'post', 'POST ', 1]) expect(claims({ htm })).toBe('invalid_dpop_proof')
  for (const htu of ['https://as.test/token', 'https://as.test/token?x', 'https://as.test/token#x', 'https://as.test:443/token', 'HTTPS://AS.test/token', 'https://as.test/%74oken', 'https://as.test/./token']) {
    expect(claims({ htu }), htu).toBe('good')
  } // prettier-ignore
  const others = [
    undefined, 1, '', '/token', 'as.test/token', 'https://as.test/', 'https://as.test/token/', 'https://as.test/Token', 'http://as.test/token', 'https://as.test:8443/token', 'https://other.test/token',
    'https://as.test@evil.test/token', 'https://u@as.test/token', 'https:\\\\as.test/token', 'https://as.test\\token', 'https:as.test/token', 'https:///as.test/token', ' https://as.test/token', 'https://as.test/to\nken',
    'https://as.test/token%2f', 'https://as.test/token%3f', `https://as.test/token?${'x'.repeat(3000)}`,
  ] // prettier-ignore
  for (const htu of others) expect(claims({ htu }), String(htu).slice(0, 60)).toBe('invalid_dpop_proof')
  expect(judge({ url: 'https://as.test:443/token?x=1' })).toBe('good')
  expect(judge({ url: 'https://as.test/a%2fb', claims: { ...good.claims, htu: 'https://as.test/a%2Fb' } })).toBe('good') // prettier-ignore
})

test('SECURITY 114: ten seconds are nothing, minutes are too much', () => {
  for (const iat of [now - 10, now + 10, now - 89, now + 30]) expect(claims({ iat }), String(iat - now)).toBe('good') // prettier-ignore
  for (const iat of [now - 600, now + 600, now - 90, now + 31, 0, -1, NaN, Infinity, -Infinity, undefined, String(now), now * 1000]) {
    expect(claims({ iat }), String(iat)).toBe('invalid_dpop_proof')
  } // prettier-ignore
  expect(judge({ claims: { ...good.claims, iat: now - 5 }, maxAge: 5, clockSkew: 0 })).toBe(
    'invalid_dpop_proof',
  )
})

test('SECURITY 112: it has a name', () => {
  for (const jti of [undefined, '', 1, 'x'.repeat(513)]) expect(claims({ jti })).toBe('invalid_dpop_proof')
})

test('SECURITY 116: with an access token, it is for this one', () => {
  for (const ath of [undefined, '', 'other', 'HASH', 1]) expect(claims({ ath })).toBe('invalid_dpop_proof')
  expect(judge({ accessTokenHash: undefined, claims: { ...good.claims, ath: undefined } })).toBe('good')
})

test('SECURITY 117: where nonces are asked for, it has a fresh one', () => {
  for (const nonce of [undefined, 'stale', '', 1]) expect(claims({ nonce })).toBe('use_dpop_nonce')
  expect(judge({ isFreshNonce: undefined, claims: { ...good.claims, nonce: undefined } })).toBe('good')
  // A proof that is bad for another reason gets no nonce to try again with.
  expect(claims({ nonce: 'stale', htm: 'GET' })).toBe('invalid_dpop_proof')
})

test('RFC 9449 §8: at the token endpoint the next nonce comes along', () => {
  const nonce = checkDpopProof({ ...good, isFreshNonce: () => false })
  expect(nonce).toBeInstanceOf(Rejection)
  expect(dpopError(nonce as Rejection, 'next')).toMatchObject({ code: 'use_dpop_nonce', status: 400, headers: { 'dpop-nonce': 'next' } }) // prettier-ignore
  const other = dpopError(dpopHeader('x') as Rejection)
  expect([other.code, other.status, other.headers['dpop-nonce']]).toEqual([
    'invalid_dpop_proof',
    400,
    undefined,
  ])
})
