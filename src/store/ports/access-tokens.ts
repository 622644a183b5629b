/** The port of reference access tokens. */

import type { JsonObject } from './json.ts'

/** A reference token to be made; it is written with {@link Issued}. */
export interface NewAccessToken {
  /** SHA-256 of the whole token, as base64url. */
  readonly hash: string
  /** Its `jti` at introspection, and in the revocation feed. */
  readonly id: string
  readonly clientId: string
  /** Missing for client credentials. */
  readonly grantId?: string
  readonly familyId?: string
  /** `sub`: the account, or what stands for the client. */
  readonly subject: string
  readonly scopes: readonly string[]
  readonly audience: readonly string[]
  /** The key it is bound to (RFC 9449 §6). */
  readonly dpopJkt?: string
  /** Milliseconds since 1970. */
  readonly issuedAt: number
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  /** Further claims. */
  readonly data?: JsonObject
}

/** A reference token as it is found. */
export interface FoundAccessToken extends NewAccessToken {
  /** `revoked`: itself, its family, or its grant is not alive, or its client is not. */
  readonly status: 'live' | 'expired' | 'revoked'
}

/** Where reference tokens are kept. */
export interface AccessTokenStore {
  /** The token with this hash, in whatever state. */
  findAccessToken(hash: string, now: number): Promise<FoundAccessToken | undefined>
}
