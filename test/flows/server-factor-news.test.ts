/** People are told when their second factors change, and nothing that opens the account is in the mail; on both databases. */

import { describe, expect, test, vi } from 'vitest'
import { dialects } from '../setup/database.ts'
import { browserOf } from './browser-jar.ts'
import type { Arrived } from './browser-jar.ts'
import { aliceAddress, mailWorld } from './mail-world.ts'
import type { MailWorld } from './mail-world.ts'
import { codeOf, halfMinute, logIn, recoveryCodesOn, seedOn, withApp } from './second-factor-person.ts'
import { issuer } from './server-world.ts'
import { softwarePasskey } from './software-passkey.ts'

/** What the latest of so many mails is about, after looking at whom it went to. */
async function news(at: MailWorld, count: number): Promise<string> {
  const { to, subject, text, html } = await at.mail(count)
  expect([to, subject]).toEqual([aliceAddress, 'The second factors of your account at Garden Party'])
  expect(text).toContain('the account alice')
  expect(text).toContain(`${issuer}/forgot-password`)
  const sentence = text.split('. ')[0] ?? ''
  expect(html).toContain(sentence)
  return sentence
}

function challengeOn(page: Arrived): string {
  const options = /data-options="([^"]*)"/.exec(page.body)?.[1]?.replaceAll('&quot;', '"') ?? '{}'
  return String((JSON.parse(options) as Readonly<Record<string, unknown>>)['challenge'])
}

async function factorId(at: MailWorld, kind: string): Promise<string> {
  return (await at.store.listAuthenticators(at.alice)).find((each) => each.kind === kind)?.id ?? ''
}

function open(browser: MailWorld['browser']): Promise<Arrived> {
  return browser.open(`${issuer}/account/security`)
}

describe.each(dialects)('%s', (dialect) => {
  test('SECURITY 212: news that find the outbox full are dropped, and the report says of what kind', async () => {
    const reports: unknown[] = []
    const often = { points: 1_000_000, seconds: 60 }
    const at = await mailWorld(dialect, {
      // It answers nobody.
      mail: { from: 'no-reply@auth.test', send: () => new Promise(() => undefined) },
      report: (error) => reports.push(error),
      rateLimits: { mails: often, mailbox: often },
    })
    const { browser } = at
    const setup = await browser.submit(await logIn(browser), { action: 'app' })
    const page = await browser.open(`${issuer}/forgot-password`)
    const statuses = new Set<number>()
    for (let count = 0; count < 40 && !statuses.has(503); count += 1) {
      const asked = Array.from({ length: 50 }, () => browser.submit(page, { email: aliceAddress }))
      for (const { status } of await Promise.all(asked)) statuses.add(status)
    }
    expect(statuses).toEqual(new Set([200, 503]))
    const done = await browser.submit(setup, { code: codeOf(seedOn(setup), at), name: 'Phone' })
    // What was asked for is done all the same, and in the log.
    expect(recoveryCodesOn(done)).toHaveLength(10)
    expect(at.events.map(({ type }) => type)).toContain('factor.added')
    const texts = reports.map((each) => (each instanceof Error ? each.message : String(each)))
    expect(texts).toContain('A message (factors_changed) was dropped: too many wait to be sent')
    expect(texts.join()).not.toContain('@example.com')
    // Nothing waits for what never answers.
    await at.server.close()
  }, 60_000)

  test('SECURITY 212: every change of second factors, and a recovery code that was used, is told once', async () => {
    const at = await mailWorld(dialect)
    const { browser } = at
    const { seed, codes } = await withApp(at, browser)
    // The recovery codes that came with it are not news of their own.
    expect(await news(at, 1)).toBe('An authenticator app was added to the account alice at Garden Party')

    const list = await open(browser)
    const passkey = softwarePasskey()
    const answer = { challenge: challengeOn(list), origin: issuer, rpId: 'auth.test' }
    await browser.submit(list, { credential: passkey.create(answer), name: 'Laptop' }, {}, 'credential')
    expect(await news(at, 2)).toBe('A passkey was added to the account alice at Garden Party')

    const fresh = recoveryCodesOn(await browser.submit(list, { action: 'codes' }))
    expect(fresh).toHaveLength(10)
    expect(await news(at, 3)).toBe('There are new recovery codes for the account alice at Garden Party')

    const other = browserOf(at.server.app)
    const second = await logIn(other)
    // One of the set before, and one of nobody's.
    for (const wrong of [codes[0] ?? '', 'aaaa-aaaa-aaaa-aaaa']) {
      expect((await other.submit(second, { recovery_code: wrong })).status).toBe(401)
    }
    expect((await other.submit(second, { recovery_code: fresh[0] ?? '' })).path).toBe('/account/security')
    expect(await news(at, 4)).toMatch(/logged in to the account alice at Garden Party with a recovery code$/)

    // A name is nobody's news, and neither is a factor that is not there.
    const id = await factorId(at, 'passkey')
    await other.submit(await open(other), { action: 'rename', id, name: 'Old laptop' })
    await other.submit(await open(other), { action: 'remove', id: 'another' })
    await other.submit(await open(other), { action: 'remove', id })
    expect(await news(at, 5)).toBe('A passkey was removed from the account alice at Garden Party')
    await other.submit(await open(other), { action: 'remove', id: await factorId(at, 'totp') })
    expect(await news(at, 6)).toBe('An authenticator app was removed from the account alice at Garden Party')
    expect(await at.store.listAuthenticators(at.alice)).toEqual([])
    await at.settled()
    expect(at.sent).toHaveLength(6)

    const written = JSON.stringify(at.sent)
    const spaced = seed.replaceAll(/.{4}(?=.)/g, '$& ')
    const secrets = [seed, spaced, codeOf(seed, at), passkey.id, ...codes, ...fresh, 'Phone', 'aptop']
    for (const secret of secrets) expect([secret, written.includes(secret)]).toEqual([secret, false])
    expect(written).not.toContain('token=')
  })

  test('SECURITY 212: an answer does not wait for the mail, and comes without it', async () => {
    const reports: unknown[] = []
    let tries = 0
    const at = await mailWorld(dialect, {
      mail: {
        from: 'no-reply@auth.test',
        send: () => {
          tries += 1
          throw new Error(`${aliceAddress} was refused`)
        },
      },
      report: (error) => reports.push(error),
    })
    const { codes } = await withApp(at, at.browser)
    expect(codes).toHaveLength(10)
    await vi.waitFor(() => expect(tries).toBe(1), { timeout: 20_000 })
    await at.server.close()
    expect(JSON.stringify(reports.map(String))).not.toContain(aliceAddress)
  })
})

test('SECURITY 212: the mail is in the language of the page', async () => {
  const at = await mailWorld('sqlite')
  const german = browserOf({
    request: (url, init) => {
      const headers = new Headers(init?.headers)
      headers.set('accept-language', 'de')
      return at.server.app.request(url, { ...init, headers })
    },
  })
  const setup = await german.submit(await logIn(german), { action: 'app' })
  await german.submit(setup, { code: codeOf(seedOn(setup), at), name: 'Telefon' })
  at.clock.now += halfMinute
  const { subject, text } = await at.mail(1)
  expect(subject).toBe('Die zweiten Faktoren Ihres Kontos bei Garden Party')
  expect(text).toContain('Für das Konto alice bei Garden Party wurde eine Authenticator-App hinzugefügt.')
})
