import { expect, test } from 'vitest'
import { metadataPaths, serverMetadata } from './server-metadata.ts'
import type { ServerDescription } from './server-metadata.ts'

const description: ServerDescription = {
  issuer: 'https://as.test/t',
  endpoints: { authorization: '/authorize', token: '/token', jwks: '/jwks', revocation: '/revoke', introspection: '/introspect', pushedAuthorizationRequest: '/par' },
  scopes: ['read'],
  grantTypes: ['authorization_code', 'refresh_token'],
  authenticationMethods: ['none', 'client_secret_basic', 'private_key_jwt'],
  assertionAlgorithms: ['ES256'],
  dpopAlgorithms: ['ES256'],
} // prettier-ignore

test('RFC 8414 §2: the document, member by member', () => {
  expect(serverMetadata(description)).toEqual({
    issuer: 'https://as.test/t',
    authorization_endpoint: 'https://as.test/t/authorize',
    token_endpoint: 'https://as.test/t/token',
    jwks_uri: 'https://as.test/t/jwks',
    revocation_endpoint: 'https://as.test/t/revoke',
    introspection_endpoint: 'https://as.test/t/introspect',
    pushed_authorization_request_endpoint: 'https://as.test/t/par',
    scopes_supported: ['read'],
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    token_endpoint_auth_methods_supported: ['none', 'client_secret_basic', 'private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: ['ES256'],
    revocation_endpoint_auth_methods_supported: ['none', 'client_secret_basic', 'private_key_jwt'],
    revocation_endpoint_auth_signing_alg_values_supported: ['ES256'],
    introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'private_key_jwt'],
    introspection_endpoint_auth_signing_alg_values_supported: ['ES256'],
    dpop_signing_alg_values_supported: ['ES256'],
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
  })
})

test('SECURITY 134: what is not offered is not in it', () => {
  const { authorization: _none, ...endpoints } = description.endpoints
  const document = serverMetadata({ ...description, endpoints, authenticationMethods: ['client_secret_basic'], scopes: [], dpopAlgorithms: [] }) // prettier-ignore
  expect(document['response_types_supported']).toEqual([])
  for (const name of Object.keys(document)) expect(name).not.toMatch(/authorization_endpoint|code_challenge|signing_alg|scopes|iss_parameter|registration|device|userinfo/) // prettier-ignore
  expect(Object.values(document)).not.toContain(undefined)
})

test('SECURITY 134: how to authenticate at an endpoint is said only of endpoints there are', () => {
  const { revocation: _none, introspection: _neither, ...endpoints } = description.endpoints
  const document = serverMetadata({ ...description, endpoints })
  for (const name of Object.keys(document)) expect(name).not.toMatch(/^(?:revocation|introspection)_/)
})

test('SECURITY 135: PKCE is S256 alone, and no list has `none` for an algorithm', () => {
  const document = serverMetadata({ ...description, idTokenAlgorithms: ['ES256', 'RS256'] })
  expect(document['code_challenge_methods_supported']).toEqual(['S256'])
  expect(document['id_token_signing_alg_values_supported']).toEqual(['ES256', 'RS256'])
  expect(document['subject_types_supported']).toEqual(['public', 'pairwise'])
  for (const [name, value] of Object.entries(document)) {
    if (/_alg_/.test(name)) expect(value).not.toContain('none')
  }
})

test('SECURITY 132: every path that a client may try', () => {
  for (const issuer of ['https://as.test', 'https://as.test/']) {
    expect(metadataPaths(issuer)).toEqual(['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']) // prettier-ignore
  }
  for (const issuer of ['https://as.test/t/u', 'https://as.test/t/u/']) {
    expect(metadataPaths(issuer)).toEqual([
      '/.well-known/oauth-authorization-server/t/u',
      '/.well-known/openid-configuration/t/u',
      '/t/u/.well-known/openid-configuration',
    ])
  }
})

test('SECURITY 133: the issuer is in it byte for byte', () => {
  for (const issuer of ['https://as.test', 'https://as.test/', 'https://as.test/t/']) {
    expect(serverMetadata({ ...description, issuer })['issuer']).toBe(issuer)
  }
})
