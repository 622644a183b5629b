/** The port of refresh tokens and their rotation (RFC 6749 §6, RFC 9700 §4.14.2). */

import type { Issued, NewRefreshToken, StoredFamily, StoredGrant } from './grants.ts'

/** A refresh token as it is found. */
export interface FoundRefreshToken extends NewRefreshToken {
  /** Milliseconds since 1970. */
  readonly createdAt: number
  /** When it was rotated. */
  readonly usedAt?: number
  /** What it was rotated into, and when that was used in turn. */
  readonly successor?: { readonly hash: string; readonly usedAt?: number }
  /**
   * The answer that rotation gave, sealed. Only while the retry window is open and the successor is unused; after that
   * nobody gets it, even before the purge has taken it away.
   */
  readonly sealedAnswer?: string
  readonly family: StoredFamily
  readonly grant: StoredGrant
  /**
   * - `live`: {@link RefreshTokenStore.rotateRefresh} would succeed.
   * - `spent`: rotated. Either a retry (there is a `sealedAnswer`) or a reuse, which revokes the family.
   * - `expired`: the idle end, or the absolute end of the family. An absolute end goes before `spent`.
   * - `revoked`: the family is revoked or the grant is not alive. It goes before all others.
   */
  readonly status: 'live' | 'spent' | 'expired' | 'revoked'
}

/** What a rotation writes. */
export interface Rotation {
  readonly successor: NewRefreshToken
  /** The answer, sealed with a key that comes from the token which was presented. Left out when there is no window. */
  readonly sealedAnswer?: string
  /** When the retry window ends, in milliseconds since 1970. Given with `sealedAnswer`. */
  readonly sealedUntil?: number
  readonly issued?: Pick<Issued, 'accessTokens' | 'audit'>
}

/** Where refresh tokens are kept. A used one stays until the end of its family, so that its reuse is noticed. */
export interface RefreshTokenStore {
  /** The token with this hash in whatever state, without changing it. For every check before rotation. */
  findRefresh(hash: string, now: number): Promise<FoundRefreshToken | undefined>
  /**
   * Uses a token up, puts its successor in its place and writes what is issued, in one transaction. Of many callers
   * at once, in any number of processes, exactly one is told `rotated`; it is told so after the commit. The
   * others wait for that commit and are told `spent`: `findRefresh` then has the sealed answer of the winner.
   *
   * `gone`: unknown, past its idle or absolute end, its family revoked, or the grant not alive. Nothing is written, and
   * the token stays as it is. A rotation that begins when a revocation has returned is told so; what one wrote at the same
   * moment is dead.
   */
  rotateRefresh(hash: string, now: number, rotation: Rotation): Promise<'rotated' | 'spent' | 'gone'>
}
