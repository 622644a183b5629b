/** An app that signs people in with a provider and has no authorization server; over both databases. */

import { sql } from 'kysely'
import { afterAll, describe, expect, test } from 'vitest'
import { api, optional } from '../../src/index.ts'
import type { Api } from '../../src/index.ts'
import { signInWith } from '../../src/sign-in.ts'
import type { SignInOptions } from '../../src/sign-in.ts'
import { openDatabase } from '../../src/store/open.ts'
import { dialects, freshDatabase } from '../setup/database.ts'
import type { Dialect } from '../setup/database.ts'
import { browserOf } from './browser-jar.ts'
import type { Arrived, JarBrowser } from './browser-jar.ts'
import { clientAt, formOf } from './provider-world.ts'
import { issuer as origin } from './server-world.ts'
import { upstream } from './upstream.ts'
import type { Upstream } from './upstream.ts'

const ann = {
  sub: 'ann-1',
  name: 'Ann Smith',
  preferred_username: 'ann',
  email: 'ann@example.com',
  email_verified: true,
}
const secretKey = 'a key that only this test knows, and long enough'

const closing: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const close of closing.splice(0)) await close()
})

interface Place {
  readonly app: Api
  readonly browser: JarBrowser
  readonly work: Upstream
  readonly other: Upstream
  readonly url: string
  readonly clock: { now: number }
  readonly reported: unknown[]
  button(name?: string, browser?: JarBrowser, next?: string): Promise<Arrived>
  logIn(browser?: JarBrowser): Promise<Arrived>
  me(browser?: JarBrowser): Promise<Arrived>
}

async function place(dialect: Dialect, more: Partial<SignInOptions> = {}): Promise<Place> {
  const [work, other] = await Promise.all([upstream(), upstream()])
  const url = typeof more.database === 'string' ? more.database : await freshDatabase(dialect)
  const clock = { now: Date.now() }
  const reported: unknown[] = []
  const signIn = signInWith({
    origin,
    database: url,
    secretKey,
    providers: [clientAt(work, 'work', { trustEmail: true }), clientAt(other, 'other')],
    now: () => clock.now,
    report: (error) => reported.push(error),
    ...more,
  })
  closing.push(signIn.close)
  const app = api()
    .mount(signIn)
    .get('/', { person: optional(signIn.currentUser) }, ({ person }) => person?.name ?? 'nobody')
    .get('/me', { person: signIn.currentUser }, ({ person }) => person)
  const browser = browserOf(app)
  const button: Place['button'] = async (name = 'work', by = browser, next = '') => {
    const page = await by.open(`${origin}/sign-in${next === '' ? '' : `?next=${encodeURIComponent(next)}`}`)
    return by.submit(formOf(page, `/sign-in/with/${name}`), {})
  }
  return {
    app,
    browser,
    work,
    other,
    url,
    clock,
    reported,
    button,
    logIn: async (by = browser) => by.open(work.logIn((await button('work', by, '/me')).location, ann)),
    me: (by = browser) => by.open(`${origin}/me`),
  }
}

