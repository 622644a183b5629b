/**
 * Stored password hashes as text: our own, and those that passlib, pwdlib and Django write. What costs more than a
 * login may cost is refused here, before any work.
 */

import type { Argon2Input } from './argon2.ts'
import type { BcryptHash } from './bcrypt.ts'
import type { Pbkdf2Input } from './pbkdf2.ts'
import { scryptMemory } from './scrypt.ts'
import type { ScryptInput } from './scrypt.ts'

/** What a digest was made with: everything but the password. */
type Made<Input> = Omit<Input, 'password' | 'length'> & {
  readonly digest: Uint8Array
  /** Which pepper went in; only our own hashes have one. */
  readonly pepperId?: string
}

/** A stored hash that can be verified. */
export type PasswordHash =
  | ({ readonly scheme: 'argon2' } & Made<Argon2Input>)
  | ({ readonly scheme: 'scrypt' } & Made<ScryptInput>)
  | ({ readonly scheme: 'pbkdf2' } & Made<Pbkdf2Input>)
  | ({ readonly scheme: 'bcrypt'; readonly pepperId?: string } & BcryptHash)

/** The most that verifying one hash may take. A row with more was not written by a sane program. */
export const limits = {
  /** 256 MiB for one hash, in KiB. */
  memory: 262_144,
  /** 1 GiB written over all passes, in KiB. */
  memoryPasses: 1_048_576,
  parallelism: 64,
  iterations: 5_000_000,
  bcryptCost: 16,
} as const

/**
 * Reads a stored hash.
 *
 * @returns `undefined` for what is not a hash, is of an unknown kind, or would cost too much to verify.
 */
export function parsePasswordHash(text: string): PasswordHash | undefined {
  if (text.length > 512) return undefined
  for (const read of readers) {
    const hash = read(text)
    if (hash !== undefined) return isAffordable(hash) ? hash : undefined
  }
  return undefined
}

/** Writes an Argon2 hash in the PHC string format. */
export function formatArgon2(hash: Extract<PasswordHash, { scheme: 'argon2' }>): string {
  const pepper = hash.pepperId === undefined ? '' : `,keyid=${hash.pepperId}`
  const parameters = `m=${hash.memory},t=${hash.passes},p=${hash.parallelism}${pepper}`
  return `$${hash.variant}$v=19$${parameters}$${base64(hash.salt)}$${base64(hash.digest)}`
}

/** Writes a scrypt hash in the PHC string format, as passlib does. */
export function formatScrypt(hash: Extract<PasswordHash, { scheme: 'scrypt' }>): string {
  const pepper = hash.pepperId === undefined ? '' : `,keyid=${hash.pepperId}`
  const parameters = `ln=${Math.log2(hash.cost)},r=${hash.blockSize},p=${hash.parallelism}${pepper}`
  return `$scrypt$${parameters}$${base64(hash.salt)}$${base64(hash.digest)}`
}

const number = '([1-9][0-9]{0,8})'
const b64 = '([A-Za-z0-9+/]+)'
const padded = '([A-Za-z0-9+/]+={0,2})'
// passlib writes a dot where base64 has a plus.
const ab64 = '([A-Za-z0-9./]+)'
const keyId = '(?:,keyid=([A-Za-z0-9+/]{1,32}))?'
const bcrypt = '(\\$2[aby]\\$([0-9]{2})\\$[./A-Za-z0-9]{53})'

type Groups = readonly (string | undefined)[]

function reader(pattern: string, build: (groups: Groups) => PasswordHash | undefined) {
  const expression = new RegExp(`^${pattern}$`)
  return (text: string): PasswordHash | undefined => {
    const match = expression.exec(text)
    return match === null ? undefined : build(match.slice(1))
  }
}

