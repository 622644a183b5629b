/** Logout tokens: what is in them (OpenID Connect Back-Channel Logout §2.4). */

/** What a logout token is to say (Back-Channel Logout §2.4). */
export interface NewLogoutToken {
  readonly issuer: string
  readonly subject: string
  readonly clientId: string
  /** Left out where all sessions of the person are meant. */
  readonly sessionId?: string | undefined
  readonly id: string
  /** Seconds since 1970. */
  readonly issuedAt: number
}

/** Two minutes, as Back-Channel Logout §2.4 recommends; in seconds. */
const logoutTokenLifetime = 120

/** The claims of a logout token. A nonce is forbidden: nobody must take it for an ID token. */
export function logoutTokenClaims(token: NewLogoutToken): Readonly<Record<string, unknown>> {
  return {
    iss: token.issuer,
    sub: token.subject,
    aud: token.clientId,
    iat: token.issuedAt,
    exp: token.issuedAt + logoutTokenLifetime,
    jti: token.id,
    ...(token.sessionId === undefined ? {} : { sid: token.sessionId }),
    events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
  }
}
