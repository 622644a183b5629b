/** Clients that are known by the address of a document: read, shown, kept, and everything that a document must not do. */

import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterAll, describe, expect, test } from 'vitest'
import { sha256Base64url } from '../../src/crypto/hash.ts'
import { protectedHeader, signJws } from '../../src/crypto/jws.ts'
import { generateSigningKey } from '../../src/crypto/signing-key.ts'
import type { SigningKey } from '../../src/crypto/signing-key.ts'
import type { ResolvedAddress } from '../../src/http/outgoing.ts'
import { defaultPages } from '../../src/pages/default-pages.ts'
import { authorizationServer } from '../../src/server/authorization-server.ts'
import type { ClientDocumentOptions } from '../../src/server/document-settings.ts'
import type { AuthorizationServerOptions } from '../../src/server/options.ts'
import { dialects, freshDatabase } from '../setup/database.ts'
import type { Dialect } from '../setup/database.ts'
import { browserOf, requestUrl } from './browser-jar.ts'
import type { Arrived, JarBrowser } from './browser-jar.ts'
import { apiA, bodyOf, issuer, serverOptions, verifier, world } from './server-world.ts'
import type { World } from './server-world.ts'

const password = 'correct horse battery'
const id = 'https://app.example/oauth/client.json'
const callback = 'https://app.example/cb'

const document = {
  client_id: id,
  client_name: 'Notes',
  redirect_uris: [callback],
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code', 'refresh_token'],
}

/** The web that the server reads documents from. */
function web() {
  const seen: string[] = []
  const answers = new Map<string, () => Response | Promise<Response>>()
  const publish = (body: unknown, headers: Record<string, string> = {}, at = id): void => {
    answers.set(at, () => Response.json(body, { headers }))
  }
  const fetch = async (url: string): Promise<Response> => {
    seen.push(url)
    return (answers.get(url) ?? (() => new Response('Not found', { status: 404 })))()
  }
  publish(document)
  return { seen, answers, publish, fetch }
}

const relaxed = { points: 100_000, seconds: 60 }

function optionsWith(
  documents: boolean | ClientDocumentOptions,
  more: Partial<AuthorizationServerOptions> = {},
): Partial<AuthorizationServerOptions> {
  const rateLimits = { token: relaxed, clientDocuments: relaxed }
  return { pages: defaultPages(), clientIdMetadataDocuments: documents, rateLimits, ...more }
}

async function place(dialect: Dialect, more: Partial<AuthorizationServerOptions> = {}) {
  const net = web()
  const at = await world(dialect, optionsWith({ fetch: net.fetch }, more))
  return { ...net, at, browser: browserOf(at.server.app) }
}

function asking(at: World, more: Readonly<Record<string, string>> = {}, client = id): string {
  return requestUrl(at, client, { redirect_uri: callback, ...more })
}

/** Logs in where that is asked, and gives the consent page. */
async function consentPage(browser: JarBrowser, url: string): Promise<Arrived> {
  const page = await browser.open(url)
  return page.path === '/login' ? browser.submit(page, { username: 'alice', password }) : page
}

async function tokensFor(at: World, browser: JarBrowser, url: string): Promise<Record<string, string>> {
  const answer = await browser.submit(await consentPage(browser, url), { decision: 'allow' })
  const code = new URL(answer.location ?? '').searchParams.get('code') ?? ''
  const form = { grant_type: 'authorization_code', code, redirect_uri: callback, code_verifier: verifier }
  const tokens = await at.post('/token', form, id)
  expect(tokens.status).toBe(200)
  return (await tokens.json()) as Record<string, string>
}

/** Another server on the same database, with the same clock. */
function serverLike({ url, clock }: Pick<World, 'url' | 'clock'>, more: Partial<AuthorizationServerOptions>) {
  const options = serverOptions(url, { ...more, now: () => clock.now })
  return authorizationServer(options as AuthorizationServerOptions)
}

