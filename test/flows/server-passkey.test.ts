/** Passkeys over HTTP, with every answer that must not be taken. */

import { describe, expect, test } from 'vitest'
import { dialects } from '../setup/database.ts'
import { browserOf, requestUrl } from './browser-jar.ts'
import type { Arrived, JarBrowser } from './browser-jar.ts'
import { logIn, password, person, recoveryCodesOn, sessionCookie } from './second-factor-person.ts'
import { issuer } from './server-world.ts'
import type { World } from './server-world.ts'
import { softwarePasskey } from './software-passkey.ts'
import type { PasskeyAnswer, SoftwarePasskey } from './software-passkey.ts'

const loginUrl = `${issuer}/login?next=/account/security`

/** What the form of a page asks the browser for. */
function optionsOn(page: Arrived): {
  readonly challenge: string
  readonly allowCredentials?: readonly { id: string }[]
} {
  const text = /data-options="([^"]*)"/.exec(page.body)?.[1]?.replaceAll('&quot;', '"') ?? '{}'
  return JSON.parse(text) as ReturnType<typeof optionsOn>
}

/** A right answer to a page. */
function answerTo(page: Arrived): PasskeyAnswer {
  return { challenge: optionsOn(page).challenge, origin: issuer, rpId: 'auth.test' }
}

function send(browser: JarBrowser, page: Arrived, credential: string): Promise<Arrived> {
  return browser.submit(page, { credential }, {}, 'credential')
}

async function register(browser: JarBrowser, passkey: SoftwarePasskey, list: Arrived): Promise<Arrived> {
  const credential = passkey.create(answerTo(list))
  return browser.submit(list, { credential, name: 'Laptop' }, {}, 'credential')
}

/** A person with a passkey. */
async function withPasskey(at: World, browser: JarBrowser, username = 'alice'): Promise<SoftwarePasskey> {
  const passkey = softwarePasskey()
  const done = await register(browser, passkey, await logIn(browser, loginUrl, username))
  expect(recoveryCodesOn(done)).toHaveLength(10)
  return passkey
}

async function keyOf(at: World) {
  return (await at.store.listAuthenticators(at.alice)).find(({ kind }) => kind === 'passkey')
}

