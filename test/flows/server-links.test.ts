/** Attacks on the links that are sent by mail, and by them; over both databases. */

import { describe, expect, test, vi } from 'vitest'
import type { MailMessage } from '../../src/server/mail/mail.ts'
import { dialects } from '../setup/database.ts'
import { browserOf, requestUrl } from './browser-jar.ts'
import type { Arrived } from './browser-jar.ts'
import { aliceAddress, browserAt, linkIn, mailWorld, otherPassword, password } from './mail-world.ts'
import type { MailWorld } from './mail-world.ts'
import { issuer } from './server-world.ts'

const both = { password: otherPassword, repeat: otherPassword }
const bob = 'bob@example.com'
const evil = 'mallory@evil.test'

/** One link of each kind: of a sign-up, for another password, for another address. */
async function links(at: MailWorld): Promise<Readonly<Record<'signUp' | 'reset' | 'email', string>>> {
  const { browser } = at
  await browser.submit(await browser.open(`${issuer}/sign-up`), { email: bob })
  const signUp = linkIn(await at.mail(1))
  await at.forgotten(aliceAddress)
  const reset = linkIn(await at.mail(2))
  return { signUp, reset, email: await emailLink(at, evil, 2) }
}

/** Alice asks for another address. */
async function emailLink(at: MailWorld, to: string, before: number): Promise<string> {
  const alice = browserOf(at.server.app)
  await alice.submit(await at.logIn('alice', password, alice), { email: to, password })
  // One goes to the address that she has.
  await at.mail(before + 2)
  const found = at.sent.find((mail) => mail.to === to)
  if (found === undefined) throw new Error('There is no mail')
  return linkIn(found)
}