/** Asks without following anything, from an address. */
async function answerTo(at: World, url: string, address = '192.0.2.7'): Promise<string> {
  const response = await at.server.app.fetch(new Request(url), { address })
  const [, description = ''] = /<dd lang="en">([^<]*)<\/dd>/.exec(await response.text()) ?? []
  return `${response.status} ${response.headers.get('location')?.replace(/\?.*/, '') ?? description}`
}

/** How the pages are broken into lines says nothing. */
function spaced(body: string): string {
  return body.replace(/\s+/g, ' ')
}

const closing: (() => void)[] = []
afterAll(() => {
  for (const close of closing) close()
})

describe.each(dialects)('%s', (dialect) => {
  test('a client nobody registered: asked for, agreed to, refreshed, after a restart and without its host too', async () => {
    const { at, browser, seen, answers } = await place(dialect)
    // Nothing is kept of who was only named.
    await browser.open(asking(at))
    expect(await at.store.getClient(id)).toBeUndefined()
    const tokens = await tokensFor(at, browser, asking(at))
    expect(seen).toEqual([id])
    expect(await at.store.getClient(id)).toMatchObject({ source: 'document', secrets: [], disabled: false })
    expect(at.events.findLast(({ type }) => type === 'client.created')).toMatchObject({ clientId: id })
    answers.clear()
    const away = { fetch: () => Promise.reject(new Error('away')) }
    const again = serverLike(at, optionsWith(away))
    try {
      at.clock.now += 3_700_000
      const refreshed = await again.app.request(`${issuer}/token`, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'refresh_token',
          refresh_token: tokens['refresh_token'] ?? '',
          client_id: id,
        }),
      })
      expect(refreshed.status).toBe(200)
      const next = (await bodyOf(refreshed))['refresh_token'] as string
      // A day later it has been gone for too long.
      at.clock.now += 86_400_000
      expect((await at.refresh(id, next)).status).toBe(401)
    } finally {
      await again.close()
    }
  })

  test('two people agree at the same moment: one client, and a code for each', async () => {
    const { at } = await place(dialect)
    const { id: bob } = await at.accounts.create({ username: 'bob', password })
    const parameters = [...new URL(asking(at)).searchParams]
    const answers = await Promise.all(
      [at.alice, bob, at.alice, bob].map(async (subject) => {
        const pending = await at.interaction.begin(parameters)
        return at.interaction.approve(pending, { subject, authTime: at.clock.now })
      }),
    )
    expect(answers.every(({ location }) => new URL(location).searchParams.has('code'))).toBe(true)
    const created = at.events.filter(({ type, clientId }) => type === 'client.created' && clientId === id)
    expect(created).toHaveLength(1)
    expect(await at.store.listGrants({ clientId: id, limit: 10, now: at.clock.now })).toHaveLength(4)
  })

  test('who is removed loses everything, and may be agreed to again', async () => {
    const { at, browser, seen } = await place(dialect)
    const tokens = await tokensFor(at, browser, asking(at))
    expect(await at.clients.remove(id)).toBe(true)
    expect((await at.refresh(id, tokens['refresh_token'] ?? '')).status).toBe(401)
    expect(await at.store.listGrants({ clientId: id, limit: 10, now: at.clock.now })).toEqual([])
    const page = await consentPage(browser, asking(at))
    expect([page.status, page.path]).toEqual([200, '/consent'])
    expect(seen).toEqual([id, id])
  })

  test('who is disabled stays out, whatever the document says and however long nobody comes', async () => {
    const { at, browser, publish, seen } = await place(dialect)
    const tokens = await tokensFor(at, browser, asking(at))
    const stored = await at.store.getClient(id)
    if (stored === undefined) throw new Error('There is no client')
    const { id: _, createdAt: __, version, lastUsedAt: ___, ...record } = stored
    expect(await at.store.replaceClient(id, version, { ...record, disabled: true })).toBe('replaced')
    publish({ ...document, client_name: 'Another name' })
    at.clock.now += 400 * 86_400_000
    await at.store.purge(at.clock.now)
    expect(await answerTo(at, asking(at))).toMatch(/^400 /)
    expect((await at.refresh(id, tokens['refresh_token'] ?? '')).status).toBe(401)
    expect(seen).toEqual([id])
    expect(await at.store.getClient(id)).toMatchObject({ disabled: true })
  })

  test('a client with nothing granted goes after a week, and no other client does', async () => {
    const { at, browser } = await place(dialect)
    await tokensFor(at, browser, asking(at))
    const others = (await at.store.listClients({ limit: 100 })).length
    at.clock.now += 8 * 86_400_000
    await at.store.purge(at.clock.now)
    expect(await at.store.getClient(id)).toBeDefined()
    at.clock.now += 181 * 86_400_000
    for (let step = 0; step < 4; step++) await at.store.purge(at.clock.now)
    expect(await at.store.getClient(id)).toBeUndefined()
    expect(await at.store.listClients({ limit: 100 })).toHaveLength(others - 1)
  })

  test('SECURITY 152: what is no address of a document is no client, and nothing is read', async () => {
    const { at, seen } = await place(dialect)
    for (const name of [
      'https://app.example/', 'https://app.example', 'http://app.example/client.json', 'https://app.example/a/../client.json',
      'https://app.example/client.json#x', 'https://user@app.example/client.json', 'http://localhost/client.json',
      'HTTPS://app.example/client.json', 'https://app.example:443/client.json', 'https://127.1/client.json',
    ]) {
      expect([name, await answerTo(at, asking(at, {}, name))]).toEqual([name, '400 The client is unknown'])
      const form = { grant_type: 'authorization_code', code: 'x', code_verifier: verifier, client_id: name }
      expect((await at.post('/token', form)).status).toBe(401)
    } // prettier-ignore
    expect(seen).toEqual([])
  })

  test('SECURITY 153: a document that is not what it has to be is shown as an error, and nothing of it is kept', async () => {
    const { at, answers, publish, seen } = await place(dialect)
    const json = { 'content-type': 'application/json' }
    const text = JSON.stringify(document)
    const faults: readonly (readonly [name: string, answer: () => Response | Promise<Response>])[] = [
      ['not there', () => new Response(text, { status: 404, headers: json })],
      ['another success', () => new Response(text, { status: 203, headers: json })],
      ['an error', () => new Response(text, { status: 500, headers: json })],
      ['a redirect', () => new Response(null, { status: 302, headers: { location: 'https://other.example/c' } })],
      ['a page', () => new Response(text, { headers: { 'content-type': 'text/html' } })],
      ['a script', () => new Response(text, { headers: { 'content-type': 'application/javascript' } })],
      ['no type', () => new Response(new TextEncoder().encode(text))],
      ['no JSON', () => new Response('{', { headers: json })],
      ['bytes that are no text', () => new Response(new Uint8Array([0x22, 0xff, 0x22]), { headers: json })],
      ['too large', () => Response.json({ ...document, x: 'x'.repeat(6000) })],
      ['another client', () => Response.json({ ...document, client_id: 'https://app.example/other.json' })],
      ['a secret', () => Response.json({ ...document, client_secret: 'everybody can read it' })],
      ['a method with a secret', () => Response.json({ ...document, token_endpoint_auth_method: 'client_secret_post' })],
      ['no way back', () => Response.json({ ...document, redirect_uris: [] })],
      ['no host', () => Promise.reject(new Error('ENOTFOUND'))],
    ] // prettier-ignore
    for (const [name, answer] of faults) {
      answers.set(id, answer)
      expect([name, await answerTo(at, asking(at))]).toEqual([name, expect.stringMatching(/^400 /)])
      expect([name, await at.store.getClient(id)]).toEqual([name, undefined])
      at.clock.now += 11_000
    }
    expect(seen).toEqual(faults.map(() => id))
    expect(at.events.filter(({ type }) => type === 'client.document_refused')).toHaveLength(faults.length)
    publish(document, { 'content-type': 'application/vnd.example+json' })
    expect(await answerTo(at, asking(at))).toBe('303 /login')
  })

  test('SECURITY 153: where the browser goes is in the document, and nothing else is', async () => {
    const { at } = await place(dialect)
    for (const uri of [`${callback}/`, 'https://app.example/other', 'https://evil.example/cb', 'http://127.0.0.1/cb']) {
      const said = await answerTo(at, asking(at, { redirect_uri: uri }))
      expect([uri, said]).toEqual([uri, expect.stringMatching(/^400 The redirect_uri is not one/)])
    } // prettier-ignore
    // RFC 9700 §4.11.2: what is wrong beside it is shown as well, as nobody knows who is behind the address.
    expect(await answerTo(at, asking(at, { response_type: 'token' }))).toMatch(/^400 /)
    expect(await at.store.getClient(id)).toBeUndefined()
  })

  test('SECURITY 154: nothing inside is reached, however its address is spelt, and nobody learns what is there', async () => {
    let connections = 0
    const inside = createServer((socket) => {
      connections++
      socket.destroy()
    })
    closing.push(() => inside.close())
    await new Promise<void>((ready) => inside.listen(0, '127.0.0.1', ready))
    const { port } = inside.address() as AddressInfo
    const at = await world(dialect, optionsWith(true))
    const unreachable = '400 The document cannot be reached'
    for (const host of [
      '127.0.0.1', '127.0.0.2', 'localhost', 'localhost.', '0.0.0.0', '[::1]', '[::]', '[::ffff:7f00:1]', '[64:ff9b::7f00:1]',
      '10.0.0.1', '172.16.0.1', '192.168.0.1', '100.64.0.1', '169.254.169.254', '[fd00:ec2::254]', '[fe80::1]', '[fc00::1]',
      '168.63.129.16', '224.0.0.1', '255.255.255.255', '[2002:7f00:1::]', '[2001:0:7f00:1::]',
    ]) {
      const name = `https://${host}:${port}/client.json`
      expect([name, await answerTo(at, asking(at, {}, name))]).toEqual([name, unreachable])
    } // prettier-ignore
    // Other spellings of the same are no addresses of documents.
    for (const host of [
      '127.1',
      '0x7f.1',
      '2130706433',
      '0177.0.0.1',
      '[::ffff:127.0.0.1]',
      '１２７.0.0.1',
    ]) {
      const name = `https://${host}:${port}/client.json`
      expect([name, await answerTo(at, asking(at, {}, name))]).toEqual([name, expect.stringMatching(/^400 /)])
    }
    // A host that is not there says the same as one that may not be asked.
    expect(await answerTo(at, asking(at, {}, 'https://nobody.invalid/client.json'))).toBe(unreachable)
    expect(connections).toBe(0)
    expect(await at.store.listClients({ limit: 100, source: 'document' })).toEqual([])
  })

  test('SECURITY 154: a name is judged by every address it has, when it is connected to', async () => {
    let connections = 0
    const inside = createServer((socket) => {
      connections++
      socket.destroy()
    })
    closing.push(() => inside.close())
    await new Promise<void>((ready) => inside.listen(0, '127.0.0.1', ready))
    const { port } = inside.address() as AddressInfo
    let found: readonly ResolvedAddress[] = []
    const at = await world(dialect, optionsWith({ resolve: () => Promise.resolve(found) }))
    const answers: readonly (readonly ResolvedAddress[])[] = [
      [{ address: '127.0.0.1', family: 4 }],
      [{ address: '8.8.8.8', family: 4 }, { address: '127.0.0.1', family: 4 }],
      [{ address: '::ffff:127.0.0.1', family: 6 }],
      [{ address: '169.254.169.254', family: 4 }],
      [],
    ] // prettier-ignore
    for (const [at_, each] of answers.entries()) {
      found = each
      const name = `https://rebound${at_}.example:${port}/client.json`
      expect(await answerTo(at, asking(at, {}, name))).toBe('400 The document cannot be reached')
    }
    expect(connections).toBe(0)
    expect(at.events.at(-2)).toMatchObject({ type: 'client.document_refused' })
    expect(JSON.stringify(at.events.at(-2)?.details)).toContain('169.254.169.254')
  })

  test('SECURITY 154: who names clients that nobody knows is slowed, and those that are known are not', async () => {
    const { at, seen, publish } = await place(dialect, { rateLimits: { token: relaxed } })
    expect(await answerTo(at, asking(at))).toBe('303 /login')
    for (let number = 0; number < 29; number++) {
      expect(await answerTo(at, asking(at, {}, `https://x${number}.example/c`))).toMatch(/^400 /)
    }
    expect(await answerTo(at, asking(at, {}, 'https://more.example/c'))).toMatch(/^429 /)
    expect(await answerTo(at, asking(at))).toBe('303 /login')
    expect(await answerTo(at, asking(at, {}, 'https://more.example/c'), '192.0.2.8')).toMatch(/^400 /)
    expect(seen).toHaveLength(31)
    // One address that has no document is not asked again at once, by whomever.
    for (let number = 0; number < 5; number++) {
      const said = await answerTo(at, asking(at, {}, 'https://more.example/c'), `198.51.100.${number}`)
      expect(said).toMatch(/^400 The document could not be used a moment ago/)
    }
    expect(seen).toHaveLength(31)
    // One host is not flooded, however many send people there.
    for (let number = 0; number < 80; number++) {
      await answerTo(at, asking(at, {}, `https://victim.example/${number}`), `203.0.113.${number}`)
    }
    expect(seen.filter((url) => url.startsWith('https://victim.example/'))).toHaveLength(60)
    // And of many at once one reads.
    const twin = 'https://app.example/twin.json'
    publish({ ...document, client_id: twin }, {}, twin)
    await Promise.all(
      Array.from({ length: 20 }, (_, number) => answerTo(at, asking(at, {}, twin), `198.18.0.${number}`)),
    )
    expect(seen.filter((url) => url === twin)).toHaveLength(1)
  })

  test('SECURITY 155: a document is believed for a while within bounds, and what changed in it counts from then on', async () => {
    const { at, browser, publish, seen } = await place(dialect)
    publish(document, { 'cache-control': 'public, max-age=300' })
    const tokens = await tokensFor(at, browser, asking(at))
    // Agreed to before, at an https address of its own: not asked again.
    expect((await browser.open(asking(at))).location).toContain('code=')
    at.clock.now += 299_000
    expect((await browser.open(asking(at))).location).toContain('code=')
    expect(seen).toHaveLength(1)
    publish({ ...document, redirect_uris: ['https://app.example/new'] }, { 'cache-control': 'no-store' })
    at.clock.now += 2000
    expect(await answerTo(at, asking(at))).toMatch(/^400 The redirect_uri is not one/)
    const page = await browser.open(asking(at, { redirect_uri: 'https://app.example/new' }))
    expect([page.status, page.path]).toEqual([200, '/consent'])
    expect(seen).toHaveLength(2)
    // What it has goes on.
    expect((await at.refresh(id, tokens['refresh_token'] ?? '')).status).toBe(200)
    const allowed = await browser.submit(page, { decision: 'allow' })
    expect(allowed.location).toContain('code=')
    expect((await browser.open(asking(at, { redirect_uri: 'https://app.example/new' }))).location).toContain('code=')
    // However short it says, not more than once a minute.
    expect(seen).toHaveLength(2)
    at.clock.now += 61_000
    await browser.open(asking(at, { redirect_uri: 'https://app.example/new' }))
    expect(seen).toHaveLength(3)
    // And however long, not beyond our own bound.
    publish(document, { 'cache-control': 'max-age=99999999' })
    at.clock.now += 61_000
    await browser.open(asking(at))
    at.clock.now += 3_601_000
    await browser.open(asking(at))
    expect(seen).toHaveLength(5)
  }) // prettier-ignore

  test('a client with a key proves who it is, with the key that is in its document now', async () => {
    const { at, browser, publish } = await place(dialect)
    const first = await generateSigningKey('ES256')
    const second = await generateSigningKey('ES256')
    const signed = { ...document, token_endpoint_auth_method: 'private_key_jwt' }
    publish({ ...signed, jwks: { keys: [first.publicJwk] } })
    let count = 0
    const assertion = (key: SigningKey): Promise<string> => {
      const now = Math.floor(at.clock.now / 1000)
      const claims = { iss: id, sub: id, aud: issuer, iat: now, exp: now + 60, jti: `jti-${count++}` }
      return signJws(key, protectedHeader(key, 'JWT'), JSON.stringify(claims))
    }
    const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
    const answer = await browser.submit(await consentPage(browser, asking(at)), { decision: 'allow' })
    const code = new URL(answer.location ?? '').searchParams.get('code') ?? ''
    const form = { grant_type: 'authorization_code', code, redirect_uri: callback, code_verifier: verifier }
    expect((await at.post('/token', form, id)).status).toBe(401)
    const proven = async (body: Record<string, string>, key: SigningKey): Promise<Response> =>
      at.post('/token', { ...body, client_assertion_type: assertionType, client_assertion: await assertion(key) })
    expect((await proven(form, second)).status).toBe(401)
    const tokens = await bodyOf(await proven(form, first))
    const refreshing = { grant_type: 'refresh_token', refresh_token: tokens['refresh_token'] as string }
    publish({ ...signed, jwks: { keys: [second.publicJwk] } })
    at.clock.now += 3_601_000
    expect((await proven(refreshing, first)).status).toBe(401)
    expect((await proven(refreshing, second)).status).toBe(200)
  }) // prettier-ignore

  test('a pushed request of such a client, and a device code, which it does not get', async () => {
    const { at, answers, seen } = await place(dialect)
    const form = {
      response_type: 'code',
      redirect_uri: callback,
      code_challenge: sha256Base64url(verifier),
      code_challenge_method: 'S256',
      resource: apiA,
    }
    const pushed = await at.post('/par', form, id)
    expect(pushed.status).toBe(201)
    const { request_uri: uri } = (await pushed.json()) as { request_uri: string }
    const url = `${issuer}/authorize?${new URLSearchParams({ client_id: id, request_uri: uri }).toString()}`
    expect(await answerTo(at, url)).toBe('303 /login')
    expect((await at.post('/device_authorization', {}, id)).status).toBe(400)
    expect(seen).toEqual([id])
    // Nobody makes this server read a document by a token request.
    answers.clear()
    for (const path of ['/token', '/revoke', '/introspect', '/device_authorization']) {
      const form_ = { grant_type: 'authorization_code', code: 'x', code_verifier: verifier, token: 'x' }
      expect([path, (await at.post(path, form_, 'https://app.example/unknown.json')).status]).toEqual([path, 401])
    }
    expect(seen).toEqual([id])
    const refused = await at.post('/par', form, 'https://app.example/unknown.json')
    expect([refused.status, (await bodyOf(refused))['error']]).toEqual([401, 'invalid_client'])
  }) // prettier-ignore

  test('off unless told: nothing is read, nobody is let in, and the metadata says so', async () => {
    const { at, seen } = await place(dialect)
    const metadata = async (from: World) =>
      bodyOf(await from.server.app.request(`${issuer}/.well-known/oauth-authorization-server`))
    expect((await metadata(at))['client_id_metadata_document_supported']).toBe(true)
    const browser = browserOf(at.server.app)
    const tokens = await tokensFor(at, browser, asking(at))
    const off = serverLike(at, { pages: defaultPages() })
    try {
      expect(await answerTo({ ...at, server: off }, asking(at))).toBe('400 The client is unknown')
      const told = await bodyOf(await off.app.request(`${issuer}/.well-known/oauth-authorization-server`))
      expect(told).not.toHaveProperty('client_id_metadata_document_supported')
      const body = new URLSearchParams({
        grant_type: 'refresh_token',
        refresh_token: tokens['refresh_token'] ?? '',
        client_id: id,
      })
      expect((await off.app.request(`${issuer}/token`, { method: 'POST', body })).status).toBe(401)
      expect(seen).toEqual([id])
    } finally {
      await off.close()
    }
  })
})

