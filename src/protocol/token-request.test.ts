import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { grantTypes } from './client-metadata.ts'
import type { GrantType } from './client-metadata.ts'
import { OAuthError } from './oauth-error.ts'
import { parseTokenRequest } from './token-request.ts'
import type { TokenRequest } from './token-request.ts'

const all: ReadonlySet<GrantType> = new Set(grantTypes)
const device = 'urn:ietf:params:oauth:grant-type:device_code'
const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange'
const accessToken = 'urn:ietf:params:oauth:token-type:access_token'

type Form = Readonly<Record<string, string>>

const parse = (form: Form, offered = all): TokenRequest => parseTokenRequest(Object.entries(form), offered)

const good: readonly Form[] = [
  { grant_type: 'authorization_code', code: 'c' },
  { grant_type: 'refresh_token', refresh_token: 'r' },
  { grant_type: 'client_credentials' },
  { grant_type: device, device_code: 'd' },
  { grant_type: exchange, subject_token: 's', subject_token_type: accessToken },
  { grant_type: 'password', username: 'alice', password: 'wonderland' },
]

const code = (run: () => unknown): unknown => {
  try {
    run()
    return undefined
  } catch (error) {
    return error instanceof OAuthError ? error.code : error
  }
}

test('each grant has its own typed value', () => {
  expect(parse({ grant_type: 'authorization_code', code: 'c', redirect_uri: 'https://web.test/cb', code_verifier: 'v', resource: 'https://a.test' })).toEqual({
    grantType: 'authorization_code', code: 'c', redirectUri: 'https://web.test/cb', codeVerifier: 'v', resources: ['https://a.test'],
  }) // prettier-ignore
  expect(parse({ grant_type: 'refresh_token', refresh_token: 'r', scope: 'a b' })).toEqual({ grantType: 'refresh_token', refreshToken: 'r', scopes: ['a', 'b'], resources: [] }) // prettier-ignore
  expect(parse({ grant_type: 'client_credentials' })).toEqual({
    grantType: 'client_credentials',
    resources: [],
  })
  expect(parse({ grant_type: device, device_code: 'd' })).toEqual({ grantType: device, deviceCode: 'd', resources: [] }) // prettier-ignore
  expect(parse({ grant_type: 'password', username: 'u', password: ' p ', scope: 'a' })).toEqual({ grantType: 'password', username: 'u', password: ' p ', scopes: ['a'], resources: [] }) // prettier-ignore
  expect(parse(good[4] ?? {})).toMatchObject({ grantType: exchange, requestedTokenType: accessToken })
})

test('SECURITY 44: no parameter comes twice, whatever it is', () => {
  for (const form of good) {
    for (const [name, value] of Object.entries({ ...form, unknown: 'x' })) {
      const twice = [...Object.entries({ ...form, unknown: 'x' }), [name, value] as const]
      expect(code(() => parseTokenRequest(twice, all)), name).toBe('invalid_request') // prettier-ignore
    }
    expect(code(() => parse({ ...form, unknown: 'x' }))).toBeUndefined()
  }
})

test('RFC 8707 §2: only `resource` and `audience` may, and keep their order', () => {
  const pairs = [['grant_type', 'client_credentials'], ['resource', 'https://b.test'], ['resource', 'https://a.test']] as const // prettier-ignore
  expect(parseTokenRequest(pairs, all)).toMatchObject({ resources: ['https://b.test', 'https://a.test'] })
})

test('RFC 6749 §3.2: an empty parameter counts as absent', () => {
  expect(code(() => parse({ grant_type: '' }))).toBe('invalid_request')
  expect(code(() => parse({ grant_type: 'authorization_code', code: '' }))).toBe('invalid_request')
  expect(parse({ grant_type: 'client_credentials', scope: '', resource: '' })).toEqual({ grantType: 'client_credentials', resources: [] }) // prettier-ignore
})

test('RFC 6749 §5.2: what a grant needs is missed by name', () => {
  for (const form of good) {
    for (const name of Object.keys(form)) {
      expect(() => parse({ ...form, [name]: '' }), name).toThrow(new OAuthError('invalid_request', `The parameter ${name} is missing`)) // prettier-ignore
    }
  }
})

test('SECURITY 47: grants that are unknown or not offered do not exist', () => {
  for (const name of ['implicit', 'x', 'Authorization_Code', 'authorization_code ', 'toString', '__proto__', 'constructor', 'urn:ietf:params:oauth:grant-type:jwt-bearer']) {
    expect(code(() => parse({ grant_type: name })), name).toBe('unsupported_grant_type')
  } // prettier-ignore
  for (const form of good) {
    const without = new Set(grantTypes.filter((name) => name !== form['grant_type']))
    expect(code(() => parse(form, without)), form['grant_type']).toBe('unsupported_grant_type') // prettier-ignore
    expect(code(() => parse(form))).toBeUndefined()
  }
})

test('SECURITY 182: a scope outside of the grammar is `invalid_scope`', () => {
  for (const scope of ['a  b', 'a"b', 'é', 'a\nb']) {
    expect(code(() => parse({ grant_type: 'client_credentials', scope })), scope).toBe('invalid_scope') // prettier-ignore
  }
})

test('no refusal repeats a value that was sent', () => {
  const secret = 'hunter2-and-more'
  for (const form of [{ grant_type: secret }, { grant_type: 'client_credentials', scope: `${secret} "` }, { grant_type: 'refresh_token', refresh_token: `${secret}\0` }, { grant_type: exchange, subject_token: secret, subject_token_type: secret }]) {
    expect(() => parse(form)).toThrow(expect.not.objectContaining({ message: expect.stringContaining('hunter2') as unknown }))
  } // prettier-ignore
})

test('whatever is sent, the answer is a request or an OAuth error', () => {
  const name = fc.constantFrom('grant_type', 'code', 'refresh_token', 'scope', 'resource', 'subject_token', 'subject_token_type', 'actor_token', 'device_code', 'username', 'password', '__proto__') // prettier-ignore
  const value = fc.oneof(fc.string(), fc.constantFrom(...grantTypes, accessToken, 'a b'))
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value)), (form) => {
      try {
        expect(all.has(parseTokenRequest(form, all).grantType)).toBe(true)
      } catch (error) {
        expect(error).toBeInstanceOf(OAuthError)
      }
    }),
    { numRuns: 1000 },
  )
})
