/** A password that somebody else has chosen, or may know: it opens nothing until its owner has changed it; over both databases. */

import { describe, expect, test } from 'vitest'
import { sqlAccountStore } from '../../src/store/sql/accounts.ts'
import { openDatabase } from '../../src/store/open.ts'
import { dialects } from '../setup/database.ts'
import type { Dialect } from '../setup/database.ts'
import { browserOf, requestUrl } from './browser-jar.ts'
import type { Arrived } from './browser-jar.ts'
import { linkIn, mailWorld, otherPassword, password } from './mail-world.ts'
import type { MailWorld } from './mail-world.ts'
import { codeOf, withApp } from './second-factor-person.ts'
import { basic, bodyOf, issuer, secrets, serverOptions, verifier } from './server-world.ts'

const given = 'handed over on paper'

async function place(dialect: Dialect): Promise<MailWorld> {
  const { clients } = serverOptions('')
  const own = {
    id: 'own',
    secret: secrets['web'] ?? '',
    firstParty: true,
    grantTypes: ['password'],
  } as const
  return mailWorld(dialect, { clients: [...clients, own] })
}

/** The account of somebody whose password was made by an administrator. */
async function newcomer(at: MailWorld): Promise<string> {
  const { id } = await at.accounts.create({ username: 'bob', password: given, mustChangePassword: true })
  return id
}

/** To the client, as far as it goes with this password. */
async function asFarAsItGoes(
  at: MailWorld,
  username: string,
  typed: string,
  browser = browserOf(at.server.app),
) {
  const login = await browser.open(requestUrl(at, 'web'))
  return { browser, page: await browser.submit(login, { username, password: typed }) }
}

const code = (page: Arrived): string => new URL(page.location ?? 'none:').searchParams.get('code') ?? ''

async function isNobody(at: MailWorld, subject: string): Promise<void> {
  expect(await at.store.listSessions(subject, at.clock.now)).toEqual([])
  expect(await at.store.listGrants({ subject, limit: 10, now: at.clock.now })).toEqual([])
}

