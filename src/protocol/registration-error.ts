/** The errors of client registration (RFC 7591 §3.2.2) as one closed family. */

/** What can be wrong with a registration. */
export type RegistrationErrorCode = 'invalid_redirect_uri' | 'invalid_client_metadata'

/** An error of registration: status 400, `{ "error": …, "error_description": … }`. */
export class RegistrationError extends Error {
  readonly code: RegistrationErrorCode
  readonly status = 400
  readonly headers: Readonly<Record<string, string>> = { 'cache-control': 'no-store' }

  constructor(code: RegistrationErrorCode, description: string) {
    super(description)
    this.name = 'RegistrationError'
    this.code = code
  }

  /** The response body (RFC 7591 §3.2.2). */
  toJSON(): { readonly error: RegistrationErrorCode; readonly error_description: string } {
    return { error: this.code, error_description: this.message }
  }
}

/** A redirect URI may not be registered. */
export function invalidRedirectUri(description: string): RegistrationError {
  return new RegistrationError('invalid_redirect_uri', description)
}

/** A member is not what it has to be, or two of them do not agree. */
export function invalidClientMetadata(description: string): RegistrationError {
  return new RegistrationError('invalid_client_metadata', description)
}
