/** Where the state of a contender is: a new place for each, with a way to look into it from outside. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { ask, newDatabase, postgresCpu } from './postgres.ts'

export type Store = 'memory' | 'sqlite' | 'postgres'

/** A place. */
export interface Place {
  readonly url: string
  /** Runs statements as another connection would; answers the rows of one. */
  sql(statement: string): Promise<readonly Record<string, unknown>[]>
  readonly cpu?: (() => number) | undefined
  remove(): void
}

/** A new, empty place. */
export async function newPlace(store: Store): Promise<Place> {
  if (store === 'memory') return { url: '', sql: () => Promise.resolve([]), remove: () => undefined }
  if (store === 'postgres') {
    const url = await newDatabase()
    return { url, sql: (statement) => ask(url, statement), cpu: await postgresCpu(), remove: () => undefined }
  }
  const folder = mkdtempSync(join(tmpdir(), 'gatewright-bench-'))
  const file = join(folder, 'bench.db')
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  process.once('exit', remove)
  return {
    url: `file:${file}`,
    remove,
    sql(statement) {
      const database = new DatabaseSync(file, { timeout: 30_000 })
      try {
        return Promise.resolve(database.prepare(statement).all())
      } finally {
        database.close()
      }
    },
  }
}