/** A form of the pages, sent to another address than its own. */
function aimed(form: Arrived, link: string): Arrived {
  const { pathname, search } = new URL(link)
  return { ...form, body: form.body.replace(/action="[^"]*"/, () => `action="${pathname}${search}"`) }
}

function moved(link: string, path: string): string {
  return issuer + path + new URL(link).search
}

/** Alice's account is as it was, and bob has none. */
async function nothingChanged(at: MailWorld): Promise<void> {
  await at.accounts.authenticate({ username: 'alice', password })
  expect((await at.accounts.get(at.alice))?.email).toBe(aliceAddress)
  expect(await at.accounts.findByEmail(bob)).toEqual([])
}

describe.each(dialects)('%s', (dialect) => {
  test('SECURITY 226: a link is good for nothing but what it was sent for', async () => {
    const at = await mailWorld(dialect)
    const { signUp, reset, email } = await links(at)
    const form = await at.browser.open(reset)
    for (const wrong of [
      moved(signUp, '/reset-password'),
      moved(email, '/reset-password'),
      moved(reset, '/verify'),
    ]) {
      expect((await at.browser.open(wrong)).status).toBe(410)
      expect((await at.browser.submit(aimed(form, wrong), both)).status).toBe(410)
    }
    await nothingChanged(at)
    // At its own place each is good: nothing of the above has used it up.
    expect((await at.browser.submit(aimed(form, signUp), both)).status).toBe(200)
    expect((await at.browser.submit(aimed(form, email), {})).status).toBe(200)
    expect(await at.accounts.findByEmail(bob)).toHaveLength(1)
    expect((await at.accounts.get(at.alice))?.email).toBe(evil)
  })

  test('SECURITY 204: links are opened by mail scanners, and by browsers in advance: nothing happens by it', async () => {
    const at = await mailWorld(dialect)
    const all = await links(at)
    for (const link of Object.values(all)) {
      for (const method of ['GET', 'HEAD', 'OPTIONS', 'GET']) {
        await at.server.app.request(link, { method, headers: { 'sec-purpose': 'prefetch' } })
      }
      // A scanner that sends forms has no cookie of the browser that they were made for.
      const robot = await at.server.app.request(link, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams(both).toString(),
      })
      expect(robot.status).toBe(403)
    }
    await nothingChanged(at)
    for (const link of Object.values(all)) expect((await at.browser.open(link)).status).toBe(200)
  })

  test('SECURITY 38: the page of a link tells its address to nobody, and no cache keeps it', async () => {
    const at = await mailWorld(dialect)
    for (const link of Object.values(await links(at))) {
      const page = await at.browser.open(link)
      const refused = await at.browser.submit(page, { password: 'short', repeat: 'short' })
      for (const { headers, body } of [page, refused, await at.browser.open(`${link}x`)]) {
        expect(headers.get('referrer-policy')).toBe('no-referrer')
        expect(headers.get('cache-control')).toBe('no-store')
        expect(body).not.toMatch(/(?:href|src|action)="(?:https?:)?\/\//)
      }
    }
  })

  test.each(['a reset', 'the account page', 'an administrator'])(
    'SECURITY 226: whoever asked for another address while they were in is out after %s',
    async (by) => {
      const at = await mailWorld(dialect)
      const link = await emailLink(at, evil, 0)
      const thief = browserOf(at.server.app)
      const confirm = await thief.open(link)
      expect(confirm.status).toBe(200)
      const owner = browserOf(at.server.app)
      if (by === 'a reset') {
        await at.forgotten(aliceAddress, owner)
        await owner.submit(await owner.open(linkIn(await at.mail(3))), both)
      } else if (by === 'the account page') {
        await at.logIn('alice', password, owner)
        const page = await owner.open(`${issuer}/account/password`)
        const fields = { password, new_password: otherPassword, repeated: otherPassword }
        expect((await owner.submit(page, fields)).path).toBe('/account')
      } else {
        await at.accounts.setPassword(at.alice, otherPassword)
      }
      await at.accounts.authenticate({ username: 'alice', password: otherPassword })
      expect((await thief.submit(confirm, {})).status).toBe(410)
      expect((await at.accounts.get(at.alice))?.email).toBe(aliceAddress)
    },
  )

  test('SECURITY 226: so is whoever asked for it while the mail could not leave', async () => {
    const waiting: (() => void)[] = []
    const sent: MailMessage[] = []
    const at = await mailWorld(dialect, {
      mail: {
        from: 'no-reply@auth.test',
        async send(message) {
          await new Promise<void>((ready) => waiting.push(ready))
          sent.push(message)
        },
      },
    })
    const alice = browserOf(at.server.app)
    const question = await at.logIn('alice', password, alice)
    for (let turn = 0; turn < 8; turn += 1) await at.forgotten(aliceAddress)
    // The mail server is busy with these, so what comes now waits before it is even written.
    await vi.waitFor(() => expect(waiting).toHaveLength(8), { timeout: 10_000 })
    expect((await alice.submit(question, { email: evil, password })).status).toBe(200)
    await at.accounts.setPassword(at.alice, otherPassword)
    await vi.waitFor(
      () => {
        for (const ready of waiting.splice(0)) ready()
        expect(sent.some(({ to }) => to === evil)).toBe(true)
      },
      { timeout: 10_000 },
    )
    const link = linkIn(sent.find(({ to }) => to === evil) as MailMessage)
    expect((await at.browser.open(link)).status).toBe(410)
    expect((await at.accounts.get(at.alice))?.email).toBe(aliceAddress)
  })

  test('SECURITY 226: a link is worth nothing when its account is disabled or removed', async () => {
    const at = await mailWorld(dialect)
    const { reset, email } = await links(at)
    const [first, second] = [await at.browser.open(reset), await at.browser.open(email)]
    await at.accounts.update(at.alice, { disabled: true })
    expect((await at.browser.submit(first, both)).status).toBe(410)
    expect((await at.browser.submit(second, {})).status).toBe(410)
    await at.accounts.update(at.alice, { disabled: false })
    await nothingChanged(at)
    await at.accounts.remove(at.alice)
    expect((await at.browser.submit(first, both)).status).toBe(410)
    expect((await at.browser.submit(second, {})).status).toBe(410)
    expect(await at.accounts.findByEmail(evil)).toEqual([])
  })

  test('SECURITY 243: whoever signs up with the address of somebody else has nothing of the account that comes of it', async () => {
    const at = await mailWorld(dialect)
    const thief = browserOf(at.server.app)
    const login = await thief.open(requestUrl(at, 'web'))
    const [, path = ''] = /href="(\/sign-up\?flow=[^"]+)"/.exec(login.body) ?? []
    await thief.submit(await thief.open(issuer + path), { email: bob })
    // There is nothing to log in to, and no password is asked of somebody who has not shown whose address it is.
    expect(await at.accounts.findByEmail(bob)).toEqual([])
    const owner = browserOf(at.server.app)
    const done = await owner.submit(await owner.open(linkIn(await at.mail(1))), both)
    expect(done.status).toBe(200)
    // Nor does the owner go on with what the other one had begun.
    expect(done.body).toContain('href="/login?next=/account"')
    expect(done.body).not.toContain('flow=')
    expect((await thief.open(`${issuer}/account`)).path).toBe('/login')
    expect(await at.store.listSessions((await at.accounts.findByEmail(bob))[0]?.id ?? '', 0)).toEqual([])
  })

  test('SECURITY 243: an address that nobody has verified opens no account, and its owner gets it without the other’s password and sessions', async () => {
    const at = await mailWorld(dialect)
    const { id } = await at.accounts.create({ username: 'mallory', password, email: bob })
    const thief = browserOf(at.server.app)
    expect((await at.logIn('mallory', password, thief)).path).toBe('/account/email')
    expect((await at.logIn(bob, password)).status).toBe(401)
    await at.forgotten(bob)
    const form = await at.browser.open(linkIn(await at.mail(1)))
    expect((await at.browser.submit(form, both)).status).toBe(200)
    await expect(at.accounts.authenticate({ username: 'mallory', password })).rejects.toThrow()
    expect((await thief.open(`${issuer}/account`)).path).toBe('/login')
    expect(await at.store.listSessions(id, 0)).toEqual([])
  })

  test('SECURITY 282, 284: a mailbox is not flooded: by many at once, from many places, in many spellings', async () => {
    const at = await mailWorld(dialect, { rateLimits: { mailbox: { points: 3, seconds: 3600 } } })
    const spellings = ['alice@example.com', 'ALICE@example.com', 'alice@EXAMPLE.com', ' Alice@Example.Com ']
    const answers = await Promise.all(
      Array.from({ length: 24 }, (_, index) =>
        at.forgotten(spellings[index % 4] ?? '', browserAt(at, `198.51.100.${index}`)),
      ),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    await at.settled()
    expect(at.sent.map(({ to }) => to)).toEqual([aliceAddress, aliceAddress, aliceAddress])
    // The newest is good and the others are not; at one and the same moment, the one that is sent last need not be it.
    const forms = await Promise.all(at.sent.map((message) => at.browser.open(linkIn(message))))
    expect(forms.map(({ status }) => status).toSorted()).toEqual([200, 410, 410])
  })

  test('SECURITY 231: a link’s token that is none is answered like one that is not good any more', async () => {
    const at = await mailWorld(dialect)
    const good = linkIn((await at.forgotten(aliceAddress), await at.mail(1)))
    const form = await at.browser.open(good)
    const token = new URL(good).searchParams.get('token') ?? ''
    for (const search of [
      '',
      '?token=',
      '?token=%00',
      `?token=${token}%00`,
      `?token=${token}&token=${token}`,
      `?token[]=${token}`,
      `?token=${'a'.repeat(5000)}`,
      "?token='%20or%201=1",
      `?token=${token.slice(0, -1)}`,
    ]) {
      for (const path of ['/reset-password', '/verify']) {
        const link = issuer + path + search
        expect((await at.browser.open(link)).status, link).toBe(410)
        expect((await at.browser.submit(aimed(form, link), both)).status, link).toBe(410)
      }
    }
    await at.accounts.authenticate({ username: 'alice', password })
    expect((await at.browser.submit(form, both)).status).toBe(200)
  })
})

test('SECURITY 227: a request under another name gets no link of that name', async () => {
  const at = await mailWorld('sqlite')
  const question = await at.browser.open(`${issuer}/forgot-password`)
  const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec(question.body) ?? []
  const answer = await at.server.app.request('https://evil.test/forgot-password', {
    method: 'POST',
    headers: {
      host: 'evil.test',
      cookie: at.browser.header(),
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({ csrf, email: aliceAddress }).toString(),
  })
  expect(answer.status).toBe(200)
  const mail = await at.mail(1)
  expect(new URL(linkIn(mail)).origin).toBe(issuer)
  expect(JSON.stringify(mail)).not.toContain('evil.test')
})

test('SECURITY 275: neither a link nor a password is in the audit log or in what is reported', async () => {
  const reports: unknown[] = []
  const at = await mailWorld('sqlite', { report: (error) => reports.push(error) })
  const all = await links(at)
  await at.browser.submit(await at.browser.open(all.reset), both)
  const log = JSON.stringify([await at.store.listAudit({ limit: 100 }), at.events, reports])
  for (const link of Object.values(all)) {
    expect(log).not.toContain(new URL(link).searchParams.get('token'))
  }
  expect(log).not.toContain(otherPassword)
  expect(log).toContain('link.requested')
})
