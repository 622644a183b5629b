/** Client credentials over HTTP: a machine for itself, below a ceiling of its own. */

import { beforeAll, describe, expect, test } from 'vitest'
import { dialects } from '../setup/database.ts'
import { apiB, apiC, claimsOf, expectRefusal, grantServer, issuer, partOf } from '../setup/grant-server.ts'
import type { GrantServer } from '../setup/grant-server.ts'

describe.each(dialects)('client credentials on %s', (dialect) => {
  let place: GrantServer
  beforeAll(async () => {
    place = await grantServer(dialect)
  })

  test('SECURITY 45, 60: the answer has its members, cannot be cached and is good for minutes', async () => {
    const answer = await place.post({ grant_type: 'client_credentials' }, { as: 'WEB' })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.body).toEqual({
      access_token: expect.any(String) as string,
      token_type: 'Bearer',
      expires_in: 300,
      scope: 'read',
    })
    expect(await place.call(answer.body['access_token'])).toBe(200)
  })

  test('SECURITY 62: the access token follows the profile of RFC 9068', async () => {
    const { body } = await place.post({ grant_type: 'client_credentials' }, { as: 'WEB' })
    expect(partOf(body['access_token'], 0)).toEqual({
      typ: 'at+jwt',
      alg: 'ES256',
      kid: expect.any(String) as string,
    })
    expect(claimsOf(body['access_token'])).toMatchObject({
      iss: issuer,
      aud: 'https://a.test/',
      sub: 'WEB',
      client_id: 'WEB',
      scope: 'read',
      jti: expect.any(String) as string,
      iat: Math.floor(place.now() / 1000),
      exp: Math.floor(place.now() / 1000) + 300,
    })
  })

  test('SECURITY 59: there is no refresh token, and a user with the name of the client has another sub', async () => {
    const { body } = await place.post({ grant_type: 'client_credentials' }, { as: 'WEB' })
    expect(body).not.toHaveProperty('refresh_token')
    const alice = await place.account('WEB')
    const tokens = await place.tokens('SPA', alice)
    expect(claimsOf(tokens.body['access_token'])['sub']).not.toBe(claimsOf(body['access_token'])['sub'])
  })

  test('SECURITY 48, 59: a public client and one without the grant are refused', async () => {
    expectRefusal(
      await place.post({ grant_type: 'client_credentials' }, { as: 'SPA' }),
      'unauthorized_client',
    )
    expectRefusal(
      await place.post({ grant_type: 'client_credentials' }, { as: 'BARE' }),
      'unauthorized_client',
    )
    expect((await place.post({ grant_type: 'client_credentials' }, { as: 'WEB' })).status).toBe(200)
  })

  test('what people may grant a client is not what it may do by itself', async () => {
    for (const scope of ['write', 'read write', 'admin', 'unheard-of']) {
      expectRefusal(
        await place.post({ grant_type: 'client_credentials', scope }, { as: 'WEB' }),
        'invalid_scope',
      )
    }
    for (const scope of ['"', 'read  read', ' read', 'é', 'a\\b']) {
      expectRefusal(
        await place.post({ grant_type: 'client_credentials', scope }, { as: 'WEB' }),
        'invalid_scope',
      )
    }
    expect(
      (await place.post({ grant_type: 'client_credentials', scope: 'read' }, { as: 'WEB' })).body['scope'],
    ).toBe('read')
  })

  test('SECURITY 57, 61: a token is for the resource it was asked for, and for no other', async () => {
    const { body } = await place.post({ grant_type: 'client_credentials', resource: apiB }, { as: 'WEB' })
    expect(await place.call(body['access_token'], 'b')).toBe(200)
    expect(await place.call(body['access_token'], 'a')).toBe(401)
    for (const resource of ['https://unknown.test/', 'a', `${apiB}#x`, [apiB, 'https://unknown.test/']]) {
      expectRefusal(
        await place.post({ grant_type: 'client_credentials', resource }, { as: 'WEB' }),
        'invalid_target',
      )
    }
  })

  test('a reference token is known to its API alone, and dies at its end', async () => {
    const { body } = await place.post({ grant_type: 'client_credentials', resource: apiC }, { as: 'WEB' })
    expect(body['access_token']).toMatch(/^gwa_/)
    expect(await place.call(body['access_token'], 'c')).toBe(200)
    expect(await place.call(body['access_token'], 'a')).toBe(401)
    expect(await place.call(`${String(body['access_token']).slice(0, -1)}`, 'c')).toBe(401)
    const other = await grantServer(dialect)
    const short = await other.post({ grant_type: 'client_credentials', resource: apiC }, { as: 'WEB' })
    other.pass(299)
    expect(await other.call(short.body['access_token'], 'c')).toBe(200)
    other.pass(1)
    expect(await other.call(short.body['access_token'], 'c')).toBe(401)
  })

  test('one event is written for each token, and none for a refusal', async () => {
    const before = place.events.length
    await place.post({ grant_type: 'client_credentials' }, { as: 'WEB', address: '192.0.2.7' })
    await place.post({ grant_type: 'client_credentials', scope: 'admin' }, { as: 'WEB' })
    const told = place.events.slice(before)
    expect(told).toMatchObject([{ type: 'token.issued', clientId: 'WEB', address: '192.0.2.7' }])
    const [stored] = await place.open.store.listAudit({ limit: 1, type: 'token.issued' })
    expect(stored).toMatchObject(told[0] ?? {})
  })
})