describe.each(dialects)('%s', (dialect) => {
  test('a passkey is a login by itself, and the strongest', async () => {
    const { at, browser } = await person(dialect)
    const passkey = await withPasskey(at, browser)
    const other = browserOf(at.server.app)
    const page = await other.open(requestUrl(at, 'web', { acr_values: 'phr' }))
    // Nobody is named yet: the browser shows what it has for this site.
    expect(optionsOn(page).allowCredentials ?? []).toEqual([])
    const consent = await send(other, page, passkey.get(answerTo(page)))
    expect(consent.path).toBe('/consent')
    const sessions = await at.store.listSessions(at.alice, at.clock.now)
    expect(sessions.map(({ methods }) => methods.join(' '))).toContain('pop user mfa')
    const answer = await other.submit(consent, { decision: 'allow' })
    expect(new URL(answer.location ?? '').searchParams.get('code')).toMatch(/^gwc_/)
  })

  test('a passkey is the second factor after a password, and a step-up', async () => {
    const { at, browser } = await person(dialect)
    const passkey = await withPasskey(at, browser)
    const other = browserOf(at.server.app)
    const page = await logIn(other)
    expect(page.path).toBe('/login/second-factor')
    expect(optionsOn(page).allowCredentials?.map(({ id }) => id)).toEqual([passkey.id])
    const done = await send(other, page, passkey.get({ ...answerTo(page), isVerified: false }))
    expect(done.path).toBe('/account/security')
    const sessions = await at.store.listSessions(at.alice, at.clock.now)
    expect(sessions.map(({ methods }) => methods.join(' '))).toContain('pwd pop user mfa')
  })

  test('SECURITY 206 and 232: an answer is good once, here, now, and for what it was asked for', async () => {
    const { at, browser } = await person(dialect)
    const passkey = await withPasskey(at, browser)
    const stranger = softwarePasskey()
    const other = browserOf(at.server.app)
    const page = await other.open(loginUrl)
    const right = answerTo(page)
    const elsewhere = await browserOf(at.server.app).open(loginUrl)
    // In the same browser, and of the same person.
    const secondPage = await logIn(other)
    expect(secondPage.path).toBe('/login/second-factor')
    const wrong: readonly (readonly [string, string])[] = [
      ['another origin', passkey.get({ ...right, origin: 'https://auth.test.evil.test' })],
      ['another party', passkey.get({ ...right, rpId: 'evil.test' })],
      ['no finger and no PIN', passkey.get({ ...right, isVerified: false })],
      ['the challenge of another browser', passkey.get(answerTo(elsewhere))],
      ['the challenge of a second factor', passkey.get(answerTo(secondPage))],
      ['a challenge of its own', passkey.get({ ...right, challenge: 'x'.repeat(80) })],
      ['another signature', passkey.get(right).replace(/"signature":"......../, '"signature":"MEUCIQDA')],
      ['a passkey that nobody has', stranger.get(right)],
      ['the name of another passkey', stranger.get(right).replaceAll(stranger.id, passkey.id)],
      ['a registration', passkey.create(right)],
      ['no object', '"text"'],
      ['no JSON', '{'],
      ['an empty object', '{}'],
      ['no response', JSON.stringify({ id: passkey.id, rawId: passkey.id, type: 'public-key' })],
    ]
    for (const [what, credential] of wrong) {
      const refused = await send(other, page, credential)
      expect([what, refused.status, refused.path]).toEqual([what, 401, '/login'])
    }
    expect(other.cookie(sessionCookie)).toBeUndefined()
    // A stranger’s tries have used nothing up.
    const credential = passkey.get(right)
    const both = await Promise.all([send(other, page, credential), send(other, page, credential)])
    expect(both.map(({ path }) => path).toSorted()).not.toEqual(['/account/security', '/account/security'])
    expect(both.map(({ path }) => path)).toContain('/account/security')
    expect(await at.store.listSessions(at.alice, at.clock.now)).toHaveLength(2)
    const replay = await other.open(loginUrl)
    expect((await send(other, replay, credential)).status).toBe(401)
    at.clock.now += 300_001
    expect((await send(other, replay, passkey.get(answerTo(replay)))).status).toBe(401)
  })

  test('a counter that does not rise is refused: the key may have been copied', async () => {
    const { at, browser } = await person(dialect)
    const passkey = await withPasskey(at, browser)
    const logInWith = async (counter: number): Promise<Arrived> => {
      const other = browserOf(at.server.app)
      const page = await other.open(loginUrl)
      return send(other, page, passkey.get({ ...answerTo(page), counter }))
    }
    expect((await logInWith(0)).path).toBe('/account/security')
    expect((await logInWith(5)).path).toBe('/account/security')
    for (const counter of [5, 4, 0]) expect((await logInWith(counter)).status).toBe(401)
    expect((await keyOf(at))?.counter).toBe(5)
    const two = await Promise.all([logInWith(6), logInWith(6)])
    expect(two.map(({ status }) => status).toSorted()).toEqual([200, 401])
  })

  test('a passkey of one person is no second factor of another', async () => {
    const { at, browser } = await person(dialect)
    await withPasskey(at, browser)
    await at.accounts.create({ username: 'bob', password })
    const bobs = await withPasskey(at, browserOf(at.server.app), 'bob')
    const thief = browserOf(at.server.app)
    const page = await logIn(thief)
    expect((await send(thief, page, bobs.get(answerTo(page)))).status).toBe(401)
    expect(thief.cookie(sessionCookie)).toBeUndefined()
  })

  test('a passkey is registered as it was asked for, once, and not by two', async () => {
    const { at, browser } = await person(dialect)
    const list = await logIn(browser)
    const passkey = softwarePasskey()
    const right = answerTo(list)
    const other = browserOf(at.server.app)
    const elsewhere = await logIn(other)
    const login = await browserOf(at.server.app).open(loginUrl)
    for (const [what, credential] of [
      ['another origin', passkey.create({ ...right, origin: 'https://evil.test' })],
      ['another party', passkey.create({ ...right, rpId: 'evil.test' })],
      ['no finger and no PIN', passkey.create({ ...right, isVerified: false })],
      ['the challenge of another session', passkey.create(answerTo(elsewhere))],
      ['the challenge of a login', passkey.create(answerTo(login))],
      ['a login', passkey.get(right)],
      ['nothing', ''],
    ] as const) {
      const refused = await browser.submit(list, { credential }, {}, 'credential')
      expect([what, refused.status]).toEqual([what, 422])
    }
    expect(await at.store.listAuthenticators(at.alice)).toEqual([])
    const credential = passkey.create(right)
    await Promise.all([1, 2].map(() => browser.submit(list, { credential }, {}, 'credential')))
    expect(
      (await at.store.listAuthenticators(at.alice)).filter(({ kind }) => kind === 'passkey'),
    ).toHaveLength(1)
    // Somebody else says that it is theirs.
    await at.accounts.create({ username: 'bob', password })
    const bob = browserOf(at.server.app)
    const refused = await register(bob, passkey, await logIn(bob, loginUrl, 'bob'))
    expect(refused.status).toBe(422)
    expect((await keyOf(at))?.subject).toBe(at.alice)
  })

  test('a passkey of a disabled account opens nothing, and one that was removed neither', async () => {
    const { at, browser } = await person(dialect)
    const passkey = await withPasskey(at, browser)
    const other = browserOf(at.server.app)
    const page = await other.open(loginUrl)
    await at.accounts.update(at.alice, { disabled: true })
    expect((await send(other, page, passkey.get(answerTo(page)))).status).toBe(401)
    await at.accounts.update(at.alice, { disabled: false })
    await at.store.removeAuthenticator((await keyOf(at))?.id ?? '', at.alice)
    expect((await send(other, page, passkey.get(answerTo(page)))).status).toBe(401)
    expect(other.cookie(sessionCookie)).toBeUndefined()
  })
})

test('SECURITY 255: the one script is our own, and kept for ever', async () => {
  const { at, browser } = await person('sqlite')
  const page = await browser.open(loginUrl)
  const address = /<script src="([^"]*)"/.exec(page.body)?.[1] ?? ''
  const script = await at.server.app.request(issuer + address)
  expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  expect(script.headers.get('cache-control')).toContain('immutable')
  expect(await script.text()).toContain('navigator.credentials.get')
})
