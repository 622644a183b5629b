import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkClientUpdate, formatClientMetadata, parseClientMetadata } from './client-metadata-wire.ts'
import { checkClientMetadata, grantTypes, sectorOf } from './client-metadata.ts'
import type { ClientMetadata, RegistrationRules } from './client-metadata.ts'
import { RegistrationError } from './registration-error.ts'

const rules: RegistrationRules = {
  grantTypes: grantTypes.filter((name) => name !== 'password'),
  authenticationMethods: ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'],
  scopes: ['read', 'write', 'openid'],
  assertionAlgorithms: ['ES256', 'RS256'],
  idTokenAlgorithms: ['ES256', 'RS256'],
}
const jwk = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' }
const device = 'urn:ietf:params:oauth:grant-type:device_code'
const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange'
const good = { redirect_uris: ['https://web.test/cb'], client_name: 'Web' }

const parse = (changed: Readonly<Record<string, unknown>> = {}): ClientMetadata =>
  parseClientMetadata({ ...good, ...changed }, rules)

const refusal = (changed: Readonly<Record<string, unknown>>): unknown => {
  try {
    parse(changed)
    return undefined
  } catch (error) {
    return error instanceof RegistrationError ? error.code : error
  }
}
const refuses = (member: Readonly<Record<string, unknown>>): void =>
  expect(refusal(member), JSON.stringify(member).slice(0, 100)).toBe('invalid_client_metadata') // prettier-ignore

test('RFC 7591 §2: every default is filled in', () => {
  expect(parse()).toEqual({
    redirectUris: ['https://web.test/cb'], tokenEndpointAuthMethod: 'client_secret_basic', grantTypes: ['authorization_code'],
    responseTypes: ['code'], applicationType: 'web', clientName: 'Web', contacts: [], postLogoutRedirectUris: [],
    requireAuthTime: false, dpopBoundAccessTokens: false, requirePushedAuthorizationRequests: false,
  }) // prettier-ignore
})

const full = {
  redirect_uris: ['https://web.test/cb', 'https://web.test/other'], token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_signing_alg: 'ES256',
  grant_types: ['authorization_code', 'refresh_token', 'client_credentials', device, exchange], response_types: ['code'], application_type: 'web',
  client_name: 'Wéb 😀', client_uri: 'https://web.test', logo_uri: 'https://web.test/logo.png', tos_uri: 'https://web.test/tos', policy_uri: 'https://web.test/policy',
  contacts: ['a@web.test'], scope: 'read write', jwks: { keys: [jwk] }, software_id: 'id', software_version: '1', post_logout_redirect_uris: ['https://web.test/bye'],
  id_token_signed_response_alg: 'RS256', subject_type: 'public', sector_identifier_uri: 'https://web.test/sector', default_max_age: 60, require_auth_time: true, backchannel_logout_session_required: false, dpop_bound_access_tokens: true,
  require_pushed_authorization_requests: true,
} // prettier-ignore

test('what is written is what was read, member by member', () => {
  expect(formatClientMetadata(parseClientMetadata(full, rules))).toEqual(full)
  const again = parseClientMetadata(formatClientMetadata(parse()), rules)
  expect(again).toEqual(parse())
  expect(formatClientMetadata(parse({ scope: '' }))['scope']).toBe('')
  expect(parse({ scope: '' }).scopes).toEqual([])
})

test('RFC 7591 §2: a client without the code grant has no response types, and needs no redirect', () => {
  const service = parseClientMetadata({ grant_types: ['client_credentials'] }, rules)
  expect([service.responseTypes, service.redirectUris]).toEqual([[], []])
})

test('SECURITY 142: every redirect URI is checked, those for the way out too', () => {
  for (const uri of ['javascript:alert(1)', 'http://web.test/cb', 'https://*.web.test/cb', 'https://web.test/cb#x', 'https://u@web.test/cb', 'myapp:/cb', '']) {
    expect(refusal({ redirect_uris: ['https://web.test/cb', uri] }), uri).toBe('invalid_redirect_uri')
    expect(refusal({ post_logout_redirect_uris: [uri] }), uri).toBe('invalid_redirect_uri')
  } // prettier-ignore
  refuses({ redirect_uris: Array.from({ length: 33 }, (_, index) => `https://web.test/${index}`) })
})

