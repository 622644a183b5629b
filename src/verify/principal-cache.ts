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
  get(token: string, now: number): Principal | undefined
  /** Keeps what a verified token says. `now` in milliseconds. */
  set(token: string, principal: Principal, now: number): void
  /** Forgets one token. */
  delete(token: string): void
  /** Forgets all: a key was added or retired, or something was revoked. */
  clear(): void
  /** How many tokens are kept. */
  readonly size: number
}

interface Entry<Principal> {
  readonly principal: Principal
  readonly until: number
}

/** An empty cache. */
export function principalCache<Principal>(options: PrincipalCacheOptions): PrincipalCache<Principal> {
  const entries = new Map<string, Entry<Principal>>()
  /** The token that was looked for in vain a moment ago: it is hashed once, and kept as it is until it is put in. */
  let missed: { readonly token: string; readonly key: string } | undefined

  function takeKey(token: string): string {
    const key = missed?.token === token ? missed.key : keyOf(token)
    missed = undefined
    return key
  }

  return {
    get(token, now) {
      if (entries.size === 0) return undefined
      const key = keyOf(token)
      const entry = entries.get(key)
      if (entry === undefined) {
        missed = { token, key }
        return undefined
      }
      if (now < entry.until) return entry.principal
      entries.delete(key)
      return undefined
    },
    set(token, principal, now) {
      if (options.size === 0) return
      const key = takeKey(token)
      entries.delete(key)
      for (const oldest of entries.keys()) {
        if (entries.size < options.size) break
        entries.delete(oldest)
      }
      entries.set(key, { principal, until: now + options.maxAge * 1000 })
    },
    delete(token) {
      entries.delete(takeKey(token))
    },
    clear() {
      entries.clear()
    },
    get size() {
      return entries.size
    },
  }
}

/**
 * The hash of the whole token. Of a part of it, or of some of its claims, two tokens could share one place and one
 * caller be taken for another (CVE-2026-35039); the tokens themselves would lie in every heap dump.
 */
function keyOf(token: string): string {
  return sha256Base64url(token)
}
