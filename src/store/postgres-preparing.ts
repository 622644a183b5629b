/** Prepared statements on PostgreSQL: each connection parses and plans a constant statement once, and names it from then on. */

import type { PoolClient, QueryResult } from 'pg'
import { constantName } from './sql/statement.ts'

type Query = (text: string, values?: readonly unknown[]) => Promise<QueryResult>

/**
 * Has a new connection prepare the statements of the store when it first runs them. What an app writes for itself is sent as it
 * is: there may be any number of different texts.
 */
export function prepareOn(client: PoolClient): void {
  // The casts: of the driver's ways to ask, Kysely uses this one. Looked up each time, as what traces the driver may come later.
  const driver = Object.getPrototypeOf(client) as { readonly query: (...asked: unknown[]) => unknown }
  const query = (config: string | object, values?: unknown): Promise<QueryResult> =>
    driver.query.call(client, config, values) as Promise<QueryResult>
  let generation = 0
  const preparing: Query = async (text, values) => {
    const constant = constantName(text)
    if (constant === undefined) return query(text, values)
    const began = generation
    try {
      return await query({ name: `${constant}_${began}`, text, values })
    } catch (error) {
      if (!hasOutlivedItsTables(error)) throw error
      // Under another name they are all parsed anew.
      if (generation === began) generation += 1
      // In a transaction it is too late: whoever began it may begin it again.
      if (client.getTransactionStatus() !== 'I') throw error
      return query(text, values)
    }
  }
  Object.assign(client, { query: preparing })
}

/**
 * A node of a later version has changed a table, and what was prepared would answer other columns than it said (PostgreSQL,
 * `RevalidateCachedQuery`). Nothing was done.
 */
export function hasOutlivedItsTables(error: unknown): boolean {
  const { code, routine } = error as { readonly code?: unknown; readonly routine?: unknown }
  return code === '0A000' && routine === 'RevalidateCachedQuery'
}
