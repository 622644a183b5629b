/** The port of the links that are sent by mail: each is used once, and what it is for happens in the same step. */

import type { StoredAccount } from '../store.ts'
import type { AuditEvent } from './audit.ts'
import type { JsonObject } from './json.ts'
import type { Revoking } from './revocations.ts'

/** What a link is for: making an account, setting another password, or another address. */
export type AccountTokenPurpose = 'sign_up' | 'reset' | 'email'

/** A token to be kept. */
export interface NewAccountToken {
  /** SHA-256 of the token, as base64url. */
  readonly hash: string
  readonly purpose: AccountTokenPurpose
  /** The id of the account; missing for a sign-up, which is about the address itself. */
  readonly subject?: string
  /** The address that the token is sent to. Nothing else can come of it. */
  readonly email: string
  /** What the server wants to have again; opaque here. */
  readonly data: JsonObject
  /** Milliseconds since 1970. */
  readonly createdAt: number
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

/** What becomes of a token: `spent` for one that was used, replaced or is too old; then nothing is written. */
export type AccountTokenUse = 'done' | 'spent' | 'taken'

/** The account of a sign-up: its address is the one of the token, and it is verified by it. */
export type SignedUpAccount = Omit<StoredAccount, 'email' | 'emailVerified'>

/**
 * Where the tokens of links are kept, beside the accounts. Of many uses of one token at once, one succeeds. A token is
 * worth nothing once another password or address is set in any way, or the account is disabled or removed.
 */
export interface AccountTokenStore {
  /**
   * Keeps a token in place of the one before it for the same purpose and account (of a sign-up: the same address). Answers
   * `false`, and keeps nothing, when the account is not there or disabled.
   */
  saveAccountToken(token: NewAccountToken): Promise<boolean>
  /** The token with this hash, if it is good for any of these purposes. */
  findAccountToken(
    hash: string,
    purposes: readonly AccountTokenPurpose[],
    now: number,
  ): Promise<NewAccountToken | undefined>
  /** Uses a sign-up's token up and adds the account. `taken`: its username or address is somebody's; nothing changes. */
  signUp(
    hash: string,
    now: number,
    account: SignedUpAccount,
    audit?: readonly AuditEvent[],
  ): Promise<AccountTokenUse>
  /**
   * Uses a token up and sets the password hash. Every session, grant and token of the account ends, and every other link.
   * `spent` as well when the account has another address by now.
   */
  resetPassword(hash: string, passwordHash: string, revoking: Revoking): Promise<'done' | 'spent'>
  /**
   * Uses a token up and sets the address that it was sent to, verified. A username that is the address follows it. Links
   * that went to the old address are worth nothing. `taken`: the address is somebody else's by now; nothing changes.
   */
  changeEmail(hash: string, now: number, audit?: readonly AuditEvent[]): Promise<AccountTokenUse>
}
