/** The port of grants, and of what is issued under them. */

import type { NewAccessToken } from './access-tokens.ts'
import type { AuditEvent } from './audit.ts'
import type { JsonObject } from './json.ts'

/** What a user has allowed a client, to be made or to be renewed. */
export interface NewGrant {
  /** Random, at least 128 bits: it is in JWTs as `grant_id`. */
  readonly id: string
  readonly clientId: string
  /** The id of the account. */
  readonly subject: string
  /** What was consented to, in all. */
  readonly scopes: readonly string[]
  /** Resource indicators (RFC 8707) that tokens may be asked for. */
  readonly resources: readonly string[]
}

/** A grant as it is stored. */
export interface StoredGrant extends NewGrant {
  /** Milliseconds since 1970. */
  readonly createdAt: number
  /** When a code was last made or redeemed, or a token refreshed; one that came second in a race may count. */
  readonly lastUsedAt: number
  readonly revokedAt?: number
}

/** A family: one code, device code or login, and every token that came from it. */
export interface StoredFamily {
  /** Random, at least 128 bits: it is in JWTs as `family_id`. */
  readonly id: string
  readonly grantId: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
  /** The absolute end: no refresh token of the family lives longer, however often it is rotated. */
  readonly expiresAt: number
  readonly revokedAt?: number
  /** What each refresh gives again when the client does not ask for less. */
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
  /** The thumbprint of the DPoP key that every refresh must prove (RFC 9449 §5). */
  readonly dpopJkt?: string
  /** When the user logged in, in milliseconds since 1970. */
  readonly authTime?: number
  /** The login session it came from, for a logout that ends it. */
  readonly sessionId?: string
  /** What the server wants to have at the next refresh (`acr`, `amr`, requested claims). */
  readonly data?: JsonObject
}

/** A family, and whose it is. */
export interface SessionFamily extends StoredFamily {
  readonly clientId: string
}

/** A refresh token to be made. */
export interface NewRefreshToken {
  /** SHA-256 of the whole token, as base64url. */
  readonly hash: string
  /** The idle end, in milliseconds since 1970: it must be used before. The family's end counts as well. */
  readonly expiresAt: number
}

/** A family to be made. Without a refresh token it is what the access tokens of one code are revoked by. */
export interface NewFamily extends Omit<StoredFamily, 'grantId' | 'createdAt' | 'revokedAt'> {
  readonly refreshToken?: NewRefreshToken
}

/** What comes to be in the transaction that consumes something: all of it, or nothing. */
export interface Issued {
  readonly family?: NewFamily
  /** Reference tokens. A JWT has no row. */
  readonly accessTokens?: readonly NewAccessToken[]
  /** Written only when the operation succeeds. */
  readonly audit?: readonly AuditEvent[]
}

/** What is issued without anything being consumed. */
export interface Issue extends Issued {
  /** The client that gets it. */
  readonly clientId: string
  /**
   * The grant it belongs to: a new one or one that is there. None for client credentials (RFC 6749 §4.4), where no user
   * is involved; then there is no family either.
   */
  readonly grant?: NewGrant
  /** Milliseconds since 1970. */
  readonly now: number
}

/** A page of the list of grants, those that are neither revoked nor at their end. */
export interface GrantPage {
  readonly subject?: string
  readonly clientId?: string
  /** The id of the last grant of the page before. */
  readonly after?: string
  readonly limit: number
  /** Milliseconds since 1970. */
  readonly now: number
}

/**
 * Where grants are kept. Whoever consumes or rotates something under a grant, or revokes it, holds the grant to the end of
 * that, so these happen one after the other for one grant, and side by side for different ones.
 *
 * A grant is alive while it is not revoked, its client is there and not disabled, and its subject is alive. What is
 * under it is never more alive than its grant and its family: that is looked up with every token, not copied to it.
 */
export interface GrantsStore {
  /** The grant with this id, a revoked one too. */
  getGrant(id: string): Promise<StoredGrant | undefined>
  /** What a user has granted, or what a client was granted, in the order of the ids. */
  listGrants(page: GrantPage): Promise<readonly StoredGrant[]>
  /** The family with this id, a revoked one too. */
  getFamily(id: string): Promise<StoredFamily | undefined>
  /** The families that came from a login session and are not revoked, each with the client that has it. */
  listSessionFamilies(sessionId: string): Promise<readonly SessionFamily[]>
  /**
   * Writes what is issued without a code: password grant, token exchange, client credentials with a reference token.
   * `gone`, and nothing is written, when the client or the subject is not alive, or the grant is revoked or is
   * another client's or subject's.
   */
  issue(issue: Issue): Promise<'issued' | 'gone'>
}
