/** Audit events: one for every security decision, without secrets, written with the decision itself. */

import type { AuditEvent as StoredEvent } from '../store/grant-store.ts'

/** What can happen: a closed union, so that whoever reads events can be exhaustive. */
export type AuditEventType =
  | 'account.created'
  | 'account.disabled'
  | 'account.email_changed'
  | 'account.password_changed'
  | 'account.provider_linked'
  | 'account.provider_unlinked'
  | 'account.profile_changed'
  | 'account.removed'
  | 'client.authentication_failed'
  | 'client.created'
  | 'client.removed'
  | 'client.secret_rotated'
  | 'client.updated'
  | 'code.issued'
  | 'code.redeemed'
  | 'code.refused'
  | 'code.reused'
  | 'consent.denied'
  | 'device.approved'
  | 'device.denied'
  | 'device.redeemed'
  | 'device.started'
  | 'family.revoked'
  | 'grant.revoked'
  | 'key.removed'
  | 'key.rotated'
  | 'link.requested'
  | 'login.failed'
  | 'login.succeeded'
  | 'refresh_token.refused'
  | 'refresh_token.reused'
  | 'refresh_token.rotated'
  | 'session.ended'
  | 'token.exchanged'
  | 'token.issued'
  | 'token.revoked'

/** One security decision. It never holds a secret, nor the hash of one. */
export interface AuditEvent extends StoredEvent {
  readonly type: AuditEventType
}

/** What is known of where a request came from, for the events about it. */
export interface Origin {
  readonly address?: string
  readonly requestId?: string
}

/** Makes an event. */
export function auditEvent(
  type: AuditEventType,
  at: number,
  about: Omit<StoredEvent, 'type' | 'at'>,
): AuditEvent {
  return { ...about, type, at }
}
