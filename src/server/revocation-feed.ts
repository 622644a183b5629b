/** What was revoked, held in memory so that a token can be refused without asking the database for each request. */

import type { AccessToken } from '../protocol/access-token.ts'
import { revocableNames } from '../protocol/revoked.ts'
import type { Revoked } from '../protocol/revoked.ts'
import type { GrantStore, Revocation } from '../store/grant-store.ts'
import { ageOn, catchingUp } from '../verify/catch-up.ts'
import { revocationSet } from '../verify/revocation-set.ts'
import type { Settings } from './settings.ts'

/** Follows the log of revocations. */
export interface RevocationFeed {
  /** Reads what is new. Whoever revokes in this process calls it, so that it acts here at once. */
  refresh(): Promise<void>
  /** Whether a token that verifies was revoked. */
  isRevoked(token: AccessToken): boolean
  /** Begins to follow: woken by the database where it can, and reading each so many milliseconds in any case. */
  start(interval: number): void
  stop(): Promise<void>
  /** Whether it still learns of revocations: one that was stopped must not be asked. */
  readonly isStopped: boolean
  /** How old, at most, what it knows is: milliseconds since the last reading began that succeeded. */
  readonly age: number
  /** Tries to be up to date, for a second at most and once a second. Whether it is, `age` says. */
  catchUp(): Promise<void>
  /** Up to where in the log it has read. */
  readonly cursor: number
  /** What is not over, behind a cursor; with the cursor to go on from. */
  after(cursor: number, limit: number): RevocationPage
  /**
   * Resolves when something new is known, when the time (in milliseconds) is over, when nobody waits for it any more, or
   * when it is stopped.
   */
  changed(within: number, gone: AbortSignal): Promise<void>
}

/** A part of what was revoked, in the order of the log. */
export interface RevocationPage {
  readonly entries: readonly Revocation[]
  /** Everything up to here was told. */
  readonly cursor: number
  readonly hasMore: boolean
}

/** How many entries are read at a time. */
const pageSize = 1000

/** Follows the log of a store. */
export function revocationFeed(store: GrantStore, settings: Settings): RevocationFeed {
  const revoked = revocationSet(revocableNames)
  let log: Revocation[] = []
  let cursor = 0
  const age = ageOn({ steady: () => performance.now(), wall: settings.now })
  const catchUp = catchingUp(() => refresh().catch(settings.report), age)
  let reading: Promise<void> | undefined
  let timer: ReturnType<typeof setInterval> | undefined
  let unwatch: (() => Promise<void>) | undefined
  let isStopped = false
  const waiting = new Set<() => void>()

  async function read(): Promise<void> {
    for (;;) {
      const beganAt = age.moment()
      const entries = await store.revocationsAfter(cursor, pageSize)
      const now = settings.now()
      for (const entry of entries) {
        cursor = entry.cursor
        if (entry.expiresAt <= now) continue
        log.push(entry)
        revoked.add(revokedOf(entry))
      }
      if (entries.length > 0) wake()
      if (entries.length < pageSize) {
        age.renew(beganAt)
        return
      }
    }
  }

  function wake(): void {
    // Each takes itself out, which a set bears.
    for (const goOn of waiting) goOn()
  }

  function forget(): void {
    const now = settings.now()
    if (log.some(({ expiresAt }) => expiresAt <= now)) log = log.filter(({ expiresAt }) => expiresAt > now)
    revoked.forget(now / 1000)
  }

  async function refresh(): Promise<void> {
    // One that began before our revocation may have missed it: wait for it, then read again.
    await reading?.catch(() => undefined)
    reading ??= read().finally(() => {
      reading = undefined
    })
    await reading
  }

  function follow(): void {
    if (!isStopped) refresh().catch(settings.report)
  }

  return {
    refresh,
    isRevoked: (token) => revoked.isRevoked(token),
    start(interval) {
      timer = setInterval(() => {
        forget()
        follow()
      }, interval)
      timer.unref()
      unwatch = store.watchRevocations(follow)
    },
    async stop() {
      isStopped = true
      clearInterval(timer)
      wake()
      await unwatch?.()
      // One that is under way would find the database closed.
      await reading?.catch(() => undefined)
    },
    get cursor() {
      return cursor
    },
    get isStopped() {
      return isStopped
    },
    get age() {
      return age.value
    },
    catchUp,
    after(from, limit) {
      const entries: Revocation[] = []
      for (let index = placeAfter(log, from); index < log.length; index++) {
        const entry = log[index]
        if (entry === undefined || entries.length === limit) break
        entries.push(entry)
      }
      const last = entries.at(-1)
      const hasMore = last !== undefined && last !== log.at(-1)
      return { entries, cursor: hasMore ? last.cursor : cursor, hasMore }
    },
    changed: (within, gone) =>
      new Promise((resolve) => {
        if (isStopped || gone.aborted) return resolve()
        const goOn = (): void => {
          clearTimeout(limit)
          waiting.delete(goOn)
          gone.removeEventListener('abort', goOn)
          resolve()
        }
        const limit = setTimeout(goOn, within)
        waiting.add(goOn)
        gone.addEventListener('abort', goOn)
      }),
  }
}

/** An entry of the log in the words that APIs are told. */
export function revokedOf({ kind, value, at, expiresAt }: Revocation): Revoked {
  return { kind, name: value, before: Math.floor(at / 1000), until: Math.ceil(expiresAt / 1000) }
}

/** Where the entries behind a cursor begin; they are in the order of their cursors. */
function placeAfter(log: readonly Revocation[], cursor: number): number {
  let [low, high] = [0, log.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((log[middle]?.cursor ?? 0) <= cursor) low = middle + 1
    else high = middle
  }
  return low
}
