/** Logging in with a second factor: setting it up, being asked for it, and everything that must not get past it. */

import { Secret } from 'otpauth'
import { describe, expect, test } from 'vitest'
import { dialects } from '../setup/database.ts'
import { browserOf, requestUrl } from './browser-jar.ts'
import {
  appOf,
  codeOf,
  halfMinute,
  logIn,
  password,
  person,
  recoveryCodesOn,
  seedOn,
  sessionCookie,
  withApp,
} from './second-factor-person.ts'
import { issuer } from './server-world.ts'
import type { World } from './server-world.ts'

/** A stranger who knows the password, after typing it in. */
async function halfWay(at: World, url?: string) {
  const browser = browserOf(at.server.app)
  const page = await logIn(browser, url)
  expect(page.path).toBe('/login/second-factor')
  return { browser, page }
}

describe.each(dialects)('%s', (dialect) => {
  test('an app is set up, and asked for at the next login', async () => {
    const { at, browser } = await person(dialect)
    const { seed, codes } = await withApp(at, browser)
    expect(new Set(codes).size).toBe(10)
    const { browser: other, page } = await halfWay(at, requestUrl(at, 'web'))
    expect(other.cookie(sessionCookie)).toBeUndefined()
    const consent = await other.submit(page, { code: codeOf(seed, at) })
    expect(consent.path).toBe('/consent')
    const [session] = await at.store.listSessions(at.alice, at.clock.now)
    expect(session?.methods).toEqual(['pwd', 'otp', 'mfa'])
    const answer = await other.submit(consent, { decision: 'allow' })
    expect(new URL(answer.location ?? '').searchParams.get('code')).toMatch(/^gwc_/)
  })

  test('SECURITY 206: a password alone opens nothing, from any path', async () => {
    const { at, browser } = await person(dialect)
    await withApp(at, browser)
    const url = requestUrl(at, 'web')
    const { browser: other, page } = await halfWay(at, url)
    const flow = new URLSearchParams(/action="[^"?]*\?([^"]*)"/.exec(page.body)?.[1]).get('flow') ?? ''
    expect((await other.open(`${issuer}/account/security`)).path).toBe('/login')
    expect((await other.open(`${issuer}/account/security/app?setup=${flow}`)).path).toBe('/login')
    expect((await other.open(url)).path).toBe('/login')
    expect((await other.open(`${issuer}/authorize/continue?flow=${flow}`)).path).toBe('/login')
    expect((await other.open(`${issuer}/consent?flow=${flow}`)).path).toBe('/login')
    const silent = await other.open(requestUrl(at, 'web', { prompt: 'none' }))
    expect(new URL(silent.location ?? '').searchParams.get('error')).toBe('login_required')
    // The form of the page itself, sent to where the decision is made.
    const forged = await other.submit(
      { ...page, body: page.body.replaceAll('/login/second-factor', '/consent') },
      { decision: 'allow' },
    )
    expect(forged.status).toBe(403)
    expect(other.cookie(sessionCookie)).toBeUndefined()
    expect(await at.store.listGrants({ limit: 10, now: at.clock.now })).toEqual([])
    expect(await at.store.listSessions(at.alice, at.clock.now)).toHaveLength(1)
  })

  test('SECURITY 206: the password grant does not get around it', async () => {
    const { at, browser } = await person(dialect, {
      clients: [
        {
          id: 'own',
          secret: 'own-secret-that-has-more-than-32-characters',
          firstParty: true,
          grantTypes: ['password'],
        },
      ],
    })
    const form = { grant_type: 'password', username: 'alice', password, scope: 'read' }
    const grant = () =>
      at.post('/token', form, undefined, {
        authorization: `Basic ${btoa('own:own-secret-that-has-more-than-32-characters')}`,
      })
    await at.accounts.update(at.alice, { scopes: ['read'] })
    expect((await grant()).status).toBe(200)
    await withApp(at, browser)
    const refused = await grant()
    expect([refused.status, await refused.json()]).toMatchObject([400, { error: 'invalid_grant' }])
  })

  test('SECURITY 232: a code is good once, even for two that send it at the same moment', async () => {
    const { at, browser } = await person(dialect)
    const { seed } = await withApp(at, browser)
    const all = await Promise.all([1, 2, 3].map(() => halfWay(at)))
    const code = codeOf(seed, at)
    const answers = await Promise.all(all.map(({ browser: other, page }) => other.submit(page, { code })))
    expect(answers.map(({ path }) => path).toSorted()).toEqual([
      '/account/security',
      '/login/second-factor',
      '/login/second-factor',
    ])
    expect(all.filter(({ browser: other }) => other.cookie(sessionCookie) !== undefined)).toHaveLength(1)
    const late = await halfWay(at)
    expect((await late.browser.submit(late.page, { code })).status).toBe(401)
    at.clock.now += halfMinute
    expect((await late.browser.submit(late.page, { code })).status).toBe(401)
    expect((await late.browser.submit(late.page, { code: codeOf(seed, at) })).path).toBe('/account/security')
  })

  test('SECURITY 232: the code that set the app up is used, too', async () => {
    const { at, browser } = await person(dialect)
    const { seed } = await withApp(at, browser)
    at.clock.now -= halfMinute
    const { browser: other, page } = await halfWay(at)
    expect((await other.submit(page, { code: codeOf(seed, at) })).status).toBe(401)
    expect(other.cookie(sessionCookie)).toBeUndefined()
  })

  test('SECURITY 232: wrong codes lock that factor, and nothing else of its owner', async () => {
    const { at, browser } = await person(dialect)
    const { seed, codes } = await withApp(at, browser)
    const { browser: thief, page } = await halfWay(at)
    const wrong = codeOf(seed, at) === '000000' ? '111111' : '000000'
    const guesses = await Promise.all(Array.from({ length: 12 }, () => thief.submit(page, { code: wrong })))
    expect(guesses.map(({ status }) => status).toSorted()).toEqual([
      ...Array.from({ length: 10 }, () => 401),
      429,
      429,
    ])
    expect((await thief.submit(page, { code: codeOf(seed, at) })).status).toBe(429)
    expect(thief.cookie(sessionCookie)).toBeUndefined()
    // The owner logs in by another way, and the password is not locked.
    const owner = await halfWay(at)
    expect(owner.page.status).toBe(200)
    const done = await owner.browser.submit(
      owner.page,
      { recovery_code: codes[0] ?? '' },
      {},
      'recovery_code',
    )
    expect(done.path).toBe('/account/security')
    at.clock.now += 901_000
    const again = await halfWay(at)
    expect((await again.browser.submit(again.page, { code: codeOf(seed, at) })).path).toBe(
      '/account/security',
    )
    expect(at.events.filter(({ type }) => type === 'factor.failed')).toHaveLength(10)
  })

  test('a recovery code works once, however it is typed, and is not another person’s', async () => {
    const { at, browser } = await person(dialect)
    const { codes } = await withApp(at, browser)
    const [first = '', second = ''] = codes
    const tries = await Promise.all([1, 2].map(() => halfWay(at)))
    const answers = await Promise.all(
      tries.map(({ browser: other, page }) =>
        other.submit(
          page,
          { recovery_code: ` ${first.toUpperCase().replaceAll('-', ' ')} ` },
          {},
          'recovery_code',
        ),
      ),
    )
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 401])
    const factors = await at.store.listAuthenticators(at.alice)
    expect(factors.filter(({ kind }) => kind === 'recovery')).toHaveLength(9)
    // Another person has an app, and tries a code of alice.
    await at.accounts.create({ username: 'bob', password })
    const bob = browserOf(at.server.app)
    const list = await bob.submit(await bob.open(`${issuer}/login?next=/account/security`), {
      username: 'bob',
      password,
    })
    const setup = await bob.submit(list, { action: 'app' })
    await bob.submit(setup, { code: codeOf(seedOn(setup), at) })
    const bobAgain = browserOf(at.server.app)
    const page = await bobAgain.submit(await bobAgain.open(requestUrl(at, 'web')), {
      username: 'bob',
      password,
    })
    expect((await bobAgain.submit(page, { recovery_code: second }, {}, 'recovery_code')).status).toBe(401)
    expect(bobAgain.cookie(sessionCookie)).toBeUndefined()
    const { browser: other, page: own } = await halfWay(at)
    expect((await other.submit(own, { recovery_code: second }, {}, 'recovery_code')).path).toBe(
      '/account/security',
    )
  })

  test('what was shown of a login is good in its own browser alone, for ten minutes', async () => {
    const { at, browser } = await person(dialect)
    const { seed } = await withApp(at, browser)
    const { browser: one, page } = await halfWay(at)
    const stranger = browserOf(at.server.app)
    await stranger.open(requestUrl(at, 'web'))
    expect((await stranger.submit(page, { code: codeOf(seed, at) })).status).toBe(403)
    const action = /action="([^"]*)"/.exec(page.body)?.[1] ?? ''
    expect((await stranger.open(issuer + action)).status).toBe(410)
    at.clock.now += 600_001
    expect((await one.submit(page, { code: codeOf(seed, at) })).path).toBe('/login')
    expect(one.cookie(sessionCookie)).toBeUndefined()
  })

  test('SECURITY 228: a new password or a disabled account in between ends a login that is half done', async () => {
    const { at, browser } = await person(dialect)
    const { seed } = await withApp(at, browser)
    const { browser: one, page } = await halfWay(at)
    const { browser: two, page: second } = await halfWay(at)
    await at.accounts.setPassword(at.alice, 'another horse with a battery')
    expect((await one.submit(page, { code: codeOf(seed, at) })).path).toBe('/login')
    await at.accounts.setPassword(at.alice, password)
    const { browser: three, page: third } = await halfWay(at)
    await at.accounts.update(at.alice, { disabled: true })
    at.clock.now += halfMinute
    expect((await two.submit(second, { code: codeOf(seed, at) })).path).toBe('/login')
    expect((await three.submit(third, { code: codeOf(seed, at) })).path).toBe('/login')
    for (const each of [one, two, three]) expect(each.cookie(sessionCookie)).toBeUndefined()
    // SECURITY 228: the new password did not take the second factor away.
    await at.accounts.update(at.alice, { disabled: false })
    await halfWay(at)
  })

  test('SECURITY 195 and 200: adding and removing a factor ends other sessions, and leaves a trace', async () => {
    const { at, browser } = await person(dialect)
    const second = browserOf(at.server.app)
    await logIn(second)
    await logIn(browser)
    const before = browser.cookie(sessionCookie)
    const { seed } = await withApp(at, browser)
    expect(browser.cookie(sessionCookie)).not.toBe(before)
    expect((await second.open(`${issuer}/account/security`)).path).toBe('/login')
    const { browser: third, page } = await halfWay(at)
    await third.submit(page, { code: codeOf(seed, at) })
    const list = await browser.open(`${issuer}/account/security`)
    expect(list.status).toBe(200)
    const app = await appOf(at)
    const removed = await browser.submit(list, { action: 'remove', id: app?.id ?? '' })
    expect(removed.path).toBe('/account/security')
    expect((await third.open(`${issuer}/account/security`)).path).toBe('/login')
    expect(await at.store.listAuthenticators(at.alice)).toEqual([])
    const types = at.events.map(({ type }) => type)
    for (const type of [
      'factor.added',
      'recovery_codes.replaced',
      'factor.removed',
      'session.ended',
    ] as const) {
      expect(types).toContain(type)
    }
    expect((await logIn(browserOf(at.server.app))).path).toBe('/account/security')
  })

  test('SECURITY 208: factors are changed by whoever logged in within 15 minutes', async () => {
    const { at, browser } = await person(dialect)
    await withApp(at, browser)
    const list = await browser.open(`${issuer}/account/security`)
    const app = await appOf(at)
    at.clock.now += 901_000
    const refused = await browser.submit(list, { action: 'remove', id: app?.id ?? '' })
    expect(refused.path).toBe('/login')
    expect((await browser.submit(list, { action: 'codes' })).path).toBe('/login')
    expect((await at.store.listAuthenticators(at.alice)).filter(({ kind }) => kind === 'totp')).toHaveLength(
      1,
    )
  })

  test('an app counts when it has shown a code, in the session that set it up', async () => {
    const { at, browser } = await person(dialect)
    const list = await logIn(browser)
    const setup = await browser.submit(list, { action: 'app' })
    const seed = seedOn(setup)
    const right = codeOf(seed, at)
    const refused = await browser.submit(setup, { code: right === '000000' ? '111111' : '000000', name: 'X' })
    expect([refused.status, seedOn(refused)]).toEqual([422, seed])
    expect(await at.store.listAuthenticators(at.alice)).toEqual([])
    const address = issuer + (/action="([^"]*)"/.exec(setup.body)?.[1] ?? '').replaceAll('&amp;', '&')
    const other = browserOf(at.server.app)
    await logIn(other)
    expect((await other.open(address)).status).toBe(410)
    const both = await Promise.all([
      browser.submit(setup, { code: right }),
      browser.submit(setup, { code: right }),
    ])
    // The other comes with a session that has just got another cookie, or to a page that is done.
    expect(both.map((each) => recoveryCodesOn(each).length).toSorted()).toEqual([0, 10])
    expect((await at.store.listAuthenticators(at.alice)).filter(({ kind }) => kind === 'totp')).toHaveLength(
      1,
    )
  })

  test('SECURITY 266 and 232: seeds and recovery codes are not in the database', async () => {
    const { at, browser } = await person(dialect)
    const { seed, codes } = await withApp(at, browser)
    const rows = JSON.stringify(await at.store.listAuthenticators(at.alice))
    const bytes = Buffer.from(Secret.fromBase32(seed).bytes)
    for (const secret of [seed, bytes.toString('hex'), bytes.toString('base64url'), ...codes]) {
      expect(rows).not.toContain(secret)
      expect(rows).not.toContain(secret.replaceAll('-', ''))
    }
    expect(JSON.stringify(at.events)).not.toContain(seed)
  })
})

