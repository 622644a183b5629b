/** The SQL grant store keeps the promises of its port, on both databases. */

import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import { describe, expect, test } from 'vitest'
import { dialects, freshDatabase } from '../../test/setup/database.ts'
import { grantStoreConformance } from './grant-conformance.ts'
import type { GrantStorePlace } from './grant-conformance.ts'
import { openDatabase } from './open.ts'
import { sqlAccountStore } from './sql/accounts.ts'
import { sqlGrantStore } from './sql/grant-store.ts'
import { tableContents } from './sql/schema.ts'

describe.each(dialects)('%s', (dialect) => {
  const cases = grantStoreConformance.map(({ name, run }) => [name, run] as const)

  test.each(cases)('%s', async (_, run) => {
    const url = await freshDatabase(dialect)
    await run(placeOn(url))
  })

  test('subjects that are kept elsewhere are asked for before anything is consumed', async () => {
    const url = await freshDatabase(dialect)
    const alive = new Set<string>()
    const place: GrantStorePlace = {
      async open() {
        const database = await openDatabase({ url, connections: 3 })
        const store = await sqlGrantStore(database, 1, { subjects: async (id) => alive.has(id) })
        return { ...store, close: () => database.close() }
      },
      addSubject: async (id) => void alive.add(id),
      disableSubject: async (id, isDisabled) => void (isDisabled ? alive.delete(id) : alive.add(id)),
      removeSubject: async (id) => void alive.delete(id),
    }
    const about = grantStoreConformance.filter(({ name }) =>
      /account|cannot be redeemed|nobody|gone|renews/.test(name),
    )
    expect(about.length).toBeGreaterThan(4)
    for (const { run } of about) {
      await run(place)
      await empty(url)
    }
  })

  test('SECURITY 274: what is secret in every table, and how long it lives, is stated', async () => {
    const url = await freshDatabase(dialect)
    await using database = await openDatabase(url)
    await sqlGrantStore(database, 1)
    const tables = await database.kysely.introspection.getTables()
    const ours = tables.map(({ name }) => name).filter((name) => name.startsWith('gatewright_'))
    expect(Object.keys(tableContents).toSorted()).toEqual(ours.toSorted())
  })
})

function placeOn(url: string): GrantStorePlace {
  async function withAccounts(
    work: (store: Awaited<ReturnType<typeof sqlAccountStore>>) => Promise<unknown>,
  ) {
    await using database = await openDatabase(url)
    await work(await sqlAccountStore(database, 1))
  }
  return {
    async open() {
      const database = await openDatabase({ url, connections: 3 })
      return { ...(await sqlGrantStore(database, 1)), close: () => database.close() }
    },
    addSubject: (id) =>
      withAccounts((accounts) =>
        accounts.create({
          id,
          username: id,
          usernameKey: id,
          scopes: [],
          emailVerified: false,
          disabled: false,
          passwordHash: 'hash',
          createdAt: new Date(1),
        }),
      ),
    disableSubject: (id, disabled) => withAccounts((accounts) => accounts.update(id, { disabled })),
    removeSubject: (id) => withAccounts((accounts) => accounts.remove(id)),
  }
}

async function empty(url: string): Promise<void> {
  await using database = await openDatabase(url)
  const kysely: Kysely<Record<never, never>> = database.kysely
  for (const table of Object.keys(tableContents)
    .filter((name) => !name.endsWith('migrations'))
    .toReversed()) {
    await sql`delete from ${sql.table(table)}`.execute(kysely)
  }
}
