/** The port of flows: what a browser has begun and a person has not finished yet. */

import type { JsonObject } from './json.ts'

/** How many flows a browser may have open: with one more, its oldest goes. */
export const flowLimit = 30

/** A flow to be begun. */
export interface NewFlow {
  /** SHA-256 of its name in addresses, as base64url. */
  readonly hash: string
  /** SHA-256 of the browser's cookie, as base64url: in another browser the flow does not exist. */
  readonly browserHash: string
  /** What it is about; opaque here. */
  readonly data: JsonObject
  /** Milliseconds since 1970. */
  readonly createdAt: number
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

/** Who has shown one factor of two in a flow. Nothing but the flow knows of it. */
export interface FlowProof {
  /** The id of the account. */
  readonly subject: string
  /** What was shown (RFC 8176). */
  readonly methods: readonly string[]
  /** When, in milliseconds since 1970. */
  readonly at: number
}

/** A flow as it is found. */
export interface StoredFlow extends NewFlow {
  readonly proof?: FlowProof
}

/** What a flow was about, as it was found, and is about from now on. */
export interface FlowChange {
  readonly from: JsonObject
  readonly to: JsonObject
}

/**
 * Where flows are kept. A flow that ends in a code is used up by {@link CodeStore.saveCode} in its own transaction; one that
 * ends otherwise by `consumeFlow`.
 */
export interface FlowStore {
  /** Keeps a flow, and drops the oldest of this browser beyond {@link flowLimit}. */
  saveFlow(flow: NewFlow): Promise<void>
  /** The flow with this hash, if it is this browser's, not used and not expired. */
  findFlow(hash: string, browserHash: string, now: number): Promise<StoredFlow | undefined>
  /**
   * Writes something else in the place of what a flow is about, if that is still what it was: of several at once one is
   * answered `true`. `false` as well for a flow that `findFlow` would not find.
   */
  changeFlow(hash: string, browserHash: string, change: FlowChange, now: number): Promise<boolean>
  /** Uses a flow up: `true` for one caller of all. */
  consumeFlow(hash: string, browserHash: string, now: number): Promise<boolean>
  /**
   * Writes down who has shown one factor, in the place of whoever had before. `false` when the flow is not there or the
   * account is not alive. It goes when a session is started from it, and with everything else of the person when
   * {@link RevocationStore.revokeSubject} says so.
   */
  proveFlow(hash: string, browserHash: string, proof: FlowProof, now: number): Promise<boolean>
}
