/** bcrypt, only to verify hashes that other software wrote, and the ways that software prepares a password for it. */

import { createHash, createHmac } from 'node:crypto'

/**
 * How the password becomes what bcrypt sees. bcrypt itself ignores everything after 72 bytes; the other ways exist
 * to get around that.
 */
type BcryptPreparation = 'none' | 'sha256-hex' | 'sha256-base64' | 'hmac-sha256-base64'

/** A stored bcrypt hash. */
export interface BcryptHash {
  /** `$2b$12$` and 53 characters. */
  readonly text: string
  readonly preparation: BcryptPreparation
}

/** Verifies a password against a bcrypt hash. */
export type VerifyBcrypt = (password: Uint8Array, stored: BcryptHash) => Promise<boolean>

/** Finds the bcrypt engine: the optional package `@node-rs/bcrypt`, or `undefined` where it is not installed. */
export async function loadBcrypt(): Promise<VerifyBcrypt | undefined> {
  const bcrypt = await import('@node-rs/bcrypt').catch(() => undefined)
  if (bcrypt === undefined) return undefined
  return (password, stored) => bcrypt.verify(prepare(password, stored), stored.text)
}

function prepare(password: Uint8Array, { text, preparation }: BcryptHash): Uint8Array {
  switch (preparation) {
    // Django's bcrypt_sha256.
    case 'sha256-hex':
      return Buffer.from(createHash('sha256').update(password).digest('hex'))
    // passlib's bcrypt_sha256, first version.
    case 'sha256-base64':
      return Buffer.from(createHash('sha256').update(password).digest('base64'))
    // passlib's bcrypt_sha256, second version: keyed with the 22 characters of the salt.
    case 'hmac-sha256-base64':
      return Buffer.from(createHmac('sha256', text.slice(7, 29)).update(password).digest('base64'))
    case 'none':
      return password
  }
}
