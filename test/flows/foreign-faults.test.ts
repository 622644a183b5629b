/** A real issuer behind a bad line: whatever arrives, the answer is right or 503, and it heals by itself. */

import { expect, test } from 'vitest'
import { api, openIdConnect, security } from 'gatewright'
import type { Api } from 'gatewright'
import { faultyFront } from '../setup/faulty-front.ts'
import type { FaultyFront, Page, Spoil } from '../setup/faulty-front.ts'
import { asking, jwtApi, oidcIssuer, opaqueApi } from '../setup/oidc-issuer.ts'

const scopes = { read: 'Read' }

interface World {
  readonly front: FaultyFront
  readonly reports: string[]
  /** Added to the clock of the API, in milliseconds. */
  readonly clock: { ahead: number }
  readonly handled: string[]
  status(token: unknown): Promise<number>
  jwt(): Promise<unknown>
  opaque(): Promise<unknown>
}

async function world(): Promise<World> {
  const front = await faultyFront()
  const clock = { ahead: 0 }
  const reports: string[] = []
  const handled: string[] = []
  const auth = openIdConnect({
    issuer: front.issuer,
    audience: [jwtApi, opaqueApi],
    introspection: { ...asking, maxAge: 0, refusedMaxAge: 0 },
    scopes,
    now: () => Date.now() + clock.ahead,
    onRejected: () => undefined,
    report: (error) => reports.push(String(error)),
  })
  const app: Api = api({ report: () => undefined }).get(
    '/',
    { token: security(auth, ['read']) },
    ({ token }) => {
      handled.push(token.subject)
      return token.subject
    },
  )
  const tokenFor = async (resource: string): Promise<unknown> =>
    (await front.token({ resource, scope: 'read' }))['access_token']
  return {
    front,
    clock,
    reports,
    handled,
    async status(token) {
      const headers = { authorization: `Bearer ${String(token)}` }
      return (await app.request('/', { headers })).status
    },
    jwt: () => tokenFor(jwtApi),
    opaque: () => tokenFor(opaqueApi),
  }
}

const changed =
  (change: (document: Record<string, unknown>) => object): Spoil =>
  (text) =>
    JSON.stringify(change(JSON.parse(text) as Record<string, unknown>))

const everywhere: Readonly<Record<string, Spoil>> = {
  'half of it': 'cut',
  'a connection that is reset': 'reset',
  '2 MB of it': 'huge',
  'a compressed bomb': 'bomb',
  'another address for it': 'moved',
  'an error of the gateway': '502',
  'a page of a captive portal': () => '<!doctype html><title>Welcome to the hotel</title>',
  'two documents': (text) => text + text,
  'the document in a list': (text) => `[${text}]`,
  'nothing': () => '',
  'null': () => 'null',
} // prettier-ignore

const metadata: Readonly<Record<string, Spoil>> = {
  'the name of another issuer': changed((document) => ({ ...document, issuer: 'https://evil.test' })),
  'a name with a slash more': changed(({ issuer, ...rest }) => ({ ...rest, issuer: `${String(issuer)}/` })),
  'no name': changed((document) => ({ ...document, issuer: undefined })),
  'no address of keys': changed((document) => ({ ...document, jwks_uri: undefined })),
  'keys at the cloud\'s own address': changed((document) => ({ ...document, jwks_uri: 'http://169.254.169.254/jwks' })),
  'keys in the network inside': changed((document) => ({ ...document, jwks_uri: 'https://10.0.0.1/jwks' })),
  'keys in a file': changed((document) => ({ ...document, jwks_uri: 'file:///etc/passwd' })),
  'keys in the text itself': changed((document) => ({ ...document, jwks_uri: 'data:application/json,{}' })),
} // prettier-ignore

const keys: Readonly<Record<string, Spoil>> = {
  'no keys': changed(() => ({ keys: [] })),
  'keys that are none': changed(() => ({
    keys: [null, 1, 'x', [], { kty: 'RSA' }, { kty: 'oct', k: 'AAAA' }],
  })),
  'keys that lost their modulus': changed(({ keys: all }) => ({
    keys: (all as readonly object[]).map((key) => ({ ...key, n: 'AQAB' })),
  })),
  'keys for encryption': changed(({ keys: all }) => ({
    keys: (all as readonly object[]).map((key) => ({ ...key, use: 'enc' })),
  })),
  'keys that are not a list': changed(({ keys: all }) => ({ keys: { ...(all as object) } })),
}

const cases: readonly (readonly [string, Page, Spoil])[] = [
  ...(['metadata', 'keys', 'introspection'] as const).flatMap((page) =>
    Object.entries(everywhere).map(([name, spoil]) => [name, page, spoil] as const),
  ),
  ...Object.entries(metadata).map(([name, spoil]) => [name, 'metadata', spoil] as const),
  ...Object.entries(keys).map(([name, spoil]) => [name, 'keys', spoil] as const),
  ['nothing, for ever', 'keys', 'hang'],
]

