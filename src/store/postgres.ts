/** PostgreSQL through the optional package `pg`. */

import { Socket } from 'node:net'
import { PostgresDialect as KyselyPostgresDialect } from 'kysely'
import type { Dialect } from 'kysely'
import type { Listen } from './database.ts'
import { DatabaseError } from './database-error.ts'
import { giveUpHanging } from './postgres-hanging.ts'
import { listening } from './postgres-listening.ts'
import { hasOutlivedItsTables, prepareOn } from './postgres-preparing.ts'
import { guardedDialect } from './sql/guarded-dialect.ts'

/** How a PostgreSQL server is reached. */
export interface PostgresOptions {
  /** `postgres://user:password@host:5432/database`. */
  readonly url: string
  /** The most connections at once. */
  readonly connections: number
  /** How long to wait for a connection, in milliseconds. */
  readonly connectTimeout: number
  /** How long one statement may take, in milliseconds. */
  readonly statementTimeout: number
  /** Whether each connection keeps the statements of the store prepared. */
  readonly preparedStatements: boolean
}

/** A PostgreSQL server to work with. */
export interface PostgresDialect {
  readonly dialect: Dialect
  readonly listen: Listen
}

/**
 * Prepares a pool of connections. None is opened before the first statement. Whoever listens has one besides.
 *
 * @throws DatabaseError `invalid_url`, or `driver_missing` when `pg` is not installed.
 */
export async function postgresDialect(options: PostgresOptions): Promise<PostgresDialect> {
  const server = serverOf(options.url)
  const { Client, Pool } = await import('pg')
    .then((module) => module.default)
    .catch((cause: unknown) => {
      throw new DatabaseError('driver_missing', 'PostgreSQL needs its driver: npm install pg', { cause })
    })
  const sockets = new Set<Socket>()
  const pool = new Pool({
    stream: () => {
      const socket = new Socket()
      sockets.add(socket)
      return socket.once('close', () => sockets.delete(socket))
    },
    connectionString: options.url,
    max: options.connections,
    connectionTimeoutMillis: options.connectTimeout,
    statement_timeout: options.statementTimeout,
    // The server ends a slow statement itself; this is for a server that does not answer at all.
    query_timeout: options.statementTimeout + 2000,
    idle_in_transaction_session_timeout: options.statementTimeout + 20_000,
    keepAlive: true,
    application_name: 'gatewright',
  })
  // Without listeners, a connection that breaks while nobody uses it, or between two statements, ends the process.
  pool.on('error', () => {})
  pool.on('connect', (client) => {
    client.on('error', () => {})
    if (options.preparedStatements) prepareOn(client)
    giveUpHanging(client)
  })
  const dialect = guardedDialect(new KyselyPostgresDialect({ pool }), {
    // The driver forgets a connection that it could not sign in on, without closing it.
    afterClose: () => sockets.forEach((socket) => socket.destroy()),
    async around(call) {
      try {
        return await call()
      } catch (cause) {
        throw explained(cause, server) ?? cause
      }
    },
  })
  const connect = (): InstanceType<typeof Client> =>
    new Client({
      connectionString: options.url,
      connectionTimeoutMillis: options.connectTimeout,
      query_timeout: options.statementTimeout,
      keepAlive: true,
      application_name: 'gatewright listening',
    })
  return { dialect, listen: (channel, onNotice) => listening(connect, channel, onNotice) }
}

/** What may be told about where the database is: the address and the name, never the user's password. */
interface Server {
  readonly address: string
  readonly database: string
}

function serverOf(text: string): Server {
  const url = URL.parse(text)
  if (url === null || !/^postgres(ql)?:\/\//i.test(text)) {
    throw new DatabaseError(
      'invalid_url',
      'The PostgreSQL URL cannot be read. It looks like postgres://user:password@host:5432/database',
    )
  }
  // A bare / ? or # in the password ends the host part early, and what follows must not be taken for a name to show.
  if (url.hash !== '' || /@/.test(url.pathname + url.search)) {
    throw new DatabaseError('invalid_url', 'The password in the PostgreSQL URL must be percent-encoded')
  }
  const host = url.hostname === '' ? (url.searchParams.get('host') ?? 'localhost') : url.hostname
  return { address: `${host}:${url.port || '5432'}`, database: url.pathname.slice(1) }
}

/** What an error of the driver or of the server means (PostgreSQL, appendix A: SQLSTATE). */
function explained(cause: unknown, { address, database }: Server): DatabaseError | undefined {
  if (cause instanceof DatabaseError) return cause
  if (!(cause instanceof Error)) return undefined
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : ''
  const error = (kind: DatabaseError['code'], message: string): DatabaseError =>
    new DatabaseError(kind, message, { cause })

  if (/^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|ENOENT|EACCES)$/.test(code)) {
    return error('unreachable', `No PostgreSQL server answers at ${address} (${code})`)
  }
  if (hasOutlivedItsTables(cause)) return error('busy', 'The tables were changed meanwhile')
  switch (code) {
    case '28P01':
    case '28000':
      return error('access_denied', `PostgreSQL at ${address} refused the user name or the password`)
    case '42501':
      return error('access_denied', `The database user lacks a right that is needed`)
    case '3D000':
      return error('missing_database', `PostgreSQL at ${address} has no database named "${database}"`)
    case '23505':
      return error('conflict', 'A row with this unique value exists already')
    case '25006':
      return error(
        'read_only',
        `PostgreSQL at ${address} takes no writes: it is a replica, or set to read-only`,
      )
    case '57014':
      return error('timeout', 'A statement took too long')
    case '40001':
    case '40P01':
    case '55P03':
      return error('busy', 'Another transaction was in the way')
  }
  // Before the broken ones: the driver calls a connection that took too long terminated.
  if (/timeout/i.test(cause.message) && code === '') {
    return error('timeout', `PostgreSQL at ${address} did not answer in time`)
  }
  // Connections that broke (08), resources that ran out (53), a server that stops or restarts (57P).
  if (/^(08|53|57P)/.test(code) || /^(ECONNRESET|EPIPE)$/.test(code) || isBroken(cause.message)) {
    return error('unavailable', `The connection to PostgreSQL at ${address} is lost or was refused`)
  }
  // The driver's own errors about signing in, and a server without TLS, have no code.
  if (code === '' && /SASL|password/.test(cause.message)) {
    return error(
      'access_denied',
      `PostgreSQL at ${address} asks for a password that the URL does not give rightly`,
    )
  }
  if (code === '' && /SSL/.test(cause.message)) {
    return error('unreachable', `PostgreSQL at ${address} and the URL do not agree on using TLS`)
  }
  return undefined
}

function isBroken(message: string): boolean {
  return /Connection terminated|Connection ended|not queryable|Cannot use a pool after/i.test(message)
}
