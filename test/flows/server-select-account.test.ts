/** `prompt=select_account` and `ui_locales`: who goes on, and in which language; over both databases. */

import { describe, expect, test } from 'vitest'
import { defaultPages } from '../../src/pages/default-pages.ts'
import { dialects } from '../setup/database.ts'
import type { Dialect } from '../setup/database.ts'
import { browserOf, requestUrl } from './browser-jar.ts'
import type { Arrived, JarBrowser } from './browser-jar.ts'
import { issuer, world } from './server-world.ts'
import type { World } from './server-world.ts'

const password = 'correct horse battery'

/** Somebody who is logged in, and has agreed to what `web` asks for. */
async function place(dialect: Dialect) {
  const at = await world(dialect, { pages: defaultPages() })
  const bob = (await at.accounts.create({ username: 'bob', password })).id
  const browser = browserOf(at.server.app)
  const consent = await login(browser, await browser.open(requestUrl(at, 'web')))
  expect(codeOf(await browser.submit(consent, { decision: 'allow' }))).toMatch(/^gwc_/)
  return { at, browser, bob }
}

const login = (browser: JarBrowser, page: Arrived, username = 'alice'): Promise<Arrived> =>
  browser.submit(page, { username, password })

const codeOf = ({ location }: Arrived): string | null =>
  location === undefined ? null : new URL(location).searchParams.get('code')

const flowOf = ({ body }: Arrived): string => /flow=([\w-]{22})/.exec(body)?.[1] ?? ''

const chooser = (at: World, browser: JarBrowser, more: Readonly<Record<string, string>> = {}) =>
  browser.open(requestUrl(at, 'web', { prompt: 'select_account', ...more }))

const usernameIn = ({ body }: Arrived): string | undefined =>
  /<input[^>]*id="username"[^>]*value="([^"]*)"/.exec(body)?.[1]

