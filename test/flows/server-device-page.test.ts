/** The page for a device's code: a person logs in, enters it, sees who asks, decides; over both databases. */

import { createLocalJWKSet, jwtVerify } from 'jose'
import type { JSONWebKeySet } from 'jose'
import { describe, expect, test } from 'vitest'
import { defaultPages } from '../../src/pages/default-pages.ts'
import { dialects } from '../setup/database.ts'
import type { Dialect } from '../setup/database.ts'
import { browserOf } from './browser-jar.ts'
import type { JarBrowser } from './browser-jar.ts'
import { bodyOf, issuer, world } from './server-world.ts'
import type { World } from './server-world.ts'

const password = 'correct horse battery'
const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code'

interface Started {
  readonly deviceCode: string
  readonly userCode: string
  readonly complete: string
}

async function place(dialect: Dialect) {
  const at = await world(dialect, {
    pages: defaultPages(),
    clients: [
      {
        id: 'tv',
        clientName: 'Big <b>TV</b>',
        tokenEndpointAuthMethod: 'none',
        grantTypes: [deviceGrant, 'refresh_token'],
      },
      { id: 'box', tokenEndpointAuthMethod: 'none', grantTypes: [deviceGrant] },
    ],
  })
  return { at, browser: browserOf(at.server.app) }
}

async function start(at: World): Promise<Started> {
  const answer = await bodyOf(await at.post('/device_authorization', { scope: 'read write' }, 'tv'))
  expect(answer['verification_uri']).toBe(`${issuer}/device`)
  return {
    deviceCode: String(answer['device_code']),
    userCode: String(answer['user_code']),
    complete: String(answer['verification_uri_complete']),
  }
}

const poll = (at: World, { deviceCode }: Started): Promise<Response> =>
  at.post('/token', { grant_type: deviceGrant, device_code: deviceCode }, 'tv')

/** What the device is told. */
async function told(at: World, device: Started): Promise<unknown> {
  at.clock.now += 60_000
  return (await bodyOf(await poll(at, device)))['error']
}

/** Opens the page as somebody who has just logged in. */
async function opened(browser: JarBrowser, url = `${issuer}/device`, username = 'alice') {
  const login = await browser.open(url)
  expect(login.path).toBe('/login')
  const page = await browser.submit(login, { username, password })
  expect([page.status, page.path]).toEqual([200, '/device'])
  return page
}

/** What is in the field. */
const fieldOf = (body: string): string | undefined =>
  /<input[^>]*id="user_code"[^>]*value="([^"]*)"/.exec(body)?.[1]

