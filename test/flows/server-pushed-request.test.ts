import { describe, expect, test } from 'vitest'
import { sha256Base64url } from '../../src/crypto/hash.ts'
import { protectedHeader, signJws } from '../../src/crypto/jws.ts'
import { generateSigningKey } from '../../src/crypto/signing-key.ts'
import type { SigningKey } from '../../src/crypto/signing-key.ts'
import { AuthorizationError } from '../../src/protocol/authorization-error.ts'
import { dialects } from '../setup/database.ts'
import { apiA, apiB, basic, bodyOf, issuer, secrets, serverOptions, verifier, world } from './server-world.ts'
import type { World } from './server-world.ts'

const good = {
  response_type: 'code',
  redirect_uri: 'https://web.test/cb',
  scope: 'read',
  state: 'pushed',
  code_challenge: sha256Base64url(verifier),
  code_challenge_method: 'S256',
}

async function pushed(here: World, form: Record<string, string> = good, clientId = 'web'): Promise<string> {
  const answer = await here.post('/par', form, clientId)
  expect(answer.status).toBe(201)
  return String((await bodyOf(answer))['request_uri'])
}

/** The browser comes with a reference: what it asks for, or why it cannot. */
async function begun(here: World, requestUri: string, clientId = 'web', more: [string, string][] = []) {
  try {
    return await here.interaction.begin([['client_id', clientId], ['request_uri', requestUri], ...more])
  } catch (error) {
    if (error instanceof AuthorizationError) return error
    throw error
  }
}

/** How many pushed requests are kept; the good one of a test among them. */
async function isKept(here: World, requestUri: string): Promise<boolean> {
  return (await here.store.findPushedRequest(sha256Base64url(requestUri), here.clock.now))?.status === 'live'
}

function proofOf(key: SigningKey, here: World, more: Record<string, unknown> = {}): Promise<string> {
  const { kid: _, use: __, alg: ___, ...jwk } = key.publicJwk as unknown as Record<string, string>
  const header = Buffer.from(JSON.stringify({ typ: 'dpop+jwt', alg: 'ES256', jwk })).toString('base64url')
  const claims = { jti: crypto.randomUUID(), htm: 'POST', htu: `${issuer}/par`, ...more }
  return signJws(key, header, JSON.stringify({ iat: Math.floor(here.clock.now / 1000), ...claims }))
}

function thumbprintOf(key: SigningKey): string {
  const { crv, kty, x, y } = key.publicJwk as unknown as Record<string, string>
  return sha256Base64url(JSON.stringify({ crv, kty, x, y }))
}

