/** Somebody has forgotten the password, or a stranger says so; over both databases. */

import { sql } from 'kysely'
import { describe, expect, test, vi } from 'vitest'
import { sha256Base64url } from '../../src/crypto/hash.ts'
import { openDatabase } from '../../src/store/open.ts'
import { dialects } from '../setup/database.ts'
import { browserOf, requestUrl } from './browser-jar.ts'
import {
  aliceAddress,
  browserAt,
  headersOf,
  linkIn,
  mailWorld,
  otherPassword,
  password,
  plain,
} from './mail-world.ts'
import { issuer } from './server-world.ts'

const both = { password: otherPassword, repeat: otherPassword }

describe.each(dialects)('%s', (dialect) => {
  test('a person sets another password by a link, and goes on where they were', async () => {
    const at = await mailWorld(dialect)
    const { browser } = at
    const login = await browser.open(requestUrl(at, 'web'))
    const [, address = ''] = /href="(\/forgot-password\?flow=[^"]+)"/.exec(login.body) ?? []
    const question = await browser.open(issuer + address)
    const answer = await browser.submit(question, { email: 'ALICE@example.com' })
    expect([answer.status, answer.body.includes('ALICE@example.com')]).toEqual([200, true])
    const mail = await at.mail(1)
    expect([mail.to, mail.from]).toEqual([aliceAddress, 'Garden Party <no-reply@auth.test>'])
    expect(mail.subject).toBe('Set another password at Garden Party')
    const form = await browser.open(linkIn(mail))
    expect(form.status).toBe(200)
    const done = await browser.submit(form, both)
    expect(done.status).toBe(200)
    // SECURITY 228: nobody is logged in by it.
    expect(browser.cookie('__Host-gatewright-session')).toBeUndefined()
    const [, onward = ''] = /class="button primary" href="([^"]+)"/.exec(done.body) ?? []
    expect(onward).toMatch(/^\/login\?flow=/)
    const consent = await browser.submit(await browser.open(issuer + onward), {
      username: 'alice',
      password: otherPassword,
    })
    expect(consent.path).toBe('/consent')
    const news = await at.mail(2)
    expect([news.to, news.subject]).toEqual([aliceAddress, 'Your password at Garden Party was changed'])
    expect(at.events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['link.requested', 'account.password_changed']),
    )
  })

  test('SECURITY 226: of twenty uses of one link at once, one succeeds', async () => {
    const at = await mailWorld(dialect)
    await at.forgotten(aliceAddress)
    const link = linkIn(await at.mail(1))
    const browsers = Array.from({ length: 20 }, () => browserOf(at.server.app))
    const forms = await Promise.all(browsers.map((each) => each.open(link)))
    const answers = await Promise.all(
      browsers.map((each, index) => {
        const mine = `four tired donkeys sing ${index}`
        const form = forms[index]
        if (form === undefined) throw new Error('There is no form')
        return each.submit(form, { password: mine, repeat: mine })
      }),
    )
    const statuses = answers.map(({ status }) => status)
    expect(statuses.filter((status) => status === 200)).toHaveLength(1)
    expect(statuses.every((status) => [200, 410, 503].includes(status))).toBe(true)
    const winner = `four tired donkeys sing ${statuses.indexOf(200)}`
    await at.accounts.authenticate({ username: 'alice', password: winner })
    const log = await at.store.listAudit({ type: 'account.password_changed', limit: 99 })
    expect(log).toHaveLength(1)
  })

  test('SECURITY 226: links die by a newer one, by time, and by another password', async () => {
    const at = await mailWorld(dialect)
    const { browser } = at
    await at.forgotten(aliceAddress)
    const first = linkIn(await at.mail(1))
    const form = await browser.open(first)
    await at.forgotten(aliceAddress)
    const second = linkIn(await at.mail(2))
    expect((await browser.open(first)).status).toBe(410)
    expect((await browser.submit(form, both)).status).toBe(410)
    at.clock.now += 3600_000
    expect((await browser.open(second)).status).toBe(410)
    await at.forgotten(aliceAddress)
    const third = await browser.open(linkIn(await at.mail(3)))
    await at.accounts.setPassword(at.alice, 'set by an administrator')
    expect((await browser.submit(third, both)).status).toBe(410)
    await at.accounts.authenticate({ username: 'alice', password: 'set by an administrator' })
    await at.mail(4)
    await at.forgotten(aliceAddress)
    const fourth = await browser.open(linkIn(await at.mail(5)))
    await at.accounts.update(at.alice, { disabled: true })
    expect((await browser.submit(fourth, both)).status).toBe(410)
  })

  test('SECURITY 200 and 228: a reset ends sessions and refresh tokens', async () => {
    const at = await mailWorld(dialect)
    const tokens = await at.tokens('web')
    const elsewhere = browserOf(at.server.app)
    expect((await at.logIn('alice', password, elsewhere)).path).toBe('/account/email')
    await at.forgotten(aliceAddress)
    await at.browser.submit(await at.browser.open(linkIn(await at.mail(1))), both)
    expect((await elsewhere.open(`${issuer}/account/email`)).path).toBe('/login')
    expect((await at.refresh('web', tokens.refresh_token)).status).toBe(400)
    expect(await at.store.listSessions(at.alice, at.clock.now)).toEqual([])
  })

  test('SECURITY 266: the token is in no table, only its hash', async () => {
    const at = await mailWorld(dialect)
    await at.forgotten(aliceAddress)
    const token = new URL(linkIn(await at.mail(1))).searchParams.get('token') ?? ''
    await using database = await openDatabase(at.url)
    const { rows } = await sql`select * from gatewright_account_tokens`.execute(database.kysely)
    expect(JSON.stringify(rows)).toContain(sha256Base64url(token))
    expect(JSON.stringify(rows)).not.toContain(token)
  })

  test('SECURITY 207: a known and an unknown address are answered alike', async () => {
    const at = await mailWorld(dialect)
    const known = await at.forgotten(aliceAddress)
    const unknown = await at.forgotten('alicf@example.com')
    expect(unknown.status).toBe(known.status)
    expect(headersOf(unknown)).toEqual(headersOf(known))
    expect(plain(unknown)).toBe(plain(known).replaceAll(aliceAddress, 'alicf@example.com'))
    await at.mail(1)
    await at.settled()
    expect(at.sent.map(({ to }) => to)).toEqual([aliceAddress])
  })

  test('SECURITY 207: as much is written for an unknown address, so the next request waits as long', async () => {
    const at = await mailWorld(dialect)
    await using database = await openDatabase(at.url)
    const written = async (): Promise<readonly unknown[]> => {
      const { rows } = await sql`select purpose from gatewright_account_tokens order by purpose`.execute(
        database.kysely,
      )
      return [rows, (await at.store.listAudit({ type: 'link.requested', limit: 9 })).length]
    }
    for (const [index, email] of [aliceAddress, 'nobody@example.com'].entries()) {
      await at.forgotten(email)
      await at.browser.submit(await at.browser.open(`${issuer}/sign-up`), { email })
      await vi.waitFor(async () => {
        const rows = Array.from({ length: 2 * (index + 1) }, (_, at) => ({
          purpose: at <= index ? 'reset' : 'sign_up',
        }))
        expect(await written()).toEqual([rows, 2 * (index + 1)])
      })
    }
    // What was written for nobody opens nothing.
    await at.mail(3)
    expect(at.sent.map(({ to }) => to).toSorted()).toEqual([aliceAddress, aliceAddress, 'nobody@example.com'])
  })
})

