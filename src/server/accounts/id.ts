/** The ids of accounts: random, and in the order in which the accounts were made. */

import { randomBytes } from 'node:crypto'

/**
 * Makes an id (RFC 9562 §5.7, UUID version 7): the time, then 74 random bits, so that no id comes twice.
 *
 * @param now Milliseconds since 1970.
 */
export function accountId(now: number): string {
  const bytes = randomBytes(16)
  bytes.writeUIntBE(now, 0, 6)
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f)
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f)
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/** Whether a text can be the id of an account; anything else does not reach the database. */
export function isAccountId(text: string): boolean {
  return typeof text === 'string' && /^[\w-]{1,64}$/.test(text)
}