describe.each(dialects)('%s', (dialect) => {
  test('whoever is logged in says that they go on, once for each request', async () => {
    const { at, browser } = await place(dialect)
    const choice = await chooser(at, browser)
    expect([choice.status, choice.path]).toEqual([200, '/select_account'])
    expect(choice.body).toContain('alice')
    const answer = await browser.submit(choice, { decision: 'continue' })
    expect(codeOf(answer)).toMatch(/^gwc_/)
    expect((await browser.submit(choice, { decision: 'continue' })).status).toBe(410)
    expect((await chooser(at, browser)).path).toBe('/select_account')
  })

  test('no link gets around the choice', async () => {
    const { at, browser } = await place(dialect)
    const choice = await chooser(at, browser)
    const flow = flowOf(choice)
    for (const path of [
      `/authorize/continue?flow=${flow}`,
      `/consent?flow=${flow}`,
      `/select_account?flow=${flow}&decision=continue`,
      `/authorize/continue?flow=${flow}&chosen=1&decision=continue`,
    ]) {
      const still = await browser.open(issuer + path)
      expect([path, still.path, still.location]).toEqual([path, '/select_account', undefined])
    }
    // The form of another page of the same session, sent to the consent.
    const profile = await browser.open(`${issuer}/account/profile`)
    const forged = {
      ...profile,
      body: profile.body.replace(/action="[^"]*"/, `action="/consent?flow=${flow}"`),
    }
    expect((await browser.submit(forged, { decision: 'allow' })).path).toBe('/select_account')
    for (const [fields, headers] of [
      [{ csrf: '' }, {}],
      [{ csrf: 'x'.repeat(66) }, {}],
      [{}, { origin: 'https://evil.test' }],
      [{}, { origin: 'null' }],
    ] as const) {
      const refused = await browser.submit(choice, { decision: 'continue', ...fields }, headers)
      expect(refused.status).toBe(403)
    }
    expect((await browser.open(`${issuer}/authorize/continue?flow=${flow}`)).path).toBe('/select_account')
    expect(codeOf(await browser.submit(choice, { decision: 'continue' }))).toMatch(/^gwc_/)
  })

  test('another account logs in, with nobody’s name in the field', async () => {
    const { at, browser, bob } = await place(dialect)
    const choice = await chooser(at, browser, { login_hint: 'alice' })
    const href = /<a[^>]*href="([^"]*)"/.exec(choice.body)?.[1]?.replaceAll('&amp;', '&') ?? ''
    const other = await browser.open(issuer + href)
    expect([other.path, usernameIn(other)]).toEqual(['/login', ''])
    const consent = await login(browser, other, 'bob')
    expect([consent.path, consent.body.includes('bob')]).toEqual(['/consent', true])
    expect(codeOf(await browser.submit(consent, { decision: 'allow' }))).toMatch(/^gwc_/)
    const [grant] = await at.store.listGrants({ subject: bob, limit: 10, now: at.clock.now })
    expect(grant?.clientId).toBe('web')
  })

  test('the choice of one person is not that of the next', async () => {
    const { at, browser } = await place(dialect)
    const choice = await chooser(at, browser, { prompt: 'select_account consent' })
    const consent = await browser.submit(choice, { decision: 'continue' })
    expect([consent.path, consent.body.includes('alice')]).toEqual(['/consent', true])
    const elsewhere = await chooser(at, browser)
    expect(elsewhere.path).toBe('/select_account')
    const switched = await login(
      browser,
      await browser.open(`${issuer}/login?flow=${flowOf(elsewhere)}`),
      'bob',
    )
    expect(switched.path).toBe('/consent')
    // The page that alice had open decides nothing for bob.
    expect((await browser.submit(consent, { decision: 'allow' })).status).toBe(403)
  })

  test('whoever chooses in one browser has chosen nothing in another', async () => {
    const { at, browser } = await place(dialect)
    const choice = await chooser(at, browser)
    const second = browserOf(at.server.app)
    await login(second, await second.open(`${issuer}/account`))
    expect((await second.submit(choice, { decision: 'continue' })).status).toBe(410)
    const own = await chooser(at, second)
    expect(
      (await second.submit({ ...choice, body: own.body }, { decision: 'continue' })).location,
    ).toBeDefined()
    expect((await browser.open(`${issuer}/authorize/continue?flow=${flowOf(choice)}`)).path).toBe(
      '/select_account',
    )
  })

  test('SECURITY 28: whoever chooses nobody is reported to the client', async () => {
    const { at, browser } = await place(dialect)
    const choice = await chooser(at, browser, { state: 's' })
    const answer = await browser.submit(choice, { decision: 'cancel' })
    const { searchParams } = new URL(answer.location ?? '')
    expect([searchParams.get('error'), searchParams.get('state')]).toEqual(['access_denied', 's'])
    expect((await browser.submit(choice, { decision: 'continue' })).status).toBe(410)
  })

  test('SECURITY 33: a choice is no login', async () => {
    const { at, browser } = await place(dialect)
    expect((await chooser(at, browser, { prompt: 'login select_account' })).path).toBe('/login')
    const choice = await chooser(at, browser, { max_age: '60' })
    expect(choice.path).toBe('/select_account')
    at.clock.now += 61_000
    const old = await browser.submit(choice, { decision: 'continue' })
    expect([old.path, usernameIn(old)]).toEqual(['/login', 'alice'])
    const answer = await login(browser, old)
    expect(codeOf(answer)).toMatch(/^gwc_/)
  })

  test('nobody who is logged out is asked, and a login is choice enough', async () => {
    const { at } = await place(dialect)
    const browser = browserOf(at.server.app)
    const page = await chooser(at, browser)
    expect(page.path).toBe('/login')
    expect(codeOf(await login(browser, page))).toMatch(/^gwc_/)
  })
})

describe('ui_locales', () => {
  const german = 'Bei auth.test anmelden'
  const english = 'Log in to auth.test'
  test.each([
    ['de', 'en', german],
    ['fr-CA de-CH en', 'en', german],
    ['fr', 'en', english],
    ['en', 'de', english],
    ['fr', 'de', german],
    ['<script> ../../x de', 'en', german],
    [`${Array.from({ length: 30 }, (_, index) => `x${index}`).join(' ')} de`, 'en', english],
  ])('the login page for %j is right, whatever the browser prefers', async (locales, accepted, title) => {
    const at = await world('sqlite', { pages: defaultPages() })
    const browser = browserOf(at.server.app)
    const url = requestUrl(at, 'web', { ui_locales: locales })
    const page = await browser.open(url)
    const there = await at.server.app.request(`${issuer}/login?flow=${flowOf(page)}`, {
      headers: { cookie: browser.header(), 'accept-language': accepted },
    })
    const body = await there.text()
    expect(body).toContain(title)
    expect(body).toContain(title === german ? '<html lang="de">' : '<html lang="en">')
  })

  test('every page of a flow is in it, and a page of the server is not', async () => {
    const { at, browser } = await place('sqlite')
    const choice = await chooser(at, browser, { ui_locales: 'de', scope: 'read write' })
    expect(choice.body).toContain('Weiter als')
    const consent = await browser.submit(choice, { decision: 'continue' })
    expect(consent.body).toContain('Zugriff erlauben?')
    expect((await browser.open(`${issuer}/account`)).body).toContain('Your account')
  })
})
