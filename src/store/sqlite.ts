/** SQLite through `node:sqlite`: the only file that knows that module. */

import { closeSync, openSync, readSync, statSync, accessSync, constants, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SqliteAdapter, SqliteDriver, SqliteIntrospector, SqliteQueryCompiler } from 'kysely'
import type { Dialect, SqliteDatabase, SqliteStatement } from 'kysely'
import type { Direct } from './database.ts'
import { DatabaseError } from './database-error.ts'
import { codeOf, explained, isBusy } from './sqlite-errors.ts'
import { guardedDialect } from './sql/guarded-dialect.ts'

/** How a SQLite file is opened. */
export interface SqliteOptions {
  /** The path of the file, or `:memory:`. */
  readonly file: string
  /** How long a statement waits for another process that writes, in milliseconds. */
  readonly patience: number
}

/**
 * Opens a SQLite database: write-ahead log, every commit on the disk, foreign keys enforced. A file that does not exist
 * is created with mode 0600, its folder with 0700.
 *
 * @throws DatabaseError `not_a_database`, `cannot_open`, `read_only` or `driver_missing`; the file is left as it was.
 */
export async function sqliteDialect({
  file,
  patience,
}: SqliteOptions): Promise<{ readonly dialect: Dialect; readonly direct: Direct }> {
  if (file !== ':memory:') prepareFile(file)
  const { DatabaseSync } = await import('node:sqlite').catch((cause: unknown) => {
    throw new DatabaseError('driver_missing', 'This runtime has no node:sqlite. Node has it from 22.13 on.', {
      cause,
    })
  })
  let database: InstanceType<typeof DatabaseSync>
  try {
    database = new DatabaseSync(file)
    // While opening there is nobody to keep waiting, so SQLite itself may wait for a process that starts beside this one.
    database.exec(`pragma busy_timeout = ${patience}`)
  } catch (cause) {
    throw explained(cause, file) ?? cause
  }
  try {
    // Reading comes first: a file that is damaged is found out before anything is written.
    database.prepare('select count(*) from sqlite_schema').get()
    database.exec('pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on')
    // From here on a wait would stop the event loop: see `around`.
    database.exec('pragma busy_timeout = 5')
  } catch (cause) {
    database.close()
    throw explained(cause, file) ?? cause
  }

  const adapted = adapt(database)
  const dialect: Dialect = {
    createAdapter: () => new SqliteAdapter(),
    createIntrospector: (kysely) => new SqliteIntrospector(kysely),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createDriver: () => new SqliteDriver({ database: adapted }),
  }
  const guarded = guardedDialect(dialect, {
    // `immediate`: a transaction that reads first and then writes could not be given the lock any more.
    begin: 'begin immediate',
    // After an error of the disk SQLite has rolled back by itself (https://sqlite.org/lang_transaction.html §3.1).
    isOver: (error) => error instanceof Error && error.message.includes('no transaction is active'),
    // A statement that found the database locked did nothing, so it may run again.
    async around(call) {
      const deadline = performance.now() + patience
      for (let pause = 1; ; pause = Math.min(pause * 2, 50)) {
        try {
          return await call()
        } catch (cause) {
          if (!isBusy(cause) || performance.now() >= deadline) throw explained(cause, file) ?? cause
          await sleep(pause)
        }
      }
    },
  })
  const direct: Direct = (sql, parameters) => {
    try {
      const statement = adapted.prepare(sql)
      if (statement.reader) return { rows: statement.all(parameters), changes: 0 }
      return { rows: [], changes: Number(statement.run(parameters).changes) }
    } catch (cause) {
      throw explained(cause, file) ?? cause
    }
  }
  return { dialect: guarded, direct }
}

type Value = null | number | bigint | string | Uint8Array

/** What of `node:sqlite` is used. */
interface Statement {
  columns(): readonly unknown[]
  all(...parameters: Value[]): unknown[]
  run(...parameters: Value[]): { changes: number | bigint; lastInsertRowid: number | bigint }
  iterate(...parameters: Value[]): IterableIterator<unknown>
}

/** Gives the connection the shape that Kysely knows, and keeps the statements it has compiled. */
function adapt(database: { prepare(sql: string): Statement; close(): void }): SqliteDatabase {
  const compiled = new Map<string, SqliteStatement>()
  return {
    prepare(sql) {
      const known = compiled.get(sql)
      if (known !== undefined) return known
      const statement = database.prepare(sql)
      const adapted: SqliteStatement = {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...values(parameters)),
        run: (parameters) => statement.run(...values(parameters)),
        iterate: (parameters) => statement.iterate(...values(parameters)),
      }
      const [oldest] = compiled.keys()
      if (compiled.size >= 200 && oldest !== undefined) compiled.delete(oldest)
      compiled.set(sql, adapted)
      return adapted
    },
    close: () => database.close(),
  }
}

/** SQLite has no booleans. */
function values(parameters: readonly unknown[]): Value[] {
  return parameters.map((value) => (typeof value === 'boolean' ? Number(value) : (value as Value)))
}

/** Refuses what is not a database before SQLite sees it, and creates a file that only its owner can read. */
function prepareFile(file: string): void {
  const folder = dirname(file)
  try {
    const found = statSync(file, { throwIfNoEntry: false })
    if (found === undefined) return create(file, folder)
    if (found.isDirectory())
      throw new DatabaseError('cannot_open', `${file} is a folder, not a database file`)
    if (!found.isFile()) throw new DatabaseError('cannot_open', `${file} is not a regular file`)
    if (found.size > 0 && !hasHeader(file)) {
      throw new DatabaseError('not_a_database', `${file} is not a SQLite database`)
    }
    accessSync(file, constants.W_OK)
    // The write-ahead log is a file beside it.
    accessSync(folder, constants.W_OK)
  } catch (cause) {
    throw explained(cause, file) ?? cause
  }
}

function create(file: string, folder: string): void {
  try {
    if (statSync(folder, { throwIfNoEntry: false }) === undefined) mkdirSync(folder, { mode: 0o700 })
    closeSync(openSync(file, 'wx', 0o600))
  } catch (cause) {
    // Another process that starts beside this one was first.
    if (codeOf(cause) !== 'EEXIST') throw cause
  }
}

/** Every SQLite database begins with these 16 bytes (https://sqlite.org/fileformat.html §1.3). */
function hasHeader(file: string): boolean {
  const header = Buffer.alloc(16)
  const descriptor = openSync(file, 'r')
  try {
    readSync(descriptor, header, 0, 16, 0)
  } finally {
    closeSync(descriptor)
  }
  return header.toString('latin1') === 'SQLite format 3\0'
}