test('SECURITY 154: sixteen documents are read at once, however slow they are, and five hundred are remembered', async () => {
  const net = web()
  const waiting: (() => void)[] = []
  let isSlow = true
  const fetch = async (url: string): Promise<Response> => {
    net.seen.push(url)
    if (isSlow) await new Promise<void>((go) => waiting.push(go))
    return Response.json({ ...document, client_id: url })
  }
  const at = await world('sqlite', optionsWith({ fetch }))
  const name = (number: number): string => `https://x${number}.example/c`
  const slow = Array.from({ length: 16 }, (_, number) => answerTo(at, asking(at, {}, name(number))))
  while (waiting.length < 16) await new Promise((turn) => setImmediate(turn))
  const refused = await at.server.app.request(asking(at, {}, name(16)))
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1'])
  isSlow = false
  for (const go of waiting) go()
  expect([...new Set(await Promise.all(slow))]).toEqual(['303 /login'])
  expect(net.seen).toHaveLength(16)
  const begin = (number: number) =>
    at.interaction.begin([...new URL(asking(at, {}, name(number))).searchParams])
  for (let number = 16; number < 516; number++) await begin(number)
  expect(net.seen).toHaveLength(516)
  await begin(515)
  expect(net.seen).toHaveLength(516)
  await begin(0)
  expect(net.seen).toHaveLength(517)
})

