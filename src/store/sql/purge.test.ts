/** The purge lets requests through, on a database that answers at once. */

import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { freshDatabase } from '../../../test/setup/database.ts'
import { openDatabase } from '../open.ts'
import { sqlGrantStore } from './grant-store.ts'

test('SECURITY 273: between the steps of a purge others get their turn', async () => {
  await using database = await openDatabase(await freshDatabase('sqlite'))
  const store = await sqlGrantStore(database, 1)
  await sql`insert into gatewright_single_use
    with recursive n (i) as (select 1 union all select i + 1 from n where i < 20000)
    select 'dpop', 'hash ' || i, 1 from n`.execute(database.kysely)
  let turns = 0
  let isDone = false
  const count = (): void => {
    turns += 1
    if (!isDone) setImmediate(count)
  }
  setImmediate(count)
  let calls = 0
  while ((await store.purge(2)) > 0) calls += 1
  isDone = true
  expect(calls).toBe(40)
  // One for each kind of row.
  expect(turns).toBeGreaterThanOrEqual(calls * 13)
})
