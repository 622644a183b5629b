/** What every endpoint and grant works with: the store, the clients, the keys and the clock of one server. */

import type { GrantStore } from '../store/grant-store.ts'
import type { AccountTokenStore } from '../store/ports/account-tokens.ts'
import type { IdentityStore } from '../store/ports/identities.ts'
import type { RevokingAccounts } from './accounts/revoking.ts'
import type { AuditEvent } from './audit.ts'
import type { ClientDocuments } from './client-documents.ts'
import type { ClientKeys } from './client-keys.ts'
import type { Clients } from './clients.ts'
import type { DpopNonces } from './dpop-nonces.ts'
import type { SigningKeys } from './keys/signing-keys.ts'
import type { Mailroom } from './mail/mailroom.ts'
import type { Operations } from './operations.ts'
import type { RateLimits } from './rate-limits.ts'
import type { RevocationFeed } from './revocation-feed.ts'
import type { Sessions } from './sessions.ts'
import type { Settings } from './settings.ts'

/** An open server. */
export interface Service {
  readonly settings: Settings
  readonly store: GrantStore
  readonly accounts: RevokingAccounts
  /** Who people are at other providers. */
  readonly identities: IdentityStore
  /** The links that are sent by mail. */
  readonly links: AccountTokenStore
  /** Missing where no mail can be sent. */
  readonly mail: Mailroom | undefined
  readonly clients: Clients
  /** Clients by their id as requests name them, those with a document included. */
  readonly documents: ClientDocuments
  readonly keys: SigningKeys
  /** The keys that clients sign their assertions with. */
  readonly clientKeys: ClientKeys
  readonly limits: RateLimits
  readonly revocations: RevocationFeed
  readonly nonces: DpopNonces
  readonly sessions: Sessions
  /** Before everything of an account ends: looks up its sessions. What it answers tells the applications that they have ended. */
  readonly endingSessions: (subject: string) => Promise<() => void>
  /** What each scope opens, for the people who are asked. */
  readonly operations: Operations
  /** Tells the hook of events that the store has written. Never throws. */
  readonly tell: (events: readonly AuditEvent[]) => void
  /** Writes events that belong to no other operation, and tells the hook. */
  readonly audit: (events: readonly AuditEvent[]) => Promise<void>
}