test('only the hosts and the scopes that the options name, where they name some', async () => {
  const net = web()
  const documents = { fetch: net.fetch, hosts: ['app.example'], scopes: ['read'] }
  const at = await world('sqlite', optionsWith(documents))
  expect(await answerTo(at, asking(at))).toBe('303 /login')
  expect(await answerTo(at, asking(at, {}, 'https://app.example:8443/c'))).toBe('400 The client is unknown')
  expect(await answerTo(at, asking(at, {}, 'https://evil.example/c'))).toBe('400 The client is unknown')
  expect(net.seen).toEqual([id])
  expect(await answerTo(at, asking(at, { scope: 'write' }))).toMatch(/^400 The scope is/)
})

test('options that cannot be right are refused at the start', () => {
  const refused: readonly ClientDocumentOptions[] = [
    { hosts: ['https://app.example'] },
    { hosts: ['APP.example'] },
    { hosts: ['app.example/'] },
    { scopes: ['nothing'] },
    { maxAge: 0 },
    { maxAge: 86_401 },
    { dangerouslyAllowLocalhost: true },
    { reachable: ['private'] },
  ]
  for (const each of refused) {
    expect(() => serverLike({ url: 'file:unused.db', clock: { now: 0 } }, optionsWith(each))).toThrow(
      TypeError,
    )
  }
})

