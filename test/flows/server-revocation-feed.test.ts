/** The feed of what was revoked: whatever revokes reaches this process, its neighbours and APIs somewhere else. */

import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import type { JSONWebKeySet } from 'jose'
import { describe, expect, onTestFinished, test } from 'vitest'
import { api, openIdConnect, security } from '../../src/index.ts'
import type { Api } from '../../src/api/api.ts'
import { defaultPages } from '../../src/pages/default-pages.ts'
import { authorizationServer } from '../../src/server/authorization-server.ts'
import type { AuthorizationServer } from '../../src/server/authorization-server.ts'
import type { AuthorizationServerOptions } from '../../src/server/options.ts'
import type { StalenessOptions, WhenStale } from '../../src/verify/staleness.ts'
import { dialects } from '../setup/database.ts'
import type { Dialect } from '../setup/database.ts'
import { until } from '../setup/until.ts'
import { adminWorld } from './admin-world.ts'
import { browserOf, requestUrl } from './browser-jar.ts'
import type { JarBrowser } from './browser-jar.ts'
import { aliceAddress, linkIn, mailWorld, otherPassword } from './mail-world.ts'
import type { MailWorld } from './mail-world.ts'
import { apiA, bodyOf, issuer, serverOptions, verifier, world } from './server-world.ts'
import type { Tokens, World } from './server-world.ts'

const password = 'correct horse battery'
const more = { pages: defaultPages(), accountRemoval: true, registration: { open: true } } as const

const guarded = (scheme: Parameters<typeof security>[0]): Api =>
  api({ docs: false }).get('/', { token: security(scheme as never, []) }, () => 'in')

/** Another process, as it were, on the database of a server. The clients are there. */
function nodeOf(at: World): AuthorizationServer {
  const options: AuthorizationServerOptions = serverOptions(at.url, {
    ...more,
    clients: [],
    now: () => at.clock.now,
  })
  const node = authorizationServer(options)
  onTestFinished(() => node.close())
  return node
}

/** A server, and somebody who is logged in there. */
async function place(dialect: Dialect) {
  const at = await mailWorld(dialect, more)
  const browser = browserOf(at.server.app)
  await browser.submit(await browser.open(`${issuer}/account`), { username: 'alice', password })
  return { at, browser, statuses: await guards(at) }
}

/** What three say to a token: the server itself, another node on its database, an API that follows the feed. */
async function guards(at: World): Promise<(token: string) => Promise<readonly number[]>> {
  const node = nodeOf(at)
  await node.open()
  let isOver = false
  onTestFinished(() => void (isOver = true))
  const far = openIdConnect({
    issuer,
    audience: apiA,
    now: () => at.clock.now,
    onRejected: () => {},
    report: () => {},
    // A server that was closed would open again.
    fetch: async (url, init) => (isOver ? Response.error() : at.server.app.request(url, init)),
  })
  const apps = [guarded(at.server.bearer()), guarded(node.bearer()), guarded(far)]
  return (token) =>
    Promise.all(
      apps.map(async (app) => {
        const answer = await app.request('/', { headers: { authorization: `Bearer ${token}` } })
        return answer.status
      }),
    )
}

/** Tokens that an OpenID client got in a browser. */
async function tokensOf(at: World, browser: JarBrowser): Promise<Tokens & { readonly code: string }> {
  const url = requestUrl(at, 'web', { scope: 'openid read', resource: apiA, prompt: 'consent' })
  const answer = await browser.submit(await browser.open(url), { decision: 'allow' })
  const code = new URL(answer.location ?? '').searchParams.get('code') ?? ''
  const redeemed = await redeem(at, code)
  return { ...((await redeemed.json()) as Tokens), code }
}

const redeem = (at: World, code: string): Promise<Response> =>
  at.post('/token', { grant_type: 'authorization_code', code, redirect_uri: at.redirectUri('web'), code_verifier: verifier }, 'web') // prettier-ignore

interface Scene {
  readonly at: MailWorld
  readonly browser: JarBrowser
  readonly tokens: Tokens & { readonly code: string }
}

const account = (browser: JarBrowser, path: string) => browser.open(`${issuer}/account/${path}`)

