/** The port of login sessions: which browser is whose, and until when. */

import type { AuditEvent } from './audit.ts'

/** A session to be started. */
export interface NewSession {
  /** SHA-256 of what the cookie holds, as base64url. */
  readonly hash: string
  /** Its name in lists, in `sid` claims and on codes. It opens nothing, and stays when the cookie is replaced. */
  readonly id: string
  /** The id of the account. */
  readonly subject: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
  /** When the person last proved who they are, in milliseconds since 1970. */
  readonly authTime: number
  /** How they did (RFC 8176). */
  readonly methods: readonly string[]
  /** The idle end, in milliseconds since 1970: it moves with each use. */
  readonly idleUntil: number
  /** The absolute end, in milliseconds since 1970. */
  readonly expiresAt: number
  /** Where it was started from, to be shown to its owner. */
  readonly address?: string
  readonly userAgent?: string
}

/** A session as it is found. */
export interface StoredSession extends NewSession {
  /** About when it was last used (to the minute), in milliseconds since 1970. */
  readonly lastSeenAt: number
}

/** What goes with the start of a session. */
export interface SessionStart {
  /** The hash of the cookie that the browser had: that session ends in the same step. */
  readonly replaces?: string
  /** Whether the replaced session has to be there still: nothing is started from one that was ended meanwhile. */
  readonly isContinued?: boolean
  /** The flow in which this person has shown one factor before: what it knows of that is used up. */
  readonly proof?: { readonly hash: string; readonly browserHash: string }
  readonly audit?: readonly AuditEvent[]
}

/** Where login sessions are kept. A session is alive until its idle or absolute end, while its account is alive. */
export interface SessionStore {
  /**
   * Starts a session, and ends the one it replaces. `gone`, and nothing is written, when the account is not alive, its password
   * was shown (`pwd`) and has to be changed first, the session to be continued is not there, or the flow of `proof` does not know this person (any more): of many sessions from one proof one is started.
   */
  startSession(session: NewSession, start?: SessionStart): Promise<'started' | 'gone'>
  /** The session that is alive under this hash. */
  findSession(hash: string, now: number): Promise<StoredSession | undefined>
  /** Moves the idle end of a session that is alive. Writes at most once a minute. */
  touchSession(hash: string, now: number, idleUntil: number): Promise<void>
  /** The sessions of an account that are alive, the latest first, at most 100. */
  listSessions(subject: string, now: number): Promise<readonly StoredSession[]>
  /** Ends a session of this account. Answers whether there was one; the audit is written only then. */
  endSession(id: string, subject: string, audit?: readonly AuditEvent[]): Promise<boolean>
  /** Ends all sessions of an account, but the one with the id `except`. Answers how many there were. */
  endSessions(subject: string, options?: SessionsToEnd): Promise<number>
}

/** Which of an account's sessions end. */
export interface SessionsToEnd {
  /** The id of a session that goes on. */
  readonly except?: string
  /** Written only if a session ended. */
  readonly audit?: readonly AuditEvent[]
}