test('SECURITY 154: in development a document may be on this computer, and the limits are the same', async () => {
  const asked: string[] = []
  const host = createHttpServer((request, response) => {
    const url = `http://localhost:${port()}${request.url}`
    asked.push(request.url ?? '')
    const text = JSON.stringify({ ...document, client_id: url })
    response.setHeader('content-type', 'application/json')
    if (request.url === '/redirect') response.writeHead(302, { location: '/good' }).end()
    else if (request.url === '/slow') response.write(text.slice(0, 20))
    else if (request.url === '/huge') response.end(text + ' '.repeat(6000))
    else if (request.url === '/packed') response.setHeader('content-encoding', 'gzip').end(text)
    else response.end(text)
  }).listen(0, 'localhost')
  const port = (): number => (host.address() as AddressInfo).port
  await new Promise((ready) => host.once('listening', ready))
  closing.push(() => {
    host.closeAllConnections()
    host.close()
  })
  const own = { issuer: 'http://localhost:8000', resources: { 'http://localhost:8000': {} } }
  const server = serverLike(
    { url: await freshDatabase('sqlite'), clock: { now: Date.now() } },
    { ...optionsWith({ dangerouslyAllowLocalhost: true }), ...own },
  )
  try {
    const { interaction, store } = await server.open()
    const said = async (name: string): Promise<unknown> =>
      interaction
        .begin([...new URL(requestUrl({ redirectUri: () => callback } as unknown as World, name)).searchParams])
        .then(({ client }) => client.metadata.clientName)
        .catch((error: Error) => error.message)
    const at = (path: string): string => `http://localhost:${port()}${path}`
    expect(await said(at('/good'))).toBe('Notes')
    expect(await said(at('/redirect'))).toBe('The document is somewhere else, and redirects are not followed')
    expect(await said(at('/huge'))).toBe('The document has more than 5120 bytes')
    expect(await said(at('/packed'))).toBe('The document came in an encoding that was not asked for')
    expect(await said(at('/slow'))).toBe('The document cannot be reached')
    expect(asked).toEqual(['/good', '/redirect', '/huge', '/packed', '/slow'])
    for (const name of ['https://10.0.0.1/c', 'https://169.254.169.254/c', 'https://[fd00:ec2::254]/c']) {
      expect([name, await said(name)]).toEqual([name, 'The document cannot be reached'])
    }
    expect(await said('http://10.0.0.1/c')).toBe('The client is unknown')
    expect(await store.listClients({ limit: 100, source: 'document' })).toEqual([])
  } finally {
    await server.close()
  }
}, 30_000) // prettier-ignore