describe.each(dialects)('%s', (dialect) => {
  test('SECURITY 219: a password is good for years, unless somebody says that others may know it', async () => {
    const at = await place(dialect)
    at.clock.now += 2 * 365 * 86_400_000
    const { page, browser } = await asFarAsItGoes(at, 'alice', password)
    expect(page.path).toBe('/consent')
    expect(code(await browser.submit(page, { decision: 'allow' }))).toMatch(/^gwc_/)
    const tokens = await at.tokens('web')
    await at.accounts.update(at.alice, { mustChangePassword: true })
    // What it had opened is closed: whoever knows it may be in already.
    expect((await at.refresh('web', tokens.refresh_token)).status).toBe(400)
    expect(new URL((await browser.open(`${issuer}/account`)).path, issuer).pathname).toBe('/login')
    expect((await asFarAsItGoes(at, 'alice', password)).page.path).toBe('/login/new-password')
    await isNobody(at, at.alice)
  })

  test('SECURITY 219: who was given a password chooses another one, goes on to where they wanted, and is not asked again', async () => {
    const at = await place(dialect)
    const bob = await newcomer(at)
    const { page, browser } = await asFarAsItGoes(at, 'bob', given)
    expect([page.status, page.path]).toEqual([200, '/login/new-password'])
    expect(page.body).toContain('chosen by somebody else')
    await isNobody(at, bob)
    const consent = await browser.submit(page, { password: otherPassword, repeat: otherPassword })
    expect(consent.path).toBe('/consent')
    const redeemed = await at.post(
      '/token',
      {
        grant_type: 'authorization_code',
        code: code(await browser.submit(consent, { decision: 'allow' })),
        code_verifier: verifier,
        redirect_uri: at.redirectUri('web'),
      },
      'web',
    )
    expect(redeemed.status).toBe(200)
    expect(await at.accounts.get(bob)).not.toHaveProperty('mustChangePassword')
    expect((await asFarAsItGoes(at, 'bob', given)).page.status).toBe(401)
    expect((await asFarAsItGoes(at, 'bob', otherPassword)).page.location).toContain('code=')
    expect(at.events.map(({ type }) => type)).toContain('account.password_changed')
  })

  test('SECURITY 219: nothing is granted for it in any other way, and no other page goes past it', async () => {
    const at = await place(dialect)
    const bob = await newcomer(at)
    const { page, browser } = await asFarAsItGoes(at, 'bob', given)
    const flow = /flow=([\w-]{22})/.exec(page.body)?.[1] ?? ''
    for (const path of ['/authorize/continue', '/consent', '/login/second-factor', '/account']) {
      const other = await browser.open(`${issuer}${path}?flow=${flow}`)
      expect([path, other.location, ['/login', '/login/second-factor'].includes(other.path)]).toEqual([
        path,
        undefined,
        true,
      ])
    }
    const form = { grant_type: 'password', username: 'bob', password: given }
    const headers = { authorization: basic('own', secrets['web'] ?? '') }
    const refused = await at.post('/token', form, undefined, headers)
    expect([refused.status, (await bodyOf(refused))['error']]).toEqual([400, 'invalid_grant'])
    await isNobody(at, bob)
    const right = { ...form, username: 'alice', password }
    expect((await at.post('/token', right, undefined, headers)).status).toBe(200)
  })

  test('SECURITY 219: the password there is, a weak one and two that differ are refused, and the page stays good', async () => {
    const at = await place(dialect)
    const bob = await newcomer(at)
    const { page, browser } = await asFarAsItGoes(at, 'bob', given)
    for (const [sent, words] of [
      [{ password: given, repeat: given }, 'has to be changed'],
      [{ password: 'short', repeat: 'short' }, 'characters or more'],
      [{ password: otherPassword, repeat: password }, 'are not the same'],
    ] as const) {
      const again = await browser.submit(page, sent)
      expect([again.status, again.path]).toEqual([422, '/login/new-password'])
      expect(again.body).toContain(words)
    }
    expect(await at.accounts.get(bob)).toHaveProperty('mustChangePassword', true)
    await isNobody(at, bob)
    const consent = await browser.submit(page, { password: otherPassword, repeat: otherPassword })
    expect(consent.path).toBe('/consent')
  })

  test('SECURITY 219: the page is for who has shown the password in this browser, a short while ago', async () => {
    const at = await place(dialect)
    const bob = await newcomer(at)
    const { page, browser } = await asFarAsItGoes(at, 'bob', given)
    const fields = { password: otherPassword, repeat: otherPassword }
    // Another browser has neither the flow nor the form.
    const stranger = browserOf(at.server.app)
    await stranger.open(`${issuer}/login`)
    expect((await stranger.submit(page, fields)).status).toBe(403)
    // Nobody has typed a password in this flow.
    const fresh = await browser.open(requestUrl(at, 'web'))
    const flow = /flow=([\w-]{22})/.exec(fresh.body)?.[1] ?? ''
    expect((await browser.open(`${issuer}/login/new-password?flow=${flow}`)).path).toBe('/login')
    at.clock.now += 601_000
    expect((await browser.submit(page, fields)).path).toBe('/login')
    expect(await at.accounts.get(bob)).toHaveProperty('mustChangePassword', true)
  })

  test('SECURITY 219: of two pages that set it one does, and a link that was used meanwhile closes both', async () => {
    const at = await place(dialect)
    const bob = await newcomer(at)
    const both = await Promise.all([1, 2].map(() => asFarAsItGoes(at, 'bob', given)))
    const words = ['one tired donkey sings', 'two tired donkeys sing']
    const pages = await Promise.all(
      both.map(({ browser, page }, index) =>
        browser.submit(page, { password: words[index] ?? '', repeat: words[index] ?? '' }),
      ),
    )
    expect(pages.map(({ status }) => status).toSorted()).toEqual([200, 410])
    const won = words[pages.findIndex(({ status }) => status === 200)] ?? ''
    expect((await asFarAsItGoes(at, 'bob', won)).page.path).toBe('/consent')

    await at.accounts.update(bob, { mustChangePassword: true, email: 'bob@example.com' })
    const late = await asFarAsItGoes(at, 'bob', won)
    await at.forgotten('bob@example.com')
    const link = linkIn(await at.mail(at.sent.length + 1))
    const reset = await at.browser.open(link)
    await at.browser.submit(reset, { password: otherPassword, repeat: otherPassword })
    expect(await at.accounts.get(bob)).not.toHaveProperty('mustChangePassword')
    const mine = await late.browser.submit(late.page, { password, repeat: password })
    expect(mine.path).toBe('/login')
    expect((await asFarAsItGoes(at, 'bob', otherPassword)).page.path).toBe('/consent')
  })

  test('SECURITY 219: with a second factor that comes first, and the password alone changes nothing', async () => {
    const at = await place(dialect)
    const { seed } = await withApp(at, browserOf(at.server.app))
    await at.accounts.update(at.alice, { mustChangePassword: true })
    const { page, browser } = await asFarAsItGoes(at, 'alice', password)
    expect(page.path).toBe('/login/second-factor')
    const flow = /flow=([\w-]{22})/.exec(page.body)?.[1] ?? ''
    expect((await browser.open(`${issuer}/login/new-password?flow=${flow}`)).path).toBe('/login')
    const choosing = await browser.submit(page, { code: codeOf(seed, at) }, {}, 'code')
    expect(choosing.path).toBe('/login/new-password')
    await isNobody(at, at.alice)
    const consent = await browser.submit(choosing, { password: otherPassword, repeat: otherPassword })
    expect(consent.path).toBe('/consent')
    const [session] = await at.store.listSessions(at.alice, at.clock.now)
    expect(session?.methods).toEqual(expect.arrayContaining(['pwd', 'otp', 'mfa']))
  })

  test('SECURITY 219: the store starts no session by a password that has to be changed', async () => {
    const at = await place(dialect)
    const bob = await newcomer(at)
    const now = at.clock.now
    const session = {
      id: 's',
      subject: bob,
      createdAt: now,
      authTime: now,
      idleUntil: now + 1e6,
      expiresAt: now + 1e6,
    }
    const start = (hash: string, methods: readonly string[]) =>
      at.store.startSession({ ...session, hash, id: hash, methods })
    expect(await start('a', ['pwd'])).toBe('gone')
    expect(await start('b', ['pwd', 'otp', 'mfa'])).toBe('gone')
    expect(await start('c', ['pop', 'user', 'mfa'])).toBe('started')
    await at.accounts.setPassword(bob, otherPassword)
    expect(await start('d', ['pwd'])).toBe('started')
  })

  test('SECURITY 219: of many who write the demanded password one does, in each of twenty rounds', async () => {
    const at = await place(dialect)
    const bob = await newcomer(at)
    await using database = await openDatabase({ url: at.url, connections: 4 })
    const store = await sqlAccountStore(database, 1)
    for (let round = 0; round < 20; round += 1) {
      await store.update(bob, { mustChangePassword: true })
      const hashes = [1, 2, 3, 4].map((index) => `${round}-${index}`)
      const done = await Promise.all(hashes.map((hash) => store.replaceDemandedPassword(bob, hash)))
      expect(done.filter(Boolean)).toHaveLength(1)
      expect((await store.get(bob))?.passwordHash).toBe(hashes[done.indexOf(true)])
    }
  })
})
