/** What was revoked, held in memory so that a token can be refused without asking the database for each request. */

import type { AccessToken } from '../protocol/access-token.ts'
import type { GrantStore, Revocation, RevocationKind } from '../store/grant-store.ts'
import type { Settings } from './settings.ts'

/** Follows the log of revocations. */
export interface RevocationFeed {
  /** Reads what is new. Whoever revokes in this process calls it, so that it acts here at once. */
  refresh(): Promise<void>
  /** Whether a token that verifies was revoked. */
  isRevoked(token: AccessToken): boolean
  /** Begins to follow; at most so many milliseconds behind. */
  start(interval: number): void
  stop(): void
  /** Whether it still learns of revocations: one that was stopped must not be asked. */
  readonly isStopped: boolean
}

/** Follows the log of a store. */
export function revocationFeed(store: GrantStore, settings: Settings): RevocationFeed {
  const known = new Map<string, Revocation>()
  let cursor = 0
  let reading: Promise<void> | undefined
  let timer: ReturnType<typeof setInterval> | undefined
  let isStopped = false

  async function read(): Promise<void> {
    for (;;) {
      const entries = await store.revocationsAfter(cursor, 1000)
      for (const entry of entries) {
        known.set(`${entry.kind} ${entry.value}`, entry)
        cursor = entry.cursor
      }
      if (entries.length < 1000) return
    }
  }

  function forget(): void {
    const now = settings.now()
    for (const [key, entry] of known) if (entry.expiresAt <= now) known.delete(key)
  }

  async function refresh(): Promise<void> {
    // One that began before our revocation may have missed it: wait for it, then read again.
    await reading?.catch(() => undefined)
    reading ??= read().finally(() => {
      reading = undefined
    })
    await reading
  }

  const has = (kind: RevocationKind, value: unknown): Revocation | undefined =>
    typeof value === 'string' ? known.get(`${kind} ${value}`) : undefined

  return {
    refresh,
    isRevoked(token) {
      if (known.size === 0) return false
      if (has('token', token.id) ?? has('family', token.claims['family_id'])) return true
      if (has('grant', token.claims['grant_id'])) return true
      // Of a client or a person, what was issued before; `iat` has whole seconds, so the rest of that second counts.
      const issuedAt = (token.issuedAt ?? 0) * 1000
      return [has('subject', token.subject), has('client', token.clientId)].some(
        (before) => before !== undefined && issuedAt <= before.at,
      )
    },
    start(interval) {
      timer = setInterval(() => {
        forget()
        refresh().catch(settings.report)
      }, interval)
      timer.unref()
    },
    stop() {
      isStopped = true
      clearInterval(timer)
    },
    get isStopped() {
      return isStopped
    },
  }
}
