/** What the suite asks of login sessions. */

import assert from 'node:assert/strict'
import type { NewSession } from '../grant-store.ts'
import { count, day, login, minute, revoking, start, unique, withWorld } from './world.ts'
import type { GrantConformanceCase } from './world.ts'

function loginSession(fields: Partial<NewSession> = {}): NewSession {
  return {
    hash: unique('session'),
    id: unique('sid'),
    subject: 'alice',
    createdAt: start,
    authTime: start,
    methods: ['pwd', 'otp'],
    idleUntil: start + 10 * minute,
    expiresAt: start + day,
    ...fields,
  }
}

/** The cases. */
export const sessionCases: readonly GrantConformanceCase[] = [
  withWorld('a session is found by its hash, and by nothing else', async ({ store }) => {
    const full = loginSession({ address: '192.0.2.1', userAgent: 'A browser' })
    const event = { at: start, type: 'login.succeeded' }
    assert.equal(await store.startSession(full, { audit: [event] }), 'started')
    assert.deepEqual(await store.findSession(full.hash, start), { ...full, lastSeenAt: start })
    assert.equal(await store.findSession(full.id, start), undefined)
    assert.equal(await store.startSession(loginSession({ subject: 'nobody' }), { audit: [event] }), 'gone')
    assert.equal((await store.listAudit({ type: 'login.succeeded', limit: 9 })).length, 1)
  }),
  withWorld('SECURITY 198: a session has an idle and an absolute end', async ({ store }) => {
    const one = loginSession({ expiresAt: start + 15 * minute })
    await store.startSession(one)
    await store.touchSession(one.hash, start + 9 * minute, start + 19 * minute)
    assert.equal((await store.findSession(one.hash, start + 14 * minute))?.lastSeenAt, start + 9 * minute)
    assert.equal(await store.findSession(one.hash, start + 15 * minute), undefined)
    const idle = loginSession()
    await store.startSession(idle)
    assert.equal(await store.findSession(idle.hash, idle.idleUntil), undefined)
    // A use after the end brings nothing back.
    await store.touchSession(idle.hash, idle.idleUntil, idle.idleUntil + day)
    assert.equal(await store.findSession(idle.hash, idle.idleUntil), undefined)
  }),
  withWorld('SECURITY 195: a session that another replaces is worth nothing', async ({ store }) => {
    const old = loginSession()
    const next = loginSession({ id: old.id })
    await store.startSession(old)
    assert.equal(await store.startSession(next, { replaces: old.hash }), 'started')
    assert.equal(await store.findSession(old.hash, start), undefined)
    assert.equal((await store.findSession(next.hash, start))?.id, old.id)
  }),
  withWorld(
    'SECURITY 206: of many sessions from one proof one is started, for its person, in its browser',
    async ({ callers, store, place }) => {
      await place.addSubject('bob')
      const flow = { hash: unique('flow'), browserHash: 'browser' }
      await store.saveFlow({ ...flow, data: {}, createdAt: start, expiresAt: start + minute })
      assert.equal(await store.startSession(loginSession(), { proof: flow }), 'gone')
      const shown = { subject: 'alice', methods: ['pwd'], at: start }
      await store.proveFlow(flow.hash, 'browser', shown, start)
      const old = loginSession({ subject: 'bob' })
      await store.startSession(old)
      const others = { proof: { ...flow, browserHash: 'another' }, replaces: old.hash }
      assert.equal(await store.startSession(loginSession(), others), 'gone')
      const bobs = loginSession({ subject: 'bob' })
      assert.equal(await store.startSession(bobs, { proof: flow, replaces: old.hash }), 'gone')
      assert.notEqual(await store.findSession(old.hash, start), undefined)
      const answers = await Promise.all(
        callers(12).map((each) => each.startSession(loginSession(), { proof: flow })),
      )
      assert.equal(count(answers, 'started'), 1)
      assert.equal((await store.listSessions('alice', start)).length, 1)
    },
    4,
  ),
  withWorld(
    'a session from a proof is started before everything of the person ends, or not at all',
    async ({ callers, store }) => {
      for (let round = 0; round < 6; round += 1) {
        const flow = { hash: unique('flow'), browserHash: 'browser' }
        await store.saveFlow({ ...flow, data: {}, createdAt: start, expiresAt: start + minute })
        await store.proveFlow(flow.hash, 'browser', { subject: 'alice', methods: ['pwd'], at: start }, start)
        const [one, two, three] = callers(3)
        await Promise.all([
          one?.startSession(loginSession(), { proof: flow }),
          two?.revokeSubject('alice', revoking()),
          three?.startSession(loginSession(), { proof: flow }),
        ])
        assert.deepEqual(await store.listSessions('alice', start), [])
      }
    },
    3,
  ),
  withWorld(
    'SECURITY 195: a session is continued once, and not after its end',
    async ({ callers, store }) => {
      const old = loginSession()
      await store.startSession(old)
      const answers = await Promise.all(
        callers(12).map((each) =>
          each.startSession(loginSession(), { replaces: old.hash, isContinued: true }),
        ),
      )
      assert.equal(count(answers, 'started'), 1)
      assert.equal((await store.listSessions('alice', start)).length, 1)
    },
    4,
  ),
  withWorld('a login that fails ends no session', async ({ store, place }) => {
    const old = loginSession()
    await store.startSession(old)
    await place.addSubject('bob')
    await place.disableSubject('bob', true)
    const other = loginSession({ subject: 'bob' })
    assert.equal(await store.startSession(other, { replaces: old.hash }), 'gone')
    assert.notEqual(await store.findSession(old.hash, start), undefined)
  }),
  withWorld('SECURITY 199: sessions end with their account', async ({ store, place }) => {
    const one = loginSession()
    await store.startSession(one)
    await place.disableSubject('alice', true)
    assert.equal(await store.findSession(one.hash, start), undefined)
    assert.deepEqual(await store.listSessions('alice', start), [])
    await place.disableSubject('alice', false)
    await store.startSession(loginSession({ hash: 'again' }))
    await store.revokeSubject('alice', revoking())
    assert.equal(await store.findSession('again', start), undefined)
  }),
  withWorld('SECURITY 201: sessions are listed and ended, by their owner alone', async ({ store, place }) => {
    await place.addSubject('bob')
    const [one, two, three] = [loginSession(), loginSession(), loginSession()]
    const bobs = loginSession({ subject: 'bob' })
    for (const each of [one, two, three, bobs]) await store.startSession(each)
    assert.equal((await store.listSessions('alice', start)).length, 3)
    assert.equal(await store.endSession(bobs.id, 'alice', [{ at: start, type: 'session.ended' }]), false)
    assert.notEqual(await store.findSession(bobs.hash, start), undefined)
    assert.equal(await store.endSession(one.id, 'alice'), true)
    assert.equal(await store.endSession(one.id, 'alice'), false)
    assert.equal(await store.endSessions('alice', { except: two.id }), 1)
    assert.deepEqual(
      (await store.listSessions('alice', start)).map(({ id }) => id),
      [two.id],
    )
    assert.equal(await store.endSessions('alice'), 1)
    assert.equal((await store.listSessions('bob', start)).length, 1)
    assert.deepEqual(await store.listAudit({ type: 'session.ended', limit: 9 }), [])
  }),
  withWorld(
    'a session is ended once, however many end it',
    async ({ callers, store }) => {
      const one = loginSession()
      await store.startSession(one)
      const answers = await Promise.all(callers(12).map((each) => each.endSession(one.id, 'alice')))
      assert.equal(count(answers, true), 1)
    },
    4,
  ),
  withWorld(
    'what came from a login session is found by it, and nothing that is revoked',
    async ({ store }) => {
      const sessionId = unique('session')
      const first = await login(store, undefined, { sessionId, scopes: ['openid'] })
      const second = await login(store, undefined, { sessionId })
      const revoked = await login(store, undefined, { sessionId })
      const withdrawn = await login(store, undefined, { sessionId })
      await login(store, undefined, { sessionId: unique('session') })
      await login(store)
      await store.revokeFamily(revoked.familyId, revoking())
      await store.revokeGrant(withdrawn.grant.id, revoking())
      const found = await store.listSessionFamilies(sessionId)
      assert.deepEqual(
        found.map(({ id, clientId }) => [id, clientId]),
        [first, second]
          .map(({ familyId }) => familyId)
          .toSorted()
          .map((id) => [id, 'app']),
      )
      assert.deepEqual(found.find(({ id }) => id === first.familyId)?.scopes, ['openid'])
      assert.deepEqual(await store.listSessionFamilies('nothing'), [])
    },
  ),
]
