import { expect, test } from 'vitest'
import { inactive, introspectionResponse, mayIntrospect, signedIntrospectionClaims } from './introspection.ts'
import type { TokenDescription } from './introspection.ts'

const token: TokenDescription = {
  kind: 'access_token',
  issuer: 'https://as.test',
  subject: 'alice',
  clientId: 'web',
  scopes: ['read', 'write'],
  audience: ['https://a.test'],
  issuedAt: 100,
  expiresAt: 400,
}

test('SECURITY 129: an active answer carries what is due', () => {
  expect(introspectionResponse(token)).toEqual({
    active: true, iss: 'https://as.test', sub: 'alice', client_id: 'web', scope: 'read write', token_type: 'Bearer', aud: 'https://a.test', iat: 100, exp: 400,
  }) // prettier-ignore
  const full = { ...token, audience: ['https://a.test', 'https://b.test'], scopes: [], notBefore: 100, id: 'j', username: 'alice', dpopThumbprint: 'key', act: { sub: 'x' } } // prettier-ignore
  expect(introspectionResponse(full)).toEqual({
    active: true, iss: 'https://as.test', sub: 'alice', client_id: 'web', token_type: 'DPoP', aud: ['https://a.test', 'https://b.test'], iat: 100, exp: 400, nbf: 100, jti: 'j', username: 'alice',
    cnf: { jkt: 'key' }, act: { sub: 'x' },
  }) // prettier-ignore
})

test('RFC 7662 §2.2: a refresh token is of no type that a resource takes', () => {
  expect(introspectionResponse({ ...token, kind: 'refresh_token' })).not.toHaveProperty('token_type')
})

test('SECURITY 127: everything else is the same bytes, and cannot be added to', () => {
  expect(JSON.stringify(inactive)).toBe('{"active":false}')
  expect(Object.isFrozen(inactive)).toBe(true)
})

test('SECURITY 128: an API sees the tokens for itself, and a client its own', () => {
  const api = (resources: readonly string[]): boolean => mayIntrospect(token, { clientId: 'api', resources })
  expect(api(['https://a.test/'])).toBe(true)
  expect(api(['https://x.test', 'https://a.test'])).toBe(true)
  for (const resources of [[], ['https://b.test'], ['https://a.test/v1'], ['']])
    expect(api(resources)).toBe(false)
  expect(mayIntrospect(token, { clientId: 'web', resources: [] })).toBe(true)
  expect(mayIntrospect({ ...token, audience: [] }, { clientId: 'api', resources: [''] })).toBe(false)
})

test('SECURITY 128: a refresh token is seen by its client alone', () => {
  const refresh = { ...token, kind: 'refresh_token' } as const
  expect(mayIntrospect(refresh, { clientId: 'api', resources: ['https://a.test'] })).toBe(false)
  expect(mayIntrospect(refresh, { clientId: 'web', resources: [] })).toBe(true)
})

test('RFC 9701 §5: a signed answer is for one caller, and cannot be taken for an access token', () => {
  const claims = signedIntrospectionClaims(introspectionResponse(token), { issuer: 'https://as.test', audience: 'api', now: 200.9 }) // prettier-ignore
  expect(claims).toEqual({ iss: 'https://as.test', aud: 'api', iat: 200, token_introspection: introspectionResponse(token) }) // prettier-ignore
  for (const name of ['sub', 'exp']) expect(claims).not.toHaveProperty(name)
})