test('SECURITY 202: another site changes no factor', async () => {
  const { at, browser } = await person('sqlite')
  const { seed } = await withApp(at, browser)
  const list = await browser.open(`${issuer}/account/security`)
  const app = await appOf(at)
  for (const [fields, headers] of [
    [{ csrf: '' }, {}],
    [{}, { origin: 'https://evil.test' }],
    [{}, { origin: 'null' }],
  ] as const) {
    const refused = await browser.submit(list, { action: 'remove', id: app?.id ?? '', ...fields }, headers)
    expect(refused.status).toBe(403)
  }
  const { browser: other, page } = await halfWay(at)
  expect((await other.submit(page, { code: codeOf(seed, at), csrf: 'x'.repeat(66) })).status).toBe(403)
  expect((await at.store.listAuthenticators(at.alice)).length).toBe(11)
  expect(other.cookie(sessionCookie)).toBeUndefined()
})

test('a person renames what is theirs, with text that stays text', async () => {
  const { at, browser } = await person('sqlite')
  await withApp(at, browser)
  const app = await appOf(at)
  const list = await browser.open(`${issuer}/account/security`)
  const name = `<img src=x onerror=alert(1)>\u202e"'&\n${'y'.repeat(100)}`
  const renamed = await browser.submit(list, { action: 'rename', id: app?.id ?? '', name })
  expect(renamed.body).not.toContain('<img')
  const stored = await appOf(at)
  expect([...(stored?.name ?? '')]).toHaveLength(60)
  await browser.submit(list, { action: 'rename', id: app?.id ?? '', name: ' \u200b ' })
  expect((await appOf(at))?.name).toBe('App')
})

