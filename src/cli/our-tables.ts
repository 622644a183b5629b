/** The tables of ours in a database: which there are, emptying them, taking them away. */

import type { AnyDatabase, Database } from '../store/database.ts'
import { tableContents } from '../store/sql/schema.ts'

type Rows = Readonly<Record<string, Readonly<Record<string, unknown>>>>

const migrations = 'gatewright_migrations'

/** Our tables that are there, those that others refer to last. */
export async function ourTables(database: AnyDatabase): Promise<readonly string[]> {
  const found = await kyselyOf(database).introspection.getTables()
  const names = new Set(found.map(({ name }) => name))
  return Object.keys(tableContents)
    .filter((name) => names.has(name))
    .toReversed()
}

/** The migrations that have run, in their order. */
export async function appliedMigrations(database: AnyDatabase): Promise<readonly string[]> {
  if (!(await ourTables(database)).includes(migrations)) return []
  const rows = await kyselyOf(database).selectFrom(migrations).select('id').orderBy('id').execute()
  return rows.map(({ id }) => String(id))
}

/** Takes every row out of them, but for the record of the migrations. */
export async function emptyTables(database: AnyDatabase, tables: readonly string[]): Promise<void> {
  for (const table of tables) if (table !== migrations) await kyselyOf(database).deleteFrom(table).execute()
}

/** Takes them away. */
export async function dropTables(database: AnyDatabase): Promise<void> {
  for (const table of await ourTables(database)) await kyselyOf(database).schema.dropTable(table).execute()
}

/** The cast: whatever tables the database is typed by, ours are beside them. */
function kyselyOf(database: AnyDatabase): Database<Rows>['kysely'] {
  return database.kysely as Database<Rows>['kysely']
}
