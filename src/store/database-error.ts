/** What can be wrong with a database, as one closed family. */

/** Why a database could not be used. */
export type DatabaseErrorCode =
  /** The URL or an option is not one this project understands. */
  | 'invalid_url'
  /** The driver is not installed. */
  | 'driver_missing'
  /** The file exists and is no SQLite database, or a damaged one. */
  | 'not_a_database'
  /** The path is a folder, its folder is missing, or the process may not open it. */
  | 'cannot_open'
  /** The file, its folder or the server takes no writes. */
  | 'read_only'
  /** Nobody answers at that address. */
  | 'unreachable'
  /** The user name or password is wrong, or the user lacks a right. */
  | 'access_denied'
  /** The server has no database of that name. */
  | 'missing_database'
  /** A unique value exists already. */
  | 'conflict'
  /** Another writer held the lock too long, or two transactions got in each other's way. */
  | 'busy'
  /** The database took too long. */
  | 'timeout'
  /** The connection broke, the disk is full, the server restarts. */
  | 'unavailable'

/** A database that cannot be used, in one sentence. The password of its URL is never part of it. */
export class DatabaseError extends Error {
  readonly code: DatabaseErrorCode

  constructor(code: DatabaseErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options)
    this.name = 'DatabaseError'
    this.code = code
  }

  /** Whether the same call may succeed a moment later: 503 and `Retry-After`, where the others are a bare 500. */
  get isTransient(): boolean {
    return transient.has(this.code)
  }
}

const transient: ReadonlySet<DatabaseErrorCode> = new Set([
  'unreachable',
  'read_only',
  'busy',
  'timeout',
  'unavailable',
])
