/** Client authentication over HTTP: one method, the registered one, and no way around it. */

import { generateKeyPairSync } from 'node:crypto'
import { SignJWT, UnsecuredJWT } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { dialects } from '../setup/database.ts'
import {
  asserted,
  assertion,
  basicHeader,
  clientKey,
  expectRefusal,
  grantServer,
  issuer,
  keyPair,
  oddSecret,
  otherSecret,
  webSecret,
} from '../setup/grant-server.ts'
import type { Answer, Form, GrantServer, Sent } from '../setup/grant-server.ts'

describe.each(dialects)('client authentication on %s', (dialect) => {
  let place: GrantServer
  let alice: string
  beforeAll(async () => {
    place = await grantServer(dialect)
    alice = await place.account()
  })

  function ask(form: Form, sent: Sent = {}, at = place): Promise<Answer> {
    return at.post({ grant_type: 'client_credentials', ...form }, sent)
  }

  test('SECURITY 82: id and secret of Basic are form-encoded', async () => {
    expect((await ask({}, { authorization: basicHeader('ODD', oddSecret) })).status).toBe(200)
    const spaces = Buffer.from(`ODD:${encodeURIComponent(oddSecret)}`).toString('base64')
    expect((await ask({}, { authorization: `basic ${spaces}` })).status).toBe(200)
    const raw = Buffer.from(`ODD:${oddSecret}`).toString('base64')
    expectRefusal(await ask({}, { authorization: `Basic ${raw}` }), 'invalid_client', 401)
  })

  test('SECURITY 83: a client that is registered for it sends its secret in the body', async () => {
    expect((await ask({ client_id: 'POST', client_secret: otherSecret })).status).toBe(200)
    expectRefusal(await ask({ client_id: 'POST', client_secret: webSecret }), 'invalid_client', 401)
  })

  test('SECURITY 84: two methods at once are one too many', async () => {
    const signed = await assertion(place, 'KEY')
    expectRefusal(await ask({ client_secret: webSecret }, { as: 'WEB' }), 'invalid_request')
    expectRefusal(await ask(signed, { as: 'WEB' }), 'invalid_request')
    expectRefusal(await ask({ ...signed, client_id: 'KEY', client_secret: webSecret }), 'invalid_request')
    expectRefusal(await ask({ client_id: 'POST' }, { as: 'WEB' }), 'invalid_request')
    // Not used up by any of these.
    expect((await ask(signed)).status).toBe(200)
  })

  test('SECURITY 85: only the registered method counts', async () => {
    expectRefusal(await ask({ client_id: 'WEB', client_secret: webSecret }), 'invalid_client', 401)
    // Whoever runs the server finds out what is wrong; the client does not.
    const [failed] = await place.open.store.listAudit({ limit: 1, type: 'client.authentication_failed' })
    const told = { method: 'client_secret_post', registered: 'client_secret_basic' }
    expect(failed).toMatchObject({ clientId: 'WEB', details: told })
    expectRefusal(await ask({ client_id: 'WEB' }), 'invalid_client', 401)
    const unsigned = asserted(new UnsecuredJWT({ sub: 'WEB', iss: 'WEB' }).encode())
    expectRefusal(await ask(unsigned), 'invalid_client', 401)
    expectRefusal(await ask({ ...unsigned, client_id: 'WEB' }), 'invalid_client', 401)
    expectRefusal(await ask({}, { authorization: basicHeader('POST', otherSecret) }), 'invalid_client', 401)
    expectRefusal(await ask({}, { authorization: basicHeader('KEY', otherSecret) }), 'invalid_client', 401)
    expectRefusal(await ask(await assertion(place, 'WEB')), 'invalid_client', 401)
    expectRefusal(
      await ask({ client_id: 'SPA', client_secret: '' }, { authorization: '' }),
      'unauthorized_client',
    )
    expect((await ask({}, { as: 'WEB' })).status).toBe(200)
  })

  test('SECURITY 86: a client with a secret is never taken for a public one, whatever it asks for', async () => {
    const { form } = await place.authorize('WEB', alice)
    const { body } = await place.tokens('WEB', alice)
    const grants: readonly Form[] = [
      form,
      { grant_type: 'refresh_token', refresh_token: String(body['refresh_token']) },
      { grant_type: 'client_credentials' },
    ]
    for (const each of grants)
      expectRefusal(await place.post({ ...each, client_id: 'WEB' }), 'invalid_client', 401)
    for (const each of grants) expect((await place.post(each, { as: 'WEB' })).status).toBe(200)
  })

  test('an unknown client, a disabled one and a wrong secret are told the same', async () => {
    const id = `off-${dialect}`
    const { secret = '' } = await place.open.clients.add({ id, clientCredentialsScopes: ['read'] })
    expect((await ask({}, { authorization: basicHeader(id, secret) })).status).toBe(200)
    const stored = await place.open.store.getClient(id)
    const { id: _, version = 0, createdAt: __, ...record } = stored ?? ({} as never)
    await place.open.store.replaceClient(id, version, { ...record, disabled: true })
    const answers = [
      await ask({}, { authorization: basicHeader(id, secret) }),
      await ask({}, { authorization: basicHeader('nobody', secret) }),
      await ask({}, { authorization: basicHeader('WEB', otherSecret) }),
    ]
    for (const answer of answers) {
      expectRefusal(answer, 'invalid_client', 401)
      expect(answer.text).toBe(answers[0]?.text)
    }
    const failed = await place.open.store.listAudit({ limit: 3, type: 'client.authentication_failed' })
    expect(failed.map(({ clientId }) => clientId)).toEqual(['WEB', undefined, id])
    expect(JSON.stringify(failed)).not.toContain(secret)
  })

  test('SECURITY 88: an assertion is good only as a whole', async () => {
    const now = Math.floor(place.now() / 1000)
    const claims = { iss: 'KEY', sub: 'KEY', aud: issuer, jti: 'forged', iat: now, exp: now + 60 }
    const foreign = await keyPair()
    const secret = new TextEncoder().encode(JSON.stringify(clientKey.publicJwk))
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    const signed = async (header: object, key: Parameters<SignJWT['sign']>[0]): Promise<Form> =>
      asserted(await new SignJWT(claims).setProtectedHeader(header as { alg: string }).sign(key))
    const good = String((await assertion(place, 'KEY'))['client_assertion'])
    const [header = '', payload = '', signature = ''] = good.split('.')
    const forged: readonly (readonly [string, Form])[] = [
      ['alg none', asserted(new UnsecuredJWT(claims).encode())],
      [
        'alg none with a signature',
        asserted(`${btoa('{"alg":"none"}').replaceAll('=', '')}.${payload}.${signature}`),
      ],
      ['HS256 with the public key', await signed({ alg: 'HS256' }, secret)],
      ['RS256', await signed({ alg: 'RS256' }, rsa)],
      ['another key', await assertion(place, 'KEY', { key: foreign })],
      [
        'another key with its jwk',
        await assertion(place, 'KEY', { key: foreign, header: { jwk: foreign.publicJwk } }),
      ],
      ['a jku', await assertion(place, 'KEY', { key: foreign, header: { jku: 'https://evil.test/jwks' } })],
      ['another kid', await assertion(place, 'KEY', { header: { kid: 'two' } })],
      [
        'crit',
        await signed({ alg: 'ES256', crit: ['exp'] }, clientKey.privateKey).catch(() => asserted(`${good}x`)),
      ],
      ['no exp', await assertion(place, 'KEY', { claims: { exp: undefined } })],
      ['exp in two days', await assertion(place, 'KEY', { claims: { exp: now + 172_800 } })],
      ['exp gone', await assertion(place, 'KEY', { claims: { exp: now - 120, iat: now - 180 } })],
      ['exp as text', await assertion(place, 'KEY', { claims: { exp: String(now + 60) } })],
      ['no jti', await assertion(place, 'KEY', { claims: { jti: undefined } })],
      ['nbf to come', await assertion(place, 'KEY', { claims: { nbf: now + 3600 } })],
      ['iss of another', await assertion(place, 'KEY', { claims: { iss: 'WEB' } })],
      ['sub of another', await assertion(place, 'KEY', { claims: { sub: 'WEB' } })],
      ['no sub', await assertion(place, 'KEY', { claims: { sub: undefined } })],
      ['no aud', await assertion(place, 'KEY', { claims: { aud: undefined } })],
      ['a signature cut short', asserted(`${header}.${payload}.${signature.slice(0, -4)}`)],
      ['no signature', asserted(`${header}.${payload}.`)],
      [
        'another payload',
        asserted(
          `${header}.${Buffer.from(JSON.stringify({ ...claims, exp: now + 90 })).toString('base64url')}.${signature}`,
        ),
      ],
      ['no JWT', asserted('a.b.c')],
      ['too long', asserted(`${header}.${'A'.repeat(20_000)}.${signature}`)],
      ['another type', { client_assertion_type: 'x', client_assertion: good }],
      ['no type', { client_assertion: good }],
    ]
    for (const [fault, form] of forged) {
      const { status, body } = await ask(form)
      expect({ fault, status, error: body['error'] }).toEqual({ fault, status: 401, error: 'invalid_client' })
    }
    expect((await ask(asserted(good))).status).toBe(200)
  })

  test('SECURITY 89: an assertion is good once, also for many at once on two instances', async () => {
    const twin = await place.twin()
    const form = await assertion(place, 'KEY')
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => ask(form, {}, index % 2 === 0 ? place : twin)),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    for (const each of answers) if (each.status !== 200) expectRefusal(each, 'invalid_client', 401)
    const restarted = await place.twin()
    expectRefusal(await ask(form, {}, restarted), 'invalid_client', 401)
    expect((await ask(await assertion(place, 'KEY'), {}, restarted)).status).toBe(200)
  })

  test('SECURITY 90: whom an assertion may name as audience is a setting of the client', async () => {
    const endpoint = `${issuer}/token`
    for (const aud of [issuer, endpoint, [issuer], [endpoint, issuer]]) {
      expect((await ask(await assertion(place, 'KEY', { claims: { aud } }))).status).toBe(200)
    }
    for (const aud of [
      'https://other.test',
      `${issuer}/`,
      `${issuer}/par`,
      'KEY',
      '',
      [],
      7,
      [endpoint, 'https://other.test'],
    ]) {
      expectRefusal(await ask(await assertion(place, 'KEY', { claims: { aud } })), 'invalid_client', 401)
    }
    for (const aud of [[issuer], endpoint, `${issuer}/par`]) {
      expectRefusal(await ask(await assertion(place, 'STRICT', { claims: { aud } })), 'invalid_client', 401)
    }
    expect((await ask(await assertion(place, 'STRICT'))).status).toBe(200)
  })

  test('SECURITY 92: two secrets are good for a while, then one', async () => {
    const id = `rotating-${dialect}`
    const { secret: old = '' } = await place.open.clients.add({ id, clientCredentialsScopes: ['read'] })
    const fresh = await place.open.clients.rotateSecret(id, 60)
    const status = async (secret: string): Promise<number> =>
      (await ask({}, { authorization: basicHeader(id, secret) })).status
    expect([await status(old), await status(fresh)]).toEqual([200, 200])
    place.pass(59)
    expect(await status(old)).toBe(200)
    place.pass(1)
    expect([await status(old), await status(fresh)]).toEqual([401, 200])
  })

  test('SECURITY 93: the header of a proxy that nobody named is not believed', async () => {
    const headers = {
      'x-forwarded-client-cert': 'Subject="CN=WEB"',
      'x-ssl-client-cert': 'WEB',
      'x-client-id': 'WEB',
      'x-forwarded-user': 'WEB',
    }
    expectRefusal(await ask({ client_id: 'WEB' }, { headers }), 'invalid_client', 401)
    expectRefusal(await ask({}, { headers }), 'invalid_client', 401)
  })
})
