/** Requests that ask for more than a session has (`acr_values`), and a server that asks it of everybody. */

import { describe, expect, test } from 'vitest'
import { sha256Base64url } from '../../src/crypto/hash.ts'
import { randomToken } from '../../src/crypto/random.ts'
import { dialects } from '../setup/database.ts'
import { browserOf, requestUrl } from './browser-jar.ts'
import type { Arrived, JarBrowser } from './browser-jar.ts'
import {
  codeOf,
  halfMinute,
  logIn,
  password,
  person,
  sessionCookie,
  setUpApp,
  withApp,
} from './second-factor-person.ts'
import { issuer } from './server-world.ts'
import type { World } from './server-world.ts'

const twoFactors = { acr_values: 'urn:gatewright:acr:2fa' }

function errorOf({ location }: Arrived): string | null {
  return new URL(location ?? issuer).searchParams.get('error')
}

/** A session of one factor for a person who has two, however it came to be. */
async function withHalfSession(at: World, browser: JarBrowser, authTime = at.clock.now) {
  const cookie = randomToken(32)
  await at.store.startSession({
    hash: sha256Base64url(cookie),
    id: `half ${cookie}`,
    subject: at.alice,
    createdAt: authTime,
    authTime,
    methods: ['pwd'],
    idleUntil: at.clock.now + 3_600_000,
    expiresAt: at.clock.now + 7_200_000,
  })
  browser.plant(sessionCookie, cookie)
  return cookie
}

describe.each(dialects)('%s', (dialect) => {
  test('SECURITY 195: a step-up gives the same session more methods, under another cookie', async () => {
    const { at, browser } = await person(dialect)
    const { seed } = await withApp(at, browser)
    const other = browserOf(at.server.app)
    const authTime = at.clock.now
    const cookie = await withHalfSession(at, other)
    at.clock.now += halfMinute
    const page = await other.open(requestUrl(at, 'web', twoFactors))
    expect(page.path).toBe('/login/second-factor')
    const consent = await other.submit(page, { code: codeOf(seed, at) })
    expect(consent.path).toBe('/consent')
    const fresh = other.cookie(sessionCookie) ?? ''
    expect(fresh).not.toBe(cookie)
    expect(await at.store.findSession(sha256Base64url(cookie), at.clock.now)).toBeUndefined()
    expect(await at.store.findSession(sha256Base64url(fresh), at.clock.now)).toMatchObject({
      id: `half ${cookie}`,
      methods: ['pwd', 'otp', 'mfa'],
      // The password is as old as it was, and the session ends when it was to.
      authTime,
      expiresAt: authTime + 7_200_000,
    })
    await other.submit(consent, { decision: 'allow' })
    expect(errorOf(await other.open(requestUrl(at, 'web', { ...twoFactors, prompt: 'none' })))).toBeNull()
    expect(at.events.map(({ type }) => type)).toContain('session.stepped_up')
  })

  test('SECURITY 206: whoever has a second factor is never let in with one', async () => {
    const { at, browser } = await person(dialect)
    await withApp(at, browser)
    const other = browserOf(at.server.app)
    await withHalfSession(at, other)
    expect((await other.open(requestUrl(at, 'web'))).path).toBe('/login/second-factor')
    expect((await other.open(`${issuer}/account/security`)).path).toBe('/login/second-factor')
    expect(errorOf(await other.open(requestUrl(at, 'web', { prompt: 'none' })))).toBe('login_required')
    expect(await at.store.listGrants({ limit: 10, now: at.clock.now })).toEqual([])
  })

  test('SECURITY 33: a second factor does not stand in for a new login', async () => {
    const { at, browser } = await person(dialect)
    const { seed } = await withApp(at, browser)
    for (const more of [{ prompt: 'login' }, { max_age: '60' }]) {
      const other = browserOf(at.server.app)
      await withHalfSession(at, other, at.clock.now - 61_000)
      const login = await other.open(requestUrl(at, 'web', more))
      expect(login.path).toBe('/login')
      const flow = /flow=([\w-]{22})/.exec(login.body)?.[1] ?? ''
      expect((await other.open(`${issuer}/login/second-factor?flow=${flow}`)).path).toBe('/login')
      const forged = { ...login, body: login.body.replaceAll('/login?', '/login/second-factor?') }
      expect((await other.submit(forged, { code: codeOf(seed, at) })).path).toBe('/login')
      const page = await other.submit(login, { username: 'alice', password })
      expect(page.path).toBe('/login/second-factor')
      expect((await other.submit(page, { code: codeOf(seed, at) })).path).toBe('/consent')
      at.clock.now += halfMinute
    }
  })

  test('a session that ended in between is not brought back by a code', async () => {
    const { at, browser } = await person(dialect)
    const { seed } = await withApp(at, browser)
    const other = browserOf(at.server.app)
    await withHalfSession(at, other)
    const page = await other.open(requestUrl(at, 'web'))
    await at.accounts.setPassword(at.alice, 'another horse with a battery')
    expect((await other.submit(page, { code: codeOf(seed, at) })).path).toBe('/login')
    expect(await at.store.listSessions(at.alice, at.clock.now)).toEqual([])
  })

  test('where a second factor is required, whoever has none sets one up before anything is issued', async () => {
    const { at, browser } = await person(dialect, { secondFactor: 'required' })
    const url = requestUrl(at, 'web')
    const list = await logIn(browser, url)
    expect(list.path).toBe('/account/security')
    expect(list.body).toContain('To go on you need a second factor')
    expect((await browser.open(url)).path).toBe('/account/security')
    expect(errorOf(await browser.open(requestUrl(at, 'web', { prompt: 'none' })))).toBe(
      'interaction_required',
    )
    const flow = /flow=([\w-]{22})/.exec(list.body)?.[1] ?? ''
    expect((await browser.open(`${issuer}/consent?flow=${flow}`)).path).toBe('/account/security')
    expect(await at.store.listGrants({ limit: 10, now: at.clock.now })).toEqual([])
    const { done } = await setUpApp(at, browser, list)
    const next = /class="button strong" href="([^"]*)"/.exec(done.body)?.[1] ?? ''
    const consent = await browser.open(issuer + next)
    expect(consent.path).toBe('/consent')
    const answer = await browser.submit(consent, { decision: 'allow' })
    expect(new URL(answer.location ?? '').searchParams.get('code')).toMatch(/^gwc_/)
  })
})

test('a request that a person cannot satisfy is told so', async () => {
  const { at, browser } = await person('sqlite')
  await logIn(browser)
  const unmet = 'unmet_authentication_requirements'
  expect(errorOf(await browser.open(requestUrl(at, 'web', twoFactors)))).toBe(unmet)
  expect(errorOf(await browser.open(requestUrl(at, 'web', { ...twoFactors, prompt: 'none' })))).toBe(unmet)
  await withApp(at, browser)
  expect((await browser.open(requestUrl(at, 'web', twoFactors))).path).toBe('/consent')
  expect(errorOf(await browser.open(requestUrl(at, 'web', { acr_values: 'phr' })))).toBe(unmet)
  expect((await browser.open(requestUrl(at, 'web', { acr_values: 'phr urn:gatewright:acr:2fa' }))).path).toBe(
    '/consent',
  )
  expect(
    (await browser.open(requestUrl(at, 'web', { acr_values: 'https://elsewhere.test/gold' }))).path,
  ).toBe('/consent')
  expect(await at.store.listGrants({ limit: 10, now: at.clock.now })).toEqual([])
})

test('the option has two values', async () => {
  await expect(person('sqlite', { secondFactor: 'always' as 'required' })).rejects.toThrow(/secondFactor/)
})