test('new recovery codes take the place of the old ones', async () => {
  const { at, browser } = await person('sqlite')
  const { codes } = await withApp(at, browser)
  const list = await browser.open(`${issuer}/account/security`)
  const fresh = recoveryCodesOn(await browser.submit(list, { action: 'codes' }))
  expect(fresh).toHaveLength(10)
  const { browser: other, page } = await halfWay(at)
  expect((await other.submit(page, { recovery_code: codes[0] ?? '' }, {}, 'recovery_code')).status).toBe(401)
  expect((await other.submit(page, { recovery_code: fresh[0] ?? '' }, {}, 'recovery_code')).path).toBe(
    '/account/security',
  )
})

test('a person can give up between the two factors', async () => {
  const { at, browser } = await person('sqlite')
  await withApp(at, browser)
  const { browser: other, page } = await halfWay(at, requestUrl(at, 'web'))
  const answer = await other.submit(page, { decision: 'cancel' }, {}, 'decision')
  expect(new URL(answer.location ?? '').searchParams.get('error')).toBe('access_denied')
})

test('SECURITY 271: factors go with their account', async () => {
  const { at, browser } = await person('sqlite')
  await withApp(at, browser)
  await at.accounts.remove(at.alice)
  expect(await at.store.listAuthenticators(at.alice)).toEqual([])
})
