/** The device grant over HTTP: a device asks, a person enters its code and decides, the device gets tokens once. */

import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { dialects } from '../setup/database.ts'
import {
  apiA,
  apiB,
  claimsOf,
  deviceGrant,
  expectRefusal,
  grantServer,
  issuer,
  otherSecret,
} from '../setup/grant-server.ts'
import type { Answer, Form, GrantServer, Sent, ServerOptions } from '../setup/grant-server.ts'
import type { DevicePerson } from '../../src/server/interaction/device.ts'

const clients: NonNullable<ServerOptions['clients']> = [
  { id: 'TV', tokenEndpointAuthMethod: 'none', grantTypes: [deviceGrant, 'refresh_token'] },
  { id: 'BOX', tokenEndpointAuthMethod: 'none', grantTypes: [deviceGrant], scopes: ['read'] },
  {
    id: 'SAFE',
    secret: otherSecret,
    tokenEndpointAuthMethod: 'client_secret_post',
    grantTypes: [deviceGrant],
  },
]

describe.each(dialects)('the device grant on %s', (dialect) => {
  let place: GrantServer
  let alice: DevicePerson
  let bob: DevicePerson
  beforeAll(async () => {
    place = await grantServer(dialect, { clients, lifetimes: { deviceCode: 600 } })
    alice = await person()
    bob = await person()
  })

  let sessions = 0
  async function person(at = place): Promise<DevicePerson> {
    sessions += 1
    return { subject: await at.account(), sessionId: `session-${sessions}`, authTime: at.now() }
  }

  const start = (form: Form = {}, sent: Sent = {}, at = place): Promise<Answer> =>
    at.post({ scope: 'read write', ...form }, { as: 'TV', path: '/device_authorization', ...sent })

  const poll = (device: Answer, sent: Sent = {}, form: Form = {}, at = place): Promise<Answer> =>
    at.post(
      { grant_type: deviceGrant, device_code: String(device.body['device_code']), ...form },
      { as: 'TV', ...sent },
    )

  const codeOf = (device: Answer): string => String(device.body['user_code'])

  async function approved(who = alice, form: Form = {}, sent: Sent = {}): Promise<Answer> {
    // A person of its own: nobody enters so many codes in so short a time.
    const someone = who === alice ? await person() : who
    const device = await start(form, sent)
    expect(await place.open.devices.claim(codeOf(device), someone)).toMatchObject({
      userCode: codeOf(device),
    })
    expect(await place.open.devices.approve(codeOf(device), someone)).toBe(true)
    return device
  }

  test('SECURITY 101: the answer has its members, and codes that can be read out', async () => {
    const device = await start()
    expect(device.status).toBe(200)
    expect(device.headers.get('cache-control')).toBe('no-store')
    expect(device.body).toEqual({
      device_code: expect.stringMatching(/^gwd_[\w-]{43}$/) as string,
      user_code: expect.stringMatching(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/) as string,
      verification_uri: `${issuer}/device`,
      verification_uri_complete: `${issuer}/device?user_code=${codeOf(device)}`,
      expires_in: 600,
      interval: 5,
    })
    expect((await start()).body['user_code']).not.toBe(device.body['user_code'])
  })

  test('a person agrees, and the device gets tokens for what was asked', async () => {
    const device = await start({ resource: apiB })
    expectRefusal(await poll(device), 'authorization_pending')
    const pending = await place.open.devices.claim(
      ` ${codeOf(device).toLowerCase().replace('-', ' ')} `,
      alice,
    )
    expect(pending).toMatchObject({ client: { id: 'TV' }, scopes: ['read', 'write'], resources: [apiB] })
    place.pass(5)
    expectRefusal(await poll(device), 'authorization_pending')
    expect(await place.open.devices.approve(codeOf(device), alice, { scopes: ['read'] })).toBe(true)
    const answer = await poll(device)
    expect(answer.body).toMatchObject({ token_type: 'Bearer', scope: 'read' })
    expect(claimsOf(answer.body['access_token'])).toMatchObject({
      sub: alice.subject,
      client_id: 'TV',
      aud: apiB,
    })
    expect(await place.call(answer.body['access_token'], 'b')).toBe(200)
    const refreshed = await place.post(
      { grant_type: 'refresh_token', refresh_token: String(answer.body['refresh_token']) },
      { as: 'TV' },
    )
    expect(refreshed.body['scope']).toBe('read')
    const types = (await place.open.store.listAudit({ limit: 20, clientId: 'TV' })).map(({ type }) => type)
    expect(types.slice(0, 4)).toEqual([
      'refresh_token.rotated',
      'device.redeemed',
      'device.approved',
      'device.started',
    ])
  })

  test('SECURITY 102: who asks too soon waits longer each time, and is told the truth after that', async () => {
    const device = await start()
    expectRefusal(await poll(device), 'authorization_pending')
    expectRefusal(await poll(device), 'slow_down')
    place.pass(5)
    const again = await poll(device)
    expectRefusal(again, 'slow_down')
    expect(again.body['error_description']).toContain('15 seconds')
    place.pass(15)
    expectRefusal(await poll(device), 'authorization_pending')
    place.pass(15)
    await place.open.devices.claim(codeOf(device), bob)
    expect(await place.open.devices.approve(codeOf(device), bob)).toBe(true)
    // Approved, there is nothing left to slow down.
    expect((await poll(device)).status).toBe(200)
  })

  test('SECURITY 102: of many polls at once one is in time', async () => {
    const twin = await place.twin()
    const device = await start()
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) => poll(device, {}, {}, index % 2 === 0 ? place : twin)),
    )
    const errors = answers.map(({ body }) => body['error'])
    expect(errors.filter((error) => error === 'authorization_pending')).toHaveLength(1)
    expect(errors.filter((error) => error === 'slow_down')).toHaveLength(9)
  })

  test('SECURITY 102: denied and expired are told', async () => {
    const eve = await person()
    const denied = await start()
    await place.open.devices.claim(codeOf(denied), eve)
    expect(await place.open.devices.deny(codeOf(denied), eve)).toBe(true)
    expectRefusal(await poll(denied), 'access_denied')
    expect(await place.open.devices.approve(codeOf(denied), eve)).toBe(false)
    expectRefusal(await poll(denied), 'access_denied')
    const late = await start()
    const approvedLate = await start()
    await place.open.devices.claim(codeOf(approvedLate), eve)
    await place.open.devices.approve(codeOf(approvedLate), eve)
    place.pass(600)
    expectRefusal(await poll(late), 'expired_token')
    expectRefusal(await poll(approvedLate), 'expired_token')
    expect(await place.open.devices.claim(codeOf(late), eve)).toBe(undefined)
  })

  test('SECURITY 103: codes cannot be guessed: who enters wrong ones is slowed, account and address alike', async () => {
    const device = await start()
    const eve = await person()
    for (let count = 0; count < 4; count++) {
      expect(await place.open.devices.claim(`BBBB-BBB${'BCDF'.charAt(count)}`, eve)).toBe(undefined)
    }
    const slowed = { status: 429, headers: { 'retry-after': expect.any(String) as string } }
    await expect(place.open.devices.claim('BBBB-BBBG', eve)).rejects.toMatchObject(slowed)
    // The right one as well, or the answer would tell; another session of the account is the same person.
    await expect(place.open.devices.claim(codeOf(device), eve)).rejects.toMatchObject(slowed)
    await expect(
      place.open.devices.claim(codeOf(device), { ...eve, sessionId: 'other' }),
    ).rejects.toMatchObject(slowed)
    const guesses = await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const someone = {
          subject: `someone-${index}`,
          sessionId: `s-${index}`,
          authTime: 0,
          address: '192.0.2.77',
        }
        return place.open.devices.claim('ZZZZ-ZZZZ', someone).then(
          () => 'heard',
          () => 'slowed',
        )
      }),
    )
    expect(guesses.filter((each) => each === 'heard').length).toBeLessThanOrEqual(40)
    expect(await place.open.devices.claim(codeOf(device), await person())).not.toBe(undefined)
  })

  test('SECURITY 103: many guesses of one account at once are no more than one by one', async () => {
    const eve = await person()
    const guesses = await Promise.all(
      Array.from({ length: 50 }, () =>
        place.open.devices.claim('CCCC-CCCC', eve).then(
          () => 'heard',
          () => 'slowed',
        ),
      ),
    )
    expect(guesses.filter((each) => each === 'heard')).toHaveLength(4)
  })

  test('SECURITY 104: nobody decides about a code that they have not entered, and sees client, scope and code', async () => {
    const device = await start({ scope: 'read' })
    const eve = await person()
    expect(await place.open.devices.find(codeOf(device), eve)).toBe(undefined)
    expect(await place.open.devices.approve(codeOf(device), eve)).toBe(false)
    expect(await place.open.devices.deny(codeOf(device), eve)).toBe(false)
    expectRefusal(await poll(device), 'authorization_pending')
    const shown = { client: { id: 'TV' }, scopes: ['read'], resources: [apiA], userCode: codeOf(device) }
    expect(await place.open.devices.claim(codeOf(device), eve)).toMatchObject(shown)
    expect(await place.open.devices.find(codeOf(device), eve)).toMatchObject(shown)
  })

  test('SECURITY 105: the first session that enters the code owns it', async () => {
    const [first, second] = [await person(), await person()]
    const device = await start()
    const claims = await Promise.all(
      [first, second].map((who) => place.open.devices.claim(codeOf(device), who)),
    )
    expect(claims.filter((claim) => claim !== undefined)).toHaveLength(1)
    const [owner, other] = claims[0] === undefined ? [second, first] : [first, second]
    expect(await place.open.devices.find(codeOf(device), other)).toBe(undefined)
    expect(await place.open.devices.approve(codeOf(device), other)).toBe(false)
    expect(await place.open.devices.deny(codeOf(device), other)).toBe(false)
    expectRefusal(await poll(device), 'authorization_pending')
    expect(await place.open.devices.approve(codeOf(device), owner)).toBe(true)
    expect(claimsOf((await poll(device)).body['access_token'])['sub']).toBe(owner.subject)
  })

  test.each([2, 20])(
    'SECURITY 106: of %i polls at once after approval one gets tokens, and they live',
    async (count) => {
      const twin = await place.twin()
      const device = await approved()
      const answers = await Promise.all(
        Array.from({ length: count }, (_, index) => poll(device, {}, {}, index % 2 === 0 ? place : twin)),
      )
      const won = answers.filter(({ status }) => status === 200)
      expect(won).toHaveLength(1)
      for (const each of answers) if (each !== won[0]) expectRefusal(each, 'invalid_grant')
      expectRefusal(await poll(device), 'invalid_grant')
      expect(await twin.call(won[0]?.body['access_token'])).toBe(200)
      const form = { grant_type: 'refresh_token', refresh_token: String(won[0]?.body['refresh_token']) }
      expect((await place.post(form, { as: 'TV' })).status).toBe(200)
    },
  )

  test('SECURITY 106: a device code belongs to its client', async () => {
    const device = await approved()
    expectRefusal(await poll(device, { as: 'BOX' }), 'invalid_grant')
    expectRefusal(await poll(device, { as: 'SPA' }), 'unauthorized_client')
    expect((await poll(device)).status).toBe(200)
    // A stranger's poll counts for nobody.
    const pending = await start()
    expectRefusal(await poll(pending), 'authorization_pending')
    for (let count = 0; count < 3; count++) expectRefusal(await poll(pending, { as: 'BOX' }), 'invalid_grant')
    place.pass(5)
    expectRefusal(await poll(pending), 'authorization_pending')
  })

  test('SECURITY 107: a confidential client authenticates at both steps', async () => {
    const path = '/device_authorization'
    expectRefusal(await place.post({ client_id: 'SAFE' }, { path }), 'invalid_client', 401)
    expectRefusal(await place.post({}, { path }), 'invalid_client', 401)
    const device = await place.post({ client_id: 'SAFE', client_secret: otherSecret }, { path })
    expect(device.status).toBe(200)
    const someone = await person()
    await place.open.devices.claim(codeOf(device), someone)
    await place.open.devices.approve(codeOf(device), someone)
    const form = {
      grant_type: deviceGrant,
      device_code: String(device.body['device_code']),
      client_id: 'SAFE',
    }
    expectRefusal(await place.post(form), 'invalid_client', 401)
    const answer = await place.post({ ...form, client_secret: otherSecret })
    expect(answer.status).toBe(200)
    expect(answer.body).not.toHaveProperty('refresh_token')
  })

  test('nothing grows: scope, resource and what the person agreed to', async () => {
    expectRefusal(await start({ scope: 'read' }, { as: 'SPA' }), 'unauthorized_client')
    expectRefusal(await start({ scope: 'read write' }, { as: 'BOX' }), 'invalid_scope')
    expectRefusal(await start({ scope: 'unheard-of' }), 'invalid_scope')
    expectRefusal(await start({ resource: 'https://unknown.test/' }), 'invalid_target')
    const eve = await person()
    const device = await start({ scope: 'read', resource: apiA })
    await place.open.devices.claim(codeOf(device), eve)
    await expect(
      place.open.devices.approve(codeOf(device), eve, { scopes: ['read', 'admin'] }),
    ).rejects.toMatchObject({
      code: 'invalid_scope',
    })
    expect(await place.open.devices.approve(codeOf(device), eve)).toBe(true)
    expectRefusal(await poll(device, {}, { resource: apiB }), 'invalid_target')
    expect((await poll(device)).body['scope']).toBe('read')
  })

  test('an old grant does not give back what was left out this time', async () => {
    const eve = await person()
    const first = await start()
    await place.open.devices.claim(codeOf(first), eve)
    await place.open.devices.approve(codeOf(first), eve)
    const grantId = claimsOf((await poll(first)).body['access_token'])['grant_id'] as string
    for (const [agreed, scope] of [
      [['read'], 'read'],
      [undefined, 'read write'],
    ] as const) {
      const device = await start()
      await place.open.devices.claim(codeOf(device), eve)
      const approval = { grantId, ...(agreed === undefined ? {} : { scopes: agreed }) }
      expect(await place.open.devices.approve(codeOf(device), eve, approval)).toBe(true)
      const answer = await poll(device)
      expect(answer.body['scope']).toBe(scope)
      expect(claimsOf(answer.body['access_token'])['grant_id'] === grantId).toBe(agreed === undefined)
    }
  })

  test('a grant that holds more than was asked for this time gives what was asked for', async () => {
    const eve = await person()
    const grantId = `grant-of-${eve.sessionId}-${dialect}`
    for (const scope of ['read write', 'read', 'write']) {
      const device = await start({ scope })
      await place.open.devices.claim(codeOf(device), eve)
      expect(await place.open.devices.approve(codeOf(device), eve, { grantId })).toBe(true)
      const again = await start({ scope: 'read write' })
      await place.open.devices.claim(codeOf(again), eve)
      if (scope === 'read') await place.open.devices.approve(codeOf(again), eve, { grantId })
      expect((await poll(device)).body['scope']).toBe(scope)
      place.pass(1200)
    }
  })

  test('between approval and redemption the person and the grant are looked at again', async () => {
    const eve = await person()
    const device = await approved(eve)
    await place.open.accounts.update(eve.subject, { disabled: true })
    expectRefusal(await poll(device), 'invalid_grant')
    await place.open.accounts.update(eve.subject, { disabled: false })
    await place.open.store.revokeSubject(eve.subject, { now: place.now(), until: place.now() + 600_000 })
    expectRefusal(await poll(device), 'invalid_grant')
  })

  test('malformed requests are refused, and the code is as good as before', async () => {
    const device = await approved()
    const value = String(device.body['device_code'])
    const other = String((await start()).body['device_code'])
    const forged = [
      '',
      'x',
      value.slice(0, -1),
      `${value}=`,
      value.toUpperCase(),
      value.slice(0, 20) + other.slice(20),
    ]
    for (const device_code of [...forged, '\u0000', 'é', "' or 1=1 --", 'x'.repeat(60_000), codeOf(device)]) {
      const { status, body } = await poll(device, {}, { device_code })
      expect(status).toBe(400)
      expect(['invalid_grant', 'invalid_request']).toContain(body['error'])
    }
    for (const scope of ['"', 'a  b', 'é', '\u0000', 'x'.repeat(60_000)]) {
      expect([400]).toContain((await start({ scope })).status)
    }
    const path = '/device_authorization'
    for (const body of [
      '%',
      '&&',
      'client_id=TV&client_id=TV',
      'client_id=TV&scope=read&scope=read',
      'client_id=%ff',
      '',
    ]) {
      expect([400, 401]).toContain((await place.post(body, { path })).status)
    }
    const eve = await person()
    for (const typed of ['', ' ', 'AAAA-AAAA', '😀'.repeat(8), '\u0000', 'x'.repeat(100_000), "BBBB-BBB'"]) {
      expect(await place.open.devices.find(typed, eve)).toBe(undefined)
      expect(await place.open.devices.approve(typed, eve)).toBe(false)
    }
    expect((await poll(device)).status).toBe(200)
  })

  test('the codes are in no event, and trying all user codes on a dump finds none without the secret key', async () => {
    const device = await start()
    const log = JSON.stringify(await place.open.store.listAudit({ limit: 1000 }))
    for (const secret of [device.body['device_code'], device.body['user_code']]) {
      expect(log).not.toContain(String(secret))
    }
    const typed = codeOf(device).replace('-', '')
    for (const each of [typed, codeOf(device)]) {
      const hash = createHash('sha256').update(each).digest('base64url')
      expect(await place.open.store.findDeviceByUserCode(hash, place.now())).toBe(undefined)
    }
  })
})
