/** The port of the clients that may ask for tokens. */

import type { JsonObject } from './json.ts'
import type { Revoking } from './revocations.ts'

/** A client secret, as its hash. */
export interface StoredSecret {
  /** SHA-256 as base64url. */
  readonly hash: string
  /** When it stops being accepted, in milliseconds since 1970; for ever unless told. */
  readonly expiresAt?: number
}

/** What is known about a client, apart from its name and its history. */
export interface ClientRecord {
  /** Who made it: the options of the server, an administrator, the registration endpoint, or a document at its address. */
  readonly source: 'code' | 'admin' | 'registered' | 'document'
  /** The metadata of RFC 7591 §2, and what the server adds. No secret belongs here. */
  readonly metadata: JsonObject
  /** At most two, so that one can be replaced while the other still works. */
  readonly secrets: readonly StoredSecret[]
  /** The hash of the registration access token (RFC 7592 §1). */
  readonly registrationTokenHash?: string
  /** A disabled client gets nothing, and what it has is dead until it is enabled again. */
  readonly disabled: boolean
}

/** A client to be added. */
export interface NewClient extends ClientRecord {
  /** Its `client_id`. */
  readonly id: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
}

/** A client as it is stored. */
export interface StoredClient extends NewClient {
  /** 1 at first, and one more with each replacement. */
  readonly version: number
  /** About when it last was given something (to the minute), in milliseconds since 1970. */
  readonly lastUsedAt?: number
}

/** A page of the list of clients. */
export interface ClientPage {
  /** The id of the last client of the page before. */
  readonly after?: string
  readonly limit: number
  /** Only those made by this source. */
  readonly source?: ClientRecord['source']
}

/** Where clients are kept. */
export interface ClientStore {
  /** Adds a client. `false`, and nothing is added, when the id is taken: of many callers at once, one adds it. */
  createClient(client: NewClient): Promise<boolean>
  /** The client with this id, disabled ones too. */
  getClient(id: string): Promise<StoredClient | undefined>
  /** Clients in the order of their ids. */
  listClients(page: ClientPage): Promise<readonly StoredClient[]>
  /**
   * Replaces the whole record, if the client still has the version that the caller has read. Of many callers with one
   * version, one replaces; the others are told `stale` and should read again.
   */
  replaceClient(id: string, version: number, record: ClientRecord): Promise<'replaced' | 'stale' | 'gone'>
  /** Notes that a client was used. Writes at most once a minute, and never changes the version. */
  touchClient(id: string, now: number): Promise<void>
  /**
   * Removes a client with everything that was made for it (grants, families, tokens, codes, device codes, pushed
   * requests) and records the revocation, in one step. Answers whether there was one. Work for this client that
   * runs at the same moment ends before the removal, and is removed with it, or finds the client gone.
   */
  removeClient(id: string, revoking: Revoking): Promise<boolean>
}
