/** The port of identities: which account somebody has who comes from another provider, and logins there that have begun. */

import type { StoredAccount } from '../store.ts'
import type { AuditEvent } from './audit.ts'
import type { JsonObject } from './json.ts'

/** How many identities an account may have. */
export const identityLimit = 20

/** How many logins elsewhere a browser may have begun: with one more, its oldest goes. */
export const loginAttemptLimit = 30

/** Instead of a password hash: an account without a password. It is no hash that any password could have. */
export const noPassword = '!'

/** Who somebody is elsewhere. Nothing else of them decides: not the address, not the name. */
export interface IdentityKey {
  /** The id of the provider in the options. */
  readonly provider: string
  /** The name of the server behind it; some providers have many. */
  readonly issuer: string
  /** The name that it has given the person, never to be another's. */
  readonly providerSubject: string
}

/** An identity to be kept. */
export interface NewIdentity extends IdentityKey {
  readonly id: string
  /** The id of the account. */
  readonly subject: string
  /** What its owner knows it by, of the last login; opaque here. */
  readonly profile: JsonObject
  /** The provider's tokens, sealed; opaque here. */
  readonly tokens?: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
}

/** An identity as it is found. */
export interface StoredIdentity extends NewIdentity {
  /** Milliseconds since 1970. */
  readonly lastUsedAt: number
}

/** What must be true of an account in the moment that something is linked to it. */
export interface LinkCondition {
  /** It has this address, and has shown that it is its own. */
  readonly verifiedEmail?: string
}

/** What besides a password somebody can log in with here. */
export interface WaysIn {
  /** The ids of the providers that are set up. */
  readonly providers: readonly string[]
  /** Whether passkeys are taken at the login. */
  readonly passkeys: boolean
}

/** A login elsewhere that has begun. */
export interface LoginAttempt {
  /** SHA-256 of the state, as base64url. */
  readonly hash: string
  /** SHA-256 of the browser's cookie, as base64url. */
  readonly browserHash: string
  readonly provider: string
  /** What has to be known at its end, sealed; opaque here. */
  readonly data: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

/** Where logins elsewhere are kept that have begun. */
export interface LoginAttemptStore {
  /** Keeps an attempt, and drops the oldest of this browser beyond {@link loginAttemptLimit}. */
  saveLoginAttempt(attempt: LoginAttempt): Promise<void>
  /** Uses an attempt up: one caller of all gets its data, and only for this browser and this provider. */
  consumeLoginAttempt(
    hash: string,
    from: { readonly browserHash: string; readonly provider: string; readonly now: number },
  ): Promise<string | undefined>
}

/** Where identities are kept, beside the accounts. They go with their account. */
export interface IdentityStore extends LoginAttemptStore {
  /** The identity of somebody, whatever has become of the account. */
  findIdentity(key: IdentityKey): Promise<StoredIdentity | undefined>
  /** All of an account, the oldest first. */
  listIdentities(subject: string): Promise<readonly StoredIdentity[]>
  /** Writes down a login: its time, and what is known by it. Tokens stay when there are none. */
  useIdentity(
    id: string,
    use: { readonly now: number; readonly profile: JsonObject; readonly tokens?: string },
  ): Promise<void>
  /** Puts sealed tokens in the place of others: `false` when those are not there any more. */
  replaceIdentityTokens(id: string, from: string, to: string): Promise<boolean>
  /**
   * Links an identity to its account. `taken` when it is linked already, to whomever; `full` beyond {@link identityLimit};
   * `gone` when the account is not alive, or the condition does not hold. Then nothing is written.
   */
  linkIdentity(
    identity: NewIdentity,
    options?: { readonly condition?: LinkCondition; readonly audit?: readonly AuditEvent[] },
  ): Promise<'linked' | 'taken' | 'full' | 'gone'>
  /**
   * Adds an account together with its first identity. `taken` when the identity is linked already, and `account_taken` when
   * the account's username or verified address is somebody's. Then nothing is written.
   */
  createWithIdentity(
    account: StoredAccount,
    identity: NewIdentity,
    audit?: readonly AuditEvent[],
  ): Promise<'created' | 'taken' | 'account_taken'>
  /**
   * Takes an identity away from its account. `last` when nobody could log in to the account after that: it has no password,
   * no passkey, and no other identity of one of these providers. However many are taken away at once, passkeys among them
   * (`removeAuthenticator`), one way stays.
   */
  unlinkIdentity(
    id: string,
    subject: string,
    options: { readonly ways: WaysIn; readonly audit?: readonly AuditEvent[] },
  ): Promise<'unlinked' | 'last' | 'gone'>
  /** Whether the account has a password. */
  hasPassword(subject: string): Promise<boolean>
}

/** Somebody who has logged in to an app that keeps no accounts. */
export interface VisitorSession {
  /** SHA-256 of the cookie, as base64url. */
  readonly hash: string
  /** Who it is; opaque here. */
  readonly person: JsonObject
  /** Milliseconds since 1970. */
  readonly createdAt: number
  /** Milliseconds since 1970. */
  readonly idleUntil: number
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

/** Where sessions without an account are kept. */
export interface VisitorStore extends LoginAttemptStore {
  /** Starts a session, and ends the one that the browser had. */
  startVisit(session: VisitorSession, replaces?: string): Promise<void>
  /** The session with this hash, if it is alive. */
  findVisit(hash: string, now: number): Promise<VisitorSession | undefined>
  /** Writes down that it is used. */
  touchVisit(hash: string, idleUntil: number): Promise<void>
  /** Ends it. Answers whether it was there. */
  endVisit(hash: string): Promise<boolean>
}
