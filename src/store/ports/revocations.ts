/** The port of revocation (RFC 7009), and of the feed that tells every API. */

import type { RevocationKind } from '../../protocol/revoked.ts'
import type { AuditEvent } from './audit.ts'

/** How something is revoked. */
export interface Revoking {
  /** Milliseconds since 1970. */
  readonly now: number
  /**
   * How long the entry stays in the log, in milliseconds since 1970: until the last JWT that it speaks of has
   * expired, clock differences included.
   */
  readonly until: number
  /** Written with it, and only if something was revoked. */
  readonly audit?: readonly AuditEvent[]
}

export type { RevocationKind } from '../../protocol/revoked.ts'

/** An entry of the revocation log. */
export interface Revocation {
  /** A later entry has a higher cursor. */
  readonly cursor: number
  /** `client`, `subject`: what was issued up to `at`. */
  readonly kind: RevocationKind
  /** The id of the token, family, grant, client or subject. */
  readonly value: string
  /** Milliseconds since 1970. */
  readonly at: number
  /** When nothing it speaks of can be alive any more. */
  readonly expiresAt: number
}

/** What an access token says about itself, as far as revocation needs it. */
export interface RevocableToken {
  /** `jti` */
  readonly id?: string
  readonly familyId?: string
  readonly grantId?: string
  readonly clientId?: string
  readonly subject?: string
  /**
   * `iat` in milliseconds. It counts as issued before a revocation of the same moment; and because `iat` has whole
   * seconds, so does what is issued in the rest of that second.
   */
  readonly issuedAt: number
}

/** Which access token to revoke: a JWT by its id, a reference token by its hash. */
export type TokenToRevoke = { readonly id: string } | { readonly hash: string }

/**
 * Revocation. Each of these marks and appends to the log in one transaction, and answers whether there was something
 * alive to revoke; a second call changes nothing. Once it has returned, nothing that it speaks of is found alive: not what a
 * rotation or redemption wrote at the same moment either, whichever of the two the client hears of first.
 */
export interface RevocationStore {
  revokeGrant(id: string, revoking: Revoking): Promise<boolean>
  revokeFamily(id: string, revoking: Revoking): Promise<boolean>
  /** A JWT is always revocable, as the store does not know it: the first call answers `true`. */
  revokeToken(token: TokenToRevoke, revoking: Revoking): Promise<boolean>
  /** All grants of a client, and every token it was issued until now. The client may get new ones. Always logged. */
  revokeClientGrants(clientId: string, revoking: Revoking): Promise<boolean>
  /**
   * All grants of a subject, every token about it until now, and its login sessions. Always logged: a password change, an
   * account gone.
   */
  revokeSubject(subject: string, revoking: Revoking): Promise<boolean>
  /**
   * Log entries after a cursor (0 for all), in the order of their commits: an entry never appears behind a cursor that
   * somebody has seen, so whoever reads on from the last one misses nothing.
   */
  revocationsAfter(cursor: number, limit: number): Promise<readonly Revocation[]>
  /**
   * Has a function called soon after something was appended, by whichever process, where the database can tell. A hint and
   * no promise: whoever follows the log also reads it from time to time.
   *
   * @returns Ends it.
   */
  watchRevocations(onChange: () => void): () => Promise<void>
  /** Whether a JWT that verifies was revoked. */
  isRevoked(token: RevocableToken): Promise<boolean>
}
