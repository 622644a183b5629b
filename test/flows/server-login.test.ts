/** A person's way through the authorization server: request, login, consent, code; over both databases. */

import { describe, expect, test } from 'vitest'
import { sha256Base64url } from '../../src/crypto/hash.ts'
import { defaultPages } from '../../src/pages/default-pages.ts'
import { dialects } from '../setup/database.ts'
import type { Dialect } from '../setup/database.ts'
import { browserOf, requestUrl } from './browser-jar.ts'
import type { JarBrowser } from './browser-jar.ts'
import { issuer, verifier, world } from './server-world.ts'
import type { World } from './server-world.ts'

const password = 'correct horse battery'

async function person(dialect: Dialect, more: Parameters<typeof world>[1] = {}) {
  const at = await world(dialect, { pages: defaultPages(), ...more })
  return { at, browser: browserOf(at.server.app) }
}

/** Logs in and agrees, and gives the address at the client. */
async function wholeWay(browser: JarBrowser, url: string): Promise<URL> {
  const login = await browser.open(url)
  expect(login.status).toBe(200)
  const consent = await browser.submit(login, { username: 'alice', password })
  const answer = await browser.submit(consent, { decision: 'allow' })
  return new URL(answer.location ?? '')
}

async function redeem(at: World, code: string): Promise<Response> {
  return at.post(
    '/token',
    {
      grant_type: 'authorization_code',
      code,
      redirect_uri: at.redirectUri('web'),
      code_verifier: verifier,
    },
    'web',
  )
}

