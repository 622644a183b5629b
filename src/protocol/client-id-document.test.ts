import { expect, test } from 'vitest'
import { isDocumentAddress, looksLikeAddress, parseClientIdDocument } from './client-id-document.ts'
import { RegistrationError } from './registration-error.ts'

const address = 'https://app.example/oauth/client.json'
const rules = { scopes: ['read', 'write'], assertionAlgorithms: ['ES256'], idTokenAlgorithms: ['ES256'] }
const good = {
  client_id: address,
  client_name: 'App',
  redirect_uris: ['https://app.example/cb'],
  token_endpoint_auth_method: 'none',
}
const key = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' }

test('SECURITY 152: an address has one spelling, a path, and nothing in it that could lead elsewhere', () => {
  for (const id of [
    address, 'https://app.example/c', 'https://app.example/c/', 'https://app.example:8443/c', 'https://app.example/c?v=1',
    'https://127.0.0.1/c', 'https://localhost/c', 'https://xn--bcher-kva.example/c', `https://app.example/${'x'.repeat(900)}`,
  ]) expect([id, isDocumentAddress(id)]).toEqual([id, true]) // prettier-ignore
  for (const id of [
    'https://app.example', 'https://app.example/', 'https://app.example?x', 'https://app.example/c#', 'https://app.example/c#x',
    'https://app.example/a/../c', 'https://app.example/./c', 'https://app.example/%2e%2e/c', 'https://app.example/a/%2E./c',
    'https://user@app.example/c', 'https://user:secret@app.example/c', 'https://@app.example/c', 'https://:@app.example/c',
    'http://app.example/c', 'http://localhost/c', 'http://127.0.0.1/c', 'HTTPS://app.example/c', 'https://APP.example/c',
    'https://app.example:443/c', 'https:/app.example/c', 'https:app.example/c', 'https:///app.example/c', 'https:\\\\app.example/c',
    'https://app.example\\c', 'https://0x7f.1/c', 'https://2130706433/c', 'https://127.1/c', 'https://[::ffff:127.0.0.1]/c',
    'https://[0:0:0:0:0:0:0:1]/c', 'https://bücher.example/c', 'https://app.example/c d', ' https://app.example/c',
    'https://app.example/c\n', 'https://app.exa\tmple/c', 'ftp://app.example/c', 'urn:app', 'app', '', 'https://',
    `https://app.example/${'x'.repeat(1000)}`,
  ]) expect([id, isDocumentAddress(id)]).toEqual([id, false]) // prettier-ignore
  for (const id of ['http://localhost:1/c', 'http://127.0.0.1:1/c', 'http://[::1]:1/c', address]) {
    expect([id, isDocumentAddress(id, { allowLocalhost: true })]).toEqual([id, true])
  }
  for (const id of ['http://app.example/c', 'http://localhost.app.example/c', 'http://10.0.0.1/c']) {
    expect([id, isDocumentAddress(id, { allowLocalhost: true })]).toEqual([id, false])
  }
  expect(['https://x/y', 'HTTP:x', 'app', 'https'].map(looksLikeAddress)).toEqual([true, true, false, false])
})

test('a document says what the client is; what is not offered here is left out, and no address in it is taken', () => {
  const metadata = parseClientIdDocument(
    address,
    {
      ...good,
      grant_types: ['authorization_code', 'refresh_token', 'urn:example:other', 'client_credentials'],
      response_types: ['code', 'token'],
      scope: 'read other read',
      logo_uri: 'https://app.example/logo.png',
      jwks_uri: 'https://app.example/keys',
      sector_identifier_uri: 'https://app.example/sector',
      backchannel_logout_uri: 'https://app.example/logout',
      first_party: true,
      privileges: { firstParty: true },
    },
    rules,
  )
  expect(metadata).toMatchObject({
    clientName: 'App',
    grantTypes: ['authorization_code', 'refresh_token'],
    responseTypes: ['code'],
    scopes: ['read'],
    tokenEndpointAuthMethod: 'none',
    applicationType: 'web',
  })
  for (const name of [
    'logoUri',
    'jwksUri',
    'sectorIdentifierUri',
    'backchannelLogoutUri',
    'firstParty',
    'privileges',
  ]) {
    expect(metadata).not.toHaveProperty(name)
  }
  const { token_endpoint_auth_method: _, ...without } = good
  const native = { ...without, redirect_uris: ['http://127.0.0.1/cb', 'http://localhost/cb'] }
  expect(parseClientIdDocument(address, native, rules)).toMatchObject({
    tokenEndpointAuthMethod: 'none',
    applicationType: 'native',
    grantTypes: ['authorization_code'],
    scopes: ['read', 'write'],
  })
  const signed = { ...good, token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key] } }
  expect(parseClientIdDocument(address, signed, rules).jwks).toEqual({ keys: [key] })
})

test('SECURITY 153: a document of another client, with a secret, or that no client can be like, is none', () => {
  const { client_id: _, ...nameless } = good
  for (const document of [
    null, [], 'x', 1, {}, nameless, { ...good, client_id: `${address}/` }, { ...good, client_id: address.toUpperCase() },
    { ...good, client_id: 'https://app.example/other' }, { ...good, client_id: [address] },
    { ...good, client_secret: 'x' }, { ...good, client_secret: null }, { ...good, client_secret_expires_at: 0 },
    ...['client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'tls_client_auth', '', 1, null].map((method) => ({
      ...good, token_endpoint_auth_method: method === null ? ['none'] : method,
    })),
    { ...good, token_endpoint_auth_method: 'private_key_jwt' },
    { ...good, token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://app.example/keys' },
    { ...good, token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [] } },
    { ...good, token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [{ ...key, d: 'private' }] } },
    { ...good, token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [{ kty: 'oct', k: 'shared' }] } },
    { ...good, redirect_uris: [] }, { ...good, redirect_uris: 'https://app.example/cb' },
    { ...good, redirect_uris: ['javascript:alert(1)'] }, { ...good, redirect_uris: ['http://app.example/cb'] },
    { ...good, redirect_uris: ['https://app.example/*'] }, { ...good, redirect_uris: ['https://app.example/cb#x'] },
    { ...good, application_type: 'web', redirect_uris: ['http://127.0.0.1/cb'] },
    { ...good, grant_types: ['client_credentials'] }, { ...good, grant_types: 'authorization_code' },
    { ...good, response_types: ['token'] }, { ...good, scope: ['read'] },
    { ...good, client_name: 'a\u202eb' }, { ...good, client_name: 'x'.repeat(101) }, { ...good, client_name: '' },
    { ...good, client_uri: 'javascript:alert(1)' }, { ...good, policy_uri: 'data:text/html,x' },
  ]) {
    expect(() => parseClientIdDocument(address, document, rules), JSON.stringify(document)).toThrow(RegistrationError)
  } // prettier-ignore
  const said =
    (more: object): (() => unknown) =>
    () =>
      parseClientIdDocument(address, { ...good, ...more }, rules)
  expect(said({ token_endpoint_auth_method: 'client_secret_basic' })).toThrow('is none or private_key_jwt')
  expect(
    said({ token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://app.example/keys' }),
  ).toThrow('a jwks_uri is not read here')
})
