/** The port of device codes (RFC 8628). */

import type { AuditEvent } from './audit.ts'
import type { JsonObject } from './json.ts'
import type { Issued, NewGrant, StoredGrant } from './grants.ts'

/** By how much `slow_down` lengthens the interval (RFC 8628 §3.5), in milliseconds. */
export const slowDownStep = 5000

/** By how much a poll may come early without being too fast, in milliseconds: networks are not clocks. */
export const pollTolerance = 500

/** A device code to be made. */
export interface NewDeviceCode {
  /** SHA-256 of the device code, as base64url. */
  readonly hash: string
  /** SHA-256 of the user code without its separators, in its one spelling. */
  readonly userCodeHash: string
  readonly clientId: string
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
  readonly dpopJkt?: string
  /** The least time between two polls, in milliseconds. */
  readonly interval: number
  /** Milliseconds since 1970. */
  readonly createdAt: number
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  readonly data?: JsonObject
}

/** What an approval adds, for the tokens. */
export interface Approval {
  readonly approved: true
  /** Made, or renewed, in the same step. */
  readonly grant: NewGrant
  /** When the user logged in, in milliseconds since 1970. */
  readonly authTime: number
  readonly sessionId?: string
  /** For the tokens, in the place of what the code was made with. */
  readonly data?: JsonObject
  readonly audit?: readonly AuditEvent[]
}

/** What a person decided. */
export type DeviceDecision = Approval | { readonly approved: false; readonly audit?: readonly AuditEvent[] }

/** A device code as it is found. */
export interface FoundDeviceCode extends NewDeviceCode {
  /** The session that entered the user code first. */
  readonly owner?: string
  readonly authTime?: number
  readonly sessionId?: string
  /** The grant of an approval. */
  readonly grant?: StoredGrant
  /** What its redemption made. */
  readonly familyId?: string
  /**
   * - `pending`: nobody has decided.
   * - `approved`: {@link DeviceCodeStore.redeemDevice} would succeed.
   * - `denied`.
   * - `spent`: redeemed.
   * - `expired`.
   * - `revoked`: approved, but the grant is not alive any more; or the client is not. It goes before all others.
   */
  readonly status: 'pending' | 'approved' | 'denied' | 'spent' | 'expired' | 'revoked'
}

/** What a poll finds. */
export interface DevicePoll {
  /** The state of the code; `slow_down` is `pending`, asked too soon. */
  readonly status: FoundDeviceCode['status'] | 'slow_down'
  /** The least time to the next poll, in milliseconds, after `slow_down` the longer one. */
  readonly interval: number
  readonly device: FoundDeviceCode
}

/** Where device codes are kept. A spent one stays for as long as what it made can live. */
export interface DeviceCodeStore {
  /**
   * Keeps a device code. `taken` when the user code (or the device code) is in use: draw another one. `gone` when the
   * client is not alive.
   */
  saveDevice(device: NewDeviceCode, audit?: readonly AuditEvent[]): Promise<'saved' | 'taken' | 'gone'>
  /** The device code with this hash in whatever state, without counting as a poll. For every check before. */
  findDevice(hash: string, now: number): Promise<FoundDeviceCode | undefined>
  /** The device code that this user code is for. */
  findDeviceByUserCode(userCodeHash: string, now: number): Promise<FoundDeviceCode | undefined>
  /**
   * Gives a pending code to the first session that enters it. `undefined` when it is another's or not pending; the owner
   * may ask again. Of many sessions at once, one owns it.
   */
  claimDevice(userCodeHash: string, owner: string, now: number): Promise<FoundDeviceCode | undefined>
  /**
   * Writes down what the owner decided, once. `gone`, and nothing is written, when somebody else owns the code, when it
   * is not pending any more, or when the grant cannot be made because client or subject is not alive.
   */
  decideDevice(
    userCodeHash: string,
    owner: string,
    decision: DeviceDecision,
    now: number,
  ): Promise<'decided' | 'gone'>
  /**
   * Counts a poll and says how things stand, in one step: of many polls at once, one is in time and the others are told
   * to slow down, each lengthening the interval by {@link slowDownStep}. Only a pending code is counted.
   */
  pollDevice(hash: string, now: number): Promise<DevicePoll | undefined>
  /**
   * Redeems an approved code and writes what is issued, in one transaction, with the promise of
   * {@link CodeStore.redeemCode}: one of many is told `redeemed`.
   */
  redeemDevice(hash: string, now: number, issued: Issued): Promise<'redeemed' | 'spent' | 'gone'>
}
