/** Codes over HTTP: bound to client, redirect URI, verifier and key; worth tokens once, whoever comes and however often. */

import { beforeAll, describe, expect, test } from 'vitest'
import { dialects } from '../setup/database.ts'
import {
  apiA,
  apiB,
  apiC,
  assertion,
  challengeOf,
  claimsOf,
  expectRefusal,
  grantServer,
  keyPair,
  proof,
} from '../setup/grant-server.ts'
import type { GrantServer } from '../setup/grant-server.ts'

describe.each(dialects)('the code grant on %s', (dialect) => {
  let place: GrantServer
  let alice: string
  beforeAll(async () => {
    place = await grantServer(dialect)
    alice = await place.account()
  })

  const refresh = (token: unknown): { grant_type: string; refresh_token: string } => ({
    grant_type: 'refresh_token',
    refresh_token: String(token),
  })

  test('a code is worth an access token and a refresh token of the user', async () => {
    const { body } = await place.tokens('SPA', alice)
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 300, scope: 'read write' })
    expect(body['refresh_token']).toMatch(/^gwr_/)
    expect(claimsOf(body['access_token'])).toMatchObject({ sub: alice, client_id: 'SPA', aud: apiA })
    expect(await place.call(body['access_token'])).toBe(200)
  })

  test('SECURITY 49: a later second use kills what the first made, and is written down', async () => {
    const { form } = await place.authorize('WEB', alice)
    const first = await place.post(form, { as: 'WEB' })
    expect(first.status).toBe(200)
    const reference = await place.authorize('WEB', alice, { resource: apiC })
    const opaque = await place.post(reference.form, { as: 'WEB' })
    place.pass(3)
    const before = place.events.length
    expectRefusal(await place.post(form, { as: 'WEB' }), 'invalid_grant')
    expectRefusal(await place.post(reference.form, { as: 'WEB' }), 'invalid_grant')
    expect(await place.call(first.body['access_token'])).toBe(401)
    expect(await place.call(opaque.body['access_token'], 'c')).toBe(401)
    expectRefusal(await place.post(refresh(first.body['refresh_token']), { as: 'WEB' }), 'invalid_grant')
    const reused = place.events.slice(before).filter(({ type }) => type === 'code.reused')
    expect(reused).toHaveLength(2)
    expectRefusal(await place.post(form, { as: 'WEB' }), 'invalid_grant')
    expect(place.events.filter(({ type }) => type === 'code.reused')).toHaveLength(2)
  })

  test('a double submit gets nothing and takes nothing away', async () => {
    const { form } = await place.authorize('WEB', alice)
    const first = await place.post(form, { as: 'WEB' })
    place.pass(1)
    expectRefusal(await place.post(form, { as: 'WEB' }), 'invalid_grant')
    expect(await place.call(first.body['access_token'])).toBe(200)
    expect((await place.post(refresh(first.body['refresh_token']), { as: 'WEB' })).status).toBe(200)
  })

  test('without a retry window a second use that is not simultaneous revokes at once', async () => {
    const strict = await grantServer(dialect, { retryWindow: 0 })
    const { form } = await strict.authorize('SPA', await strict.account())
    const first = await strict.post(form, { as: 'SPA' })
    strict.pass(1)
    expectRefusal(await strict.post(form, { as: 'SPA' }), 'invalid_grant')
    expect(await strict.call(first.body['access_token'])).toBe(401)
  })

  test('SECURITY 50: a replay with a wrong verifier or by a stranger revokes nothing', async () => {
    const { form } = await place.authorize('WEB', alice)
    const first = await place.post(form, { as: 'WEB' })
    place.pass(5)
    const wrong = { ...form, code_verifier: 'w'.repeat(43) }
    expectRefusal(await place.post(wrong, { as: 'WEB' }), 'invalid_grant')
    expectRefusal(
      await place.post({ ...form, redirect_uri: 'https://web.test/other' }, { as: 'WEB' }),
      'invalid_grant',
    )
    expectRefusal(await place.post(form, { as: 'SPA' }), 'invalid_grant')
    expect(await place.call(first.body['access_token'])).toBe(200)
    expect((await place.post(refresh(first.body['refresh_token']), { as: 'WEB' })).status).toBe(200)
  })

  test.each([2, 20, 50])(
    'SECURITY 51: of %i simultaneous redemptions on two instances one succeeds',
    async (count) => {
      const twin = await place.twin()
      const { form, grantId } = await place.authorize('SPA', alice)
      const answers = await Promise.all(
        Array.from({ length: count }, (_, index) =>
          (index % 2 === 0 ? place : twin).post(form, { as: 'SPA' }),
        ),
      )
      const won = answers.filter(({ status }) => status === 200)
      expect(won).toHaveLength(1)
      for (const each of answers) if (each !== won[0]) expectRefusal(each, 'invalid_grant')
      const [winner] = won
      expect(await twin.call(winner?.body['access_token'])).toBe(200)
      expect((await twin.post(refresh(winner?.body['refresh_token']), { as: 'SPA' })).status).toBe(200)
      const log = await place.open.store.listAudit({ limit: 1000, type: 'code.redeemed' })
      expect(log.filter((event) => event.grantId === grantId)).toHaveLength(1)
    },
  )

  test('SECURITY 52: a code belongs to its client', async () => {
    const { form } = await place.authorize('WEB', alice)
    expectRefusal(await place.post(form, { as: 'SPA' }), 'invalid_grant')
    expectRefusal(await place.post({ ...form, ...(await assertion(place, 'KEY')) }), 'invalid_grant')
    expect((await place.post(form, { as: 'WEB' })).status).toBe(200)
  })

  test('SECURITY 53: a redirect URI must be the one that was authorised', async () => {
    const { form } = await place.authorize('WEB', alice)
    for (const redirect_uri of ['https://web.test/other', 'https://web.test/cb/', 'https://web.test/cb?x']) {
      expectRefusal(await place.post({ ...form, redirect_uri }, { as: 'WEB' }), 'invalid_grant')
    }
    expect((await place.post(form, { as: 'WEB' })).status).toBe(200)
  })

  test('SECURITY 54, 56: the verifier must be there, well-formed, and match', async () => {
    const wrong = [
      undefined,
      'w'.repeat(43),
      'challenge',
      'v'.repeat(42),
      'v'.repeat(129),
      `é${'v'.repeat(43)}`,
    ]
    for (const each of [...wrong, 'v'.repeat(60_000)]) {
      const { form, verifier } = await place.authorize('SPA', alice)
      const { code_verifier: _, ...without } = form
      const sent = each === 'challenge' ? challengeOf(verifier) : each
      const answer = await place.post(sent === undefined ? without : { ...form, code_verifier: sent }, {
        as: 'SPA',
      })
      expect(answer.status).toBe(400)
      expect(['invalid_grant', 'invalid_request']).toContain(answer.body['error'])
      expect((await place.post(form, { as: 'SPA' })).status).toBe(200)
    }
  })

  test('SECURITY 56: after five wrong tries the right verifier fails too', async () => {
    const { form } = await place.authorize('SPA', alice)
    for (let count = 0; count < 5; count++) {
      expectRefusal(
        await place.post({ ...form, code_verifier: `${count}`.repeat(43) }, { as: 'SPA' }),
        'invalid_grant',
      )
    }
    expectRefusal(await place.post(form, { as: 'SPA' }), 'invalid_grant')
  })

  test('SECURITY 55: a verifier for a code without a challenge is a downgrade, and refused', async () => {
    const { form } = await place.authorize('EXEMPT', alice, { withoutPkce: true })
    expectRefusal(
      await place.post({ ...form, code_verifier: 'v'.repeat(43) }, { as: 'EXEMPT' }),
      'invalid_grant',
    )
    expect((await place.post(form, { as: 'EXEMPT' })).status).toBe(200)
    const challenged = await place.authorize('EXEMPT', alice)
    const { code_verifier: _, ...without } = challenged.form
    expectRefusal(await place.post(without, { as: 'EXEMPT' }), 'invalid_grant')
    await expect(place.authorize('WEB', alice, { withoutPkce: true })).rejects.toThrow()
  })

  test('SECURITY 57, 61: the resource may be narrowed, and not widened', async () => {
    const { form } = await place.authorize('SPA', alice, { resource: apiA })
    expectRefusal(await place.post({ ...form, resource: apiB }, { as: 'SPA' }), 'invalid_target')
    expectRefusal(await place.post({ ...form, resource: [apiA, apiB] }, { as: 'SPA' }), 'invalid_target')
    const answer = await place.post({ ...form, resource: apiA }, { as: 'SPA' })
    expect(await place.call(answer.body['access_token'], 'a')).toBe(200)
    expect(await place.call(answer.body['access_token'], 'b')).toBe(401)
    const both = await place.authorize('SPA', alice, { resource: [apiA, apiB] })
    const narrowed = await place.post({ ...both.form, resource: apiB }, { as: 'SPA' })
    expect(claimsOf(narrowed.body['access_token'])['aud']).toBe(apiB)
    const again = await place.post(refresh(narrowed.body['refresh_token']), { as: 'SPA' })
    expect(claimsOf(again.body['access_token'])['aud']).toEqual([apiA, apiB])
  })

  test('SECURITY 58: what was granted is told when it is less', async () => {
    const { body } = await place.tokens('SPA', alice, { scope: 'read write', agreed: ['read'] })
    expect(body['scope']).toBe('read')
    expect(claimsOf(body['access_token'])['scope']).toBe('read')
  })

  test('SECURITY 63: between code and redemption the user, the grant and the client are looked at again', async () => {
    const bob = await place.account()
    const disabled = await place.authorize('SPA', bob)
    await place.open.accounts.update(bob, { disabled: true })
    expectRefusal(await place.post(disabled.form, { as: 'SPA' }), 'invalid_grant')
    // What was ended stays ended when the account comes back; new codes are good again.
    await place.open.accounts.update(bob, { disabled: false })
    expectRefusal(await place.post(disabled.form, { as: 'SPA' }), 'invalid_grant')
    const again = await place.authorize('SPA', bob)
    expect((await place.post(again.form, { as: 'SPA' })).status).toBe(200)

    const until = place.now() + 600_000
    const withdrawn = await place.authorize('SPA', bob)
    await place.open.store.revokeGrant(withdrawn.grantId, { now: place.now(), until })
    expectRefusal(await place.post(withdrawn.form, { as: 'SPA' }), 'invalid_grant')

    const changed = await place.authorize('SPA', bob)
    await place.open.store.revokeSubject(bob, { now: place.now(), until })
    expectRefusal(await place.post(changed.form, { as: 'SPA' }), 'invalid_grant')

    const gone = await place.authorize('SPA', bob)
    await place.open.accounts.remove(bob)
    expectRefusal(await place.post(gone.form, { as: 'SPA' }), 'invalid_grant')

    const id = `new-${dialect}`
    await place.open.clients.add({
      id,
      tokenEndpointAuthMethod: 'none',
      redirectUris: [`https://${id}.test/cb`],
    })
    const orphan = await place.authorize(id, alice)
    await place.open.clients.remove(id)
    expectRefusal(await place.post(orphan.form, { as: id }), 'invalid_client', 401)
  })

  test('a code lives a minute', async () => {
    const late = await place.authorize('SPA', alice)
    const intime = await place.authorize('SPA', alice)
    place.pass(59)
    expect((await place.post(intime.form, { as: 'SPA' })).status).toBe(200)
    place.pass(1)
    expectRefusal(await place.post(late.form, { as: 'SPA' }), 'invalid_grant')
  })

  test('SECURITY 77: a code is compared as a whole', async () => {
    const { form, code } = await place.authorize('SPA', alice)
    const other = await place.authorize('SPA', alice)
    const forged = [
      code.slice(0, -1),
      `${code}=`,
      `${code} `,
      code.toUpperCase(),
      code.slice(0, 20) + other.code.slice(20),
    ]
    for (const each of forged) {
      expectRefusal(await place.post({ ...form, code: each }, { as: 'SPA' }), 'invalid_grant')
    }
    expect((await place.post(form, { as: 'SPA' })).status).toBe(200)
  })

  test('SECURITY 118: a code that is bound to a key is worth nothing without it', async () => {
    const [own, foreign] = [await keyPair(), await keyPair()]
    const { calculateJwkThumbprint } = await import('jose')
    const { form } = await place.authorize('SPA', alice, {
      dpopJkt: await calculateJwkThumbprint(own.publicJwk),
    })
    expectRefusal(await place.post(form, { as: 'SPA' }), 'invalid_grant')
    expectRefusal(await place.post(form, { as: 'SPA', dpop: await proof(place, foreign) }), 'invalid_grant')
    const answer = await place.post(form, { as: 'SPA', dpop: await proof(place, own) })
    expect(answer.body['token_type']).toBe('DPoP')
  })

  test('SECURITY 66: without the grant type there is no refresh token', async () => {
    const { body } = await place.tokens('BARE', alice)
    expect(body).not.toHaveProperty('refresh_token')
  })
})
