/** The port of the audit log: what was decided, for whom, and when. */

import type { JsonObject } from './json.ts'

/** One security decision. It never holds a secret, nor the hash of one. */
export interface AuditEvent {
  /** Milliseconds since 1970. */
  readonly at: number
  /** What happened, as in `refresh_token.reused`. A closed union of the server; the store takes any text. */
  readonly type: string
  readonly clientId?: string
  readonly subject?: string
  readonly grantId?: string
  /** Where the request came from. */
  readonly address?: string
  /** What links the events and log lines of one request. */
  readonly requestId?: string
  readonly details?: JsonObject
}

/** An event as it is stored. */
export interface StoredAuditEvent extends AuditEvent {
  /** A later event has a higher number. */
  readonly number: number
}

/** Which events to list, the latest first. All conditions hold together. */
export interface AuditPage {
  /** The number of the last event of the page before. */
  readonly before?: number
  readonly limit: number
  readonly type?: string
  readonly clientId?: string
  readonly subject?: string
  /** Milliseconds since 1970, included. */
  readonly from?: number
  /** Milliseconds since 1970, not included. */
  readonly to?: number
}

/** Where audit events are kept. Most are written by the operation that they are about, in its transaction. */
export interface AuditStore {
  /** Adds events that belong to no other operation: all of them, or none when it fails. */
  appendAudit(events: readonly AuditEvent[]): Promise<void>
  /** A page of the log. */
  listAudit(page: AuditPage): Promise<readonly StoredAuditEvent[]>
}
