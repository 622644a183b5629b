/** What the suite asks of refresh tokens. */

import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import {
  accessToken,
  client,
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
export const refreshTokenCases: readonly GrantConformanceCase[] = [
  withWorld('a rotation spends a token and puts its successor in its place', async ({ store }) => {
    const session = await login(store)
    const before = await store.findRefresh(session.refresh, start)
    assert.deepEqual(
      [before?.status, before?.family.id, before?.grant.id],
      ['live', session.familyId, session.grant.id],
    )
    const successor = { hash: unique('refresh'), expiresAt: start + 8 * day }
    const access = accessToken({ grantId: session.grant.id, familyId: session.familyId })
    const event = { at: start, type: 'refresh_token.rotated', grantId: session.grant.id }
    const rotation = { successor, issued: { accessTokens: [access], audit: [event] } }
    assert.equal(await store.rotateRefresh(session.refresh, start + 1, rotation), 'rotated')

    const spent = await store.findRefresh(session.refresh, start + 1)
    assert.deepEqual([spent?.status, spent?.usedAt], ['spent', start + 1])
    assert.deepEqual(spent?.successor, { hash: successor.hash })
    const live = await store.findRefresh(successor.hash, start + 1)
    assert.deepEqual(
      [live?.status, live?.expiresAt, live?.createdAt],
      ['live', successor.expiresAt, start + 1],
    )
    assert.equal((await store.findAccessToken(access.hash, start + 1))?.status, 'live')
    assert.equal((await store.listAudit({ type: 'refresh_token.rotated', limit: 9 })).length, 1)
    assert.equal((await store.getGrant(session.grant.id))?.lastUsedAt, start + 1)
    assert.equal(await store.findRefresh('nothing', start), undefined)
    assert.equal(await store.rotateRefresh('nothing', start, { successor }), 'gone')
  }),
  withWorld(
    'SECURITY 69: of 20 rotations at once one succeeds, and all others find its answer',
    async ({ callers, store }) => {
      for (let round = 0; round < 5; round += 1) {
        const session = await login(store)
        const rotations = callers(20).map((_, index) => ({
          successor: { hash: unique('refresh'), expiresAt: start + day },
          sealedAnswer: `answer ${index}`,
          sealedUntil: start + 10 * second,
          issued: {
            accessTokens: [accessToken({ grantId: session.grant.id })],
            audit: [{ at: start, type: 'rotated', subject: session.grant.id }],
          },
        }))
        const answers = await Promise.all(
          callers(20).map(async (each, index) => {
            const rotation = rotations[index]
            assert(rotation)
            const answer = await each.rotateRefresh(session.refresh, start, rotation)
            return [answer, (await each.findRefresh(session.refresh, start))?.sealedAnswer] as const
          }),
        )
        const winner = answers.findIndex(([answer]) => answer === 'rotated')
        assert.equal(answers.filter(([answer]) => answer === 'spent').length, 19)
        for (const [, sealed] of answers) assert.equal(sealed, `answer ${winner}`)
        for (const [index, { successor, issued }] of rotations.entries()) {
          const isWinner = index === winner
          const expected = isWinner ? 'live' : undefined
          assert.equal((await store.findRefresh(successor.hash, start))?.status, expected)
          const [access] = issued.accessTokens
          assert.equal((await store.findAccessToken(access?.hash ?? '', start))?.status, expected)
        }
        assert.equal((await store.listAudit({ subject: session.grant.id, limit: 99 })).length, 1)
      }
    },
    4,
  ),
  withWorld(
    'SECURITY 70: the sealed answer is given while the window is open and the successor unused',
    async ({ store }) => {
      const until = start + 10 * second
      const [early, late] = [await login(store), await login(store)]
      for (const { refresh, familyId } of [early, late]) {
        const successor = { hash: `${familyId} next`, expiresAt: start + day }
        await store.rotateRefresh(refresh, start, { successor, sealedAnswer: 'sealed', sealedUntil: until })
      }
      assert.equal((await store.findRefresh(early.refresh, until - 1))?.sealedAnswer, 'sealed')
      assert.equal((await store.findRefresh(early.refresh, until))?.sealedAnswer, undefined)
      await rotated(store, `${late.familyId} next`, start + second)
      const found = await store.findRefresh(late.refresh, start + second)
      assert.deepEqual([found?.status, found?.sealedAnswer], ['spent', undefined])
      assert.equal(found?.successor?.usedAt, start + second)
      // Only the immediate predecessor may be repeated, and a rotation without a window has nothing to repeat.
      const plain = await login(store)
      await rotated(store, plain.refresh)
      assert.equal((await store.findRefresh(plain.refresh, start))?.sealedAnswer, undefined)
    },
  ),
  withWorld(
    'SECURITY 74: a token ends when it idles, and with its family however it is rotated',
    async ({ store }) => {
      const idle = await login(store)
      assert.equal((await store.findRefresh(idle.refresh, start + 7 * day - 1))?.status, 'live')
      assert.equal((await store.findRefresh(idle.refresh, start + 7 * day))?.status, 'expired')
      const successor = { hash: unique('refresh'), expiresAt: start + 90 * day }
      assert.equal(await store.rotateRefresh(idle.refresh, start + 7 * day, { successor }), 'gone')
      assert.equal(await store.findRefresh(successor.hash, start), undefined)

      let { refresh } = await login(store)
      const first = refresh
      for (let days = 5; days < 30; days += 5) refresh = await rotated(store, refresh, start + days * day)
      assert.equal((await store.findRefresh(refresh, start + 30 * day))?.status, 'expired')
      assert.equal(await store.rotateRefresh(refresh, start + 30 * day, { successor }), 'gone')
      assert.equal((await store.findRefresh(refresh, start + 30 * day - 1))?.status, 'live')
      // SECURITY 68: a used token is known to the end, longer than it would itself have lived.
      assert.equal((await store.findRefresh(first, start + 30 * day - 1))?.status, 'spent')
      assert.equal(await store.rotateRefresh(first, start + 30 * day - 1, { successor }), 'spent')
      assert.equal(await store.findRefresh(successor.hash, start), undefined)
    },
  ),
  withWorld(
    'SECURITY 71, 75: nothing is rotated for a client or an account that is disabled, nor after a revocation',
    async ({ store, place }) => {
      await place.addSubject('bob')
      const session = await login(store, grant({ subject: 'bob' }))
      const successor = { hash: unique('refresh'), expiresAt: start + day }
      async function refused(status: string): Promise<void> {
        assert.equal((await store.findRefresh(session.refresh, start))?.status, status)
        assert.equal(await store.rotateRefresh(session.refresh, start, { successor }), 'gone')
        assert.equal(await store.findRefresh(successor.hash, start), undefined)
      }
      const { id, createdAt: _, ...record } = client('app')
      await store.replaceClient(id, 1, { ...record, disabled: true })
      await refused('revoked')
      assert.equal((await store.findAccessToken(session.access, start))?.status, 'revoked')
      await store.replaceClient(id, 2, record)
      await place.disableSubject('bob', true)
      await refused('revoked')
      assert.equal((await store.findAccessToken(session.access, start))?.status, 'revoked')
      await place.disableSubject('bob', false)
      assert.equal((await store.findRefresh(session.refresh, start))?.status, 'live')
      await store.revokeFamily(session.familyId, revoking())
      await refused('revoked')
    },
  ),
  withWorld(
    'SECURITY 79: a rotation that the database refuses leaves the token as it was',
    async ({ store }) => {
      const [session, taken] = [await login(store), await login(store)]
      const broken = { successor: { hash: taken.refresh, expiresAt: start + day } }
      await assert.rejects(store.rotateRefresh(session.refresh, start, broken), { code: 'conflict' })
      assert.equal((await store.findRefresh(session.refresh, start))?.status, 'live')
      await rotated(store, session.refresh)
    },
  ),
  withWorld(
    'SECURITY 68: the death of a family leaves the other families of its grant alone',
    async ({ store }) => {
      const first = await login(store)
      const second = await login(store, first.grant)
      const next = await rotated(store, first.refresh)
      assert.equal(await store.revokeFamily(first.familyId, revoking()), true)
      assert.equal((await store.findRefresh(next, start))?.status, 'revoked')
      assert.equal((await store.findAccessToken(first.access, start))?.status, 'revoked')
      assert.equal((await store.findAccessToken(second.access, start))?.status, 'live')
      await rotated(store, second.refresh)
    },
  ),
  withWorld(
    'SECURITY 125: after a revocation has returned nothing is alive, whatever was rotated at that moment',
    async ({ callers, store }) => {
      for (let round = 0; round < 20; round += 1) {
        const session = await login(store)
        const hashes = [session.refresh]
        const stopped = new AbortController()
        const chains = callers(4).map(async (each) => {
          let current = session.refresh
          while (!stopped.signal.aborted) {
            // A store that answers at once would otherwise never let the revocation begin.
            await turn()
            const successor = { hash: unique('refresh'), expiresAt: start + day }
            hashes.push(successor.hash)
            const answer = await each.rotateRefresh(current, start, { successor })
            if (answer === 'gone') return
            const found = await each.findRefresh(current, start)
            current = found?.successor?.hash ?? current
          }
        })
        const isGrant = round % 2 === 0
        const revoked = isGrant
          ? await store.revokeGrant(session.grant.id, revoking())
          : await store.revokeFamily(session.familyId, revoking())
        assert.equal(revoked, true)
        const successor = { hash: unique('refresh'), expiresAt: start + day }
        for (const hash of hashes.slice()) {
          const found = await store.findRefresh(hash, start)
          assert.equal(found === undefined || found.status === 'revoked', true)
          assert.equal(await store.rotateRefresh(hash, start, { successor }), 'gone')
        }
        stopped.abort()
        await Promise.all(chains)
        for (const hash of hashes) {
          assert.notEqual((await store.findRefresh(hash, start + minute))?.status, 'live')
        }
      }
    },
    4,
  ),
  withWorld(
    'the tokens of one grant are rotated one after the other, all of them',
    async ({ callers, store }) => {
      const of = grant()
      const sessions = [await login(store, of)]
      for (let more = 0; more < 9; more += 1) sessions.push(await login(store, of))
      const answers = await Promise.all(
        callers(10).map((each, index) =>
          each.rotateRefresh(sessions[index]?.refresh ?? '', start, {
            successor: { hash: unique('refresh'), expiresAt: start + day },
          }),
        ),
      )
      assert.equal(count(answers, 'rotated'), 10)
    },
    4,
  ),
]
