import { createLocalJWKSet, jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import { sha256Base64url } from '../../src/crypto/hash.ts'
import { generateSigningKey } from '../../src/crypto/signing-key.ts'
import { protectedHeader, signJws } from '../../src/crypto/jws.ts'
import { dialects } from '../setup/database.ts'
import { apiA, apiB, basic, bodyOf, issuer, secrets, world } from './server-world.ts'
import type { World } from './server-world.ts'

const nothing = '{"active":false}'

async function ask(here: World, token: string, clientId: string): Promise<Record<string, unknown>> {
  return bodyOf(await here.post('/introspect', { token }, clientId))
}

describe.each(dialects)('introspection on %s', (dialect) => {
  test('SECURITY 126: anonymous callers and public clients are turned away with 401', async () => {
    const here = await world(dialect)
    const own = await here.tokens('spa')
    for (const answer of [
      await here.post('/introspect', { token: own.access_token }),
      await here.post('/introspect', { token: own.access_token }, 'spa'),
      await here.post('/introspect', { token: own.access_token, client_id: 'web' }),
      await here.post('/introspect', { token: own.access_token }, 'web', {
        authorization: basic('web', 'wrong'),
      }),
      await here.post('/introspect', { token: own.access_token }, 'web', {
        authorization: `Bearer ${own.access_token}`,
      }),
    ]) {
      expect(answer.status).toBe(401)
      expect(await bodyOf(answer)).toMatchObject({ error: 'invalid_client' })
    }
    expect(await ask(here, own.access_token, 'api-a')).toMatchObject({ active: true })
  })

  test('SECURITY 127: everything that is not valid is answered with the same bytes', async () => {
    const here = await world(dialect)
    const live = await here.tokens('web')
    const reference = await here.tokens('web', { resource: apiB })
    const revoked = [await here.tokens('web'), await here.tokens('web', { resource: apiB })]
    for (const { refresh_token: token } of revoked) await here.post('/revoke', { token }, 'web')
    const alone = [await here.tokens('web'), await here.tokens('web', { resource: apiB })]
    for (const { access_token: token } of alone) await here.post('/revoke', { token }, 'web')
    const used = await here.tokens('web')
    await here.refresh('web', used.refresh_token)
    // What we sign ourselves and is no access token: an ID token, an answer of this endpoint.
    const key = await here.keys.current()
    const [, payload = ''] = live.access_token.split('.')
    const claims = Buffer.from(payload, 'base64url').toString()
    const otherKinds = await Promise.all(
      ['JWT', 'logout+jwt', 'token-introspection+jwt', 'dpop+jwt'].map((type) =>
        signJws(key, protectedHeader(key, type), claims),
      ),
    )
    const stranger = await generateSigningKey()
    const forged = await signJws(stranger, protectedHeader(stranger, 'at+jwt'), claims)
    const foreign = await signJws(
      key,
      protectedHeader(key, 'at+jwt'),
      claims.replace(issuer, 'https://evil.test'),
    )
    const dead = [
      'unknown',
      'gwa_unknown',
      'gwr_unknown',
      'a.b.c',
      'x'.repeat(20_000),
      '\u{1F600}',
      ...otherKinds,
      forged,
      foreign,
      ...revoked.flatMap((each) => [each.access_token, each.refresh_token]),
      ...alone.map(({ access_token: token }) => token),
      used.refresh_token,
    ]
    for (const [index, token] of dead.entries()) {
      for (const hint of ['', 'access_token', 'refresh_token']) {
        const answer = await here.post('/introspect', { token, token_type_hint: hint }, 'web')
        expect(answer.status).toBe(200)
        expect(await answer.text(), `number ${index}`).toBe(nothing)
      }
    }
    expect(await ask(here, live.access_token, 'web')).toMatchObject({ active: true })
    expect(await ask(here, reference.access_token, 'web')).toMatchObject({ active: true })
    here.clock.now += 301_000
    for (const { access_token: token } of [live, reference]) {
      expect(await (await here.post('/introspect', { token }, 'web')).text()).toBe(nothing)
    }
    // Its refresh token is not as short-lived.
    expect(await ask(here, live.refresh_token, 'web')).toMatchObject({ active: true })
    here.clock.now += 30 * 86_400_000
    expect(await (await here.post('/introspect', { token: live.refresh_token }, 'web')).text()).toBe(nothing)
  })

  test('SECURITY 128: an API sees the tokens that are for it, a client its own, and nobody others', async () => {
    const here = await world(dialect)
    for (const [resource, own, other] of [
      [apiA, 'api-a', 'api-b'],
      [apiB, 'api-b', 'api-a'],
    ] as const) {
      const { access_token: access, refresh_token: refresh } = await here.tokens('web', { resource })
      expect(await ask(here, access, own)).toMatchObject({ active: true, aud: resource })
      expect(await ask(here, access, 'web')).toMatchObject({ active: true, aud: resource })
      for (const stranger of [other, 'web2', 'machine']) {
        expect(await (await here.post('/introspect', { token: access }, stranger)).text()).toBe(nothing)
      }
      expect(await ask(here, refresh, 'web')).toMatchObject({ active: true, client_id: 'web' })
      for (const stranger of [own, other, 'web2']) {
        expect(await (await here.post('/introspect', { token: refresh }, stranger)).text()).toBe(nothing)
      }
    }
  })

  test('SECURITY 129: an active answer says what was granted', async () => {
    const here = await world(dialect)
    const now = Math.floor(here.clock.now / 1000)
    for (const [resource, caller] of [
      [apiA, 'api-a'],
      [apiB, 'api-b'],
    ] as const) {
      const { access_token: token } = await here.tokens('web', { resource, scope: 'read write' })
      expect(await ask(here, token, caller)).toEqual({
        active: true,
        iss: issuer,
        sub: here.alice,
        client_id: 'web',
        scope: 'read write',
        token_type: 'Bearer',
        aud: resource,
        iat: now,
        exp: now + 300,
        jti: expect.any(String),
        auth_time: now,
      })
    }
    const { refresh_token: refresh } = await here.tokens('web', { scope: 'read' })
    expect(await ask(here, refresh, 'web')).toEqual({
      active: true,
      iss: issuer,
      sub: here.alice,
      client_id: 'web',
      scope: 'read',
      aud: apiA,
      iat: now,
      exp: now + 30 * 86_400,
    })
    const machine = await bodyOf(await here.post('/token', { grant_type: 'client_credentials' }, 'machine'))
    expect(await ask(here, String(machine['access_token']), 'api-a')).toMatchObject({
      active: true,
      sub: 'machine',
      client_id: 'machine',
      scope: 'read',
    })
  })

  test('SECURITY 129 and 115: a token that is bound to a key says to which, in a JWT and in a reference', async () => {
    const here = await world(dialect)
    const key = await generateSigningKey()
    for (const [resource, caller] of [
      [apiA, 'api-a'],
      [apiB, 'api-b'],
    ] as const) {
      const { kid: _, use: __, alg: ___, ...jwk } = key.publicJwk as unknown as Record<string, string>
      const header = Buffer.from(JSON.stringify({ typ: 'dpop+jwt', alg: 'ES256', jwk })).toString('base64url')
      const proof = await signJws(
        key,
        header,
        JSON.stringify({
          jti: crypto.randomUUID(),
          htm: 'POST',
          htu: `${issuer}/token`,
          iat: Math.floor(here.clock.now / 1000),
        }),
      )
      const form = { grant_type: 'client_credentials', resource }
      const answer = await bodyOf(await here.post('/token', form, 'machine', { dpop: proof }))
      const thumbprint = sha256Base64url(
        JSON.stringify({ crv: jwk['crv'], kty: jwk['kty'], x: jwk['x'], y: jwk['y'] }),
      )
      expect(await ask(here, String(answer['access_token']), caller)).toMatchObject({
        active: true,
        token_type: 'DPoP',
        cnf: { jkt: thumbprint },
      })
    }
  })

  test('SECURITY 130: guessing is slowed, per caller, and no answer is kept', async () => {
    const here = await world(dialect, { rateLimits: { introspection: { points: 20, seconds: 60 } } })
    const { access_token: token } = await here.tokens('web')
    for (let guess = 0; guess < 10; guess++) {
      const answer = await here.post('/introspect', { token: `gwa_${guess}` }, 'api-a')
      expect(answer.status).toBe(200)
      expect(answer.headers.get('cache-control')).toBe('no-store')
    }
    const slowed = await here.post('/introspect', { token }, 'api-a')
    expect(slowed.status).toBe(429)
    expect(Number(slowed.headers.get('retry-after'))).toBeGreaterThan(0)
    // Others are not held up, and after the time it goes on.
    expect(await ask(here, token, 'web')).toMatchObject({ active: true })
    here.clock.now += 60_000
    expect(await ask(here, token, 'api-a')).toMatchObject({ active: true })
  })

  test('SECURITY 130: a thousand random values are too many as it comes, and good tokens are counted once', async () => {
    const here = await world(dialect)
    const { access_token: token } = await here.tokens('web')
    const statuses = async (value: (number: number) => string, caller: string, count: number) => {
      const seen = new Map<number, number>()
      for (let batch = 0; batch < count; batch += 50) {
        const all = Array.from({ length: 50 }, (_, number) =>
          here.post('/introspect', { token: value(batch + number) }, caller),
        )
        for (const { status } of await Promise.all(all)) seen.set(status, (seen.get(status) ?? 0) + 1)
      }
      return seen
    }
    const guesses = await statuses((number) => `gwa_${number}`, 'api-b', 1000)
    expect(guesses.get(429)).toBeGreaterThanOrEqual(400)
    expect([...guesses.keys()].toSorted()).toEqual([200, 429])
    expect(Object.fromEntries(await statuses(() => token, 'api-a', 700))).toEqual({ 200: 700 })
  }, 120_000)

  test('SECURITY 131: who is disabled or gone has no active token any more, from that moment', async () => {
    const here = await world(dialect)
    const all = async () => {
      const [jwt, reference] = [await here.tokens('web'), await here.tokens('web', { resource: apiB })]
      const asked = async () =>
        (
          await Promise.all([
            ask(here, jwt.access_token, 'api-a'),
            ask(here, reference.access_token, 'api-b'),
            ask(here, jwt.refresh_token, 'web'),
          ])
        ).map(({ active }) => active)
      return asked
    }
    const before = await all()
    expect(await before()).toEqual([true, true, true])
    await here.accounts.update(here.alice, { disabled: true })
    expect(await before()).toEqual([false, false, false])
    // What was ended stays ended when the account comes back.
    await here.accounts.update(here.alice, { disabled: false })
    expect(await before()).toEqual([false, false, false])
    here.clock.now += 2000
    const asked = await all()
    expect(await asked()).toEqual([true, true, true])

    const { version, id: _, createdAt: __, lastUsedAt: ___, ...record } = (await here.store.getClient('web'))!
    await here.store.replaceClient('web', version, { ...record, disabled: true })
    // It cannot ask for itself any more.
    expect(await asked()).toEqual([false, false, undefined])
    await here.store.replaceClient('web', version + 1, record)
    expect(await asked()).toEqual([true, true, true])
    await here.accounts.remove(here.alice)
    expect(await asked()).toEqual([false, false, false])
  })

  test('RFC 9701 §5: who asks for it by name gets the answer signed, and no access token', async () => {
    const here = await world(dialect)
    const { access_token: token } = await here.tokens('web')
    const accept = 'application/token-introspection+jwt'
    const answer = await here.post('/introspect', { token }, 'api-a', { accept })
    expect(answer.headers.get('content-type')).toBe(accept)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const jws = await answer.text()
    const jwks = createLocalJWKSet(await (await here.server.app.request(`${issuer}/jwks`)).json())
    const { payload } = await jwtVerify(jws, jwks, {
      issuer,
      audience: 'api-a',
      typ: 'token-introspection+jwt',
    })
    expect(Object.keys(payload).toSorted()).toEqual(['aud', 'iat', 'iss', 'token_introspection'])
    expect(payload['token_introspection']).toEqual(await ask(here, token, 'api-a'))
    expect(await ask(here, jws, 'api-a')).toEqual({ active: false })

    const dead = await here.post('/introspect', { token: 'x' }, 'api-a', { accept })
    const told = await jwtVerify(await dead.text(), jwks, { issuer, audience: 'api-a' })
    expect(told.payload['token_introspection']).toEqual({ active: false })

    for (const [header, isSigned] of [
      ['application/json', false],
      ['*/*', false],
      ['application/token-introspection+jwt;q=0', false],
      ['application/json, application/token-introspection+jwt;q=0.5', false],
      ['Application/Token-Introspection+JWT; q=0.9, */*;q=0.1', true],
      ['text/html, , ;q=x', false],
    ] as const) {
      const other = await here.post('/introspect', { token }, 'api-a', { accept: header })
      expect(other.headers.get('content-type')?.includes('jwt'), header).toBe(isSigned)
    }
    const metadata = await bodyOf(
      await here.server.app.request(`${issuer}/.well-known/oauth-authorization-server`),
    )
    expect(metadata['introspection_signing_alg_values_supported']).toEqual(['ES256'])
    expect(metadata['introspection_endpoint_auth_methods_supported']).not.toContain('none')
  })

  test('malformed requests are refused with 400, and no token is read from the URL', async () => {
    const here = await world(dialect)
    const { access_token: token } = await here.tokens('web')
    const forms: (readonly (readonly [string, string])[])[] = [
      [],
      [['token', '']],
      [
        ['token', token],
        ['token', token],
      ],
      [['token', `${token}\0`]],
      [['token_type_hint', 'access_token']],
    ]
    for (const form of forms) {
      const answer = await here.post('/introspect', form, 'web')
      expect(answer.status, JSON.stringify(form)).toBe(400)
      expect(await bodyOf(answer)).toMatchObject({ error: 'invalid_request' })
    }
    expect((await here.post(`/introspect?token=${token}`, {}, 'web')).status).toBe(400)
    expect((await here.server.app.request(`${issuer}/introspect?token=${token}`)).status).toBe(405)
    const both = await here.post('/introspect', { token, client_secret: secrets['web'] ?? '' }, 'web')
    expect(both.status).toBe(400)
    expect(await ask(here, token, 'web')).toMatchObject({ active: true })
  })
})