describe.each(dialects)('%s', (dialect) => {
  test('SECURITY 104: a person logs in, types the code as they like, sees who asks for what, and allows it', async () => {
    const { at, browser } = await place(dialect)
    const device = await start(at)
    const page = await opened(browser)
    const typed = ` ${device.userCode.toLowerCase().replace('-', '  ')} `
    const confirm = await browser.submit(page, { user_code: typed })
    expect([confirm.status, confirm.path]).toEqual([200, '/device'])
    for (const shown of ['Big &lt;b&gt;TV&lt;/b&gt;', device.userCode, 'Read', 'Write', 'alice', 'API A']) {
      expect(confirm.body).toContain(shown)
    }
    expect(await told(at, device)).toBe('authorization_pending')
    const done = await browser.submit(confirm, { decision: 'allow' })
    expect([done.status, done.body.includes('The device is connected')]).toEqual([200, true])
    const answer = await poll(at, device)
    expect(await answer.json()).toMatchObject({ token_type: 'Bearer', scope: 'read write' })
    const [grant] = await at.store.listGrants({ subject: at.alice, limit: 10, now: at.clock.now })
    expect(grant).toMatchObject({ clientId: 'tv', scopes: ['read', 'write'] })
  })

  test('SECURITY 166: a device that asks for `openid` is told who allowed it, and goes on after that browser has logged out', async () => {
    const { at, browser } = await place(dialect)
    const ask = (scope: string, id = 'tv') => at.post('/device_authorization', { scope }, id)
    const answer = await bodyOf(await ask('openid profile read'))
    const device = { deviceCode: String(answer['device_code']), userCode: String(answer['user_code']) }
    const confirm = await browser.submit(await opened(browser), { user_code: device.userCode })
    for (const shown of ['Know who you are here', 'See your name and username', 'Read'])
      expect(confirm.body).toContain(shown)
    await browser.submit(confirm, { decision: 'allow' })
    at.clock.now += 5000
    const tokens = await bodyOf(await poll(at, { ...device, complete: '' }))
    const keys = (await (await at.server.app.request(`${issuer}/jwks`)).json()) as JSONWebKeySet
    const { payload } = await jwtVerify(String(tokens['id_token']), createLocalJWKSet(keys), {
      issuer,
      audience: 'tv',
      currentDate: new Date(at.clock.now),
    })
    expect(payload).toMatchObject({ sub: at.alice, amr: ['pwd'], auth_time: expect.any(Number) as number })
    expect(payload).not.toHaveProperty('sid')
    const userinfo = () =>
      at.server.app.request(`${issuer}/userinfo`, {
        headers: { authorization: `Bearer ${String(tokens['access_token'])}` },
      })
    expect(await bodyOf(await userinfo())).toEqual({ sub: at.alice, preferred_username: 'alice' })
    await browser.submit(await browser.open(`${issuer}/logout`), {})
    expect(await at.store.listSessions(at.alice, at.clock.now)).toEqual([])
    expect((await userinfo()).status).toBe(200)
    const refreshed = await bodyOf(await at.refresh('tv', String(tokens['refresh_token'])))
    expect(refreshed).toMatchObject({ id_token: expect.any(String) as string })
    // Whoever asks for nothing is not told, and a client without refresh tokens keeps no access.
    const silent = await bodyOf(await at.post('/device_authorization', {}, 'tv'))
    const box = await bodyOf(await ask('openid offline_access', 'box'))
    const asked = async (code: unknown) => {
      const page = await browser.open(`${issuer}/device?user_code=${String(code)}`)
      const login =
        page.path === '/login' ? await browser.submit(page, { username: 'alice', password }) : page
      return (await browser.submit(login, { user_code: String(code) })).body
    }
    expect(await asked(silent['user_code'])).not.toContain('Know who you are')
    const shown = await asked(box['user_code'])
    expect([shown.includes('Know who you are'), shown.includes('Keep access')]).toEqual([true, false])
    expect((await ask('openid nonsense')).status).toBe(400)
  })

  test('SECURITY 104: the complete link survives the login, fills the field, and decides nothing by itself', async () => {
    const { at, browser } = await place(dialect)
    const device = await start(at)
    const page = await opened(browser, device.complete)
    expect(fieldOf(page.body)).toBe(device.userCode)
    expect(page.body).not.toContain('value="allow"')
    expect(await told(at, device)).toBe('authorization_pending')
    // A decision that comes before the code was entered is none.
    const early = await browser.submit(page, { user_code: device.userCode, decision: 'allow' })
    expect([early.status, await told(at, device)]).toEqual([422, 'authorization_pending'])
    const confirm = await browser.submit(page, { user_code: device.userCode })
    const again = await browser.open(device.complete)
    expect(again.body).toContain('value="allow"')
    await browser.submit(confirm, { decision: 'deny' })
    expect(await told(at, device)).toBe('access_denied')
    expect(await at.store.listGrants({ subject: at.alice, limit: 10, now: at.clock.now })).toEqual([])
  })

  test('SECURITY 105: a code is the first session’s that entered it, and nobody else’s to decide', async () => {
    const { at, browser } = await place(dialect)
    await at.accounts.create({ username: 'bob', password })
    const device = await start(at)
    const mine = await browser.submit(await opened(browser), { user_code: device.userCode })
    const bob = browserOf(at.server.app)
    const his = await bob.submit(await opened(bob, device.complete, 'bob'), { user_code: device.userCode })
    expect([his.status, his.body.includes('value="allow"')]).toEqual([422, false])
    for (const decision of ['allow', 'deny']) {
      const refused = await bob.submit(his, { user_code: device.userCode, decision })
      expect(refused.status).toBe(422)
    }
    expect(await told(at, device)).toBe('authorization_pending')
    expect((await browser.submit(mine, { decision: 'allow' })).status).toBe(200)
    // What was decided is decided.
    expect((await browser.submit(mine, { decision: 'deny' })).status).toBe(422)
    expect((await poll(at, device)).status).toBe(200)
  })

  test('SECURITY 103: wrong codes read like old ones, and are slowed after a few', async () => {
    const { at, browser } = await place(dialect)
    const old = await start(at)
    const page = await opened(browser)
    at.clock.now += 601_000
    const plain = (body: string, code: string): string =>
      body.replace(/name="csrf" value="[^"]*"/g, '').replaceAll(code, '')
    const expired = await browser.submit(page, { user_code: old.userCode })
    const unknown = await browser.submit(page, { user_code: 'BBBB-BBBB' })
    expect([expired.status, unknown.status]).toEqual([422, 422])
    expect(plain(unknown.body, 'BBBB-BBBB')).toBe(plain(expired.body, old.userCode))
    expect(unknown.body).toContain('role="alert"')
    for (const code of ['CCCC-CCCC', 'DDDD-DDDD']) await browser.submit(page, { user_code: code })
    const device = await start(at)
    const late = await browser.submit(page, { user_code: device.userCode })
    expect([late.status, Number(late.headers.get('retry-after')) > 0]).toEqual([429, true])
    expect(late.body).toContain('Too many tries')
    // Another browser of the same person has the same count.
    const second = browserOf(at.server.app)
    const there = await second.submit(await opened(second), { user_code: device.userCode })
    expect(there.status).toBe(429)
    expect(await told(at, device)).toBe('authorization_pending')
  })

  test('SECURITY 202 and 203: what another site sends neither enters nor decides a code', async () => {
    const { at, browser } = await place(dialect)
    const device = await start(at)
    const page = await opened(browser)
    const attempts = [
      [{ csrf: '' }, {}],
      [{ csrf: 'x'.repeat(66) }, {}],
      [{}, { origin: 'https://evil.test' }],
      [{}, { origin: 'null' }],
    ] as const
    for (const [fields, headers] of attempts) {
      const refused = await browser.submit(page, { user_code: device.userCode, ...fields }, headers)
      expect(refused.status).toBe(403)
    }
    const text = await browser.submit(page, { user_code: device.userCode }, { 'content-type': 'text/plain' })
    expect(text.status).toBe(415)
    const confirm = await browser.submit(page, { user_code: device.userCode })
    expect(confirm.body).toContain('value="allow"')
    for (const [fields, headers] of attempts) {
      expect((await browser.submit(confirm, { decision: 'allow', ...fields }, headers)).status).toBe(403)
    }
    expect(await told(at, device)).toBe('authorization_pending')
  })
})

