/** Refreshing over HTTP: rotation, the retry that gets the same answer, the reuse that ends the family. */

import { DatabaseSync } from 'node:sqlite'
import { Client } from 'pg'
import { beforeAll, describe, expect, test } from 'vitest'
import { dialects, freshDatabase } from '../setup/database.ts'
import {
  apiA,
  apiB,
  apiC,
  assertion,
  claimsOf,
  expectRefusal,
  grantServer,
  keyPair,
  proof,
  webSecret,
} from '../setup/grant-server.ts'
import type { Answer, GrantServer, Sent } from '../setup/grant-server.ts'

/** Lets no refresh token be written, until what is returned is called. */
async function refuseWrites(url: string): Promise<() => Promise<void>> {
  const table = 'gatewright_refresh_tokens'
  if (url.startsWith('file:')) {
    const run = (sql: string): void => {
      const database = new DatabaseSync(url.slice('file:'.length))
      database.exec(sql)
      database.close()
    }
    run(`create trigger refused before insert on ${table} begin select raise(abort, 'refused'); end`)
    return async () => run('drop trigger refused')
  }
  const run = async (sql: string): Promise<void> => {
    const client = new Client({ connectionString: url })
    await client.connect()
    await client.query(sql)
    await client.end()
  }
  await run(`
    create function refuse() returns trigger language plpgsql as $$ begin raise exception 'refused'; end $$;
    create trigger refused before insert on ${table} for each row execute function refuse()`)
  return () => run(`drop trigger refused on ${table}; drop function refuse`)
}

/** Locks what a refresh needs, until what is returned is called. */
async function holdUp(url: string): Promise<() => Promise<void>> {
  if (url.startsWith('file:')) {
    const database = new DatabaseSync(url.slice('file:'.length))
    database.exec('begin immediate')
    return async () => database.close()
  }
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query('begin')
  await client.query('lock table gatewright_refresh_tokens in access exclusive mode')
  return () => client.end()
}

