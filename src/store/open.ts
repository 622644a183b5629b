/** Opens a database by its URL. */

import { fileURLToPath } from 'node:url'
import { Kysely, sql } from 'kysely'
import type { Dialect } from 'kysely'
import { databaseOf } from './database.ts'
import type { AnyDatabase, Database } from './database.ts'
import { DatabaseError } from './database-error.ts'
import { postgresDialect } from './postgres.ts'
import { sqliteDialect } from './sqlite.ts'

/** Where a database is, and how long to wait for it. */
export interface DatabaseOptions {
  /** `file:app.db`, `sqlite::memory:` or `postgres://user:password@host:5432/database`. */
  readonly url: string
  /** The most PostgreSQL connections at once, 10 unless told. SQLite has one. */
  readonly connections?: number
  /** How long to wait for a PostgreSQL connection, in seconds, 5 unless told. */
  readonly connectTimeout?: number
  /**
   * How long one statement may take, in seconds, 10 unless told. On SQLite, how long to wait for another process that
   * writes.
   */
  readonly statementTimeout?: number
  /**
   * `false` behind a pooler that gives out connections by the transaction and does not follow prepared statements: PgBouncer
   * before 1.21, or with `max_prepared_statements = 0`. Elsewhere PostgreSQL parses and plans each statement once a connection.
   */
  readonly preparedStatements?: boolean
}

/**
 * Opens a SQLite file or connects to PostgreSQL, and proves with one statement that it can be used.
 *
 * @example
 *
 * ```ts
 * const database = await openDatabase<{ posts: { id: string; text: string } }>('file:app.db')
 * const users = await accounts({ database })
 * await database.kysely.selectFrom('posts').selectAll().execute()
 * ```
 *
 * @param target A URL, or a URL with options.
 * @throws DatabaseError saying in one sentence what is wrong; the password of the URL is never part of it.
 */
export async function openDatabase<Tables = Record<never, never>>(
  target: string | DatabaseOptions,
): Promise<Database<Tables>> {
  const options = typeof target === 'string' ? { url: target } : target
  const { dialect, name, ...more } = await dialectOf(options)
  const kysely = new Kysely<Tables>({ dialect })
  try {
    await sql`select 1`.execute(kysely)
  } catch (error) {
    await kysely.destroy()
    throw error
  }
  return databaseOf(name, kysely, more)
}

async function dialectOf(
  options: DatabaseOptions,
): Promise<Pick<AnyDatabase, 'listen' | 'direct'> & { dialect: Dialect; name: AnyDatabase['dialect'] }> {
  const { url } = options
  if (typeof url !== 'string') throw new DatabaseError('invalid_url', `The database URL is missing. ${known}`)
  const statementTimeout = milliseconds('statementTimeout', options.statementTimeout ?? 10)
  if (/^(file|sqlite):/i.test(url)) {
    return { name: 'sqlite', ...(await sqliteDialect({ file: filePath(url), patience: statementTimeout })) }
  }
  if (/^postgres(ql)?:/i.test(url)) {
    const connectTimeout = milliseconds('connectTimeout', options.connectTimeout ?? 5)
    const connections = options.connections ?? 10
    if (!Number.isInteger(connections) || connections < 1) {
      throw new DatabaseError('invalid_url', `connections must be a whole number from 1, not ${connections}`)
    }
    const postgres = await postgresDialect({
      url,
      connections,
      connectTimeout,
      statementTimeout,
      preparedStatements: options.preparedStatements ?? true,
    })
    return { name: 'postgres', ...postgres }
  }
  // Only what stands before the colon is shown, and only if it looks like a scheme: the rest may hold a password.
  const scheme = /^[a-z][a-z0-9+.-]{0,19}(?=:)/i.exec(url)?.[0]
  const found =
    scheme === undefined ? 'The database URL has no scheme.' : `The database URL begins with ${scheme}:.`
  throw new DatabaseError('invalid_url', `${found} ${known}`)
}

const known = 'Use file:app.db, sqlite::memory: or postgres://user:password@host:5432/database'

function filePath(url: string): string {
  const path = url.slice(url.indexOf(':') + 1)
  if (path === ':memory:') return path
  if (path === '' || path.includes('\0') || /^\/\/[^/]/.test(path) || /[?#]/.test(path)) {
    throw new DatabaseError(
      'invalid_url',
      'A SQLite URL is file: and a path, as in file:app.db or file:///data/app.db',
    )
  }
  try {
    return path.startsWith('//') ? fileURLToPath(`file:${path}`) : path
  } catch (cause) {
    throw new DatabaseError('invalid_url', 'The path in the SQLite URL cannot be read', { cause })
  }
}

function milliseconds(option: string, seconds: number): number {
  if (Number.isFinite(seconds) && seconds > 0 && seconds <= 3600) return Math.ceil(seconds * 1000)
  throw new DatabaseError(
    'invalid_url',
    `${option} must be seconds above 0 and up to 3600, not ${String(seconds)}`,
  )
}
