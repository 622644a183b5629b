/** The ways in to an account that came from a provider: the last one stays, passkeys count, and changes are told by mail. */

import { describe, expect, test, vi } from 'vitest'
import type { MailMessage } from '../../src/server/mail/mail.ts'
import { dialects } from '../setup/database.ts'
import type { Dialect } from '../setup/database.ts'
import { browserOf } from './browser-jar.ts'
import type { Arrived, JarBrowser } from './browser-jar.ts'
import { isLoggedIn, providerWorld } from './provider-world.ts'
import type { ProviderWorld } from './provider-world.ts'
import { issuer } from './server-world.ts'
import { softwarePasskey } from './software-passkey.ts'
import type { SoftwarePasskey } from './software-passkey.ts'

const security = `${issuer}/account/security`

function answerTo(page: Arrived) {
  const options = /data-options="([^"]*)"/.exec(page.body)?.[1]?.replaceAll('&quot;', '"') ?? '{}'
  const { challenge } = JSON.parse(options) as { readonly challenge: string }
  return { challenge, origin: issuer, rpId: 'auth.test' }
}

async function addPasskey(browser: JarBrowser): Promise<SoftwarePasskey> {
  const passkey = softwarePasskey()
  const list = await browser.open(security)
  const credential = passkey.create(answerTo(list))
  const done = await browser.submit(list, { credential, name: 'Laptop' }, {}, 'credential')
  expect(done.status).toBe(200)
  return passkey
}

/** Somebody whose account has one provider, and nothing else. */
async function newcomer(dialect: Dialect, more: Parameters<typeof providerWorld>[1] = {}) {
  const at = await providerWorld(dialect, more)
  await at.logIn({ sub: 'n-1', preferred_username: 'new' })
  const { id = '' } = (await at.accounts.find('work:new')) ?? {}
  const [link] = await at.providers.list(id)
  const passkeys = async () =>
    (await at.store.listAuthenticators(id)).filter(({ kind }) => kind === 'passkey')
  return { at, id, link: link?.id ?? '', passkeys }
}

async function removePasskey({ browser }: ProviderWorld, id: string): Promise<Arrived> {
  return browser.submit(await browser.open(security), { action: 'remove', id })
}

