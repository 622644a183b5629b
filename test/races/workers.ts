/** Starts worker processes, gives them orders, and ends them, gently or not. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { openDatabase } from '../../src/store/open.ts'
import { sqlAccountStore } from '../../src/store/sql/accounts.ts'
import { sqlGrantStore } from '../../src/store/sql/grant-store.ts'
import type { GrantStore } from '../../src/store/grant-store.ts'
import type { AnyDatabase } from '../../src/store/database.ts'
import type { Order } from './order.ts'

/** What a worker says, a line at a time. */
export interface Message {
  readonly ready?: true
  /** The tries of a race by name, with their outcomes. */
  readonly answers?: readonly (readonly [string, string])[]
  /** The tokens of a chain, the dead end last. */
  readonly chain?: readonly string[]
  /** The hash of a refresh token that was committed. */
  readonly done?: string
}

/** A process of its own. */
export interface Worker {
  tell(order: Order): void
  /** What it says next. */
  next(): Promise<Message>
  /** What it said, apart from what `next` took. */
  readonly said: readonly Message[]
  /** Ends it at once, wherever it is. */
  kill(): Promise<void>
  /** Lets it finish and end. */
  end(): Promise<void>
}

/** Starts a worker on a database, and waits until it is ready. */
export async function startWorker(url: string): Promise<Worker> {
  const script = fileURLToPath(new URL('worker.ts', import.meta.url))
  const child = spawn(process.execPath, [script, url], {
    stdio: ['pipe', 'pipe', 'inherit'],
    // Processes that live for a moment spend most of it compiling.
    env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'gatewright-compile-cache') },
  })
  const closed = once(child, 'close')
  child.stdin.on('error', () => {})
  const said: Message[] = []
  const waiting: ((message: Message) => void)[] = []
  createInterface({ input: child.stdout }).on('line', (line) => {
    // The cast: the lines come from `worker.ts`. A line that the end cut off was never said.
    const message = parsed(line)
    if (message === undefined) return
    const first = waiting.shift()
    if (first === undefined) said.push(message)
    else first(message)
  })
  const next = (): Promise<Message> => {
    const ended = closed.then(() => {
      throw new Error('The worker ended')
    })
    const message = new Promise<Message>((resolve) => {
      const first = said.shift()
      if (first === undefined) waiting.push(resolve)
      else resolve(first)
    })
    return Promise.race([message, ended])
  }
  const worker: Worker = {
    tell: (order) => void child.stdin.write(`${JSON.stringify(order)}\n`),
    next,
    said,
    async kill() {
      child.kill('SIGKILL')
      await closed
    },
    async end() {
      child.stdin.end()
      const [code] = (await closed) as [number | null]
      if (code !== 0) throw new Error(`The worker ended with ${code}`)
    },
  }
  await next()
  return worker
}

/** A database with the client `app` and the subject `alice`, and a store on it in this process. */
export async function prepared(
  url: string,
): Promise<AsyncDisposable & { readonly store: GrantStore; readonly database: AnyDatabase }> {
  const database = await openDatabase({ url, connections: 5, statementTimeout: 30 })
  const store = await sqlGrantStore(database, 1)
  const accounts = await sqlAccountStore(database, 1)
  await accounts.create({
    id: 'alice',
    username: 'alice',
    usernameKey: 'alice',
    scopes: [],
    emailVerified: false,
    disabled: false,
    passwordHash: 'hash',
    createdAt: new Date(1),
  })
  await store.createClient({
    id: 'app',
    source: 'admin',
    metadata: {},
    secrets: [],
    disabled: false,
    createdAt: 1,
  })
  return { store, database, [Symbol.asyncDispose]: () => database.close() }
}

function parsed(line: string): Message | undefined {
  try {
    return JSON.parse(line) as Message
  } catch {
    return undefined
  }
}
