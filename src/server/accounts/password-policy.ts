/** Which passwords may be set (NIST SP 800-63B-4 §3.1.1.2). */

import { longestPassword } from '../../crypto/password-hash.ts'
import { AccountError } from './error.ts'

/** Whose password it is to become. */
export interface PasswordOwner {
  readonly username: string
  readonly name?: string
  readonly email?: string
}

/**
 * Which passwords may be set. There are no rules about kinds of characters, and passwords do not expire. Common passwords, and
 * those made of nothing but the person's own names and that of the service, are refused.
 */
export interface PasswordPolicy {
  /**
   * The least number of characters, counted as Unicode code points: 15 unless told. NIST asks for 15 where the password is
   * the only factor, and never for fewer than 8, which is the least this accepts.
   */
  readonly minimumLength?: number
  /** Answers whether a password may be used, for example `false` for one that is known from a breach. */
  readonly isAllowed?: (password: string, owner: PasswordOwner) => boolean | Promise<boolean>
  /** What the service is called. An authorization server fills its own in. */
  readonly serviceName?: string
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
  serviceName,
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
    if (isPersonal(password, owner, serviceName)) {
      throw new AccountError(
        'password_personal',
        'This password is made of your own name or address, or of the name of the service, choose another',
      )
    }
    // Here and not above: most processes never set a password, and do without the list.
    const { isCommonPassword } = await import('./common-passwords.ts')
    if (isCommonPassword(password)) {
      throw new AccountError(
        'password_common',
        'This password is one of those that are guessed first, choose another',
      )
    }
  }
}

/** Whether nothing is left of a password when the names that an attacker knows are taken out, but digits and signs. */
function isPersonal(
  password: string,
  { username, name = '', email = '' }: PasswordOwner,
  serviceName = '',
): boolean {
  let rest = folded(password)
  const names = [username, name, email, serviceName].flatMap((text) => [
    text,
    ...text.split(/[^\p{L}\p{N}]+/u),
  ])
  const known = new Set(names.map(folded).filter((word) => [...word].length >= 3))
  const before = rest
  // The longest first, so that a name within another does not leave pieces of it.
  for (const word of [...known].toSorted((one, two) => two.length - one.length))
    rest = rest.replaceAll(word, '')
  return rest !== before && !/\p{L}/u.test(rest)
}

function folded(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[\s._-]+/gu, '')
}