test('SECURITY 150: what leads to a program is for native clients', () => {
  for (const uri of ['http://127.0.0.1/cb', 'http://localhost/cb', 'com.example.app:/cb']) {
    expect(refusal({ redirect_uris: [uri] }), uri).toBe('invalid_redirect_uri') // prettier-ignore
    expect(refusal({ redirect_uris: [uri], application_type: 'web' }), uri).toBe('invalid_redirect_uri')
    expect(parse({ redirect_uris: [uri], application_type: 'native' }).redirectUris).toEqual([uri])
  }
  refuses({ application_type: 'desktop' })
})

test('SECURITY 143: other addresses are https', () => {
  for (const name of ['client_uri', 'logo_uri', 'tos_uri', 'policy_uri', 'jwks_uri']) {
    expect(refusal({ [name]: 'https://web.test/x' }), name).toBeUndefined()
    for (const uri of ['http://web.test/x', 'javascript:alert(1)', 'data:text/html,x', '//web.test/x', 'https:web.test', 'https://', 'https://u@web.test', 'https://:p@web.test', 'https://web.test/#x', 'https://web.test/ x', 'https://web.test/é', 'https://web.test\\x', 'https://[::1', ' https://web.test', '', `https://web.test/${'x'.repeat(2048)}`]) {
      refuses({ [name]: uri })
    } // prettier-ignore
  }
})

test('SECURITY 144: grants, response types and authentication agree', () => {
  refuses({ grant_types: ['authorization_code'], response_types: [] })
  refuses({ grant_types: ['client_credentials'], response_types: ['code'] })
  refuses({ grant_types: ['authorization_code'], redirect_uris: [] })
  refuses({ grant_types: [] })
  refuses({ grant_types: ['refresh_token'] })
  refuses({ grant_types: ['implicit'] })
  refuses({ grant_types: ['authorization_code', 'implicit'] })
  refuses({ grant_types: ['password'] })
  refuses({ grant_types: ['authorization_code', 'authorization_code'] })
  for (const type of ['token', 'id_token', 'code token', 'code id_token', 'none']) {
    for (const response_types of [[type], ['code', type]]) refuses({ response_types })
  }
  for (const method of ['client_secret_jwt', 'tls_client_auth', 'None', '']) refuses({ token_endpoint_auth_method: method }) // prettier-ignore
  expect(refusal({ grant_types: ['authorization_code', 'refresh_token', device], token_endpoint_auth_method: 'none' })).toBeUndefined() // prettier-ignore
})

test('SECURITY 59: a client without credentials gets nothing in its own name', () => {
  for (const grant of ['client_credentials', exchange]) {
    refuses({ grant_types: [grant], token_endpoint_auth_method: 'none', redirect_uris: [] })
    refuses({ grant_types: ['authorization_code', grant], token_endpoint_auth_method: 'none' })
    expect(refusal({ grant_types: ['authorization_code', grant] })).toBeUndefined()
  }
})

test('RFC 7591 §2: keys or their address, not both, and one of them for assertions', () => {
  refuses({ jwks: { keys: [jwk] }, jwks_uri: 'https://web.test/jwks' })
  refuses({ token_endpoint_auth_method: 'private_key_jwt' })
  expect(refusal({ token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [jwk] } })).toBeUndefined()
  expect(refusal({ token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://web.test/jwks' })).toBeUndefined() // prettier-ignore
  for (const jwks of [{}, [], 'x', { keys: {} }, { keys: [1] }, { keys: [null] }, { keys: [] }, { keys: Array.from({ length: 17 }, () => jwk) }, { keys: [{ kty: 'EC', x: 'x'.repeat(9000) }] }]) {
    refuses({ jwks })
  } // prettier-ignore
})

test('R19: a key is flat: what is nested ten thousand deep is refused before anything walks through it', () => {
  let deep: unknown = 'x'
  for (let depth = 0; depth < 10_000; depth++) deep = [deep]
  for (const member of [deep, { a: 1 }, 1, null, [['x']], [1]]) {
    expect(refusal({ jwks: { keys: [{ ...jwk, x: member }] } })).toBe('invalid_client_metadata')
  }
  const many = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`m${index}`, 'x']))
  refuses({ jwks: { keys: [{ ...jwk, ...many }] } })
  expect(refusal({ jwks: { keys: [{ ...jwk, key_ops: ['verify'], x5c: ['x'] }] } })).toBeUndefined()
})

