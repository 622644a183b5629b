/** FASTAPI A1 to A3: what each scheme makes of each credential, over HTTP and on a WebSocket handshake. */

import {
  api,
  apiKey,
  authorizationCodeBearer,
  clientCredentialsBearer,
  http,
  httpBasic,
  httpBearer,
  oauth2,
  openIdConnect,
  optional,
  passwordBearer,
  socket,
} from 'gatewright'
import type { Dependency, Presented } from 'gatewright'
import { describe, expect, test } from 'vitest'
import { serve } from './served.ts'

const same = (credential: string): string => credential
const split = (credentials: string, { scheme }: Presented): object => ({ scheme, credentials })

const schemes: Readonly<Record<string, Dependency<unknown, string>>> = {
  passwordBearer: passwordBearer({ tokenUrl: 'token', verify: same }),
  authorizationCodeBearer: authorizationCodeBearer({
    authorizationUrl: 'authorize',
    tokenUrl: 'token',
    verify: same,
  }),
  clientCredentialsBearer: clientCredentialsBearer({ tokenUrl: 'token', verify: same }),
  httpBearer: httpBearer({ verify: split }),
  oauth2: oauth2({ verify: same }),
  openIdConnect: openIdConnect({ openIdConnectUrl: 'https://id.test/oidc', verify: same }),
  other: http({ scheme: 'Other', verify: split }),
  digest: http({ scheme: 'Digest', verify: split }),
  httpBasic: httpBasic({ verify: (credentials) => credentials }),
  keyInHeader: apiKey({ header: 'X-Key', verify: same }),
  keyInCookie: apiKey({ cookie: 'key', verify: same }),
  keyInQuery: apiKey({ query: 'key', verify: same }),
}

const app = api({ docs: false })
for (const [name, scheme] of Object.entries(schemes)) {
  app.get(`/${name}`, { value: scheme }, ({ value }) => value)
  app.get(`/optional/${name}`, { value: optional(scheme) }, ({ value }) => value)
  app.webSocket(`/ws/${name}`, { value: scheme, socket }, ({ value, socket }) =>
    socket.send(JSON.stringify(value)),
  )
}

const bearers = ['passwordBearer', 'authorizationCodeBearer', 'clientCredentialsBearer']
const whole = ['oauth2', 'openIdConnect']

/** What a header value gives, for the schemes that take it; every other answers 401. */
const values: readonly (readonly [header: string | undefined, given: Readonly<Record<string, unknown>>])[] = [
  [undefined, {}],
  ['', {}],
  ['Bearer tok', { ...all(bearers, 'tok'), httpBearer: pair('Bearer', 'tok'), ...all(whole, 'Bearer tok') }],
  ['bearer tok', { ...all(bearers, 'tok'), httpBearer: pair('bearer', 'tok'), ...all(whole, 'bearer tok') }],
  [
    'BEARER  tok ',
    { ...all(bearers, 'tok'), httpBearer: pair('BEARER', 'tok'), ...all(whole, 'BEARER  tok') },
  ],
  ['Bearer', all(whole, 'Bearer')],
  ['Bearer ', all(whole, 'Bearer')],
  ['Bearer a b', all(whole, 'Bearer a b')],
  ['tok', all(whole, 'tok')],
  [
    'Basic am9objpzZWNyZXQ=',
    { httpBasic: { username: 'john', password: 'secret' }, ...all(whole, 'Basic am9objpzZWNyZXQ=') },
  ],
  [
    'bASIC am9objpzZWNyZXQ=',
    { httpBasic: { username: 'john', password: 'secret' }, ...all(whole, 'bASIC am9objpzZWNyZXQ=') },
  ],
  ['Digest foobar', { digest: pair('Digest', 'foobar'), ...all(whole, 'Digest foobar') }],
  ['digest foobar', { digest: pair('digest', 'foobar'), ...all(whole, 'digest foobar') }],
  ['Other one two', { other: pair('Other', 'one two'), ...all(whole, 'Other one two') }],
  ['Other', all(whole, 'Other')],
]

/** Presented, and not what the scheme can read: refused also where the scheme is optional. */
const malformed: Readonly<Record<string, readonly string[]>> = { 'Bearer a b': [...bearers, 'httpBearer'] }

