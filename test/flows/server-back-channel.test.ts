/** Applications are told that a session has ended (OpenID Connect Back-Channel Logout), over both databases. */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createLocalJWKSet, jwtVerify } from 'jose'
import type { JSONWebKeySet } from 'jose'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { defaultPages } from '../../src/pages/default-pages.ts'
import type { MailMessage } from '../../src/server/mail/mail.ts'
import type { AuthorizationServerOptions } from '../../src/server/options.ts'
import { dialects } from '../setup/database.ts'
import type { Dialect } from '../setup/database.ts'
import { browserOf, requestUrl } from './browser-jar.ts'
import type { JarBrowser } from './browser-jar.ts'
import { linkIn } from './mail-world.ts'
import { issuer, secrets, serverOptions, verifier, world } from './server-world.ts'
import type { World } from './server-world.ts'

const password = 'correct horse battery'
const open: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

interface Receiver {
  readonly url: string
  /** The logout tokens that came. */
  readonly tokens: string[]
  /** Resolves when so many have come. */
  has(count: number): Promise<void>
}

/** An application's ear. `answers` says what each request in turn is answered with; `undefined` for never. */
async function receiver(answers: readonly (number | undefined)[] = []): Promise<Receiver> {
  const tokens: string[] = []
  const watching = new Set<() => void>()
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (part: Buffer) => (body += part.toString()))
    request.on('end', () => {
      const status = tokens.length < answers.length ? answers[tokens.length] : 200
      tokens.push(new URLSearchParams(body).get('logout_token') ?? '')
      for (const look of watching) look()
      if (status === undefined) return
      response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end()
    })
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  open.push(
    () =>
      new Promise((closed) => {
        server.closeAllConnections()
        server.close(() => closed())
      }),
  )
  const { port } = server.address() as AddressInfo // it listens on a port
  return {
    url: `http://127.0.0.1:${port}/out`,
    tokens,
    has: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (tokens.length < count) return
          watching.delete(look)
          resolve()
        }
        watching.add(look)
        look()
      }),
  }
}

async function place(
  dialect: Dialect,
  ears: readonly Receiver[],
  more: Partial<AuthorizationServerOptions> = {},
) {
  const [web, ...others] = serverOptions('').clients
  const reports: unknown[] = []
  const at = await world(dialect, {
    pages: defaultPages(),
    report: (error) => reports.push(error),
    ...more,
    clients: [
      ...others,
      { ...web, id: 'web', ...(ears[0] === undefined ? {} : { backchannelLogoutUri: ears[0].url }) },
      {
        id: 'second',
        secret: secrets['web'] ?? '',
        redirectUris: ['https://second.test/cb'],
        ...(ears[1] === undefined ? {} : { backchannelLogoutUri: ears[1].url }),
        // It cannot tell sessions apart, and a `sid` that it does not know ends nothing.
        backchannelLogoutSessionRequired: false,
      },
    ],
  })
  return { at, browser: browserOf(at.server.app), reports }
}

async function signIn(at: World, browser: JarBrowser, clientId: string, scope = 'openid'): Promise<void> {
  let page = await browser.open(requestUrl(at, clientId, { scope }))
  if (page.path === '/login') page = await browser.submit(page, { username: 'alice', password })
  if (page.path === '/consent') page = await browser.submit(page, { decision: 'allow' })
  const code = new URL(page.location ?? '').searchParams.get('code') ?? ''
  const header = { authorization: `Basic ${btoa(`${clientId}:${secrets['web'] ?? ''}`)}` }
  const form = { grant_type: 'authorization_code', code, code_verifier: verifier }
  expect((await at.post('/token', form, undefined, header)).status).toBe(200)
}

async function signOut(browser: JarBrowser): Promise<number> {
  return (await browser.submit(await browser.open(`${issuer}/logout`), {})).status
}

