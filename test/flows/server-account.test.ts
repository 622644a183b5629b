/** People and their own account: name, password, sessions, applications, its end; over both databases. */

import { describe, expect, test } from 'vitest'
import { defaultPages } from '../../src/pages/default-pages.ts'
import { dialects } from '../setup/database.ts'
import type { Dialect } from '../setup/database.ts'
import { browserOf, requestUrl } from './browser-jar.ts'
import type { Arrived, JarBrowser } from './browser-jar.ts'
import { apiB, bodyOf, issuer, verifier, world } from './server-world.ts'
import type { World } from './server-world.ts'

const password = 'correct horse battery'
const better = 'another horse, with a better battery'
const sessionCookie = '__Host-gatewright-session'
const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0'

async function place(dialect: Dialect, more: Parameters<typeof world>[1] = {}) {
  const at = await world(dialect, { pages: defaultPages(), ...more })
  return { at, browser: await loggedIn(at) }
}

/** A browser of somebody who has just logged in, and sees a page of the account. */
async function loggedIn(at: World, username = 'alice', userAgent = firefox): Promise<JarBrowser> {
  const browser = browserOf(at.server.app)
  const login = await browser.open(`${issuer}/account`)
  expect(login.path).toBe('/login')
  const page = await browser.submit(login, { username, password }, { 'user-agent': userAgent })
  expect([page.status, page.path]).toEqual([200, '/account'])
  return browser
}

const page = (browser: JarBrowser, path: string): Promise<Arrived> => browser.open(`${issuer}/account${path}`)

/** Whether a browser is still logged in. */
async function isIn(browser: JarBrowser): Promise<boolean> {
  return (await page(browser, '')).path === '/account'
}

/** Whether somebody can log in with a password. */
async function opens(at: World, secret: string): Promise<boolean> {
  const browser = browserOf(at.server.app)
  const answer = await browser.submit(await page(browser, ''), { username: 'alice', password: secret })
  return answer.path === '/account'
}

/** A refresh token that an OpenID client got in the session of this browser, and not for longer. */
async function refreshToken(at: World, browser: JarBrowser): Promise<string> {
  const url = requestUrl(at, 'web', { scope: 'openid read', prompt: 'consent' })
  const answer = await browser.submit(await browser.open(url), { decision: 'allow' })
  const code = new URL(answer.location ?? '').searchParams.get('code') ?? ''
  const form = { code, redirect_uri: at.redirectUri('web'), code_verifier: verifier }
  const redeemed = await at.post('/token', { grant_type: 'authorization_code', ...form }, 'web')
  return String((await bodyOf(redeemed))['refresh_token'])
}

const change = (fields: Readonly<Record<string, string>> = {}) => ({
  password,
  new_password: better,
  repeated: better,
  ...fields,
})

/** A form of somebody's own that is sent to another page: all have the same fields but their own. */
const forged = (form: Arrived, path: string): Arrived => ({
  ...form,
  body: form.body.replaceAll('/account/profile', `/account${path}`),
})

const sessionsOf = (at: World) => at.store.listSessions(at.alice, at.clock.now)
const grantsOf = (at: World) => at.store.listGrants({ subject: at.alice, limit: 50, now: at.clock.now })

