/** What the suite asks of the purge. */

import assert from 'node:assert/strict'
import type { GrantStore } from '../grant-store.ts'
import {
  accessToken,
  code,
  day,
  device,
  grant,
  login,
  minute,
  revoking,
  rotated,
  second,
  start,
  unique,
  withWorld,
} from './world.ts'
import type { GrantConformanceCase } from './world.ts'

/** The cases. */
export const purgeCases: readonly GrantConformanceCase[] = [
  withWorld(
    'SECURITY 68: what tells a reuse is kept to the absolute end, and everything is gone after it',
    async ({ store }) => {
      const session = await login(store)
      const next = await rotated(store, session.refresh)
      await purgeAll(store, start + 30 * day - 1)
      assert.equal((await store.findRefresh(session.refresh, start + 29 * day))?.status, 'spent')
      assert.equal((await store.findRefresh(next, start))?.status, 'live')
      assert.equal((await store.findCode(session.code.hash, start + 29 * day))?.status, 'spent')
      assert.equal((await store.getGrant(session.grant.id))?.id, session.grant.id)
      await purgeAll(store, start + 32 * day)
      assert.equal(await store.findRefresh(session.refresh, start), undefined)
      assert.equal(await store.findRefresh(next, start), undefined)
      assert.equal(await store.findCode(session.code.hash, start), undefined)
      assert.equal(await store.getFamily(session.familyId), undefined)
      assert.equal(await store.getGrant(session.grant.id), undefined)
      assert.equal((await store.getClient('app'))?.id, 'app')
    },
  ),
  withWorld('what has expired goes, what has not stays', async ({ store }) => {
    const of = grant()
    const [old, fresh] = [code(of), code(of, { expiresAt: start + day })]
    for (const each of [old, fresh]) await store.saveCode(each, of)
    const tokens = [
      accessToken({ expiresAt: start + minute }),
      accessToken({ expiresAt: start + day }),
    ] as const
    await store.issue({ clientId: 'app', now: start, accessTokens: tokens })
    const devices = [device({ expiresAt: start + minute }), device({ expiresAt: start + day })] as const
    for (const each of devices) await store.saveDevice(each)
    const request = { clientId: 'app', parameters: {}, createdAt: start }
    const requests = [
      { ...request, hash: unique('par'), expiresAt: start + minute },
      { ...request, hash: unique('par'), expiresAt: start + day },
    ] as const
    for (const each of requests) await store.savePushedRequest(each)
    await store.revokeToken({ id: 'old' }, { now: start, until: start + minute })
    await store.revokeToken({ id: 'fresh' }, revoking())
    await store.useOnce('dpop', 'old', start + minute, start)
    await store.useOnce('dpop', 'fresh', start + day, start)
    await store.hit('old', { points: 2, windowMs: minute }, start)
    await store.hit('fresh', { points: 1, windowMs: day }, start)
    await store.countFailure('old', start + minute, start)
    await store.countFailure('fresh', start + day, start)
    await store.appendAudit([
      { at: start, type: 'old' },
      { at: start + day, type: 'fresh' },
    ])

    const gone = await purgeAll(store, start + minute)
    assert.equal(gone, 8)
    assert.equal(await store.findCode(old.hash, start), undefined)
    assert.equal((await store.findCode(fresh.hash, start))?.status, 'live')
    assert.equal(await store.findAccessToken(tokens[0].hash, start), undefined)
    assert.equal((await store.findAccessToken(tokens[1].hash, start))?.status, 'live')
    assert.equal(await store.findDevice(devices[0].hash, start), undefined)
    assert.equal((await store.findDevice(devices[1].hash, start))?.status, 'pending')
    assert.equal(await store.findPushedRequest(requests[0].hash, start), undefined)
    assert.equal((await store.findPushedRequest(requests[1].hash, start))?.status, 'live')
    assert.equal(await store.isRevoked({ id: 'old', issuedAt: start }), false)
    assert.equal(await store.isRevoked({ id: 'fresh', issuedAt: start }), true)
    assert.equal(await store.useOnce('dpop', 'fresh', start + day, start), false)
    assert.equal((await store.hit('fresh', { points: 1, windowMs: day }, start + minute)).allowed, false)
    assert.equal(await store.failures('fresh', start), 1)
    const limits = { auditBefore: start + minute }
    assert.equal(await store.purge(start, 500, limits), 1)
    assert.deepEqual(
      (await store.listAudit({ limit: 9 })).map(({ type }) => type),
      ['fresh'],
    )
  }),
  withWorld('a cursor is never given out twice, even when the log was emptied', async ({ store }) => {
    await store.revokeToken({ id: 'old' }, { now: start, until: start + 1 })
    const [old] = await store.revocationsAfter(0, 9)
    await purgeAll(store, start + minute)
    await store.revokeToken({ id: 'new' }, revoking())
    const found = await store.revocationsAfter(old?.cursor ?? 0, 9)
    assert.deepEqual(
      found.map(({ value }) => value),
      ['new'],
    )
  }),
  withWorld('a sealed answer goes with its window', async ({ store }) => {
    const session = await login(store)
    const sealed = { sealedAnswer: 'sealed', sealedUntil: start + 10 * second }
    await store.rotateRefresh(session.refresh, start, {
      successor: { hash: unique('r'), expiresAt: start + day },
      ...sealed,
    })
    await purgeAll(store, start + 10 * second)
    // Even a clock that is turned back does not bring it to light again.
    assert.equal((await store.findRefresh(session.refresh, start))?.sealedAnswer, undefined)
    assert.equal((await store.findRefresh(session.refresh, start))?.status, 'spent')
  }),
  withWorld(
    'SECURITY 273: a step takes no more than it was told, and waits for nobody',
    async ({ callers, store }) => {
      for (let index = 0; index < 30; index += 1) await store.useOnce('dpop', unique('jti'), start, start - 1)
      assert.equal(await store.purge(start, 10), 10)
      const both = await Promise.all(callers(2).map((each) => each.purge(start, 10)))
      assert.equal(both.reduce((sum, each) => sum + each, 0) <= 20, true)
      assert.equal((await purgeAll(store, start, 10)) <= 20, true)
      assert.equal(await store.purge(start, 10), 0)
    },
    2,
  ),
  withWorld('many tokens of one family go in many steps, and the family last', async ({ store }) => {
    const session = await login(store, grant(), { expiresAt: start + day })
    let { refresh } = session
    for (let turn = 0; turn < 24; turn += 1) refresh = await rotated(store, refresh)
    await store.purge(start + day, 10)
    assert.equal((await store.getFamily(session.familyId))?.id, session.familyId)
    await purgeAll(store, start + day, 10)
    assert.equal(await store.getFamily(session.familyId), undefined)
  }),
]

async function purgeAll(store: GrantStore, now: number, limit = 500): Promise<number> {
  let all = 0
  for (;;) {
    const some = await store.purge(now, limit)
    if (some === 0) return all
    all += some
  }
}
