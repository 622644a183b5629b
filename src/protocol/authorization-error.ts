/** The errors of the authorization endpoint as one closed family: for the person, or back to the client. */

/**
 * RFC 6749 §4.1.2.1, RFC 8707 §2, RFC 9101 §6.2, RFC 9126 §2.3, OpenID Connect Core §3.1.2.6, Core Error Code
 * unmet_authentication_requirements 1.0.
 */
export type AuthorizationErrorCode =
  | 'invalid_request'
  | 'unauthorized_client'
  | 'access_denied'
  | 'unsupported_response_type'
  | 'invalid_scope'
  | 'invalid_target'
  | 'server_error'
  | 'temporarily_unavailable'
  | 'interaction_required'
  | 'login_required'
  | 'account_selection_required'
  | 'consent_required'
  | 'invalid_request_uri'
  | 'request_not_supported'
  | 'request_uri_not_supported'
  | 'registration_not_supported'
  | 'unmet_authentication_requirements'

/** How an answer gets to the client. */
export type ResponseMode = 'query' | 'form_post'

/** Where an answer to an authorization request goes. */
export interface AuthorizationTarget {
  /** A registered one; nothing else may get in here. */
  readonly redirectUri: string
  readonly responseMode: ResponseMode
  readonly state?: string
}

/** An authorization request that does not lead to a code. */
export class AuthorizationError extends Error {
  readonly code: AuthorizationErrorCode
  /**
   * With it the error goes back to the client: a redirect error. Without it the person sees it, and nothing is
   * redirected (RFC 6749 §4.1.2.1): a page error.
   */
  readonly target: AuthorizationTarget | undefined
  readonly status = 400

  constructor(
    code: AuthorizationErrorCode,
    description: string,
    options: { readonly target?: AuthorizationTarget | undefined; readonly cause?: unknown } = {},
  ) {
    super(description, { cause: options.cause })
    this.name = 'AuthorizationError'
    this.code = code
    this.target = options.target
  }

  /** The body of the answer to a pushed request (RFC 9126 §2.3): there is nowhere to redirect to. */
  toJSON(): { readonly error: AuthorizationErrorCode; readonly error_description: string } {
    return { error: this.code, error_description: printable(this.message) }
  }
}

/** RFC 6749 §4.1.2.1: a description has no quotes, backslashes or characters outside of ASCII. */
export function printable(description: string): string {
  return description.replace(/["\\]/g, "'").replace(/[^\x20-\x7e]/gu, '?')
}
