/** The port of authorization codes (RFC 6749 §4.1). */

import type { AuditEvent } from './audit.ts'
import type { JsonObject } from './json.ts'
import type { Issued, NewGrant, StoredGrant } from './grants.ts'

/** After so many failures a code is dead: whoever guesses verifiers gets no more tries. */
export const codeFailureLimit = 5

/** A code to be made. */
export interface NewCode {
  /** SHA-256 of the whole code, as base64url. */
  readonly hash: string
  readonly grantId: string
  readonly clientId: string
  readonly subject: string
  /** As it was asked for: redemption compares it (RFC 6749 §4.1.3). */
  readonly redirectUri: string
  /** S256 (RFC 7636 §4.2). Missing only for a client that is exempt. */
  readonly codeChallenge?: string
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
  readonly nonce?: string
  /** The key that redemption must prove (RFC 9449 §10). */
  readonly dpopJkt?: string
  /** When the user logged in, in milliseconds since 1970. */
  readonly authTime: number
  readonly sessionId?: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
  /** Milliseconds since 1970; a minute or so later. */
  readonly expiresAt: number
  /** What the server wants to have at redemption (`acr`, `amr`, requested claims). */
  readonly data?: JsonObject
}

/** What else happens in the step that makes a code. */
export interface CodeContext {
  /** The hash of the pushed request that the code answers: it is used up (RFC 9126 §7.3). */
  readonly pushedRequest?: string
  /** The flow of a browser that ends in this code: it is used up. */
  readonly flow?: { readonly hash: string; readonly browserHash: string }
  /** How long the grant is remembered at least, in milliseconds since 1970; as long as what is under it unless told. */
  readonly keepGrantUntil?: number
  readonly audit?: readonly AuditEvent[]
}

/** A code as it is found. */
export interface FoundCode extends NewCode {
  /** Wrong verifiers, redirect URIs and keys so far. */
  readonly failures: number
  /** When it was redeemed. */
  readonly usedAt?: number
  /** What its redemption made. */
  readonly familyId?: string
  readonly grant: StoredGrant
  /**
   * - `live`: {@link CodeStore.redeemCode} would succeed.
   * - `spent`: redeemed, and what it made may be alive: a second use that passes every check revokes it.
   * - `failed`: {@link codeFailureLimit} is reached.
   * - `expired`.
   * - `revoked`: the grant is not alive. It goes before all others.
   */
  readonly status: 'live' | 'spent' | 'failed' | 'expired' | 'revoked'
}

/** Where codes are kept. A spent code stays for as long as what it made can live, so that its reuse is noticed. */
export interface CodeStore {
  /**
   * Keeps a code, and makes its grant, or renews the grant of this id: its scopes and resources become those given.
   * `gone`, and nothing is written, when the client or the subject is not alive, when the grant is revoked or
   * another's, when the pushed request is used, expired or another client's, or when the flow is used, expired or another
   * browser's. Of many codes for one pushed request, or for one flow, one is saved.
   *
   * @throws DatabaseError `conflict` when there is a code with this hash, which cannot happen with random codes.
   */
  saveCode(code: NewCode, grant: NewGrant, context?: CodeContext): Promise<'saved' | 'gone'>
  /** The code with this hash in whatever state, without changing it. For every check before redemption. */
  findCode(hash: string, now: number): Promise<FoundCode | undefined>
  /**
   * Counts a try that did not fit. Answers how many there were, this one included, and `undefined` without such a code.
   * A spent code is not counted any more. A hundred tries at once count a hundred.
   */
  countCodeFailure(hash: string): Promise<number | undefined>
  /**
   * Redeems a code and writes what is issued, in one transaction. Of many callers at once, in any number of
   * processes, exactly one is told `redeemed`; it is told so after the commit. The others wait for that commit and are
   * told `spent`, and nothing of theirs is written.
   *
   * `gone`: unknown, expired, failed out, or the grant is not alive. Nothing is written, and the code stays as it is.
   */
  redeemCode(hash: string, now: number, issued: Issued): Promise<'redeemed' | 'spent' | 'gone'>
}
