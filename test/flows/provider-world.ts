/** An authorization server with other providers, and a browser that goes to and fro between them. */

import { expect } from 'vitest'
import { openid } from '../../src/federation/openid.ts'
import { defaultPages } from '../../src/pages/default-pages.ts'
import type { AuthorizationServerOptions } from '../../src/server/options.ts'
import type { Dialect } from '../setup/database.ts'
import { browserOf } from './browser-jar.ts'
import type { Arrived, JarBrowser } from './browser-jar.ts'
import { issuer, world } from './server-world.ts'
import type { World } from './server-world.ts'
import { upstream, upstreamSecret } from './upstream.ts'
import type { Upstream, UpstreamPerson } from './upstream.ts'

/** The password of alice. */
export const password = 'correct horse battery'

/** A world with two providers, `work` and `other`. */
export interface ProviderWorld extends World {
  readonly browser: JarBrowser
  readonly work: Upstream
  readonly other: Upstream
  readonly reported: unknown[]
  /** What another node of this server is made with, besides its providers. */
  readonly options: Partial<AuthorizationServerOptions>
  /** Presses the button of a provider on the login page. Answers where the browser is sent. */
  button(name: string, browser?: JarBrowser): Promise<Arrived>
  /** Logs in with the provider `work`, from the button to the end. */
  logIn(person: UpstreamPerson, browser?: JarBrowser): Promise<Arrived>
  /** Logs in with a password. */
  withPassword(browser?: JarBrowser, username?: string): Promise<Arrived>
  /** Presses a button of the page of the providers. */
  press(name: 'link' | 'unlink', value: string, browser?: JarBrowser): Promise<Arrived>
}

/** A client at one of them. */
export function clientAt(at: Upstream, id: string, more: Partial<Parameters<typeof openid>[0]> = {}) {
  return openid({
    id,
    name: id === 'work' ? 'Example Inc.' : 'Another',
    issuer: at.issuer,
    clientId: 'gatewright',
    clientSecret: upstreamSecret,
    reachable: ['loopback'],
    ...more,
  })
}

/** Makes one. */
export async function providerWorld(
  dialect: Dialect,
  more: Partial<AuthorizationServerOptions> = {},
  trust: { readonly trustEmail?: boolean; readonly keepTokens?: boolean } = {},
): Promise<ProviderWorld> {
  const [work, other] = await Promise.all([upstream(), upstream()])
  const reported: unknown[] = []
  const at = await world(dialect, {
    pages: defaultPages(),
    serviceName: 'Garden Party',
    providers: [clientAt(work, 'work', trust), clientAt(other, 'other', trust)],
    report: (error) => reported.push(error),
    ...more,
  })
  const { app } = at.server
  const browser = browserOf(app)
  const button: ProviderWorld['button'] = async (name, by = browser) => {
    const page = await by.open(`${issuer}/login?next=/account/providers`)
    return by.submit(formOf(page, `/login/with/${name}?`), {})
  }
  return {
    ...at,
    browser,
    work,
    other,
    reported,
    options: { pages: defaultPages(), now: () => at.clock.now, ...more },
    button,
    logIn: async (person, by = browser) => by.open(work.logIn((await button('work', by)).location, person)),
    withPassword: async (by = browser, username = 'alice') =>
      by.submit(await by.open(`${issuer}/login?next=/account/providers`), { username, password }),
    async press(name, value, by = browser) {
      const page = await by.open(`${issuer}/account/providers`)
      expect(page.path).toBe('/account/providers')
      return by.submit(page, { [name]: value })
    },
  }
}

/** A page with the form whose address begins so as the first one. */
export function formOf(page: Arrived, action: string): Arrived {
  const start = page.body.indexOf(`action="${action}`)
  expect(start, `a form to ${action}`).toBeGreaterThan(-1)
  return { ...page, body: page.body.slice(page.body.lastIndexOf('<form', start)) }
}

/** Whether the browser is logged in. */
export async function isLoggedIn(browser: JarBrowser): Promise<boolean> {
  return (await browser.open(`${issuer}/account`)).path === '/account'
}
