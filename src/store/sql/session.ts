/** Runs statements: one by one, or several in a transaction that may change its mind. */

import { setTimeout as sleep } from 'node:timers/promises'
import { CompiledQuery } from 'kysely'
import type { Kysely } from 'kysely'
import type { AnyDatabase, Direct } from '../database.ts'
import { DatabaseError } from '../database-error.ts'
import { groupCommit } from './group-commit.ts'
import type { GroupCommit } from './group-commit.ts'
import { constant, constantName, gated, isRead } from './statement.ts'
import type { CompiledStatement, Flavor, Statement, Step } from './statement.ts'

/** Something that runs statements. */
export interface Runner {
  readonly flavor: Flavor
  /** The rows that a statement answers. */
  rows<Values, Row>(statement: Statement<Values, Row>, values: Values): Promise<readonly Row[]>
  /** The only row, or the first. */
  row<Values, Row>(statement: Statement<Values, Row>, values: Values): Promise<Row | undefined>
  /** How many rows a statement without an answer changed. */
  changes<Values, Row>(statement: Statement<Values, Row>, values: Values): Promise<number>
  /** Runs one step after the other. */
  write(steps: readonly Step[]): Promise<void>
}

/** A database, each of whose statements is a transaction of its own unless it runs in {@link Session.transact}. */
export interface Session extends Runner {
  /**
   * Runs work in one transaction. Nothing but this database may be awaited in it. It ends with what the work answers, or
   * without a trace when the work throws; {@link undo} does so with an answer.
   */
  transact<Value>(work: (runner: Runner) => Promise<Value>): Promise<Value>
  /**
   * Consumes something and writes what follows, in one transaction: every gate is an update that must change its row, or a
   * select that must find one, then all writes happen, and otherwise nothing does. On PostgreSQL it is one statement, and one round trip.
   *
   * @returns Whether all gates were passed: then everything is written and committed. When not, all that may have changed is
   * what the first gates touch.
   */
  consume(gates: readonly Step[], writes: readonly Step[]): Promise<boolean>
  /** The first row for each of these values, where the database is in this process: see {@link AnyDatabase.direct}. */
  readonly readEach?: <Values, Row>(
    statement: Statement<Values, Row>,
    values: readonly Values[],
  ) => Promise<readonly (Row | undefined)[]>
}

/** How often a transaction is run again that PostgreSQL has stopped for another's sake. */
const attempts = 5

/** Takes back what the transaction has written, and lets it answer all the same. */
export function undo(answer: unknown): never {
  throw new Undone(answer)
}

class Undone extends Error {
  readonly answer: unknown

  constructor(answer: unknown) {
    super('The transaction was taken back')
    this.answer = answer
  }
}

/** Makes a session of a database. */
export function sessionOf(database: AnyDatabase, accounts: boolean): Session {
  // The cast: an app's database is typed by its own tables, and every statement here is text.
  const kysely = database.kysely as Kysely<unknown>
  const flavor: Flavor = { dialect: database.dialect, accounts }
  const composed = new Map<string, CompiledStatement>()
  const grouped = database.dialect === 'sqlite' ? groupCommit(kysely, database.direct) : undefined

  async function transact<Value>(work: (runner: Runner) => Promise<Value>): Promise<Value> {
    const inside = (transaction: Kysely<unknown>): Promise<Value> =>
      work(runnerOf(transaction, flavor, database.direct))
    return again(flavor, async () => {
      try {
        return await (grouped?.(inside) ?? begin(kysely, flavor).execute(inside))
      } catch (error) {
        // The cast: `undo` is called with what the work answers.
        if (error instanceof Undone) return error.answer as Value
        throw error
      }
    })
  }

  async function consumeByStatement(gates: readonly Step[], writes: readonly Step[]): Promise<boolean> {
    const steps = [...gates, ...writes]
    const parts = steps.map(({ compile }) => compile(flavor))
    const key = `${gates.length} ${parts.map(({ sql }) => constantName(sql)).join()}`
    let one = composed.get(key)
    if (one === undefined) {
      one = gated(parts, gates.length)
      // There are few shapes: what is issued has none or one of most things.
      if (composed.size < 500) composed.set(key, constant(one))
    }
    const parameters = steps.flatMap(({ values }, index) => parts[index]?.names.map((name) => values[name]))
    const query = CompiledQuery.raw(one.sql, parameters)
    const { rows } = await again(flavor, () => kysely.executeQuery<{ passed: string }>(query))
    return Number(rows[0]?.passed) === gates.length
  }

  function consumeInTransaction(gates: readonly Step[], writes: readonly Step[]): Promise<boolean> {
    return transact(async (runner) => {
      for (const { compile, values } of gates) {
        const count = isRead(compile(flavor).sql)
          ? (await runner.rows({ compile }, values)).length
          : await runner.changes({ compile }, values)
        if (count === 0) return undo(false)
      }
      await runner.write(writes)
      return true
    })
  }

  return {
    ...(grouped === undefined
      ? runnerOf(kysely, flavor)
      : groupedRunner(kysely, grouped, flavor, database.direct)),
    transact,
    ...(database.direct === undefined ? {} : { readEach: readerOf(kysely, flavor, database.direct) }),
    consume: flavor.dialect === 'postgres' ? consumeByStatement : consumeInTransaction,
  }
}

