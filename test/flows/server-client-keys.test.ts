/** Clients whose keys are behind an address: fetched when they are needed, kept, renewed, and no way to anything inside. */

import { createHmac, createPublicKey } from 'node:crypto'
import type { JsonWebKey } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { sha256Base64url } from '../../src/crypto/hash.ts'
import { generateSigningKey, privateJwk, signingKey } from '../../src/crypto/signing-key.ts'
import type { SigningKey } from '../../src/crypto/signing-key.ts'
import type { ClientDefinition } from '../../src/server/clients.ts'
import type { AuthorizationServerOptions } from '../../src/server/options.ts'
import { assertionBy, clientWeb, keySet } from '../setup/client-web.ts'
import type { ClientWeb } from '../setup/client-web.ts'
import { dialects } from '../setup/database.ts'
import type { Dialect } from '../setup/database.ts'
import { bodyOf, issuer, verifier, world } from './server-world.ts'
import type { World } from './server-world.ts'

const address = 'https://app.example/keys'
const relaxed = { points: 100_000, seconds: 60 }

/** Without a web of the test: the server sends its requests itself. */
const direct = { clientFetch: undefined } as object

/** A client whose keys are at an address. */
function client(id: string, jwksUri = address): ClientDefinition {
  return { id, jwksUri, redirectUris: ['https://app.example/cb'] }
}

interface Place {
  readonly at: World
  readonly web: ClientWeb
  readonly reported: unknown[]
  /** How a client that signs with this key is answered when it pushes a request. */
  readonly ask: (key: SigningKey, id: string, faults?: Faults) => Promise<Response>
  readonly send: (assertion: Record<string, string>) => Promise<Response>
  readonly signed: (key: SigningKey, id: string, faults?: Faults) => Promise<Record<string, string>>
  /** How often clients failed to authenticate. */
  readonly failures: () => number
}

type Faults = Parameters<typeof assertionBy>[3]

async function place(
  dialect: Dialect,
  clients: readonly ClientDefinition[],
  more: Partial<AuthorizationServerOptions> = {},
): Promise<Place> {
  const web = clientWeb()
  const reported: unknown[] = []
  const at = await world(dialect, {
    clients,
    clientFetch: web.fetch,
    report: (error) => reported.push(error),
    registration: { open: true },
    rateLimits: { token: relaxed, registration: relaxed },
    ...more,
  })
  const send: Place['send'] = (assertion) =>
    at.post('/par', {
      response_type: 'code',
      code_challenge: sha256Base64url(verifier),
      code_challenge_method: 'S256',
      ...assertion,
    })
  const signed: Place['signed'] = (key, id, faults) =>
    assertionBy(key, id, { audience: issuer, now: at.clock.now }, faults)
  return {
    at,
    web,
    reported,
    ask: async (key, id, faults) => send(await signed(key, id, faults)),
    send,
    signed,
    failures: () => at.events.filter(({ type }) => type === 'client.authentication_failed').length,
  }
}

