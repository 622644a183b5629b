/** Password hashing: made with Argon2id, verified in whatever form it was stored, a bounded number at once. */

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { loadArgon2 } from './argon2.ts'
import type { Argon2Engine } from './argon2.ts'
import { loadBcrypt } from './bcrypt.ts'
import type { VerifyBcrypt } from './bcrypt.ts'
import { hashingQueue, whole } from './hashing-queue.ts'
import type { HashingLimits } from './hashing-queue.ts'
import { formatArgon2, formatScrypt, limits, parsePasswordHash } from './password-format.ts'
import type { PasswordHash } from './password-format.ts'
import { derivePbkdf2 } from './pbkdf2.ts'
import { deriveScrypt } from './scrypt.ts'

/** How passwords are hashed. */
export interface HashingOptions extends HashingLimits {
  /** Argon2 memory in KiB, 19,456 (19 MiB) unless told. */
  readonly memory?: number
  /** Argon2 passes, 2 unless told. */
  readonly passes?: number
  /** Argon2 lanes, 1 unless told. */
  readonly parallelism?: number
  /**
   * A secret that goes into every hash and is kept outside the database, of 16 bytes or more: who has only the database
   * cannot guess passwords. Of several, the first is used for new hashes and the others verify what they made.
   * A hash made without a pepper still verifies, and gets one at the next login.
   */
  readonly pepper?: Pepper | readonly Pepper[]
}

/** A pepper: a text, or bytes. */
export type Pepper = string | Uint8Array

/** The longest password, in bytes of UTF-8. */
export const longestPassword = 1024

/** Whether a password is right; `outdated` is right, and its hash should be made anew. */
export type PasswordVerdict = 'right' | 'outdated' | 'wrong'

/** A hash that this process has no engine for. The message names the package to install. */
export class MissingEngine extends Error {
  constructor(hash: string, install: string) {
    super(
      `A stored password hash is ${hash}, which this process cannot verify. Install it: npm install ${install}`,
    )
    this.name = 'MissingEngine'
  }
}

/** Hashes and verifies passwords. */
export interface PasswordHasher {
  /** What makes new hashes: an Argon2 engine, or scrypt where there is none. */
  engine(): Promise<Argon2Engine['name'] | 'scrypt'>
  /**
   * Hashes a password of at most {@link longestPassword} bytes, with a salt of its own.
   *
   * @throws HashingBusy when too many others wait.
   */
  hash(password: string): Promise<string>
  /**
   * Verifies a password. Without a stored hash, with one that cannot be read and with one whose pepper is gone, it does
   * the work of a fresh hash and answers `wrong`, so that time does not tell which accounts exist.
   *
   * @throws HashingBusy when too many others wait, {@link MissingEngine} when a package is missing.
   */
  verify(password: string, stored: string | undefined): Promise<PasswordVerdict>
  /** Whether a stored hash is of a kind that can be verified here. */
  canVerify(stored: string): Promise<boolean>
}

/**
 * Builds a hasher. The engine is chosen once, at the first password, as a process that never sees one has no use for 6 MiB
 * of them: `@node-rs/argon2` where it is installed, else the Argon2 of `node:crypto`, else scrypt with N = 2^17 (a runtime
 * without both).
 *
 * @throws TypeError naming the option that is wrong.
 */
export function passwordHasher(options: HashingOptions = {}): PasswordHasher {
  const cost = costOf(options)
  const peppers = peppersOf(options.pepper)
  const queue = hashingQueue(options)
  const [currentPepper] = peppers.keys()
  const engines: Engines = { argon2: once(loadArgon2), verifyBcrypt: once(loadBcrypt), peppers }

  // What a new hash looks like; with random bytes for a digest it is also the hash of an account that does not exist.
  const fresh = async (): Promise<PasswordHash> => {
    const made = { salt: randomBytes(16), digest: randomBytes(32), ...pepperField(currentPepper) }
    if ((await engines.argon2()) === undefined)
      return { scheme: 'scrypt', cost: 2 ** 17, blockSize: 8, parallelism: 1, ...made }
    return { scheme: 'argon2', variant: 'argon2id', ...cost, ...made }
  }

  return {
    engine: async () => (await engines.argon2())?.name ?? 'scrypt',
    async hash(password) {
      if (Buffer.byteLength(password) > longestPassword) throw new RangeError('The password is too long')
      return queue.run(async () => {
        const template = await fresh()
        if (template.scheme !== 'argon2' && template.scheme !== 'scrypt')
          throw new TypeError('Not a scheme of ours')
        const digest = await derive(Buffer.from(password.normalize('NFC')), template, engines)
        return template.scheme === 'argon2'
          ? formatArgon2({ ...template, digest })
          : formatScrypt({ ...template, digest })
      })
    },
    async verify(password, stored) {
      // Told by the length alone, before any work: it depends on nothing that is stored.
      if (Buffer.byteLength(password) > longestPassword) return 'wrong'
      const known = stored === undefined ? undefined : parsePasswordHash(stored)
      const hash = known !== undefined && hasPepper(known, peppers) ? known : undefined
      const composed = password.normalize('NFC')
      // Other software hashed what was typed, in whatever form that was.
      const forms = composed === password ? [composed] : [composed, password]
      for (const form of forms) {
        const isRight = await queue.run(async () =>
          matches(Buffer.from(form), hash ?? (await fresh()), engines),
        )
        if (isRight && hash !== undefined) {
          return form === composed && isCurrent(hash, await fresh()) ? 'right' : 'outdated'
        }
      }
      return 'wrong'
    },
    async canVerify(stored) {
      const hash = parsePasswordHash(stored)
      if (hash === undefined || !hasPepper(hash, peppers)) return false
      if (hash.scheme === 'argon2') return (await engines.argon2()) !== undefined
      return hash.scheme !== 'bcrypt' || (await engines.verifyBcrypt()) !== undefined
    },
  }
}

