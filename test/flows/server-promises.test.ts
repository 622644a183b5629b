/** What the authorization server promises about codes, pages and sessions, one promise after another; over both databases. */

import { describe, expect, test } from 'vitest'
import { opaqueToken } from '../../src/crypto/opaque-token.ts'
import { sha256Base64url } from '../../src/crypto/hash.ts'
import { defaultPages } from '../../src/pages/default-pages.ts'
import { dialects } from '../setup/database.ts'
import type { Dialect } from '../setup/database.ts'
import { browserOf, requestUrl } from './browser-jar.ts'
import type { Arrived, JarBrowser } from './browser-jar.ts'
import { basic, bodyOf, issuer, secrets, serverOptions, verifier, world } from './server-world.ts'
import type { World } from './server-world.ts'

const password = 'correct horse battery'
const native = 'http://127.0.0.1/cb'

async function person(dialect: Dialect, more: Parameters<typeof world>[1] = {}) {
  const { clients } = serverOptions('')
  const at = await world(dialect, {
    pages: defaultPages(),
    clients: [
      ...clients,
      {
        id: 'native',
        tokenEndpointAuthMethod: 'none',
        applicationType: 'native',
        redirectUris: [native, 'com.example.app:/cb'],
      },
    ],
    ...more,
  })
  return { at, browser: browserOf(at.server.app) }
}

/** Whatever pages there are, on to the client. */
async function through(browser: JarBrowser, url: string): Promise<URL> {
  let page = await browser.open(url)
  if (page.path === '/login') page = await browser.submit(page, { username: 'alice', password })
  if (page.path === '/consent') page = await browser.submit(page, { decision: 'allow' })
  return new URL(page.location ?? `none:${page.status}`)
}

function redeem(at: World, code: string): Promise<Response> {
  const form = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: at.redirectUri('web'),
    code_verifier: verifier,
  }
  return at.post('/token', form, 'web')
}

