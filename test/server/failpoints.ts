/** Named points at which a server process kills itself, put around the database drivers of the process from outside. */

import { ServerResponse } from 'node:http'
import { StatementSync } from 'node:sqlite'
import pg from 'pg'

/**
 * Where in a transaction that uses up a code or a refresh token. Where the whole of it is one statement, `after-begin` and
 * `before-commit` are before it is sent, `after-consumption` and `after-insert` are when it is sent and not answered.
 */
export type FailpointName =
  'after-begin' | 'after-consumption' | 'after-insert' | 'before-commit' | 'after-commit' | 'before-answer'

/** Where, and at which time of passing there. */
export interface Failpoint {
  readonly point: FailpointName
  /** From 1. */
  readonly pass: number
}

/** All of them, in the order in which a request passes them. */
export const failpointNames: readonly FailpointName[] = [
  'after-begin',
  'after-consumption',
  'after-insert',
  'before-commit',
  'after-commit',
  'before-answer',
]

const consumption = /update gatewright_(?:codes|refresh_tokens)(?: as \w)? set used_at/
const insertion = /insert into gatewright_(?:families|refresh_tokens|audit)/

/** The process ends like one that lost its power: no handler runs, nothing is flushed. */
function die(): never {
  process.kill(process.pid, 'SIGKILL')
  throw new Error('unreachable')
}

/** From now on the process kills itself there. Statements of both drivers are watched, and the answers of the server. */
export function dieAt({ point, pass }: Failpoint): void {
  let passed = 0
  const consuming = new WeakSet<object>()
  const reach = (name: FailpointName): void => {
    if (name !== point) return
    passed += 1
    if (passed === pass) die()
  }
  const open = new WeakSet<object>()
  const isAlone = (connection: object, text: string): boolean =>
    consumption.test(text) && !open.has(connection)
  const watcher: Watcher = {
    before(connection, text) {
      if (isAlone(connection, text)) {
        reach('after-begin')
        reach('before-commit')
      }
      if (/^\s*commit/i.test(text) && consuming.has(connection)) reach('before-commit')
    },
    sent(connection, text) {
      if (!isAlone(connection, text)) return
      reach('after-consumption')
      reach('after-insert')
    },
    after(connection, text) {
      if (isAlone(connection, text)) return reach('after-commit')
      if (/^\s*(begin|start transaction)/i.test(text)) {
        open.add(connection)
        reach('after-begin')
      }
      if (consumption.test(text)) {
        consuming.add(connection)
        reach('after-consumption')
      } else if (insertion.test(text) && consuming.has(connection)) reach('after-insert')
      if (!/^\s*(commit|rollback)/i.test(text)) return
      open.delete(connection)
      if (consuming.delete(connection) && /commit/i.test(text)) reach('after-commit')
    },
  }
  watchSqlite(watcher)
  watchPostgres(watcher)
  watchAnswers(() => reach('before-answer'))
}

/** Told of every statement: before it is given to the driver, when it was, and when it is answered. */
interface Watcher {
  readonly before: (connection: object, text: string) => void
  readonly sent: (connection: object, text: string) => void
  readonly after: (connection: object, text: string) => void
}

function watchSqlite({ before, after }: Watcher): void {
  const only = {} // a process has one SQLite connection
  for (const name of ['run', 'all'] as const) {
    const original = StatementSync.prototype[name] as (...values: unknown[]) => unknown
    const watched = function (this: StatementSync, ...values: unknown[]): unknown {
      before(only, this.sourceSQL)
      const result = original.apply(this, values)
      after(only, this.sourceSQL)
      return result
    }
    Object.defineProperty(StatementSync.prototype, name, { value: watched })
  }
}

function watchPostgres({ before, sent, after }: Watcher): void {
  const original = pg.Client.prototype.query as (...values: unknown[]) => unknown
  const watched = function (this: object, ...values: unknown[]): unknown {
    const [first] = values
    const text = typeof first === 'string' ? first : ((first as { text?: string } | undefined)?.text ?? '')
    before(this, text)
    const result = original.apply(this, values)
    sent(this, text)
    return result instanceof Promise
      ? result.then((value: unknown) => {
          after(this, text)
          return value
        })
      : result
  }
  Object.defineProperty(pg.Client.prototype, 'query', { value: watched })
}

/** The last moment: the answer is made, and the first byte of it has not been handed to the network. */
function watchAnswers(before: () => void): void {
  const original = ServerResponse.prototype.writeHead as (...values: unknown[]) => ServerResponse
  const watched = function (this: ServerResponse, ...values: unknown[]): ServerResponse {
    if (this.req.url === '/token' && values[0] === 200) before()
    return original.apply(this, values)
  }
  Object.defineProperty(ServerResponse.prototype, 'writeHead', { value: watched })
}
