/** Audit events: one for every security decision, without secrets, written with the decision itself. */

import type { AuditEvent as StoredEvent } from '../store/grant-store.ts'

/** What can happen: a closed union, so that whoever reads events can be exhaustive. */
export type AuditEventType =
  | 'account.created'
  | 'account.disabled'
  | 'account.email_changed'
  | 'account.factors_reset'
  | 'account.password_changed'
  | 'account.provider_linked'
  | 'account.provider_unlinked'
  | 'account.profile_changed'
  | 'account.removed'
  | 'account.tokens_revoked'
  | 'account.updated'
  | 'client.authentication_failed'
  | 'client.created'
  | 'client.document_refused'
  | 'client.removed'
  | 'client.secret_rotated'
  | 'client.tokens_revoked'
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
  | 'factor.added'
  | 'factor.failed'
  | 'factor.removed'
  | 'family.revoked'
  | 'grant.revoked'
  | 'key.removed'
  | 'key.rotated'
  | 'link.requested'
  | 'login.failed'
  | 'login.succeeded'
  | 'recovery_code.used'
  | 'recovery_codes.replaced'
  | 'refresh_token.refused'
  | 'refresh_token.reused'
  | 'refresh_token.rotated'
  | 'session.ended'
  | 'session.stepped_up'
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

/** What is known of a deed besides what it was done to: who did it, from where. */
export type Circumstances = Pick<StoredEvent, 'address' | 'requestId' | 'details'>

/** The same event with more about it. */
export function under(event: AuditEvent, { details, ...rest }: Circumstances): AuditEvent {
  return {
    ...event,
    ...rest,
    ...(details === undefined ? {} : { details: { ...event.details, ...details } }),
  }
}

/** Makes an event. */
export function auditEvent(
  type: AuditEventType,
  at: number,
  about: Omit<StoredEvent, 'type' | 'at'>,
): AuditEvent {
  return { ...about, type, at }
}