test('SECURITY 156: the consent page shows whose host it is and where it goes, and believes no name', async () => {
  const { at, browser, publish } = await place('sqlite')
  publish({
    ...document,
    client_name: '<img src=x onerror=alert(1)> Bank',
    logo_uri: 'https://tracker.example/logo.png',
    policy_uri: 'https://app.example/privacy',
  })
  const login = await browser.open(asking(at))
  expect(login.body).toContain('(<bdi dir="ltr">app.example</bdi>)')
  const page = await browser.submit(login, { username: 'alice', password })
  expect(spaced(page.body)).toContain('published at <strong><bdi dir="ltr">app.example</bdi></strong')
  expect(page.body).toContain('&lt;img src=x onerror=alert(1)&gt; Bank')
  expect(page.body).not.toContain('<img')
  expect(page.body).not.toContain('tracker.example')
  expect(spaced(page.body)).not.toContain('any program here could say')
  // The applications that somebody has let in say it as well.
  await browser.submit(page, { decision: 'allow' })
  const list = await browser.open(`${issuer}/account/applications`)
  expect(spaced(list.body)).toContain('published at <strong><bdi dir="ltr">app.example</bdi></strong')
})

test('SECURITY 156: with a program on this computer as the only way back, the page warns, and asks each time', async () => {
  const { at, browser, publish } = await place('sqlite')
  publish({ ...document, redirect_uris: ['http://localhost/cb', 'http://127.0.0.1/cb'] })
  const url = asking(at, { redirect_uri: 'http://127.0.0.1:53682/cb' })
  const page = await consentPage(browser, url)
  expect(spaced(page.body)).toContain('any program here could say that it is this one')
  expect(page.body).toContain('127.0.0.1:53682')
  expect((await browser.submit(page, { decision: 'allow' })).location).toContain('code=')
  expect((await browser.open(url)).path).toBe('/consent')
})
