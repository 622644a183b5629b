/** What was revoked, held in memory, so that a token can be refused without asking anybody. */

import type { AccessToken } from '../protocol/access-token.ts'
import { revocationKinds } from '../protocol/revoked.ts'
import type { RevocableNames, Revoked } from '../protocol/revoked.ts'

/** What was revoked. */
export interface RevocationSet {
  add(revoked: Revoked): void
  isRevoked(token: AccessToken): boolean
  /** Drops what cannot matter any more. `now` in seconds since 1970. */
  forget(now: number): void
  readonly size: number
}

/**
 * An empty set.
 *
 * @param namesOf The names that entries are kept under, for a token. Called once for a token that is remembered.
 */
export function revocationSet(namesOf: (token: AccessToken) => RevocableNames): RevocationSet {
  const kept = new Map<string, Revoked>()
  const names = new WeakMap<AccessToken, RevocableNames>()

  function named(token: AccessToken): RevocableNames {
    let known = names.get(token)
    if (known === undefined) {
      known = namesOf(token)
      names.set(token, known)
    }
    return known
  }

  return {
    add(revoked) {
      const key = `${revoked.kind} ${revoked.name}`
      const known = kept.get(key)
      // Pages can come twice; an older word never takes back a newer one.
      const before = Math.max(revoked.before, known?.before ?? 0)
      const until = Math.max(revoked.until, known?.until ?? 0)
      kept.set(key, { ...revoked, before, until })
    },
    isRevoked(token) {
      if (kept.size === 0) return false
      const own = named(token)
      // `iat` has whole seconds: what was issued in the rest of the second of a revocation counts as issued before.
      const issuedAt = token.issuedAt ?? 0
      return revocationKinds.some((kind) => {
        const name = own[kind]
        const found = name === undefined ? undefined : kept.get(`${kind} ${name}`)
        if (found === undefined) return false
        return kind === 'client' || kind === 'subject' ? issuedAt <= found.before : true
      })
    },
    forget(now) {
      for (const [key, { until }] of kept) if (until <= now) kept.delete(key)
    },
    get size() {
      return kept.size
    },
  }
}
