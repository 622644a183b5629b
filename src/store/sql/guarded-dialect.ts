/** A Kysely dialect with something around every call of its driver: error translation, waiting for a lock. */

import { CompiledQuery } from 'kysely'
import type { DatabaseConnection, Dialect, Driver } from 'kysely'

/** What goes around a call. */
export interface Guard {
  /** Runs a call, once or until it succeeds, and says what its errors mean. */
  readonly around: <Value>(call: () => Promise<Value>) => Promise<Value>
  /** The statement that begins a transaction, where it is not the driver's own. */
  readonly begin?: string
  /** Whether an error says that the transaction was over before it was rolled back: a database may end it by itself. */
  readonly isOver?: (error: unknown) => boolean
  /** Called when the driver has closed what it knows of. */
  readonly afterClose?: () => void
}

/** Wraps a dialect. */
export function guardedDialect(dialect: Dialect, guard: Guard): Dialect {
  return {
    createAdapter: () => dialect.createAdapter(),
    createIntrospector: (kysely) => dialect.createIntrospector(kysely),
    createQueryCompiler: () => dialect.createQueryCompiler(),
    createDriver: () => guardedDriver(dialect.createDriver(), guard),
  }
}

function guardedDriver(driver: Driver, { around, begin, isOver, afterClose }: Guard): Driver {
  const guarded = new WeakSet<DatabaseConnection>()
  return {
    init: (options) => around(() => driver.init(options)),
    async acquireConnection(options) {
      const connection = await around(() => driver.acquireConnection(options))
      // The driver knows its connections by identity, so one is changed rather than wrapped.
      if (!guarded.has(connection)) {
        guarded.add(connection)
        const execute = connection.executeQuery.bind(connection)
        connection.executeQuery = (query, settings) => around(() => execute(query, settings))
      }
      return connection
    },
    async beginTransaction(connection, settings) {
      if (begin === undefined) await driver.beginTransaction(connection, settings)
      else await connection.executeQuery(CompiledQuery.raw(begin))
    },
    commitTransaction: (connection) => driver.commitTransaction(connection),
    async rollbackTransaction(connection) {
      try {
        await driver.rollbackTransaction(connection)
      } catch (error) {
        // What it was rolled back for is what has to be told, not that there was nothing left to do.
        if (isOver?.(error) !== true) throw error
      }
    },
    savepoint: async (connection, name, compile) => driver.savepoint?.(connection, name, compile),
    rollbackToSavepoint: async (connection, name, compile) =>
      driver.rollbackToSavepoint?.(connection, name, compile),
    releaseSavepoint: async (connection, name, compile) =>
      driver.releaseSavepoint?.(connection, name, compile),
    releaseConnection: (connection, options) => driver.releaseConnection(connection, options),
    async destroy(options) {
      await driver.destroy(options)
      afterClose?.()
    },
  }
}