describe.each(dialects)('%s', (dialect) => {
  test('whoever is not logged in does that first, and comes back', async () => {
    const { at } = await place(dialect)
    for (const path of ['', '/profile', '/password', '/security', '/sessions', '/applications']) {
      const browser = browserOf(at.server.app)
      const login = await page(browser, path)
      expect([login.status, login.path]).toEqual([200, '/login'])
      const back = await browser.submit(login, { username: 'alice', password })
      expect([back.status, back.path, back.body.includes('alice')]).toEqual([200, `/account${path}`, true])
    }
  })

  test('a name is saved, taken away, and refused when it is none', async () => {
    const { at, browser } = await place(dialect)
    const saved = await browser.submit(await page(browser, '/profile'), { name: ' <b>Alice</b> ' })
    expect([saved.path, saved.body.includes('Your name was saved')]).toEqual(['/account/profile', true])
    expect((await page(browser, '')).body).toContain('&lt;b&gt;Alice&lt;/b&gt;')
    expect((await at.accounts.get(at.alice))?.name).toBe('<b>Alice</b>')
    for (const name of ['x'.repeat(201), 'a\nb', 'a\0b']) {
      const refused = await browser.submit(saved, { name })
      expect([refused.status, refused.body.includes('role="alert"')]).toEqual([422, true])
    }
    expect((await at.accounts.get(at.alice))?.name).toBe('<b>Alice</b>')
    await browser.submit(saved, { name: '  ' })
    expect((await at.accounts.get(at.alice))?.name).toBeUndefined()
    expect(at.events.filter(({ type }) => type === 'account.profile_changed')).toHaveLength(2)
  })

  test('SECURITY 225: a new password needs the current one', async () => {
    const { at, browser } = await place(dialect)
    const form = await page(browser, '/password')
    for (const [fields, status] of [
      [{ password: '' }, 403],
      [{ password: 'not it, not at all' }, 403],
      [{ new_password: '', repeated: '' }, 422],
      [{ repeated: 'another horse, with a bitter battery' }, 422],
      [{ new_password: 'too short', repeated: 'too short' }, 422],
      [{ new_password: 'x'.repeat(5000), repeated: 'x'.repeat(5000) }, 422],
    ] as const) {
      const refused = await browser.submit(form, change(fields))
      expect([fields, refused.status, refused.path]).toEqual([fields, status, '/account/password'])
      expect(refused.body).toContain('role="alert"')
    }
    expect(await isIn(browser)).toBe(true)
    expect([await opens(at, password), await opens(at, better)]).toEqual([true, false])
    expect(at.events.some(({ type }) => type === 'account.password_changed')).toBe(false)
  })

  test('SECURITY 195, 199 and 200: a new password ends every other session and what applications hold', async () => {
    const { at, browser } = await place(dialect)
    const other = await loggedIn(at)
    const { refresh_token: refreshToken, access_token: accessToken } = await at.tokens('web', {
      resource: apiB,
    })
    const [before] = await sessionsOf(at)
    const cookie = browser.cookie(sessionCookie) ?? ''
    const done = await browser.submit(await page(browser, '/password'), change())
    expect([done.path, done.body.includes('Your password was changed')]).toEqual(['/account', true])
    const [after, ...more] = await sessionsOf(at)
    expect([more.length, after?.id === before?.id]).toEqual([0, false])
    expect(browser.cookie(sessionCookie)).not.toBe(cookie)
    const replay = browserOf(at.server.app)
    replay.plant(sessionCookie, cookie)
    expect([await isIn(browser), await isIn(other), await isIn(replay)]).toEqual([true, false, false])
    expect(await bodyOf(await at.refresh('web', refreshToken))).toMatchObject({ error: 'invalid_grant' })
    const active = await bodyOf(await at.post('/introspect', { token: accessToken }, 'api-b'))
    expect(active).toEqual({ active: false })
    expect([await opens(at, password), await opens(at, better)]).toEqual([false, true])
    expect(at.events.some(({ type }) => type === 'account.password_changed')).toBe(true)
  })

  test('SECURITY 280: the current password is not guessed here either', async () => {
    const { at, browser } = await place(dialect)
    const form = await page(browser, '/password')
    for (let each = 0; each < 10; each++) {
      expect((await browser.submit(form, change({ password: `wrong ${each}` }))).status).toBe(403)
    }
    const late = await browser.submit(form, change())
    expect([late.status, Number(late.headers.get('retry-after')) > 0]).toEqual([429, true])
    // One count with the login page.
    expect(await opens(at, password)).toBe(false)
    at.clock.now += 301_000
    expect([await opens(at, better), await opens(at, password)]).toEqual([false, true])
    expect(at.events.filter(({ type }) => type === 'login.failed').length).toBeGreaterThanOrEqual(10)
  })

  test('SECURITY 201: people see where they are logged in, and end it', async () => {
    const { at, browser } = await place(dialect)
    const phone = await loggedIn(at, 'alice', 'Mozilla/5.0 (iPhone) Version/18.0 Mobile/15E148 Safari/604.1')
    const third = await loggedIn(at, 'alice', '<script>alert(1)</script>')
    const list = await page(browser, '/sessions')
    for (const shown of ['Firefox on Linux', 'Safari on iPhone', 'Unknown browser', 'This browser', 'UTC']) {
      expect(list.body).toContain(shown)
    }
    expect(list.body).not.toContain('<script')
    const all = await sessionsOf(at)
    const iphone = all.find(({ userAgent }) => userAgent?.includes('iPhone'))
    const ended = await browser.submit(list, { session: iphone?.id ?? '' })
    expect([ended.path, ended.body.includes('It is logged out')]).toEqual(['/account/sessions', true])
    expect([await isIn(browser), await isIn(phone), await isIn(third)]).toEqual([true, false, true])
    await loggedIn(at)
    const rest = await browser.submit(list, { others: '1' })
    expect(rest.body).toContain('You are logged in nowhere else')
    expect([await isIn(browser), await isIn(third), (await sessionsOf(at)).length]).toEqual([true, false, 1])
    const endings = at.events.filter(({ type }) => type === 'session.ended')
    expect(endings.map(({ subject }) => subject)).toEqual([at.alice, at.alice, at.alice])
  })

  test('SECURITY 201: with a session ends what an OpenID client got in it, and in no other', async () => {
    const { at, browser } = await place(dialect)
    const [here] = await sessionsOf(at)
    const other = await loggedIn(at)
    const tokens = [await refreshToken(at, browser), await refreshToken(at, other)]
    const there = (await sessionsOf(at)).find(({ id }) => id !== here?.id)
    await browser.submit(await page(browser, '/sessions'), { session: there?.id ?? '' })
    expect((await at.refresh('web', tokens[1] ?? '')).status).toBe(400)
    expect((await at.refresh('web', tokens[0] ?? '')).status).toBe(200)
  })

  test('SECURITY 201: nobody ends the session of somebody else', async () => {
    const { at, browser } = await place(dialect)
    await at.accounts.create({ username: 'bob', password })
    const bob = await loggedIn(at, 'bob')
    const [mine] = await sessionsOf(at)
    const token = await refreshToken(at, browser)
    const his = forged(await page(bob, '/profile'), '/sessions')
    for (const session of [mine?.id ?? '', mine?.hash ?? '', 'x', '\0', 'ä'.repeat(300)]) {
      expect((await bob.submit(his, { session })).status).toBe(200)
    }
    await bob.submit(his, { others: '1' })
    expect([await isIn(browser), (await sessionsOf(at)).length]).toEqual([true, 1])
    expect((await at.refresh('web', token)).status).toBe(200)
    expect(at.events.some(({ type }) => type === 'session.ended')).toBe(false)
  })

  test('an application is shown with what it may do, and loses all of it at once', async () => {
    const { at, browser } = await place(dialect)
    expect((await page(browser, '/applications')).body).toContain('No application has access')
    const first = await at.tokens('web', { scope: 'read' })
    const second = await at.tokens('web', { scope: 'write', resource: apiB })
    const other = await at.tokens('web2')
    const list = await page(browser, '/applications')
    expect(list.body.match(/<h2>/g)).toHaveLength(2)
    for (const shown of ['web2', 'Read', 'Write', 'Since', 'Last used']) expect(list.body).toContain(shown)
    const revoked = await browser.submit(list, { client: 'web' })
    expect([revoked.path, revoked.body.includes('no access any more')]).toEqual([
      '/account/applications',
      true,
    ])
    expect((await grantsOf(at)).map(({ clientId }) => clientId)).toEqual(['web2'])
    for (const { refresh_token: token } of [first, second]) {
      expect(await bodyOf(await at.refresh('web', token))).toMatchObject({ error: 'invalid_grant' })
    }
    const asked = { token: second.access_token }
    expect(await bodyOf(await at.post('/introspect', asked, 'api-b'))).toEqual({ active: false })
    expect((await at.refresh('web2', other.refresh_token)).status).toBe(200)
    const events = at.events.filter(({ type }) => type === 'grant.revoked')
    expect(events.map(({ clientId, subject }) => [clientId, subject])).toEqual([
      ['web', at.alice],
      ['web', at.alice],
    ])
  })

  test('nobody takes away the access that somebody else gave', async () => {
    const { at } = await place(dialect)
    await at.accounts.create({ username: 'bob', password })
    const { refresh_token: token } = await at.tokens('web')
    const bob = await loggedIn(at, 'bob')
    const his = await page(bob, '/applications')
    expect(his.body).not.toContain('web')
    const form = forged(await page(bob, '/profile'), '/applications')
    for (const client of ['web', 'x', '\0', '😀'.repeat(300)]) {
      expect((await bob.submit(form, { client })).status).toBe(200)
    }
    expect((await at.refresh('web', token)).status).toBe(200)
  })

  test('SECURITY 208: what changes how an account is opened needs a login of the last 15 minutes', async () => {
    const { at, browser } = await place(dialect, { accountRemoval: true })
    await loggedIn(at)
    const form = await page(browser, '/password')
    const list = await page(browser, '/sessions')
    const end = await page(browser, '/removal')
    at.clock.now += 901_000
    expect(await isIn(browser)).toBe(true)
    expect((await page(browser, '/sessions')).path).toBe('/account/sessions')
    expect((await page(browser, '/password')).path).toBe('/login')
    expect((await page(browser, '/removal')).path).toBe('/login')
    expect((await browser.submit(form, change())).path).toBe('/login')
    expect((await browser.submit(end, { password })).path).toBe('/login')
    const login = await browser.submit(list, { others: '1' })
    expect(login.path).toBe('/login')
    expect((await sessionsOf(at)).length).toBe(2)
    expect([await opens(at, password), await opens(at, better)]).toEqual([true, false])
    const back = await browser.submit(login, { username: 'alice', password })
    expect(back.path).toBe('/account/sessions')
    await browser.submit(back, { others: '1' })
    expect((await sessionsOf(at)).length).toBe(1)
  })

  test('an account ends by its owner where that is offered, with the password', async () => {
    const { at, browser } = await place(dialect, { accountRemoval: true })
    const other = await loggedIn(at)
    const { refresh_token: token } = await at.tokens('web')
    const question = await page(browser, '/removal')
    for (const wrong of ['', 'not it, not at all']) {
      expect((await browser.submit(question, { password: wrong })).status).toBe(403)
    }
    expect(await at.accounts.get(at.alice)).toBeDefined()
    const done = await browser.submit(question, { password })
    expect([done.status, done.body.includes('Your account is deleted')]).toEqual([200, true])
    expect(browser.cookie(sessionCookie)).toBeUndefined()
    expect(await at.accounts.get(at.alice)).toBeUndefined()
    expect(await isIn(other)).toBe(false)
    expect(await bodyOf(await at.refresh('web', token))).toMatchObject({ error: 'invalid_grant' })
    expect(at.events.some(({ type }) => type === 'account.removed')).toBe(true)
  })

  test('SECURITY 202 and 203: what another site sends changes nothing', async () => {
    const { at, browser } = await place(dialect, { accountRemoval: true })
    await at.accounts.create({ username: 'bob', password })
    const bob = await loggedIn(at, 'bob')
    await loggedIn(at)
    await at.tokens('web')
    const foreign = /name="csrf" value="([^"]*)"/.exec((await page(bob, '/profile')).body)?.[1] ?? ''
    for (const [path, fields] of [
      ['/profile', { name: 'Mallory' }],
      ['/password', change()],
      ['/sessions', { others: '1' }],
      ['/applications', { client: 'web' }],
      ['/removal', { password }],
    ] as const) {
      const form = await page(browser, path)
      expect([path, form.status]).toEqual([path, 200])
      for (const [more, headers] of [
        [{ csrf: '' }, {}],
        [{ csrf: foreign }, {}],
        [{}, { origin: 'https://evil.test' }],
        [{}, { origin: 'null' }],
        [{}, { 'sec-fetch-site': 'cross-site', origin: 'https://evil.test' }],
      ] as const) {
        const refused = await browser.submit(form, { ...fields, ...more }, headers)
        expect([path, more, headers, refused.status]).toEqual([path, more, headers, 403])
      }
      const text = await browser.submit(form, fields, { 'content-type': 'text/plain' })
      expect([path, text.status]).toEqual([path, 415])
    }
    expect((await at.accounts.get(at.alice))?.name).toBeUndefined()
    expect([(await sessionsOf(at)).length, (await grantsOf(at)).length]).toEqual([2, 1])
    expect(await opens(at, password)).toBe(true)
  })
})

