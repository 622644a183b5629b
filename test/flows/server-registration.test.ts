import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import * as oauth from 'oauth4webapi'
import { Client as Postgres } from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'
import { sha256Base64url } from '../../src/crypto/hash.ts'
import { generateSigningKey } from '../../src/crypto/signing-key.ts'
import { api } from '../../src/index.ts'
import { authorizationServer } from '../../src/server/authorization-server.ts'
import type { AuthorizationServerOptions } from '../../src/server/options.ts'
import { assertionBy } from '../setup/client-web.ts'
import { dialects } from '../setup/database.ts'
import { apiA, basic, bodyOf, issuer, serverOptions, verifier, world } from './server-world.ts'
import type { World } from './server-world.ts'

const initial = 'an-initial-access-token-nobody-guesses'
const guarded = {
  registration: { initialAccessTokens: ['another-token-that-nobody-guesses-either', initial] },
}
const open = {
  registration: { open: true, scopes: ['read', 'write'] },
  rateLimits: { registration: { points: 100_000, seconds: 60 } },
}
const good = { redirect_uris: ['https://dyn.test/cb'], client_name: 'Dyn' }

type Body = Record<string, unknown>

/** Sends JSON, with a bearer token. */
async function send(
  here: World,
  method: string,
  url: string,
  body?: unknown,
  token?: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  const request = new Request(new URL(url, issuer), {
    method,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  return here.server.app.fetch(request, { address: '192.0.2.7' })
}

async function registered(here: World, more: Body = {}): Promise<Record<string, string>> {
  const answer = await send(here, 'POST', `${issuer}/register`, { ...good, ...more })
  expect(answer.status).toBe(201)
  return (await answer.json()) as Record<string, string>
}

async function refusal(here: World, more: Body): Promise<unknown> {
  const answer = await send(here, 'POST', `${issuer}/register`, { ...good, ...more })
  expect(answer.status, JSON.stringify(more).slice(0, 100)).toBe(400)
  expect(answer.headers.get('cache-control')).toBe('no-store')
  return (await bodyOf(answer))['error']
}

/** The metadata of an update: what an answer said, without what only the server sets. */
function updateOf(client: Body, more: Body = {}): Body {
  const { client_id_issued_at: _, client_secret_expires_at: __, ...rest } = client
  const { registration_access_token: ___, registration_client_uri: ____, ...metadata } = rest
  return { ...metadata, ...more }
}

async function count(here: World): Promise<number> {
  return (await here.store.listClients({ limit: 1000, source: 'registered' })).length
}

/** A code flow with a client's own secret: how a registered client uses what it got. */
async function flow(here: World, client: Record<string, string>): Promise<Response> {
  const pending = await here.interaction.begin([
    ['client_id', client['client_id'] ?? ''],
    ['response_type', 'code'],
    ['code_challenge', sha256Base64url(verifier)],
    ['code_challenge_method', 'S256'],
  ])
  const { location: went } = await here.interaction.approve(pending, {
    subject: here.alice,
    authTime: here.clock.now,
  })
  const code = new URL(went).searchParams.get('code') ?? ''
  const secret = client['client_secret']
  const form = { grant_type: 'authorization_code', code, code_verifier: verifier }
  return secret === undefined
    ? here.post('/token', form, client['client_id'])
    : here.post('/token', form, undefined, { authorization: basic(client['client_id'] ?? '', secret) })
}

async function works(here: World, client: Record<string, string>): Promise<number> {
  return (await flow(here, client)).status
}

async function accessToken(here: World, client: Record<string, string>): Promise<string> {
  return String((await bodyOf(await flow(here, client)))['access_token'])
}

describe.each(dialects)('registration on %s', (dialect) => {
  test('SECURITY 141: without the option there is no such endpoint, and nothing says there is', async () => {
    const here = await world(dialect)
    expect((await send(here, 'POST', `${issuer}/register`, good)).status).toBe(404)
    expect((await send(here, 'GET', `${issuer}/register/web`, undefined, 'x')).status).toBe(404)
    const metadata = await bodyOf(
      await here.server.app.request(`${issuer}/.well-known/oauth-authorization-server`),
    )
    expect(metadata).not.toHaveProperty('registration_endpoint')
    expect(await count(here)).toBe(0)
  })

  test('SECURITY 141: with initial access tokens, whoever has one of them registers, and nobody else', async () => {
    const here = await world(dialect, { ...guarded, rateLimits: open.rateLimits })
    for (const token of [undefined, '', 'x', `${initial}x`, initial.slice(0, -1), initial.toUpperCase()]) {
      const answer = await send(here, 'POST', `${issuer}/register`, good, token)
      expect(answer.status, String(token)).toBe(401)
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer /)
      expect(answer.headers.get('www-authenticate')?.includes('invalid_token')).toBe(Boolean(token))
    }
    const basicToo = await send(here, 'POST', `${issuer}/register`, good, undefined, {
      authorization: basic('x', initial),
    })
    expect(basicToo.status).toBe(401)
    const inUrl = await send(here, 'POST', `${issuer}/register?access_token=${initial}`, good)
    expect(inUrl.status).toBe(401)
    expect(await count(here)).toBe(0)
    const answer = await send(here, 'POST', `${issuer}/register`, good, initial)
    expect(answer.status).toBe(201)
    expect(await count(here)).toBe(1)
    const { client_id: registered } = (await answer.json()) as { client_id: string }
    const events = here.events.filter(({ clientId }) => clientId === registered)
    expect(events.map(({ type }) => type)).toEqual(['client.created'])
  })

  test('SECURITY 141: registrations from one address are limited, good and bad ones, and nothing is kept beyond', async () => {
    const here = await world(dialect, { registration: { open: true } })
    const statuses = new Map<number, number>()
    for (let number = 0; number < 1000; number++) {
      const answer = await send(here, 'POST', `${issuer}/register`, number % 2 === 0 ? good : {})
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
      if (answer.status === 429) expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    }
    expect(Object.fromEntries(statuses)).toEqual({ 201: 10, 400: 10, 429: 980 })
    expect(await count(here)).toBe(10)
    here.clock.now += 3_600_000
    expect((await send(here, 'POST', `${issuer}/register`, good)).status).toBe(201)
  })

  test('SECURITY 141: guesses at an initial access token count as registrations', async () => {
    const here = await world(dialect, {
      ...guarded,
      rateLimits: { registration: { points: 5, seconds: 60 } },
    })
    for (let guess = 0; guess < 5; guess++) {
      expect((await send(here, 'POST', `${issuer}/register`, good, `guess-${guess}`)).status).toBe(401)
    }
    expect((await send(here, 'POST', `${issuer}/register`, good, initial)).status).toBe(429)
    // SECURITY 276: each was written down, without what was guessed.
    const failures = here.events.filter(({ type }) => type === 'client.authentication_failed')
    expect(failures.map(({ details }) => details)).toEqual(
      Array.from({ length: 5 }, () => ({ method: 'initial_access_token' })),
    )
  })

  test('SECURITY 142: redirect URIs are checked by their shape', async () => {
    const here = await world(dialect, open)
    const shapes = [
      'javascript:alert(1)',
      ' JavaScript:alert(1)',
      'javascript://dyn.test/%0aalert(1)',
      'data:text/html,x',
      'vbscript:x',
      'blob:https://dyn.test/x',
      'file:///etc/passwd',
      'http://dyn.test/cb',
      'https://*.dyn.test/cb',
      'https://dyn.test/*',
      'https://user:pass@dyn.test/cb',
      'https://user@dyn.test/cb',
      'https://dyn.test/cb#fragment',
      'https://dyn.test/cb#',
      'https://dyn.test/../cb',
      'https://dyn.test\\@evil.test/cb',
      'https:/dyn.test/cb',
      'https:dyn.test/cb',
      '//dyn.test/cb',
      '/cb',
      '',
      'https://dyn.test/cb\n',
      'https://dyn.test/c b',
      'https://dÿn.test/cb',
      'app:/cb',
      'myapp://cb',
      'ftp://dyn.test/cb',
      'urn:ietf:wg:oauth:2.0:oob',
      `https://dyn.test/${'x'.repeat(2048)}`,
    ]
    for (const type of ['web', 'native']) {
      for (const shape of shapes) {
        expect(await refusal(here, { redirect_uris: [shape], application_type: type }), shape).toBe(
          'invalid_redirect_uri',
        )
        const among = { redirect_uris: ['https://dyn.test/cb', shape], application_type: type }
        expect(await refusal(here, among), shape).toBe('invalid_redirect_uri')
      }
    }
    expect(await refusal(here, { redirect_uris: 'https://dyn.test/cb' })).toBe('invalid_client_metadata')
    expect(await refusal(here, { redirect_uris: [1] })).toBe('invalid_client_metadata')
    expect(await refusal(here, { redirect_uris: [] })).toBe('invalid_client_metadata')
    expect(await count(here)).toBe(0)
    expect(await works(here, await registered(here))).toBe(200)
  })

  test('SECURITY 143: nothing inside is ever connected to, whatever a client names, and what is not https is refused', async () => {
    const reported: unknown[] = []
    const here = await world(dialect, { ...open, report: (error) => reported.push(error) })
    let visits = 0
    const trap = createServer((_, response) => {
      visits++
      response.end('["https://dyn.test/cb"]')
    })
    await new Promise<void>((listening) => trap.listen(0, '127.0.0.1', listening))
    onTestFinished(() => void trap.close())
    trap.on('connection', () => visits++)
    const { port } = trap.address() as AddressInfo
    const called = ['jwks_uri', 'sector_identifier_uri']
    for (const name of [...called, 'logo_uri', 'client_uri', 'tos_uri', 'policy_uri']) {
      for (const address of [
        `http://127.0.0.1:${port}/`,
        `http://localhost:${port}/`,
        'file:///x',
        'javascript:x',
        'https://u@h.test/',
        'x',
      ]) {
        expect(await refusal(here, { [name]: address }), `${name} ${address}`).toBe('invalid_client_metadata')
      }
    }
    expect(await count(here)).toBe(0)
    const key = await generateSigningKey()
    const inside = [
      `https://127.0.0.1:${port}/`,
      `https://localhost:${port}/`,
      `https://[::1]:${port}/`,
      `https://[::ffff:127.0.0.1]:${port}/`,
      `https://0.0.0.0:${port}/`,
      `https://2130706433:${port}/`,
      'https://10.0.0.1/',
      'https://192.168.1.1/',
      'https://169.254.169.254/latest/meta-data/',
      'https://[fd00::1]/',
      'https://[fe80::1]/',
    ]
    for (const address of inside) {
      expect(await refusal(here, { sector_identifier_uri: address }), address).toBe('invalid_client_metadata')
      const { client_id: id = '' } = await registered(here, {
        token_endpoint_auth_method: 'private_key_jwt',
        jwks_uri: address,
        logo_uri: address,
        client_uri: address,
        tos_uri: address,
        policy_uri: address,
      })
      // Its keys cannot be had, and so it cannot authenticate.
      const proof = await assertionBy(key, id, { audience: issuer, now: here.clock.now })
      const pushed = await here.post('/par', { response_type: 'code', ...proof })
      expect([address, pushed.status]).toEqual([address, 503])
    }
    expect(await count(here)).toBe(inside.length)
    expect(visits).toBe(0)
    // Each was judged by where it leads, and by nothing that came back.
    const faults = reported
      .filter((error) => String(error).includes('The keys of a client at'))
      .map((error) => ((error as Error).cause as { fault?: unknown }).fault)
    expect(faults).toEqual(inside.map(() => 'address'))
  })

  test('SECURITY 144: grants, response types and authentication agree, and are of those offered to strangers', async () => {
    const here = await world(dialect, open)
    for (const mismatch of [
      { grant_types: ['authorization_code'], response_types: [] },
      { grant_types: ['refresh_token'], response_types: ['code'] },
      { grant_types: ['refresh_token'] },
      { grant_types: [] },
      { grant_types: ['authorization_code', 'authorization_code'] },
      { grant_types: ['implicit'], response_types: ['token'] },
      { response_types: ['code', 'token'] },
      { response_types: ['id_token'] },
      { grant_types: ['password'] },
      { grant_types: ['client_credentials'] },
      { grant_types: ['authorization_code', 'client_credentials'] },
      { grant_types: ['urn:ietf:params:oauth:grant-type:token-exchange'] },
      { grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:jwt-bearer'] },
      { token_endpoint_auth_method: 'client_secret_jwt' },
      { token_endpoint_auth_method: 'private_key_jwt' },
      { token_endpoint_auth_method: 'tls_client_auth' },
      { jwks: { keys: [] } },
      { jwks: { keys: [{ kty: 'oct', k: 'AAAA' }] } },
      { jwks: { keys: [{ kty: 'EC', crv: 'P-256', x: 'x', y: 'y', d: 'd' }] } },
      { jwks: { keys: [{ kty: 'EC' }] }, jwks_uri: 'https://dyn.test/jwks' },
      { scope: 'read admin' },
      { scope: 'unknown' },
      { scope: 'read  write' },
      { subject_type: 'pairwise' },
      { id_token_signed_response_alg: 'none' },
      { token_endpoint_auth_signing_alg: 'HS256' },
      { default_max_age: -1 },
    ]) {
      expect(await refusal(here, mismatch), JSON.stringify(mismatch)).toBe('invalid_client_metadata')
    }
    expect(await count(here)).toBe(0)
    const client = await registered(here, { grant_types: ['authorization_code', 'refresh_token'] })
    expect(client).toMatchObject({ response_types: ['code'], scope: 'read write' })
  })

  test('SECURITY 145: a secret is strong, has an expiry member, is shown once and kept as a hash', async () => {
    const here = await world(dialect, open)
    const client = await registered(here)
    expect(client['client_secret']).toMatch(/^gws_[\w-]{43}$/)
    expect(client['client_secret_expires_at']).toBe(0)
    expect(client['client_id_issued_at']).toBe(Math.floor(here.clock.now / 1000))
    expect(client['registration_access_token']).toMatch(/^gwt_[\w-]{43}$/)
    expect(client['registration_client_uri']).toBe(`${issuer}/register/${client['client_id']}`)
    const [uri = '', token = ''] = [client['registration_client_uri'], client['registration_access_token']]
    const read = await send(here, 'GET', uri, undefined, token)
    expect(read.status).toBe(200)
    expect(read.headers.get('cache-control')).toBe('no-store')
    const { client_secret: _, client_secret_expires_at: __, ...rest } = client
    expect(await bodyOf(read)).toEqual(rest)
    const replaced = await send(here, 'PUT', uri, updateOf(client, { client_name: 'New' }), token)
    expect(replaced.status).toBe(200)
    expect(await bodyOf(replaced)).not.toHaveProperty('client_secret')
    expect(await works(here, client)).toBe(200)

    const dump = await dumpOf(here.url)
    expect(dump).toContain(client['client_id'])
    for (const secret of [client['client_secret'] ?? '', token]) {
      expect(dump).not.toContain(secret)
      expect(dump).not.toContain(secret.slice(4))
    }
    expect(JSON.stringify(here.events)).not.toContain('gws_')
    // A public client has none.
    const spa = await registered(here, { token_endpoint_auth_method: 'none' })
    expect(spa).not.toHaveProperty('client_secret')
    expect(spa).not.toHaveProperty('client_secret_expires_at')
    expect(await works(here, spa)).toBe(200)
  })

  test('SECURITY 146: unknown members are ignored, and what an administrator decides cannot be set', async () => {
    const here = await world(dialect, open)
    const client = await registered(here, {
      skip_consent: true,
      trusted: true,
      owner: 'admin',
      require_pkce: false,
      first_party: true,
      firstParty: true,
      pkceOptional: true,
      privileges: { firstParty: true },
      introspects: [apiA],
      clientCredentialsScopes: ['admin'],
      source: 'code',
      disabled: false,
      client_id: 'web',
      client_secret: 'chosen',
      registration_access_token: 'chosen',
      id: 'web',
      version: 7,
      constructor: { prototype: { firstParty: true } },
    })
    expect(client['client_id']).not.toBe('web')
    expect(client['client_secret']).not.toBe('chosen')
    const kept = await here.clients.get(client['client_id'] ?? '')
    expect(kept?.privileges).toEqual({})
    expect(kept?.source).toBe('registered')
    expect(kept?.version).toBe(1)
    expect(Object.keys(kept?.metadata ?? {})).not.toContain('pkceOptional')
    const { access_token: token } = await here.tokens('web')
    const asked = await here.post('/introspect', { token }, undefined, {
      authorization: basic(client['client_id'] ?? '', client['client_secret'] ?? ''),
    })
    expect(await asked.text()).toBe('{"active":false}')
    const raw = await send(
      here,
      'POST',
      `${issuer}/register`,
      `{"redirect_uris":["https://dyn.test/cb"],"__proto__":{"firstParty":true}}`,
    )
    expect(raw.status).toBe(201)
    expect(({} as Body)['firstParty']).toBeUndefined()
  })

  test('SECURITY 147: an update is checked as a whole, with what it leaves out at its default', async () => {
    const here = await world(dialect, open)
    const client = await registered(here, {
      application_type: 'native',
      redirect_uris: ['http://127.0.0.1/cb'],
    })
    const [uri = '', token = ''] = [client['registration_client_uri'], client['registration_access_token']]
    const before = await here.store.getClient(client['client_id'] ?? '')
    const id = client['client_id']
    for (const step of [
      // Each alone would be all right beside what is there.
      { client_id: id, redirect_uris: ['http://127.0.0.1/cb'] },
      { ...updateOf(client), application_type: 'web' },
      { ...updateOf(client), redirect_uris: ['javascript:x'] },
      { ...updateOf(client), redirect_uris: [] },
      { client_id: id },
      { ...updateOf(client), grant_types: ['client_credentials'] },
      { ...updateOf(client), response_types: [] },
      { ...updateOf(client), token_endpoint_auth_method: 'private_key_jwt' },
      { ...updateOf(client), scope: 'admin' },
      { ...updateOf(client), client_id: 'web' },
      { ...updateOf(client), client_id: undefined },
      { ...updateOf(client), client_secret: 'chosen by the client, and long enough' },
      { ...updateOf(client), registration_access_token: token },
      { ...updateOf(client), registration_client_uri: uri },
      { ...updateOf(client), client_secret_expires_at: 1 },
      { ...updateOf(client), client_id_issued_at: 1 },
      [],
      'null',
      '{',
      '',
    ]) {
      const answer = await send(here, 'PUT', uri, step, token)
      expect(answer.status, JSON.stringify(step)).toBe(400)
      expect((await bodyOf(answer))['error']).toMatch(/^invalid_(client_metadata|redirect_uri)$/)
    }
    expect(await here.store.getClient(id ?? '')).toEqual(before)

    const narrower = await send(
      here,
      'PUT',
      uri,
      { ...updateOf(client), scope: 'read', client_name: null },
      token,
    )
    expect(narrower.status).toBe(200)
    const after = await bodyOf(narrower)
    expect(after).toMatchObject({ scope: 'read', registration_access_token: token })
    expect(after).not.toHaveProperty('client_name')
    // Left out, it is back at what may be had.
    const { scope: _, ...without } = updateOf(client)
    expect((await bodyOf(await send(here, 'PUT', uri, without, token)))['scope']).toBe('read write')
    expect(await works(here, client)).toBe(200)

    // Public and back: the old secret is dead, a new one is shown.
    const asPublic = await send(
      here,
      'PUT',
      uri,
      updateOf(client, { token_endpoint_auth_method: 'none', client_secret: undefined }),
      token,
    )
    expect(await bodyOf(asPublic)).not.toHaveProperty('client_secret')
    const back = await bodyOf(
      await send(here, 'PUT', uri, updateOf(client, { client_secret: undefined }), token),
    )
    expect(back['client_secret']).toMatch(/^gws_/)
    expect(back['client_secret']).not.toBe(client['client_secret'])
    expect(await works(here, client)).toBe(401)
    expect(await works(here, { ...client, client_secret: String(back['client_secret']) })).toBe(200)
  })

  test('SECURITY 147: a client that an administrator gave privileges to cannot change under them', async () => {
    const here = await world(dialect, open)
    const client = await registered(here)
    const [uri = '', token = ''] = [client['registration_client_uri'], client['registration_access_token']]
    const {
      id,
      version,
      createdAt: _,
      lastUsedAt: __,
      ...record
    } = (await here.store.getClient(client['client_id'] ?? ''))!
    const metadata = { ...record.metadata, privileges: { firstParty: true, pkceOptional: true } }
    await here.store.replaceClient(id, version, { ...record, metadata })
    const update = updateOf(client, { redirect_uris: ['https://evil.test/cb'] })
    expect((await send(here, 'PUT', uri, update, token)).status).toBe(403)
    expect((await here.clients.get(id))?.metadata.redirectUris).toEqual(good.redirect_uris)
    await here.store.replaceClient(id, version + 1, { ...record, disabled: true })
    expect((await send(here, 'PUT', uri, updateOf(client), token)).status).toBe(401)
    expect((await here.clients.get(id))?.disabled).toBe(true)
  })

  test('SECURITY 148: a management token is for one client, and wrong ones are slowed', async () => {
    const here = await world(dialect, open)
    const [one, two] = [await registered(here), await registered(here)]
    const uri = one['registration_client_uri'] ?? ''
    const wrong = [
      two['registration_access_token'],
      one['client_secret'],
      `${one['registration_access_token']}x`,
      undefined,
    ]
    for (const token of wrong) {
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const body = method === 'PUT' ? updateOf(one, { client_name: 'Taken' }) : undefined
        const answer = await send(here, method, uri, body, token)
        expect(answer.status).toBe(401)
        expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer /)
        expect(JSON.stringify(await bodyOf(answer))).not.toContain('Dyn')
      }
    }
    // Clients that were not registered have no token, and what is no id is nobody's.
    for (const id of [
      'web',
      'nobody',
      '%00',
      '%F0%9F%98%80',
      'x'.repeat(5000),
      '..%2f..',
      "'%20or%201=1--",
    ]) {
      const answer = await send(
        here,
        'GET',
        `${issuer}/register/${id}`,
        undefined,
        one['registration_access_token'],
      )
      expect(answer.status, id).toBe(401)
    }
    expect((await send(here, 'GET', `${issuer}/register/%FF`, undefined, 'x')).status).toBe(400)
    expect((await send(here, 'GET', uri, undefined, one['registration_access_token'])).status).toBe(200)
    for (let guess = 0; guess < 20; guess++) await send(here, 'GET', uri, undefined, `gwt_${guess}`)
    expect((await send(here, 'GET', uri, undefined, 'gwt_x')).status).toBe(429)
    here.clock.now += 61_000
    expect(
      await bodyOf(await send(here, 'GET', uri, undefined, one['registration_access_token'])),
    ).toMatchObject({
      client_name: 'Dyn',
    })
  })

  test('RFC 7592 §2.3: a removed client is gone with everything it was given', async () => {
    const here = await world(dialect, open)
    const [client, other] = [await registered(here), await registered(here)]
    const [uri = '', token = ''] = [client['registration_client_uri'], client['registration_access_token']]
    const spa = await registered(here, {
      token_endpoint_auth_method: 'none',
      redirect_uris: ['https://spa2.test/cb'],
    })
    const access = await accessToken(here, spa)
    const app = api().get('/', { token: here.server.bearer() }, ({ token }) => token.clientId)
    const status = async () =>
      (await app.request('/', { headers: { authorization: `Bearer ${access}` } })).status
    expect(await status()).toBe(200)
    await send(
      here,
      'DELETE',
      spa['registration_client_uri'] ?? '',
      undefined,
      spa['registration_access_token'],
    )
    expect(await status()).toBe(401)
    const removed = await send(here, 'DELETE', uri, undefined, token)
    expect(removed.status).toBe(204)
    expect(await removed.text()).toBe('')
    expect((await send(here, 'GET', uri, undefined, token)).status).toBe(401)
    expect((await send(here, 'DELETE', uri, undefined, token)).status).toBe(401)
    expect(await here.clients.get(client['client_id'] ?? '')).toBeUndefined()
    expect(await works(here, other)).toBe(200)
    expect(here.events.map(({ type }) => type)).toContain('client.created')
  })

  test('many updates at once end in one of them, and none is lost without a word', async () => {
    const here = await world(dialect, open)
    const client = await registered(here)
    const [uri = '', token = ''] = [client['registration_client_uri'], client['registration_access_token']]
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, number) =>
        send(here, 'PUT', uri, updateOf(client, { client_name: `Name ${number}` }), token),
      ),
    )
    const won = answers.filter(({ status }) => status === 200)
    expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true)
    const names = await Promise.all(won.map(async (answer) => (await bodyOf(answer))['client_name']))
    const kept = await here.clients.get(client['client_id'] ?? '')
    expect(names).toContain(kept?.metadata.clientName)
    expect(kept?.version).toBe(won.length + 1)
  })

  test('SECURITY 149: what people will read is bounded, visible, and inert', async () => {
    const here = await world(dialect, open)
    for (const name of [
      'x'.repeat(10_240),
      'a\u202Eb',
      'a\u2066b',
      'a\u0000b',
      'a\nb',
      'a\u200Eb',
      '\u{E0041}',
      ' ',
      '\uD800',
    ]) {
      for (const member of ['client_name', 'software_version']) {
        expect(await refusal(here, { [member]: name }), JSON.stringify(name).slice(0, 30)).toBe(
          'invalid_client_metadata',
        )
      }
      expect(await refusal(here, { contacts: [name] })).toBe('invalid_client_metadata')
    }
    const markup = '<img src=x onerror=alert(1)>'
    const answer = await send(here, 'POST', `${issuer}/register`, { ...good, client_name: markup })
    expect(answer.headers.get('content-type')).toContain('application/json')
    expect((await bodyOf(answer))['client_name']).toBe(markup)
    expect(await count(here)).toBe(1)
  })

  test('SECURITY 150: only native clients are redirected to this computer', async () => {
    const here = await world(dialect, open)
    for (const uri of [
      'http://127.0.0.1/cb',
      'http://127.0.0.1:8080/cb',
      'http://[::1]/cb',
      'http://localhost/cb',
      'com.example.app:/cb',
    ]) {
      expect(await refusal(here, { redirect_uris: [uri], application_type: 'web' }), uri).toBe(
        'invalid_redirect_uri',
      )
      expect(await refusal(here, { redirect_uris: [uri] }), uri).toBe('invalid_redirect_uri')
      const client = await registered(here, { redirect_uris: [uri], application_type: 'native' })
      expect(client['redirect_uris']).toEqual([uri])
    }
    expect(await refusal(here, { application_type: 'desktop' })).toBe('invalid_client_metadata')
    // Without a word of it a public client that comes back to this computer can be nothing else; one that says `web` is held to it.
    const open_ = { redirect_uris: ['http://127.0.0.1/cb'], token_endpoint_auth_method: 'none' }
    expect((await registered(here, open_))['application_type']).toBe('native')
    expect(await refusal(here, { ...open_, application_type: 'web' })).toBe('invalid_redirect_uri')
    expect(await refusal(here, { ...open_, redirect_uris: ['http://dyn.test/cb'] })).toBe(
      'invalid_redirect_uri',
    )
    expect((await registered(here, { token_endpoint_auth_method: 'none' }))['application_type']).toBe('web')
  })

  test('who registers is held to the scopes it named, or has all that the options give', async () => {
    const here = await world(dialect, open)
    expect((await registered(here, { scope: 'read' }))['scope']).toBe('read')
    const wide = await world(dialect, { ...open, registration: { ...open.registration, everyScope: true } })
    expect((await registered(wide, { scope: 'read' }))['scope']).toBe('read write')
    expect(await refusal(wide, { scope: 'admin' })).toBe('invalid_client_metadata')
  })

  test('SECURITY 157: no generated id looks like an address, and none comes twice', async () => {
    const here = await world(dialect, open)
    const ids = new Set<string>()
    for (let number = 0; number < 100; number++) ids.add((await registered(here))['client_id'] ?? '')
    expect(ids.size).toBe(100)
    for (const id of ids) expect(id).toMatch(/^[\w-]{22}$/)
  })

  test('malformed bodies are refused with a 4xx, and register nobody', async () => {
    const here = await world(dialect, open)
    const bodies = [
      '',
      'null',
      '[]',
      '"x"',
      '1',
      '{',
      '{"redirect_uris":',
      '{"redirect_uris":{}}',
      '{"redirect_uris":null}',
      '{"redirect_uris":["https://dyn.test/cb"],"jwks":[]}',
      '{"redirect_uris":["https://dyn.test/cb"],"jwks":{"keys":[1]}}',
      '{"redirect_uris":["https://dyn.test/cb"],"client_name":{}}',
      '{"redirect_uris":["https://dyn.test/cb"],"scope":["read"]}',
      '{"redirect_uris":["https://dyn.test/cb"],"default_max_age":1e400}',
      '{"redirect_uris":["https://dyn.test/cb"],"require_auth_time":"true"}',
      `${'['.repeat(1000)}${']'.repeat(1000)}`,
      '\uFEFF{}',
    ]
    for (const body of bodies) {
      const answer = await send(here, 'POST', `${issuer}/register`, body)
      expect(answer.status, body.slice(0, 60)).toBe(400)
      expect((await bodyOf(answer))['error']).toBe('invalid_client_metadata')
    }
    const huge = await send(here, 'POST', `${issuer}/register`, { ...good, x: 'x'.repeat(70_000) })
    expect(huge.status).toBe(413)
    const form = await here.post('/register', { redirect_uris: 'https://dyn.test/cb' })
    expect(form.status).toBe(415)
    expect(await count(here)).toBe(0)
    await registered(here)
  })
})