describe.each(dialects)('%s', (dialect) => {
  test('SECURITY 245: a passkey is a way in: with one the last provider can be taken away, and then it cannot', async () => {
    const { at, id, link, passkeys } = await newcomer(dialect)
    expect((await at.press('unlink', link)).status).toBe(409)
    const passkey = await addPasskey(at.browser)
    expect((await at.press('unlink', link)).status).toBe(200)
    expect(await at.providers.list(id)).toEqual([])

    const [key] = await passkeys()
    const kept = await removePasskey(at, key?.id ?? '')
    expect([kept.status, kept.body.includes('is the only way in to your account')]).toEqual([409, true])
    expect(await passkeys()).toHaveLength(1)
    expect(at.events.map(({ type }) => type)).not.toContain('factor.removed')
    // It is one indeed.
    const other = browserOf(at.server.app)
    const login = await other.open(`${issuer}/login?next=/account`)
    await other.submit(login, { credential: passkey.get(answerTo(login)) }, {}, 'credential')
    expect(await isLoggedIn(other)).toBe(true)

    // A second one, and the first can go.
    await addPasskey(at.browser)
    expect((await removePasskey(at, key?.id ?? '')).status).toBe(200)
    expect(await passkeys()).toHaveLength(1)
  })

  test('SECURITY 245: an authenticator app is no way in, and is removed all the same', async () => {
    const { at, id, link } = await newcomer(dialect)
    const app = {
      id: 'app',
      subject: id,
      kind: 'totp',
      name: 'App',
      data: 'x',
      counter: 0,
      createdAt: at.clock.now,
    } as const
    await at.store.addAuthenticator(app)
    const ways = { providers: ['work', 'other'], passkeys: true }
    const audit = [{ at: at.clock.now, type: 'factor.removed' }]
    expect(await at.store.removeAuthenticator('app', id, { ways, audit })).toBe('removed')
    await at.store.addAuthenticator(app)
    // With the provider away by other means, that is what is left.
    const removed = at.store.removeAuthenticator('app', id, { ways: { providers: [], passkeys: true } })
    expect(await removed).toBe('removed')
    expect((await at.press('unlink', link)).status).toBe(409)
  })

  test('SECURITY 245: where passkeys are not taken at the login, one is no way in', async () => {
    const { at, id } = await newcomer(dialect)
    await addPasskey(at.browser)
    const [key] = (await at.store.listAuthenticators(id)).filter(({ kind }) => kind === 'passkey')
    const without = { providers: ['work'], passkeys: false }
    expect(await at.store.removeAuthenticator(key?.id ?? '', id, { ways: without })).toBe('removed')
  })

  test('SECURITY 245: a passkey that is removed and a provider that is unlinked at the same moment: one stays', async () => {
    const { at, id } = await newcomer(dialect)
    for (let round = 0; round < 8; round += 1) {
      if ((await at.providers.list(id)).length === 0) {
        const sent = await at.press('link', 'work')
        await at.browser.open(at.work.logIn(sent.location, { sub: 'n-1' }))
      }
      const before = (await at.store.listAuthenticators(id)).filter(({ kind }) => kind === 'passkey')
      if (before.length === 0) await addPasskey(at.browser)
      const [key] = (await at.store.listAuthenticators(id)).filter(({ kind }) => kind === 'passkey')
      const [link] = await at.providers.list(id)
      const [providers, list] = [
        await at.browser.open(`${issuer}/account/providers`),
        await at.browser.open(security),
      ]
      const [unlinked, removed] = await Promise.all([
        at.browser.submit(providers, { unlink: link?.id ?? '' }),
        at.browser.submit(list, { action: 'remove', id: key?.id ?? '' }),
      ])
      expect([unlinked.status, removed.status].toSorted()).toEqual([200, 409])
      const left = (await at.store.listAuthenticators(id)).filter(({ kind }) => kind === 'passkey')
      expect((await at.providers.list(id)).length + left.length).toBe(1)
    }
  })

  test('SECURITY 212: whoever owns the account is told of every provider that is linked or unlinked, and of no other', async () => {
    const sent: MailMessage[] = []
    const from = 'Garden Party <no-reply@auth.test>'
    const at = await providerWorld(dialect, {
      mail: { from, send: async (message) => void sent.push(message) },
    })
    const mails = async (count: number): Promise<MailMessage> => {
      await vi.waitFor(() => expect(sent.length).toBeGreaterThanOrEqual(count), { timeout: 20_000 })
      expect(sent).toHaveLength(count)
      return sent.at(-1) as MailMessage
    }
    await at.accounts.update(at.alice, { email: 'alice@example.com' })
    await at.withPassword()
    const link = async () => {
      const begun = await at.press('link', 'work')
      return at.browser.open(at.work.logIn(begun.location, { sub: 'a-1', preferred_username: '<b>al</b>' }))
    }
    await link()
    const linked = await mails(1)
    expect([linked.to, linked.subject]).toEqual([
      'alice@example.com',
      'Who can log in to your account at Garden Party',
    ])
    expect(linked.text).toContain(
      'The account alice at Garden Party is linked with an account at Example Inc. now',
    )
    expect(linked.text).toContain(`${issuer}/forgot-password`)
    // Nothing of what the provider says is in it.
    expect(linked.text + linked.html).not.toMatch(/a-1|<b>al/)
    // What is there already is no news.
    await link()
    const [identity] = await at.providers.list(at.alice)
    await at.press('unlink', 'nothing that is there')
    expect(sent).toHaveLength(1)
    await at.press('unlink', identity?.id ?? '')
    const { text } = await mails(2)
    expect(text).toContain('is not linked with an account at Example Inc. any more')
    // An account that begins with a provider is no change of one.
    await at.logIn(
      { sub: 'n-1', preferred_username: 'new', email: 'new@example.com' },
      browserOf(at.server.app),
    )
    await new Promise((later) => setTimeout(later, 100))
    expect(sent).toHaveLength(2)
  })

  test('SECURITY 212: a provider that is linked by the address alone is told as well, in the language of the page', async () => {
    const sent: MailMessage[] = []
    const mail = { from: 'no-reply@auth.test', send: async (message: MailMessage) => void sent.push(message) }
    const at = await providerWorld(
      dialect,
      { mail, providerAccounts: { linkByEmail: true } },
      { trustEmail: true },
    )
    await at.accounts.update(at.alice, { email: 'alice@example.com', emailVerified: true })
    const german = browserOf({
      request: (url, init) => {
        const headers = new Headers(init?.headers)
        headers.set('accept-language', 'de')
        return at.server.app.request(url, { ...init, headers })
      },
    })
    await at.logIn({ sub: 'a-1', email: 'alice@example.com', email_verified: true }, german)
    await vi.waitFor(() => expect(sent).toHaveLength(1), { timeout: 20_000 })
    expect(sent[0]?.text).toContain('ist jetzt mit einem Konto bei Example Inc. verknüpft')
  })
})
