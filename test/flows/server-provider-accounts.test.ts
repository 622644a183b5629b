/** Whose account a provider opens, how it is linked and taken away, and the tokens that are kept of it; over both databases. */

import { readFileSync } from 'node:fs'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { authorizationServer } from '../../src/server/authorization-server.ts'
import type { AuthorizationServerOptions } from '../../src/server/options.ts'
import { openDatabase } from '../../src/store/open.ts'
import { dialects } from '../setup/database.ts'
import { browserOf } from './browser-jar.ts'
import type { JarBrowser } from './browser-jar.ts'
import { codeOf, withApp } from './second-factor-person.ts'
import { clientAt, isLoggedIn, password, providerWorld } from './provider-world.ts'
import type { ProviderWorld } from './provider-world.ts'
import { issuer, serverOptions } from './server-world.ts'
import { json } from './upstream.ts'

const email = 'alice@example.com'
const atWork = { sub: 'a-1', preferred_username: 'al', email, email_verified: true }
const policy = { providerAccounts: { linkByEmail: true } }
const trusted = { trustEmail: true }

/** Somebody who is logged in with a password, and links `work`. */
async function linkedWithWork(at: ProviderWorld, sub = 'a-1', browser: JarBrowser = at.browser) {
  await at.withPassword(browser)
  const sent = await at.press('link', 'work', browser)
  return browser.open(at.work.logIn(sent.location, { sub, preferred_username: 'al' }))
}