test('an independent client finds the endpoint and registers (RFC 7591 §3), and the document describes it', async () => {
  const here = await world('sqlite', open)
  const options = {
    [oauth.customFetch]: (url: string, init: object) => here.server.app.request(url, init),
  } as const
  const address = new URL(issuer)
  const found = await oauth.discoveryRequest(address, { ...options, algorithm: 'oauth2' })
  const as = await oauth.processDiscoveryResponse(address, found)
  const answer = await oauth.dynamicClientRegistrationRequest(as, good, options)
  const client = await oauth.processDynamicClientRegistrationResponse(answer)
  expect(client).toMatchObject({ client_id: expect.any(String), client_secret: expect.any(String) })
  const { paths } = api().include(here.server).openapi() as { paths: Record<string, Record<string, Body>> }
  expect(paths['/register/{client_id}']?.['put']?.['parameters']).toMatchObject([
    { name: 'client_id', in: 'path' },
  ])
  expect(Object.keys(paths)).toEqual(
    expect.arrayContaining(['/revoke', '/introspect', '/par', '/jwks', '/register']),
  )
})

test('an initial access token that could be guessed is told when the server is made', () => {
  const options = serverOptions('file:x.db', { registration: { initialAccessTokens: ['short'] } })
  expect(() => authorizationServer(options as AuthorizationServerOptions)).toThrow(/initialAccessTokens/)
})

