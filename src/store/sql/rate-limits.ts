/** Rate limits and failure counts in SQL, each decided by one upsert. */

import type { RateLimit, RateLimitState, RateLimitStore } from '../ports/rate-limits.ts'
import type { Integer } from './columns.ts'
import type { Session } from './session.ts'
import { statement } from './statement.ts'
import { together } from './together.ts'

/**
 * The rate-limit operations of the store. A limit is kept as one moment, in microseconds: when all points will be back.
 * Every try moves it on by the time that one point takes, and is refused when that would put it too far ahead (GCRA).
 * Tries that come at the same moment move it on together, so that a busy client's are not one behind the other at its row.
 */
export function rateLimitStore(session: Session): RateLimitStore {
  const taking = together<Try, RateLimitState>((tries) => take(session, tries))
  const counting = together<{ readonly key: string; readonly now: number }, number>(async (asks) => {
    const row = asks[0] && (await session.row(selectFailures, { key: asks[0].key }))
    return asks.map(({ now }) => (row !== undefined && Number(row.forget_at) > now ? Number(row.count) : 0))
  })
  return {
    hit: (key, limit, now) => taking(`${limit.points} ${limit.windowMs} ${key}`, { key, limit, now }),
    async clearHits(key) {
      await session.changes(clear, { key })
    },
    async countFailure(key, forgetAt, now) {
      return Number((await session.row(countFailure, { key, forgetAt, now }))?.count ?? 0)
    },
    failures: (key, now) => counting(key, { key, now }),
    async takeBackFailure(key) {
      await session.changes(takeBack, { key })
    },
    async clearFailures(key) {
      await session.changes(clearFailures, { key })
    },
  }
}

interface Try {
  readonly key: string
  readonly limit: RateLimit
  readonly now: number
}

/** Tries with one key and one limit: all of them at once if they fit, or else as many of the first as do. */
async function take(session: Session, tries: readonly Try[]): Promise<readonly RateLimitState[]> {
  const [first] = tries
  if (first === undefined) return []
  const { key, limit } = first
  const { points, windowMs } = limit
  const now = Math.max(...tries.map((each) => each.now)) * 1000
  const step = Math.ceil((windowMs * 1000) / points)
  const capacity = step * points
  const latest = now + capacity
  const moved = step * tries.length
  const taken =
    moved <= capacity
      ? await session.row(hit, { key, now, moved, latest, believed: latest + skew })
      : undefined
  if (taken !== undefined) {
    return tries.map((_, index) => {
      const fullAt = Number(taken.full_at) - step * (tries.length - 1 - index)
      const waits = Math.max(0, Math.ceil((fullAt + step - capacity - now) / 1000))
      return { allowed: true, remaining: Math.floor((now + capacity - fullAt) / step), retryAfterMs: waits }
    })
  }
  if (tries.length > 1) {
    const half = tries.length >> 1
    const some = await take(session, tries.slice(0, half))
    const last = some.at(-1)
    // When one was refused, nothing is left for those after it.
    if (last?.allowed === false) return [...some, ...tries.slice(half).map(() => last)]
    return [...some, ...(await take(session, tries.slice(half)))]
  }
  // What it was may have changed since; the next try decides for itself.
  const fullAt = Number((await session.row(select, { key }))?.full_at ?? latest)
  const waits = fullAt + step - capacity - now
  return [{ allowed: false, remaining: 0, retryAfterMs: Math.max(1, Math.ceil(waits / 1000)) }]
}

interface HitValues {
  readonly key: string
  readonly now: number
  /** By how much the moment is moved on: one step for each try. */
  readonly moved: number
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
  values (${'key'}, cast(${'now'} as bigint) + cast(${'moved'} as bigint))
  on conflict (key) do update set full_at = (case when l.full_at > ${'now'} and l.full_at <= ${'believed'}
    then l.full_at else cast(${'now'} as bigint) end) + cast(${'moved'} as bigint)
  where (case when l.full_at > ${'now'} and l.full_at <= ${'believed'}
    then l.full_at else cast(${'now'} as bigint) end) + cast(${'moved'} as bigint) <= ${'latest'}
  returning full_at`

const select = statement<{ key: string }, { full_at: Integer }>`
  select full_at from gatewright_rate_limits where key = ${'key'}`

const clear = statement<{ key: string }>`delete from gatewright_rate_limits where key = ${'key'}`

const countFailure = statement<{ key: string; forgetAt: number; now: number }, { count: Integer }>`
  insert into gatewright_failures as f (key, count, forget_at) values (${'key'}, 1, ${'forgetAt'})
  on conflict (key) do update set count = case when f.forget_at > ${'now'} then f.count + 1 else 1 end,
    forget_at = excluded.forget_at
  returning count`

const selectFailures = statement<{ key: string }, { count: Integer; forget_at: Integer }>`
  select count, forget_at from gatewright_failures where key = ${'key'}`

const takeBack = statement<{ key: string }>`
  update gatewright_failures set count = count - 1 where key = ${'key'} and count > 0`

const clearFailures = statement<{ key: string }>`delete from gatewright_failures where key = ${'key'}`