const inHeader = Object.keys(schemes).filter((name) => !name.startsWith('key'))

describe.each(values)('Authorization: %s', (header, given) => {
  const headers = header === undefined ? {} : { authorization: header }

  test('FASTAPI A3: over HTTP', async () => {
    await using served = await serve(app)
    for (const name of inHeader) {
      const { status, body } = await served.send(`/${name}`, { headers })
      const expected = name in given ? [200, given[name]] : [401, expect.anything()]
      expect([name, status, body]).toEqual([name, ...expected])
    }
  })

  test('FASTAPI A2: an optional scheme gives null where there is nothing for it', async () => {
    await using served = await serve(app)
    for (const name of inHeader) {
      const { status, body } = await served.send(`/optional/${name}`, { headers })
      const expected = (malformed[header ?? ''] ?? []).includes(name)
        ? [401, { detail: 'The access token is malformed' }]
        : [200, given[name] ?? null]
      expect([name, status, body]).toEqual([name, ...expected])
    }
  })

  test('FASTAPI A10: on a WebSocket handshake', async () => {
    await using served = await serve(app)
    for (const name of inHeader) {
      if (name in given) {
        const { messages } = await served.converse(`/ws/${name}`, headers)
        expect([name, ...messages.map((text) => JSON.parse(text) as unknown)]).toEqual([name, given[name]])
      } else {
        expect([name, (await served.handshake(`/ws/${name}`, headers)).status]).toEqual([name, 401])
      }
    }
  })
})

test.each([
  ['passwordBearer', 'Bearer'],
  ['authorizationCodeBearer', 'Bearer'],
  ['clientCredentialsBearer', 'Bearer'],
  ['httpBearer', 'Bearer'],
  ['oauth2', 'Bearer'],
  ['openIdConnect', 'Bearer'],
  ['other', 'Other'],
  ['digest', 'Digest'],
  ['httpBasic', 'Basic realm="gatewright", charset="UTF-8"'],
  ['keyInHeader', 'APIKey'],
  ['keyInCookie', 'APIKey'],
  ['keyInQuery', 'APIKey'],
])('FASTAPI A1: %s without credentials answers 401 with the challenge %s', async (name, challenge) => {
  await using served = await serve(app)
  for (const answer of [await served.send(`/${name}`), await served.handshake(`/ws/${name}`)]) {
    expect([answer.status, answer.body]).toEqual([401, { detail: 'Not authenticated' }])
    expect(answer.headers['content-type']).toBe('application/json')
    expect(answer.headers['www-authenticate']).toBe(challenge)
  }
})

test.each([
  ['keyInHeader', '', { 'x-key': 'k' }, 'k'],
  ['keyInHeader', '', { 'X-KEY': ' k ' }, 'k'],
  ['keyInHeader', '', { 'x-key': '' }, undefined],
  ['keyInHeader', '?X-Key=k', { cookie: 'X-Key=k' }, undefined],
  ['keyInCookie', '', { cookie: 'key=k' }, 'k'],
  ['keyInCookie', '', { cookie: 'other=1; key=k; more=2' }, 'k'],
  ['keyInCookie', '', { cookie: 'key=first; key=last' }, 'last'],
  ['keyInCookie', '', { cookie: 'key=a%20b' }, 'a%20b'],
  ['keyInCookie', '', { cookie: 'Key=k' }, undefined],
  ['keyInCookie', '', { cookie: 'key=' }, undefined],
  ['keyInCookie', '?key=k', { key: 'k' }, undefined],
  ['keyInQuery', '?key=k', {}, 'k'],
  ['keyInQuery', '?key=first&key=last', {}, 'last'],
  ['keyInQuery', '?key=a%20b', {}, 'a b'],
  ['keyInQuery', '?Key=k', {}, undefined],
  ['keyInQuery', '?key=', {}, undefined],
  ['keyInQuery', '', { cookie: 'key=k', key: 'k' }, undefined],
])('FASTAPI A1: %s with %s %o gives %s', async (name, search, headers, expected) => {
  await using served = await serve(app)
  const plain = await served.send(`/${name}${search}`, { headers })
  expect([plain.status, expected === undefined ? undefined : plain.body]).toEqual([
    expected === undefined ? 401 : 200,
    expected,
  ])
  const lenient = await served.send(`/optional/${name}${search}`, { headers })
  expect([lenient.status, lenient.body]).toEqual([200, expected ?? null])
  if (expected === undefined) {
    expect((await served.handshake(`/ws/${name}${search}`, headers)).status).toBe(401)
  } else {
    const { messages } = await served.converse(`/ws/${name}${search}`, headers)
    expect(messages).toEqual([JSON.stringify(expected)])
  }
})

