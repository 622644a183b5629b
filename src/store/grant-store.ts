/** The port of the authorization server's state: what it issues, consumes and revokes, as operations that the database makes atomic. */

import type { AccessTokenStore } from './ports/access-tokens.ts'
import type { AuditStore } from './ports/audit.ts'
import type { AuthenticatorStore } from './ports/authenticators.ts'
import type { ClientStore } from './ports/clients.ts'
import type { CodeStore } from './ports/codes.ts'
import type { DeviceCodeStore } from './ports/device-codes.ts'
import type { FlowStore } from './ports/flows.ts'
import type { GrantsStore } from './ports/grants.ts'
import type { PushedRequestStore } from './ports/pushed-requests.ts'
import type { RateLimitStore } from './ports/rate-limits.ts'
import type { RefreshTokenStore } from './ports/refresh-tokens.ts'
import type { RevocationStore } from './ports/revocations.ts'
import type { SessionStore } from './ports/sessions.ts'
import type { SigningKeyStore } from './ports/signing-keys.ts'
import type { SingleUseStore } from './ports/single-use.ts'

/**
 * Where an authorization server keeps its state. Four things hold for every operation:
 *
 * - It is one step for everybody else, in this process and in others, and it is on the disk when its promise resolves.
 *   When it rejects, nothing of it is there, except after a broken connection, when it may be: ask again.
 * - Times are whole milliseconds since 1970 and come from the caller. Something that expires at a moment is expired at it.
 * - Secrets come as hashes, SHA-256 as base64url. The store never sees a code or a token.
 * - It rejects with a `DatabaseError`, whose `isTransient` says whether to try again.
 *
 * Every store passes the suite in `grant-conformance.ts`.
 */
export interface GrantStore
  extends
    ClientStore,
    GrantsStore,
    CodeStore,
    RefreshTokenStore,
    AccessTokenStore,
    RevocationStore,
    SingleUseStore,
    DeviceCodeStore,
    PushedRequestStore,
    SigningKeyStore,
    RateLimitStore,
    AuditStore,
    SessionStore,
    FlowStore,
    AuthenticatorStore {
  /**
   * Takes away what can mean nothing any more, at most `limit` rows of each kind, each kind in a short transaction of its
   * own that waits for nobody. Answers how many rows went: call again while it is not 0. A used refresh token stays until
   * the absolute end of its family and a spent code with it, so that their reuse is always noticed.
   *
   * @param now Milliseconds since 1970.
   * @param limit Rows of each kind, 500 unless told.
   */
  purge(now: number, limit?: number, options?: PurgeOptions): Promise<number>
  /** Gives back what the store holds open. */
  close(): Promise<void>
}

/** What else a purge takes away. */
export interface PurgeOptions {
  /** Audit events before this moment, in milliseconds since 1970. None unless told. */
  readonly auditBefore?: number
}

export { codeFailureLimit } from './ports/codes.ts'
export { pollTolerance, slowDownStep } from './ports/device-codes.ts'
export type { AccessTokenStore, FoundAccessToken, NewAccessToken } from './ports/access-tokens.ts'
export type { AuditEvent, AuditPage, AuditStore, StoredAuditEvent } from './ports/audit.ts'
export { authenticatorLimit } from './ports/authenticators.ts'
export type {
  AuthenticatorKind,
  AuthenticatorStore,
  NewAuthenticator,
  StoredAuthenticator,
} from './ports/authenticators.ts'
export type {
  ClientPage,
  ClientRecord,
  ClientStore,
  NewClient,
  StoredClient,
  StoredSecret,
} from './ports/clients.ts'
export type { CodeContext, CodeStore, FoundCode, NewCode } from './ports/codes.ts'
export type {
  Approval,
  DeviceCodeStore,
  DeviceDecision,
  DevicePoll,
  FoundDeviceCode,
  NewDeviceCode,
} from './ports/device-codes.ts'
export type {
  GrantPage,
  GrantsStore,
  Issue,
  Issued,
  NewFamily,
  NewGrant,
  NewRefreshToken,
  StoredFamily,
  SessionFamily,
  StoredGrant,
} from './ports/grants.ts'
export type { FlowProof, FlowStore, NewFlow, StoredFlow } from './ports/flows.ts'
export { flowLimit } from './ports/flows.ts'
export type { JsonObject } from './ports/json.ts'
export type { FoundPushedRequest, NewPushedRequest, PushedRequestStore } from './ports/pushed-requests.ts'
export type { RateLimit, RateLimitState, RateLimitStore } from './ports/rate-limits.ts'
export type { FoundRefreshToken, RefreshTokenStore, Rotation } from './ports/refresh-tokens.ts'
export type {
  RevocableToken,
  Revocation,
  RevocationKind,
  RevocationStore,
  Revoking,
  TokenToRevoke,
} from './ports/revocations.ts'
export type {
  NewSession,
  SessionStart,
  SessionStore,
  SessionsToEnd,
  StoredSession,
} from './ports/sessions.ts'
export type { KeyRotation, NewSigningKey, SigningKeyStore, StoredSigningKey } from './ports/signing-keys.ts'
export type { SingleUseStore } from './ports/single-use.ts'
