import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { AuthorizationError } from './authorization-error.ts'
import { parseAuthorizationRequest, requestedClientId } from './authorization-request.ts'
import type {
  AuthorizationClient,
  AuthorizationRequest,
  AuthorizationRules,
} from './authorization-request.ts'
import type { SentParameters } from './parameters.ts'

const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
const client: AuthorizationClient = {
  clientId: 'web',
  redirectUris: ['https://web.test/cb'],
  grantTypes: ['authorization_code'],
  scopes: ['read', 'write', 'openid'],
}
const rules: AuthorizationRules = { resources: ['https://a.test', 'https://b.test'], isPushed: false }
const good = {
  client_id: 'web', response_type: 'code', redirect_uri: 'https://web.test/cb', state: 's',
  code_challenge: challenge, code_challenge_method: 'S256', scope: 'read',
} // prettier-ignore

type Form = Readonly<Record<string, string | undefined>>
interface Setting {
  readonly client?: Partial<AuthorizationClient>
  readonly rules?: Partial<AuthorizationRules>
}

const pairs = (form: Form): SentParameters =>
  Object.entries({ ...good, ...form }).filter((pair): pair is [string, string] => pair[1] !== undefined)

const parse = (form: Form = {}, setting: Setting = {}): AuthorizationRequest =>
  parseAuthorizationRequest(pairs(form), { ...client, ...setting.client }, { ...rules, ...setting.rules })

const errorOf = (run: () => unknown): AuthorizationError => {
  try {
    run()
  } catch (error) {
    if (error instanceof AuthorizationError) return error
    throw error
  }
  throw new Error('It was accepted')
}

const page = (form: Form, setting?: Setting): void => {
  const error = errorOf(() => parse(form, setting))
  expect([error.code, error.target], JSON.stringify(form).slice(0, 200)).toEqual([
    'invalid_request',
    undefined,
  ])
}
const redirect = (form: Form, code: string, setting?: Setting): void => {
  const error = errorOf(() => parse(form, setting))
  expect([error.code, error.target], JSON.stringify(form).slice(0, 200)).toEqual([
    code,
    { redirectUri: 'https://web.test/cb', responseMode: 'query', state: 's' },
  ])
}

test('a good request is one typed value', () => {
  expect(parse()).toEqual({
    clientId: 'web', redirectUri: 'https://web.test/cb', isRedirectUriSent: true, responseMode: 'query', scopes: ['read'], state: 's',
    codeChallenge: challenge, prompt: [], uiLocales: [], acrValues: [], resources: [],
  }) // prettier-ignore
  const full = { nonce: 'n', prompt: 'login consent', max_age: '60', login_hint: 'alice', id_token_hint: 'j.w.t', ui_locales: 'de en', acr_values: 'mfa', dpop_jkt: challenge, response_mode: 'query', resource: 'https://a.test/' } // prettier-ignore
  expect(parse(full)).toMatchObject({
    nonce: 'n', prompt: ['login', 'consent'], maxAge: 60, loginHint: 'alice', idTokenHint: 'j.w.t', uiLocales: ['de', 'en'], acrValues: ['mfa'], dpopJkt: challenge, resources: ['https://a.test/'],
  }) // prettier-ignore
})

test('SECURITY 1, 2, 3: a redirect URI that is not registered is a page error', () => {
  for (const redirect_uri of ['https://evil.test/cb', 'https://web.test/cb/', 'https://web.test/cb?x', 'https://WEB.test/cb', 'https://web.test:443/cb', 'https://web.test/%63b', 'https://web.test@evil.test/cb', 'https://web.test/cb\0', 'javascript:alert(1)', ' https://web.test/cb']) {
    page({ redirect_uri })
  } // prettier-ignore
})

test('SECURITY 3: a client that is not known to be the one is a page error', () => {
  for (const client_id of [undefined, '', 'other', 'WEB']) page({ client_id })
  for (const client_id of ['', 'é', 'a\nb', 'a\0', 'x'.repeat(2049)]) {
    expect(errorOf(() => requestedClientId([['client_id', client_id]])).target).toBeUndefined()
  }
  expect(errorOf(() => requestedClientId([])).target).toBeUndefined()
  expect(errorOf(() => requestedClientId([['client_id', 'a'], ['client_id', 'b']])).target).toBeUndefined() // prettier-ignore
  expect(requestedClientId(pairs({}))).toBe('web')
})

test('SECURITY 4: with several registered URIs, or with openid, it must be present', () => {
  const none = { redirect_uri: undefined }
  expect(parse(none)).toMatchObject({ redirectUri: 'https://web.test/cb', isRedirectUriSent: false })
  expect(parse({ redirect_uri: '' })).toMatchObject({ isRedirectUriSent: false })
  page(none, { client: { redirectUris: ['https://web.test/cb', 'https://web.test/other'] } })
  page(none, { client: { redirectUris: [] } })
  page({ ...none, scope: 'read openid' })
})

