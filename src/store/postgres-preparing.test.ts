import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { freshDatabase } from '../../test/setup/database.ts'
import type { DatabaseOptions } from './open.ts'
import { openDatabase } from './open.ts'
import type { Database } from './database.ts'
import { sqlGrantStore } from './sql/grant-store.ts'
import { sessionOf } from './sql/session.ts'
import { statement } from './sql/statement.ts'

const now = Date.UTC(2026, 0, 1)
const all = statement<{ id: string }, object>`select * from gatewright_clients where id = ${'id'}`

/** With one connection, so that each statement meets what was prepared before. */
async function open(more: Partial<DatabaseOptions> = {}): Promise<Database> {
  return openDatabase({ url: await freshDatabase('postgres'), connections: 1, ...more })
}

async function prepared({ kysely }: Database): Promise<readonly string[]> {
  const { rows } = await sql<{ statement: string }>`select statement from pg_prepared_statements`.execute(
    kysely,
  )
  return rows.map((row) => row.statement)
}

test('a connection prepares a statement of the store once, and none of the app', async () => {
  await using database = await open()
  const store = await sqlGrantStore(database, now)
  const before = await prepared(database)
  await store.failures('alice', now)
  await store.failures('bob', now)
  const added = (await prepared(database)).filter((text) => !before.includes(text))
  expect(added).toEqual(['select count, forget_at from gatewright_failures where key = $1'])
})

test('nothing is prepared where that is turned off', async () => {
  await using database = await open({ preparedStatements: false })
  const store = await sqlGrantStore(database, now)
  await store.failures('alice', now)
  expect(await prepared(database)).toEqual([])
})

test('a table that a later version changes meanwhile stops no node that has prepared statements about it', async () => {
  await using database = await open()
  const store = await sqlGrantStore(database, now)
  const session = sessionOf(database, true)
  const inTransaction = () => session.transact((runner) => runner.rows(all, { id: 'nobody' }))
  expect([await store.getClient('nobody'), await inTransaction()]).toEqual([undefined, []])
  await sql`alter table gatewright_clients add column later text`.execute(database.kysely)
  expect(await store.getClient('nobody')).toBeUndefined()
  await sql`alter table gatewright_clients add column later_still text`.execute(database.kysely)
  expect(await inTransaction()).toEqual([])
})
