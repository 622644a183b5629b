/** What a verifier answers when a credential is not good: a value, so that refusing costs no exception. */

/** The error codes a protected resource may put into its challenge (RFC 6750 §3.1, RFC 9449 §7.1, RFC 9470 §3). */
export type RejectionCode =
  | 'invalid_token'
  | 'invalid_request'
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce'
  | 'insufficient_user_authentication'

/**
 * A credential that was presented and is not good.
 *
 * @example
 *
 * ```ts
 * const verify = (key: string) => keys.get(key) ?? reject('No such key')
 * ```
 */
export class Rejection {
  readonly error: RejectionCode
  /** One public sentence: what was wrong, never the credential itself. */
  readonly description: string
  /** What else the answer has to tell, as `DPoP-Nonce` does. */
  readonly headers: Readonly<Record<string, string>>
  /** What else the challenge has to tell, as `max_age` does (RFC 9470 §3). */
  readonly parameters: Readonly<Record<string, string>>

  constructor(
    description: string,
    error: RejectionCode = 'invalid_token',
    headers: Readonly<Record<string, string>> = {},
    parameters: Readonly<Record<string, string>> = {},
  ) {
    this.description = description
    this.error = error
    this.headers = headers
    this.parameters = parameters
  }
}

/**
 * Refuses a credential, with the reason that the caller is told.
 *
 * @param description Public; shown as `error_description` (RFC 6750 §3).
 * @param error The error code of the challenge; `invalid_token` unless told.
 */
export function reject(description: string, error?: RejectionCode): Rejection {
  return new Rejection(description, error)
}