/** Everything that revokes. */
const ways: Readonly<Record<string, (scene: Scene) => Promise<unknown>>> = {
  'a token that is given back': ({ at, tokens }) => at.post('/revoke', { token: tokens.access_token }, 'web'),
  'a refresh token that is given back': ({ at, tokens }) =>
    at.post('/revoke', { token: tokens.refresh_token }, 'web'),
  'a refresh token that comes twice': async ({ at, tokens }) => {
    await at.refresh('web', tokens.refresh_token)
    at.clock.now += 11_000
    expect((await at.refresh('web', tokens.refresh_token)).status).toBe(400)
  },
  'a code that comes twice': async ({ at, tokens }) => {
    at.clock.now += 11_000
    expect((await redeem(at, tokens.code)).status).toBe(400)
  },
  'signing out': async ({ browser }) => {
    const page = await browser.open(`${issuer}/logout`)
    await browser.submit(page, {})
  },
  'ending the session elsewhere': async ({ at }) => {
    const other = browserOf(at.server.app)
    await other.submit(await other.open(`${issuer}/account`), { username: 'alice', password })
    await other.submit(await account(other, 'sessions'), { others: '1' })
  },
  'shutting the application out': async ({ browser }) => {
    await browser.submit(await account(browser, 'applications'), { client: 'web' })
  },
  'another password': async ({ browser }) => {
    const fields = {
      password,
      new_password: 'another horse, a battery',
      repeated: 'another horse, a battery',
    }
    await browser.submit(await account(browser, 'password'), fields)
  },
  'another password by a link in mail': async ({ at }) => {
    const browser = browserOf(at.server.app)
    await at.forgotten(aliceAddress, browser)
    const form = await browser.open(linkIn(await at.mail(1)))
    await browser.submit(form, { password: otherPassword, repeat: otherPassword })
  },
  'an administrator who sets a password': ({ at }) =>
    at.accounts.setPassword(at.alice, 'set by somebody else'),
  'an administrator who disables the account': ({ at }) => at.accounts.update(at.alice, { disabled: true }),
  'removing the account': async ({ browser }) => {
    const question = await browser.submit(await account(browser, 'removal'), { password })
    if (question.path.endsWith('/removal')) await browser.submit(question, { password })
  },
  'removing the client': ({ at }) => at.clients.remove('web'),
}

describe.each(dialects)('%s', (dialect) => {
  test.each(Object.keys(ways))(
    'RFC 7009 §3: %s is known here before it is answered, and soon everywhere',
    async (way) => {
      const { at, browser, statuses } = await place(dialect)
      const tokens = await tokensOf(at, browser)
      const machine = await bodyOf(
        await at.post(
          '/token',
          { grant_type: 'client_credentials', scope: 'read', resource: apiA },
          'machine',
        ),
      )
      expect(await statuses(tokens.access_token)).toEqual([200, 200, 200])
      await ways[way]!({ at, browser, tokens })
      expect((await statuses(tokens.access_token))[0]).toBe(401)
      await until(
        () => statuses(tokens.access_token),
        (each) => String(each) === '401,401,401',
      )
      // Whom it was not about goes on.
      expect(await statuses(String(machine['access_token']))).toEqual([200, 200, 200])
    },
  )

  test('RFC 7009 §3: what an administrator ends over HTTP is known here before it is answered, and soon everywhere', async () => {
    const at = await adminWorld(dialect)
    const statuses = await guards(at)
    const calls = [
      async () => {
        const { grantId = '' } = at.events.findLast(({ type }) => type === 'code.issued') ?? {}
        return at.call('DELETE', `/grants/${grantId}`)
      },
      () => at.call('POST', `/users/${at.alice}/revoke`),
      () => at.call('PATCH', `/users/${at.alice}`, { body: { disabled: true } }),
    ]
    for (const call of calls) {
      const { access_token: token } = await at.tokens('web')
      expect(await statuses(token)).toEqual([200, 200, 200])
      expect((await call()).status).toBeLessThan(300)
      expect((await statuses(token))[0]).toBe(401)
      await until(
        () => statuses(token),
        (each) => String(each) === '401,401,401',
      )
      // What comes in the same second counts as issued before.
      at.clock.now += 2000
    }
  })

  test('a page is signed by the issuer for this question, and names nobody', async () => {
    const at = await world(dialect)
    const { access_token: token } = await at.tokens('web')
    const get = (query: string): Promise<Response> =>
      Promise.resolve(at.server.app.request(`${issuer}/revocations${query}`))
    await at.accounts.setPassword(at.alice, 'another horse, a battery')
    await at.post('/revoke', { token }, 'web')
    const nonce = 'n'.repeat(22)
    const answer = await get(`?after=0&nonce=${nonce}`)
    expect([answer.status, answer.headers.get('content-type'), answer.headers.get('cache-control')]).toEqual([
      200, 'application/revocations+jwt', 'no-store',
    ]) // prettier-ignore
    const page = await answer.text()
    const keys = (await (await at.server.app.request(`${issuer}/jwks`)).json()) as JSONWebKeySet
    const options = { issuer, typ: 'revocations+jwt', currentDate: new Date(at.clock.now) }
    const { payload } = await jwtVerify(page, createLocalJWKSet(keys), options)
    const now = Math.floor(at.clock.now / 1000)
    expect(payload).toMatchObject({ iat: now, exp: now + 60, nonce, after: 0, more: false })
    const { revoked, next } = payload as { readonly revoked: readonly unknown[][]; readonly next: number }
    expect(revoked.map(([kind]) => kind)).toEqual(['subject', 'token'])
    expect(JSON.stringify(payload)).not.toContain(at.alice)
    expect(JSON.stringify(payload)).not.toContain(decodeJwt(token).jti)
    // Behind it there is nothing, for a stranger who asks for no nonce too.
    expect(decodeJwt(await (await get(`?after=${next}`)).text())).toMatchObject({
      after: next,
      next,
      revoked: [],
    })
    // A page is no token, and a token no page.
    const app = guarded(at.server.bearer())
    expect((await app.request('/', { headers: { authorization: `Bearer ${page}` } })).status).toBe(401)
    expect(decodeProtectedHeader(token).typ).toBe('at+jwt')
    // What can matter no more is not told.
    at.clock.now += 3_600_000
    const metadata = await at.server.app.request(`${issuer}/.well-known/oauth-authorization-server`)
    expect(await metadata.json()).toMatchObject({ revocation_feed_endpoint: `${issuer}/revocations` })
    await until(async () => {
      const { revoked: rest } = decodeJwt(await (await get('')).text())
      return (rest as readonly unknown[]).length === 0
    })
  })

  test('a question is kept until there is news, from this node or from another one', async () => {
    const { at } = await place(dialect)
    const { next } = decodeJwt(await (await at.server.app.request(`${issuer}/revocations`)).text())
    const kept = at.server.app.request(`${issuer}/revocations?after=${String(next)}&wait=20`)
    await (await nodeOf(at).open()).accounts.setPassword(at.alice, 'another horse, a battery')
    const page = decodeJwt(await (await kept).text())
    expect(page['revoked']).toHaveLength(1)
    expect(page['next']).toBeGreaterThan(Number(next))
    // It says that it is new, however long it was kept.
    expect(page['current']).toBeGreaterThanOrEqual(0)
  })
})

