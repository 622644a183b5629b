/** A person with a second factor, and the app on their phone; for the tests of logins in two steps. */

import { Secret, TOTP } from 'otpauth'
import { defaultPages } from '../../src/pages/default-pages.ts'
import type { StoredAuthenticator } from '../../src/store/grant-store.ts'
import type { Dialect } from '../setup/database.ts'
import { browserOf } from './browser-jar.ts'
import type { Arrived, JarBrowser } from './browser-jar.ts'
import { issuer, world } from './server-world.ts'
import type { World } from './server-world.ts'

/** Alice's. */
export const password = 'correct horse battery'
/** The cookie of a login session. */
export const sessionCookie = '__Host-gatewright-session'
/** How long an app shows a code, in milliseconds. */
export const halfMinute = 30_000

/** A server with alice, and her browser. */
export async function person(
  dialect: Dialect,
  more: Parameters<typeof world>[1] = {},
): Promise<{ readonly at: World; readonly browser: JarBrowser }> {
  const at = await world(dialect, { pages: defaultPages(), ...more })
  return { at, browser: browserOf(at.server.app) }
}

/** What an app with this seed shows. */
export function codeOf(seed: string, at: World): string {
  return new TOTP({ secret: Secret.fromBase32(seed) }).generate({ timestamp: at.clock.now })
}

/** Goes to a page that needs a login, and types the password in. */
export async function logIn(
  browser: JarBrowser,
  url: string = `${issuer}/login?next=/account/security`,
  username: string = 'alice',
): Promise<Arrived> {
  return browser.submit(await browser.open(url), { username, password })
}

/** Sets an app up, and gives its seed and the recovery codes; the clock is then past the code that was used. */
export async function withApp(
  at: World,
  browser: JarBrowser,
): Promise<{ readonly seed: string; readonly codes: readonly string[]; readonly done: Arrived }> {
  return setUpApp(at, browser, await logIn(browser))
}

/** The same from the list of factors. */
export async function setUpApp(
  at: World,
  browser: JarBrowser,
  list: Arrived,
): Promise<{ readonly seed: string; readonly codes: readonly string[]; readonly done: Arrived }> {
  const setup = await browser.submit(list, { action: 'app' })
  const seed = seedOn(setup)
  const done = await browser.submit(setup, { code: codeOf(seed, at), name: 'Phone' })
  at.clock.now += halfMinute
  return { seed, codes: recoveryCodesOn(done), done }
}

/** Her app, of all that she has. */
export async function appOf(at: World): Promise<StoredAuthenticator | undefined> {
  return (await at.store.listAuthenticators(at.alice)).find(({ kind }) => kind === 'totp')
}

/** The seed that a page shows. */
export function seedOn(page: Arrived): string {
  return /<code>([A-Z2-7 ]{39})<\/code>/.exec(page.body)?.[1]?.replaceAll(' ', '') ?? ''
}

/** The recovery codes that a page shows. */
export function recoveryCodesOn(page: Arrived): readonly string[] {
  return [...page.body.matchAll(/<code>([a-z0-9-]{19})<\/code>/g)].map(([, code = '']) => code)
}