test('whoever is not logged in is sent to log in, and a form of theirs enters nothing', async () => {
  const { at, browser } = await place('sqlite')
  const device = await start(at)
  const page = await opened(browser)
  await at.store.endSessions(at.alice)
  const sent = await browser.submit(page, { user_code: device.userCode, decision: 'allow' })
  expect(sent.path).toBe('/login')
  const back = await browser.submit(sent, { username: 'alice', password })
  expect([back.path, fieldOf(back.body)]).toEqual(['/device', device.userCode])
  expect(await told(at, device)).toBe('authorization_pending')
})

test('SECURITY 104: an application that registered itself is marked', async () => {
  const at = await world('sqlite', { pages: defaultPages(), registration: { open: true } })
  const registered = await at.server.app.request(`${issuer}/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_name: 'Your Bank',
      grant_types: [deviceGrant],
      response_types: [],
      token_endpoint_auth_method: 'none',
    }),
  })
  const clientId = String((await bodyOf(registered))['client_id'])
  const { user_code: code } = await bodyOf(await at.post('/device_authorization', {}, clientId))
  const browser = browserOf(at.server.app)
  const confirm = await browser.submit(await opened(browser), { user_code: String(code) })
  expect(confirm.body).toContain('Your Bank')
  expect(confirm.body).toContain('Not verified')
})

test('SECURITY 258: whatever stands in the address of the page is text on it', async () => {
  const { browser } = await place('sqlite')
  await opened(browser)
  for (const hostile of [
    '"><script>alert(1)</script>',
    "' onfocus=alert(1) x='",
    '</input><h1>',
    '\0',
    '😀'.repeat(99),
  ]) {
    const page = await browser.open(`${issuer}/device?user_code=${encodeURIComponent(hostile)}`)
    expect(page.status).toBe(200)
    expect(page.body).not.toMatch(/<script|<\/input><h1/)
    expect(fieldOf(page.body)).not.toContain('"')
  }
})

test('SECURITY 38 and 254: each step is sent with the defences of every page', async () => {
  const { at, browser } = await place('sqlite')
  const device = await start(at)
  const enter = await opened(browser)
  const confirm = await browser.submit(enter, { user_code: device.userCode })
  const done = await browser.submit(confirm, { decision: 'allow' })
  for (const { headers, body } of [enter, confirm, done]) {
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    expect(body).not.toMatch(/<script|<style| style=| on[a-z]+=/i)
  }
})
