/** `gatewright migrate`: brings the tables of a database up to date before the servers start. */

import { openDatabase } from '../store/open.ts'
import { sqlGrantStore } from '../store/sql/grant-store.ts'
import type { AnyDatabase } from '../store/database.ts'
import { command } from './command.ts'
import type { Command } from './command.ts'
import { asCommandError } from './command-error.ts'
import { appliedMigrations } from './our-tables.ts'
import { databaseUrl, inPlace, placeOptions } from './place.ts'
import { json } from './terminal.ts'

/** Fails when the database cannot be reached, or takes no tables. */
export const migrate: Command = command({
  words: 'migrate',
  summary: 'bring the tables of a database up to date',
  options: placeOptions,
  notes: [
    'A server does this by itself when it starts, once, however many start together. Run it before, where the servers may not make tables.',
  ],
  examples: ['gatewright migrate --database postgres://localhost/app'],
  async run(_, values) {
    const done = 'The tables are up to date.\n'
    if (values.server !== undefined) {
      return inPlace(values, async () => (values.json === true ? json({ upToDate: true }) : done))
    }
    try {
      await using database = await openDatabase(databaseUrl(values))
      const applied = await brought(database)
      if (values.json === true) return json({ upToDate: true, applied })
      return applied.length === 0 ? done : `Applied ${applied.join(', ')}. ${done}`
    } catch (error) {
      throw asCommandError(error)
    }
  },
})

async function brought(database: AnyDatabase): Promise<readonly string[]> {
  const before = new Set(await appliedMigrations(database))
  await sqlGrantStore(database, Date.now())
  return (await appliedMigrations(database)).filter((id) => !before.has(id))
}