describe.each(dialects)('%s', (dialect) => {
  test('a person signs in, is known, and signs out', async () => {
    const at = await place(dialect)
    expect((await at.me()).status).toBe(401)
    expect((await at.browser.open(`${origin}/`)).body).toContain('nobody')
    const page = await at.logIn()
    expect([page.path, JSON.parse(page.body)]).toEqual([
      '/me',
      {
        provider: 'work',
        issuer: at.work.issuer,
        subject: 'ann-1',
        name: 'Ann Smith',
        email: 'ann@example.com',
        emailVerified: true,
        handle: 'ann',
      },
    ])
    const cookie = at.browser.cookie('__Host-sign-in') ?? ''
    await at.app.request(`${origin}/sign-in/out`, {
      method: 'POST',
      headers: { cookie: at.browser.header(), origin },
    })
    // On the server as well: the cookie of yesterday is worth nothing.
    const replayed = browserOf(at.app)
    replayed.plant('__Host-sign-in', cookie)
    expect((await at.me(replayed)).status).toBe(401)
    expect(at.reported).toEqual([])
  })

  test('SECURITY 195 and 197: each sign-in has a new cookie, for this host and out of reach of scripts; the old one ends', async () => {
    const at = await place(dialect)
    await at.logIn()
    const first = at.browser.cookie('__Host-sign-in') ?? ''
    await at.logIn()
    expect(at.browser.cookie('__Host-sign-in')).not.toBe(first)
    const old = browserOf(at.app)
    old.plant('__Host-sign-in', first)
    expect((await at.me(old)).status).toBe(401)
    for (const cookie of at.browser.setCookies) {
      expect(cookie).toMatch(/^__Host-/)
      expect(cookie).toMatch(/; Path=\/; Secure; HttpOnly; SameSite=Lax$/)
    }
    const planted = browserOf(at.app)
    planted.plant('__Host-sign-in', 'x'.repeat(43))
    await at.logIn(planted)
    expect(planted.cookie('__Host-sign-in')).not.toBe('x'.repeat(43))
  })

  test('SECURITY 198: a session that is not used ends, and so does one that is, after its time', async () => {
    const at = await place(dialect, { session: { idle: 3600, absolute: 7200 } })
    await at.logIn()
    at.clock.now += 3_599_000
    expect((await at.me()).status).toBe(200)
    at.clock.now += 3_599_000
    expect((await at.me()).status).toBe(200)
    at.clock.now += 3_000
    expect((await at.me()).status).toBe(401)
    const idle = await place(dialect, { session: { idle: 3600, absolute: 7200 } })
    await idle.logIn()
    idle.clock.now += 3_600_000
    expect((await idle.me()).status).toBe(401)
  })

  test('SECURITY 233: a callback is worth nothing in another browser, at another provider, twice, or too late', async () => {
    const at = await place(dialect)
    const mallory = browserOf(at.app)
    const callback = at.work.logIn((await at.button('work', mallory)).location, ann)
    expect((await at.browser.open(callback)).body).toContain('was begun in another browser')
    expect((await at.me()).status).toBe(401)
    const crossed = new URL(callback)
    crossed.pathname = '/sign-in/callback/other'
    expect((await mallory.open(crossed.href)).body).toContain('took too long')
    expect([at.work.tokenRequests, at.other.tokenRequests]).toEqual([[], []])
    const answers = await Promise.all(Array.from({ length: 6 }, () => mallory.open(callback)))
    expect(answers.filter(({ path }) => path === '/')).toHaveLength(1)
    expect(at.work.tokenRequests).toHaveLength(1)
    const late = at.work.logIn((await at.button()).location, ann)
    at.clock.now += 600_000
    expect((await at.browser.open(late)).path).toBe('/sign-in')
    expect((await at.me()).status).toBe(401)
  })

  test('SECURITY 235 and 236: what is not to be believed signs nobody in', async () => {
    const at = await place(dialect)
    for (const does of [
      { iss: 'https://evil.test' },
      { iss: null },
      { wrongKey: true },
      { claims: (claims: object) => ({ ...claims, nonce: 'other' }) },
    ]) {
      at.work.does = does
      const page = await at.logIn()
      expect([page.path, page.body.includes('could not be accepted')]).toEqual(['/sign-in', true])
      expect((await at.me()).status).toBe(401)
    }
    expect(at.reported).toHaveLength(4)
  })

  test('SECURITY 266: no cookie, state or token stands in the database', async () => {
    const at = await place(dialect)
    const { location } = await at.button()
    const { searchParams } = new URL(location ?? '')
    const database = await openDatabase(at.url)
    const attempts = JSON.stringify(
      (await sql`select * from gatewright_login_attempts`.execute(database.kysely)).rows,
    )
    await at.browser.open(at.work.logIn(location, ann))
    const sessions = JSON.stringify(
      (await sql`select * from gatewright_visitor_sessions`.execute(database.kysely)).rows,
    )
    await database.close()
    expect(sessions).toContain('ann-1')
    const verifier = at.work.tokenRequests[0]?.get('code_verifier') ?? 'none'
    for (const secret of [
      searchParams.get('state') ?? 'none',
      searchParams.get('nonce') ?? 'none',
      verifier,
      at.browser.cookie('__Host-sign-in') ?? 'none',
      at.browser.cookie('__Host-sign-in-browser') ?? 'none',
      'upstream-',
    ]) {
      expect(attempts + sessions).not.toContain(secret)
    }
  })
})

test('who is not let in has no session', async () => {
  const at = await place('sqlite', { allow: ({ email }) => email?.endsWith('@example.org') === true })
  const page = await at.logIn()
  expect([page.path, page.body.includes('is not let in here')]).toEqual(['/sign-in', true])
  expect(at.browser.cookie('__Host-sign-in')).toBeUndefined()
  expect((await at.me()).status).toBe(401)
})

