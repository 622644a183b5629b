/** What another provider answers is not to be believed, and does no harm: wrong tokens, wrong documents, no answer at all. */

import type { ServerResponse } from 'node:http'
import { describe, expect, test } from 'vitest'
import { createHash } from 'node:crypto'
import { formOf, isLoggedIn, clientAt, providerWorld } from './provider-world.ts'
import type { ProviderWorld } from './provider-world.ts'
import { browserOf } from './browser-jar.ts'
import { issuer } from './server-world.ts'
import { listening, json, upstreamSecret } from './upstream.ts'
import type { Misbehaviour } from './upstream.ts'

const ann = { sub: 'ann-1', preferred_username: 'ann' }
const now = () => Math.floor(Date.now() / 1000)

const without =
  (name: string): NonNullable<Misbehaviour['claims']> =>
  (claims) =>
    Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name))

/** Nobody is logged in, no account was made, and the page says one of our own sentences. */
async function nothingHappened(at: ProviderWorld, answer: { path: string; body: string }, says: string) {
  expect([answer.path, answer.body.includes(says)]).toEqual(['/login', true])
  expect(await isLoggedIn(at.browser)).toBe(false)
  expect(await at.accounts.list()).toHaveLength(1)
  const told = at.reported.map((error) => String(error)).join('\n')
  expect(told).not.toMatch(/upstream-access|upstream-refresh|code-\d|eyJ/)
  expect(told).not.toContain(upstreamSecret)
}

const refused = 'could not be accepted'
const unavailable = 'does not answer as it should'

const tokens: readonly (readonly [name: string, does: Misbehaviour])[] = [
  ['SECURITY 235: with another nonce', { claims: (claims) => ({ ...claims, nonce: 'n'.repeat(43) }) }],
  ['SECURITY 235: without a nonce', { claims: without('nonce') }],
  ['SECURITY 238: signed by nobody that is known', { wrongKey: true }],
  ['SECURITY 238: of another issuer', { claims: (claims) => ({ ...claims, iss: 'https://evil.test' }) }],
  ['SECURITY 238: without an issuer', { claims: without('iss') }],
  ['SECURITY 238: for another client', { claims: (claims) => ({ ...claims, aud: 'another' }) }],
  [
    'SECURITY 238: for several, and another in azp',
    { claims: (claims) => ({ ...claims, aud: ['gatewright', 'another'], azp: 'another' }) },
  ],
  ['SECURITY 238: that has ended', { claims: (claims) => ({ ...claims, exp: now() - 60 }) }],
  ['SECURITY 238: without an end', { claims: without('exp') }],
  ['SECURITY 238: that is not good yet', { claims: (claims) => ({ ...claims, nbf: now() + 600 }) }],
  ['SECURITY 238: without a subject', { claims: without('sub') }],
  [
    'SECURITY 238: of a subject that is too long',
    { claims: (claims) => ({ ...claims, sub: 'x'.repeat(256) }) },
  ],
  ['SECURITY 238: of a subject with a NUL', { claims: (claims) => ({ ...claims, sub: 'a\0b' }) }],
  [
    'SECURITY 238: with another hash of the access token',
    {
      claims: (claims) => ({
        ...claims,
        at_hash: createHash('sha256').update('x').digest().subarray(0, 16).toString('base64url'),
      }),
    },
  ],
  [
    'SECURITY 238: with a hash of the access token that is no text',
    { claims: (claims) => ({ ...claims, at_hash: 1 }) },
  ],
  [
    'SECURITY 240: and userinfo of somebody else',
    { answer: { userinfo: (response) => json(response, { sub: 'bob' }) } },
  ],
]

describe('an ID token', () => {
  test.each(tokens)('%s is refused', async (_, does) => {
    const at = await providerWorld('sqlite')
    at.work.does = does
    await nothingHappened(at, await at.logIn(ann), does.answer === undefined ? refused : unavailable)
  })

  test('SECURITY 238: with the right hash of the access token is taken', async () => {
    const at = await providerWorld('sqlite')
    // The provider counts its tokens, so the test knows the next one.
    const hash = (token: string) =>
      createHash('sha256').update(token).digest().subarray(0, 16).toString('base64url')
    at.work.does = { claims: (claims) => ({ ...claims, at_hash: hash('upstream-access-2') }) }
    expect((await at.logIn(ann)).path).toBe('/account/providers')
  })

  test('SECURITY 238: unsigned, or with the secret as its key, is refused', async () => {
    const at = await providerWorld('sqlite')
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    for (const alg of ['none', 'HS256']) {
      const { location } = await at.button('work')
      const nonce = new URL(location ?? '').searchParams.get('nonce')
      const claims = {
        iss: at.work.issuer,
        aud: 'gatewright',
        sub: 'ann-1',
        nonce,
        iat: now(),
        exp: now() + 60,
      }
      const idToken = `${part({ alg })}.${part(claims)}.${alg === 'none' ? '' : 'AAAA'}`
      const answer = { access_token: 'a', token_type: 'Bearer', id_token: idToken }
      at.work.does = { answer: { token: (response) => json(response, answer) } }
      await nothingHappened(at, await at.browser.open(at.work.logIn(location, ann)), refused)
    }
  })

  test('SECURITY 235: of an earlier login is refused: the nonce is that of this attempt', async () => {
    const at = await providerWorld('sqlite')
    let first: string | undefined
    at.work.does = { claims: (claims) => ({ ...claims, nonce: (first ??= String(claims['nonce'])) }) }
    await at.logIn(ann)
    expect((await at.accounts.list()).length).toBe(2)
    const again = browserOf(at.server.app)
    expect((await at.logIn(ann, again)).body).toContain(refused)
    expect(await isLoggedIn(again)).toBe(false)
  })
})

