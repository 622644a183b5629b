/** People log in with another provider; over both databases. */

import { describe, expect, test } from 'vitest'
import { sha256Base64url } from '../../src/crypto/hash.ts'
import { defaultPages } from '../../src/pages/default-pages.ts'
import { authorizationServer } from '../../src/server/authorization-server.ts'
import type { AuthorizationServerOptions } from '../../src/server/options.ts'
import { dialects } from '../setup/database.ts'
import { browserOf, requestUrl } from './browser-jar.ts'
import { formOf, isLoggedIn, password, providerWorld } from './provider-world.ts'
import { issuer, serverOptions } from './server-world.ts'

const ann = {
  sub: 'ann-1',
  name: 'Ann Smith',
  preferred_username: 'ann',
  email: 'ann@example.com',
  email_verified: true,
}

describe.each(dialects)('%s', (dialect) => {
  test('a person logs in with a provider on the way to an application, and is the same person the next time', async () => {
    const at = await providerWorld(dialect)
    const login = await at.browser.open(requestUrl(at, 'web'))
    expect(login.body).toContain('Continue with Example Inc.')
    const sent = await at.browser.submit(formOf(login, '/login/with/work?'), {})
    const asked = new URL(sent.location ?? '')
    expect(asked.origin + asked.pathname).toBe(`${at.work.issuer}/authorize`)
    expect(asked.searchParams.get('redirect_uri')).toBe(`${issuer}/login/callback/work`)
    expect(asked.searchParams.get('scope')).toBe('openid profile email')
    const consent = await at.browser.open(at.work.logIn(sent.location, ann))
    expect(consent.path).toBe('/consent')
    const arrived = await at.browser.submit(consent, { decision: 'allow' })
    expect(new URL(arrived.location ?? '').searchParams.has('code')).toBe(true)
    // Of an address that the provider's word does not vouch for, nothing is kept.
    const [first] = (await at.accounts.list()).filter(({ id }) => id !== at.alice)
    expect(first).toMatchObject({ username: 'work:ann', name: 'Ann Smith', emailVerified: false })
    expect(first).not.toHaveProperty('email')
    expect(at.events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['account.created', 'account.provider_linked', 'login.succeeded']),
    )
    await at.logIn({ ...ann, email: 'other@example.com', name: 'Ann Jones' }, browserOf(at.server.app))
    expect(await at.accounts.list()).toHaveLength(2)
    expect(at.reported).toEqual([])
  })

  test('SECURITY 233 and 234: state, nonce and challenge are new each time, and the verifier fits the challenge', async () => {
    const at = await providerWorld(dialect)
    const seen = new Set<string>()
    for (let turn = 0; turn < 2; turn += 1) {
      const { location } = await at.button('work')
      const { searchParams } = new URL(location ?? '')
      for (const name of ['state', 'nonce', 'code_challenge']) seen.add(searchParams.get(name) ?? '')
      expect(searchParams.get('code_challenge_method')).toBe('S256')
      await at.browser.open(at.work.logIn(location, ann))
      const verifier = at.work.tokenRequests.at(-1)?.get('code_verifier') ?? ''
      expect(sha256Base64url(verifier)).toBe(searchParams.get('code_challenge'))
    }
    expect(seen.size).toBe(6)
    for (const value of seen) expect(value).toMatch(/^[\w-]{43}$/)
  })

  test('SECURITY 233: login CSRF: the callback of one browser is worth nothing in another', async () => {
    const at = await providerWorld(dialect)
    const mallory = browserOf(at.server.app)
    const { location } = await at.button('work', mallory)
    const callback = at.work.logIn(location, { sub: 'mallory' })
    const before = at.work.requests.length
    const victim = await at.browser.open(callback)
    expect(victim.status).toBe(410)
    expect(await isLoggedIn(at.browser)).toBe(false)
    // Nothing was sent to the provider, and the one who began it can still end it.
    expect(at.work.requests).toHaveLength(before)
    expect(await at.accounts.list()).toHaveLength(1)
    expect((await mallory.open(callback)).path).toBe('/account/providers')
  })

  test('SECURITY 233: a state is used once, at most by one of many, and is too old after ten minutes', async () => {
    const at = await providerWorld(dialect)
    const { location } = await at.button('work')
    const callback = at.work.logIn(location, ann)
    const answers = await Promise.all(Array.from({ length: 8 }, () => at.browser.open(callback)))
    expect(answers.filter(({ path }) => path === '/account/providers')).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 410)).toHaveLength(7)
    expect(at.work.tokenRequests).toHaveLength(1)
    expect((await at.browser.open(callback)).status).toBe(410)
    const late = at.work.logIn((await at.button('work', browserOf(at.server.app))).location, ann)
    at.clock.now += 600_000
    expect((await at.browser.open(late)).status).toBe(410)
    expect(at.work.tokenRequests).toHaveLength(1)
  })

  test('SECURITY 233: too late is too late in the same browser as well', async () => {
    const at = await providerWorld(dialect)
    const callback = at.work.logIn((await at.button('work')).location, ann)
    at.clock.now += 600_000
    expect((await at.browser.open(callback)).status).toBe(410)
    expect(at.work.tokenRequests).toEqual([])
    expect(await isLoggedIn(at.browser)).toBe(false)
  })

  test('SECURITY 233 and 237: a state of one provider is worth nothing at the callback of another', async () => {
    const at = await providerWorld(dialect)
    const { location } = await at.button('work')
    const callback = new URL(at.work.logIn(location, ann))
    callback.pathname = '/login/callback/other'
    callback.searchParams.set('iss', at.other.issuer)
    expect((await at.browser.open(callback.href)).status).toBe(410)
    expect([at.other.tokenRequests, at.work.tokenRequests]).toEqual([[], []])
    expect(await isLoggedIn(at.browser)).toBe(false)
  })

  test.each([
    ['another one', 'https://evil.test'],
    ['that of the other provider', 'other'],
    ['none, where the provider promises one', null],
  ])('SECURITY 236 and 237: mix-up: with an iss that is %s, the code goes nowhere', async (_, iss) => {
    const at = await providerWorld(dialect)
    at.work.does = { iss: iss === 'other' ? at.other.issuer : iss }
    const callback = at.work.logIn((await at.button('work')).location, ann)
    const answer = await at.browser.open(callback)
    expect([answer.path, answer.body.includes('could not be accepted')]).toEqual(['/login', true])
    expect(at.work.tokenRequests).toEqual([])
    // An error is not believed either: it would say that the person had refused.
    const error = at.work.refuse((await at.button('work')).location, 'access_denied')
    expect((await at.browser.open(error)).body).toContain('could not be accepted')
    expect(await isLoggedIn(at.browser)).toBe(false)
    expect(await at.accounts.list()).toHaveLength(1)
  })

  test('SECURITY 236: a parameter that is there twice is refused before the code goes anywhere', async () => {
    const at = await providerWorld(dialect)
    for (const name of ['iss', 'code', 'state']) {
      const callback = new URL(at.work.logIn((await at.button('work')).location, ann))
      callback.searchParams.append(name, callback.searchParams.get(name) ?? '')
      await at.browser.open(callback.href)
      expect(await isLoggedIn(at.browser)).toBe(false)
    }
    expect(at.work.tokenRequests).toEqual([])
  })

  test('code injection: a code of another login is worth nothing here', async () => {
    const at = await providerWorld(dialect)
    const mallory = browserOf(at.server.app)
    const stolen =
      new URL(at.work.logIn((await at.button('work')).location, ann)).searchParams.get('code') ?? ''
    const own = new URL(at.work.logIn((await at.button('work', mallory)).location, { sub: 'mallory' }))
    own.searchParams.set('code', stolen)
    const answer = await mallory.open(own.href)
    expect([answer.path, answer.body.includes('could not be accepted')]).toEqual(['/login', true])
    expect(await isLoggedIn(mallory)).toBe(false)
    expect(await at.accounts.list()).toHaveLength(1)
  })

  test('SECURITY 246: a link or a form of another site begins nothing', async () => {
    const at = await providerWorld(dialect)
    const page = await at.browser.open(`${issuer}/login?next=/account/providers`)
    const form = formOf(page, '/login/with/work?')
    const action = /action="([^"]+)"/.exec(form.body)?.[1] ?? ''
    const looked = await at.browser.open(issuer + action)
    expect([looked.path, looked.location]).toEqual(['/login', undefined])
    const foreign = await at.browser.submit(form, {}, { origin: 'https://evil.test' })
    expect([foreign.status, foreign.location]).toEqual([403, undefined])
    const bare = await at.browser.submit(form, { csrf: 'x' })
    expect([bare.status, bare.location]).toEqual([403, undefined])
    expect(at.work.requests).toEqual([])
  })

  test('SECURITY 247: a provider that was taken away is not there at the callback either', async () => {
    const at = await providerWorld(dialect)
    const callback = at.work.logIn((await at.button('work')).location, ann)
    const options = serverOptions(at.url, { pages: defaultPages(), now: () => at.clock.now })
    const later = authorizationServer(options as AuthorizationServerOptions)
    const answer = await later.app.request(callback, { headers: { cookie: at.browser.header() } })
    await later.close()
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([404, []])
    expect(at.work.tokenRequests).toEqual([])
  })

  test('SECURITY 195: a login by a provider is a new session, and a disabled account has none', async () => {
    const at = await providerWorld(dialect)
    await at.logIn(ann)
    const first = at.browser.cookie('__Host-gatewright-session')
    await at.logIn(ann)
    expect(at.browser.cookie('__Host-gatewright-session')).not.toBe(first)
    const [account] = (await at.accounts.list()).filter(({ id }) => id !== at.alice)
    await at.accounts.update(account?.id ?? '', { disabled: true })
    const answer = await at.logIn(ann)
    expect([answer.path, answer.body.includes('This account is closed')]).toEqual(['/login', true])
    expect(await isLoggedIn(at.browser)).toBe(false)
  })

  test('whoever has to prove again who they are is asked by the provider as well', async () => {
    const at = await providerWorld(dialect)
    const prompt = ({ location }: { readonly location: string | undefined }) =>
      new URL(location ?? '').searchParams.get('prompt')
    expect(prompt(await at.button('work'))).toBeNull()
    for (const more of [{ prompt: 'login' }, { max_age: '60' }] as Record<string, string>[]) {
      const login = await at.browser.open(requestUrl(at, 'web', more))
      expect(prompt(await at.browser.submit(formOf(login, '/login/with/work?'), {}))).toBe('login')
    }
    await at.logIn(ann)
    at.clock.now += 901_000
    const page = await at.browser.open(`${issuer}/account/password`)
    expect(page.path).toBe('/login')
    expect(prompt(await at.browser.submit(formOf(page, '/login/with/work?'), {}))).toBe('login')
  })

  test('SECURITY 241: the same name at two providers is two people', async () => {
    const at = await providerWorld(dialect)
    await at.logIn(ann)
    const second = browserOf(at.server.app)
    await second.open(at.other.logIn((await at.button('other', second)).location, ann))
    expect((await at.accounts.list()).map(({ username }) => username).toSorted()).toEqual([
      'alice',
      'other:ann',
      'work:ann',
    ])
  })

  test('whoever has no account gets none where accounts are not made', async () => {
    const at = await providerWorld(dialect, { providerAccounts: { create: false } })
    const answer = await at.logIn(ann)
    expect([answer.path, answer.body.includes('No account here is linked')]).toEqual(['/login', true])
    expect(await at.accounts.list()).toHaveLength(1)
    expect(at.events.filter(({ type }) => type === 'login.failed')).toMatchObject([
      { details: { provider: 'work', problem: 'unknown' } },
    ])
    expect((await at.withPassword()).path).toBe('/account/providers')
  })
})

test('the names of others cannot be had: a login name of the provider stands behind the provider', async () => {
  const at = await providerWorld('sqlite')
  await at.accounts.create({ username: 'work:ann', password })
  await at.logIn({ ...ann, name: 'x\u0000y' })
  await at.logIn({ sub: '2', preferred_username: 'alice', name: 'a\r\nb' }, browserOf(at.server.app))
  const names = (await at.accounts.list()).map(({ username }) => username)
  expect(names).toEqual(expect.arrayContaining(['alice', 'work:ann', 'work:alice']))
  expect(names.filter((name) => /^work:[\w-]{12}$/.test(name))).toHaveLength(1)
  expect((await at.accounts.list()).map(({ name }) => name)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ])
})
