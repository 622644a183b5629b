/** PBKDF2 (RFC 8018 §5.2) on the thread pool. */

import { pbkdf2 } from 'node:crypto'

/** What one PBKDF2 computation takes. */
export interface Pbkdf2Input {
  readonly password: Uint8Array
  readonly salt: Uint8Array
  readonly hash: 'sha1' | 'sha256' | 'sha512'
  readonly iterations: number
  /** Bytes of output. */
  readonly length: number
}

/** Derives the digest. */
export function derivePbkdf2(input: Pbkdf2Input): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    pbkdf2(input.password, input.salt, input.iterations, input.length, input.hash, (error, digest) =>
      error ? reject(error) : resolve(digest),
    )
  })
}