describe.each(dialects)('lockout on %s', (dialect) => {
  const wrong = 'wrong, wrong and wrong'

  test('SECURITY 281: a stranger who guesses at one address does not stop the owner at another', async () => {
    const at = await mailWorld(dialect)
    const strange = browserAt(at, '198.51.100.1')
    for (let turn = 0; turn < 12; turn += 1) await at.logIn('alice', wrong, strange)
    expect((await at.logIn('alice', password, strange)).status).toBe(429)
    expect((await at.logIn('alice', password, browserAt(at, '203.0.113.7'))).path).toBe('/account/email')
    // Nor does the owner's login open the account to the stranger again.
    expect((await at.logIn('alice', password, browserAt(at, '198.51.100.1'))).status).toBe(429)
  })

  test('SECURITY 281: when very many guess, a reset lets the owner in from where it was done', async () => {
    const at = await mailWorld(dialect, {
      rateLimits: { token: { points: 100_000, seconds: 60 }, login: { points: 2, seconds: 300 } },
    })
    for (let turn = 0; turn < 20; turn += 1) {
      await at.logIn('alice', wrong, browserAt(at, `198.51.100.${turn}`))
    }
    const owner = browserAt(at, '203.0.113.7')
    // A day's guesses are used up, and here nobody has logged in before.
    expect((await at.logIn('alice', password, owner)).status).toBe(429)
    await at.forgotten(aliceAddress, owner)
    expect((await owner.submit(await owner.open(linkIn(await at.mail(1))), both)).status).toBe(200)
    for (let turn = 0; turn < 30; turn += 1) {
      await at.logIn('alice', wrong, browserAt(at, `198.51.100.${turn}`))
    }
    expect((await at.logIn('alice', otherPassword, browserAt(at, '192.0.2.1'))).status).toBe(429)
    expect((await at.logIn('alice', otherPassword, browserAt(at, '203.0.113.7'))).path).toBe('/account/email')
  })
})

