/** Attacks on second factors over several sessions and several people, on both databases. */

import { describe, expect, test } from 'vitest'
import { dialects } from '../setup/database.ts'
import { browserOf, requestUrl } from './browser-jar.ts'
import type { Arrived, JarBrowser } from './browser-jar.ts'
import {
  appOf,
  codeOf,
  halfMinute,
  logIn,
  password,
  person,
  seedOn,
  sessionCookie,
  withApp,
} from './second-factor-person.ts'
import { issuer } from './server-world.ts'
import type { World } from './server-world.ts'
import { softwarePasskey } from './software-passkey.ts'

const security = `${issuer}/account/security`

/** Whoever knows the password of alice, in a browser and at an address of their own. */
async function halfWay(at: World, address?: string) {
  const browser = browserOf(at.server.app)
  const page = await logIn(browser)
  expect(page.path).toBe('/login/second-factor')
  return { browser, page, address }
}

/** Another person, with an app and a session of two factors. */
async function mallory(at: World) {
  await at.accounts.create({ username: 'mallory', password })
  const browser = browserOf(at.server.app)
  const setup = await browser.submit(await logIn(browser, undefined, 'mallory'), { action: 'app' })
  const seed = seedOn(setup)
  await browser.submit(setup, { code: codeOf(seed, at) })
  at.clock.now += halfMinute
  return { browser, seed }
}

async function subjectOf(at: World, browser: JarBrowser): Promise<string | undefined> {
  const { body } = await browser.open(`${issuer}/account`)
  return /<dd><bdi>([^<]*)<\/bdi>/.exec(body)?.[1]
}

function optionsOn(page: Arrived): { readonly challenge: string; readonly allowCredentials?: unknown[] } {
  const text = /data-options="([^"]*)"/.exec(page.body)?.[1]?.replaceAll('&quot;', '"') ?? '{}'
  return JSON.parse(text) as ReturnType<typeof optionsOn>
}

/** A page without what differs from visit to visit. */
function bare({ status, path, body }: Arrived): string {
  const still = body.replaceAll(/value="[\w.-]{40,}"|flow=[\w-]{22}|data-options="[^"]*"/g, '')
  return `${status} ${path} ${still}`
}