test('SECURITY 204: following every link changes nothing', async () => {
  const { at, browser } = await place('sqlite', { accountRemoval: true })
  await loggedIn(at)
  await at.tokens('web')
  const seen = new Set<string>(['/account'])
  for (const path of seen) {
    const { body, status } = await browser.open(issuer + path)
    expect([path, status]).toEqual([path, 200])
    for (const [, href = ''] of body.matchAll(/<a[^>]*href="([^"]*)"/g)) seen.add(href)
  }
  expect([...seen].toSorted()).toEqual([
    '/account',
    '/account/applications',
    '/account/password',
    '/account/profile',
    '/account/removal',
    '/account/security',
    '/account/sessions',
    '/logout',
  ])
  expect([(await sessionsOf(at)).length, (await grantsOf(at)).length, await isIn(browser)]).toEqual([
    2,
    1,
    true,
  ])
})

test('SECURITY 259: a login leads to no other place than a page of this server', async () => {
  const { at } = await place('sqlite')
  for (const next of [
    '//evil.test',
    '//evil.test/account',
    '/\\evil.test/account',
    'https://evil.test/account',
    'javascript:alert(1)',
    '/account/../../evil',
    '/account@evil.test',
    '/authorize?client_id=web',
    '/logout',
    '/account\n//evil.test',
    '',
  ]) {
    const browser = browserOf(at.server.app)
    const refused = await browser.open(`${issuer}/login?next=${encodeURIComponent(next)}`)
    expect([next, refused.status, refused.location]).toEqual([next, 410, undefined])
    expect(refused.body).not.toContain('evil')
  }
  const browser = browserOf(at.server.app)
  const login = await browser.open(`${issuer}/login?next=${encodeURIComponent('/account/sessions')}`)
  // What was kept counts, and not what somebody adds to the form’s address.
  const tampered = { ...login, body: login.body.replace(/(action="[^"]*)"/, '$1&amp;next=//evil.test"') }
  const arrived = await browser.submit(tampered, { username: 'alice', password })
  expect([arrived.status, arrived.path, arrived.location]).toEqual([200, '/account/sessions', undefined])
})

test('SECURITY 259: an address can have only what there is said to have been done', async () => {
  const { browser } = await place('sqlite')
  expect((await page(browser, '?done=password')).body).toContain('role="status"')
  for (const done of ['x', '<b>', 'toString', '__proto__', 'password&done=name']) {
    const shown = await page(browser, `?done=${done}`)
    expect([done, shown.status, shown.body.includes('role="status"')]).toEqual([done, 200, false])
  }
})

test('the end of the account is not offered unless told', async () => {
  const { at, browser } = await place('sqlite')
  expect((await page(browser, '')).body).not.toContain('removal')
  const answer = await at.server.app.request(`${issuer}/account/removal`)
  expect(answer.status).toBe(404)
})

test('SECURITY 221: password managers know which field is which', async () => {
  const { browser } = await place('sqlite')
  const { body } = await page(browser, '/password')
  const kinds = [...body.matchAll(/autocomplete="([^"]*)"/g)].map(([, kind]) => kind)
  expect(kinds).toEqual(['username', 'current-password', 'new-password', 'new-password'])
})

test('SECURITY 38 and 254: every page of the account is sent with the defences of all pages', async () => {
  const { at, browser } = await place('sqlite', { accountRemoval: true })
  await at.tokens('web')
  for (const path of ['', '/profile', '/password', '/security', '/sessions', '/applications', '/removal']) {
    const { headers, body } = await page(browser, path)
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    // One of our own, for passkeys, is not on all of them.
    expect(body).not.toMatch(
      /<script(?! src="\/assets\/[\w-]+\.js" defer><\/script>)|<style| style=| on[a-z]+=/i,
    )
  }
})

test('whoever comes by no link is at home in the account', async () => {
  const { at, browser } = await place('sqlite')
  expect((await browser.open(issuer)).path).toBe('/account')
  const stranger = browserOf(at.server.app)
  const login = await stranger.open(`${issuer}/login`)
  expect(login.path).toBe('/login')
  expect((await stranger.submit(login, { username: 'alice', password })).path).toBe('/account')
  // Mounted in an application, the first page is the application's.
  expect(at.server.declared.some(({ path }) => path === '/')).toBe(false)
})

test('another language says what it has words for, and the rest in English', async () => {
  const french = {
    logIn: 'Se connecter',
    accountPages: { save: 'Enregistrer' },
    devicePage: { goOn: 'Suite' },
  }
  const at = await world('sqlite', { pages: defaultPages({ translations: { fr: french } }) })
  const cookies = (await loggedIn(at)).header()
  const headers = { cookie: cookies, 'accept-language': 'fr-CA, de;q=0.5' }
  const texts = async (path: string) => (await at.server.app.request(issuer + path, { headers })).text()
  expect(await texts('/account/profile')).toMatch(/lang="fr"[^]*Left empty[^]*Enregistrer/)
  expect(await texts('/device')).toMatch(/lang="fr"[^]*Type the code[^]*Suite/)
  expect(await texts('/account/sessions')).toContain('Last seen')
  expect(() => defaultPages({ translations: { x_y: {} } })).toThrow(/"x_y"/)
})

test('a service below a path has its account there', async () => {
  const at = await world('sqlite', { pages: defaultPages(), issuer: `${issuer}/id` })
  const browser = browserOf(at.server.app)
  const login = await browser.open(`${issuer}/id/account/sessions`)
  expect(login.path).toBe('/id/login')
  const list = await browser.submit(login, { username: 'alice', password })
  expect([list.status, list.path]).toEqual([200, '/id/account/sessions'])
  const form = await browser.open(`${issuer}/id/account/profile`)
  const saved = await browser.submit(form, { name: 'Alice' })
  expect([saved.status, saved.path]).toEqual([200, '/id/account/profile'])
})
