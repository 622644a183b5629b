/** What the suite asks of rate limits, failure counts and the audit log. */

import assert from 'node:assert/strict'
import type { AuditEvent } from '../grant-store.ts'
import { count, hostileTexts, minute, second, start, unique, withWorld } from './world.ts'
import type { GrantConformanceCase } from './world.ts'

/** The cases. */
export const rateLimitCases: readonly GrantConformanceCase[] = [
  withWorld('points are taken one by one and come back evenly', async ({ store }) => {
    const limit = { points: 3, windowMs: 30 * second }
    const hit = (now: number) => store.hit('key', limit, now)
    assert.deepEqual(await hit(start), { allowed: true, remaining: 2, retryAfterMs: 0 })
    assert.deepEqual(await hit(start), { allowed: true, remaining: 1, retryAfterMs: 0 })
    assert.deepEqual(await hit(start), { allowed: true, remaining: 0, retryAfterMs: 10 * second })
    assert.deepEqual(await hit(start), { allowed: false, remaining: 0, retryAfterMs: 10 * second })
    assert.deepEqual(await hit(start + 9 * second), { allowed: false, remaining: 0, retryAfterMs: second })
    assert.deepEqual(await hit(start + 10 * second), {
      allowed: true,
      remaining: 0,
      retryAfterMs: 10 * second,
    })
    assert.equal((await hit(start + minute)).remaining, 2)
    await store.clearHits('key')
    assert.equal((await store.hit('key', limit, start)).remaining, 2)
    const many = { points: 5000, windowMs: second }
    assert.equal((await store.hit('fast', many, start)).remaining, 4999)
    const atOnce = await Promise.all(Array.from({ length: 5 }, () => store.hit('together', limit, start)))
    assert.deepEqual(
      atOnce
        .map(({ allowed, remaining, retryAfterMs }) => `${allowed} ${remaining} ${retryAfterMs}`)
        .toSorted(),
      ['false 0 10000', 'false 0 10000', 'true 0 10000', 'true 1 0', 'true 2 0'],
    )
    // Those who wait for the first find no row any more, and still are no more than there are points.
    const first = store.hit('cleared', limit, start)
    const cleared = store.clearHits('cleared')
    const rest = await Promise.all(Array.from({ length: 5 }, () => store.hit('cleared', limit, start)))
    await Promise.all([first, cleared])
    assert.equal(rest.filter(({ allowed }) => allowed).length <= 3, true)
    for (const text of hostileTexts) assert.equal((await store.hit(text, limit, start)).remaining, 2)
  }),
  withWorld('a clock that is ahead, or was set back, stops nobody on another one', async ({ store }) => {
    const limit = { points: 3, windowMs: 30 * second }
    for (let points = 3; points > 0; points -= 1) {
      assert.equal((await store.hit('key', limit, start + 60 * minute)).allowed, true)
    }
    assert.equal((await store.hit('key', limit, start + 60 * minute)).allowed, false)
    for (let points = 3; points > 0; points -= 1) {
      assert.equal((await store.hit('key', limit, start)).allowed, true)
    }
    assert.equal((await store.hit('key', limit, start)).allowed, false)
    // A little behind is no way around the limit.
    assert.equal((await store.hit('key', limit, start - 1)).allowed, false)
    assert.equal((await store.hit('key', limit, start - minute)).allowed, false)
  }),
  withWorld(
    'SECURITY 282: of 60 tries at once no more are allowed than there are points, and no failure is lost',
    async ({ callers, store }) => {
      const limit = { points: 25, windowMs: minute }
      const tries = await Promise.all(callers(60).map((each) => each.hit('key', limit, start)))
      assert.equal(
        count(
          tries.map(({ allowed }) => allowed),
          true,
        ),
        25,
      )
      const counts = await Promise.all(
        callers(200).map((each) => each.countFailure('alice', start + minute, start)),
      )
      assert.deepEqual(
        counts.toSorted((one, two) => one - two),
        Array.from({ length: 200 }, (_, index) => index + 1),
      )
      assert.equal(await store.failures('alice', start), 200)
    },
    4,
  ),
  withWorld('a row of failures ends by success and by time', async ({ store }) => {
    assert.equal(await store.failures('alice', start), 0)
    await store.countFailure('alice', start + minute, start)
    assert.equal(await store.countFailure('alice', start + 2 * minute, start + 1), 2)
    assert.equal(await store.failures('alice', start + 2 * minute - 1), 2)
    assert.equal(await store.failures('alice', start + 2 * minute), 0)
    assert.equal(await store.countFailure('alice', start + 3 * minute, start + 2 * minute), 1)
    assert.equal(await store.countFailure('alice', start + 3 * minute, start + 2 * minute), 2)
    await Promise.all([store.takeBackFailure('alice'), store.takeBackFailure('bob')])
    assert.equal(await store.failures('alice', start + 2 * minute), 1)
    for (let time = 0; time < 3; time++) await store.takeBackFailure('alice')
    assert.equal(await store.failures('alice', start + 2 * minute), 0)
    assert.equal(await store.countFailure('alice', start + 3 * minute, start + 2 * minute), 1)
    await store.clearFailures('alice')
    assert.equal(await store.failures('alice', start), 0)
  }),
  withWorld(
    'SECURITY 276: events are listed from the latest, by type, client, subject and time',
    async ({ store }) => {
      const events: readonly AuditEvent[] = [
        {
          at: start,
          type: 'a',
          clientId: 'app',
          subject: 'alice',
          grantId: 'g',
          address: '::1',
          requestId: 'r',
          details: { x: ['ü'] },
        },
        { at: start + 1, type: 'b', clientId: 'app' },
        { at: start + 2, type: 'a', subject: 'bob' },
      ]
      await store.appendAudit(events)
      await store.appendAudit([])
      const list = async (page: object) =>
        (await store.listAudit({ limit: 9, ...page })).map(({ number, ...event }) => {
          assert.equal(number > 0, true)
          return event
        })
      assert.deepEqual(await list({}), events.toReversed())
      assert.deepEqual(await list({ type: 'a' }), [events[2], events[0]])
      assert.deepEqual(await list({ clientId: 'app', type: 'a' }), [events[0]])
      assert.deepEqual(await list({ subject: 'bob' }), [events[2]])
      assert.deepEqual(await list({ from: start + 1, to: start + 2 }), [events[1]])
      const [latest] = await store.listAudit({ limit: 1 })
      assert.deepEqual(await list({ before: latest?.number }), [events[1], events[0]])
      for (const text of hostileTexts) {
        const hostile = { at: start, type: text, subject: unique(text), details: { [text]: text } }
        await store.appendAudit([hostile])
        assert.deepEqual(await list({ subject: hostile.subject }), [hostile])
      }
    },
  ),
]