test.each(cases)(
  'SECURITY 186, R12: with %s instead of its %s a good token is 503, and 200 when all is well again',
  async (_name, page, spoil) => {
    const { front, status, jwt, opaque, handled, reports, clock } = await world()
    const token = await (page === 'introspection' ? opaque() : jwt())
    front.spoil = { [page]: spoil }
    expect(await status(token)).toBe(503)
    // while it lasts, everybody is told at once and nobody is asked
    const asked = front.asked.length
    expect(await status(token)).toBe(503)
    expect(front.asked.length).toBe(asked)
    expect([handled, front.followed]).toEqual([[], []])
    expect(reports).toEqual([expect.stringContaining(front.issuer.slice('http://'.length))])
    front.spoil = {}
    clock.ahead += 6000
    expect(await status(token)).toBe(200)
    expect(handled).toEqual(['machine'])
  },
  20_000,
)

test.each(Object.entries({ ...everywhere, ...keys }))(
  'SECURITY 187, R12: with %s instead of known keys, those that are known go on',
  async (_name, spoil) => {
    const { front, status, jwt, clock, reports } = await world()
    expect(await status(await jwt())).toBe(200)
    front.spoil = { keys: spoil, metadata: '502' }
    clock.ahead += 299_000
    const later = await jwt()
    clock.ahead -= 299_000
    for (const ahead of [0, 20_000]) {
      clock.ahead = ahead
      expect(await status(later)).toBe(200)
    }
    expect(reports).toEqual([])
  },
)

test('garbage among the keys is no harm to those that are good, and a slow line none to anybody', async () => {
  const { front, status, jwt } = await world()
  const odd = [null, 1, { kty: 'RSA', n: 'AQAB', e: 'AQAB' }, { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' }, { kty: 'oct', k: 'AAAA', alg: 'HS256' }]
  const spoil = changed(({ keys: all }) => ({ keys: [...odd, ...(all as readonly object[]), ...odd] }))
  front.spoil = { keys: spoil, metadata: { after: 300 } }
  const tokens = await Promise.all([1, 2, 3, 4, 5].map(jwt))
  expect(await Promise.all(tokens.map(status))).toEqual([200, 200, 200, 200, 200])
  expect(front.asked).toEqual(['metadata', 'keys'])
}) // prettier-ignore

test('RFC 9068 §4: with a clock that is off by less than half a minute tokens are good, with more they are not', async () => {
  const { status, jwt, clock } = await world()
  const seconds: readonly (readonly [number, number])[] = [
    [0, 200], [-25, 200], [25, 200], [-3600, 401], [-45, 401], [320, 200], [335, 401], [1e6, 401], [-1e6, 401],
  ] // prettier-ignore
  for (const [ahead, expected] of seconds) {
    clock.ahead = ahead * 1000
    expect([ahead, await status(await jwt())]).toEqual([ahead, expected])
  }
})

test('SECURITY 174 and 184: parts of real tokens of two issuers, put together anew, open nothing', async () => {
  const [one, two] = [await oidcIssuer(), await oidcIssuer()]
  const options = { scopes, onRejected: () => undefined, report: () => undefined }
  const both = openIdConnect({
    issuers: [
      { issuer: one.issuer, audience: jwtApi },
      { issuer: two.issuer, audience: 'https://two.test' },
    ],
    ...options,
  })
  const alone = openIdConnect({ issuer: one.issuer, audience: jwtApi, ...options })
  const app = api()
    .get('/both', { token: security(both, ['read']) }, ({ token }) => token.issuer)
    .get('/alone', { token: security(alone, ['read']) }, ({ token }) => token.issuer)
  const get = async (path: string, token: string): Promise<number> =>
    (await app.request(path, { headers: { authorization: `Bearer ${token}` } })).status
  const made = async (issuer: typeof one, resource: string): Promise<string> =>
    String((await issuer.token({ resource, scope: 'read' }))['access_token'])
  const [first, second] = [await made(one, jwtApi), await made(two, 'https://two.test')]
  const good = { '/both': [first, second], '/alone': [first] } as const
  // Each is good for the other's API, or for an API that is none of these.
  const real = [first, second, await made(one, 'https://two.test'), await made(two, jwtApi), await made(one, 'https://x.test')]
  const parts = real.map((token) => token.split('.'))
  let refused = 0
  for (const path of ['/both', '/alone'] as const) {
    for (const token of good[path]) expect(await get(path, token)).toBe(200)
    for (const [header] of parts) {
      for (const [, claims] of parts) {
        for (const [, , signature] of parts) {
          const token = `${header}.${claims}.${signature}`
          // Two tokens of one issuer have the same header, and nothing is wrong with a token that is put together as it was.
          if ((good[path] as readonly string[]).includes(token)) continue
          expect([path, token, await get(path, token)]).toEqual([path, token, 401])
          refused++
        }
      }
    }
    for (const token of good[path]) expect(await get(path, token)).toBe(200)
  }
  expect(refused).toBeGreaterThan(200)
}) // prettier-ignore
