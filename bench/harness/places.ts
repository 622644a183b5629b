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
  /** Runs statements on a connection of its own; answers the rows of the last. */
  sql(...statements: readonly string[]): Promise<readonly Record<string, unknown>[]>
  readonly cpu?: (() => number) | undefined
  remove(): void
}

const folders = new Set<string>()
process.once('exit', () => folders.forEach(remove))

function remove(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  folders.delete(folder)
}

/** A new, empty place. */
export async function newPlace(store: Store): Promise<Place> {
  if (store === 'memory') return { url: '', sql: () => Promise.resolve([]), remove: () => undefined }
  if (store === 'postgres') {
    const url = await newDatabase()
    return {
      url,
      sql: (...statements) => ask(url, ...statements),
      cpu: await postgresCpu(),
      remove: () => undefined,
    }
  }
  const folder = mkdtempSync(join(tmpdir(), 'gatewright-bench-'))
  const file = join(folder, 'bench.db')
  folders.add(folder)
  return {
    url: `file:${file}`,
    remove: () => remove(folder),
    sql(...statements) {
      const database = new DatabaseSync(file, { timeout: 30_000 })
      try {
        let rows: readonly Record<string, unknown>[] = []
        for (const statement of statements) rows = database.prepare(statement).all()
        return Promise.resolve(rows)
      } finally {
        database.close()
      }
    },
  }
}
