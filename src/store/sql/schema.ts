/** The tables, as Kysely sees them. */

/** All tables of this project. */
export interface Tables {
  readonly gatewright_migrations: MigrationRow
  readonly gatewright_accounts: AccountRow
  readonly gatewright_account_tokens: { readonly subject: string | null }
  /** Only what the removal of an account needs: the rest is in `authenticators.ts`. */
  readonly gatewright_authenticators: { readonly subject: string }
}

/** A migration that has run. */
interface MigrationRow {
  readonly id: string
  /** Milliseconds since 1970. */
  readonly applied_at: number
}

/**
 * An account. Secret in it: the password hash, which lives as long as the password. PostgreSQL gives whole numbers
 * (`bigint`) as text.
 */
export interface AccountRow {
  readonly id: string
  readonly username: string
  readonly username_key: string
  readonly name: string | null
  readonly email: string | null
  /** What the address is compared by. Unique among those that are verified. */
  readonly email_key: string | null
  /** 0 or 1. */
  readonly email_verified: number | string
  /** Separated by spaces, which no scope contains (RFC 6749 §3.3). */
  readonly scopes: string
  /** 0 or 1. */
  readonly disabled: number | string
  readonly password_hash: string
  /** 0, or 1 while the password opens nothing until it is changed. */
  readonly password_change: number | string
  /** Milliseconds since 1970. */
  readonly created_at: number | string
}

/** What a table holds that is worth stealing, and how long it holds it. */
export interface TableContents {
  readonly secrets: string
  readonly lives: string
}

/** What is in each table. The authorization server's tables are in `grant-migration.ts`. */
export const tableContents: Readonly<Record<string, TableContents>> = {
  gatewright_migrations: { secrets: 'none', lives: 'for ever' },
  gatewright_accounts: {
    secrets: 'password hashes; names and e-mail addresses are personal',
    lives: 'until the account is removed',
  },
  gatewright_clients: {
    secrets:
      'hashes of client secrets and registration tokens, which are random and cannot be guessed from them',
    lives: 'until the client is removed; one with a document goes a week after it has nothing any more',
  },
  gatewright_grants: {
    secrets: 'none; who allowed what to whom is personal',
    lives: 'to a day after everything under it has ended, revoked or not; or until its client is removed',
  },
  gatewright_families: {
    secrets: 'none; the time of login is personal',
    lives: 'to the absolute end of the family; or with its grant',
  },
  gatewright_codes: {
    secrets: 'the hash of a random code',
    lives: 'to the end of the code, once redeemed to the end of its family, so that reuse is noticed',
  },
  gatewright_refresh_tokens: {
    secrets:
      'the hash of a random token; for the retry window an answer sealed with a key that only the presented token gives',
    lives:
      'to the absolute end of the family, used or not, so that reuse is noticed; the sealed answer to the end of the window',
  },
  gatewright_access_tokens: {
    secrets: 'the hash of a random token',
    lives: 'to the end of the token',
  },
  gatewright_revocations: {
    secrets: 'none',
    lives: 'until nothing that was revoked could be alive',
  },
  gatewright_single_use: {
    secrets: 'hashes of ids that were used up',
    lives: 'until the id would be refused for its age',
  },
  gatewright_device_codes: {
    secrets:
      'the hash of a random device code; the hash of a user code, which is short and can be found by trying',
    lives: 'to the end of the code, once redeemed to the end of its family',
  },
  gatewright_pushed_requests: {
    secrets: 'the hash of a random reference; what was asked for may be personal (login_hint)',
    lives: 'to the end of the request',
  },
  gatewright_sessions: {
    secrets: 'the hash of a random cookie; where and with what somebody logged in is personal',
    lives: 'to the end of the session',
  },
  gatewright_account_tokens: {
    secrets: 'the hash of a random token that was sent by mail; the address is personal',
    lives: 'until the link is used, replaced by a newer one, or an hour old; or until the account changes',
  },
  gatewright_flows: {
    secrets:
      'hashes of a random address and a random cookie; what was asked for, and who is logging in, may be personal; while an authenticator app is set up its seed, encrypted with a key that is not in the database',
    lives: 'until the person is done, or the page is too old',
  },
  gatewright_identities: {
    secrets:
      'tokens of other providers where they are kept, encrypted with a key that is not in the database; names elsewhere are personal',
    lives: 'until they are unlinked, or the account is removed',
  },
  gatewright_login_attempts: {
    secrets:
      'hashes of a random state and a random cookie; what proves the attempt, encrypted with a key that is not in the database',
    lives: 'until the browser comes back, or ten minutes',
  },
  gatewright_visitor_sessions: {
    secrets: 'hashes of the session cookies of an app without accounts; whose they are is personal',
    lives: 'until the session ends, or is not used for too long',
  },
  gatewright_authenticators: {
    secrets:
      'seeds of authenticator apps, encrypted with a key that is not in the database; hashes of recovery codes that need that key to be tried; public keys of passkeys',
    lives: 'until their owner removes or uses them, or the account is removed',
  },
  gatewright_signing_keys: {
    secrets: 'private keys, encrypted with a key that is not in the database',
    lives: 'until the last token they signed has expired everywhere',
  },
  gatewright_rate_limits: {
    secrets: 'none; keys may hold addresses',
    lives: 'until all points are back',
  },
  gatewright_failures: {
    secrets: 'none; keys may hold addresses and account ids',
    lives: 'until the row of failures ends by success or time',
  },
  gatewright_audit: {
    secrets: 'none, by rule; who did what from where is personal',
    lives: 'as long as the operator says',
  },
}
