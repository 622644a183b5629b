/** Sign-up, another password, another address: as a person does it, with the mails read in the outbox. */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { app, mailService, server } from './sign-up-and-recovery.ts'

const at = 'http://localhost:8000'
const password = 'four tired donkeys sing'
const cookies = new Map<string, string>()

beforeAll(() => void vi.spyOn(console, 'info').mockImplementation(() => undefined))
afterAll(async () => {
  await server.close()
  vi.restoreAllMocks()
})

async function send(url: string, form?: Readonly<Record<string, string>>): Promise<Response> {
  const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const response = await app.request(new URL(url, at).href, {
    ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    headers: { cookie, ...(form && { origin: at }) },
  })
  for (const each of response.headers.getSetCookie()) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(each) ?? []
    cookies.set(name, value)
  }
  return response
}

/** Opens a page, fills its form in, and gives the page that comes. */
async function fill(url: string, fields: Readonly<Record<string, string>>): Promise<string> {
  const page = await followed(await send(url))
  const csrf = /name="csrf" value="([^"]+)"/.exec(page)?.[1] ?? ''
  const action = /action="([^"]+)"/.exec(page)?.[1] ?? ''
  return followed(await send(action, { csrf, ...fields }))
}

async function followed(response: Response): Promise<string> {
  const location = response.headers.get('location')
  return location === null ? response.text() : followed(await send(location))
}

/** The link of the latest mail with this subject. */
async function linkOf(subject: string): Promise<string> {
  return vi.waitFor(
    async () => {
      const outbox = await (await send('/dev/outbox')).text()
      const found = outbox.slice(outbox.indexOf(`<h2>${subject}`))
      const link = /href="(http:[^"]+)"/.exec(found)?.[1]
      if (!outbox.includes(subject) || link === undefined) throw new Error('Not there yet')
      return link
    },
    { timeout: 10_000 },
  )
}

test('a person makes an account, forgets the password, and moves to another address', async () => {
  expect(await fill('/sign-up', { email: 'ada@example.com' })).toContain('Look into your mailbox')
  const made = await linkOf('Your account at Bookshelf')
  const refused = 'the old bookworm reads'
  expect(await fill(made, { password: refused, repeat: refused })).toContain('too easy to guess')
  expect(await fill(made, { password, repeat: password })).toContain('Your account is there')

  expect(await fill('/forgot-password', { email: 'ada@example.com' })).toContain('If there is an account')
  const again = `${password} again`
  const reset = await linkOf('Set another password at Bookshelf')
  expect(await fill(reset, { password: again, repeat: again })).toContain('Your password is changed')
  expect((await send(reset)).status).toBe(410)

  const next = '/login?next=/account/email'
  expect(await fill(next, { username: 'ada@example.com', password: again })).toContain('E-mail address')
  const asked = await fill('/account/email', { email: 'lovelace@example.com', password: again })
  expect(asked).toContain('Nothing changes before you use it')
  expect(await fill(await linkOf('Is this your address? Bookshelf'), {})).toContain('Your address is changed')

  const { accounts } = await server.open()
  expect(await accounts.find('lovelace@example.com')).toMatchObject({
    email: 'lovelace@example.com',
    emailVerified: true,
  })
})

test('a mail service is told of each message, and its refusals are errors', async () => {
  const told: unknown[] = []
  const service = createServer((request, response) => {
    let body = ''
    request.on('data', (part: Buffer) => (body += part.toString()))
    request.on('end', () => {
      told.push(JSON.parse(body))
      response.writeHead(request.headers.authorization === 'Bearer key' ? 202 : 401).end()
    })
  })
  await new Promise<void>((ready) => service.listen(0, '127.0.0.1', ready))
  const { port } = service.address() as AddressInfo
  const message = { from: 'a@x.test', to: 'b@x.test', subject: 'Hello', text: 'Hello', html: '<p>Hello</p>' }
  await mailService(`http://127.0.0.1:${port}`, 'key').send(message)
  expect(told).toEqual([message])
  await expect(mailService(`http://127.0.0.1:${port}`, 'wrong').send(message)).rejects.toThrow(/401/)
  await new Promise((closed) => service.close(closed))
})
