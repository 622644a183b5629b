/** What a signing key does at a moment: it waits, signs, or only verifies. */

import type { StoredSigningKey } from '../../store/grant-store.ts'

/** What a key does. `next` is published and will sign. */
export type KeyState = 'next' | 'signs' | 'verifies'

/** Of an algorithm, the key that began to sign last is the one that signs. */
export function keyState(key: StoredSigningKey, all: readonly StoredSigningKey[], now: number): KeyState {
  if (key.signsFrom > now) return 'next'
  const isRetired = key.retiredAt !== undefined && key.retiredAt <= now
  const isFollowed = all.some(
    (each) => each.algorithm === key.algorithm && each.signsFrom <= now && each.signsFrom > key.signsFrom,
  )
  return isRetired || isFollowed ? 'verifies' : 'signs'
}