describe.each(dialects)('%s', (dialect) => {
  test('a person logs in, agrees, and the client trades the code for tokens', async () => {
    const { at, browser } = await person(dialect)
    const answer = await wholeWay(browser, requestUrl(at, 'web', { scope: 'read', state: 'a b&c' }))
    expect(answer.origin + answer.pathname).toBe('https://web.test/cb')
    expect(answer.searchParams.get('state')).toBe('a b&c')
    expect(answer.searchParams.get('iss')).toBe(issuer)
    const tokens = await redeem(at, answer.searchParams.get('code') ?? '')
    expect(tokens.status).toBe(200)
    expect(await tokens.json()).toMatchObject({ token_type: 'Bearer' })
  })

  test('what was agreed to is remembered, and more is asked about', async () => {
    const { at, browser } = await person(dialect)
    await wholeWay(browser, requestUrl(at, 'web', { scope: 'read' }))
    const again = await browser.open(requestUrl(at, 'web', { scope: 'read' }))
    expect(new URL(again.location ?? '').searchParams.get('code')).toMatch(/^gwc_/)
    const more = await browser.open(requestUrl(at, 'web', { scope: 'read write' }))
    expect(more.status).toBe(200)
    expect(more.path).toBe('/consent')
    const [grant] = await at.store.listGrants({ subject: at.alice, limit: 10, now: at.clock.now })
    expect(grant?.scopes).toEqual(['read'])
  })

  test('a denial is told to the client, and grants nothing', async () => {
    const { at, browser } = await person(dialect)
    const login = await browser.open(requestUrl(at, 'web', { state: 's' }))
    const consent = await browser.submit(login, { username: 'alice', password })
    const answer = new URL((await browser.submit(consent, { decision: 'deny' })).location ?? '')
    expect(Object.fromEntries(answer.searchParams)).toMatchObject({
      error: 'access_denied',
      state: 's',
      iss: issuer,
    })
    expect(await at.store.listGrants({ subject: at.alice, limit: 10, now: at.clock.now })).toEqual([])
    // SECURITY 27: what was decided is decided.
    const replayed = await browser.submit(consent, { decision: 'allow' })
    expect(replayed.status).toBe(410)
  })

  test('SECURITY 27: a form is decided once, and not by another browser', async () => {
    const { at, browser } = await person(dialect)
    const login = await browser.open(requestUrl(at, 'web'))
    const consent = await browser.submit(login, { username: 'alice', password })
    const stranger = browserOf(at.server.app)
    await at.accounts.create({ username: 'bob', password })
    await stranger.submit(await stranger.open(requestUrl(at, 'web')), { username: 'bob', password })
    expect((await stranger.submit(consent, { decision: 'allow' })).status).toBe(403)
    const all = await Promise.all(
      Array.from({ length: 8 }, () => browser.submit(consent, { decision: 'allow' })),
    )
    // The client gets the code and is not told of an error beside it; whoever was late reads that the page was used.
    const told = all.flatMap(({ location }) =>
      location === undefined ? [] : [new URL(location).searchParams],
    )
    expect(told.map((parameters) => [parameters.has('code'), parameters.has('error')])).toEqual([
      [true, false],
    ])
    const late = all.filter(({ location }) => location === undefined)
    expect(late.filter(({ status, body }) => status !== 410 || !body.includes('used already'))).toEqual([])
    expect(await at.store.listGrants({ limit: 10, now: at.clock.now })).toHaveLength(1)
  })

  test('SECURITY 32: prompt=none shows no page', async () => {
    const { at, browser } = await person(dialect)
    const silent = requestUrl(at, 'web', { prompt: 'none' })
    expect(new URL((await browser.open(silent)).location ?? '').searchParams.get('error')).toBe(
      'login_required',
    )
    const login = await browser.open(requestUrl(at, 'web'))
    await browser.submit(login, { username: 'alice', password })
    expect(new URL((await browser.open(silent)).location ?? '').searchParams.get('error')).toBe(
      'consent_required',
    )
    await wholeWayFromConsent(browser, requestUrl(at, 'web'))
    expect(new URL((await browser.open(silent)).location ?? '').searchParams.has('code')).toBe(true)
  })

  test('SECURITY 33: prompt=login and max_age ask for the password again', async () => {
    const { at, browser } = await person(dialect)
    await wholeWay(browser, requestUrl(at, 'web'))
    expect((await browser.open(requestUrl(at, 'web', { prompt: 'login' }))).path).toBe('/login')
    expect((await browser.open(requestUrl(at, 'web', { max_age: '60' }))).location).toBeDefined()
    at.clock.now += 61_000
    const old = await browser.open(requestUrl(at, 'web', { max_age: '60' }))
    expect(old.path).toBe('/login')
    const answer = await browser.submit(old, { username: 'alice', password })
    const code = await at.store.findCode(
      codeHash(new URL(answer.location ?? '').searchParams.get('code')),
      at.clock.now,
    )
    expect(code?.authTime).toBe(at.clock.now)
  })

  test('SECURITY 195: a login gives another session, and a planted cookie is worth nothing', async () => {
    const { at, browser } = await person(dialect)
    const planted = 'A'.repeat(43)
    browser.plant('__Host-gatewright-session', planted)
    const login = await browser.open(requestUrl(at, 'web'))
    expect(login.path).toBe('/login')
    await browser.submit(login, { username: 'alice', password })
    const first = browser.cookie('__Host-gatewright-session')
    expect(first).not.toBe(planted)
    const relogin = await browser.open(requestUrl(at, 'web', { prompt: 'login' }))
    await browser.submit(relogin, { username: 'alice', password })
    expect(browser.cookie('__Host-gatewright-session')).not.toBe(first)
    const old = browserOf(at.server.app)
    old.plant('__Host-gatewright-session', first ?? '')
    expect((await old.open(requestUrl(at, 'web'))).path).toBe('/login')
  })

  test('SECURITY 195, 197: what a sibling subdomain names almost like our cookie is not our cookie', async () => {
    const { at, browser } = await person(dialect)
    const login = await browser.open(requestUrl(at, 'web'))
    await browser.submit(login, { username: 'alice', password })
    const session = browser.cookie('__Host-gatewright-session') ?? ''
    // Browsers keep the prefix for the host itself, and let any subdomain set a name that has a no-break space before it.
    const victim = browserOf(at.server.app)
    victim.plant('\u00a0__Host-gatewright-session', session)
    expect((await victim.open(requestUrl(at, 'web'))).path).toBe('/login')
    victim.plant('__Host-gatewright-session', session)
    expect((await victim.open(requestUrl(at, 'web'))).path).toBe('/consent')
  })

  test('a login that is sent twice at the same moment is a login', async () => {
    const { at, browser } = await person(dialect)
    await wholeWay(browser, requestUrl(at, 'web'))
    const again = await browser.open(requestUrl(at, 'web', { prompt: 'login' }))
    const both = await Promise.all([1, 2].map(() => browser.submit(again, { username: 'alice', password })))
    // One ends in the code; the other finds that the flow has ended, or that the cookie has changed.
    expect(both.map(({ status }) => status).filter((status) => status >= 500)).toEqual([])
    expect(both.filter(({ location }) => location !== undefined)).toHaveLength(1)
    expect((await browser.open(requestUrl(at, 'web'))).location).toBeDefined()
  })

  test('SECURITY 198: a session ends when it is idle, and after its time', async () => {
    const { at, browser } = await person(dialect)
    await wholeWay(browser, requestUrl(at, 'web'))
    for (let day = 0; day < 4; day++) {
      at.clock.now += 6 * 86_400_000
      expect((await browser.open(requestUrl(at, 'web'))).location).toBeDefined()
    }
    at.clock.now += 6.5 * 86_400_000
    expect((await browser.open(requestUrl(at, 'web'))).path).toBe('/login')
    const idle = await person(dialect)
    await wholeWay(idle.browser, requestUrl(idle.at, 'web'))
    idle.at.clock.now += 7 * 86_400_000
    expect((await idle.browser.open(requestUrl(idle.at, 'web'))).path).toBe('/login')
  })

  test('SECURITY 164 and 199: after a logout or a new password the old cookie is worthless', async () => {
    const { at, browser } = await person(dialect)
    await wholeWay(browser, requestUrl(at, 'web'))
    const cookie = browser.cookie('__Host-gatewright-session') ?? ''
    const question = await browser.open(`${issuer}/logout`)
    // SECURITY 204: looking ends nothing.
    expect((await browser.open(requestUrl(at, 'web'))).location).toBeDefined()
    await browser.submit(question, {})
    expect(browser.cookie('__Host-gatewright-session')).toBeUndefined()
    const replay = browserOf(at.server.app)
    replay.plant('__Host-gatewright-session', cookie)
    const silent = await replay.open(requestUrl(at, 'web', { prompt: 'none' }))
    expect(new URL(silent.location ?? '').searchParams.get('error')).toBe('login_required')
    const second = browserOf(at.server.app)
    await second.submit(await second.open(requestUrl(at, 'web')), { username: 'alice', password })
    await at.accounts.setPassword(at.alice, 'another horse with a battery')
    expect((await second.open(requestUrl(at, 'web'))).path).toBe('/login')
  })

  test('SECURITY 209: two tabs end each with its own code', async () => {
    const { at, browser } = await person(dialect)
    const one = await browser.open(requestUrl(at, 'web', { scope: 'read', state: 'one' }))
    const two = await browser.open(requestUrl(at, 'web2', { scope: 'write', state: 'two' }))
    const consentTwo = await browser.submit(two, { username: 'alice', password })
    const consentOne = await browser.submit(one, { username: 'alice', password })
    const second = new URL((await browser.submit(consentTwo, { decision: 'allow' })).location ?? '')
    const first = new URL((await browser.submit(consentOne, { decision: 'allow' })).location ?? '')
    expect([first.host, first.searchParams.get('state')]).toEqual(['web.test', 'one'])
    expect([second.host, second.searchParams.get('state')]).toEqual(['web2.test', 'two'])
  })

  test('a disabled account cannot go on, and cannot log in', async () => {
    const { at, browser } = await person(dialect)
    await wholeWay(browser, requestUrl(at, 'web'))
    await at.accounts.update(at.alice, { disabled: true })
    const login = await browser.open(requestUrl(at, 'web'))
    expect(login.path).toBe('/login')
    const refused = await browser.submit(login, { username: 'alice', password })
    expect([refused.status, refused.path]).toEqual([401, '/login'])
  })

  test('SECURITY 96: a pushed request is good for one code', async () => {
    const { at, browser } = await person(dialect)
    const pushed = await at.post(
      '/par',
      [...new URL(requestUrl(at, 'web')).searchParams].filter(([name]) => name !== 'client_id'),
      'web',
    )
    const { request_uri } = (await pushed.json()) as { readonly request_uri: string }
    const url = `${issuer}/authorize?client_id=web&request_uri=${encodeURIComponent(request_uri)}`
    await browser.open(url)
    const answer = await wholeWay(browser, url)
    expect(answer.searchParams.has('code')).toBe(true)
    const again = await browser.open(url)
    expect([again.status, again.location]).toEqual([400, undefined])
  })
})

