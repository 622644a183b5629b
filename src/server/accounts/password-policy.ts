/** Which passwords may be set (NIST SP 800-63B-4 §3.1.1.2). */

import { longestPassword } from '../../crypto/password-hash.ts'
import { AccountError } from './error.ts'

/** Whose password it is to become. */
export interface PasswordOwner {
  readonly username: string
  readonly name?: string
  readonly email?: string
}

/** Which passwords may be set. There are no rules about kinds of characters, and passwords do not expire. */
export interface PasswordPolicy {
  /**
   * The least number of characters, counted as Unicode code points: 15 unless told. NIST asks for 15 where the password is
   * the only factor, and never for fewer than 8, which is the least this accepts.
   */
  readonly minimumLength?: number
  /** Answers whether a password may be used, for example `false` for one that is known from a breach. */
  readonly isAllowed?: (password: string, owner: PasswordOwner) => boolean | Promise<boolean>
}

/** The least number of characters unless told otherwise. */
export const usualMinimumLength = 15

/** Checks a password that is to be set. */
export type CheckPassword = (password: string, owner: PasswordOwner) => Promise<void>

/**
 * Builds the check.
 *
 * @throws TypeError naming the option that is wrong.
 */
export function passwordPolicy({
  minimumLength = usualMinimumLength,
  isAllowed,
}: PasswordPolicy = {}): CheckPassword {
  if (!Number.isInteger(minimumLength) || minimumLength < 8 || minimumLength > 64) {
    throw new TypeError(
      `passwords.minimumLength must be a whole number from 8 to 64, not ${String(minimumLength)}`,
    )
  }
  return async (password, owner) => {
    if (typeof password !== 'string' || !password.isWellFormed()) {
      throw new AccountError('invalid_password', 'The password is not a text')
    }
    // Counted before the work of normalising and hashing.
    if (Buffer.byteLength(password) > longestPassword) {
      throw new AccountError('password_too_long', `A password has at most ${longestPassword} bytes`)
    }
    if ([...password.normalize('NFC')].length < minimumLength) {
      throw new AccountError('password_too_short', `A password has at least ${minimumLength} characters`)
    }
    if (isAllowed !== undefined && !(await isAllowed(password, owner))) {
      throw new AccountError('password_not_allowed', 'This password is too easy to guess, choose another')
    }
  }
}
