/**
 * Group commit for SQLite: writes that come at the same moment share one transaction, and so one wait for the disk. Each
 * is behind a savepoint of its own, and is answered after the commit.
 */

import { CompiledQuery } from 'kysely'
import type { Kysely } from 'kysely'
import type { Direct } from '../database.ts'
import { DatabaseError } from '../database-error.ts'

/** Runs work in a transaction that it may share with other work. Nothing but the database may be awaited in it. */
export type GroupCommit = <Value>(work: (transaction: Kysely<unknown>) => Promise<Value>) => Promise<Value>

/** The most that share a transaction: other processes wait for its end. */
const most = 64

interface Job {
  readonly work: (transaction: Kysely<unknown>) => Promise<unknown>
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

/** What became of a piece of work; it is told so after the commit. */
type Outcome = { readonly value: unknown } | { readonly error: unknown }

/** Groups the writes of one connection. */
export function groupCommit(kysely: Kysely<unknown>, direct: Direct | undefined): GroupCommit {
  const waiting: Job[] = []
  let isRunning = false

  async function run(): Promise<void> {
    isRunning = true
    while (waiting.length > 0) {
      // Every request that the event loop has read by now may come along, as SQLite stops the loop while it waits for the
      // disk; and whoever waits for the lock in another way gets a turn.
      await new Promise((resolve) => setImmediate(resolve))
      await commit(kysely, direct, waiting.splice(0, most))
    }
    isRunning = false
  }

  return <Value>(work: (transaction: Kysely<unknown>) => Promise<Value>) =>
    new Promise<Value>((resolve, reject) => {
      // The cast: the job is resolved with what its own work answers.
      waiting.push({ work, resolve: resolve as (value: unknown) => void, reject })
      if (!isRunning) void run()
    })
}

/** Never rejects: what goes wrong with the transaction as a whole is told to everybody in it. */
async function commit(
  kysely: Kysely<unknown>,
  direct: Direct | undefined,
  jobs: readonly Job[],
): Promise<void> {
  let outcomes: readonly Outcome[]
  try {
    outcomes = await kysely.transaction().execute((transaction) => {
      const run = direct ?? ((sql: string) => transaction.executeQuery(CompiledQuery.raw(sql)))
      return each(transaction, (sql) => run(sql, []), jobs)
    })
  } catch (error) {
    for (const { reject } of jobs) reject(error)
    return
  }
  for (const [index, { resolve, reject }] of jobs.entries()) {
    const outcome = outcomes[index]
    if (outcome !== undefined && 'value' in outcome) resolve(outcome.value)
    else reject(outcome?.error)
  }
}

async function each(
  transaction: Kysely<unknown>,
  run: (sql: string) => unknown,
  jobs: readonly Job[],
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = []
  for (const { work } of jobs) {
    await run('savepoint one_of_many')
    try {
      outcomes.push({ value: await work(transaction) })
    } catch (error) {
      outcomes.push({ error })
      // After an error of the disk SQLite has ended the transaction: then this fails, and everybody is told of that error.
      try {
        await run('rollback to one_of_many')
      } catch (failure) {
        throw error instanceof DatabaseError ? error : failure
      }
    }
    await run('release one_of_many')
  }
  return outcomes
}