async function wholeWayFromConsent(browser: JarBrowser, url: string): Promise<void> {
  const consent = await browser.open(url)
  expect(consent.path).toBe('/consent')
  await browser.submit(consent, { decision: 'allow' })
}

describe('what is refused', () => {
  test.each([
    ['SECURITY 3: no client', { client_id: '' }],
    ['SECURITY 3: an unknown client', { client_id: 'nobody' }],
    ['SECURITY 3: a foreign redirect URI', { redirect_uri: 'https://evil.test/cb' }],
    ['SECURITY 4: no redirect URI where there are several', { redirect_uri: '' }],
  ])('%s is shown to the person, and nothing is redirected', async (_, wrong) => {
    const { at, browser } = await person('sqlite')
    const refused = await browser.open(requestUrl(at, 'web', wrong))
    expect([refused.status, refused.location]).toEqual([400, undefined])
    expect(refused.body).toContain('<h1')
  })

  test('SECURITY 12: no PKCE is told to the client before anybody logs in', async () => {
    const { at, browser } = await person('sqlite')
    const refused = await browser.open(requestUrl(at, 'web', { code_challenge: '' }))
    expect(new URL(refused.location ?? '').searchParams.get('error')).toBe('invalid_request')
  })

  test('SECURITY 202, 203 and 205: a login or consent that another site sends changes nothing', async () => {
    const { at, browser } = await person('sqlite')
    const login = await browser.open(requestUrl(at, 'web'))
    const good = { username: 'alice', password }
    for (const [fields, headers] of [
      [{ ...good, csrf: '' }, {}],
      [{ ...good, csrf: 'x'.repeat(66) }, {}],
      [good, { origin: 'https://evil.test' }],
      [good, { origin: 'null' }],
      [good, { 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' }],
    ] as const) {
      const refused = await browser.submit(login, fields, headers)
      expect(refused.status).toBe(403)
    }
    expect((await browser.submit(login, good, { 'content-type': 'text/plain' })).status).toBe(415)
    expect(browser.cookie('__Host-gatewright-session')).toBeUndefined()
    expect((await browser.submit(login, good)).path).toBe('/consent')
  })

  test('SECURITY 207: an unknown name and a wrong password read the same', async () => {
    const { at, browser } = await person('sqlite')
    const login = await browser.open(requestUrl(at, 'web'))
    const wrong = await browser.submit(login, { username: 'alice', password: 'not it, not at all' })
    const unknown = await browser.submit(login, { username: 'alicf', password: 'not it, not at all' })
    const plain = (body: string) =>
      body
        .replace(/name="csrf" value="[^"]*"/g, '')
        .replace(/challenge&quot;:&quot;[^&]*/g, '')
        .replaceAll('alicf', 'alice')
    expect([unknown.status, plain(unknown.body)]).toEqual([401, plain(wrong.body)])
    expect(at.events.filter(({ type }) => type === 'login.failed')).toHaveLength(2)
  })

  test('SECURITY 23: whoever registered by itself gets no redirect before somebody is logged in', async () => {
    const { at, browser } = await person('sqlite', { registration: { open: true } })
    const registered = await at.server.app.request(`${issuer}/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ redirect_uris: ['https://dyn.test/cb'] }),
    })
    const { client_id } = (await registered.json()) as { readonly client_id: string }
    const wrong = { client_id, redirect_uri: 'https://dyn.test/cb', scope: 'nonsense' }
    const shown = await browser.open(requestUrl(at, 'web', wrong))
    expect([shown.status, shown.location]).toEqual([400, undefined])
  })

  test('SECURITY 38, 197, 254, 255 and 257: every page is sent with its defences', async () => {
    const { at, browser } = await person('sqlite')
    const login = await browser.open(requestUrl(at, 'web'))
    const consent = await browser.submit(login, { username: 'alice', password })
    const error = await browser.open(`${issuer}/authorize?client_id=nobody`)
    for (const page of [login, consent, error]) {
      const header = (name: string) => page.headers.get(name) ?? ''
      expect(header('content-security-policy')).toContain("default-src 'none'")
      expect(header('content-security-policy')).toContain("frame-ancestors 'none'")
      expect(header('content-security-policy')).toContain("base-uri 'none'")
      expect(header('x-frame-options')).toBe('DENY')
      expect(header('referrer-policy')).toBe('no-referrer')
      expect(header('cache-control')).toBe('no-store')
      expect(header('x-content-type-options')).toBe('nosniff')
      expect(header('strict-transport-security')).toContain('max-age=31536000')
      // One script of ours where there are passkeys, and none anywhere else.
      const hasScript = page === login
      expect(header('content-security-policy').includes("script-src 'self';")).toBe(hasScript)
      const body = page.body.replace(/<script src="\/assets\/[\w-]{16}\.js" defer><\/script>/, '')
      expect(body === page.body).toBe(!hasScript)
      expect(body).not.toMatch(/<script|<style| style=| on[a-z]+=/i)
    }
    expect(browser.setCookies.length).toBeGreaterThan(1)
    for (const cookie of browser.setCookies) {
      expect(cookie).toMatch(/^__Host-[^;]+; .*Path=\/; Secure; HttpOnly; SameSite=Lax/)
      expect(cookie).not.toMatch(/domain/i)
    }
  })

  test('SECURITY 213: thirty flows keep the cookies small, and the oldest goes', async () => {
    const { at, browser } = await person('sqlite')
    const first = await browser.open(requestUrl(at, 'web'))
    for (let each = 0; each < 30; each++) await browser.open(requestUrl(at, 'web'))
    expect(browser.header().length).toBeLessThan(4096)
    expect((await browser.submit(first, { username: 'alice', password })).status).toBe(410)
  })

  test('SECURITY 25: there is no CORS at the authorization endpoint', async () => {
    const { at } = await person('sqlite')
    const response = await at.server.app.request(requestUrl(at, 'web'), {
      headers: { origin: 'https://web.test' },
    })
    expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
  })
})

function codeHash(code: string | null): string {
  return sha256Base64url(code ?? '')
}