describe.each(dialects)('%s', (dialect) => {
  test('SECURITY 15, 18: nothing of the challenge is in the answer, and parameters that nobody knows change nothing', async () => {
    const { at, browser } = await person(dialect)
    const answer = await through(browser, requestUrl(at, 'web', { foo: 'bar', state: 's', 'x[y]': '<z>' }))
    const challenge = sha256Base64url(verifier)
    const code = answer.searchParams.get('code') ?? ''
    const decoded = Buffer.from(code.slice(4), 'base64url').toString('latin1')
    expect(answer.href).not.toContain(challenge)
    expect(answer.href).not.toContain('foo')
    expect(decoded).not.toContain(challenge)
    expect([...answer.searchParams.keys()].toSorted()).toEqual(['code', 'iss', 'state'])
    expect((await redeem(at, code)).status).toBe(200)
  })

  test('SECURITY 24: after every form of the way comes a 303, which sends no credentials on', async () => {
    const { at } = await person(dialect)
    const statuses: number[] = []
    const watching = browserOf({
      request: async (input, init) => {
        const answer = await at.server.app.request(input, init)
        if (init?.method === 'POST') statuses.push(answer.status)
        return answer
      },
    })
    await through(watching, requestUrl(at, 'web'))
    expect(statuses).toEqual([303, 303])
  })

  test('SECURITY 26: of a program on a computer nobody knows which it is, so its person is asked each time', async () => {
    const { at, browser } = await person(dialect)
    for (const redirect of ['http://127.0.0.1:5000/cb', 'com.example.app:/cb']) {
      const url = requestUrl(at, 'native', { redirect_uri: redirect })
      const first = await through(browser, url)
      expect(first.searchParams.get('code')).toMatch(/^gwc_/)
      const again = await browser.open(url)
      expect([again.status, again.path]).toEqual([200, '/consent'])
      const silent = new URL((await browser.open(`${url}&prompt=none`)).location ?? '')
      expect(silent.searchParams.get('error')).toBe('consent_required')
    }
    // One whose address is its own is not asked about again.
    await through(browser, requestUrl(at, 'web'))
    expect((await browser.open(requestUrl(at, 'web'))).location).toContain('code=')
  })

  test('SECURITY 29: a request by POST is the same as one by GET', async () => {
    const { at, browser } = await person(dialect)
    const sent = new URL(requestUrl(at, 'web', { state: 'posted' })).searchParams.toString()
    const type = 'application/x-www-form-urlencoded'
    const post = (headers: Readonly<Record<string, string>>): Promise<Response> =>
      Promise.resolve(
        at.server.app.request(`${issuer}/authorize`, {
          method: 'POST',
          headers: { 'content-type': type, ...headers },
          body: sent,
        }),
      )
    const anonymous = await post({})
    expect(anonymous.status).toBe(303)
    expect(new URL(anonymous.headers.get('location') ?? '', issuer).pathname).toBe('/login')
    await through(browser, requestUrl(at, 'web'))
    // From another site, as clients are: whoever is logged in here stays so only for GET, or is asked again.
    const known = await post({ cookie: browser.header(), origin: 'https://web.test' })
    expect(known.status).toBe(303)
    const target = new URL(known.headers.get('location') ?? '', issuer)
    expect(target.searchParams.get('state') ?? target.pathname).toMatch(
      /^(posted|\/login|\/authorize\/continue)$/,
    )
  })

  test('SECURITY 30: a code is good for a minute', async () => {
    const { at, browser } = await person(dialect)
    const url = requestUrl(at, 'web')
    const early = (await through(browser, url)).searchParams.get('code') ?? ''
    at.clock.now += 59_000
    expect((await redeem(at, early)).status).toBe(200)
    const late = (await through(browser, url)).searchParams.get('code') ?? ''
    at.clock.now += 61_000
    const refused = await redeem(at, late)
    expect([refused.status, (await bodyOf(refused))['error']]).toEqual([400, 'invalid_grant'])
    const grants = await at.store.listGrants({ subject: at.alice, limit: 10, now: at.clock.now })
    expect(grants).toHaveLength(1)
  })

  test('SECURITY 40: what is asked for is in the server: no field of a page can change it', async () => {
    const { at, browser } = await person(dialect)
    const login = await browser.open(requestUrl(at, 'web', { scope: 'read', state: 'mine' }))
    const more = {
      scope: 'read write admin',
      redirect_uri: 'https://evil.test/',
      client_id: 'web2',
      state: 'yours',
      code_challenge: 'x'.repeat(43),
    }
    const consent = await browser.submit(login, { username: 'alice', password, ...more })
    const answer = new URL((await browser.submit(consent, { decision: 'allow', ...more })).location ?? '')
    expect([answer.origin, answer.searchParams.get('state')]).toEqual(['https://web.test', 'mine'])
    const tokens = await bodyOf(await redeem(at, answer.searchParams.get('code') ?? ''))
    expect(tokens['scope']).toBe('read')
  })

  test('SECURITY 40: a hidden field that was changed leads nowhere, and the flow is as good as before', async () => {
    const { at, browser } = await person(dialect)
    const login = await browser.open(requestUrl(at, 'web'))
    const hidden = [
      ...login.body.matchAll(/<input[^>]*type="hidden"[^>]*name="([^"]*)"|name="([^"]*)"[^>]*type="hidden"/g),
    ]
    const names = hidden.map(([, first, second]) => first ?? second ?? '')
    expect(names.length).toBeGreaterThan(0)
    for (const name of names) {
      const answer = await browser.submit(login, { username: 'alice', password, [name]: 'A'.repeat(43) })
      expect(answer.status, name).toBeGreaterThanOrEqual(400)
      expect(answer.status, name).toBeLessThan(500)
      expect(answer.location).toBeUndefined()
    }
    expect(await at.store.listSessions(at.alice, at.clock.now)).toEqual([])
    const consent = await browser.submit(login, { username: 'alice', password })
    expect((await browser.submit(consent, { decision: 'allow' })).location).toContain('code=')
  })

  test('SECURITY 80: an ID token that is refreshed is about the same login, and has no nonce', async () => {
    const { at, browser } = await person(dialect)
    const url = requestUrl(at, 'web', {
      scope: 'openid read offline_access',
      nonce: 'n-1',
      max_age: '600',
      prompt: 'consent',
    })
    const code = (await through(browser, url)).searchParams.get('code') ?? ''
    const first = await bodyOf(await redeem(at, code))
    at.clock.now += 120_000
    const second = await bodyOf(await at.refresh('web', String(first['refresh_token'])))
    const [before, after] = [claimsOf(first['id_token']), claimsOf(second['id_token'])]
    for (const name of ['iss', 'sub', 'aud', 'auth_time', 'acr', 'amr'])
      expect(after[name], name).toEqual(before[name])
    expect(before['auth_time']).toEqual(expect.any(Number))
    expect(before['nonce']).toBe('n-1')
    expect(after).not.toHaveProperty('nonce')
    expect(Number(after['iat']) - Number(before['iat'])).toBe(120)
  })

  test('SECURITY 81: people see what they granted, take it back, and the next refresh is refused', async () => {
    const { at, browser } = await person(dialect)
    const code = (await through(browser, requestUrl(at, 'web'))).searchParams.get('code') ?? ''
    const tokens = await bodyOf(await redeem(at, code))
    const page = await browser.open(`${issuer}/account/applications`)
    expect(page.body).toContain('web')
    await browser.submit(page, { client: 'web' }, {}, 'client')
    const refused = await at.refresh('web', String(tokens['refresh_token']))
    expect([refused.status, (await bodyOf(refused))['error']]).toEqual([400, 'invalid_grant'])
    expect(await at.store.listGrants({ subject: at.alice, limit: 10, now: at.clock.now })).toEqual([])
  })

  test('SECURITY 196: a session is 256 random bits; with one character changed nobody is logged in', async () => {
    const { at, browser } = await person(dialect)
    await through(browser, requestUrl(at, 'web'))
    const cookie = browser.cookie('__Host-gatewright-session') ?? ''
    expect(cookie).toMatch(/^[\w-]{43,}$/)
    const isIn = async (value: string): Promise<boolean> => {
      const headers = { cookie: `__Host-gatewright-session=${value}` }
      return (await at.server.app.request(`${issuer}/account`, { headers })).status === 200
    }
    expect(await isIn(cookie)).toBe(true)
    for (const place of [0, 20, cookie.length - 2]) {
      const other = cookie[place] === 'A' ? 'B' : 'A'
      expect(await isIn(cookie.slice(0, place) + other + cookie.slice(place + 1)), `${place}`).toBe(false)
    }
    expect(await isIn(cookie)).toBe(true)
  })

  test('SECURITY 210: a new server has nobody in it, and no name and password of others open it', async () => {
    const { at } = await person(dialect)
    expect((await at.accounts.list()).map(({ username }) => username)).toEqual(['alice'])
    for (const name of ['admin', 'root', 'administrator', 'gatewright', 'test', 'demo', 'user']) {
      for (const word of [name, 'admin', 'password', 'gatewright', '']) {
        await expect(at.accounts.authenticate({ username: name, password: word })).rejects.toThrow()
      }
    }
  })

  test('SECURITY 211: headers that name somebody log nobody in', async () => {
    const { at, browser } = await person(dialect)
    await through(browser, requestUrl(at, 'web'))
    for (const name of [
      'x-forwarded-user',
      'x_forwarded_user',
      'remote-user',
      'x-remote-user',
      'x-user',
      'x-auth-request-user',
      'x-forwarded-email',
      'x-original-user',
    ]) {
      const headers = { [name]: 'alice' }
      const account = await at.server.app.request(`${issuer}/account`, { headers })
      expect([account.status, new URL(account.headers.get('location') ?? '', issuer).pathname], name).toEqual(
        [303, '/login'],
      )
      const token = await at.server.app.request(`${issuer}/token`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
        body: 'grant_type=client_credentials&client_id=machine',
      })
      expect(token.status, name).toBe(401)
    }
  })

  test('SECURITY 296: nothing about a person or a token may be kept on the way', async () => {
    const { at, browser } = await person(dialect)
    const kept: string[] = []
    const noted = (page: Arrived): Arrived => {
      if (page.location === undefined && page.headers.get('cache-control') !== 'no-store')
        kept.push(page.path)
      return page
    }
    const login = noted(await browser.open(requestUrl(at, 'web')))
    const consent = noted(await browser.submit(login, { username: 'alice', password }))
    await browser.submit(consent, { decision: 'allow' })
    for (const path of [
      '/account',
      '/account/profile',
      '/account/password',
      '/account/sessions',
      '/account/applications',
      '/account/security',
      '/device',
      '/logout',
    ]) {
      noted(await browser.open(issuer + path))
    }
    expect(kept).toEqual([])
    const tokens = await at.post('/token', { grant_type: 'client_credentials' }, 'machine')
    expect(tokens.headers.get('cache-control')).toBe('no-store')
    const headers = {
      authorization: basic('api-a', secrets['api-a'] ?? ''),
      'content-type': 'application/x-www-form-urlencoded',
    }
    const told = await at.server.app.request(`${issuer}/introspect`, {
      method: 'POST',
      headers,
      body: 'token=x',
    })
    expect(told.headers.get('cache-control')).toBe('no-store')
    // A name that looks like a style sheet gets a shared cache to keep a page (web cache deception).
    for (const path of ['/account/x.css', '/account/profile/x.js', '/account;x.css', '/account%2Fx.css']) {
      const answer = await at.server.app.request(issuer + path, { headers: { cookie: browser.header() } })
      expect(answer.status, path).toBe(404)
    }
  })
})

