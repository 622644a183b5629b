/** What the errors of SQLite and of the file system mean. */

import { DatabaseError } from './database-error.ts'

/** Whether another process holds the lock. */
export function isBusy(error: unknown): boolean {
  const code = resultCode(error)
  return code === 5 || code === 6
}

/** What an error of the file system or of SQLite means (https://sqlite.org/rescode.html). */
export function explained(cause: unknown, file: string): DatabaseError | undefined {
  if (cause instanceof DatabaseError) return cause
  switch (codeOf(cause)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new DatabaseError('cannot_open', `The folder of ${file} does not exist`, { cause })
    case 'EACCES':
    case 'EPERM':
      return new DatabaseError('cannot_open', `This process may not read and write ${file} and its folder`, {
        cause,
      })
    case 'EROFS':
      return new DatabaseError('read_only', `${file} is on a file system that takes no writes`, { cause })
    case 'ENOSPC':
      return new DatabaseError('unavailable', `The disk of ${file} is full`, { cause })
  }
  switch (resultCode(cause)) {
    case 5:
    case 6:
      return new DatabaseError('busy', `Another process held the lock on ${file} too long`, { cause })
    case 8:
      return new DatabaseError('read_only', `${file} or its folder takes no writes`, { cause })
    case 10:
    case 13:
      return new DatabaseError('unavailable', `${file} could not be read or written: the disk may be full`, {
        cause,
      })
    case 11:
    case 26:
      return new DatabaseError('not_a_database', `${file} is damaged, or not a SQLite database`, { cause })
    case 14:
      return new DatabaseError('cannot_open', `${file} could not be opened`, { cause })
    case 19:
      return isUnique(cause)
        ? new DatabaseError('conflict', 'A row with this unique value exists already', { cause })
        : undefined
  }
  return undefined
}

/** The extended codes of a unique index and of a primary key. */
function isUnique(cause: unknown): boolean {
  const code = (cause as { readonly errcode?: unknown }).errcode
  return code === 2067 || code === 1555
}

/** The primary result code: an extended code holds it in its last byte. */
function resultCode(error: unknown): number | undefined {
  const code = (error as { readonly errcode?: unknown } | undefined)?.errcode
  return typeof code === 'number' ? code & 0xff : undefined
}

/** The code of a file system error. */
export function codeOf(error: unknown): unknown {
  return (error as { readonly code?: unknown } | undefined)?.code
}