const readers: readonly ((text: string) => PasswordHash | undefined)[] = [
  // PHC: ours, passlib, pwdlib; with Django's `argon2` in front.
  reader(
    `(?:argon2)?\\$(argon2id|argon2i|argon2d)\\$v=19\\$m=${number},t=${number},p=${number}${keyId}\\$${b64}\\$${b64}`,
    ([variant, memory, passes, parallelism, pepperId, salt, digest]) => ({
      scheme: 'argon2',
      variant: variant as Argon2Input['variant'],
      memory: Number(memory),
      passes: Number(passes),
      parallelism: Number(parallelism),
      salt: bytes(salt),
      digest: bytes(digest),
      ...(pepperId !== undefined && { pepperId }),
    }),
  ),
  // PHC: ours, passlib.
  reader(
    `\\$scrypt\\$ln=([1-9][0-9]?),r=${number},p=${number}${keyId}\\$${b64}\\$${b64}`,
    ([log, blockSize, parallelism, pepperId, salt, digest]) => ({
      scheme: 'scrypt',
      cost: 2 ** Number(log),
      blockSize: Number(blockSize),
      parallelism: Number(parallelism),
      salt: bytes(salt),
      digest: bytes(digest),
      ...(pepperId !== undefined && { pepperId }),
    }),
  ),
  // Django.
  reader(
    `scrypt\\$${number}\\$([^$]+)\\$${number}\\$${number}\\$${padded}`,
    ([cost, salt, blockSize, parallelism, digest]) => ({
      scheme: 'scrypt',
      cost: Number(cost),
      blockSize: Number(blockSize),
      parallelism: Number(parallelism),
      salt: Buffer.from(salt ?? ''),
      digest: bytes(digest),
    }),
  ),
  // passlib. Its plain `pbkdf2` is SHA-1.
  reader(
    `\\$pbkdf2(|-sha256|-sha512)\\$${number}\\$${ab64}\\$${ab64}`,
    ([hash, iterations, salt, digest]) => ({
      scheme: 'pbkdf2',
      hash: hash === '-sha512' ? 'sha512' : hash === '-sha256' ? 'sha256' : 'sha1',
      iterations: Number(iterations),
      salt: bytes(salt?.replaceAll('.', '+')),
      digest: bytes(digest?.replaceAll('.', '+')),
    }),
  ),
  // Django.
  reader(`pbkdf2_(sha1|sha256)\\$${number}\\$([^$]+)\\$${padded}`, ([hash, iterations, salt, digest]) => ({
    scheme: 'pbkdf2',
    hash: hash as 'sha1' | 'sha256',
    iterations: Number(iterations),
    salt: Buffer.from(salt ?? ''),
    digest: bytes(digest),
  })),
  // Plain bcrypt: passlib, pwdlib; with Django's names in front.
  reader(`(|bcrypt\\$|bcrypt_sha256\\$)${bcrypt}`, ([name, text]) => ({
    scheme: 'bcrypt',
    text: text ?? '',
    preparation: name === 'bcrypt_sha256$' ? 'sha256-hex' : 'none',
  })),
  // passlib's bcrypt_sha256, in its two versions.
  reader(
    '\\$bcrypt-sha256\\$(v=2,t=)?(2[aby]),(?:r=)?([1-9][0-9]?)\\$([./A-Za-z0-9]{22})\\$([./A-Za-z0-9]{31})',
    ([second, ident, cost, salt, digest]) => ({
      scheme: 'bcrypt',
      text: `$${ident}$${cost?.padStart(2, '0')}$${salt}${digest}`,
      preparation: second === undefined ? 'sha256-base64' : 'hmac-sha256-base64',
    }),
  ),
]

function isAffordable(hash: PasswordHash): boolean {
  if (hash.scheme === 'bcrypt') {
    const cost = Number(hash.text.slice(4, 6))
    return cost >= 4 && cost <= limits.bcryptCost
  }
  // An empty digest would equal the empty digest of any password.
  if (hash.digest.length < 16 || hash.digest.length > 64 || hash.salt.length > 128) return false
  switch (hash.scheme) {
    case 'argon2': {
      const { memory, passes, parallelism, salt } = hash
      // RFC 9106 §3.1: at least 8 KiB for each lane, at least 8 bytes of salt.
      const isSound = memory >= 8 * parallelism && salt.length >= 8 && parallelism <= limits.parallelism
      return isSound && memory <= limits.memory && memory * passes <= limits.memoryPasses
    }
    case 'scrypt': {
      const { cost, blockSize, parallelism } = hash
      // RFC 7914 §2: N is a power of two above 1, and r times p stays below 2^30.
      const isSound = cost > 1 && Number.isInteger(Math.log2(cost)) && parallelism <= limits.parallelism
      const written = (128 * cost * blockSize * parallelism) / 1024
      return isSound && scryptMemory(hash) <= limits.memory * 1024 && written <= limits.memoryPasses
    }
    case 'pbkdf2':
      return hash.iterations <= limits.iterations
  }
}

function bytes(text = ''): Uint8Array {
  return Buffer.from(text, 'base64')
}

/** PHC strings have no padding. */
function base64(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64').replaceAll('=', '')
}
