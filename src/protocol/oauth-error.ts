/** The errors of OAuth endpoints: RFC 6749 §5.2 and its extensions, as one closed family. */

/** The error codes of the token endpoint (RFC 6749 §5.2, RFC 8628 §3.5, RFC 8707 §2, RFC 9449 §5 and §8). */
export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'invalid_scope'
  | 'invalid_target'
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce'
  | 'authorization_pending'
  | 'slow_down'
  | 'access_denied'
  | 'expired_token'
  | 'temporarily_unavailable'
  | 'server_error'

/** What an {@link OAuthError} may carry besides its code. */
export interface OAuthErrorOptions {
  readonly headers?: Readonly<Record<string, string>>
  /** The reason for the log. It never leaves the server. */
  readonly cause?: unknown
}

/** An error that an OAuth client understands: `{ "error": …, "error_description": … }`. */
export class OAuthError extends Error {
  readonly code: OAuthErrorCode
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(code: OAuthErrorCode, description: string, options: OAuthErrorOptions = {}) {
    super(description, { cause: options.cause })
    this.name = 'OAuthError'
    this.code = code
    this.status = statusOf(code)
    // RFC 6749 §5.1 asks this of answers with tokens; an error must not be replayed from a cache either.
    this.headers = { 'cache-control': 'no-store', ...options.headers }
  }

  /** The response body (RFC 6749 §5.2). */
  toJSON(): { readonly error: OAuthErrorCode; readonly error_description: string } {
    return { error: this.code, error_description: printable(this.message) }
  }
}

/** RFC 6749 §5.2: 400 for everything but a client that failed to authenticate; 503 means try again, 500 is ours. */
function statusOf(code: OAuthErrorCode): number {
  if (code === 'invalid_client') return 401
  if (code === 'temporarily_unavailable') return 503
  return code === 'server_error' ? 500 : 400
}

/** RFC 6749 §5.2: a description has no quotes, backslashes or characters outside of ASCII. */
function printable(description: string): string {
  return description.replace(/["\\]/g, "'").replace(/[^\x20-\x7e]/g, '?')
}

type Make = (description: string, options?: OAuthErrorOptions) => OAuthError

/** The grant (password, code, refresh token) is not good (RFC 6749 §5.2). */
export const invalidGrant: Make = (text, options) => new OAuthError('invalid_grant', text, options)
/** The request lacks a parameter, repeats one or is otherwise malformed (RFC 6749 §5.2). */
export const invalidRequest: Make = (text, options) => new OAuthError('invalid_request', text, options)
/** A requested scope is unknown or more than may be granted (RFC 6749 §5.2). */
export const invalidScope: Make = (text, options) => new OAuthError('invalid_scope', text, options)
/** Client authentication failed (RFC 6749 §5.2). */
export const invalidClient: Make = (text, options) => new OAuthError('invalid_client', text, options)
/** The grant type is not one this endpoint serves (RFC 6749 §5.2). */
export const unsupportedGrantType: Make = (text, options) =>
  new OAuthError('unsupported_grant_type', text, options)
/** Too much to do just now; the same request may succeed later (RFC 6749 §4.1.2.1). */
export const temporarilyUnavailable: Make = (text, options) =>
  new OAuthError('temporarily_unavailable', text, options)
