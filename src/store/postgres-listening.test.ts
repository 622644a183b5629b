/** Hearing of revocations over PostgreSQL, with nobody who asks from time to time. */

import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { freshDatabase } from '../../test/setup/database.ts'
import { until } from '../../test/setup/until.ts'
import { openDatabase } from './open.ts'
import { sqlGrantStore } from './sql/grant-store.ts'

test('a revocation is heard of by another process when it is committed, and one that is not is not', async () => {
  const url = await freshDatabase('postgres')
  await using here = await openDatabase(url)
  await using there = await openDatabase(url)
  const now = Date.now()
  const [store, other] = [await sqlGrantStore(here, now), await sqlGrantStore(there, now)]
  let heard = 0
  const stop = other.watchRevocations(() => (heard += 1))
  // Once when it begins to listen, as nobody knows what was said before.
  await until(() => heard === 1)
  const revoking = { now, until: now + 600_000 }
  await store.revokeToken({ id: 'one' }, revoking)
  await until(() => heard === 2)
  // There is nothing to revoke, and nothing is written.
  await store.revokeGrant('unknown', revoking)
  await store.revokeToken({ id: 'one' }, revoking)
  await store.revokeToken({ id: 'two' }, revoking)
  await until(() => heard === 3)

  await stop()
  await store.revokeToken({ id: 'three' }, revoking)
  await sleep(200)
  expect(heard).toBe(3)
  await Promise.all([store.close(), other.close()])
})

test('SQLite cannot tell, and says nothing', async () => {
  await using database = await openDatabase('sqlite::memory:')
  const store = await sqlGrantStore(database, Date.now())
  const stop = store.watchRevocations(() => expect.unreachable())
  await store.revokeToken({ id: 'one' }, { now: 1, until: 2 })
  await stop()
  await store.close()
})