test('SECURITY 204: opening a link changes nothing, as often as a mail scanner does it', async () => {
  const at = await mailWorld('sqlite')
  await at.forgotten(aliceAddress)
  const link = linkIn(await at.mail(1))
  for (const method of ['GET', 'HEAD', 'GET', 'OPTIONS']) await at.server.app.request(link, { method })
  await at.accounts.authenticate({ username: 'alice', password })
  const done = await at.browser.submit(await at.browser.open(link), both)
  expect(done.status).toBe(200)
})

test('SECURITY 202, 203: a reset that another site sends, or without its form, changes nothing', async () => {
  const at = await mailWorld('sqlite')
  await at.forgotten(aliceAddress)
  const form = await at.browser.open(linkIn(await at.mail(1)))
  for (const [fields, headers] of [
    [{ ...both, csrf: '' }, {}],
    [both, { origin: 'https://evil.test' }],
    [both, { origin: 'null' }],
  ] as const) {
    expect((await at.browser.submit(form, fields, headers)).status).toBe(403)
  }
  expect((await at.browser.submit(form, both, { 'content-type': 'text/plain' })).status).toBe(415)
  expect((await browserOf(at.server.app).submit(form, both)).status).toBe(403)
  await at.accounts.authenticate({ username: 'alice', password })
  expect((await at.browser.submit(form, both)).status).toBe(200)
})

test('SECURITY 227: the host of a link is the issuer’s, whatever a request says', async () => {
  const at = await mailWorld('sqlite')
  const question = await at.browser.open(`${issuer}/forgot-password`)
  await at.browser.submit(
    question,
    { email: aliceAddress },
    {
      host: 'evil.test',
      forwarded: 'host=evil.test;proto=http',
      'x-forwarded-host': 'evil.test',
      'x-forwarded-proto': 'http',
      'x-original-host': 'evil.test',
    },
  )
  const mail = await at.mail(1)
  expect(new URL(linkIn(mail)).origin).toBe(issuer)
  expect(JSON.stringify(mail)).not.toContain('evil.test')
})

test('SECURITY 214 to 218: a password that may not be set is refused with the reason, and the link stays good', async () => {
  const at = await mailWorld('sqlite')
  await at.forgotten(aliceAddress)
  const form = await at.browser.open(linkIn(await at.mail(1)))
  for (const [typed, reason] of [
    ['x'.repeat(14), '15 characters or more'],
    ['passwordpassword', 'guessed first'],
    ['Alice@Example.com', 'your own name'],
    ['Garden Party 2026', 'name of this service'],
    ['x'.repeat(1025), 'too long'],
  ] as const) {
    const refused = await at.browser.submit(form, { password: typed, repeat: typed })
    expect([refused.status, refused.body.includes(reason)], typed).toEqual([422, true])
    expect(refused.body).not.toContain(`value="${typed}"`)
  }
  const unequal = await at.browser.submit(form, { password: otherPassword, repeat: 'four tired donkeys' })
  expect([unequal.status, unequal.body.includes('not the same')]).toEqual([422, true])
  await at.accounts.authenticate({ username: 'alice', password })
  // A space in front, and an e that is made of two characters: it is what is typed at the login.
  const typed = ' une chaise tre\u0301s longue'
  expect((await at.browser.submit(form, { password: typed, repeat: typed })).status).toBe(200)
  await at.accounts.authenticate({ username: 'alice', password: ' une chaise tr\u00e9s longue' })
})

test('SECURITY 220, 221: no hints, no questions; password managers know the fields', async () => {
  const at = await mailWorld('sqlite')
  await at.forgotten(aliceAddress)
  const { body } = await at.browser.open(linkIn(await at.mail(1)))
  expect(body.match(/autocomplete="[^"]+"/g)).toEqual([
    'autocomplete="username"',
    'autocomplete="new-password"',
    'autocomplete="new-password"',
  ])
  expect(body).toContain('value="alice"')
  expect(body).not.toMatch(/maxlength|onpaste|question/i)
})

