/** An authorization server whose mail is caught, for the tests of what is sent and of the links in it. */

import { expect, vi } from 'vitest'
import { defaultPages } from '../../src/pages/default-pages.ts'
import type { MailMessage } from '../../src/server/mail/mail.ts'
import type { AuthorizationServerOptions } from '../../src/server/options.ts'
import type { Dialect } from '../setup/database.ts'
import { browserOf } from './browser-jar.ts'
import type { Arrived, JarBrowser } from './browser-jar.ts'
import { issuer, world } from './server-world.ts'
import type { World } from './server-world.ts'

/** The address of alice. */
export const aliceAddress = 'alice@example.com'
/** The password of alice. */
export const password = 'correct horse battery'
/** What is good for another one. */
export const otherPassword = 'four tired donkeys sing'

/** A world with mail. */
export interface MailWorld extends World {
  readonly browser: JarBrowser
  /** What was sent, the latest last. */
  readonly sent: readonly MailMessage[]
  /** Waits until so many were sent, and gives the last one. */
  mail(count: number): Promise<MailMessage>
  /** Waits until what was asked for before this is done, whether anything was sent or not. */
  settled(): Promise<void>
  /** Asks for a link for another password. */
  forgotten(email: string, browser?: JarBrowser): Promise<Arrived>
  /** Logs in, in a browser of its own. */
  logIn(username: string, typed: string, browser?: JarBrowser): Promise<Arrived>
}

/** Makes one: alice has a verified address. */
export async function mailWorld(
  dialect: Dialect,
  more: Partial<AuthorizationServerOptions> = {},
): Promise<MailWorld> {
  const sent: MailMessage[] = []
  const at = await world(dialect, {
    pages: defaultPages(),
    signUp: true,
    serviceName: 'Garden Party',
    mail: { from: 'Garden Party <no-reply@auth.test>', send: async (message) => void sent.push(message) },
    rateLimits: { token: { points: 100_000, seconds: 60 }, mailbox: { points: 100, seconds: 60 } },
    ...more,
  })
  await at.accounts.update(at.alice, { email: aliceAddress, emailVerified: true })
  const { app } = at.server
  const browser = browserOf(app)
  return {
    ...at,
    browser,
    sent,
    async mail(count) {
      await vi.waitFor(() => expect(sent.length).toBeGreaterThanOrEqual(count), { timeout: 20_000 })
      expect(sent).toHaveLength(count)
      return sent.at(-1) as MailMessage
    },
    async settled() {
      const name = `probe-${sent.length}`
      const { id } = await at.accounts.create({ username: name, password, email: `${name}@probe.test` })
      await at.accounts.setPassword(id, otherPassword)
      await vi.waitFor(() => expect(sent.some(({ to }) => to.startsWith(name))).toBe(true), {
        timeout: 20_000,
      })
      await new Promise((later) => setTimeout(later, 50))
      sent.splice(0, sent.length, ...sent.filter(({ to }) => !to.endsWith('@probe.test')))
    },
    async forgotten(email, by = browser) {
      return by.submit(await by.open(`${issuer}/forgot-password`), { email })
    },
    async logIn(username, typed, by = browserOf(app)) {
      return by.submit(await by.open(`${issuer}/login?next=/account/email`), { username, password: typed })
    },
  }
}

/** A browser at a network address. */
export function browserAt({ server: { app } }: World, address: string): JarBrowser {
  return browserOf({
    request: (url, init) => app.fetch(new Request(new URL(url, issuer), init), { address }),
  })
}

/** The link in a mail. It is the same in both of its forms. */
export function linkIn({ text, html }: MailMessage): string {
  const link = /^https:\/\/auth\.test\/[a-z-]+\?token=[\w-]{43}$/m.exec(text)?.[0] ?? ''
  expect(link).not.toBe('')
  expect(html).toContain(`href="${link}"`)
  return link
}

/** A page without what differs between any two: the form's token. */
export function plain({ body }: Arrived): string {
  return body.replace(/name="csrf" value="[^"]*"/g, '')
}

/** A page's headers without its own cookies and length. */
export function headersOf({ headers }: Arrived): Readonly<Record<string, string>> {
  return Object.fromEntries([...headers].filter(([name]) => name !== 'set-cookie'))
}
