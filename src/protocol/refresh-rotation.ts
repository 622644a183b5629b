/** Refresh token rotation (RFC 9700 §4.14.2): the rule. Times are milliseconds since 1970. */

import { sha256Base64url } from '../crypto/hash.ts'
import { invalidGrant } from './oauth-error.ts'
import type { OAuthError } from './oauth-error.ts'
import { canonicalResource } from './resource-indicator.ts'

/** What a refresh is bound to beyond its client. */
export interface RefreshBindings {
  /** The thumbprint of the DPoP key that the request proved. */
  readonly dpopThumbprint?: string | undefined
  /** {@link refreshFingerprint} of what the request asks for. */
  readonly fingerprint: string
}

/** A stored refresh token, and what of its family matters. */
export interface RefreshRow {
  readonly clientId: string
  /** The key it is bound to. */
  readonly dpopThumbprint?: string | undefined
  /** When it ends for not being used. */
  readonly expiresAt: number
  /** When the family ends, however often it is used. */
  readonly familyExpiresAt: number
  readonly familyRevokedAt?: number | undefined
  /** Its use, once it was used. */
  readonly consumed?: RefreshConsumption | undefined
}

/** How a refresh token was used. */
export interface RefreshConsumption {
  readonly at: number
  /** What the request was bound to that used it. */
  readonly bindings: RefreshBindings
  /** Whether its successor was used too, or is not there any more. */
  readonly isSuccessorUsed: boolean
}

/** Why a refresh is refused, for the log. */
export type RefreshRefusal = 'client' | 'key' | 'revoked' | 'idle' | 'absolute' | 'other_request' | 'clock'

/** What to do with a refresh. */
export type RefreshJudgement =
  /** Use it up, and give new tokens. */
  | { readonly verdict: 'rotate' }
  /** Give the identical answer once more. */
  | { readonly verdict: 'repeat' }
  /** Revoke the family, and refuse. */
  | { readonly verdict: 'reuse' }
  /** Change nothing. */
  | { readonly verdict: 'refuse'; readonly reason: RefreshRefusal }

/** Everything that decides on a refresh. */
export interface Refresh {
  readonly row: RefreshRow
  readonly now: number
  /** The client that has authenticated. */
  readonly clientId: string
  readonly bindings: RefreshBindings
  /** Milliseconds in which a retry gets the identical answer; 0 turns that off. */
  readonly retryWindow: number
}

/**
 * Judges a refresh by the stored row.
 *
 * A token that comes a second time was stolen, or its answer was lost on the way. The two cannot be told apart, but the
 * harm can be bounded: within the window, to the same client with the same key and the same wish, and only until the
 * answer was put to use, it is the same answer, from which nobody gets a second line of tokens.
 *
 * @example
 *
 * ```ts
 * judgeRefresh({ row, now, clientId: 'spa', bindings, retryWindow: 10_000 }) // { verdict: 'rotate' }
 * ```
 */
export function judgeRefresh(refresh: Refresh): RefreshJudgement {
  const { row, now, clientId, bindings } = refresh
  // First whose it is: a stranger's try must neither use it up nor revoke anything.
  if (row.clientId !== clientId) return refuse('client')
  // RFC 9449 §5
  if (row.dpopThumbprint !== undefined && row.dpopThumbprint !== bindings.dpopThumbprint) return refuse('key')
  if (row.familyRevokedAt !== undefined) return refuse('revoked')
  if (now >= row.familyExpiresAt) return refuse('absolute')
  // Before the idle end: a used token that turns up late was kept by somebody, and the family may well be alive.
  if (row.consumed !== undefined) return judgeReplay(row.consumed, refresh)
  return now >= row.expiresAt ? refuse('idle') : { verdict: 'rotate' }
}

function judgeReplay(consumed: RefreshConsumption, refresh: Refresh): RefreshJudgement {
  const age = refresh.now - consumed.at
  // Who has the successor got the answer, so this is no retry of theirs. So it is for all but the last predecessor.
  if (consumed.isSuccessorUsed || refresh.retryWindow <= 0 || age > refresh.retryWindow) {
    return { verdict: 'reuse' }
  }
  // A clock that was set back opens no window that had closed.
  if (age < -clockSkew) return refuse('clock')
  const { dpopThumbprint, fingerprint } = consumed.bindings
  const isSame =
    dpopThumbprint === refresh.bindings.dpopThumbprint && fingerprint === refresh.bindings.fingerprint
  return isSame ? { verdict: 'repeat' } : refuse('other_request')
}

/** What two nodes of one server may differ by. */
const clockSkew = 60_000

function refuse(reason: RefreshRefusal): RefreshJudgement {
  return { verdict: 'refuse', reason }
}

/** Names what a request asks for, so that a retry can be told from another request. The order does not count. */
export function refreshFingerprint(request: {
  readonly scopes?: readonly string[] | undefined
  readonly resources: readonly string[]
}): string {
  const scopes = request.scopes === undefined ? null : [...new Set(request.scopes)].sort()
  const resources = [...new Set(request.resources.map(canonicalResource))].sort()
  return sha256Base64url(JSON.stringify([scopes, resources]))
}

/** `invalid_grant`, in the same words for every reason; which it was is the cause, for the log. */
export function refreshRefused(reason: RefreshRefusal | 'reuse' | 'unknown'): OAuthError {
  return invalidGrant('The refresh token is invalid, expired or revoked', { cause: reason })
}
