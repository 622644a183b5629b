/** scrypt (RFC 7914) on the thread pool. */

import { scrypt } from 'node:crypto'

/** What one scrypt computation takes. */
export interface ScryptInput {
  readonly password: Uint8Array
  readonly salt: Uint8Array
  /** N, a power of two. */
  readonly cost: number
  /** r. */
  readonly blockSize: number
  /** p. */
  readonly parallelism: number
  /** Bytes of output. */
  readonly length: number
}

/** Derives the digest. */
export function deriveScrypt(input: ScryptInput): Promise<Uint8Array> {
  const { cost, blockSize, parallelism } = input
  const options = { cost, blockSize, parallelization: parallelism, maxmem: scryptMemory(input) + 1024 * 1024 }
  return new Promise((resolve, reject) => {
    scrypt(input.password, input.salt, input.length, options, (error, digest) =>
      error ? reject(error) : resolve(digest),
    )
  })
}

/** The bytes that a computation needs (RFC 7914 §5 and §6). */
export function scryptMemory(input: Pick<ScryptInput, 'cost' | 'blockSize' | 'parallelism'>): number {
  return 128 * input.blockSize * (input.cost + input.parallelism)
}