interface Engines {
  argon2(): Promise<Argon2Engine | undefined>
  verifyBcrypt(): Promise<VerifyBcrypt | undefined>
  readonly peppers: ReadonlyMap<string, Uint8Array>
}

async function matches(password: Uint8Array, hash: PasswordHash, engines: Engines): Promise<boolean> {
  if (hash.scheme === 'bcrypt') {
    const verifyBcrypt = await engines.verifyBcrypt()
    if (verifyBcrypt === undefined) throw new MissingEngine('bcrypt', '@node-rs/bcrypt')
    return verifyBcrypt(password, hash)
  }
  // Both have the length of the stored digest.
  return timingSafeEqual(await derive(password, hash, engines), hash.digest)
}

type Derived = Exclude<PasswordHash, { scheme: 'bcrypt' }>

async function derive(typed: Uint8Array, hash: Derived, engines: Engines): Promise<Uint8Array> {
  const pepper = hash.pepperId === undefined ? undefined : engines.peppers.get(hash.pepperId)
  const password = pepper === undefined ? typed : createHmac('sha256', pepper).update(typed).digest()
  const length = hash.digest.length
  switch (hash.scheme) {
    case 'argon2': {
      const argon2 = await engines.argon2()
      if (argon2 === undefined) throw new MissingEngine('Argon2', '@node-rs/argon2')
      return argon2.derive({ ...hash, password, length })
    }
    case 'scrypt':
      return deriveScrypt({ ...hash, password, length })
    case 'pbkdf2':
      return derivePbkdf2({ ...hash, password, length })
  }
}

function hasPepper(hash: PasswordHash, peppers: ReadonlyMap<string, Uint8Array>): boolean {
  return hash.pepperId === undefined || peppers.has(hash.pepperId)
}

/** Whether a hash is at least as strong as one made now would be. */
function isCurrent(hash: PasswordHash, now: PasswordHash): boolean {
  if (hash.pepperId !== now.pepperId) return false
  if (hash.scheme === 'argon2' && now.scheme === 'argon2') {
    if (hash.variant !== now.variant || hash.salt.length < 16 || hash.digest.length < 32) return false
    return hash.memory >= now.memory && hash.passes >= now.passes
  }
  if (hash.scheme === 'scrypt' && now.scheme === 'scrypt') {
    return hash.cost >= now.cost && hash.blockSize >= now.blockSize
  }
  return false
}

function costOf(options: HashingOptions): { memory: number; passes: number; parallelism: number } {
  const parallelism = whole('hashing.parallelism', options.parallelism ?? 1, 1, 16)
  const passes = whole('hashing.passes', options.passes ?? 2, 1, 64)
  // With one pass, less than 46 MiB is cheaper to attack than the default.
  const memory = whole(
    'hashing.memory',
    options.memory ?? 19_456,
    passes === 1 ? 47_104 : 19_456,
    limits.memory,
  )
  if (memory * passes > limits.memoryPasses) {
    throw new TypeError(`hashing.memory times hashing.passes must be at most ${limits.memoryPasses} KiB`)
  }
  return { memory, passes, parallelism }
}

/** The peppers by their ids. An id names a pepper in a stored hash, and tells nothing about one that is random. */
function peppersOf(option: HashingOptions['pepper']): ReadonlyMap<string, Uint8Array> {
  const list: readonly Pepper[] =
    option === undefined ? [] : typeof option === 'string' || option instanceof Uint8Array ? [option] : option
  const peppers = new Map<string, Uint8Array>()
  for (const pepper of list) {
    const secret = typeof pepper === 'string' ? Buffer.from(pepper) : pepper
    if (secret.length < 16)
      throw new TypeError('hashing.pepper must have 16 bytes or more, for example 32 random ones')
    const id = createHmac('sha256', secret).update('gatewright pepper id').digest('base64').slice(0, 8)
    peppers.set(id, secret)
  }
  return peppers
}

/** What is loaded at the first call, and kept. */
function once<Value>(load: () => Promise<Value>): () => Promise<Value> {
  let loaded: Promise<Value> | undefined
  return () => (loaded ??= load())
}

function pepperField(pepperId: string | undefined): { pepperId?: string } {
  return pepperId === undefined ? {} : { pepperId }
}