describe.each(dialects)('%s', (dialect) => {
  test('SECURITY 242: a verified address opens the account that has verified it, where that is the policy', async () => {
    const at = await providerWorld(dialect, policy, trusted)
    await at.accounts.update(at.alice, { email: 'Alice@example.com', emailVerified: true })
    const page = await at.logIn(atWork)
    expect([page.path, page.body.includes('Example Inc.')]).toEqual(['/account/providers', true])
    expect(await at.accounts.list()).toHaveLength(1)
    expect(at.events.filter(({ type }) => type === 'account.provider_linked')).toMatchObject([
      { subject: at.alice, details: { provider: 'work', by: 'email' } },
    ])
    // By now it is the identity that counts, whatever the address.
    await at.accounts.update(at.alice, { email: null })
    await at.logIn({ ...atWork, email: 'bob@example.com' }, browserOf(at.server.app))
    expect(await at.accounts.list()).toHaveLength(1)
  })

  test.each([
    ['the policy is off', {}, trusted, {}, true],
    ['the word of the provider does not count', policy, {}, {}, true],
    ['the provider has not verified it', policy, trusted, { email_verified: false }, true],
    ['the provider says so in a text', policy, trusted, { email_verified: 'true' }, true],
    ['the provider says so in a number', policy, trusted, { email_verified: 1 }, true],
    ['the provider says nothing of it', policy, trusted, { email_verified: undefined }, true],
    ['the account has not verified it', policy, trusted, {}, false],
  ] as const)(
    'SECURITY 242: no account is opened by an address when %s',
    async (_, options, trust, claims, isVerified) => {
      const at = await providerWorld(dialect, options, trust)
      await at.accounts.update(at.alice, { email, emailVerified: isVerified })
      const page = await at.logIn({ ...atWork, ...claims })
      expect(await at.providers.list(at.alice)).toEqual([])
      if ('providerAccounts' in options || page.path !== '/login') {
        // A stranger to alice's account: an account of their own, or none.
        for (const { id, emailVerified } of await at.accounts.list()) {
          if (id !== at.alice) expect([id === at.alice, emailVerified && isVerified]).toEqual([false, false])
        }
      }
      // Alice's own account opens with her password as before.
      expect((await at.withPassword(browserOf(at.server.app))).body).toContain('linked with no other service')
    },
  )

  test('SECURITY 242: where the policy is off the owner of the account is told to log in to it first', async () => {
    const at = await providerWorld(dialect, {}, trusted)
    await at.accounts.update(at.alice, { email, emailVerified: true })
    const page = await at.logIn(atWork)
    expect([page.path, page.body.includes('There is an account with this e-mail address already')]).toEqual([
      '/login',
      true,
    ])
    expect(await isLoggedIn(at.browser)).toBe(false)
    expect(await at.accounts.list()).toHaveLength(1)
    // With the proof of both sides it goes.
    await linkedWithWork(at)
    expect(await at.providers.list(at.alice)).toMatchObject([{ provider: 'work', label: 'al' }])
    expect((await at.logIn(atWork, browserOf(at.server.app))).path).toBe('/account/providers')
    expect(await at.accounts.list()).toHaveLength(1)
  })

  test('SECURITY 243: pre-hijacking: an account that waits with the address of somebody stays without its owner', async () => {
    const at = await providerWorld(dialect, policy, trusted)
    // Mallory has an account with the address of alice as its name and as its address, neither of which she has shown.
    const { id } = await at.accounts.create({ username: email, email, password })
    const mallory = browserOf(at.server.app)
    expect((await at.withPassword(mallory, email)).path).toBe('/account/providers')
    const before = (await at.accounts.list()).length
    expect((await at.logIn(atWork)).path).toBe('/account/providers')
    expect(await at.accounts.list()).toHaveLength(before + 1)
    const [own] = await at.accounts.findByEmail(email)
    expect(own).toMatchObject({ username: 'work:al', email, emailVerified: true })
    expect(own?.id).not.toBe(id)
    expect(await at.providers.list(id)).toEqual([])
    // Her session and her password open her account, and nothing of the other.
    expect((await mallory.open(`${issuer}/account`)).body).toContain(email)
    expect((await at.withPassword(browserOf(at.server.app), 'work:al')).status).toBe(401)
  })

  test('an account that a provider has made has its address verified, and no password that could be guessed', async () => {
    const at = await providerWorld(dialect, {}, trusted)
    await at.logIn(atWork)
    const [own] = await at.accounts.findByEmail(email)
    expect(own).toMatchObject({ username: email, emailVerified: true, scopes: [] })
    for (const typed of ['!', '', ' ', 'undefined']) {
      await expect(at.accounts.authenticate({ username: email, password: typed })).rejects.toThrow()
    }
  })

  test('of many first logins of one person at once, one makes an account, and all of them are in it', async () => {
    const at = await providerWorld(dialect, {}, trusted)
    const browsers = Array.from({ length: 6 }, () => browserOf(at.server.app))
    const callbacks = await Promise.all(
      browsers.map(async (browser) => at.work.logIn((await at.button('work', browser)).location, atWork)),
    )
    const pages = await Promise.all(browsers.map((browser, index) => browser.open(callbacks[index] ?? '')))
    expect(pages.map(({ path }) => path)).toEqual(browsers.map(() => '/account/providers'))
    expect(await at.accounts.list()).toHaveLength(2)
  })

  test('SECURITY 244: a provider is linked by who is logged in, in that session and that browser', async () => {
    const at = await providerWorld(dialect)
    await at.withPassword()
    const { location } = await at.press('link', 'work')
    const callback = at.work.logIn(location, { sub: 'a-1' })
    // Mallory has caught the address: in her browser it is worth nothing, logged in or not.
    const mallory = browserOf(at.server.app)
    expect((await mallory.open(callback)).status).toBe(410)
    await at.accounts.create({ username: 'mallory', password })
    await at.withPassword(mallory, 'mallory')
    expect((await mallory.open(callback)).status).toBe(410)
    expect((await at.browser.open(callback)).body).toContain('From now on it logs you in here')
    expect(await at.providers.list(at.alice)).toHaveLength(1)
  })

  test('SECURITY 244: once another person is logged in, or nobody, the link is not made', async () => {
    const at = await providerWorld(dialect)
    await at.withPassword()
    const { location } = await at.press('link', 'work')
    await at.accounts.create({ username: 'bob', password })
    const { id: bob } = (await at.accounts.find('bob')) ?? { id: '' }
    // Somebody else logs in at the same browser meanwhile.
    await at.withPassword(at.browser, 'bob')
    expect((await at.browser.open(at.work.logIn(location, { sub: 'a-1' }))).status).toBe(410)
    const next = await at.press('link', 'work')
    const logout = await at.browser.open(`${issuer}/logout`)
    await at.browser.submit(logout, {})
    expect((await at.browser.open(at.work.logIn(next.location, { sub: 'a-1' }))).status).toBe(410)
    expect([await at.providers.list(at.alice), await at.providers.list(bob)]).toEqual([[], []])
  })

  test('SECURITY 244: a login that is older than 15 minutes is asked for again before anything is linked or taken away', async () => {
    const at = await providerWorld(dialect)
    await linkedWithWork(at)
    const [link] = await at.providers.list(at.alice)
    const page = await at.browser.open(`${issuer}/account/providers`)
    at.clock.now += 901_000
    for (const [name, value] of Object.entries({ link: 'other', unlink: link?.id ?? '' })) {
      const answer = await at.browser.submit(page, { [name]: value })
      expect([answer.path, answer.location]).toEqual(['/login', undefined])
    }
    expect(await at.providers.list(at.alice)).toHaveLength(1)
    expect(at.other.requests).toEqual([])
    // A form of nobody's page does nothing either.
    await at.withPassword()
    expect((await at.browser.submit(page, { link: 'other', csrf: 'x' })).status).toBe(403)
    expect((await at.browser.submit(page, { link: 'other' }, { origin: 'https://evil.test' })).status).toBe(
      403,
    )
    expect(await at.providers.list(at.alice)).toHaveLength(1)
  })

  test('SECURITY 245: an identity that is linked to one account is not moved to another', async () => {
    const at = await providerWorld(dialect)
    await linkedWithWork(at)
    await at.accounts.create({ username: 'bob', password })
    const bob = browserOf(at.server.app)
    await at.withPassword(bob, 'bob')
    const sent = await at.press('link', 'work', bob)
    const page = await bob.open(at.work.logIn(sent.location, { sub: 'a-1' }))
    expect([page.status, page.body.includes('is linked with another account here')]).toEqual([409, true])
    expect(await at.providers.list(at.alice)).toHaveLength(1)
    expect(await at.providers.list((await at.accounts.find('bob'))?.id ?? '')).toEqual([])
    // Linking one's own once more changes nothing.
    await linkedWithWork(at)
    expect(await at.providers.list(at.alice)).toHaveLength(1)
  })

  test('SECURITY 245: the last way in cannot be taken away; with a password, or another provider, it can', async () => {
    const at = await providerWorld(dialect)
    await at.logIn({ sub: 'n-1', preferred_username: 'new' })
    const { id = '' } = (await at.accounts.find('work:new')) ?? {}
    const [link] = await at.providers.list(id)
    const kept = await at.press('unlink', link?.id ?? '')
    expect([
      kept.status,
      kept.body.includes('would have no password, no passkey and no other service'),
    ]).toEqual([409, true])
    expect(await at.providers.list(id)).toHaveLength(1)
    // Another provider is a way as well.
    const sent = await at.press('link', 'other')
    await at.browser.open(at.other.logIn(sent.location, { sub: 'o-1' }))
    expect((await at.press('unlink', link?.id ?? '')).body).toContain('It does not log you in here any more')
    expect(await at.providers.list(id)).toMatchObject([{ provider: 'other' }])
    expect(at.events.at(-1)).toMatchObject({ type: 'account.provider_unlinked', subject: id })
    const [other] = await at.providers.list(id)
    expect((await at.press('unlink', other?.id ?? '')).status).toBe(409)
    // And so is a password, which is set without one that there never was.
    const form = await at.browser.open(`${issuer}/account/password`)
    expect(form.body).not.toContain('Current password')
    const chosen = 'four tired donkeys sing'
    expect((await at.browser.submit(form, { new_password: chosen, repeated: chosen })).body).toContain(
      'Your password was changed',
    )
    expect((await at.press('unlink', other?.id ?? '')).status).toBe(200)
    expect(await at.providers.list(id)).toEqual([])
    await at.accounts.authenticate({ username: 'work:new', password: chosen })
  })

  test('SECURITY 245: of two that are taken away at once, one stays', async () => {
    const at = await providerWorld(dialect)
    await at.logIn({ sub: 'n-1', preferred_username: 'new' })
    const sent = await at.press('link', 'other')
    await at.browser.open(at.other.logIn(sent.location, { sub: 'o-1' }))
    const { id = '' } = (await at.accounts.find('work:new')) ?? {}
    const links = await at.providers.list(id)
    expect(links).toHaveLength(2)
    const page = await at.browser.open(`${issuer}/account/providers`)
    const answers = await Promise.all(links.map((link) => at.browser.submit(page, { unlink: link.id })))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409])
    expect(await at.providers.list(id)).toHaveLength(1)
  })

  test('SECURITY 245: a provider that is not offered any more is no way in', async () => {
    const at = await providerWorld(dialect)
    await at.logIn({ sub: 'n-1', preferred_username: 'new' })
    const sent = await at.press('link', 'other')
    await at.browser.open(at.other.logIn(sent.location, { sub: 'o-1' }))
    const { id = '' } = (await at.accounts.find('work:new')) ?? {}
    const later = authorizationServer(
      serverOptions(at.url, {
        ...at.options,
        providers: [clientAt(at.work, 'work')],
      }) as AuthorizationServerOptions,
    )
    const page = browserOf(later.app)
    for (const [name, value] of [
      ['__Host-gatewright-session', at.browser.cookie('__Host-gatewright-session')],
      ['__Host-gatewright-browser', at.browser.cookie('__Host-gatewright-browser')],
    ] as const)
      page.plant(name, value ?? '')
    const [work] = (await at.providers.list(id)).filter(({ provider }) => provider === 'work')
    const answer = await page.submit(await page.open(`${issuer}/account/providers`), {
      unlink: work?.id ?? '',
    })
    expect(answer.status).toBe(409)
    expect(await at.providers.list(id)).toHaveLength(2)
    await later.close()
  })

  test('nobody takes away what is linked to somebody else', async () => {
    const at = await providerWorld(dialect)
    await linkedWithWork(at)
    const [link] = await at.providers.list(at.alice)
    await at.accounts.create({ username: 'bob', password })
    const bob = browserOf(at.server.app)
    await at.withPassword(bob, 'bob')
    await at.press('unlink', link?.id ?? '', bob)
    expect(await at.providers.list(at.alice)).toHaveLength(1)
  })

  test('SECURITY 206: a provider is one factor: whoever has a second one is asked for it, and is nobody until then', async () => {
    const at = await providerWorld(dialect)
    const { seed } = await withApp(at, at.browser)
    await linkedWithWork(at)
    const again = browserOf(at.server.app)
    const asked = await at.logIn({ sub: 'a-1' }, again)
    expect(asked.path).toBe('/login/second-factor')
    expect(again.cookie('__Host-gatewright-session')).toBeUndefined()
    expect(await isLoggedIn(again)).toBe(false)
    const wrong = await again.submit(asked, { code: '000000' })
    expect(wrong.path).toBe('/login/second-factor')
    at.clock.now += 30_000
    const done = await again.submit(wrong, { code: codeOf(seed, at) })
    expect(done.path).toBe('/account/providers')
  })

  test('SECURITY 208: whoever has no password changes the address by a recent login', async () => {
    const at = await providerWorld(dialect, {
      mail: { from: 'a@auth.test', send: async () => undefined },
    })
    await at.logIn({ sub: 'n-1', preferred_username: 'new' })
    const page = await at.browser.open(`${issuer}/account/email`)
    expect(page.body).not.toContain('type="password"')
    at.clock.now += 901_000
    const late = await at.browser.submit(page, { email: 'new@example.com' })
    expect(late.path).toBe('/login')
    await at.withPassword()
    expect((await at.browser.open(`${issuer}/account/email`)).body).toContain('type="password"')
  })

  test('SECURITY 271: with an account go its links, and the next login there is somebody new', async () => {
    const at = await providerWorld(dialect)
    await at.logIn({ sub: 'n-1', preferred_username: 'new' })
    const { id = '' } = (await at.accounts.find('work:new')) ?? {}
    await at.accounts.remove(id)
    expect(await at.providers.list(id)).toEqual([])
    await at.logIn({ sub: 'n-1', preferred_username: 'new' })
    expect((await at.accounts.find('work:new'))?.id).not.toBe(id)
  })

  test('SECURITY R27: what one node began another ends, once', async () => {
    const at = await providerWorld(dialect)
    const node = authorizationServer(
      serverOptions(at.url, {
        ...at.options,
        providers: [clientAt(at.work, 'work')],
      }) as AuthorizationServerOptions,
    )
    const callback = at.work.logIn((await at.button('work')).location, { sub: 'n-1' })
    const ask = (app: typeof node.app) => app.request(callback, { headers: { cookie: at.browser.header() } })
    const answers = await Promise.all([ask(node.app), ask(at.server.app), ask(node.app), ask(at.server.app)])
    expect(answers.map(({ status }) => status).toSorted()).toEqual([303, 410, 410, 410])
    expect(at.work.tokenRequests).toHaveLength(1)
    await node.close()
  })

  test('SECURITY 250 and 267: tokens that are kept are encrypted, given out to the server, and renewed when they end', async () => {
    const at = await providerWorld(dialect, {}, { keepTokens: true })
    at.work.does = { expiresIn: 600 }
    await linkedWithWork(at)
    const first = await at.providers.accessToken(at.alice, 'work')
    expect(first).toMatch(/^upstream-access-\d+$/)
    expect(await at.providers.accessToken(at.alice, 'work')).toBe(first)
    expect(await at.providers.accessToken(at.alice, 'other')).toBeUndefined()
    at.clock.now += 545_000
    // Many at once renew it once: the refresh token there is good for one use.
    const renewed = await Promise.all(
      Array.from({ length: 5 }, () => at.providers.accessToken(at.alice, 'work')),
    )
    expect(new Set(renewed).size).toBe(1)
    expect(renewed[0]).not.toBe(first)
    expect(at.work.tokenRequests.filter((form) => form.get('grant_type') === 'refresh_token')).toHaveLength(1)
    at.clock.now += 545_000
    expect(await at.providers.accessToken(at.alice, 'work')).not.toBe(renewed[0])
    const database = await openDatabase(at.url)
    const rows = await sql<object>`select * from gatewright_identities`.execute(database.kysely)
    await database.close()
    expect(rows.rows).toHaveLength(1)
    expect(JSON.stringify(rows.rows)).not.toMatch(/upstream-/)
    if (dialect === 'sqlite') {
      const file = at.url.replace(/^file:/, '')
      for (const end of ['', '-wal'])
        expect(readFileSync(file + end, 'latin1')).not.toMatch(/upstream-(access|refresh)/)
    }
    // What the provider does not renew any more is gone; what it cannot answer just now is an error.
    at.work.does = { answer: { token: (response) => json(response, {}, 503) } }
    at.clock.now += 4_000_000
    await expect(at.providers.accessToken(at.alice, 'work')).rejects.toThrow('work')
    at.work.does = { answer: { token: (response) => json(response, { error: 'invalid_grant' }, 400) } }
    expect(await at.providers.accessToken(at.alice, 'work')).toBeUndefined()
  })

  test('SECURITY 250: another node that has renewed a token is not taken for a theft', async () => {
    const at = await providerWorld(dialect, {}, { keepTokens: true })
    at.work.does = { expiresIn: 600 }
    await linkedWithWork(at)
    const node = authorizationServer(
      serverOptions(at.url, {
        ...at.options,
        providers: [clientAt(at.work, 'work', { keepTokens: true })],
      }) as AuthorizationServerOptions,
    )
    const open = await node.open()
    at.clock.now += 545_000
    const tokens = await Promise.all([
      open.providers.accessToken(at.alice, 'work'),
      at.providers.accessToken(at.alice, 'work'),
    ])
    expect(tokens.filter((token) => token !== undefined).length).toBeGreaterThan(0)
    const last = await open.providers.accessToken(at.alice, 'work')
    expect(await at.providers.accessToken(at.alice, 'work')).toBe(last)
    expect(last).toBeDefined()
    await node.close()
  })

  test('SECURITY 213 and 273: a browser has thirty attempts at once, and those that are too old go away', async () => {
    const at = await providerWorld(dialect, { rateLimits: { providers: { points: 100, seconds: 60 } } })
    const locations = []
    for (let turn = 0; turn < 31; turn += 1) locations.push((await at.button('work')).location)
    const database = await openDatabase(at.url)
    const attempts = async () =>
      (await sql`select hash from gatewright_login_attempts`.execute(database.kysely)).rows.length
    expect(await attempts()).toBe(30)
    expect((await at.browser.open(at.work.logIn(locations[0], { sub: 'n-1' }))).status).toBe(410)
    expect((await at.browser.open(at.work.logIn(locations[1], { sub: 'n-1' }))).path).toBe(
      '/account/providers',
    )
    expect(at.browser.header().length).toBeLessThan(4096)
    at.clock.now += 600_000
    for (let turn = 0; turn < 20 && (await at.store.purge(at.clock.now)) > 0; turn += 1);
    expect(await attempts()).toBe(0)
    await database.close()
  })
})
