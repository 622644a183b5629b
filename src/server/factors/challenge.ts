/** Challenges for passkeys: random, of five minutes, for one browser and one purpose, and good once. */

import { createHmac } from 'node:crypto'
import { encodeBase64url, decodeBase64url } from '../../crypto/base64url.ts'
import { equal } from '../../crypto/equal.ts'
import { sha256Base64url } from '../../crypto/hash.ts'
import { randomToken } from '../../crypto/random.ts'
import { deriveKey } from '../../crypto/seal.ts'
import type { Service } from '../service.ts'
import type { Settings } from '../settings.ts'

/** Milliseconds. */
const life = 300_000

/**
 * Makes a challenge. Nothing is kept: whoever only looks at a page writes nothing.
 *
 * @param binding Whose it is and what for: with any other it is worth nothing.
 */
export function newChallenge(settings: Settings, binding: string): string {
  const expiresAt = Math.floor(settings.now() + life)
  const head = `${randomToken(16)}.${expiresAt.toString(36)}`
  return encodeBase64url(`${head}.${markOf(settings, head, binding)}`)
}

/** Whether a challenge is one of ours, for this binding, and not too old. */
export function isChallenge(settings: Settings, challenge: string, binding: string): boolean {
  const [nonce, time = '', mark = '', ...rest] = textOf(challenge).split('.')
  if (rest.length > 0 || !equal(mark, markOf(settings, `${nonce}.${time}`, binding))) return false
  return Number.parseInt(time, 36) > settings.now()
}

/** Uses a challenge up: `true` for one caller of all. Only for one that {@link isChallenge} is content with. */
export async function useChallenge({ settings, store }: Service, challenge: string): Promise<boolean> {
  const now = settings.now()
  return store.useOnce('passkey', sha256Base64url(challenge), now + life, now)
}

function markOf({ secretKey }: Settings, head: string, binding: string): string {
  const key = deriveKey(secretKey, 'gatewright passkey challenges')
  return createHmac('sha256', key).update(`${head}.${binding}`).digest('base64url')
}

function textOf(challenge: string): string {
  const bytes = challenge.length > 200 ? undefined : decodeBase64url(challenge)
  return bytes === undefined ? '' : Buffer.from(bytes).toString('latin1')
}
