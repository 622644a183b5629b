/** Rate limits and failure counts in SQL, each decided by one upsert. */

import type { RateLimitStore } from '../ports/rate-limits.ts'
import type { Integer } from './columns.ts'
import type { Session } from './session.ts'
import { statement } from './statement.ts'

/**
 * The rate-limit operations of the store. A limit is kept as one moment, in microseconds: when all points will be back.
 * Every try moves it on by the time that one point takes, and is refused when that would put it too far ahead (GCRA).
 */
export function rateLimitStore(session: Session): RateLimitStore {
  return {
    async hit(key, { points, windowMs }, nowMs) {
      const now = nowMs * 1000
      const step = Math.ceil((windowMs * 1000) / points)
      const capacity = step * points
      const latest = now + capacity
      const taken = await session.row(hit, { key, now, step, latest, believed: latest + skew })
      if (taken !== undefined) {
        const remaining = Math.floor((now + capacity - Number(taken.full_at)) / step)
        const waits = Number(taken.full_at) + step - capacity - now
        return { allowed: true, remaining, retryAfterMs: Math.max(0, Math.ceil(waits / 1000)) }
      }
      // What it was may have changed since; the next try decides for itself.
      const fullAt = Number((await session.row(select, { key }))?.full_at ?? now + capacity)
      const waits = fullAt + step - capacity - now
      return { allowed: false, remaining: 0, retryAfterMs: Math.max(1, Math.ceil(waits / 1000)) }
    },
    async clearHits(key) {
      await session.changes(clear, { key })
    },
    async countFailure(key, forgetAt, now) {
      return Number((await session.row(countFailure, { key, forgetAt, now }))?.count ?? 0)
    },
    async failures(key, now) {
      return Number((await session.row(selectFailures, { key, now }))?.count ?? 0)
    },
    async takeBackFailure(key) {
      await session.changes(takeBack, { key })
    },
    async clearFailures(key) {
      await session.changes(clearFailures, { key })
    },
  }
}

interface HitValues {
  readonly key: string
  readonly now: number
  readonly step: number
  readonly latest: number
  /** A moment beyond this one was written by a clock that is wrong, here or elsewhere. */
  readonly believed: number
}

/** What the clocks of two nodes may differ by, in microseconds. */
const skew = 60_000_000

// A moment much further ahead than all points together can put it was written by another clock: a node's that is ahead, or
// this one's before it was set back. It says nothing here, and would refuse everybody until it has come.
const hit = statement<HitValues, { full_at: Integer }>`
  insert into gatewright_rate_limits as l (key, full_at)
  values (${'key'}, cast(${'now'} as bigint) + cast(${'step'} as bigint))
  on conflict (key) do update set full_at = (case when l.full_at > ${'now'} and l.full_at <= ${'believed'}
    then l.full_at else cast(${'now'} as bigint) end) + cast(${'step'} as bigint)
  where (case when l.full_at > ${'now'} and l.full_at <= ${'believed'}
    then l.full_at else cast(${'now'} as bigint) end) + cast(${'step'} as bigint) <= ${'latest'}
  returning full_at`

const select = statement<{ key: string }, { full_at: Integer }>`
  select full_at from gatewright_rate_limits where key = ${'key'}`

const clear = statement<{ key: string }>`delete from gatewright_rate_limits where key = ${'key'}`

const countFailure = statement<{ key: string; forgetAt: number; now: number }, { count: Integer }>`
  insert into gatewright_failures as f (key, count, forget_at) values (${'key'}, 1, ${'forgetAt'})
  on conflict (key) do update set count = case when f.forget_at > ${'now'} then f.count + 1 else 1 end,
    forget_at = excluded.forget_at
  returning count`

const selectFailures = statement<{ key: string; now: number }, { count: Integer }>`
  select count from gatewright_failures where key = ${'key'} and forget_at > ${'now'}`

const takeBack = statement<{ key: string }>`
  update gatewright_failures set count = count - 1 where key = ${'key'} and count > 0`

const clearFailures = statement<{ key: string }>`delete from gatewright_failures where key = ${'key'}`
