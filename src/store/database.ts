/** The database that an app and the stores of this project share. */

import type { Kysely } from 'kysely'

/** An open database, whatever tables it is used for. */
export interface AnyDatabase {
  readonly dialect: 'sqlite' | 'postgres'
  /** The Kysely instance, typed by {@link Database}. */
  readonly kysely: unknown
  /**
   * Has a function called when some process has notified a channel, where the database can tell: PostgreSQL does, by
   * `LISTEN`. A hint and no promise: what must not be missed is read again from time to time as well.
   */
  readonly listen?: Listen
  /** Runs a statement at once on the only connection there is: SQLite's. For whoever has it just now, by a transaction. */
  readonly direct?: Direct
  /** Closes all connections. What runs just now may end first. */
  close(): Promise<void>
}

/** Runs a statement and answers its rows, or how many rows it has changed. */
export type Direct = (
  sql: string,
  parameters: readonly unknown[],
) => { readonly rows: readonly unknown[]; readonly changes: number }

/** Listens on a channel: a name in lower case that needs no quotes. */
export type Listen = (channel: string, onNotice: () => void) => Listening

/** Somebody who listens. */
export interface Listening {
  /** Whether there is a connection at the moment. */
  readonly isHearing: boolean
  stop(): Promise<void>
}

/** An open database, with the tables of an app as Kysely types. */
export interface Database<Tables = Record<never, never>> extends AnyDatabase, AsyncDisposable {
  /** For queries of your own (https://kysely.dev). Tables whose name begins with `gatewright_` are ours. */
  readonly kysely: Kysely<Tables>
  /**
   * Runs work in one transaction: committed when it resolves, rolled back when it throws. On SQLite it holds the write
   * lock from its first moment, so wait for nothing but the database inside, and use the instance that is handed in.
   */
  transaction<Value>(work: (transaction: Kysely<Tables>) => Promise<Value>): Promise<Value>
}

/** Makes a database of a Kysely instance. */
export function databaseOf<Tables>(
  dialect: AnyDatabase['dialect'],
  kysely: Kysely<Tables>,
  { listen, direct }: Pick<AnyDatabase, 'listen' | 'direct'> = {},
): Database<Tables> {
  const close = (): Promise<void> => kysely.destroy()
  return {
    dialect,
    kysely,
    ...(listen === undefined ? {} : { listen }),
    ...(direct === undefined ? {} : { direct }),
    transaction: (work) => kysely.transaction().execute(work),
    close,
    [Symbol.asyncDispose]: close,
  }
}