const faults: readonly (readonly [name: string, answer: (response: ServerResponse) => void])[] = [
  ['redirects', (response) => response.writeHead(307, { location: 'https://evil.test/' }).end()],
  [
    'is huge',
    (response) =>
      void response.writeHead(200, { 'content-type': 'application/json' }).end('x'.repeat(2_000_000)),
  ],
  [
    'is garbage',
    (response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('<html>{"'),
  ],
  [
    'is HTML',
    (response) =>
      void response.writeHead(200, { 'content-type': 'text/html' }).end('<script>alert(1)</script>'),
  ],
  ['is null', (response) => json(response, null)],
  ['is a list', (response) => json(response, [])],
  ['is empty', (response) => void response.writeHead(204).end()],
  ['is a server error', (response) => json(response, { error: 'server_error' }, 500)],
  [
    'breaks off',
    (response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{')
      response.destroy()
    },
  ],
]

describe('SECURITY 249 and R24', () => {
  test.each(faults)(
    'a token endpoint that %s ends on our page, with nothing sent elsewhere',
    async (_, answer) => {
      const at = await providerWorld('sqlite')
      at.work.does = { answer: { token: answer } }
      const page = await at.logIn(ann)
      expect([page.path, page.body.includes(unavailable) || page.body.includes(refused)]).toEqual([
        '/login',
        true,
      ])
      expect(page.body).not.toContain('<script>alert')
      expect(at.work.tokenRequests).toHaveLength(1)
      expect(await isLoggedIn(at.browser)).toBe(false)
    },
  )

  test.each(faults)(
    'a document that %s is not used, and the button works again when it is right',
    async (_, answer) => {
      const at = await providerWorld('sqlite')
      at.work.does = { answer: { discovery: answer } }
      const page = await at.button('work')
      expect([page.path, page.body.includes(unavailable) || page.body.includes(refused)]).toEqual([
        '/login',
        true,
      ])
      at.work.does = {}
      expect((await at.logIn(ann)).path).toBe('/account/providers')
    },
  )

  test.each(faults)('keys that %s verify nothing', async (_, answer) => {
    const at = await providerWorld('sqlite')
    at.work.does = { answer: { jwks: answer } }
    const page = await at.logIn(ann)
    expect([page.path, page.body.includes(unavailable) || page.body.includes(refused)]).toEqual([
      '/login',
      true,
    ])
    expect(await isLoggedIn(at.browser)).toBe(false)
  })

  test('SECURITY 253, R24: a provider that hangs is given up, and leaves the others and the password working', async () => {
    const at = await providerWorld('sqlite')
    at.work.does = { answer: { discovery: () => undefined } }
    const begun = performance.now()
    const hanging = at.button('work')
    const others = browserOf(at.server.app)
    expect((await at.withPassword(others)).path).toBe('/account/providers')
    const { location } = await at.button('other', browserOf(at.server.app))
    expect(location).toContain(at.other.issuer)
    expect((await hanging).body).toContain(unavailable)
    // R24: the figure is 5 s for one request; what is asserted is the promise of row 253.
    expect(performance.now() - begun).toBeLessThan(10_000)
  }, 20_000)

  test('one that answers each request slowly is given up after ten seconds in all', async () => {
    const at = await providerWorld('sqlite')
    const { location } = await at.button('work')
    at.work.does = { delay: 3500 }
    const begun = performance.now()
    const page = await at.browser.open(at.work.logIn(location, ann))
    expect([page.path, page.body.includes(unavailable)]).toEqual(['/login', true])
    expect(performance.now() - begun).toBeLessThan(10_000)
  }, 20_000)
})

describe('a document', () => {
  test.each([
    ['SECURITY 239: of another issuer', { issuer: 'https://evil.test' }],
    ['that leads people to a script', { authorization_endpoint: 'javascript:alert(1)' }],
    ['that leads people over an open line', { authorization_endpoint: 'http://evil.test/' }],
    ['without an authorization endpoint', { authorization_endpoint: undefined }],
  ])('%s is not used', async (_, document) => {
    const at = await providerWorld('sqlite')
    at.work.does = { document }
    const page = await at.button('work')
    expect([page.path, page.location, page.body.includes(unavailable)]).toEqual(['/login', undefined, true])
  })

  test.each([
    ['to an address inside', 'http://10.0.0.1/token'],
    ['to the addresses of the cloud', 'http://169.254.169.254/token'],
    ['to an open line', 'http://example.com/token'],
  ])('SECURITY 249: that sends the secret %s: it is not sent', async (_, endpoint) => {
    const at = await providerWorld('sqlite')
    at.work.does = { document: { token_endpoint: endpoint } }
    await nothingHappened(at, await at.logIn(ann), unavailable)
  })

  test('SECURITY 249: this computer is not reached unless that is allowed', async () => {
    const at = await providerWorld('sqlite')
    const strict = await providerWorld('sqlite', {
      providers: [clientAt(at.work, 'work', { reachable: [] })],
    })
    expect((await strict.button('work')).body).toContain(unavailable)
    expect(at.work.requests).toEqual([])
  })
})

test('SECURITY 252: what a provider says of an error, and what it calls people, does nothing on our pages', async () => {
  const at = await providerWorld('sqlite')
  const cancelled = await at.browser.open(at.work.refuse((await at.button('work')).location, 'access_denied'))
  expect([cancelled.path, cancelled.body.includes('You did not log in with Example Inc.')]).toEqual([
    '/login',
    true,
  ])
  expect(at.reported).toEqual([])
  for (const [error, says] of [
    ['server_error', unavailable],
    ['temporarily_unavailable', unavailable],
    ['<b>x</b>', refused],
  ] as const) {
    const page = await at.browser.open(at.work.refuse((await at.button('work')).location, error))
    expect(page.body).toContain(says)
    expect(page.body).not.toMatch(/<b>x|alert\(1\)/)
  }
  expect(at.work.tokenRequests).toEqual([])
  const evil = '"><script>alert(2)</script>'
  const page = await at.logIn({ sub: 'x', name: evil, preferred_username: evil })
  expect(page.body).toContain('&lt;script&gt;alert(2)')
  expect(page.body).not.toContain('<script>alert(2)')
})

test('SECURITY 251: what stands in the address of a problem is a word of ours, or nothing', async () => {
  const at = await providerWorld('sqlite')
  const page = await at.browser.open(`${issuer}/login?next=/account`)
  const flow = /flow=([\w-]{22})/.exec(formOf(page, '/login?').body)?.[1] ?? ''
  const bare = await at.browser.open(`${issuer}/login?flow=${flow}`)
  // Without what differs each time: the forms' tokens, and the challenge of a passkey.
  const plain = ({ body }: { readonly body: string }) =>
    body.replaceAll(/name="csrf" value="[^"]*"|challenge&quot;:&quot;[^&]*/g, '')
  for (const query of [
    'problem=<b>&provider=work',
    'problem=refused&provider=<b>',
    'problem=__proto__&provider=work',
  ]) {
    const shown = await at.browser.open(`${issuer}/login?flow=${flow}&${query}`)
    expect([shown.status, plain(shown)]).toEqual([200, plain(bare)])
  }
})

test('many who press the button at once are one request for the document, and an hour later it is asked for no more than once', async () => {
  const at = await providerWorld('sqlite')
  await Promise.all(Array.from({ length: 10 }, () => at.button('work', browserOf(at.server.app))))
  expect(at.work.requests).toEqual(['GET /.well-known/openid-configuration'])
})

test('SECURITY 250: no token of a provider is kept unless that is asked for, nor does one reach the browser', async () => {
  const at = await providerWorld('sqlite')
  const page = await at.logIn(ann)
  expect(page.body + JSON.stringify([...page.headers])).not.toMatch(/upstream-|eyJ/)
  const [account] = (await at.accounts.list()).filter(({ id }) => id !== at.alice)
  expect(await at.providers.accessToken(account?.id ?? '', 'work')).toBeUndefined()
})

test('so many logins are begun from one address, and no more', async () => {
  const at = await providerWorld('sqlite', { rateLimits: { providers: { points: 2, seconds: 60 } } })
  await at.button('work')
  await at.button('work')
  expect((await at.button('work')).status).toBe(429)
  at.clock.now += 60_000
  expect((await at.button('work')).location).toBeDefined()
})

test('an answer that has no end is cut off, whatever the endpoint', async () => {
  const endless = await listening((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const more = () => {
      while (response.writable && response.write('x'.repeat(65_536)));
    }
    response.on('drain', more)
    more()
  })
  const at = await providerWorld('sqlite')
  const world = await providerWorld('sqlite', {
    providers: [clientAt({ ...at.work, issuer: endless }, 'work')],
  })
  expect((await world.button('work')).body).toContain(unavailable)
})
