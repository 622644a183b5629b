/** Connections to PostgreSQL on which nobody answers: given up, so that the pool does not hand them out again. */

import type { PoolClient } from 'pg'

/**
 * Closes a connection when an answer on it is not there in time. The driver itself goes on using it, and whoever gets it next
 * would wait behind the statement that hangs.
 */
export function giveUpHanging(client: PoolClient): void {
  // The casts: of the driver's ways to ask, Kysely uses this one.
  const own = Object.getOwnPropertyDescriptor(client, 'query')?.value as Ask | undefined
  // Looked up each time, as what traces the driver may come later.
  const driver = Object.getPrototypeOf(client) as { readonly query: Ask }
  const watching: Ask = (...asked) => {
    const answer = (own ?? driver.query).apply(client, asked)
    // Before whoever waits for the answer hears of it: by then the connection is not one to be given back.
    if (answer instanceof Promise) answer.catch((error: unknown) => isLate(error) && end(client))
    return answer
  }
  Object.assign(client, { query: watching })
}

type Ask = (...asked: unknown[]) => unknown

/** What the driver says of its `query_timeout`. What the server says of a statement that it has ended itself has a code. */
function isLate(error: unknown): boolean {
  return error instanceof Error && !('code' in error) && error.message === 'Query read timeout'
}

function end(client: PoolClient): void {
  // The cast: those of a pool have it as well. With a statement under way it cuts the connection.
  const { end: close } = client as unknown as { readonly end: () => Promise<void> }
  close.call(client).catch(() => undefined)
}