/** Runs a transaction again that PostgreSQL has stopped for another's sake. SQLite waits in its own way. */
async function again<Value>({ dialect }: Flavor, work: () => Promise<Value>): Promise<Value> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      if (dialect === 'sqlite' || attempt === attempts || !isInTheWay(error)) throw error
      // Of two that were in each other's way, one should be through before the other comes again.
      await sleep(Math.random() * 10 * 2 ** attempt)
    }
  }
}

function begin(kysely: Kysely<unknown>, { dialect }: Flavor): ReturnType<Kysely<unknown>['transaction']> {
  const transaction = kysely.transaction()
  // A server may have another default; the gates here are conditions that are read again after a wait, which is what this
  // level does. SQLite has one writer at a time.
  return dialect === 'postgres' ? transaction.setIsolationLevel('read committed') : transaction
}

/** A deadlock or a lock not given: nothing was written, and the same may work a moment later. */
function isInTheWay(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === 'busy'
}

/** Whether a row that is referred to was removed by somebody else just now. */
export function isForeignKeyError(error: unknown): boolean {
  const { code, errcode } = error as { readonly code?: unknown; readonly errcode?: unknown }
  return code === '23503' || errcode === 787
}

/** Statements that write share a commit with others; those that read go straight to the database. */
function groupedRunner(
  kysely: Kysely<unknown>,
  grouped: GroupCommit,
  flavor: Flavor,
  direct: Direct | undefined,
): Runner {
  const reader = runnerOf(kysely, flavor)
  const inside = (transaction: Kysely<unknown>): Runner => runnerOf(transaction, flavor, direct)
  return {
    flavor,
    rows: (statement, values) =>
      isRead(statement.compile(flavor).sql)
        ? reader.rows(statement, values)
        : grouped((transaction) => inside(transaction).rows(statement, values)),
    row: (statement, values) =>
      isRead(statement.compile(flavor).sql)
        ? reader.row(statement, values)
        : grouped((transaction) => inside(transaction).row(statement, values)),
    changes: (statement, values) => grouped((transaction) => inside(transaction).changes(statement, values)),
    write: (steps) => grouped((transaction) => inside(transaction).write(steps)),
  }
}

/** Waits for the connection once for all: nobody reads what somebody else has not committed. */
function readerOf(kysely: Kysely<unknown>, flavor: Flavor, direct: Direct): NonNullable<Session['readEach']> {
  return (statement, values) =>
    kysely.connection().execute((connection) => {
      const runner = runnerOf(connection, flavor, direct)
      return Promise.all(values.map((each) => runner.row(statement, each)))
    })
}

interface Result<Row> {
  readonly rows: readonly Row[]
  readonly changes: number
}

/** @param direct In a transaction, where there is a shorter way than Kysely's. */
function runnerOf(kysely: Kysely<unknown>, flavor: Flavor, direct?: Direct): Runner {
  async function run<Values, Row>(statement: Statement<Values, Row>, values: Values): Promise<Result<Row>> {
    const { sql, names } = statement.compile(flavor)
    // The cast: the names are keys of the values, by the type of `statement`.
    const parameters = names.map((name) => (values as Readonly<Record<string, unknown>>)[name])
    // The cast: the statement says what its rows are.
    if (direct !== undefined) return direct(sql, parameters) as Result<Row>
    const { rows, numAffectedRows } = await kysely.executeQuery<Row>(CompiledQuery.raw(sql, parameters))
    return { rows, changes: Number(numAffectedRows ?? 0) }
  }
  async function changes<Values, Row>(statement: Statement<Values, Row>, values: Values): Promise<number> {
    return (await run(statement, values)).changes
  }
  return {
    flavor,
    rows: async (statement, values) => (await run(statement, values)).rows,
    row: async (statement, values) => (await run(statement, values)).rows[0],
    changes,
    async write(steps) {
      for (const { compile, values } of steps) await changes({ compile }, values)
    },
  }
}
