/**
 * Tokens that were found good, so that the next request with the same one need not check its signature.
 *
 * Only successes are kept, each under the whole token, for a limited time and in a limited number.
 */

import { sha256Base64url } from '../crypto/hash.ts'

/** How much a cache may keep. */
export interface PrincipalCacheOptions {
  /** How many tokens at most; the oldest makes room for the newest. 0 keeps none. */
  readonly size: number
  /** How long a token is believed without another look, in seconds. */
  readonly maxAge: number
}

/** Verified tokens and what they said. */
export interface PrincipalCache<Principal> {
  /** What this very token said when it was verified, unless that is too long ago. `now` in milliseconds. */
  get(key: CacheKey, now: number): Principal | undefined
  /** Keeps what a verified token says. `now` in milliseconds. */
  set(key: CacheKey, principal: Principal, now: number): void
  /** Forgets one token. */
  delete(key: CacheKey): void
  /** Forgets all: a key was added or retired, or something was revoked. */
  clear(): void
  /** How many tokens are kept. */
  readonly size: number
}

/** What {@link cacheKey} makes of a token: nothing else fits a cache. */
export type CacheKey = string & { readonly [made]: true }
declare const made: unique symbol

/**
 * Under what a token is kept: the hash of the whole of it. Of a part, or of some of its claims, two tokens could share
 * one place and one caller be taken for another (CVE-2026-35039); the tokens themselves would lie in every heap dump.
 */
export function cacheKey(token: string): CacheKey {
  return sha256Base64url(token) as CacheKey
}

interface Entry<Principal> {
  readonly principal: Principal
  readonly until: number
}

/** An empty cache. */
export function principalCache<Principal>(options: PrincipalCacheOptions): PrincipalCache<Principal> {
  const entries = new Map<CacheKey, Entry<Principal>>()
  return {
    get(key, now) {
      const entry = entries.get(key)
      if (entry === undefined || now < entry.until) return entry?.principal
      entries.delete(key)
      return undefined
    },
    set(key, principal, now) {
      if (options.size === 0) return
      entries.delete(key)
      if (entries.size >= options.size) {
        for (const oldest of entries.keys()) {
          if (entries.size < options.size) break
          entries.delete(oldest)
        }
      }
      entries.set(key, { principal, until: now + options.maxAge * 1000 })
    },
    delete(key) {
      entries.delete(key)
    },
    clear() {
      entries.clear()
    },
    get size() {
      return entries.size
    },
  }
}
