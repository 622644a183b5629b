/** The SQL store keeps the promises of the port, on both databases; and so it does for two processes. */

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import { describe, expect, test } from 'vitest'
import { dialects, freshDatabase } from '../../test/setup/database.ts'
import { migrationIds } from '../../test/setup/migration-ids.ts'
import { accountStoreConformance } from './conformance.ts'
import { openDatabase } from './open.ts'
import { sqlAccountStore } from './sql/accounts.ts'
import type { AccountStore } from './store.ts'

async function openStore(url: string): Promise<AccountStore> {
  const database = await openDatabase({ url, connections: 3 })
  return { ...(await sqlAccountStore(database, Date.now())), close: () => database.close() }
}

describe.each(dialects)('%s', (dialect) => {
  const cases = accountStoreConformance.map(({ name, run }) => [name, run] as const)

  test.each(cases)('SECURITY 268: %s', async (_, run) => {
    const url = await freshDatabase(dialect)
    await run(() => openStore(url))
  })

  test('SECURITY 268, 272: two processes start at once on nothing, race for usernames and hashes, and each is won once', async () => {
    const url = await freshDatabase(dialect)
    const contestants = [contestant(url, 'a'), contestant(url, 'b')]
    await Promise.all(contestants.map(({ ready }) => ready))
    for (const { child } of contestants) child.stdin.write('go\n')
    const results = await Promise.all(contestants.map(({ result }) => result))
    const created = results.map((result) => result.created)
    const replaced = results.map((result) => result.replaced)
    // Every round had exactly one winner: as many wins as rounds, and never two for one round.
    expect(created.flat().toSorted((one, two) => one - two)).toEqual(
      Array.from({ length: 200 }, (_, round) => round),
    )
    expect(replaced.flat().toSorted((one, two) => one - two)).toEqual(
      Array.from({ length: 200 }, (_, round) => round),
    )

    await using database = await openDatabase(url)
    const store = await sqlAccountStore(database, Date.now())
    expect(await store.list({ limit: 1000 })).toHaveLength(200)
  })

  test('SECURITY 272: four processes start at once on an empty database: one migrates, all serve', async () => {
    const url = await freshDatabase(dialect)
    const contestants = ['a', 'b', 'c', 'd'].map((name) => contestant(url, name))
    await Promise.all(contestants.map(({ ready }) => ready))
    for (const { child } of contestants) child.stdin.write('open\n')
    await Promise.all(contestants.map(({ result }) => result))

    await using database = await openDatabase(url)
    const kysely = database.kysely as unknown as Kysely<{ gatewright_migrations: { id: string } }>
    const { rows } = await sql`select id from gatewright_migrations`.execute(kysely)
    expect(rows).toEqual(migrationIds.map((id) => ({ id })))
  })

  test('SECURITY 272: a database that a newer version has migrated further still serves this one', async () => {
    const url = await freshDatabase(dialect)
    await using database = await openDatabase(url)
    await sqlAccountStore(database, 1)
    await sql`insert into gatewright_migrations (id, applied_at) values ('9999-later', 2)`.execute(
      database.kysely,
    )
    await sql`alter table gatewright_accounts add column later text`.execute(database.kysely)
    const store = await sqlAccountStore(database, 3)
    expect(await store.list({ limit: 1 })).toEqual([])
  })
})

interface Result {
  readonly created: readonly number[]
  readonly replaced: readonly number[]
}

/** A process of its own; it waits for the word, opens the store, and tells which races it won. */
function contestant(url: string, name: string) {
  const script = fileURLToPath(new URL('../../test/setup/account-race.ts', import.meta.url))
  const child = spawn(process.execPath, [script, url, name], { stdio: ['pipe', 'pipe', 'inherit'] })
  let output = ''
  let isReady: () => void = () => {}
  const ready = new Promise<void>((resolve) => (isReady = resolve))
  const result = new Promise<Result>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      if (output.startsWith('ready\n')) isReady()
    })
    child.once('close', (code) => {
      isReady()
      if (code === 0) resolve(JSON.parse(output.slice('ready\n'.length) || '{}') as Result)
      else reject(new Error(`The process ended with ${code}: ${output}`))
    })
  })
  return { child, ready, result }
}