test('SECURITY 136: no private and no shared key is taken in', () => {
  for (const name of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'])
    refuses({ jwks: { keys: [{ ...jwk, [name]: '' }] } })
  refuses({ jwks: { keys: [jwk, { kty: 'oct' }] } })
  refuses({ jwks: { keys: [{}] } })
})

test('SECURITY 88, 135: algorithms are those of the server, and never `none`', () => {
  for (const alg of ['none', 'HS256', 'ES512', '']) {
    refuses({ token_endpoint_auth_signing_alg: alg })
    refuses({ id_token_signed_response_alg: alg })
  }
})

test('RFC 7591 §2: scopes are those of the server', () => {
  expect(parse({ scope: 'read' }).scopes).toEqual(['read'])
  for (const scope of ['admin', 'read admin', 'read  write', 'é']) refuses({ scope })
  expect(() => checkClientMetadata({ ...parse(), scopes: ['read write'] }, { ...rules, scopes: ['read write'] })).toThrow(RegistrationError) // prettier-ignore
})

test("SECURITY 146: unknown members are ignored, and what is the server's cannot be set", () => {
  const internal = {
    skip_consent: true, trusted: true, owner: 'alice', require_pkce: false, first_party: true, is_pkce_optional: true, client_id: 'mine', client_secret: 'mine',
    client_secret_expires_at: 0, registration_access_token: 'x', id: 1, created_at: 0, disabled: false, software_statement: 'x', clientName: 'Other', grantTypes: ['password'],
    constructor: 'x', 'client_name#de': 'Netz',
  } // prettier-ignore
  expect(parse(internal)).toEqual(parse())
  expect(parseClientMetadata(JSON.parse('{"__proto__":{"redirect_uris":["https://web.test/cb"]},"grant_types":["client_credentials"]}'), rules).redirectUris).toEqual([]) // prettier-ignore
})

test('SECURITY 146: members are own ones: what was written onto every object was not sent', () => {
  const inherited = Object.create({ dpop_bound_access_tokens: true }, { redirect_uris: { value: good.redirect_uris } }) as object // prettier-ignore
  expect(parseClientMetadata(inherited, rules).dpopBoundAccessTokens).toBe(false)
})

test('SECURITY 147: an update is checked as a whole: what it leaves out is gone, not kept', () => {
  expect(parse({ ...full, redirect_uris: good.redirect_uris }).jwks).toBeDefined()
  const update = { redirect_uris: good.redirect_uris, token_endpoint_auth_method: 'private_key_jwt' }
  // Its keys were in the registration before; without them it is not a whole.
  expect(() => parseClientMetadata(update, rules)).toThrow(RegistrationError)
  expect(parse({ scope: null, client_name: null, jwks: null })).toEqual(parseClientMetadata({ redirect_uris: good.redirect_uris }, rules)) // prettier-ignore
})

test('RFC 7592 §2.2: an update names its client, and nothing that only the server sets', () => {
  const isSecret = (secret: string): boolean => secret === 'right'
  const update = (member: object): void => checkClientUpdate({ client_id: 'web', ...member }, 'web', isSecret)
  expect(() => update({})).not.toThrow()
  expect(() => update({ client_secret: 'right', registration_access_token: null })).not.toThrow()
  for (const member of [{ client_id: 'other' }, { client_id: undefined }, { client_secret: 'chosen' }, { client_secret: '' }, { registration_access_token: 'x' }, { registration_client_uri: 'x' }, { client_secret_expires_at: 0 }, { client_id_issued_at: 1 }]) {
    expect(() => update(member), JSON.stringify(member)).toThrow(RegistrationError)
  } // prettier-ignore
})

test('SECURITY 149: texts are bounded, and hold nothing that cannot be seen', () => {
  for (const name of ['<img src=x onerror=alert(1)>', '"\'&', 'نام', 'ＡＢＣ', 'می\u200cخواهم', '👩\u200d💻', '❤\ufe0f', 'a'.repeat(100)]) {
    expect(parse({ client_name: name }).clientName).toBe(name)
  } // prettier-ignore
  const invisible = ['\u202e', '\u202d', '\u2066', '\u2069', '\u200e', '\u200f', '\u061c', '\u200b', '\u2060', '\ufeff', '\u00ad', '\u2028', '\u2029', '\0', '\n', '\r', '\t', '\x7f', '\x9b', '\ud800', '\ue000', '\u{e0041}', '\u3164', '\u115f', '\u1160', '\uffa0', '\u034f', '\u180e'] // prettier-ignore
  for (const character of invisible) {
    for (const name of ['client_name', 'software_id', 'software_version'])
      refuses({ [name]: `a${character}b` })
    refuses({ contacts: [`a${character}b`] })
  }
  for (const name of ['', ' ', '\u00a0', '\u2800', '\u2800 \u2800', '\u200d', '\u200c\u200d', '\ufe0f', '\u0301', 'a'.repeat(101), 'a'.repeat(10_240)]) refuses({ client_name: name }) // prettier-ignore
  refuses({ software_id: 'a'.repeat(256) })
  refuses({ software_version: 'a'.repeat(101) })
  refuses({ contacts: ['a'.repeat(255)] })
  refuses({ contacts: Array.from({ length: 17 }, () => 'a@web.test') })
})

test('OpenID Connect Registration §2: what is not kept is not promised', () => {
  const pairwise = { subject_type: 'pairwise' }
  expect(parse(pairwise).subjectType).toBe('pairwise')
  // OpenID Connect Core §8.1: of several hosts there is no one sector.
  const several = { ...pairwise, redirect_uris: ['https://web.test/cb', 'https://other.test/cb'] }
  refuses(several)
  const sector = 'https://group.test:8443/sector.json'
  expect(sectorOf(parse({ ...several, sector_identifier_uri: sector }))).toBe('group.test:8443')
  expect(sectorOf(parse(pairwise))).toBe('web.test')
  for (const uri of [
    'http://group.test/',
    'http://localhost/',
    'https://u@group.test/',
    'https://g.test/#',
    'x',
    '',
  ])
    refuses({ ...several, sector_identifier_uri: uri })
  refuses({ subject_type: 'ephemeral' })
  for (const uri of [
    'http://web.test/out',
    'https://web.test/out#x',
    'file:///etc/passwd',
    'http://localhost.evil.test/',
    'http://localhost:80@evil.test/',
    'http://localhost/#x',
    'http://localhost/ x',
  ]) {
    refuses({ backchannel_logout_uri: uri })
  }
  expect(parse({ backchannel_logout_uri: 'https://web.test/out' }).backchannelLogoutUri).toBe(
    'https://web.test/out',
  )
  for (const uri of ['http://localhost:8000/out', 'http://127.0.0.1/out', 'http://[::1]:80/'])
    expect(parse({ backchannel_logout_uri: uri }).backchannelLogoutUri).toBe(uri)
  expect(parse({ default_max_age: 0 }).defaultMaxAge).toBe(0)
  for (const age of [-1, 1.5, 1e300, '60']) refuses({ default_max_age: age })
})

test('keys are behind https, or on this computer where the rules say so', () => {
  const local = ['http://localhost:8000/keys', 'http://127.0.0.1/keys', 'http://[::1]/keys']
  const keyed = { token_endpoint_auth_method: 'private_key_jwt' }
  for (const uri of local) {
    refuses({ ...keyed, jwks_uri: uri })
    const metadata = parseClientMetadata({ ...good, ...keyed, jwks_uri: uri }, { ...rules, allowsLocalKeys: true })
    expect(metadata.jwksUri).toBe(uri)
  }
  for (const uri of ['http://app.test/keys', 'http://localhost:80@app.test/', 'http://10.0.0.1/', 'ftp://localhost/']) {
    expect(() =>
      parseClientMetadata({ ...good, ...keyed, jwks_uri: uri }, { ...rules, allowsLocalKeys: true }),
    ).toThrow('https address')
  }
}) // prettier-ignore

test('members of another type are refused, whatever they are', () => {
  const value = fc.oneof(fc.jsonValue(), fc.constantFrom(true, 1, 'x', ['x'], [1], {}, { keys: [] }))
  const name = fc.constantFrom(...Object.keys(full))
  fc.assert(
    fc.property(fc.dictionary(name, value), (members) => {
      try {
        const metadata = parse(members)
        checkClientMetadata(metadata, rules)
        expect(parseClientMetadata(formatClientMetadata(metadata), rules)).toEqual(metadata)
      } catch (error) {
        expect(error).toBeInstanceOf(RegistrationError)
      }
    }),
    { numRuns: 2000 },
  )
  for (const body of [null, undefined, [], 'x', 1, true]) {
    expect(() => parseClientMetadata(body, rules)).toThrow(RegistrationError)
  }
})

test('RFC 7591 §3.2.2: an error is JSON with its code, and nothing of what was sent', () => {
  try {
    parse({ client_name: 'hunter2\0' })
    expect.unreachable()
  } catch (error) {
    expect(error).toMatchObject({ status: 400, headers: { 'cache-control': 'no-store' } })
    expect(JSON.parse(JSON.stringify(error))).toEqual({ error: 'invalid_client_metadata', error_description: 'The member client_name has a character that cannot be seen' }) // prettier-ignore
  }
})