test('many entries are told in pages', async () => {
  const at = await world('sqlite')
  const { now } = at.clock
  for (let index = 0; index < 1200; index++)
    await at.store.revokeToken({ id: `token-${index}` }, { now, until: now + 600_000 })
  const page = async (after: unknown) =>
    decodeJwt(await (await at.server.app.request(`${issuer}/revocations?after=${String(after)}`)).text())
  const first = await page(0)
  expect([first['more'], (first['revoked'] as readonly unknown[]).length]).toEqual([true, 1000])
  const second = await page(first['next'])
  expect([second['more'], (second['revoked'] as readonly unknown[]).length]).toEqual([false, 200])
})

test.each([
  'after=-1', 'after=x', 'after=1e3', 'after=99999999999999999999', 'after=1&after=2', 'wait=21', 'wait=-1', 'wait=1.5',
  'nonce=short', `nonce=${'n'.repeat(65)}`, `nonce=${encodeURIComponent('a text "to be" signed')}`, 'nonce=a%00b',
])('a question with %s is refused, and nothing is signed', async (query) => {
  const at = await world('sqlite')
  const answer = await at.server.app.request(`${issuer}/revocations?${query}`)
  expect([answer.status, await bodyOf(answer)]).toMatchObject([400, { error: 'invalid_request' }])
}) // prettier-ignore

test('who has gone is not waited for, and a server that closes answers those who wait', async () => {
  const at = await world('sqlite')
  const gone = new AbortController()
  const ask = (init: RequestInit) => at.server.app.request(`${issuer}/revocations?after=0&wait=20`, init)
  const left = ask({ signal: gone.signal }).then(
    () => 'answered',
    () => 'gone',
  )
  const staying = ask({})
  await at.server.app.request(`${issuer}/revocations`)
  gone.abort()
  await left
  await at.server.close()
  // Far less than it would have been kept.
  let answer: Response | undefined
  void staying.then((given) => (answer = given))
  await until(() => answer?.status === 200, Boolean, 10_000)
})

test('an option that cannot be right is named', () => {
  const make = (revocation: StalenessOptions) => () => {
    const options: AuthorizationServerOptions = serverOptions('file:never-opened.db', { revocation })
    return authorizationServer(options)
  }
  expect(make({ maxAge: 0 })).toThrow('revocation')
  expect(make({ whenStale: 'later' as WhenStale })).toThrow('give one of accept, refuse, refuse-writes')
})