test('SECURITY 5: the loopback port may vary, and the answer goes to the port that was asked for', () => {
  const native = { client: { redirectUris: ['http://127.0.0.1/cb'] } }
  expect(parse({ redirect_uri: 'http://127.0.0.1:51004/cb' }, native).redirectUri).toBe(
    'http://127.0.0.1:51004/cb',
  )
  page({ redirect_uri: 'http://127.0.0.1.evil.test:1/cb' }, native)
})

test('SECURITY 10, 11: the response type is code', () => {
  redirect({ response_type: undefined }, 'invalid_request')
  for (const response_type of [
    'token',
    'id_token',
    'code token',
    'id_token token',
    'none',
    'Code',
    'code ',
  ]) {
    redirect({ response_type }, 'unsupported_response_type')
  }
  for (const response_mode of ['fragment', 'form_post', 'query.jwt', 'x']) redirect({ response_mode }, 'invalid_request') // prettier-ignore
})

test('the answer is posted where that is offered, errors too', () => {
  const setting = { rules: { responseModes: ['query', 'form_post'] as const } }
  expect(parse({ response_mode: 'form_post' }, setting).responseMode).toBe('form_post')
  expect(parse({}, setting).responseMode).toBe('query')
  const error = errorOf(() => parse({ response_mode: 'form_post', scope: 'admin' }, setting))
  expect(error.target?.responseMode).toBe('form_post')
})

