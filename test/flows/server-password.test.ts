/** The password grant over HTTP: for our own clients, slowed by account and address, and not there for anybody else. */

import { beforeAll, describe, expect, test } from 'vitest'
import { dialects } from '../setup/database.ts'
import {
  apiA,
  apiB,
  claimsOf,
  expectRefusal,
  grantServer,
  keyPair,
  otherSecret,
  password,
  proof,
} from '../setup/grant-server.ts'
import type { Answer, Form, GrantServer, Sent, ServerOptions } from '../setup/grant-server.ts'

const clients: NonNullable<ServerOptions['clients']> = [
  { id: 'OWN', tokenEndpointAuthMethod: 'none', grantTypes: ['password', 'refresh_token'], firstParty: true },
  {
    id: 'LITTLE',
    tokenEndpointAuthMethod: 'none',
    grantTypes: ['password'],
    firstParty: true,
    scopes: ['read'],
  },
  {
    id: 'ALIEN',
    secret: otherSecret,
    tokenEndpointAuthMethod: 'client_secret_post',
    grantTypes: ['password'],
  },
  {
    id: 'FRIEND',
    tokenEndpointAuthMethod: 'none',
    redirectUris: ['https://friend.test/cb'],
    firstParty: true,
  },
]

const wrong = 'not the password at all'
let names = 0

