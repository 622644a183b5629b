/** Comparing secrets without telling by the time it takes how much of a guess was right. */

import { timingSafeEqual } from 'node:crypto'
import { sha256 } from './hash.ts'

/**
 * Whether two secrets are the same. Both are hashed first: neither where they differ nor how long the right one is
 * shows in the time.
 *
 * @example
 *
 * ```ts
 * if (!equal(presented, expected)) return reject('The API key is not valid')
 * ```
 */
export function equal(left: string | Uint8Array, right: string | Uint8Array): boolean {
  return timingSafeEqual(sha256(left), sha256(right))
}
