/** Somebody who is logged in changes the address of their account; over both databases. */

import { describe, expect, test } from 'vitest'
import { dialects } from '../setup/database.ts'
import { browserOf } from './browser-jar.ts'
import { aliceAddress, linkIn, mailWorld, otherPassword, password } from './mail-world.ts'
import { issuer } from './server-world.ts'

const page = `${issuer}/account/email`
const other = 'liddell@example.com'

describe.each(dialects)('%s', (dialect) => {
  test('SECURITY 208, 212 and 230: the password is asked for, the new address shows itself, the old one is told', async () => {
    const at = await mailWorld(dialect)
    const browser = browserOf(at.server.app)
    expect((await browser.open(page)).path).toBe('/login')
    const question = await at.logIn('alice', password, browser)
    expect(question.path).toBe('/account/email')
    expect(question.body).toContain(aliceAddress)
    for (const typed of ['', 'not the password at all']) {
      const refused = await browser.submit(question, { email: other, password: typed })
      expect([refused.status, refused.body.includes(other)]).toEqual([403, true])
    }
    expect((await browser.submit(question, { email: other, password })).status).toBe(200)
    await at.mail(2)
    const [link, news] = [other, aliceAddress].map((to) => at.sent.find((mail) => mail.to === to))
    expect(news?.subject).toBe('Another address for your account at Garden Party')
    expect(news?.text).not.toContain('token=')
    if (link === undefined) throw new Error('There is no mail')
    // Anywhere: the mailbox may be on another device.
    const elsewhere = browserOf(at.server.app)
    const confirm = await elsewhere.open(linkIn(link))
    expect((await at.accounts.get(at.alice))?.email).toBe(aliceAddress)
    expect((await elsewhere.submit(confirm, {})).status).toBe(200)
    expect(await at.accounts.get(at.alice)).toMatchObject({ email: other, emailVerified: true })
    expect(await at.mail(3)).toMatchObject({
      to: aliceAddress,
      subject: 'Your account at Garden Party has another address',
    })
    expect((await elsewhere.submit(confirm, {})).status).toBe(410)
    expect(at.events.filter(({ type }) => type === 'account.email_changed')).toHaveLength(1)
  })

  test('SECURITY 230: of two requests at once, the link gives exactly the address it went to', async () => {
    const at = await mailWorld(dialect)
    const browser = browserOf(at.server.app)
    const question = await at.logIn('alice', password, browser)
    const wanted = ['one@example.com', 'two@example.com']
    await Promise.all(wanted.map((email) => browser.submit(question, { email, password })))
    await at.mail(4)
    for (const email of wanted) {
      const mail = at.sent.find(({ to }) => to === email)
      if (mail === undefined) throw new Error('There is no mail')
      const confirm = await browser.open(linkIn(mail))
      if (confirm.status === 410) continue
      expect((await browser.submit(confirm, {})).status).toBe(200)
      expect((await at.accounts.get(at.alice))?.email).toBe(email)
    }
    expect(wanted).toContain((await at.accounts.get(at.alice))?.email)
  })

  test('an address that is somebody’s is not taken, and who has it is not told to others', async () => {
    const at = await mailWorld(dialect)
    await at.accounts.create({ username: 'bob', password, email: 'bob@example.com', emailVerified: true })
    const browser = browserOf(at.server.app)
    const question = await at.logIn('alice', password, browser)
    const taken = await browser.submit(question, { email: 'BOB@example.com', password })
    const free = await browser.submit(question, { email: 'bab@example.com', password })
    expect([taken.status, taken.body]).toEqual([
      free.status,
      free.body.replaceAll('bab@example.com', 'BOB@example.com'),
    ])
    const link = linkIn((await at.mail(2), at.sent.find(({ to }) => to === 'bab@example.com')) ?? nothing)
    await at.accounts.create({ username: 'barbara', password, email: 'bab@example.com', emailVerified: true })
    const answer = await browser.submit(await browser.open(link), {})
    expect(answer.status).toBe(409)
    expect((await at.accounts.get(at.alice))?.email).toBe(aliceAddress)
  })

  test('a reset link that went to the old address is worth nothing after the change', async () => {
    const at = await mailWorld(dialect)
    await at.forgotten(aliceAddress)
    const reset = linkIn(await at.mail(1))
    const browser = browserOf(at.server.app)
    await browser.submit(await at.logIn('alice', password, browser), { email: other, password })
    await at.mail(3)
    const mail = at.sent.find(({ to }) => to === other) ?? nothing
    await browser.submit(await browser.open(linkIn(mail)), {})
    expect((await browser.open(reset)).status).toBe(410)
    await at.accounts.authenticate({ username: 'alice', password })
  })
})

const nothing = { from: '', to: '', subject: '', text: '', html: '' }

test('an account without a verified address verifies the one it has', async () => {
  const at = await mailWorld('sqlite')
  await at.accounts.update(at.alice, { emailVerified: false })
  const browser = browserOf(at.server.app)
  const question = await at.logIn('alice', password, browser)
  expect(question.body).toContain(`value="${aliceAddress}"`)
  await browser.submit(question, { email: aliceAddress, password })
  await browser.submit(await browser.open(linkIn(await at.mail(1))), {})
  expect(await at.accounts.get(at.alice)).toMatchObject({ email: aliceAddress, emailVerified: true })
  await at.settled()
  expect(at.sent).toHaveLength(1)
})

test('SECURITY 202: a change that another site sends, or with the form of another session, changes nothing', async () => {
  const at = await mailWorld('sqlite')
  await at.accounts.create({ username: 'eve', password: otherPassword })
  const browser = browserOf(at.server.app)
  const question = await at.logIn('alice', password, browser)
  const eves = await at.logIn('eve', otherPassword)
  const fields = { email: other, password }
  for (const [form, more, headers] of [
    [question, { csrf: '' }, {}],
    [question, {}, { origin: 'https://evil.test' }],
    [question, {}, { origin: 'null' }],
    [eves, {}, {}],
  ] as const) {
    expect((await browser.submit(form, { ...fields, ...more }, headers)).status).toBe(403)
  }
  await at.settled()
  expect(at.sent).toEqual([])
})

test('SECURITY 225: guessing the password here is slowed like at the login', async () => {
  const at = await mailWorld('sqlite')
  const browser = browserOf(at.server.app)
  const question = await at.logIn('alice', password, browser)
  for (let turn = 0; turn < 10; turn += 1) {
    await browser.submit(question, { email: other, password: 'wrong, wrong and wrong' })
  }
  const refused = await browser.submit(question, { email: other, password })
  expect([refused.status, refused.headers.has('retry-after')]).toEqual([429, true])
  expect((await at.accounts.get(at.alice))?.email).toBe(aliceAddress)
})

test('SECURITY 208: a new address needs a recent login besides the password', async () => {
  const at = await mailWorld('sqlite')
  const browser = browserOf(at.server.app)
  const question = await at.logIn('alice', password, browser)
  at.clock.now += 901_000
  expect((await browser.open(page)).path).toBe('/login')
  expect((await browser.submit(question, { email: other, password })).path).toBe('/login')
  await at.settled()
  expect(at.sent).toEqual([])
  expect((await at.logIn('alice', password, browser)).path).toBe('/account/email')
})
