/** Token exchange over HTTP: a token for less or the same, for no longer, and everybody sees who acts. */

import { createHash } from 'node:crypto'
import { SignJWT, UnsecuredJWT } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { tokenTypes } from '../../src/protocol/token-exchange.ts'
import { dialects } from '../setup/database.ts'
import {
  apiA,
  apiB,
  apiC,
  basicHeader,
  claimsOf,
  exchangeGrant,
  expectRefusal,
  grantServer,
  issuer,
  keyPair,
  otherSecret,
  partOf,
  proof,
} from '../setup/grant-server.ts'
import type { Answer, Form, GrantServer, Sent, ServerOptions } from '../setup/grant-server.ts'

const clients: NonNullable<ServerOptions['clients']> = [
  {
    id: 'GATE',
    secret: otherSecret,
    grantTypes: [exchangeGrant, 'client_credentials'],
    clientCredentialsScopes: ['read'],
    exchange: { scopes: ['read', 'write'], resources: [apiB, apiC] },
  },
  {
    id: 'NEXT',
    secret: otherSecret,
    grantTypes: [exchangeGrant],
    exchange: { scopes: ['read'] },
  },
  { id: 'LAWLESS', secret: otherSecret, grantTypes: [exchangeGrant] },
]

describe.each(dialects)('token exchange on %s', (dialect) => {
  let place: GrantServer
  let alice: string
  beforeAll(async () => {
    place = await grantServer(dialect, { clients })
    alice = await place.account()
  })

  function exchange(token: unknown, form: Form = {}, as = 'GATE', sent: Sent = {}): Promise<Answer> {
    return place.post(
      {
        grant_type: exchangeGrant,
        subject_token: String(token),
        subject_token_type: tokenTypes.accessToken,
        ...form,
      },
      { authorization: basicHeader(as, otherSecret), ...sent },
    )
  }

  const tokenOf = async (subject = alice, wishes = {}): Promise<unknown> =>
    (await place.tokens('SPA', subject, wishes)).body['access_token']

  test('a service calls on in the name of the user, with a token of its own', async () => {
    const token = await tokenOf()
    const answer = await exchange(token, { resource: apiB, scope: 'read' })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.body).toEqual({
      access_token: expect.any(String) as string,
      issued_token_type: tokenTypes.accessToken,
      token_type: 'Bearer',
      expires_in: 300,
      scope: 'read',
    })
    expect(claimsOf(answer.body['access_token'])).toMatchObject({
      sub: alice,
      client_id: 'GATE',
      aud: apiB,
      act: { sub: 'GATE', client_id: 'GATE' },
      grant_id: claimsOf(token)['grant_id'],
    })
    expect(await place.call(answer.body['access_token'], 'b')).toBe(200)
    expect(await place.call(answer.body['access_token'], 'a')).toBe(401)
    const [event] = await place.open.store.listAudit({ limit: 1, type: 'token.exchanged' })
    expect(event).toMatchObject({
      clientId: 'GATE',
      subject: alice,
      details: { from: claimsOf(token)['jti'] },
    })
  })

  test('reference tokens are exchanged as well, and given', async () => {
    const reference = await tokenOf(alice, { resource: apiC })
    const answer = await exchange(reference, { audience: apiB })
    expect(claimsOf(answer.body['access_token'])).toMatchObject({
      sub: alice,
      aud: apiB,
      act: { sub: 'GATE' },
    })
    const opaque = await exchange(await tokenOf(), { resource: apiC })
    expect(opaque.body['access_token']).toMatch(/^gwa_/)
    expect(await place.call(opaque.body['access_token'], 'c')).toBe(200)
    const again = await exchange(opaque.body['access_token'], {}, 'NEXT')
    expect(again.status).toBe(200)
    expect(await place.call(again.body['access_token'], 'c')).toBe(200)
    const found = await exchange(again.body['access_token'], { resource: apiB })
    expect(claimsOf(found.body['access_token'])['act']).toEqual({
      sub: 'GATE',
      client_id: 'GATE',
      act: { sub: 'NEXT', client_id: 'NEXT', act: { sub: 'GATE', client_id: 'GATE' } },
    })
  })

  test('SECURITY 108: what is presented must be a live token of ours, of the type it is declared to be', async () => {
    const good = await tokenOf()
    const refreshToken = (await place.tokens('SPA', alice)).body['refresh_token']
    const foreign = await keyPair()
    const claims = claimsOf(good)
    const kid = partOf(good, 0)['kid'] as string
    const signed = async (header: object, more: object = {}): Promise<string> =>
      new SignJWT({ ...claims, ...more })
        .setProtectedHeader({ alg: 'ES256', kid, ...header })
        .sign(foreign.privateKey)
    const key = await place.open.keys.current()
    const own = async (header: object, body: object): Promise<string> => {
      const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
      const input = `${part({ alg: 'ES256', kid: key.keyId, ...header })}.${part(body)}`
      return `${input}.${Buffer.from((await key.sign?.(input)) ?? []).toString('base64url')}`
    }
    const text = String(good)
    // What is signed here is well signed: only its kind is wrong below.
    expect((await exchange(await own({ typ: 'at+jwt' }, claims))).status).toBe(200)
    const bad: readonly (readonly [string, unknown, Form?])[] = [
      ['another key', await signed({ typ: 'at+jwt' })],
      ['another key and kid', await signed({ typ: 'at+jwt', kid: 'x' })],
      ['another issuer', await signed({ typ: 'at+jwt' }, { iss: 'https://other.test' })],
      ['alg none', new UnsecuredJWT(claims).encode()],
      ['an ID token of ours as access token', await own({ typ: 'JWT' }, claims)],
      ['no signature', text.slice(0, text.lastIndexOf('.') + 1)],
      ['a signature cut short', text.slice(0, -4)],
      ['a refresh token as access token', refreshToken],
      ['a refresh token', refreshToken, { subject_token_type: tokenTypes.refreshToken }],
      ['an access token as ID token', good, { subject_token_type: tokenTypes.idToken }],
      ['an unknown type', good, { subject_token_type: 'x' }],
      ['no type', good, { subject_token_type: '' }],
      [
        'a reference token as JWT',
        await tokenOf(alice, { resource: apiC }),
        { subject_token_type: tokenTypes.jwt },
      ],
      ['another wanted type', good, { requested_token_type: tokenTypes.refreshToken }],
      ['an actor type alone', good, { actor_token_type: tokenTypes.accessToken }],
      ['an actor token alone', good, { actor_token: text }],
      ...['', 'x', 'a.b.c', 'gwa_', `gwa_${'x'.repeat(43)}`, 'gwr_x', '\u0000', 'é', 'x'.repeat(50_000)].map(
        (value) => ['nonsense', value] as const,
      ),
    ]
    for (const [fault, token, form = {}] of bad) {
      const { status, body } = await exchange(token, form)
      expect({ fault, status, error: body['error'] }).toEqual({
        fault,
        status: 400,
        error: 'invalid_request',
      })
    }
    expect((await exchange(good, { subject_token_type: tokenTypes.jwt })).status).toBe(200)
    expect((await exchange(good)).status).toBe(200)
    expect(await place.call(good)).toBe(200)
  })

  test('SECURITY 108: an expired or revoked token gets nothing', async () => {
    const until = place.now() + 600_000
    const cases: ((token: unknown) => Promise<unknown>)[] = [
      (token) =>
        place.open.store.revokeToken({ id: claimsOf(token)['jti'] as string }, { now: place.now(), until }),
      (token) =>
        place.open.store.revokeFamily(claimsOf(token)['family_id'] as string, { now: place.now(), until }),
      (token) =>
        place.open.store.revokeGrant(claimsOf(token)['grant_id'] as string, { now: place.now(), until }),
    ]
    for (const revoke of cases) {
      const token = await tokenOf()
      expect((await exchange(token)).status).toBe(200)
      await revoke(token)
      expectRefusal(await exchange(token), 'invalid_request')
    }
    const reference = await tokenOf(alice, { resource: apiC })
    const hash = createHash('sha256').update(String(reference)).digest('base64url')
    const passed = (await exchange(reference)).body['access_token']
    await place.open.store.revokeToken({ hash }, { now: place.now(), until })
    expectRefusal(await exchange(reference), 'invalid_request')
    const passedHash = createHash('sha256').update(String(passed)).digest('base64url')
    const { familyId = '' } = (await place.open.store.findAccessToken(passedHash, place.now())) ?? {}
    expect((await exchange(passed)).status).toBe(200)
    await place.open.store.revokeFamily(familyId, { now: place.now(), until })
    expectRefusal(await exchange(passed), 'invalid_request')
    for (const resource of [apiA, apiC]) {
      const own = await grantServer(dialect, { clients })
      const { body } = await own.tokens('SPA', await own.account(), { resource })
      const form = {
        grant_type: exchangeGrant,
        subject_token: String(body['access_token']),
        subject_token_type: tokenTypes.accessToken,
      }
      const sent = { authorization: basicHeader('GATE', otherSecret) }
      own.pass(299)
      expect((await own.post(form, sent)).body['expires_in']).toBe(1)
      own.pass(1)
      expectRefusal(await own.post(form, sent), 'invalid_request')
    }
  })

  test('what came of a grant dies with the grant', async () => {
    const token = await tokenOf()
    const jwt = (await exchange(token, { resource: apiB })).body['access_token']
    const opaque = (await exchange(token, { resource: apiC })).body['access_token']
    expect([await place.call(jwt, 'b'), await place.call(opaque, 'c')]).toEqual([200, 200])
    const grantId = claimsOf(token)['grant_id'] as string
    await place.open.store.revokeGrant(grantId, { now: place.now(), until: place.now() + 600_000 })
    await expect.poll(() => place.call(jwt, 'b'), { timeout: 5000 }).toBe(401)
    expect(await place.call(opaque, 'c')).toBe(401)
    expectRefusal(await exchange(jwt, {}), 'invalid_request')
  })

  test('SECURITY 109: nothing grows: scope, audience and lifetime', async () => {
    const token = await tokenOf(alice, { scope: 'read', resource: apiA })
    expectRefusal(await exchange(token, { scope: 'read write' }), 'invalid_scope')
    expectRefusal(await exchange(token, { scope: 'admin' }), 'invalid_scope')
    expectRefusal(await exchange(token, { resource: 'https://unknown.test/' }), 'invalid_target')
    expectRefusal(await exchange(token, { audience: 'https://unknown.test/' }), 'invalid_target')
    expectRefusal(await exchange(token, { resource: apiB }, 'NEXT'), 'invalid_target')
    const full = await tokenOf()
    expectRefusal(await exchange(full, { scope: 'write' }, 'NEXT'), 'invalid_scope')
    expect((await exchange(full, {}, 'NEXT')).body['scope']).toBe('read')
    place.pass(200)
    const late = await exchange(full, { resource: apiB })
    expect(late.body['expires_in']).toBe(100)
    expect(claimsOf(late.body['access_token'])['exp']).toBe(claimsOf(full)['exp'])
    expect(late.body).not.toHaveProperty('refresh_token')
  })

  test('SECURITY 110: without a policy, or the grant, or credentials, nobody exchanges', async () => {
    const token = await tokenOf()
    expectRefusal(await exchange(token, {}, 'LAWLESS'), 'unauthorized_client')
    // Nor does it learn which tokens are good.
    expectRefusal(await exchange('x', {}, 'LAWLESS'), 'unauthorized_client')
    expectRefusal(await exchange(token, {}, 'BARE'), 'unauthorized_client')
    const form = {
      grant_type: exchangeGrant,
      subject_token: String(token),
      subject_token_type: tokenTypes.accessToken,
    }
    expectRefusal(await place.post(form, { as: 'SPA' }), 'unauthorized_client')
    expectRefusal(await place.post({ ...form, client_id: 'GATE' }), 'invalid_client', 401)
    expect((await exchange(token)).status).toBe(200)
  })

  test('SECURITY 110: who acts is in the token, the newest first, and the chain has an end', async () => {
    const first = (await exchange(await tokenOf(), { resource: apiB })).body['access_token']
    const second = (await exchange(first, {}, 'NEXT')).body['access_token']
    expect(claimsOf(second)).toMatchObject({
      sub: alice,
      client_id: 'NEXT',
      act: { sub: 'NEXT', act: { sub: 'GATE', client_id: 'GATE' } },
    })
    let token = second
    let answer: Answer | undefined
    for (let count = 0; count < 10 && token !== undefined; count++) {
      answer = await exchange(token)
      token = answer.body['access_token']
    }
    expectRefusal(answer as Answer, 'invalid_request')
  })

  test('SECURITY 110: an actor token must be the client’s own', async () => {
    const token = await tokenOf()
    const sent = { authorization: basicHeader('GATE', otherSecret) }
    const own = (await place.post({ grant_type: 'client_credentials' }, sent)).body['access_token']
    const others = (await place.post({ grant_type: 'client_credentials' }, { as: 'WEB' })).body[
      'access_token'
    ]
    const actor = (value: unknown, type: string = tokenTypes.accessToken): Form => ({
      actor_token: String(value),
      actor_token_type: type,
    })
    expectRefusal(await exchange(token, actor(others)), 'invalid_request')
    expectRefusal(await exchange(token, actor(await tokenOf())), 'invalid_request')
    expectRefusal(await exchange(token, actor('x')), 'invalid_request')
    expectRefusal(await exchange(token, actor(own, tokenTypes.idToken)), 'invalid_request')
    const answer = await exchange(token, actor(own))
    expect(claimsOf(answer.body['access_token'])['act']).toEqual({ sub: 'GATE', client_id: 'GATE' })
  })

  test('SECURITY 111: a disabled user, and what is not there any more, get nothing', async () => {
    for (const resource of [apiA, apiC]) {
      const bob = await place.account()
      const token = await tokenOf(bob, { resource })
      await place.open.accounts.update(bob, { disabled: true })
      expectRefusal(await exchange(token), 'invalid_request')
      // What was ended stays ended when the account comes back.
      await place.open.accounts.update(bob, { disabled: false })
      expectRefusal(await exchange(token), 'invalid_request')
      place.pass(2)
      const fresh = await tokenOf(bob, { resource })
      expect((await exchange(fresh)).status).toBe(200)
      await place.open.accounts.remove(bob)
      expectRefusal(await exchange(fresh), 'invalid_request')

      const id = `gone-${dialect}-${resource.slice(8, 9)}`
      const added = { id, tokenEndpointAuthMethod: 'none', redirectUris: [`https://${id}.test/cb`] } as const
      await place.open.clients.add(added)
      const orphan = (await place.tokens(id, alice, { resource })).body['access_token']
      const passed = (await exchange(orphan)).body['access_token']
      expect((await exchange(passed)).status).toBe(200)
      await place.open.clients.remove(id)
      expectRefusal(await exchange(orphan), 'invalid_request')
      // Passed on, it is another client's, but of the same grant.
      expectRefusal(await exchange(passed), 'invalid_request')
    }
  })

  test('a client’s own token can be passed on too, and dies with the client', async () => {
    const own = (await place.post({ grant_type: 'client_credentials' }, { as: 'WEB' })).body['access_token']
    const answer = await exchange(own)
    expect(claimsOf(answer.body['access_token'])).toMatchObject({
      sub: 'WEB',
      client_id: 'GATE',
      act: { sub: 'GATE' },
    })
    expect((await exchange(answer.body['access_token'], {}, 'NEXT')).status).toBe(200)
    const id = `machine-${dialect}`
    const { secret = '' } = await place.open.clients.add({ id, clientCredentialsScopes: ['read'] })
    const sent = { authorization: basicHeader(id, secret) }
    const token = (await place.post({ grant_type: 'client_credentials' }, sent)).body['access_token']
    const passed = (await exchange(token)).body['access_token']
    expect([(await exchange(token)).status, (await exchange(passed)).status]).toEqual([200, 200])
    const stored = await place.open.store.getClient(id)
    const { id: _, version = 0, createdAt: __, ...record } = stored ?? ({} as never)
    await place.open.store.replaceClient(id, version, { ...record, disabled: true })
    expectRefusal(await exchange(token), 'invalid_request')
    expectRefusal(await exchange(passed), 'invalid_request')
  })

  test('the new token is bound to the key of whoever exchanges', async () => {
    const key = await keyPair()
    const dpop = await proof(place, key, { url: `${issuer}/token` })
    const answer = await exchange(await tokenOf(), {}, 'GATE', { dpop })
    expect(answer.body['token_type']).toBe('DPoP')
    expect(await place.call(answer.body['access_token'])).toBe(401)
  })
})
