/** Argon2 (RFC 9106) on the fastest engine that this process has. */

import * as crypto from 'node:crypto'
import type { Algorithm } from '@node-rs/argon2'

/** What one Argon2 computation takes. */
export interface Argon2Input {
  readonly variant: 'argon2id' | 'argon2i' | 'argon2d'
  readonly password: Uint8Array
  readonly salt: Uint8Array
  /** KiB. */
  readonly memory: number
  readonly passes: number
  readonly parallelism: number
  /** Bytes of output. */
  readonly length: number
}

/** An implementation of Argon2, and its name for the log. */
export interface Argon2Engine {
  readonly name: '@node-rs/argon2' | 'node:crypto'
  derive(input: Argon2Input): Promise<Uint8Array>
}

/**
 * Finds an engine: `@node-rs/argon2` where it is installed (2.6 times as fast), else `node:crypto` (Node from 24.7, Bun).
 *
 * @returns `undefined` where there is neither, as in Deno without the package.
 */
export async function loadArgon2(): Promise<Argon2Engine | undefined> {
  return (await nativeEngine()) ?? builtInEngine()
}

/** The engine of the optional package. */
export async function nativeEngine(): Promise<Argon2Engine | undefined> {
  const argon2 = await import('@node-rs/argon2').catch(() => undefined)
  if (argon2 === undefined) return undefined
  // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- the package's enum exists only in its types
  const variants: Record<Argon2Input['variant'], Algorithm> = { argon2d: 0, argon2i: 1, argon2id: 2 }
  return {
    name: '@node-rs/argon2',
    derive: ({ variant, password, salt, memory, passes, parallelism, length }) =>
      argon2.hashRaw(password, {
        algorithm: variants[variant],
        salt,
        memoryCost: memory,
        timeCost: passes,
        parallelism,
        outputLen: length,
      }),
  }
}

/** The engine of the runtime. Its asynchronous form works on the thread pool. */
export function builtInEngine(): Argon2Engine | undefined {
  const { argon2 } = crypto as Partial<typeof crypto>
  if (typeof argon2 !== 'function') return undefined
  return {
    name: 'node:crypto',
    derive: ({ variant, password, salt, memory, passes, parallelism, length }) =>
      new Promise((resolve, reject) => {
        const parameters = { message: password, nonce: salt, memory, passes, parallelism, tagLength: length }
        argon2(variant, parameters, (error, digest) => (error ? reject(error) : resolve(digest)))
      }),
  }
}
