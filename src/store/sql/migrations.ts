/** The steps that bring a database to the tables of this version, each run once, whoever starts first. */

import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import type { AnyDatabase } from '../database.ts'
import { accountTokenTables } from './account-token-migration.ts'
import { authenticatorTables } from './authenticator-migration.ts'
import { grantTables } from './grant-migration.ts'
import { identityTables } from './identity-migration.ts'
import type { Tables } from './schema.ts'
import { sessionTables } from './session-migration.ts'

/** One step. Steps are only ever added: what has run somewhere is never edited. */
interface Migration {
  readonly id: string
  readonly statements: (dialect: AnyDatabase['dialect']) => readonly string[]
}

const migrations: readonly Migration[] = [
  {
    id: '0001-accounts',
    statements: (dialect) => {
      const { text, integer, options } = typesOf(dialect)
      return [
        `create table gatewright_accounts (
          id ${text} primary key,
          username ${text} not null,
          username_key ${text} not null unique,
          name ${text},
          email ${text},
          scopes ${text} not null,
          disabled ${integer} not null,
          password_hash ${text} not null,
          created_at ${integer} not null
        )${options}`,
      ]
    },
  },
  { id: '0002-grants', statements: (dialect) => grantTables(typesOf(dialect)) },
  { id: '0003-sessions', statements: (dialect) => sessionTables(typesOf(dialect)) },
  {
    id: '0004-session-families',
    statements: () => [
      `create index gatewright_families_session on gatewright_families (session_id) where session_id is not null`,
    ],
  },
  { id: '0005-account-tokens', statements: (dialect) => accountTokenTables(typesOf(dialect)) },
  { id: '0006-authenticators', statements: (dialect) => authenticatorTables(typesOf(dialect)) },
  { id: '0007-identities', statements: (dialect) => identityTables(typesOf(dialect)) },
  {
    id: '0009-document-clients',
    statements: () => [
      `create index gatewright_clients_document on gatewright_clients (id) where source = 'document'`,
    ],
  },
  {
    id: '0010-unused-clients',
    statements: () => [
      `create index gatewright_clients_unused on gatewright_clients (created_at)
        where source = 'registered' and last_used_at is null`,
    ],
  },
  {
    id: '0011-password-changes',
    statements: (dialect) => [
      `alter table gatewright_accounts add column password_change ${typesOf(dialect).integer} not null default 0`,
    ],
  },
]

/** Any number will do, as long as it is always the same: starters of this project wait for each other by it. */
const lockKey = 7_429_138_206

/**
 * Brings the tables up to date in one transaction. A step that another version has added is left alone, so that an
 * old and a new process can run side by side.
 *
 * @param now Milliseconds since 1970, for the record.
 */
export async function migrate(database: AnyDatabase, now: number): Promise<void> {
  // The cast: an app's database is typed by its own tables, and ours are beside them.
  const kysely = database.kysely as Kysely<Tables>
  await kysely.transaction().execute(async (transaction) => {
    // On SQLite the transaction itself holds the lock. On PostgreSQL `create table if not exists` alone can fail when two
    // start at once; this lock ends with the transaction.
    if (database.dialect === 'postgres') {
      await sql`select pg_advisory_xact_lock(${sql.lit(lockKey)})`.execute(transaction)
    }
    const { text, integer, options } = typesOf(database.dialect)
    await run(
      transaction,
      `create table if not exists gatewright_migrations (
        id ${text} primary key,
        applied_at ${integer} not null
      )${options}`,
    )
    const applied = await transaction.selectFrom('gatewright_migrations').select('id').execute()
    const done = new Set(applied.map((row) => row.id))
    for (const { id, statements } of migrations) {
      if (done.has(id)) continue
      for (const statement of statements(database.dialect)) await run(transaction, statement)
      await transaction.insertInto('gatewright_migrations').values({ id, applied_at: now }).execute()
    }
  })
}

async function run(kysely: Kysely<Tables>, statement: string): Promise<void> {
  await sql.raw(statement).execute(kysely)
}

/** The column types of a dialect. */
interface ColumnTypes {
  /** It compares by its bytes in both, so that pages come in the same order. */
  readonly text: string
  readonly integer: string
  /** A primary key that counts up, and never gives out the number of a row that was deleted. */
  readonly number: string
  readonly options: string
}

function typesOf(dialect: AnyDatabase['dialect']): ColumnTypes {
  return dialect === 'sqlite'
    ? {
        text: 'text',
        integer: 'integer',
        number: 'integer primary key autoincrement',
        options: ' strict',
      }
    : {
        text: 'text collate "C"',
        integer: 'bigint',
        number: 'bigint generated always as identity primary key',
        options: '',
      }
}
