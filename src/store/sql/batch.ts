/**
 * Doing the same for many in one statement, on PostgreSQL: one round trip and one commit for all who ask at the same moment.
 * It does what nothing stands in the way of, and leaves the rest as it is. Whoever is left out asks alone: that waits for whom
 * it must, and says why not.
 */

import { DatabaseError } from '../database-error.ts'
import type { Session } from './session.ts'
import { asInteger } from './statement.ts'
import type { Fragment, Statement } from './statement.ts'
import { together } from './together.ts'

/** What a statement for many is given: what they ask, each with its number `n`, as JSON. */
export interface Batch {
  readonly items: string
}

/** What it answers: the numbers of those for whom it is done and committed. */
export interface BatchDone {
  readonly done: string | null
}

/** The most in one statement: for as long as it takes, its rows are locked. */
const most = 64

/**
 * Does something together with others.
 *
 * @returns A function that answers whether it is done. When not, nothing is written of it. `undefined` on SQLite, where writes share a
 * commit in another way.
 */
export function inBatches<Item extends object>(
  session: Session,
  statement: Statement<Batch, BatchDone>,
): ((item: Item) => Promise<boolean>) | undefined {
  if (session.flavor.dialect !== 'postgres') return undefined
  const run = together<Item, boolean>(async (asked) => {
    const items = JSON.stringify(asked.map((item, n) => ({ n, ...item })))
    try {
      const done = new Set((await session.row(statement, { items }))?.done?.split(','))
      return asked.map((_, n) => done.has(String(n)))
    } catch (error) {
      // What only one has brought is no fault of the others.
      if (!isTakenBack(error)) throw error
      return asked.map(() => false)
    }
  }, most)
  return (item) => run('', item)
}

/** Reads what is found by its hash, together with others: `one` finds one, `many` on PostgreSQL each that is in a batch of hashes. */
export function readInBatches<Row extends { readonly hash: string }>(
  session: Session,
  one: Statement<{ hash: string }, Row>,
  many: Statement<Batch, Row>,
): (hash: string) => Promise<Row | undefined> {
  const { readEach, flavor } = session
  if (flavor.dialect !== 'postgres' && readEach === undefined) return (hash) => session.row(one, { hash })
  const read = together<string, Row | undefined>(async (hashes) => {
    if (readEach !== undefined) {
      return readEach(
        one,
        hashes.map((hash) => ({ hash })),
      )
    }
    const items = JSON.stringify(hashes.map((hash, n) => ({ n, hash })))
    const rows = new Map((await session.rows(many, { items })).map((row) => [row.hash, row]))
    return hashes.map((hash) => rows.get(hash))
  }, most)
  return (hash) => read('', hash)
}

/**
 * The rows of a batch, to select from.
 *
 * @param columns As PostgreSQL declares them, without `n`.
 */
export function itemsOf(columns: string): readonly [Fragment, Fragment] {
  // Without the condition, which is always true, the planner takes them for a hundred, and would rather read a small table as a
  // whole than look into its index a hundred times; and it would still do so when the table has grown.
  return [
    () => 'select i.* from json_to_recordset(cast(',
    () => ` as json)) as i(n bigint, ${columns}) where i.n >= 0 and i.n < 1000000`,
  ]
}

/**
 * Writes the rows that are in a column of a batch, as JSON.
 *
 * @param columns As for an `insertion`, each written as it is: as text or as an integer.
 * @param from The table of the batch, and its column.
 * @param instead What is written into a column in place of what the JSON has.
 */
export function insertionOf(
  table: string,
  columns: Readonly<Record<string, string>>,
  from: `${string}.${string}`,
  instead: Readonly<Record<string, string>> = {},
): Fragment {
  const names = Object.keys(columns)
  const values = names.map((name) => instead[name] ?? `e.${name}`)
  const types = Object.entries(columns).map(([name, as]) => `${name} ${as === asInteger ? 'bigint' : 'text'}`)
  const [rows] = from.split('.')
  return () =>
    `insert into ${table} (${names.join(', ')}) select ${values.join(', ')} from ${rows}, json_to_recordset(${from}) as e(${types.join(', ')})`
}

/** Whether the server has refused the statement for what was in it, and so has written nothing. */
function isTakenBack(error: unknown): boolean {
  if (error instanceof DatabaseError) return error.code === 'conflict' || error.code === 'busy'
  const { code } = error as { readonly code?: unknown }
  // PostgreSQL, appendix A: a value that cannot be, a rule of a table that is broken.
  return typeof code === 'string' && /^2[23]/.test(code)
}
