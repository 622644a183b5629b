/** Mail on its way out: a real SMTP conversation, a server that hangs, and the outbox of development. */

import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'
import { afterAll, expect, test, vi } from 'vitest'
import { authorizationServer, smtp } from '../../src/server.ts'
import { freshDatabase } from '../setup/database.ts'
import { browserOf } from './browser-jar.ts'
import { aliceAddress, mailWorld, password } from './mail-world.ts'
import { issuer } from './server-world.ts'

const cleanUps: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

interface Caught {
  readonly from: string
  readonly to: readonly string[]
  readonly user: string
  readonly data: string
}

/** An SMTP server that catches what comes. */
async function mailServer(greets = true) {
  const caught: Caught[] = []
  let connections = 0
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    onConnect(_, done) {
      connections += 1
      if (greets) done()
    },
    onAuth({ username, password: secret }, _, done) {
      if (secret === 'p@ss:word') done(null, { user: username ?? '' })
      else done(new Error('no'))
    },
    onData(stream, { envelope, user }, done) {
      let data = ''
      stream.on('data', (chunk: Buffer) => (data += chunk.toString()))
      stream.on('end', () => {
        const { mailFrom, rcptTo } = envelope
        const from = mailFrom === false ? '' : mailFrom.address
        caught.push({ from, to: rcptTo.map(({ address }) => address), user: String(user), data })
        done()
      })
    },
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  cleanUps.push(() => new Promise((closed) => server.close(() => closed(undefined))))
  const { port } = server.server.address() as AddressInfo
  return { caught, port, connections: () => connections }
}

test('a message goes out by SMTP, as text and as HTML, to one address', async () => {
  const { caught, port } = await mailServer()
  const mail = smtp({
    url: `smtp://mailer:p%40ss%3Aword@127.0.0.1:${port}`,
    from: 'Garden Party <no-reply@auth.test>',
  })
  const at = await mailWorld('sqlite', { mail })
  await at.forgotten(aliceAddress)
  await vi.waitFor(() => expect(caught).toHaveLength(1), { timeout: 20_000 })
  const [message] = caught
  expect(message).toMatchObject({ from: 'no-reply@auth.test', to: [aliceAddress], user: 'mailer' })
  expect(message?.data).toMatch(/^From: Garden Party <no-reply@auth\.test>\r$/m)
  expect(message?.data).toMatch(/^To: alice@example\.com\r$/m)
  expect(message?.data).toMatch(/^Subject: Set another password at Garden Party\r$/m)
  expect(message?.data).toContain('multipart/alternative')
  // Undo the line breaks of quoted-printable.
  const text = (message?.data ?? '').replaceAll('=\r\n', '').replaceAll('=3D', '=')
  const [link = ''] = /https:\/\/auth\.test\/reset-password\?token=[\w-]{43}/.exec(text) ?? []
  expect((await at.browser.open(link)).status).toBe(200)
})

test('SECURITY 231: neither the name of the service nor an address begins another header or recipient', async () => {
  const { caught, port } = await mailServer()
  const mail = smtp({ url: `smtp://127.0.0.1:${port}`, from: 'no-reply@auth.test' })
  const at = await mailWorld('sqlite', { mail, serviceName: 'X\r\nBcc: eve@evil.test\r\n\r\nHello' })
  await at.accounts.update(at.alice, { email: "a'b=c+eve{x}@example.com", emailVerified: true })
  await at.forgotten("a'b=c+eve{x}@example.com")
  await vi.waitFor(() => expect(caught).toHaveLength(1), { timeout: 20_000 })
  expect(caught[0]?.to).toEqual(["a'b=c+eve{x}@example.com"])
  expect(caught[0]?.data.split('\r\n\r\n')[0]).not.toMatch(/^(Bcc|Cc):/im)
})