test('SECURITY 12: PKCE is required of every client', () => {
  redirect({ code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request')
  redirect({ code_challenge: undefined }, 'invalid_request')
  redirect({ code_challenge: '' }, 'invalid_request')
  const bare = { code_challenge: undefined, code_challenge_method: undefined }
  const exempt = { client: { isPkceOptional: true } }
  redirect(bare, 'invalid_request', exempt)
  redirect({ ...bare, nonce: 'n', code_challenge_method: 'S256' }, 'invalid_request', exempt)
  redirect({ ...bare, nonce: 'n' }, 'invalid_request')
  expect(parse({ ...bare, nonce: 'n' }, exempt)).not.toHaveProperty('codeChallenge')
  redirect({ code_challenge_method: 'plain', nonce: 'n' }, 'invalid_request', exempt)
})

test('SECURITY 13: only S256, and a missing method would be plain', () => {
  for (const code_challenge_method of [undefined, '', 'plain', 's256', 'S512', 'S256 ']) redirect({ code_challenge_method }, 'invalid_request') // prettier-ignore
})

test('SECURITY 14: the challenge has its shape', () => {
  for (const code_challenge of [challenge.slice(1), `${challenge}A`, `${challenge.slice(1)}=`, `${challenge.slice(1)}+`, `${challenge.slice(1)}/`, `${challenge.slice(1)}é`, 'x'.repeat(1 << 20)]) {
    redirect({ code_challenge }, 'invalid_request')
  } // prettier-ignore
})

test('SECURITY 16: no parameter twice', () => {
  const full = { ...good, nonce: 'n', prompt: 'login', max_age: '1', login_hint: 'a', response_mode: 'query', dpop_jkt: challenge, foo: 'bar' } // prettier-ignore
  for (const [name, value] of Object.entries(full)) {
    for (const twice of [[...Object.entries(full), [name, value] as const], [[name, 'other'] as const, ...Object.entries(full)]]) {
      const error = errorOf(() => parseAuthorizationRequest(twice, client, rules))
      expect(error.code, name).toBe('invalid_request')
      const isPage = name === 'client_id' || name === 'redirect_uri'
      const state = name === 'state' ? {} : { state: 's' }
      expect(error.target, name).toEqual(isPage ? undefined : { redirectUri: 'https://web.test/cb', responseMode: 'query', ...state })
    } // prettier-ignore
  }
  expect(parse({ foo: 'bar' })).toEqual(parse())
})

test('SECURITY 16: a client_id that is there twice is not overlooked in a pushed request either', () => {
  const twice = [...pairs({}), ['client_id', 'web'] as const]
  expect(errorOf(() => parseAuthorizationRequest(twice, client, { ...rules, isPushed: true })).target).toBeUndefined() // prettier-ignore
})

test('SECURITY 17, 19: the state is kept as it is, and an empty one is none', () => {
  const state = `%+&"'😀 \t${'é'.repeat(1000)}`
  expect(parse({ state }).state).toBe(state)
  expect(parse({ state: '', scope: '' })).toEqual(expect.not.objectContaining({ state: expect.anything(), scopes: expect.anything() })) // prettier-ignore
})

test('SECURITY 37: long but legal values are accepted, longer ones are an error', () => {
  const long = 'x'.repeat(4096)
  expect(parse({ state: long, nonce: long })).toMatchObject({ state: long, nonce: long })
  for (const name of ['nonce', 'login_hint', 'id_token_hint', 'ui_locales', 'acr_values', 'scope']) redirect({ [name]: 'x'.repeat(8193) }, 'invalid_request') // prettier-ignore
  for (const name of ['nonce', 'login_hint', 'foo']) redirect({ [name]: 'a\0b' }, 'invalid_request')
  for (const state of ['x'.repeat(8193), 'a\0b', '\ud800']) {
    expect(errorOf(() => parse({ state })).target).toEqual({ redirectUri: 'https://web.test/cb', responseMode: 'query' }) // prettier-ignore
  }
})

test('SECURITY 21: no scope beyond the ceiling of the client', () => {
  for (const scope of ['admin', 'read admin', 'Read', 'read  write', 'read"', 'é']) redirect({ scope }, 'invalid_scope') // prettier-ignore
  expect(parse({ scope: undefined })).not.toHaveProperty('scopes')
})

test('SECURITY 22: resources are known absolute URIs', () => {
  for (const resource of ['/relative', 'https://a.test/#x', 'https://unknown.test', 'https://a.test/x']) redirect({ resource }, 'invalid_target') // prettier-ignore
  const both = [...pairs({}), ['resource', 'https://a.test'], ['resource', 'https://b.test/']] as const
  expect(parseAuthorizationRequest(both, client, rules).resources).toEqual([
    'https://a.test',
    'https://b.test/',
  ])
})

test('SECURITY 34: prompt none stands alone, and what is not known is refused', () => {
  expect(parse({ prompt: 'none' }).prompt).toEqual(['none'])
  expect(parse({ prompt: 'login login' }).prompt).toEqual(['login'])
  for (const prompt of ['none login', 'login none', 'create', 'None']) redirect({ prompt }, 'invalid_request')
})

test('SECURITY 33: max_age is a whole number of seconds', () => {
  expect(parse({ max_age: '0' }).maxAge).toBe(0)
  for (const max_age of ['-1', '1.5', '1e3', ' 1', '٣', 'NaN', '9999999999'])
    redirect({ max_age }, 'invalid_request')
})

test('SECURITY 36: request objects are refused by name', () => {
  redirect({ request: 'e.y.J' }, 'request_not_supported')
  redirect({ request_uri: 'https://web.test/request' }, 'request_uri_not_supported')
  redirect({ registration: '{}' }, 'registration_not_supported')
})

test('SECURITY 99: who has to push cannot go around it', () => {
  const must = { requirePushedAuthorizationRequests: true }
  redirect({}, 'invalid_request', { client: must })
  redirect({}, 'invalid_request', { rules: must })
  expect(parse({}, { client: must, rules: { isPushed: true } })).toEqual(parse())
})

test('RFC 9126 §2.1: who pushes has authenticated, and need not say again who it is', () => {
  expect(parse({ client_id: undefined }, { rules: { isPushed: true } })).toEqual(parse())
  page({ client_id: 'other' }, { rules: { isPushed: true } })
})

test('a client without the code grant gets no code', () => {
  redirect({}, 'unauthorized_client', { client: { grantTypes: ['client_credentials'] } })
})

test('SECURITY 118: the key for a code is a thumbprint', () => {
  for (const dpop_jkt of ['x', `${challenge}=`, 'é'.repeat(43)]) redirect({ dpop_jkt }, 'invalid_request')
})

test('SECURITY 39: descriptions hold nothing of what was sent but names of parameters', () => {
  for (const form of [{ scope: '"<\r\n😀' }, { response_type: '"<\r\n😀' }, { prompt: '"<\r\n😀' }, { resource: '"<\r\n😀' }]) {
    expect(errorOf(() => parse(form)).toJSON().error_description).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/)
  } // prettier-ignore
  const strange = [...pairs({}), ['"<\r\n😀', '1'], ['"<\r\n😀', '2']] as const
  expect(errorOf(() => parseAuthorizationRequest(strange, client, rules)).message).toBe('A parameter is there more than once') // prettier-ignore
  expect(new AuthorizationError('server_error', 'a"b\\c\r\né😀').toJSON()).toEqual({ error: 'server_error', error_description: "a'b'c????" }) // prettier-ignore
})

test('whatever is sent, the answer is a request for a registered URI, or an error that goes there or nowhere', () => {
  const value = fc.oneof(fc.string(), fc.constantFrom('web', 'code', 'S256', challenge, 'https://web.test/cb', 'https://evil.test/cb', 'read', 'none', 'form_post')) // prettier-ignore
  const name = fc.constantFrom(...Object.keys(good), 'nonce', 'prompt', 'max_age', 'resource', 'response_mode', 'request_uri', 'dpop_jkt', '__proto__') // prettier-ignore
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value), { maxLength: 5 }), fc.boolean(), (extra, isReplaced) => {
      const kept = Object.entries(good).filter(
        ([key]) => !isReplaced || !extra.some(([other]) => other === key),
      )
      try {
        const request = parseAuthorizationRequest([...kept, ...extra], client, rules)
        expect([request.redirectUri, request.codeChallenge?.length]).toEqual(['https://web.test/cb', 43])
      } catch (error) {
        expect(error).toBeInstanceOf(AuthorizationError)
        expect(['https://web.test/cb', undefined]).toContain(
          (error as AuthorizationError).target?.redirectUri,
        )
      }
    }),
    { numRuns: 3000 },
  )
})