describe.each(dialects)('pushed authorization requests on %s', (dialect) => {
  test('SECURITY 94: a good request is answered with 201 and a reference that cannot be guessed', async () => {
    const here = await world(dialect)
    const answer = await here.post('/par', good, 'web')
    expect(answer.status).toBe(201)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(await bodyOf(answer)).toEqual({
      request_uri: expect.stringMatching(/^urn:ietf:params:oauth:request_uri:[\w-]{43}$/),
      expires_in: 600,
    })
    const spa = await here.post('/par', { ...good, redirect_uri: 'https://spa.test/cb' }, 'spa')
    expect(spa.status).toBe(201)
  })

  test('SECURITY 94: the client authenticates as at the token endpoint', async () => {
    const here = await world(dialect)
    for (const answer of [
      await here.post('/par', good),
      await here.post('/par', { ...good, client_id: 'web' }),
      await here.post('/par', { ...good, client_id: 'nobody' }),
      await here.post('/par', good, 'web', { authorization: basic('web', 'wrong') }),
    ]) {
      expect(answer.status).toBe(401)
      expect(await bodyOf(answer)).toMatchObject({ error: 'invalid_client' })
    }
    const two = await here.post('/par', { ...good, client_secret: secrets['web'] ?? '' }, 'web')
    expect(await bodyOf(two)).toMatchObject({ error: 'invalid_request' })
    const named = await here.post('/par', { ...good, client_id: 'web2' }, 'web')
    expect(await bodyOf(named)).toMatchObject({ error: 'invalid_request' })
  })

  test('SECURITY 94: each bad parameter is told in JSON with 400, and leads nowhere', async () => {
    const here = await world(dialect)
    const kept = await pushed(here)
    const faults: [Record<string, string>, string][] = [
      [{ response_type: '' }, 'invalid_request'],
      [{ response_type: 'token' }, 'unsupported_response_type'],
      [{ response_type: 'code id_token' }, 'unsupported_response_type'],
      [{ redirect_uri: 'https://evil.test/cb' }, 'invalid_request'],
      [{ redirect_uri: 'https://web.test/cb/' }, 'invalid_request'],
      [{ redirect_uri: 'javascript:alert(1)' }, 'invalid_request'],
      [{ redirect_uri: '' }, 'invalid_request'],
      [{ scope: 'unknown' }, 'invalid_scope'],
      [{ scope: 'read  write' }, 'invalid_scope'],
      [{ code_challenge: '' }, 'invalid_request'],
      [{ code_challenge: 'short' }, 'invalid_request'],
      [{ code_challenge_method: 'plain' }, 'invalid_request'],
      [{ code_challenge_method: '' }, 'invalid_request'],
      [{ response_mode: 'fragment' }, 'invalid_request'],
      [{ resource: 'https://unknown.test' }, 'invalid_target'],
      [{ resource: 'not a uri' }, 'invalid_target'],
      [{ prompt: 'none login' }, 'invalid_request'],
      [{ max_age: '-1' }, 'invalid_request'],
      [{ dpop_jkt: 'short' }, 'invalid_request'],
      [{ request: 'a.b.c' }, 'request_not_supported'],
      [{ registration: '{}' }, 'registration_not_supported'],
      [{ state: 'x'.repeat(8193) }, 'invalid_request'],
      [{ state: 'a\0b' }, 'invalid_request'],
      [{ nonce: '\0' }, 'invalid_request'],
    ]
    for (const [fault, code] of faults) {
      const answer = await here.post('/par', { ...good, ...fault }, 'web')
      expect(answer.status, JSON.stringify(fault).slice(0, 80)).toBe(400)
      expect(answer.headers.get('content-type')).toContain('application/json')
      expect(answer.headers.get('cache-control')).toBe('no-store')
      expect(answer.headers.get('location')).toBeNull()
      const body = await bodyOf(answer)
      expect(body['error'], JSON.stringify(fault).slice(0, 80)).toBe(code)
      expect(body).not.toHaveProperty('request_uri')
    }
    for (const name of Object.keys(good) as (keyof typeof good)[]) {
      const twice = await here.post('/par', [...Object.entries(good), [name, good[name]]], 'web')
      expect(await bodyOf(twice), name).toMatchObject({ error: 'invalid_request' })
    }
    const machine = await here.post('/par', { ...good, redirect_uri: '' }, 'machine')
    expect(machine.status).toBe(400)
    const json = await here.post('/par', good, 'web', { 'content-type': 'application/json' })
    expect(await bodyOf(json)).toMatchObject({ error: 'invalid_request' })
    expect((await here.post('/par', { ...good, state: 'x'.repeat(70_000) }, 'web')).status).toBe(413)
    expect(await isKept(here, kept)).toBe(true)
  })

  test('SECURITY 95: a request_uri inside of the push is refused, an empty one too', async () => {
    const here = await world(dialect)
    const before = await pushed(here)
    for (const value of [before, 'https://evil.test/request', '']) {
      const answer = await here.post('/par', { ...good, request_uri: value }, 'web')
      expect(answer.status).toBe(400)
      expect(await bodyOf(answer)).toMatchObject({ error: 'invalid_request' })
    }
    expect(await isKept(here, before)).toBe(true)
  })

  test('SECURITY 96: the reference is of its client, for its time, and for one code; a reload works until then', async () => {
    const here = await world(dialect)
    const requestUri = await pushed(here)
    for (const stranger of ['web2', 'spa']) {
      expect(await begun(here, requestUri, stranger)).toMatchObject({
        code: 'invalid_request_uri',
        target: undefined,
      })
    }
    expect(await begun(here, `${requestUri}x`)).toMatchObject({ code: 'invalid_request_uri' })
    const [first, reloaded] = [await begun(here, requestUri), await begun(here, requestUri)]
    if (first instanceof AuthorizationError || reloaded instanceof AuthorizationError) throw first
    const approval = { subject: here.alice, authTime: here.clock.now }
    const went = new URL((await here.interaction.approve(reloaded, approval)).location)
    expect(went.searchParams.get('state')).toBe('pushed')
    expect(went.searchParams.get('iss')).toBe(issuer)
    const code = went.searchParams.get('code') ?? ''
    expect(code).not.toBe('')
    // The other tab is too late, and so is everybody else.
    expect(
      new URL((await here.interaction.approve(first, approval)).location).searchParams.get('code'),
    ).toBeNull()
    expect(await begun(here, requestUri)).toMatchObject({ code: 'invalid_request_uri' })
    const form = {
      grant_type: 'authorization_code',
      code,
      code_verifier: verifier,
      redirect_uri: good.redirect_uri,
    }
    expect((await here.post('/token', form, 'web')).status).toBe(200)

    const late = await pushed(here)
    here.clock.now += 599_000
    expect(await begun(here, late)).not.toBeInstanceOf(AuthorizationError)
    here.clock.now += 1000
    expect(await begun(here, late)).toMatchObject({ code: 'invalid_request_uri' })
  })

  test('SECURITY 97: nothing but POST', async () => {
    const here = await world(dialect)
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH', 'HEAD']) {
      const answer = await here.server.app.request(`${issuer}/par?${new URLSearchParams(good)}`, { method })
      expect(answer.status, method).toBe(405)
    }
    expect((await here.post(`/par?${new URLSearchParams(good)}`, {}, 'web')).status).toBe(400)
  })

  test('SECURITY 98: what stands beside the reference counts for nothing', async () => {
    const here = await world(dialect)
    const found = await begun(here, await pushed(here, { ...good, resource: apiA }), 'web', [
      ['scope', 'read write admin'],
      ['redirect_uri', 'https://web.test/other'],
      ['state', 'other'],
      ['resource', apiB],
      ['code_challenge', sha256Base64url('another')],
      ['nonce', 'other'],
    ])
    if (found instanceof AuthorizationError) throw found
    expect(found.request).toMatchObject({
      scopes: ['read'],
      redirectUri: good.redirect_uri,
      state: 'pushed',
      codeChallenge: good.code_challenge,
      resources: [apiA],
    })
    expect(found.request.nonce).toBeUndefined()
    expect(found.scopes).toEqual(['read'])
  })

  test('SECURITY 99: a client that has to push cannot go around it', async () => {
    const clients = serverOptions('').clients.map((client) =>
      client.id === 'web' ? { ...client, requirePushedAuthorizationRequests: true } : client,
    )
    const here = await world(dialect, { clients })
    const direct = here.interaction.begin([['client_id', 'web'], ...Object.entries(good)])
    await expect(direct).rejects.toMatchObject({ code: 'invalid_request' })
    const foreign = begun(here, 'https://web.test/request')
    expect(await foreign).toBeInstanceOf(AuthorizationError)
    expect(await begun(here, await pushed(here))).not.toBeInstanceOf(AuthorizationError)
  })

  test('SECURITY 100: pushing is limited, what is kept is gone after its time, and no cookie holds any of it', async () => {
    const here = await world(dialect, { rateLimits: { token: { points: 30, seconds: 60 } } })
    const statuses = new Map<number, number>()
    let cookies = 0
    for (let count = 0; count < 200; count++) {
      const answer = await here.post('/par', good, 'web')
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
      if (answer.headers.get('set-cookie') !== null) cookies++
      if (answer.status === 429) expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    }
    expect(Object.fromEntries(statuses)).toEqual({ 201: 30, 429: 170 })
    expect(cookies).toBe(0)
    here.clock.now += 3_600_000
    expect(await here.store.purge(here.clock.now)).toBeGreaterThanOrEqual(30)
    expect((await here.post('/par', good, 'web')).status).toBe(201)
  })

  test('SECURITY 118: a proof with the push binds the code to its key, and has to agree with dpop_jkt', async () => {
    const here = await world(dialect)
    const [key, other] = [await generateSigningKey(), await generateSigningKey()]
    const push = async (form: Record<string, string>, dpop: string) =>
      here.post('/par', form, 'web', { dpop })
    const differing = await push({ ...good, dpop_jkt: thumbprintOf(other) }, await proofOf(key, here))
    expect(await bodyOf(differing)).toMatchObject({ error: 'invalid_dpop_proof' })
    for (const proof of [
      await proofOf(key, here, { htu: `${issuer}/token` }),
      await proofOf(key, here, { htm: 'GET' }),
      'a.b.c',
      '',
      await signJws(key, protectedHeader(key, 'dpop+jwt'), '{}'),
    ]) {
      const answer = await push(good, proof)
      expect(answer.status).toBe(400)
      expect(await bodyOf(answer)).toMatchObject({ error: 'invalid_dpop_proof' })
    }
    const once = await proofOf(key, here)
    expect((await push(good, once)).status).toBe(201)
    expect(await bodyOf(await push(good, once))).toMatchObject({ error: 'invalid_dpop_proof' })

    for (const form of [good, { ...good, dpop_jkt: thumbprintOf(key) }]) {
      const answer = await push(form, await proofOf(key, here))
      expect(answer.status).toBe(201)
      const found = await begun(here, String((await bodyOf(answer))['request_uri']))
      if (found instanceof AuthorizationError) throw found
      expect(found.request.dpopJkt).toBe(thumbprintOf(key))
      const { location: went } = await here.interaction.approve(found, {
        subject: here.alice,
        authTime: here.clock.now,
      })
      const code = new URL(went).searchParams.get('code') ?? ''
      const redeem = async (headers: Record<string, string>) =>
        here.post(
          '/token',
          { grant_type: 'authorization_code', code, code_verifier: verifier },
          'web',
          headers,
        )
      expect((await redeem({})).status).toBe(400)
      const wrong = await proofOf(other, here, { htu: `${issuer}/token` })
      expect((await redeem({ dpop: wrong })).status).toBe(400)
      const right = await proofOf(key, here, { htu: `${issuer}/token` })
      expect(await bodyOf(await redeem({ dpop: right }))).toMatchObject({ token_type: 'DPoP' })
    }
  })

  test('SECURITY 117: with nonces required, the push hands one out and takes it', async () => {
    const here = await world(dialect, { dpopNonces: true })
    const key = await generateSigningKey()
    const first = await here.post('/par', good, 'web', { dpop: await proofOf(key, here) })
    expect(first.status).toBe(400)
    expect(await bodyOf(first)).toMatchObject({ error: 'use_dpop_nonce' })
    const nonce = first.headers.get('dpop-nonce') ?? ''
    const again = await here.post('/par', good, 'web', { dpop: await proofOf(key, here, { nonce }) })
    expect(again.status).toBe(201)
    expect(again.headers.get('dpop-nonce')).not.toBeNull()
  })

  test('SECURITY 266: neither the reference nor a credential is in what is stored of a push', async () => {
    const clients = serverOptions('').clients.map((client) =>
      client.id === 'web' ? { ...client, tokenEndpointAuthMethod: 'client_secret_post' as const } : client,
    )
    const here = await world(dialect, { clients })
    const answer = await here.post('/par', { ...good, client_id: 'web', client_secret: secrets['web'] ?? '' })
    const requestUri = String((await bodyOf(answer))['request_uri'])
    const found = await here.store.findPushedRequest(sha256Base64url(requestUri), here.clock.now)
    const text = JSON.stringify(found)
    expect(text).toContain('https://web.test/cb')
    expect(text).not.toContain(requestUri.slice(-43))
    for (const name of ['client_secret', 'client_assertion']) expect(text).not.toContain(name)
    expect(text).not.toContain(secrets['web'])
  })
})