test('SECURITY 31: codes are 256 random bits behind a fixed tag, and never the same', () => {
  const made = Array.from({ length: 20_000 }, () => opaqueToken('code').value)
  expect(new Set(made).size).toBe(20_000)
  for (const each of made) expect(each).toMatch(/^gwc_[\w-]{43}$/)
  const starts = new Set(made.map((each) => each.slice(4, 8)))
  // 64⁴ beginnings: with 20,000 draws a few meet by chance, and a counter or a clock would leave far fewer.
  expect(starts.size).toBeGreaterThan(19_900)
})

test('SECURITY 261: no page and no script of the server speaks to other windows', async () => {
  const { at, browser } = await person('sqlite')
  const login = await browser.open(requestUrl(at, 'web', { response_mode: 'form_post' }))
  const consent = await browser.submit(login, { username: 'alice', password })
  const post = await browser.submit(consent, { decision: 'allow' })
  const scripts: string[] = []
  for (const { body } of [login, consent, post]) {
    expect(body).not.toMatch(/postMessage|window\.opener/)
    scripts.push(...[...body.matchAll(/src="([^"]+\.js)"/g)].map(([, source]) => source ?? ''))
  }
  expect(scripts.length).toBeGreaterThan(0)
  for (const source of new Set(scripts)) {
    const text = await (await at.server.app.request(new URL(source, issuer).href)).text()
    expect(text, source).not.toMatch(/postMessage|opener|addEventListener\(['"]message/)
  }
})

test('SECURITY 264: what nobody foresaw is told to the operator, and to the browser nothing of it', async () => {
  const said: unknown[] = []
  const set = defaultPages()
  const secret = 'password=hunter2 in /srv/app.ts:1'
  const login = (): never => {
    throw new Error(secret)
  }
  const { at, browser } = await person('sqlite', {
    pages: { ...set, pages: { ...set.pages, login } },
    report: (error: unknown) => said.push(error),
  })
  const page = await browser.open(requestUrl(at, 'web', { state: 'a-state-of-the-client' }))
  expect(page.status).toBe(500)
  for (const word of [secret, 'hunter2', '.ts:', 'a-state-of-the-client', 'node:internal']) {
    expect(page.body).not.toContain(word)
  }
  const [error] = said as Error[]
  expect([said.length, (error?.cause as Error | undefined)?.message]).toEqual([1, secret])
  // The number on the page is the one in the log.
  const [number = 'none'] = /[\da-f]{8}-[\da-f-]{27}/.exec(error?.message ?? '') ?? []
  expect(page.body).toContain(number)
  expect((await at.post('/token', { grant_type: 'client_credentials' }, 'machine')).status).toBe(200)
})

function claimsOf(jwt: unknown): Record<string, unknown> {
  const [, payload = ''] = String(jwt).split('.')
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
}
