/** The port of pushed authorization requests (RFC 9126). */

import type { JsonObject } from './json.ts'

/** A pushed request to be kept. */
export interface NewPushedRequest {
  /** SHA-256 of the whole `request_uri`, as base64url. */
  readonly hash: string
  readonly clientId: string
  /** What was pushed, checked. */
  readonly parameters: JsonObject
  /** Milliseconds since 1970. */
  readonly createdAt: number
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

/** A pushed request as it is found. */
export interface FoundPushedRequest extends NewPushedRequest {
  /** `spent`: an authorization was made of it. */
  readonly status: 'live' | 'spent' | 'expired'
}

/** Where pushed requests are kept. The browser may come back to one until it is spent, as with a reload. */
export interface PushedRequestStore {
  /** Keeps a request. `gone` when the client is not alive. */
  savePushedRequest(request: NewPushedRequest): Promise<'saved' | 'gone'>
  /** The request with this hash, without using it up. */
  findPushedRequest(hash: string, now: number): Promise<FoundPushedRequest | undefined>
  /**
   * Uses a request up: `true` for one caller. Where a code comes of it, {@link CodeStore.saveCode} does this in its own
   * transaction; this is for an authorization that ends in an error.
   */
  consumePushedRequest(hash: string, clientId: string, now: number): Promise<boolean>
}
