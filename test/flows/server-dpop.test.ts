/** DPoP over HTTP: tokens bound to a key, at the token endpoint and at the APIs. */

import { calculateJwkThumbprint, exportJWK } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { dialects } from '../setup/database.ts'
import { apiC, claimsOf, expectRefusal, grantServer, issuer, keyPair, proof } from '../setup/grant-server.ts'
import type { Answer, GrantServer, KeyPair } from '../setup/grant-server.ts'

describe.each(dialects)('DPoP on %s', (dialect) => {
  let place: GrantServer
  let own: KeyPair
  let foreign: KeyPair
  beforeAll(async () => {
    place = await grantServer(dialect)
    own = await keyPair()
    foreign = await keyPair()
  })

  function ask(dpop: string | undefined, at = place, as = 'WEB', form = {}): Promise<Answer> {
    return at.post(
      { grant_type: 'client_credentials', ...form },
      { as, ...(dpop === undefined ? {} : { dpop }) },
    )
  }

  test('SECURITY 112: every single fault of a proof refuses it', async () => {
    const { privateKey } = own
    const d = (await exportJWK(privateKey)).d ?? ''
    const good = await proof(place, own)
    const [header = '', payload = '', signature = ''] = good.split('.')
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'dpop+jwt', jwk: own.publicJwk })).toString(
      'base64url',
    )
    const faulty: readonly (readonly [string, string])[] = [
      ['two headers', `${good}, ${await proof(place, own)}`],
      ['no JWT', 'x'],
      ['another typ', await proof(place, own, { header: { typ: 'JWT' } })],
      ['no typ', await proof(place, own, { header: { typ: undefined } })],
      ['alg none', `${none}.${payload}.`],
      ['alg none, signed', `${none}.${payload}.${signature}`],
      ['a private jwk', await proof(place, own, { header: { jwk: { ...own.publicJwk, d } } })],
      ['no jwk', await proof(place, own, { header: { jwk: undefined } })],
      ['a symmetric jwk', await proof(place, own, { header: { jwk: { kty: 'oct', k: 'AAAA' } } })],
      ['the jwk of another', await proof(place, own, { header: { jwk: foreign.publicJwk } })],
      ['a signature cut short', `${header}.${payload}.${signature.slice(0, -4)}`],
      ['another htm', await proof(place, own, { method: 'GET' })],
      ['htm in lower case', await proof(place, own, { method: 'post' })],
      ['no htm', await proof(place, own, { claims: { htm: undefined } })],
      ['another htu', await proof(place, own, { url: `${issuer}/par` })],
      ['another host', await proof(place, own, { url: 'http://evil.test/token' })],
      ['another scheme', await proof(place, own, { url: 'https://localhost:8000/token' })],
      ['no htu', await proof(place, own, { claims: { htu: undefined } })],
      ['no jti', await proof(place, own, { claims: { jti: undefined } })],
      ['an empty jti', await proof(place, own, { claims: { jti: '' } })],
      ['no iat', await proof(place, own, { claims: { iat: undefined } })],
      ['iat as text', await proof(place, own, { claims: { iat: 'now' } })],
    ]
    for (const [fault, dpop] of faulty) {
      const { status, body } = await ask(dpop)
      expect({ fault, status, error: body['error'] }).toEqual({
        fault,
        status: 400,
        error: 'invalid_dpop_proof',
      })
    }
    expect((await ask(good)).status).toBe(200)
    for (const url of [`${issuer}/token?a=b`, `${issuer}/token#c`, 'HTTP://LOCALHOST:8000/token']) {
      expect((await ask(await proof(place, own, { url }))).status).toBe(200)
    }
  })

  test('SECURITY 113: a proof is good once, also for many at once on two instances', async () => {
    const twin = await place.twin()
    const dpop = await proof(place, own)
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => ask(dpop, index % 2 === 0 ? place : twin)),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    for (const each of answers) if (each.status !== 200) expectRefusal(each, 'invalid_dpop_proof')
  })

  test('SECURITY 114: clocks may differ by seconds, not by minutes', async () => {
    const at = (offset: number): Promise<string> =>
      proof(place, own, { claims: { iat: Math.floor(place.now() / 1000) + offset } })
    for (const offset of [-10, 10]) expect((await ask(await at(offset))).status).toBe(200)
    for (const offset of [-600, 600, -86_400, 86_400])
      expectRefusal(await ask(await at(offset)), 'invalid_dpop_proof')
  })

  test('SECURITY 115, 116: the token is bound, and worth nothing without its key', async () => {
    const jkt = await calculateJwkThumbprint(own.publicJwk)
    const answer = await ask(await proof(place, own))
    const token = answer.body['access_token']
    expect(answer.body['token_type']).toBe('DPoP')
    expect(claimsOf(token)['cnf']).toEqual({ jkt })
    const opaque = (await ask(await proof(place, own), place, 'WEB', { resource: apiC })).body['access_token']
    for (const [which, each] of [
      ['a', token],
      ['c', opaque],
    ] as const) {
      const at = { url: `https://${which}.test/me`, method: 'GET', token: each }
      const sent = async (key: KeyPair, about: object): Promise<number> =>
        place.call(each, which, { scheme: 'DPoP', dpop: await proof(place, key, { ...at, ...about }) })
      expect(await sent(own, {})).toBe(200)
      expect(await place.call(each, which)).toBe(401)
      expect(await place.call(each, which, { dpop: await proof(place, own, at) })).toBe(401)
      expect(await place.call(each, which, { scheme: 'DPoP' })).toBe(401)
      expect(await sent(foreign, {})).toBe(401)
      expect(await sent(own, { token: undefined })).toBe(401)
      expect(await sent(own, { token: 'another' })).toBe(401)
      expect(await sent(own, { method: 'POST' })).toBe(401)
      expect(await sent(own, { url: `https://${which}.test/you` })).toBe(401)
      const once = await proof(place, own, at)
      expect(await place.call(each, which, { scheme: 'DPoP', dpop: once })).toBe(200)
      expect(await place.call(each, which, { scheme: 'DPoP', dpop: once })).toBe(401)
      expect(await sent(own, {})).toBe(200)
    }
  })

  test('SECURITY 116: a token without a key is no DPoP token', async () => {
    const token = (await ask(undefined)).body['access_token']
    const dpop = await proof(place, own, { url: 'https://a.test/me', method: 'GET', token })
    expect(await place.call(token, 'a', { scheme: 'DPoP', dpop })).toBe(401)
    expect(await place.call(token)).toBe(200)
  })

  test('a client whose tokens are all bound gets none without a proof', async () => {
    expectRefusal(await ask(undefined, place, 'BOUND'), 'invalid_dpop_proof')
    expect((await ask(await proof(place, own), place, 'BOUND')).body['token_type']).toBe('DPoP')
  })

  test('SECURITY 117: where nonces are asked for, a proof without one is sent back with one', async () => {
    const careful = await grantServer(dialect, { dpopNonces: true })
    const first = await ask(await proof(careful, own), careful)
    expectRefusal(first, 'use_dpop_nonce')
    const nonce = first.headers.get('dpop-nonce') ?? ''
    expect(nonce).not.toBe('')
    expectRefusal(await ask(await proof(careful, own, { claims: { nonce: 'x' } }), careful), 'use_dpop_nonce')
    const second = await ask(await proof(careful, own, { claims: { nonce } }), careful)
    expect(second.body['token_type']).toBe('DPoP')
    expect(second.headers.get('dpop-nonce')).not.toBe(null)
    careful.pass(180)
    expectRefusal(await ask(await proof(careful, own, { claims: { nonce } }), careful), 'use_dpop_nonce')
  })

  test('a refusal for the proof leaves the code as it was', async () => {
    const alice = await place.account()
    const { form } = await place.authorize('SPA', alice)
    expectRefusal(await place.post(form, { as: 'SPA', dpop: 'x' }), 'invalid_dpop_proof')
    expect((await place.post(form, { as: 'SPA', dpop: await proof(place, own) })).status).toBe(200)
  })
})