describe.each(dialects)('%s', (dialect) => {
  test('SECURITY 232 and 285: guesses are counted for the account, whichever sessions they come from, at once or not', async () => {
    const { at, browser } = await person(dialect)
    const { seed } = await withApp(at, browser)
    const wrong = codeOf(seed, at) === '000000' ? '111111' : '000000'
    const thieves = await Promise.all(Array.from({ length: 6 }, () => halfWay(at)))
    const guesses = await Promise.all(
      [...thieves, ...thieves].map(({ browser: each, page }) => each.submit(page, { code: wrong })),
    )
    expect(guesses.filter(({ status }) => status === 401)).toHaveLength(10)
    expect(guesses.filter(({ status }) => status === 429)).toHaveLength(2)
    // A session of its own, and the right code: still nothing, and the code is not used up by it.
    const last = await halfWay(at)
    const refused = await last.browser.submit(last.page, { code: codeOf(seed, at) })
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '900'])
    for (const { browser: each } of [...thieves, last]) expect(each.cookie(sessionCookie)).toBeUndefined()
    expect((await appOf(at))?.lastUsedAt).toBeUndefined()
    // The owner, who is logged in, is not thrown out by it; another person is not slowed down.
    expect((await browser.open(security)).path).toBe('/account/security')
    const other = await mallory(at)
    const page = await logIn(browserOf(at.server.app), undefined, 'mallory')
    expect(page.status).toBe(200)
    expect(await subjectOf(at, other.browser)).toBe('mallory')
  })

  test('SECURITY 206: the second factor of one person does not complete the first of another', async () => {
    const { at, browser } = await person(dialect)
    const { codes } = await withApp(at, browser)
    const { seed: own, browser: theirs } = await mallory(at)
    const session = theirs.cookie(sessionCookie)
    // In one browser: the session of mallory, the password of alice, the app of mallory.
    const page = await logIn(theirs, `${issuer}/login?next=/account/security`)
    expect([page.path, page.body.includes('alice')]).toEqual(['/login/second-factor', true])
    expect((await theirs.submit(page, { code: codeOf(own, at) })).status).toBe(401)
    expect(theirs.cookie(sessionCookie)).toBe(session)
    expect(await subjectOf(at, theirs)).toBe('mallory')
    // Two flows side by side, the code sent to the other one.
    const mixed = browserOf(at.server.app)
    const alices = await logIn(mixed)
    const mallorys = await logIn(mixed, requestUrl(at, 'web'), 'mallory')
    expect([alices.path, mallorys.path]).toEqual(['/login/second-factor', '/login/second-factor'])
    expect((await mixed.submit(alices, { code: codeOf(own, at) })).status).toBe(401)
    const recovery = { recovery_code: codes[0] ?? '' }
    expect((await mixed.submit(mallorys, recovery, {}, 'recovery_code')).status).toBe(401)
    expect(mixed.cookie(sessionCookie)).toBeUndefined()
    // Each in its own is good, so nothing was used up.
    expect((await mixed.submit(mallorys, { code: codeOf(own, at) })).path).toBe('/consent')
    expect(await subjectOf(at, mixed)).toBe('mallory')
    expect((await mixed.submit(alices, recovery, {}, 'recovery_code')).path).toBe('/account/security')
    expect(await subjectOf(at, mixed)).toBe('alice')
  })

  test('the flow of one first factor makes one session, however many second ones are right', async () => {
    const { at, browser } = await person(dialect)
    const { seed, codes } = await withApp(at, browser)
    const half = await halfWay(at)
    const before = (await at.store.listSessions(at.alice, at.clock.now)).length
    await Promise.all([
      half.browser.submit(half.page, { code: codeOf(seed, at) }),
      half.browser.submit(half.page, { recovery_code: codes[0] ?? '' }, {}, 'recovery_code'),
      half.browser.submit(half.page, { recovery_code: codes[1] ?? '' }, {}, 'recovery_code'),
    ])
    expect((await at.store.listSessions(at.alice, at.clock.now)).length).toBe(before + 1)
  })

  test('SECURITY 208: the last factor goes only after a login of the last 15 minutes with that factor', async () => {
    const { at, browser } = await person(dialect)
    const { seed } = await withApp(at, browser)
    const list = await browser.open(security)
    const id = (await appOf(at))?.id ?? ''
    const isThere = async () => (await appOf(at)) !== undefined
    at.clock.now += 901_000
    expect((await browser.submit(list, { action: 'remove', id })).path).toBe('/login')
    // The password alone makes it young, and is not enough.
    const page = await logIn(browser)
    expect(page.path).toBe('/login/second-factor')
    expect((await browser.submit(list, { action: 'remove', id })).path).toBe('/login')
    expect(await isThere()).toBe(true)
    // Nor does whoever knows the password alone, from a browser of their own, nor another person.
    const half = await halfWay(at)
    const forged = {
      ...half.page,
      body: half.page.body.replaceAll('/login/second-factor', '/account/security'),
    }
    expect((await half.browser.submit(forged, { action: 'remove', id })).path).toBe('/login')
    const other = await mallory(at)
    await other.browser.submit(await other.browser.open(security), { action: 'remove', id })
    expect(await isThere()).toBe(true)
    at.clock.now += halfMinute
    const fresh = await browser.submit(page, { code: codeOf(seed, at) })
    expect(fresh.path).toBe('/account/security')
    await browser.submit(fresh, { action: 'remove', id })
    expect(await isThere()).toBe(false)
    expect(await at.store.listAuthenticators(at.alice)).toEqual([])
  })

  test('SECURITY 207: nobody learns who has a passkey, or which', async () => {
    const { at, browser } = await person(dialect)
    const passkey = softwarePasskey()
    const list = await logIn(browser)
    const about = { origin: issuer, rpId: 'auth.test' }
    const create = passkey.create({ ...about, challenge: optionsOn(list).challenge })
    await browser.submit(list, { credential: create, name: 'Laptop' }, {}, 'credential')
    await at.accounts.create({ username: 'bob', password })
    const disabled = softwarePasskey()
    const bob = browserOf(at.server.app)
    const bobs = await logIn(bob, undefined, 'bob')
    const made = disabled.create({ ...about, challenge: optionsOn(bobs).challenge })
    await bob.submit(bobs, { credential: made, name: 'Phone' }, {}, 'credential')
    const [{ id = '' } = {}] = (await at.accounts.list()).filter(({ username }) => username === 'bob')
    await at.accounts.update(id, { disabled: true })

    // The login page is the same for every name, with a passkey or without, there or not.
    const pages = await Promise.all(
      ['alice', 'bob', 'nobody'].map((login_hint) =>
        browserOf(at.server.app).open(requestUrl(at, 'web', { login_hint })),
      ),
    )
    expect(pages.map((page) => optionsOn(page).allowCredentials ?? [])).toEqual([[], [], []])
    // So is the page after a wrong password.
    const wrong = await Promise.all(
      ['alice', 'nobody'].map(async (username) => {
        const stranger = browserOf(at.server.app)
        const page = await stranger.open(`${issuer}/login?next=/account`)
        return bare(await stranger.submit(page, { username, password: 'not this one at all' })).replaceAll(
          username,
          '',
        )
      }),
    )
    expect(wrong[0]).toBe(wrong[1])
    // An unknown passkey, one of a disabled account and one with a bad signature are told the same.
    const refused: string[] = []
    for (const shown of [softwarePasskey(), disabled, passkey]) {
      const stranger = browserOf(at.server.app)
      const page = await stranger.open(`${issuer}/login?next=/account`)
      const credential = shown.get({ ...about, challenge: optionsOn(page).challenge })
      const spoilt =
        shown === passkey
          ? credential.replace(/(?<="signature":".{20})./, (letter) => (letter === 'A' ? 'B' : 'A'))
          : credential
      refused.push(bare(await stranger.submit(page, { credential: spoilt }, {}, 'credential')))
    }
    expect(refused[0]).toContain('401 /login ')
    expect(new Set(refused).size).toBe(1)
    // To register a passkey that somebody has says nothing but that it was not accepted.
    const other = await mallory(at)
    const theirs = await other.browser.open(security)
    const taken = passkey.create({ ...about, challenge: optionsOn(theirs).challenge })
    const bad = softwarePasskey().create({ ...about, challenge: optionsOn(list).challenge })
    const answers = []
    for (const credential of [taken, bad]) {
      answers.push(bare(await other.browser.submit(theirs, { credential }, {}, 'credential')))
    }
    expect(answers[0]).toContain('422 /account/security ')
    expect(answers[0]).toBe(answers[1])
  })
})
