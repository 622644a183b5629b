/** Nonces for DPoP proofs (RFC 9449 §8): nothing is stored, a nonce proves by itself that it is ours and fresh. */

import { createHmac } from 'node:crypto'
import { equal } from '../crypto/equal.ts'
import { deriveKey } from '../crypto/seal.ts'

/** How long one nonce is handed out, in milliseconds; it is accepted for two such times. */
const period = 60_000

/** Makes nonces and knows them again, on every node that has the same secret key. */
export interface DpopNonces {
  /** The nonce of this minute. */
  current(): string
  isFresh(nonce: string): boolean
}

/** @param now Milliseconds since 1970. */
export function dpopNonces(secretKey: string, now: () => number): DpopNonces {
  const key = deriveKey(secretKey, 'gatewright dpop nonces')
  const at = (step: number): string => createHmac('sha256', key).update(String(step)).digest('base64url')
  const step = (): number => Math.floor(now() / period)
  return {
    current: () => at(step()),
    isFresh: (nonce) => equal(nonce, at(step())) || equal(nonce, at(step() - 1)),
  }
}