describe.each(dialects)('%s', (dialect) => {
  test('SECURITY 165: each application of the session gets a logout token of its own', async () => {
    const [first, second] = [await receiver(), await receiver()]
    const { at, browser, reports } = await place(dialect, [first, second])
    await signIn(at, browser, 'web')
    await signIn(at, browser, 'second')
    const [session] = await at.store.listSessions(at.alice, at.clock.now)
    await signOut(browser)
    await Promise.all([first.has(1), second.has(1)])
    const keys = (await (await at.server.app.request(`${issuer}/jwks`)).json()) as JSONWebKeySet
    for (const [audience, { tokens }] of [
      ['web', first],
      ['second', second],
    ] as const) {
      const { payload, protectedHeader } = await jwtVerify(tokens[0] ?? '', createLocalJWKSet(keys), {
        issuer,
        audience,
        typ: 'logout+jwt',
        currentDate: new Date(at.clock.now),
      })
      expect(protectedHeader.alg).toBe('RS256')
      expect(payload).toMatchObject({ sub: at.alice })
      expect(payload['sid']).toBe(audience === 'web' ? session?.id : undefined)
      expect(payload['events']).toEqual({ 'http://schemas.openid.net/event/backchannel-logout': {} })
      expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(120)
      expect(payload).not.toHaveProperty('nonce')
      // It is no hint: nobody can log somebody out with what an application was told.
      const misused = await browser.open(`${issuer}/logout?id_token_hint=${tokens[0] ?? ''}`)
      expect(misused.status).toBe(400)
    }
    expect(reports).toEqual([])
  })

  test('SECURITY 165: an application that hangs delays no logout', async () => {
    const ear = await receiver([undefined])
    const { at, browser } = await place(dialect, [ear])
    await signIn(at, browser, 'web')
    // It never answers; the person is logged out all the same.
    expect(await signOut(browser)).toBe(200)
    expect(await at.store.listSessions(at.alice, at.clock.now)).toEqual([])
  })

  test('a logout that was not accepted is told again; a redirect is not followed', async () => {
    const ear = await receiver([503, 302, 200])
    const { at, browser, reports } = await place(dialect, [ear])
    await signIn(at, browser, 'web')
    await signOut(browser)
    await ear.has(3)
    expect(ear.tokens).toHaveLength(3)
    expect(reports).toEqual([])
  }, 20_000)

  test('a logout token that is called wrong is not sent again, and somebody hears of it', async () => {
    const ear = await receiver([400, 200])
    const { at, browser, reports } = await place(dialect, [ear])
    await signIn(at, browser, 'web')
    await signOut(browser)
    await expect.poll(() => reports.map(String)).toEqual(['Error: The client web refused a logout token'])
    await at.server.close()
    expect(ear.tokens).toHaveLength(1)
  })

  test('a new password, and another person in the same browser, are told as well', async () => {
    const ear = await receiver()
    const { at, browser } = await place(dialect, [ear])
    await signIn(at, browser, 'web')
    await at.accounts.setPassword(at.alice, 'another horse battery')
    await ear.has(1)
    await at.accounts.setPassword(at.alice, password)
    await signIn(at, browser, 'web')
    await at.accounts.create({ username: 'bob', password })
    const login = await browser.open(requestUrl(at, 'web', { prompt: 'login' }))
    await browser.submit(login, { username: 'bob', password })
    await ear.has(2)
  })

  test('so is another password that was set by a link', async () => {
    const ear = await receiver()
    const sent: MailMessage[] = []
    const mail = { from: 'a@auth.test', send: async (message: MailMessage) => void sent.push(message) }
    const { at, browser } = await place(dialect, [ear], { mail })
    await at.accounts.update(at.alice, { email: 'alice@example.com', emailVerified: true })
    await signIn(at, browser, 'web')
    await browser.submit(await browser.open(`${issuer}/forgot-password`), { email: 'alice@example.com' })
    await vi.waitFor(() => expect(sent).toHaveLength(1), { timeout: 10_000 })
    const form = await browser.open(linkIn(sent[0] as MailMessage))
    const both = { password: 'another horse battery', repeat: 'another horse battery' }
    expect((await browser.submit(form, both)).status).toBe(200)
    await ear.has(1)
  })

  test('plain OAuth applications, and those of other sessions, are told nothing', async () => {
    const [first, second] = [await receiver(), await receiver()]
    const { at, browser } = await place(dialect, [first, second])
    await signIn(at, browser, 'web', 'read')
    await signIn(at, browserOf(at.server.app), 'web')
    await signIn(at, browser, 'second')
    await signOut(browser)
    await second.has(1)
    await at.server.close()
    expect(first.tokens).toEqual([])
  })
})

test('what registered itself is not called inside', async () => {
  const ear = await receiver()
  const at = await world('sqlite', {
    pages: defaultPages(),
    registration: { open: true },
    report: () => undefined,
  })
  const answer = await at.server.app.request(`${issuer}/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      redirect_uris: ['https://dyn.test/cb'],
      token_endpoint_auth_method: 'none',
      backchannel_logout_uri: ear.url,
    }),
  })
  const { client_id: id } = (await answer.json()) as { readonly client_id: string }
  const browser = browserOf(at.server.app)
  const login = await browser.open(
    requestUrl(at, id, { scope: 'openid', redirect_uri: 'https://dyn.test/cb' }),
  )
  const consent = await browser.submit(login, { username: 'alice', password })
  const { location } = await browser.submit(consent, { decision: 'allow' })
  const code = new URL(location ?? '').searchParams.get('code') ?? ''
  const form = { grant_type: 'authorization_code', code, code_verifier: verifier }
  expect((await at.post('/token', form, id)).status).toBe(200)
  await signOut(browser)
  await at.server.close()
  expect(ear.tokens).toEqual([])
})