describe.each(dialects)('the password grant on %s', (dialect) => {
  let place: GrantServer
  beforeAll(async () => {
    place = await grantServer(dialect, { clients })
  })

  async function user(at = place): Promise<{ readonly name: string; readonly id: string }> {
    names += 1
    const name = `user-${names}`
    return { name, id: await at.account(name) }
  }

  function login(
    username: string,
    secret: string,
    sent: Sent = {},
    form: Form = {},
    at = place,
  ): Promise<Answer> {
    return at.post({ grant_type: 'password', username, password: secret, ...form }, { as: 'OWN', ...sent })
  }

  test('a person logs in with one of our own clients', async () => {
    const { name, id } = await user()
    const answer = await login(name, password, { address: '192.0.2.5' })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.body).toMatchObject({ token_type: 'Bearer', expires_in: 300, scope: 'read write' })
    expect(claimsOf(answer.body['access_token'])).toMatchObject({ sub: id, client_id: 'OWN', aud: apiA })
    expect(await place.call(answer.body['access_token'])).toBe(200)
    const form = { grant_type: 'refresh_token', refresh_token: String(answer.body['refresh_token']) }
    expect((await place.post(form, { as: 'OWN' })).status).toBe(200)
    const [event] = await place.open.store.listAudit({ limit: 1, type: 'token.issued', subject: id })
    expect(event).toMatchObject({ clientId: 'OWN', address: '192.0.2.5', details: { grant: 'password' } })
  })

  test('a client without the refresh grant gets no refresh token, and no client more than it may have', async () => {
    const { name } = await user()
    const answer = await login(name, password, { as: 'LITTLE' })
    expect(answer.body['scope']).toBe('read')
    expect(answer.body).not.toHaveProperty('refresh_token')
    expectRefusal(await login(name, password, { as: 'LITTLE' }, { scope: 'write' }), 'invalid_scope')
    expectRefusal(await login(name, password, {}, { scope: 'admin' }), 'invalid_scope')
    expectRefusal(await login(name, password, {}, { resource: 'https://unknown.test/' }), 'invalid_target')
    const narrow = await login(name, password, {}, { scope: 'read', resource: apiB })
    expect(claimsOf(narrow.body['access_token'])).toMatchObject({ scope: 'read', aud: apiB })
  })

  test('SECURITY 47: where no client may use it, the grant does not exist, and is not in the metadata', async () => {
    const without = await grantServer(dialect)
    const { name } = await user(without)
    for (const as of ['SPA', 'WEB']) {
      expectRefusal(await login(name, password, { as }, {}, without), 'unsupported_grant_type')
    }
    const grants = async (at: GrantServer): Promise<unknown> =>
      (await at.post('', { method: 'GET', path: '/.well-known/oauth-authorization-server' })).body[
        'grant_types_supported'
      ]
    expect(await grants(without)).not.toContain('password')
    expect(await grants(place)).toContain('password')
    // One that was added later may use it, and it exists for nobody else.
    await without.open.clients.add({
      id: 'LATER',
      tokenEndpointAuthMethod: 'none',
      grantTypes: ['password'],
      firstParty: true,
    })
    expect((await login(name, password, { as: 'LATER' }, {}, without)).status).toBe(200)
    expectRefusal(await login(name, password, { as: 'SPA' }, {}, without), 'unsupported_grant_type')
  })

  test('SECURITY 48: only a first-party client that is registered for it may use it', async () => {
    const { name } = await user()
    const before = place.events.length
    for (const as of ['SPA', 'WEB', 'FRIEND']) {
      expectRefusal(await login(name, password, { as }), 'unauthorized_client')
    }
    const alien = { client_id: 'ALIEN', client_secret: otherSecret }
    expectRefusal(
      await place.post({ grant_type: 'password', username: name, password, ...alien }),
      'unauthorized_client',
    )
    expect(place.events.slice(before)).toEqual([])
    expect((await login(name, password)).status).toBe(200)
  })

  test('an unknown name, a wrong password and a disabled account read the same, and are written down', async () => {
    const { name, id } = await user()
    const off = await user()
    await place.open.accounts.update(off.id, { disabled: true })
    const before = place.events.length
    const answers = [
      await login(name, wrong),
      await login('nobody-of-this-name', password),
      await login(off.name, password),
      await login('', password),
      await login('\u200b\u0007', password),
    ]
    for (const answer of answers.toSpliced(3, 1)) {
      expectRefusal(answer, 'invalid_grant')
      expect(answer.text).toBe(answers[0]?.text)
    }
    const failed = place.events.slice(before).filter(({ type }) => type === 'login.failed')
    expect(failed.map(({ subject }) => subject)).toEqual([id, undefined, off.id, undefined])
    expect(JSON.stringify(failed)).not.toContain(wrong)
    expect(JSON.stringify(failed)).not.toContain('nobody-of-this-name')
    expect((await login(name, password)).status).toBe(200)
  })

  test('SECURITY 280: an attacker gets 100 guesses a day from all addresses together, and 10 from one', async () => {
    const { name } = await user()
    const from = async (address: string): Promise<number> => {
      let heard = 0
      for (let count = 0; count < 12; count++)
        if ((await login(name, wrong, { address })).status === 400) heard += 1
      return heard
    }
    expect(await from('192.0.2.1')).toBe(10)
    let all = 10
    for (let index = 0; index < 15; index++) all += await from(`198.51.100.${index}`)
    expect(all).toBe(100)
    const slowed = await login(name, password, { address: '203.0.113.1' })
    expect(slowed.status).toBe(429)
    expect(Number(slowed.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(slowed.headers.get('cache-control')).toBe('no-store')
  })

  test('SECURITY 281: whoever attacks from 50 addresses does not lock the owner out', async () => {
    const { name } = await user()
    const home = '203.0.113.7'
    expect((await login(name, password, { address: home })).status).toBe(200)
    for (let index = 0; index < 50; index++) {
      for (let count = 0; count < 3; count++) await login(name, wrong, { address: `198.51.100.${index}` })
    }
    expect((await login(name, wrong, { address: '192.0.2.1' })).status).toBe(429)
    expect((await login(name, password, { address: home })).status).toBe(200)
    // Nor does the owner's login open the account to them again.
    expect((await login(name, password, { address: '192.0.2.1' })).status).toBe(429)
    expect((await login(name, password, { address: home })).status).toBe(200)
  })

  test('SECURITY 280: an address from which the owner logs in is not without an end either', async () => {
    const own = await grantServer(dialect, { clients })
    const { name } = await user(own)
    const home = '203.0.113.7'
    expect((await login(name, password, { address: home }, {}, own)).status).toBe(200)
    let heard = 0
    for (let round = 0; round < 12; round++) {
      for (let count = 0; count < 11; count++) {
        if ((await login(name, wrong, { address: home }, {}, own)).status === 400) heard += 1
      }
      own.pass(301)
    }
    expect(heard).toBe(100)
    own.pass(86_400)
    expect((await login(name, password, { address: home }, {}, own)).status).toBe(200)
  })

  test('SECURITY 282: many wrong passwords at once on two instances are no more than one by one', async () => {
    const twin = await place.twin()
    const { name } = await user()
    const address = '192.0.2.1'
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        login(name, wrong, { address }, {}, index % 2 === 0 ? place : twin),
      ),
    )
    const heard = answers.filter(({ status }) => status !== 429)
    expect(heard.length).toBeLessThanOrEqual(10)
    expect(heard.length).toBeGreaterThan(0)
    expect((await login(name, password, { address })).status).toBe(429)
    place.pass(301)
    expect((await login(name, password, { address })).status).toBe(200)
  })

  test('SECURITY 284: every spelling of a name is one account, and has one count', async () => {
    const { name } = await user()
    const address = '192.0.2.1'
    const wide = name.replace(/[a-z]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0xfee0))
    const spellings = [
      name,
      name.toUpperCase(),
      ` ${name}`,
      `${name} `,
      wide,
      `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`,
    ]
    for (let count = 0; count < 10; count++) {
      expectRefusal(
        await login(spellings[count % spellings.length] ?? '', wrong, { address }),
        'invalid_grant',
      )
    }
    for (const spelling of spellings) expect((await login(spelling, password, { address })).status).toBe(429)
    expect((await login(wide, password)).status).toBe(200)
  })

  test('after a login the count begins anew', async () => {
    const { name } = await user()
    const address = '192.0.2.1'
    for (let round = 0; round < 3; round++) {
      for (let count = 0; count < 8; count++) await login(name, wrong, { address })
      expect((await login(name, password, { address })).status).toBe(200)
    }
  })

  test('a login that nobody had time to judge counts for nothing', async () => {
    const { name } = await user()
    const address = '192.0.2.77'
    // On a quick machine some are judged: fewer of those than the limit.
    for (let round = 0, busy = 0, judged = 0; busy < 14 && judged < 5 && round < 20; round++) {
      // More than the queue for hashing holds, and the person behind it. One that gets through ends the count: none may.
      const flood = Array.from({ length: 90 }, (_, index) =>
        login(`nobody-${round}-${index}`, wrong, { address: `198.51.100.${index}` }),
      )
      const own = await Promise.all([login(name, wrong, { address }), login(name, wrong, { address })])
      await Promise.all(flood)
      busy += own.filter(({ status }) => status === 503).length
      judged += own.filter(({ status }) => status === 400).length
      expect(own.filter(({ status }) => status !== 503 && status !== 400)).toEqual([])
    }
    expect(place.reported.length).toBeGreaterThan(0)
    expect((await login(name, password, { address })).status).toBe(200)
    place.reported.length = 0 // that it was busy
  })

  test('malformed requests are refused, and nobody is logged in', async () => {
    const { name } = await user()
    const form = { grant_type: 'password', username: name, password }
    const bodies = [
      { ...form, password: '' },
      { ...form, username: '' },
      { ...form, username: '\u0000' },
      { ...form, password: '\u0000' },
      { ...form, username: 'x'.repeat(50_000) },
      { ...form, password: 'x'.repeat(50_000) },
      { ...form, username: '😀'.repeat(1000) },
      { ...form, scope: '"' },
      { ...form, username: [name, name] },
      { ...form, password: [password, password] },
      { ...form, username: "' or 1=1 --" },
    ]
    for (const body of bodies) {
      const { status, text } = await place.post(body, { as: 'OWN' })
      expect(status).toBe(400)
      expect(text).not.toContain(name)
    }
    expect((await place.post(form, { as: 'OWN' })).status).toBe(200)
  })

  test('the tokens are bound to the key that comes with the request', async () => {
    const { name } = await user()
    const key = await keyPair()
    const answer = await login(name, password, { dpop: await proof(place, key) })
    expect(answer.body['token_type']).toBe('DPoP')
    const form = { grant_type: 'refresh_token', refresh_token: String(answer.body['refresh_token']) }
    expectRefusal(await place.post(form, { as: 'OWN' }), 'invalid_grant')
    expect((await place.post(form, { as: 'OWN', dpop: await proof(place, key) })).status).toBe(200)
  })
})
