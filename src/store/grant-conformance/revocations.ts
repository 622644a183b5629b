/** What the suite asks of revocation and its log. */

import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import {
  accessToken,
  code,
  count,
  day,
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
export const revocationCases: readonly GrantConformanceCase[] = [
  withWorld(
    'SECURITY 120: a revoked grant takes everything under it along, and is logged once',
    async ({ store }) => {
      const session = await login(store)
      const next = await rotated(store, session.refresh)
      const waiting = code(session.grant)
      await store.saveCode(waiting, session.grant)
      const event = { at: start, type: 'grant.revoked', grantId: session.grant.id }
      const entry = { ...revoking(start + 1), audit: [event] }
      assert.equal(await store.revokeGrant(session.grant.id, entry), true)
      assert.equal(await store.revokeGrant(session.grant.id, entry), false)
      assert.equal(await store.revokeGrant('nothing', entry), false)
      assert.equal((await store.findRefresh(next, start))?.status, 'revoked')
      assert.equal((await store.findAccessToken(session.access, start))?.status, 'revoked')
      assert.equal((await store.findCode(waiting.hash, start))?.status, 'revoked')
      assert.equal((await store.getGrant(session.grant.id))?.revokedAt, start + 1)
      const [logged, ...more] = await store.revocationsAfter(0, 9)
      assert.deepEqual(more, [])
      const { cursor, ...rest } = logged ?? { cursor: 0 }
      assert.equal(cursor > 0, true)
      const expected = { kind: 'grant', value: session.grant.id, at: start + 1, expiresAt: entry.until }
      assert.deepEqual(rest, expected)
      assert.equal((await store.listAudit({ type: 'grant.revoked', limit: 9 })).length, 1)
      assert.equal(await store.isRevoked({ grantId: session.grant.id, issuedAt: start + day }), true)
      assert.equal(await store.isRevoked({ grantId: 'another', issuedAt: start }), false)
    },
  ),
  withWorld(
    'of many revocations of one grant, one is told that it was',
    async ({ callers, store }) => {
      const session = await login(store)
      const grants = await Promise.all(
        callers(12).map((each) => each.revokeGrant(session.grant.id, revoking())),
      )
      assert.equal(count(grants, true), 1)
      const families = await Promise.all(
        callers(12).map((each) => each.revokeFamily(session.familyId, revoking())),
      )
      assert.equal(count(families, true), 1)
      const tokens = await Promise.all(callers(12).map((each) => each.revokeToken({ id: 'jti' }, revoking())))
      assert.equal(count(tokens, true), 1)
      assert.equal((await store.revocationsAfter(0, 99)).length, 3)
    },
    4,
  ),
  withWorld('a token alone is revoked by its id or its hash', async ({ store }) => {
    const session = await login(store)
    const own = accessToken({ subject: 'app' })
    await store.issue({ clientId: 'app', now: start, accessTokens: [own] })
    assert.equal(await store.revokeToken({ hash: session.access }, revoking()), true)
    assert.equal(await store.revokeToken({ hash: session.access }, revoking()), false)
    assert.equal(await store.revokeToken({ hash: 'nothing' }, revoking()), false)
    assert.equal(await store.revokeToken({ hash: own.hash }, revoking(own.expiresAt)), false)
    assert.equal((await store.findAccessToken(session.access, start))?.status, 'revoked')
    assert.equal((await store.findRefresh(session.refresh, start))?.status, 'live')
    assert.equal((await store.findAccessToken(own.hash, start))?.status, 'live')
    assert.equal(await store.revokeToken({ id: own.id }, revoking()), true)
    assert.equal((await store.findAccessToken(own.hash, start))?.status, 'revoked')
    assert.equal(await store.isRevoked({ id: own.id, issuedAt: start }), true)
    assert.equal(await store.isRevoked({ id: 'another', issuedAt: start }), false)
  }),
  withWorld(
    'SECURITY 75: all grants of a subject, and everything issued until then; what comes after is good',
    async ({ store, place }) => {
      await place.addSubject('bob')
      const [one, two] = [await login(store), await login(store)]
      const his = await login(store, grant({ subject: 'bob' }))
      const bare = accessToken()
      await store.issue({ clientId: 'app', now: start, accessTokens: [bare] })
      assert.equal(await store.revokeSubject('alice', revoking(start + second)), true)
      for (const session of [one, two]) {
        assert.equal((await store.findRefresh(session.refresh, start))?.status, 'revoked')
        assert.equal((await store.findAccessToken(session.access, start))?.status, 'revoked')
      }
      assert.equal((await store.findAccessToken(bare.hash, start))?.status, 'revoked')
      assert.equal((await store.findRefresh(his.refresh, start))?.status, 'live')
      assert.equal(await store.isRevoked({ subject: 'alice', issuedAt: start + second }), true)
      assert.equal(await store.isRevoked({ subject: 'alice', issuedAt: start + second + 1 }), false)
      assert.equal(await store.isRevoked({ subject: 'bob', issuedAt: start }), false)
      const fresh = await login(store)
      assert.equal((await store.findRefresh(fresh.refresh, start + minute))?.status, 'live')
    },
  ),
  withWorld(
    'all grants of a client, and everything issued until then; the client stays',
    async ({ store }) => {
      const session = await login(store)
      const [before, after] = [
        accessToken({ subject: 'app' }),
        accessToken({ subject: 'app', issuedAt: start + 2 }),
      ]
      await store.issue({ clientId: 'app', now: start, accessTokens: [before] })
      assert.equal(await store.revokeClientGrants('app', revoking(start + 1)), true)
      await store.issue({ clientId: 'app', now: start, accessTokens: [after] })
      assert.equal((await store.findRefresh(session.refresh, start))?.status, 'revoked')
      assert.equal((await store.findAccessToken(before.hash, start))?.status, 'revoked')
      assert.equal((await store.findAccessToken(after.hash, start))?.status, 'live')
      assert.equal(await store.isRevoked({ clientId: 'app', issuedAt: start + 1 }), true)
      assert.equal(await store.isRevoked({ clientId: 'app', issuedAt: start + 2 }), false)
    },
  ),
  withWorld('the log is read page by page', async ({ store }) => {
    for (const id of ['a', 'b', 'c']) await store.revokeToken({ id }, revoking())
    const first = await store.revocationsAfter(0, 2)
    assert.deepEqual(
      first.map(({ value }) => value),
      ['a', 'b'],
    )
    const rest = await store.revocationsAfter(first[1]?.cursor ?? 0, 2)
    assert.deepEqual(
      rest.map(({ value }) => value),
      ['c'],
    )
    assert.deepEqual(await store.revocationsAfter(rest[0]?.cursor ?? 0, 2), [])
  }),
  withWorld(
    'SECURITY 125: whoever follows the log while many write to it misses nothing',
    async ({ callers, store }) => {
      const seen: string[] = []
      let cursor = 0
      let isDone = false
      const following = (async () => {
        for (;;) {
          const wasDone = isDone
          // A store that answers at once would otherwise never let the others write.
          await turn()
          const page = await store.revocationsAfter(cursor, 50)
          seen.push(...page.map(({ value }) => value))
          cursor = page.at(-1)?.cursor ?? cursor
          if (wasDone && page.length === 0) return
        }
      })()
      const written = await Promise.all(
        callers(20).map(async (each) => {
          const values: string[] = []
          for (let turn = 0; turn < 10; turn += 1) {
            const id = unique('jti')
            await each.revokeToken({ id }, revoking())
            values.push(id)
          }
          return values
        }),
      )
      isDone = true
      await following
      assert.deepEqual(seen.toSorted(), written.flat().toSorted())
    },
    4,
  ),
  withWorld(
    'revocations that cross each other all succeed',
    async ({ callers, store, place }) => {
      for (const subject of ['bob', 'carol']) await place.addSubject(subject)
      for (let round = 0; round < 3; round += 1) {
        const subjects = ['alice', 'bob', 'carol']
        const sessions = []
        for (const subject of [...subjects, ...subjects])
          sessions.push(await login(store, grant({ subject })))
        const answers = await Promise.all(
          callers(12).map((each, index) =>
            index % 4 === 0
              ? each.revokeClientGrants('app', revoking())
              : each.revokeSubject(subjects[index % 3] ?? 'alice', revoking()),
          ),
        )
        assert.equal(count(answers, true), 12)
        for (const { refresh } of sessions) {
          assert.equal((await store.findRefresh(refresh, start))?.status, 'revoked')
        }
      }
    },
    4,
  ),
]
