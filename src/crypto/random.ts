/** Values nobody can guess. */

import { randomBytes } from 'node:crypto'

/**
 * A random value as base64url.
 *
 * @param bytes How many random bytes it carries, 32 unless told; 16 are enough for a name, 32 for a secret
 *   (RFC 6749 §10.10 asks for at most 2^-128 odds of a guess, and prefers 2^-160).
 */
export function randomToken(bytes = 32): string {
  return randomBytes(bytes).toString('base64url')
}
