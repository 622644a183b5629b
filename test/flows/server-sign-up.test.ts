/** Somebody makes an account for themselves; over both databases. */

import { describe, expect, test } from 'vitest'
import { defaultPages } from '../../src/pages/default-pages.ts'
import { authorizationServer } from '../../src/server/authorization-server.ts'
import type { AuthorizationServerOptions } from '../../src/server/options.ts'
import { dialects } from '../setup/database.ts'
import { browserOf, requestUrl } from './browser-jar.ts'
import type { Arrived, JarBrowser } from './browser-jar.ts'
import { aliceAddress, headersOf, linkIn, mailWorld, otherPassword, password, plain } from './mail-world.ts'
import type { MailWorld } from './mail-world.ts'
import { issuer, serverOptions } from './server-world.ts'

const both = { password: otherPassword, repeat: otherPassword }
const bob = 'Bob@example.com'

async function askedFor(at: MailWorld, email: string, by: JarBrowser = at.browser): Promise<Arrived> {
  return by.submit(await by.open(`${issuer}/sign-up`), { email })
}

describe.each(dialects)('%s', (dialect) => {
  test('a person makes an account on the way to an application, and arrives there', async () => {
    const at = await mailWorld(dialect)
    const { browser } = at
    const login = await browser.open(requestUrl(at, 'web', { scope: 'read' }))
    const [, address = ''] = /href="(\/sign-up\?flow=[^"]+)"/.exec(login.body) ?? []
    const answer = await browser.submit(await browser.open(issuer + address), { email: bob })
    expect([answer.status, answer.body.includes('Look into your mailbox')]).toEqual([200, true])
    const mail = await at.mail(1)
    expect([mail.to, mail.subject]).toEqual([bob, 'Your account at Garden Party'])
    // Until the link is used there is no account, and nothing that a stranger knows could open it.
    expect(await at.accounts.findByEmail(bob)).toEqual([])
    const form = await browser.open(linkIn(mail))
    expect(await at.accounts.findByEmail(bob)).toEqual([])
    const done = await browser.submit(form, both)
    expect(done.status).toBe(200)
    const [account] = await at.accounts.findByEmail('bob@example.com')
    expect(account).toMatchObject({ username: bob, email: bob, emailVerified: true, scopes: [] })
    expect(at.events.filter(({ type }) => type === 'account.created')).toMatchObject([
      { subject: account?.id },
    ])
    const [, onward = ''] = /class="button primary" href="([^"]+)"/.exec(done.body) ?? []
    const consent = await browser.submit(await browser.open(issuer + onward), {
      username: 'bob@EXAMPLE.com',
      password: otherPassword,
    })
    expect(consent.path).toBe('/consent')
    const arrived = await browser.submit(consent, { decision: 'allow' })
    expect(new URL(arrived.location ?? '').searchParams.has('code')).toBe(true)
  })

  test('SECURITY 207: an address with an account is answered like one without; its owner is told', async () => {
    const at = await mailWorld(dialect)
    const known = await askedFor(at, aliceAddress)
    const unknown = await askedFor(at, 'alicf@example.com')
    expect(unknown.status).toBe(known.status)
    expect(headersOf(unknown)).toEqual(headersOf(known))
    expect(plain(unknown)).toBe(plain(known).replaceAll(aliceAddress, 'alicf@example.com'))
    await at.mail(2)
    const news = at.sent.find(({ to }) => to === aliceAddress)
    expect(news?.subject).toBe('You have an account at Garden Party')
    expect(news?.text).toContain(`${issuer}/forgot-password`)
    expect(news?.text).not.toContain('token=')
    // A name that is an address, without one: the same.
    await at.accounts.create({ username: 'carol@example.com', password })
    await askedFor(at, 'Carol@example.com')
    expect((await at.mail(3)).subject).toBe('You have an account at Garden Party')
  })

  test('of many uses of one link at once, one makes an account', async () => {
    const at = await mailWorld(dialect)
    await askedFor(at, bob)
    const link = linkIn(await at.mail(1))
    const form = await at.browser.open(link)
    const answers = await Promise.all(Array.from({ length: 8 }, () => at.browser.submit(form, both)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(await at.accounts.findByEmail(bob)).toHaveLength(1)
    expect((await at.browser.open(link)).status).toBe(410)
  })

  test('whose address was taken while the mail was on its way is told so, and nothing changes', async () => {
    const at = await mailWorld(dialect)
    await askedFor(at, bob)
    const form = await at.browser.open(linkIn(await at.mail(1)))
    const { id } = await at.accounts.create({ username: 'robert', password, email: bob, emailVerified: true })
    const answer = await at.browser.submit(form, both)
    expect([answer.status, answer.body.includes('There is an account already')]).toEqual([409, true])
    expect((await at.accounts.findByEmail(bob)).map((account) => account.id)).toEqual([id])
    await at.accounts.authenticate({ username: 'robert', password })
  })

  test('a verified address is as good as the name at the login, and has the same count', async () => {
    const at = await mailWorld(dialect)
    expect((await at.logIn('Alice@Example.com', password)).path).toBe('/account/email')
    for (let turn = 0; turn < 5; turn += 1) {
      await at.logIn('alice', 'wrong, wrong and wrong')
      await at.logIn(aliceAddress, 'wrong, wrong and wrong')
    }
    expect((await at.logIn('alice', password)).status).toBe(429)
    expect((await at.logIn(aliceAddress, password)).status).toBe(429)
    at.clock.now += 300_000
    await at.accounts.update(at.alice, { emailVerified: false })
    expect((await at.logIn(aliceAddress, password)).status).toBe(401)
  })
})

