/** ID tokens: what is in them (OpenID Connect Core §2), and what one that comes back says. */

import { withoutUndefined } from './without-undefined.ts'

/** What a new ID token is to say. */
export interface NewIdToken {
  readonly issuer: string
  /** The person, by the name that this client knows them by. */
  readonly subject: string
  readonly clientId: string
  /** Seconds since 1970. */
  readonly issuedAt: number
  /** Seconds. */
  readonly lifetime: number
  /** When they logged in, in seconds since 1970. */
  readonly authTime?: number | undefined
  readonly nonce?: string | undefined
  /** The login session (Front- and Back-Channel Logout). */
  readonly sessionId?: string | undefined
  readonly acr?: string | undefined
  /** RFC 8176 */
  readonly amr?: readonly string[] | undefined
  /** The left half of the hash of the access token beside it (Core §3.1.3.6). */
  readonly accessTokenHash?: string | undefined
  /** What else was asked for. None of it replaces what stands above. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined
}

/** The claims of a new ID token (OpenID Connect Core §2). */
export function idTokenClaims(token: NewIdToken): Readonly<Record<string, unknown>> {
  return {
    ...token.claims,
    ...withoutUndefined({
      iss: token.issuer,
      sub: token.subject,
      aud: token.clientId,
      exp: token.issuedAt + token.lifetime,
      iat: token.issuedAt,
      auth_time: token.authTime,
      nonce: token.nonce,
      sid: token.sessionId,
      acr: token.acr,
      amr: token.amr,
      at_hash: token.accessTokenHash,
    }),
  }
}

/** Whom an ID token that comes back speaks of. */
export interface IdTokenHint {
  readonly subject: string
  readonly clientId: string
  readonly sessionId?: string
}

/**
 * Reads an ID token that was sent back as a hint; its signature is good. It may have expired (RP-Initiated Logout §4).
 *
 * @returns `undefined` for a token that is none of ours, or of another kind.
 */
export function readIdTokenHint(
  header: Readonly<Record<string, unknown>>,
  claims: Readonly<Record<string, unknown>>,
  issuer: string,
): IdTokenHint | undefined {
  const { iss, sub, aud, sid } = claims
  if (iss !== issuer) return undefined
  const { typ } = header
  // A logout token has the same shape, and goes to the same client.
  if (typ !== undefined && (typeof typ !== 'string' || typ.toUpperCase() !== 'JWT')) return undefined
  if (typeof sub !== 'string' || typeof aud !== 'string') return undefined
  return { subject: sub, clientId: aud, ...(typeof sid === 'string' ? { sessionId: sid } : {}) }
}
