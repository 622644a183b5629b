/** The tables, as Kysely sees them. */

/** All tables of this project. */
export interface Tables {
  readonly gatewright_migrations: MigrationRow
  readonly gatewright_accounts: AccountRow
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
  /** Separated by spaces, which no scope contains (RFC 6749 §3.3). */
  readonly scopes: string
  /** 0 or 1. */
  readonly disabled: number | string
  readonly password_hash: string
  /** Milliseconds since 1970. */
  readonly created_at: number | string
}