test('SECURITY 231: what is no address is refused, and no mail leaves', async () => {
  const at = await mailWorld('sqlite')
  for (const email of [
    'alice',
    'alice@example.com\r\nbcc: eve@evil.test',
    'alice@example.com\nx',
    '"alice@evil.test"@example.com',
    'alice@evil.test@example.com',
    'alice＠example.com',
    'alice@example.com\u0000',
    'alice\u2028bcc@example.com',
    'alice\u202e@example.com',
    'alice@exa\u200bmple.com',
    'alice@example.com, eve@evil.test',
    'alice@example.com;eve@evil.test',
    '<alice@example.com>',
    '',
    `${'a'.repeat(65)}@example.com`,
  ]) {
    expect((await at.forgotten(email)).status, email).toBe(422)
  }
  await at.settled()
  expect(at.sent).toEqual([])
})

test('SECURITY 229, 231: the mail goes to the address of the account, not to what was typed', async () => {
  const at = await mailWorld('sqlite')
  await at.accounts.update(at.alice, { email: 'Alice@example.com', emailVerified: true })
  await at.forgotten('aLICE@EXAMPLE.com')
  expect((await at.mail(1)).to).toBe('Alice@example.com')
})

test('whoever was given an address by an administrator gets a link; once somebody has verified it, only they do', async () => {
  const at = await mailWorld('sqlite')
  const shared = 'office@example.com'
  const { id } = await at.accounts.create({ username: 'bob', password, email: shared })
  await at.accounts.create({ username: 'carol', password, email: shared })
  await at.accounts.create({ username: 'dave', password, email: shared, disabled: true })
  await at.forgotten(shared)
  await at.mail(2)
  expect(at.sent.map(({ text }) => /account (\w+)/.exec(text)?.[1])).toEqual(['bob', 'carol'])
  await at.accounts.update(id, { emailVerified: true })
  await at.forgotten(shared)
  expect((await at.mail(3)).text).toContain('account bob')
})

test('SECURITY 280: mails are limited by who asks, and a mailbox that has enough is not told of', async () => {
  const at = await mailWorld('sqlite', {
    rateLimits: { mails: { points: 6, seconds: 3600 }, mailbox: { points: 2, seconds: 3600 } },
  })
  const answers = []
  for (let turn = 0; turn < 4; turn += 1) answers.push(await at.forgotten(aliceAddress))
  expect(new Set(answers.map(plain)).size).toBe(1)
  await at.mail(2)
  await at.settled()
  // The last link that went out is still good: a stranger who asks keeps nobody out.
  const last = at.sent.at(-1)
  expect(at.sent).toHaveLength(2)
  expect((await at.browser.open(last === undefined ? '' : linkIn(last))).status).toBe(200)
  expect((await at.forgotten('bob@example.com')).status).toBe(200)
  expect((await at.forgotten('bob@example.com')).status).toBe(200)
  const refused = await at.forgotten('bob@example.com')
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '600'])
  at.clock.now += 600_000
  expect((await at.forgotten('bob@example.com')).status).toBe(200)
})

test('without a way to send mail there is no page for it, and no link to one', async () => {
  const at = await mailWorld('sqlite', { mail: undefined as never, signUp: false })
  for (const path of ['/forgot-password', '/reset-password', '/sign-up', '/verify', '/dev/outbox']) {
    expect((await at.server.app.request(issuer + path)).status, path).toBe(404)
  }
  const login = await at.browser.open(requestUrl(at, 'web'))
  expect(login.body).not.toMatch(/forgot-password|sign-up/)
})

test('the mail is in the language of the person, and nothing of it is markup by chance', async () => {
  const at = await mailWorld('sqlite', { serviceName: 'A & <b>B</b>\r\nBcc: eve@evil.test' })
  const question = await at.browser.open(`${issuer}/forgot-password`)
  await at.browser.submit(question, { email: aliceAddress }, { 'accept-language': 'de-CH,de;q=0.9' })
  const mail = await at.mail(1)
  expect(mail.subject).toBe('Neues Passwort bei A & <b>B</b> Bcc: eve@evil.test')
  expect(mail.html).toContain('A &amp; &lt;b&gt;B&lt;/b&gt;')
  expect(mail.html).not.toContain('<b>')
  expect(mail.html).toContain('<html lang="de">')
  expect(mail.html).not.toMatch(/<img|<script|src=|url\(/)
})
