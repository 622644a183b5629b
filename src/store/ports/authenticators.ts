/** The port of authenticators: what a person proves who they are with besides a password. */

import type { AuditEvent } from './audit.ts'
import type { WaysIn } from './identities.ts'
import type { Revoking } from './revocations.ts'

/** What it is. A recovery code is one of a set, and goes when it is used. */
export type AuthenticatorKind = 'totp' | 'passkey' | 'recovery'

/** How many an account may have, recovery codes not counted. */
export const authenticatorLimit = 20

/** An authenticator to be kept. */
export interface NewAuthenticator {
  readonly id: string
  /** The id of the account. */
  readonly subject: string
  readonly kind: AuthenticatorKind
  /** What its owner calls it. */
  readonly name: string
  /** What it is found by, unique among all: the id of a passkey, the hash of a recovery code. */
  readonly lookup?: string
  /** What it is checked with: a sealed seed, a public key. Opaque here. */
  readonly data: string
  /** What only rises: the last time step of a code, the signature counter of a passkey. */
  readonly counter: number
  /** Milliseconds since 1970. */
  readonly createdAt: number
}

/** An authenticator as it is found. */
export interface StoredAuthenticator extends NewAuthenticator {
  /** Milliseconds since 1970. */
  readonly lastUsedAt?: number
}

/** Where authenticators are kept. They go with their account, and are good for nothing while it is disabled. */
export interface AuthenticatorStore {
  /**
   * Adds one. `taken` when its `lookup` is known, whoever's it is; `full` beyond {@link authenticatorLimit}; `gone` when the
   * account is not alive.
   */
  addAuthenticator(
    authenticator: NewAuthenticator,
    audit?: readonly AuditEvent[],
  ): Promise<'added' | 'taken' | 'full' | 'gone'>
  /** All of an account, the oldest first; none while it is not alive. */
  listAuthenticators(subject: string): Promise<readonly StoredAuthenticator[]>
  /** The one with this `lookup`, if its account is alive. */
  findAuthenticator(lookup: string): Promise<StoredAuthenticator | undefined>
  /**
   * Moves the counter up: `true` for one caller of all that come with the same number, and never for a lower one. A passkey
   * that does not count stays at 0, which is then good any number of times.
   */
  advanceAuthenticator(id: string, counter: number, now: number): Promise<boolean>
  /** Gives it another name. Answers whether there was one of this account. */
  renameAuthenticator(id: string, subject: string, name: string): Promise<boolean>
  /**
   * Removes one of this account. `gone` when there is none; `last`, where it is told what there is to log in with, for a passkey
   * without which nobody could log in to the account. The audit is written only when it is removed.
   */
  removeAuthenticator(
    id: string,
    subject: string,
    options?: { readonly ways?: WaysIn; readonly audit?: readonly AuditEvent[] },
  ): Promise<'removed' | 'last' | 'gone'>
  /**
   * Removes all of an account, recovery codes included, and ends what it was given as `revokeSubject` does, in one
   * transaction: no login that one of them opened outlives it. Always logged.
   */
  removeAuthenticators(subject: string, revoking: Revoking): Promise<boolean>
  /** Uses a recovery code of this account up: `true` for one caller of all. */
  useRecoveryCode(lookup: string, subject: string, audit?: readonly AuditEvent[]): Promise<boolean>
  /** Puts new recovery codes in the place of all that the account had. `gone` when it is not alive. */
  replaceRecoveryCodes(
    subject: string,
    codes: readonly NewAuthenticator[],
    audit?: readonly AuditEvent[],
  ): Promise<'replaced' | 'gone'>
}