test('nobody reads a body before it is known who may send one', async () => {
  const server = await world('sqlite', guarded)
  let isRead = false
  const body = new ReadableStream(
    {
      pull(controller) {
        isRead = true
        controller.enqueue(new TextEncoder().encode('{}'))
        controller.close()
      },
    },
    { highWaterMark: 0 },
  )
  const headers = { 'content-type': 'application/json' }
  const answer = await server.server.app.request(`${issuer}/register`, {
    method: 'POST',
    headers,
    body,
    duplex: 'half',
  } as RequestInit)
  expect(answer.status).toBe(401)
  expect(isRead).toBe(false)
})

/** Every text in a database. */
async function dumpOf(url: string): Promise<string> {
  if (url.startsWith('file:')) {
    const path = url.slice('file:'.length)
    const database = new DatabaseSync(path)
    database.exec('pragma wal_checkpoint')
    database.close()
    return readFileSync(path, 'latin1')
  }
  const client = new Postgres({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query(
      `select table_name from information_schema.tables where table_name like 'gatewright%'`,
    )
    const parts: string[] = []
    for (const { table_name: name } of rows as { table_name: string }[]) {
      parts.push(JSON.stringify((await client.query(`select * from ${name}`)).rows))
    }
    return parts.join('\n')
  } finally {
    await client.end()
  }
}