describe('FASTAPI A2: options', () => {
  const refusal = async (scheme: Dependency<unknown, string>, headers = {}): Promise<string | null> => {
    const response = await api()
      .get('/', { scheme }, () => 'in')
      .request('/', { headers })
    expect(response.status).toBe(401)
    return response.headers.get('www-authenticate')
  }

  test('a realm is in every challenge of a scheme that has one', async () => {
    const options = { realm: 'Items', verify: () => undefined }
    const bad = { authorization: 'Bearer x' }
    expect(await refusal(httpBearer(options))).toBe('Bearer realm="Items"')
    expect(await refusal(httpBearer(options), bad)).toBe(
      'Bearer realm="Items", error="invalid_token", error_description="Could not validate credentials"',
    )
    expect(await refusal(passwordBearer({ ...options, tokenUrl: 'token' }))).toBe('Bearer realm="Items"')
    expect(await refusal(http({ ...options, scheme: 'DPoP' }))).toBe('DPoP realm="Items"')
    expect(await refusal(httpBasic(options))).toBe('Basic realm="Items", charset="UTF-8"')
  })

  test('names, descriptions and URLs are copied into the document as they are', () => {
    const name = 'Login'
    const description = 'With the password'
    const documented = (scheme: Dependency<unknown, string>): unknown =>
      api()
        .get('/', { scheme }, () => 1)
        .openapi().components?.securitySchemes
    expect(
      documented(
        passwordBearer({
          name,
          description,
          tokenUrl: 'token',
          refreshUrl: 'refresh',
          scopes: { me: 'You' },
          verify: same,
        }),
      ),
    ).toEqual({
      Login: {
        type: 'oauth2',
        description,
        flows: { password: { tokenUrl: 'token', refreshUrl: 'refresh', scopes: { me: 'You' } } },
      },
    })
    expect(documented(apiKey({ name, header: 'x-key', verify: same }))).toEqual({
      Login: { type: 'apiKey', in: 'header', name: 'x-key' },
    })
    expect(documented(httpBearer({ bearerFormat: 'JWT', verify: same }))).toEqual({
      HTTPBearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
    })
    expect(documented(httpBasic({ realm: 'R', verify: same as never }))).toEqual({
      HTTPBasic: { type: 'http', scheme: 'basic' },
    })
  })

  test.each([
    ['an API key that is nowhere', () => apiKey({ verify: same } as never), /header, cookie or query/],
    ['a header that is no name', () => apiKey({ header: 'x key', verify: same }), /header, cookie or query/],
    ['a scheme of two words', () => http({ scheme: 'My Scheme', verify: same }), /scheme/],
    ['no token URL', () => passwordBearer({ tokenUrl: '', verify: same }), /tokenUrl/],
    [
      'no authorization URL',
      () => authorizationCodeBearer({ authorizationUrl: '', tokenUrl: 't', verify: same }),
      /authorizationUrl/,
    ],
    ['no discovery URL', () => openIdConnect({ openIdConnectUrl: '', verify: same }), /openIdConnectUrl/],
  ])('%s is refused at once, and the option is named', (_, make, message) => {
    expect(make).toThrow(message)
  })

  test('the refusal can be worded anew, with another status, for the whole application', async () => {
    const { HttpError } = await import('gatewright')
    const shy = api()
      .onError(HttpError, (error) =>
        error.status === 401 ? new Response('{"detail":"Forbidden"}', { status: 403 }) : undefined,
      )
      .get('/', { key: schemes['keyInHeader'] as Dependency<unknown> }, ({ key }) => key)
    expect((await shy.request('/')).status).toBe(403)
    expect((await shy.request('/', { headers: { 'x-key': 'k' } })).status).toBe(200)
  })
})

function all(names: readonly string[], value: unknown): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, value]))
}

function pair(scheme: string, credentials: string): object {
  return { scheme, credentials }
}