async function registered(at: World, metadata: Record<string, unknown>): Promise<Response> {
  return at.server.app.request(`${issuer}/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      redirect_uris: ['https://app.example/cb'],
      token_endpoint_auth_method: 'private_key_jwt',
      ...metadata,
    }),
  })
}

async function registeredId(at: World, metadata: Record<string, unknown>): Promise<string> {
  const answer = await registered(at, metadata)
  expect(answer.status).toBe(201)
  return String((await bodyOf(answer))['client_id'])
}

async function expectUnavailable(answer: Response): Promise<void> {
  expect(answer.status).toBe(503)
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect((await bodyOf(answer))['error']).toBe('temporarily_unavailable')
}

async function expectRefused(answer: Response): Promise<void> {
  expect(answer.status).toBe(401)
  expect((await bodyOf(answer))['error']).toBe('invalid_client')
}

describe.each(dialects)('keys behind an address, on %s', (dialect) => {
  let first: SigningKey
  let second: SigningKey
  let third: SigningKey
  beforeAll(async () => {
    ;[first, second, third] = await Promise.all([
      generateSigningKey(),
      generateSigningKey('RS256'),
      generateSigningKey('EdDSA'),
    ])
  })

  test('RFC 7591 §2: a client of the options, of an administrator and of a registration authenticates with them', async () => {
    const { at, web, ask, failures } = await place(dialect, [client('code')])
    web.publish(address, keySet(first))
    await at.clients.add(client('admin'))
    const id = await registeredId(at, { jwks_uri: address })
    for (const each of ['code', 'admin', id]) {
      expect((await ask(first, each)).status).toBe(201)
      await expectRefused(await ask(first, each, { claims: { iss: 'somebody' } }))
      expect((await ask(first, each)).status).toBe(201)
    }
    expect(failures()).toBe(3)
    // Once for those whose addresses may be inside, and once for the registered one.
    expect(web.seen).toEqual([address, address])
    expect(web.redirects).toEqual(['manual', 'manual'])
  })

  test('a client of the options may have its keys on this computer, over http', async () => {
    let visits = 0
    const host = createServer((_, response) => {
      visits++
      response.end(JSON.stringify(keySet(first)))
    })
    await new Promise<void>((listening) => host.listen(0, '127.0.0.1', listening))
    onTestFinished(() => void host.close())
    const uri = `http://127.0.0.1:${(host.address() as AddressInfo).port}/keys`
    const { ask, at, reported } = await place(dialect, [client('code', uri)], direct)
    expect((await ask(first, 'code')).status).toBe(201)
    expect(visits).toBe(1)
    expect(reported).toEqual([])
    // Whoever registers may not, and nobody over http elsewhere.
    const answer = await registered(at, { jwks_uri: uri })
    expect([answer.status, (await bodyOf(answer))['error']]).toEqual([400, 'invalid_client_metadata'])
    for (const wrong of [
      'http://app.example/keys',
      'http://localhost:80@app.example/keys',
      'http://10.0.0.1/keys',
      `${uri}#x`,
      'file:///keys',
    ]) {
      await expect(at.clients.add(client('wrong', wrong)), wrong).rejects.toThrow('jwks_uri is an https address')
    }
    // An administrator who changes a registered client does not make it one of theirs.
    const id = await registeredId(at, { jwks_uri: address })
    await expect(at.clients.change(id, { jwksUri: uri })).rejects.toThrow('jwks_uri is an https address')
    expect((await at.clients.get(id))?.metadata.jwksUri).toBe(address)
  }) // prettier-ignore

  test('keys are fetched when they are first needed, again after five minutes, and what was taken out ends', async () => {
    const { at, web, ask } = await place(dialect, [client('app')])
    web.publish(address, keySet(first, second))
    expect(web.seen).toHaveLength(0)
    for (const key of [first, second, first]) expect((await ask(key, 'app')).status).toBe(201)
    at.clock.now += 299_000
    expect((await ask(first, 'app')).status).toBe(201)
    expect(web.seen).toHaveLength(1)
    web.publish(address, keySet(second))
    at.clock.now += 1000
    // The old ones are used while the new ones come.
    expect((await ask(first, 'app')).status).toBe(201)
    expect(web.seen).toHaveLength(2)
    await expectRefused(await ask(first, 'app'))
    expect((await ask(second, 'app')).status).toBe(201)
    expect(web.seen).toHaveLength(2)
  })

  test('a new key is found at once, and an unknown one fetches no more than once a minute', async () => {
    const { at, web, ask, failures } = await place(dialect, [client('app')])
    web.publish(address, keySet(first))
    expect((await ask(first, 'app')).status).toBe(201)
    at.clock.now += 60_000
    web.publish(address, keySet(first, second))
    expect((await ask(second, 'app')).status).toBe(201)
    expect(web.seen).toHaveLength(2)
    for (let tries = 0; tries < 5; tries++) await expectRefused(await ask(third, 'app'))
    await expectRefused(await ask(third, 'app', { header: {} }))
    expect(web.seen).toHaveLength(2)
    expect(failures()).toBe(6)
    at.clock.now += 59_000
    await expectRefused(await ask(third, 'app'))
    expect(web.seen).toHaveLength(2)
    at.clock.now += 1000
    web.publish(address, keySet(third))
    expect((await ask(third, 'app')).status).toBe(201)
    expect(web.seen).toHaveLength(3)
    await expectRefused(await ask(first, 'app'))
  })

  test('a key that is known and did not sign is no reason to look again', async () => {
    const { at, web, ask } = await place(dialect, [client('app')])
    web.publish(address, keySet(first))
    expect((await ask(first, 'app')).status).toBe(201)
    at.clock.now += 60_000
    await expectRefused(await ask(third, 'app', { header: { kid: first.keyId } }))
    expect(web.seen).toHaveLength(1)
  })

  test('keys without names are found by their signatures', async () => {
    const { web, ask } = await place(dialect, [client('app')])
    web.publish(address, {
      keys: [first, second].map(({ publicJwk }) => ({ ...publicJwk, kid: undefined, alg: undefined })),
    })
    expect((await ask(first, 'app')).status).toBe(201)
    expect((await ask(second, 'app', { header: {} })).status).toBe(201)
    await expectRefused(await ask(third, 'app'))
  })

  test('while the address is away the keys go on for an hour, and after that there are none', async () => {
    const { at, web, ask, reported, failures } = await place(dialect, [client('app')])
    web.publish(address, keySet(first))
    expect((await ask(first, 'app')).status).toBe(201)
    web.answers.set(address, () => Promise.reject(new Error('away')))
    at.clock.now += 3_599_000
    expect((await ask(first, 'app')).status).toBe(201)
    expect((await ask(first, 'app')).status).toBe(201)
    expect(web.seen).toHaveLength(2)
    // What is not known may be there by now: nobody can tell, and nobody has failed.
    await expectUnavailable(await ask(third, 'app'))
    at.clock.now += 1000
    await expectUnavailable(await ask(first, 'app'))
    expect(failures()).toBe(0)
    expect(reported.map(String)).toContain(`Error: The keys of a client at ${address} cannot be had`)
    web.publish(address, keySet(first))
    at.clock.now += 60_000
    expect((await ask(first, 'app')).status).toBe(201)
  })

  test('SECURITY 89: without keys a client is told to come again; nothing is counted, and its assertion is still good', async () => {
    const { at, web, send, signed, ask, failures } = await place(dialect, [client('app')])
    const assertion = await signed(first, 'app')
    // More often than a client may fail.
    for (let tries = 0; tries < 25; tries++) await expectUnavailable(await send(assertion))
    expect(failures()).toBe(0)
    expect(web.seen).toHaveLength(1)
    web.publish(address, keySet(first))
    at.clock.now += 9000
    await expectUnavailable(await send(assertion))
    at.clock.now += 1000
    expect((await send(assertion)).status).toBe(201)
    expect(web.seen).toHaveLength(2)
    // And once.
    await expectRefused(await send(assertion))
    // The token endpoint says it in the same words.
    const machine = { ...client('machine', 'https://away.example/'), clientCredentialsScopes: ['read'] }
    await at.clients.add({ ...machine, grantTypes: ['client_credentials', 'authorization_code'] })
    const form = { grant_type: 'client_credentials', ...(await signed(first, 'machine')) }
    await expectUnavailable(await at.post('/token', form))
    expect((await ask(first, 'app')).status).toBe(201)
  })

  test('what is no key set within the limits is none', async () => {
    const good = JSON.stringify(keySet(first))
    const answers: Readonly<Record<string, () => Response | Promise<Response>>> = {
      huge: () => new Response(good + ' '.repeat(65_537 - good.length)),
      endless: () => new Response(new ReadableStream({ pull: (stream) => stream.enqueue(new Uint8Array(9999)) })),
      slow: () => new Promise(() => undefined),
      dripping: () => new Response(new ReadableStream({ pull: () => new Promise(() => undefined) })),
      moved: () => new Response(null, { status: 302, headers: { location: 'https://127.0.0.1/keys' } }),
      failing: () => new Response(good, { status: 500 }),
      created: () => new Response(good, { status: 201 }),
      packed: () => new Response(new Uint8Array([31, 139, 8, 0])),
      text: () => new Response('keys'),
      list: () => Response.json([first.publicJwk]),
      single: () => Response.json(first.publicJwk),
      object: () => Response.json({ keys: { first: first.publicJwk } }),
      nothing: () => Response.json(null),
      empty: () => new Response(''),
      broken: () => new Response(good.slice(0, -1)),
      encoding: () => new Response(Uint8Array.of(0xff, ...new TextEncoder().encode(good))),
    }
    const uri = (name: string) => `https://${name}.example/keys`
    const clients = Object.keys(answers).map((name) => client(name, uri(name)))
    const { at, web, send, signed, failures } = await place(dialect, clients)
    for (const [name, answer] of Object.entries(answers)) web.answers.set(uri(name), answer)
    const asked = await Promise.all(
      Object.keys(answers).map(async (name) => ({ name, assertion: await signed(first, name) })),
    )
    const statuses = await Promise.all(
      asked.map(async ({ name, assertion }) => [name, (await send(assertion)).status]),
    )
    expect(statuses).toEqual(asked.map(({ name }) => [name, 503]))
    expect(failures()).toBe(0)
    expect(web.seen.toSorted()).toEqual(clients.map(({ jwksUri }) => jwksUri).toSorted())
    // The largest that is read.
    for (const { name } of asked)
      web.answers.set(uri(name), () => new Response(good + ' '.repeat(65_536 - good.length)))
    at.clock.now += 10_000
    for (const { assertion } of asked) expect((await send(assertion)).status).toBe(201)
  }, 30_000) // prettier-ignore

  test('SECURITY 88: private, weak and foreign members of a set are no keys, and the good one beside them is', async () => {
    const { at, web, ask, signed, send } = await place(dialect, [client('app')])
    const leaked = await generateSigningKey()
    const shared = signingKey('a-shared-secret-that-is-long-enough-for-hmac', { keyId: 'shared' })
    web.publish(address, {
      keys: [
        null,
        'key',
        [],
        {},
        { kty: 'EC' },
        { ...privateJwk(leaked), alg: 'ES256' },
        privateJwk(shared),
        { ...third.publicJwk, use: 'enc' },
        { ...second.publicJwk, alg: 'RS384' },
        first.publicJwk,
      ],
    })
    for (const key of [leaked, shared, third, second]) await expectRefused(await ask(key, 'app'))
    // RFC 8725 §3.1: a public key is nobody's shared secret, however it is written.
    const { client_assertion: good = '', ...rest } = await signed(first, 'app')
    const [, payload = ''] = good.split('.')
    const jwk = first.publicJwk as JsonWebKey
    const key = createPublicKey({ key: jwk, format: 'jwk' })
    const header = Buffer.from(JSON.stringify({ alg: 'HS256', kid: first.keyId })).toString('base64url')
    for (const text of [
      JSON.stringify(jwk),
      key.export({ format: 'pem', type: 'spki' }),
      key.export({ format: 'der', type: 'spki' }),
    ]) {
      const signature = createHmac('sha256', text).update(`${header}.${payload}`).digest('base64url')
      await expectRefused(await send({ ...rest, client_assertion: `${header}.${payload}.${signature}` }))
    }
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.AAAA`
    await expectRefused(await send({ ...rest, client_assertion: none }))
    expect((await send({ ...rest, client_assertion: good })).status).toBe(201)
    expect(web.seen).toHaveLength(1)
    // The algorithm that is announced is the one that is verified.
    const lie = { header: { alg: 'PS256', kid: second.keyId } }
    web.publish(address, { keys: [{ ...second.publicJwk, alg: undefined }, first.publicJwk] })
    at.clock.now += 60_000
    expect((await ask(second, 'app')).status).toBe(201)
    await expectRefused(await ask(second, 'app', lie))
  })

  test('a client takes all its keys back with an empty set', async () => {
    const { at, web, ask } = await place(dialect, [client('app')])
    web.publish(address, keySet(first))
    expect((await ask(first, 'app')).status).toBe(201)
    web.publish(address, { keys: [] })
    at.clock.now += 600_000
    await expectRefused(await ask(first, 'app'))
  })

  test('SECURITY 88: the keys of one address are not those of another', async () => {
    const other = 'https://app.example/keys?of=other'
    const { web, ask } = await place(dialect, [client('one'), client('two', other)])
    web.publish(address, keySet(first))
    web.publish(other, keySet(second))
    for (let round = 0; round < 2; round++) {
      expect((await ask(first, 'one')).status).toBe(201)
      expect((await ask(second, 'two')).status).toBe(201)
      await expectRefused(await ask(second, 'one'))
      await expectRefused(await ask(first, 'two'))
    }
    // An assertion of one that names the other is neither's.
    await expectRefused(await ask(first, 'one', { claims: { iss: 'two' } }))
    await expectRefused(await ask(first, 'two', { header: { kid: second.keyId } }))
    expect(web.seen).toEqual([address, other])
  })

  test('SECURITY 143: what a stranger sends makes no request', async () => {
    const { at, web, ask, send, signed } = await place(
      dialect,
      [
        client('app'),
        { ...client('strict'), strictAssertionAudience: true },
        { ...client('rsa'), tokenEndpointAuthSigningAlg: 'RS256' },
        { ...client('public'), tokenEndpointAuthMethod: 'none' },
      ],
      { rateLimits: { token: relaxed, clientFailures: relaxed } },
    )
    await at.clients.add(client('off'))
    await at.clients.change('off', { disabled: true })
    web.publish(address, keySet(first))
    const now = Math.floor(at.clock.now / 1000)
    const claims: readonly Record<string, unknown>[] = [
      { iss: 'other' },
      { iss: undefined },
      { aud: 'https://other.test' },
      { aud: [] },
      { aud: undefined },
      { exp: now - 120, iat: now - 180 },
      { exp: now + 172_800 },
      { exp: undefined },
      { exp: 'soon' },
      { nbf: now + 3600 },
      { iat: now + 3600 },
      { jti: undefined },
      { jti: '' },
    ]
    for (const each of claims) await expectRefused(await ask(first, 'app', { claims: each }))
    const headers: readonly Record<string, unknown>[] = [
      { alg: 'HS256' },
      { alg: 'none' },
      { alg: 'ES384' },
      { jwk: first.publicJwk },
      { jku: address },
      { x5u: address },
      { crit: ['exp'] },
      { typ: 'at+jwt' },
      { kid: 7 },
    ]
    for (const header of headers) await expectRefused(await ask(first, 'app', { header }))
    await expectRefused(await ask(first, 'strict', { claims: { aud: [issuer] } }))
    for (const id of ['rsa', 'public', 'off', 'nobody']) await expectRefused(await ask(first, id))
    const { client_assertion: good = '', ...rest } = await signed(first, 'app')
    for (const wrong of [`${good}.x`, good.split('.').slice(0, 2).join('.'), `${good.slice(0, 20)}!`, 'a.b.c']) {
      await expectRefused(await send({ ...rest, client_assertion: wrong }))
    }
    await expectRefused(await ask(first, 'app', { claims: { padding: 'x'.repeat(20_000) } }))
    expect(web.seen).toEqual([])
    expect((await ask(first, 'app')).status).toBe(201)
    expect(web.seen).toEqual([address])
  }) // prettier-ignore

  test('many at once wait for one request', async () => {
    const { web, ask, at } = await place(dialect, [client('app')])
    let answer = (): void => undefined
    web.answers.set(
      address,
      () => new Promise((resolve) => (answer = () => resolve(Response.json(keySet(first))))),
    )
    const asking = Promise.all(Array.from({ length: 25 }, () => ask(first, 'app')))
    await expect.poll(() => web.seen.length).toBe(1)
    answer()
    for (const { status } of await asking) expect(status).toBe(201)
    expect(web.seen).toHaveLength(1)
    // As many with a key that is not there.
    at.clock.now += 60_000
    web.publish(address, keySet(first))
    const refused = await Promise.all(Array.from({ length: 15 }, () => ask(third, 'app')))
    for (const { status } of refused) expect(status).toBe(401)
    expect(web.seen).toHaveLength(2)
  })
})