describe.each(dialects)('the refresh grant on %s', (dialect) => {
  let place: GrantServer
  let alice: string
  beforeAll(async () => {
    place = await grantServer(dialect)
    alice = await place.account()
  })

  function refresh(
    token: unknown,
    sent: Sent,
    wishes: Record<string, string> = {},
    at = place,
  ): Promise<Answer> {
    return at.post({ grant_type: 'refresh_token', refresh_token: String(token), ...wishes }, sent)
  }

  test('SECURITY 67: each refresh gives another token, and the old one is refused', async () => {
    const first = (await place.tokens('SPA', alice)).body['refresh_token']
    const second = await refresh(first, { as: 'SPA' })
    expect(second.status).toBe(200)
    expect(second.headers.get('cache-control')).toBe('no-store')
    expect(second.body['refresh_token']).not.toBe(first)
    expect(await place.call(second.body['access_token'])).toBe(200)
    place.pass(11)
    expectRefusal(await refresh(first, { as: 'SPA' }), 'invalid_grant')
  })

  test('SECURITY 68: a replay ends the family with its access tokens, and no other family', async () => {
    const other = (await place.tokens('SPA', alice)).body['refresh_token']
    const first = await place.tokens('SPA', alice, { resource: [apiA, apiC] })
    const opaque = await place.tokens('SPA', alice, { resource: apiC })
    expect(opaque.body['access_token']).toMatch(/^gwa_/)
    const second = await refresh(first.body['refresh_token'], { as: 'SPA' }, { resource: apiA })
    const third = await refresh(second.body['refresh_token'], { as: 'SPA' }, { resource: apiC })
    expect(await place.call(second.body['access_token'], 'a')).toBe(200)
    expect(await place.call(third.body['access_token'], 'c')).toBe(200)
    const before = place.events.length
    // Inside the window, but the successor was used: who has it got the answer.
    expectRefusal(
      await refresh(first.body['refresh_token'], { as: 'SPA' }, { resource: apiA }),
      'invalid_grant',
    )
    expectRefusal(await refresh(third.body['refresh_token'], { as: 'SPA' }), 'invalid_grant')
    expect(await place.call(second.body['access_token'], 'a')).toBe(401)
    expect(await place.call(third.body['access_token'], 'c')).toBe(401)
    expect(place.events.slice(before).filter(({ type }) => type === 'refresh_token.reused')).toHaveLength(1)
    expect((await refresh(other, { as: 'SPA' })).status).toBe(200)
  })

  test.each([2, 20, 50])(
    'SECURITY 69: %i refreshes at once on two instances all get one answer',
    async (count) => {
      const twin = await place.twin()
      const first = (await place.tokens('SPA', alice)).body['refresh_token']
      const answers = await Promise.all(
        Array.from({ length: count }, (_, index) =>
          refresh(first, { as: 'SPA' }, {}, index % 2 === 0 ? place : twin),
        ),
      )
      for (const answer of answers) expect(answer).toMatchObject({ status: 200, text: answers[0]?.text })
      expect((await refresh(answers[0]?.body['refresh_token'], { as: 'SPA' })).status).toBe(200)
    },
  )

  test('SECURITY 69: without a window one of many gets tokens, and they live', async () => {
    const strict = await grantServer(dialect, { retryWindow: 0 })
    const first = (await strict.tokens('SPA', await strict.account())).body['refresh_token']
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => refresh(first, { as: 'SPA' }, {}, strict)),
    )
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1)
    for (const answer of answers) if (answer.status !== 200) expectRefusal(answer, 'invalid_grant')
    const [late] = [(await strict.tokens('SPA', await strict.account())).body['refresh_token']]
    expect((await refresh(late, { as: 'SPA' }, {}, strict)).status).toBe(200)
    expectRefusal(await refresh(late, { as: 'SPA' }, {}, strict), 'invalid_grant')
  })

  test('SECURITY 70: a retry inside the window gets the identical answer, for the same wish alone', async () => {
    const first = (await place.tokens('SPA', alice)).body['refresh_token']
    const second = await refresh(first, { as: 'SPA' })
    place.pass(5)
    expect((await refresh(first, { as: 'SPA' })).text).toBe(second.text)
    expectRefusal(await refresh(first, { as: 'SPA' }, { scope: 'read' }), 'invalid_grant')
    expectRefusal(await refresh(first, { as: 'SPA' }, { resource: apiA }), 'invalid_grant')
    expectRefusal(await refresh(first, { as: 'WEB' }), 'invalid_grant')
    place.pass(4)
    expect((await refresh(first, { as: 'SPA' })).text).toBe(second.text)
    expect(await place.call(second.body['access_token'])).toBe(200)
    place.pass(2)
    expectRefusal(await refresh(first, { as: 'SPA' }), 'invalid_grant')
    expect(await place.call(second.body['access_token'])).toBe(401)
    expectRefusal(await refresh(second.body['refresh_token'], { as: 'SPA' }), 'invalid_grant')
  })

  test('SECURITY 70: the retry gets its answer on another instance, and the audit log has one rotation', async () => {
    const twin = await place.twin()
    const bob = await place.account()
    const first = (await place.tokens('SPA', bob)).body['refresh_token']
    const second = await refresh(first, { as: 'SPA' })
    expect((await refresh(first, { as: 'SPA' }, {}, twin)).text).toBe(second.text)
    const log = await place.open.store.listAudit({ limit: 10, type: 'refresh_token.rotated', subject: bob })
    expect(log).toHaveLength(1)
  })

  test('SECURITY 71: a refresh token is bound to its client, which authenticates', async () => {
    const first = (await place.tokens('WEB', alice)).body['refresh_token']
    expectRefusal(await refresh(first, { as: 'SPA' }), 'invalid_grant')
    expectRefusal(await refresh(first, {}, { client_id: 'WEB' }), 'invalid_client', 401)
    expectRefusal(
      await refresh(first, {}, { client_id: 'WEB', client_secret: webSecret }),
      'invalid_client',
      401,
    )
    expectRefusal(
      await refresh(first, {}, (await assertion(place, 'KEY')) as Record<string, string>),
      'invalid_grant',
    )
    const second = await refresh(first, { as: 'WEB' })
    expect(second.status).toBe(200)
    place.pass(20)
    // Used by now: still no stranger's replay ends the family.
    expectRefusal(await refresh(first, { as: 'SPA' }), 'invalid_grant')
    expect((await refresh(second.body['refresh_token'], { as: 'WEB' })).status).toBe(200)
  })

  test('SECURITY 72: the scope may be narrowed for once, and never exceeds the grant', async () => {
    const first = (await place.tokens('SPA', alice, { agreed: ['read', 'write'] })).body['refresh_token']
    expectRefusal(await refresh(first, { as: 'SPA' }, { scope: 'read admin' }), 'invalid_scope')
    const narrow = await refresh(first, { as: 'SPA' }, { scope: 'read' })
    expect(narrow.body['scope']).toBe('read')
    expect(claimsOf(narrow.body['access_token'])['scope']).toBe('read')
    const full = await refresh(narrow.body['refresh_token'], { as: 'SPA' })
    expect(full.body['scope']).toBe('read write')
  })

  test('SECURITY 73: the audience never widens', async () => {
    const first = (await place.tokens('SPA', alice, { resource: apiA })).body['refresh_token']
    expectRefusal(await refresh(first, { as: 'SPA' }, { resource: apiB }), 'invalid_target')
    const both = (await place.tokens('SPA', alice, { resource: [apiA, apiB] })).body['refresh_token']
    const narrow = await refresh(both, { as: 'SPA' }, { resource: apiB })
    expect(claimsOf(narrow.body['access_token'])['aud']).toBe(apiB)
    const wide = await refresh(narrow.body['refresh_token'], { as: 'SPA' })
    expect(claimsOf(wide.body['access_token'])['aud']).toEqual([apiA, apiB])
    expect((await refresh(first, { as: 'SPA' })).status).toBe(200)
  })

  test('SECURITY 74: it dies idle, and at the absolute end', async () => {
    const day = 86_400
    const timed = await grantServer(dialect, {
      lifetimes: { refreshIdle: 2 * day, refreshAbsolute: 5 * day },
    })
    const subject = await timed.account()
    const idle = (await timed.tokens('SPA', subject)).body['refresh_token']
    let daily = (await timed.tokens('SPA', subject)).body['refresh_token']
    for (let count = 0; count < 4; count++) {
      timed.pass(day)
      const answer = await refresh(daily, { as: 'SPA' }, {}, timed)
      expect(answer.status).toBe(200)
      daily = answer.body['refresh_token']
    }
    expectRefusal(await refresh(idle, { as: 'SPA' }, {}, timed), 'invalid_grant')
    timed.pass(day)
    expectRefusal(await refresh(daily, { as: 'SPA' }, {}, timed), 'invalid_grant')
  })

  test('SECURITY 75: it dies with the account, the grant and the client', async () => {
    const bob = await place.account()
    const disabled = (await place.tokens('SPA', bob)).body['refresh_token']
    await place.open.accounts.update(bob, { disabled: true })
    expectRefusal(await refresh(disabled, { as: 'SPA' }), 'invalid_grant')
    await place.open.accounts.update(bob, { disabled: false })
    const until = place.now() + 600_000
    const code = await place.authorize('SPA', bob)
    const withdrawn = (await place.post(code.form, { as: 'SPA' })).body['refresh_token']
    await place.open.store.revokeGrant(code.grantId, { now: place.now(), until })
    expectRefusal(await refresh(withdrawn, { as: 'SPA' }), 'invalid_grant')
    const changed = (await place.tokens('SPA', bob)).body['refresh_token']
    await place.open.store.revokeSubject(bob, { now: place.now(), until })
    expectRefusal(await refresh(changed, { as: 'SPA' }), 'invalid_grant')
    place.pass(1)
    expect(
      (await refresh((await place.tokens('SPA', bob)).body['refresh_token'], { as: 'SPA' })).status,
    ).toBe(200)
  })

  test('SECURITY 76: under DPoP a public client needs the same key for every refresh', async () => {
    const [own, foreign] = [await keyPair(), await keyPair()]
    const { body } = await place.tokens('SPA', alice, { dpop: await proof(place, own) })
    const first = body['refresh_token']
    expectRefusal(await refresh(first, { as: 'SPA' }), 'invalid_grant')
    expectRefusal(await refresh(first, { as: 'SPA', dpop: await proof(place, foreign) }), 'invalid_grant')
    const second = await refresh(first, { as: 'SPA', dpop: await proof(place, own) })
    expect(second.body).toMatchObject({ token_type: 'DPoP' })
    // A retry with another proof of the same key is a retry; a replay without the key ends nothing.
    expect((await refresh(first, { as: 'SPA', dpop: await proof(place, own) })).text).toBe(second.text)
    place.pass(20)
    expectRefusal(await refresh(first, { as: 'SPA' }), 'invalid_grant')
    expect(
      (await refresh(second.body['refresh_token'], { as: 'SPA', dpop: await proof(place, own) })).status,
    ).toBe(200)
  })

  test('SECURITY 77: it is compared as a whole', async () => {
    const first = String((await place.tokens('SPA', alice)).body['refresh_token'])
    const other = String((await place.tokens('SPA', alice)).body['refresh_token'])
    const forged = [
      first.slice(0, -1),
      `${first}=`,
      ` ${first}`,
      first.toLowerCase(),
      first.slice(0, 20) + other.slice(20),
    ]
    for (const each of [...forged, first.slice(4), `gwc_${first.slice(4)}`]) {
      expectRefusal(await refresh(each, { as: 'SPA' }), 'invalid_grant')
    }
    expect((await refresh(first, { as: 'SPA' })).status).toBe(200)
  })

  test('SECURITY 79: a write that the database refused uses nothing up', async () => {
    const first = (await place.tokens('SPA', alice)).body['refresh_token']
    const allow = await refuseWrites(place.database)
    const refused = await refresh(first, { as: 'SPA' })
    expect(refused.status).toBeGreaterThanOrEqual(500)
    expect(refused.text).not.toContain('gwr_')
    expect(place.reported.splice(0)).toHaveLength(1)
    await allow()
    const second = await refresh(first, { as: 'SPA' })
    expect(second.status).toBe(200)
    expect((await refresh(first, { as: 'SPA' })).text).toBe(second.text)
    expect((await refresh(second.body['refresh_token'], { as: 'SPA' })).status).toBe(200)
  })

  test('SECURITY 79: a database that is held up is told as 503, and the same request works afterwards', async () => {
    const url = await freshDatabase(dialect)
    const patient = await grantServer(dialect, { database: { url, statementTimeout: 0.3 } })
    const first = (await patient.tokens('SPA', await patient.account())).body['refresh_token']
    const release = await holdUp(url)
    const refused = await refresh(first, { as: 'SPA' }, {}, patient)
    expectRefusal(refused, 'temporarily_unavailable', 503)
    expect(refused.headers.get('retry-after')).toBe('1')
    await release()
    expect((await refresh(first, { as: 'SPA' }, {}, patient)).status).toBe(200)
    // The operator is told of it.
    expect(patient.reported.splice(0).length).toBeGreaterThan(0)
  })

  test('SECURITY 78: a restart forgets no rotation', async () => {
    const one = await grantServer(dialect)
    const first = (await one.tokens('SPA', await one.account())).body['refresh_token']
    const second = await refresh(first, { as: 'SPA' }, {}, one)
    expect(await one.call(second.body['access_token'])).toBe(200)
    await one.server.close()
    one.pass(11)
    expectRefusal(await refresh(first, { as: 'SPA' }, {}, one), 'invalid_grant')
    expectRefusal(await refresh(second.body['refresh_token'], { as: 'SPA' }, {}, one), 'invalid_grant')
    // By the scheme that was made before, too.
    expect(await one.call(second.body['access_token'])).toBe(401)
  })
})