test('sign-up is closed unless told, and links that are on their way close with it', async () => {
  const open = await mailWorld('sqlite')
  await askedFor(open, bob)
  const link = linkIn(await open.mail(1))
  await open.server.close()
  const mail = { from: 'a@auth.test', send: async () => undefined }
  const pages = defaultPages()
  const server = authorizationServer(
    serverOptions(open.url, { pages, mail, now: () => open.clock.now }) as AuthorizationServerOptions,
  )
  const browser = browserOf(server.app)
  expect((await server.app.request(`${issuer}/sign-up`)).status).toBe(404)
  expect((await browser.open(requestUrl(open, 'web'))).body).not.toContain('sign-up')
  expect((await browser.open(link)).status).toBe(410)
  await server.close()
})

test('signUp without mail is a mistake that is told at once', () => {
  expect(() =>
    authorizationServer(serverOptions('file::memory:', { signUp: true }) as AuthorizationServerOptions),
  ).toThrow(/the option signUp is not usable: set mail as well/)
  expect(() =>
    authorizationServer(
      serverOptions('file::memory:', { lifetimes: { link: 3601 } }) as AuthorizationServerOptions,
    ),
  ).toThrow(/lifetimes\.link .* at most 3600/)
  const mail = { from: 'a@auth.test\r\nbcc: x@evil.test', send: async () => undefined }
  expect(() =>
    authorizationServer(serverOptions('file::memory:', { mail }) as AuthorizationServerOptions),
  ).toThrow(/mail\.from/)
})

test('SECURITY 218: a common password, or one of the own address, makes no account', async () => {
  const at = await mailWorld('sqlite')
  await askedFor(at, 'sunflower.lover@example.com')
  const form = await at.browser.open(linkIn(await at.mail(1)))
  for (const typed of ['qwertyuiop123456', 'sunflower-lover-2026', 'gardenparty12345']) {
    expect((await at.browser.submit(form, { password: typed, repeat: typed })).status, typed).toBe(422)
  }
  expect(await at.accounts.findByEmail('sunflower.lover@example.com')).toEqual([])
  expect((await at.browser.submit(form, both)).status).toBe(200)
})

test('SECURITY 202: an account that another site sends the form for is not made', async () => {
  const at = await mailWorld('sqlite')
  const question = await at.browser.open(`${issuer}/sign-up`)
  const answer = await at.browser.submit(question, { email: bob }, { origin: 'https://evil.test' })
  expect(answer.status).toBe(403)
  await at.settled()
  expect(at.sent).toEqual([])
})

test('SECURITY 231: an address has one spelling in the database, and its letters no second meaning', async () => {
  const at = await mailWorld('sqlite')
  expect((await askedFor(at, ' zoë@BÜCHER.example ')).status).toBe(200)
  const mail = await at.mail(1)
  expect(mail.to).toBe('zoë@xn--bcher-kva.example')
  await at.browser.submit(await at.browser.open(linkIn(mail)), both)
  expect(await at.accounts.findByEmail('ZOË@bücher.example')).toHaveLength(1)
})