test('SECURITY 246: another site begins nothing, and signs nobody out', async () => {
  const at = await place('sqlite')
  await at.logIn()
  const page = await at.browser.open(`${origin}/sign-in`)
  const form = formOf(page, '/sign-in/with/work')
  const before = at.work.requests.length
  expect((await at.browser.submit(form, {}, { origin: 'https://evil.test' })).status).toBe(403)
  expect((await at.browser.submit(form, { csrf: 'x' })).status).toBe(403)
  expect((await at.app.request(`${origin}/sign-in/with/work`)).status).toBe(405)
  const headers = { cookie: at.browser.header() }
  for (const more of [{ origin: 'https://evil.test' }, { 'sec-fetch-site': 'same-site' }, {}]) {
    const answer = await at.app.request(`${origin}/sign-in/out`, {
      method: 'POST',
      headers: { ...headers, ...more } as Record<string, string>,
    })
    expect(answer.status).toBe(403)
  }
  expect((await at.me()).status).toBe(200)
  expect(at.work.requests).toHaveLength(before)
})

test.each([
  '//evil.test',
  '/\\evil.test',
  '/\t/evil.test',
  '/%2f/../..//evil.test',
  '/..//evil.test',
  '/.//evil.test',
  'https://evil.test',
  'javascript:alert(1)',
  'evil.test',
  '/a#b',
  '/ä',
  `/${'x'.repeat(600)}`,
])('SECURITY 251: after signing in nobody is sent to %j', async (next) => {
  const at = await place('sqlite')
  const { location } = await at.button('work', at.browser, next)
  const answer = await at.app.request(at.work.logIn(location, ann), {
    headers: { cookie: at.browser.header() },
  })
  expect([answer.status, answer.headers.get('location')]).toEqual([303, '/'])
})

test('a path of the app with a query is gone on to, after a problem as well', async () => {
  const at = await place('sqlite')
  const { location } = await at.button('work', at.browser, '/me?tab=1&x=%2F')
  const back = await at.browser.open(at.work.refuse(location, 'access_denied'))
  expect([back.path, back.body.includes('You did not log in with')]).toEqual(['/sign-in', true])
  const again = await at.browser.submit(formOf(back, '/sign-in/with/work'), {})
  const answer = await at.app.request(at.work.logIn(again.location, ann), {
    headers: { cookie: at.browser.header() },
  })
  expect(answer.headers.get('location')).toBe('/me?tab=1&x=%2F')
})

test('so many sign-ins are begun from one address, and no more', async () => {
  const at = await place('sqlite')
  for (let turn = 0; turn < 60; turn += 1) await at.button()
  expect((await at.button()).status).toBe(429)
})

test('pages have a policy that lets nothing in from elsewhere, and speak German as well', async () => {
  const at = await place('sqlite')
  const answer = await at.app.request(`${origin}/sign-in`, {
    headers: { 'accept-language': 'de-CH, en;q=0.5' },
  })
  const text = await answer.text()
  expect(text).toContain('Weiter mit Example Inc.')
  expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'self'/)
  const [, styles = ''] = /href="(\/sign-in\/[^"]+\.css)"/.exec(text) ?? []
  const sheet = await at.app.request(origin + styles)
  expect([sheet.status, sheet.headers.get('content-type')]).toEqual([200, 'text/css; charset=utf-8'])
})

test.each([
  [{ origin: 'http://app.example.com' }, 'the option origin'],
  [{ origin: 'https://app.example.com/' }, 'the option origin'],
  [{ origin: 'app.example.com' }, 'the option origin'],
  [{ path: 'sign-in' }, 'the option path'],
  [{ path: '/' }, 'the option path'],
  [{ providers: [] }, 'the option providers'],
  [{ secretKey: 'short' }, 'the option secretKey'],
  [{ secretKey: '' }, 'GATEWRIGHT_SECRET_KEY'],
  [{ session: { idle: 0 } }, 'session.idle'],
  [{ session: { absolute: Number.NaN } }, 'session.absolute'],
] as const)('%j is told at the start', async (more, says) => {
  const work = { ...(await upstream()) }
  const options = { origin, database: 'file::memory:', secretKey, providers: [clientAt(work, 'work')] }
  expect(() => signInWith({ ...options, ...more })).toThrow(says)
})
