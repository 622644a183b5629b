/** What can be wrong with an account that somebody wants to make or change. */

import { HttpError } from '../../http/http-error.ts'

/** Why an account was not made or changed. */
export type AccountErrorCode =
  | 'username_taken'
  | 'email_taken'
  | 'invalid_username'
  | 'invalid_name'
  | 'invalid_email'
  | 'invalid_scope'
  | 'invalid_password'
  | 'password_too_short'
  | 'password_too_long'
  | 'password_not_allowed'
  | 'password_common'
  | 'password_personal'
  | 'password_unchanged'
  | 'unsupported_password_hash'
  | 'no_such_account'
  | 'invalid_page'

/**
 * An account could not be made or changed. Thrown from a handler it is a response: 409 for a username or a verified address in use, 404 for an
 * account that does not exist, 422 for the rest, with the sentence as `detail`. What was sent is never echoed.
 */
export class AccountError extends HttpError {
  readonly code: AccountErrorCode

  constructor(code: AccountErrorCode, message: string) {
    super(statusOf(code), message)
    this.name = 'AccountError'
    this.code = code
  }
}

function statusOf(code: AccountErrorCode): number {
  if (code === 'username_taken' || code === 'email_taken') return 409
  return code === 'no_such_account' ? 404 : 422
}