test('SECURITY 207: a mail server that hangs holds no request', async () => {
  const { port, connections } = await mailServer(false)
  const reports: unknown[] = []
  const mail = smtp({ url: `smtp://127.0.0.1:${port}`, from: 'no-reply@auth.test' })
  const at = await mailWorld('sqlite', { mail, report: (error) => void reports.push(error) })
  const answers = []
  for (let turn = 0; turn < 12; turn += 1) answers.push((await at.forgotten(aliceAddress)).status)
  expect(new Set(answers)).toEqual(new Set([200]))
  await vi.waitFor(() => expect(connections()).toBeGreaterThan(0))
  // Everything else goes on as ever.
  expect((await at.logIn('alice', password)).path).toBe('/account/email')
  expect(reports).toEqual([])
})

test('smtp() says what is wrong with its options, and repeats no password', () => {
  for (const url of ['', 'mail.example.com', 'https://mail.example.com', 'smtp://']) {
    expect(() => smtp({ url, from: 'a@example.com' })).toThrow(/smtps:\/\/user:password@mail\.example\.com/)
  }
  expect(() => smtp({ url: 'ftp://me:hunter22@x.test', from: 'a@example.com' })).not.toThrow(/hunter22/)
  expect(() => smtp({ url: 'smtp://x.test', from: 'a@example.com\r\nBcc: b@example.com' })).toThrow(/from/)
})

test('smtp() wants TLS of every server but one on this machine', async () => {
  const { port } = await mailServer()
  const reports: unknown[] = []
  // The name of this machine that is none of its own addresses by the look of it.
  const mail = smtp({ url: `smtp://0.0.0.0:${port}`, from: 'no-reply@auth.test' })
  await expect(
    mail.send({ from: mail.from, to: aliceAddress, subject: 'x', text: 'secret', html: '' }),
  ).rejects.toMatchObject({ code: 'ETLS' })
  expect(reports).toEqual([])
})

test('in development mail is printed, and shown at /dev/outbox to this machine alone', async () => {
  const printed = vi.spyOn(console, 'info').mockImplementation(() => undefined)
  cleanUps.push(async () => printed.mockRestore())
  const local = 'http://localhost:8000'
  const server = authorizationServer({
    issuer: local,
    database: await freshDatabase('sqlite'),
    scopes: { me: 'Me' },
    signUp: true,
    development: true,
  })
  cleanUps.push(() => server.close())
  const outbox = async (headers: Readonly<Record<string, string>> = {}, address?: string, host = local) => {
    const request = new Request(`${host}/dev/outbox`, { headers })
    return server.app.fetch(request, address === undefined ? {} : { address })
  }
  expect(await (await outbox()).text()).toContain('Nothing yet')
  const page = await server.app.request(`${local}/sign-up`)
  const [, csrf = ''] = /name="csrf" value="([^"]+)"/.exec(await page.text()) ?? []
  const answer = await server.app.request(`${local}/sign-up`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      cookie: page.headers
        .getSetCookie()
        .map((cookie) => cookie.split(';')[0])
        .join('; '),
    },
    body: new URLSearchParams({ csrf, email: 'bob@example.com' }).toString(),
  })
  expect(answer.status).toBe(200)
  await vi.waitFor(() => expect(printed).toHaveBeenCalledTimes(1), { timeout: 20_000 })
  expect(String(printed.mock.calls[0]?.[0])).toContain('http://localhost:8000/verify?token=')
  const shown = await (await outbox({}, '127.0.0.1')).text()
  expect(shown).toMatch(/<a href="http:\/\/localhost:8000\/verify\?token=[\w-]{43}">/)
  expect(shown).toContain('bob@example.com')
  // SECURITY 275: not to a neighbour, not to a page whose name points here.
  expect((await outbox({}, '192.0.2.1')).status).toBe(404)
  expect((await outbox({}, '127.0.0.1', 'http://evil.test:8000')).status).toBe(404)
})

test('there is no outbox where mail is really sent', async () => {
  const at = await mailWorld('sqlite')
  expect((await browserOf(at.server.app).open(`${issuer}/dev/outbox`)).status).toBe(404)
})
