/** The outbox: what is to be sent, behind the answers. No request waits for a mail server, and none shows whether mail was sent. */

import { HttpError } from '../../http/http-error.ts'
import type { MailMessage } from './mail.ts'

/** The outbox of one server. It is in memory: what a process that is killed had not sent is asked for again. */
export interface Outbox {
  /**
   * Takes work, and answers at once, before any of it is done.
   *
   * @param kind What it is about, for reports: they name no address.
   * @param write Looks up what there is to send, if anything. Run again when it fails.
   * @throws {HttpError} 503 with `Retry-After` when too much waits already.
   */
  post(kind: string, write: () => Promise<readonly MailMessage[]>): void
  /** Waits a while for what is being sent, and drops the rest. */
  close(): Promise<void>
}

/** How an outbox works. */
export interface OutboxOptions {
  readonly send: (message: MailMessage) => Promise<unknown>
  readonly report: (error: unknown) => void
  /** After how long it is tried again, in milliseconds. */
  readonly waits?: readonly number[]
  /** How long one try may take, in milliseconds. */
  readonly patience?: number
}

/** The most that may wait. */
const most = 1000
/** The most that is done at once: a mail server that hangs holds these, and no request. */
const atOnce = 8

interface Task {
  readonly kind: string
  readonly work: () => Promise<unknown>
  tries: number
}

/** Makes an outbox. */
export function outboxOf({
  send,
  report,
  waits = [2000, 15_000, 60_000],
  patience = 20_000,
}: OutboxOptions): Outbox {
  const waiting: Task[] = []
  const later = new Map<ReturnType<typeof setTimeout>, Task>()
  const running = new Set<Promise<void>>()
  let isClosed = false

  function add(kind: string, work: () => Promise<unknown>): void {
    waiting.push({ kind, work, tries: 0 })
    // After the answer: what it costs to look must not be in the time that the answer took.
    setImmediate(run)
  }

  function run(): void {
    while (running.size < atOnce && waiting.length > 0) {
      const task = waiting.shift()
      if (task === undefined) return
      const done = attempt(task).finally(() => {
        running.delete(done)
        run()
      })
      running.add(done)
    }
  }

  async function attempt(task: Task): Promise<void> {
    try {
      await within(task.work(), patience)
    } catch (error) {
      const wait = waits[task.tries]
      task.tries += 1
      if (wait === undefined || isClosed) {
        report(failure(task, error))
        return
      }
      const timer = setTimeout(() => {
        later.delete(timer)
        waiting.push(task)
        run()
      }, wait)
      timer.unref()
      later.set(timer, task)
    }
  }

  return {
    post(kind, write) {
      if (isClosed || waiting.length + later.size >= most) {
        throw new HttpError(503, 'Too many messages wait to be sent, try again', {
          headers: { 'retry-after': '10' },
        })
      }
      add(kind, async () => {
        for (const message of await write()) add(kind, () => send(message))
      })
    },
    async close() {
      isClosed = true
      for (const [timer, task] of later) {
        clearTimeout(timer)
        report(failure(task, undefined))
      }
      later.clear()
      const end = performance.now() + 5000
      while (running.size + waiting.length > 0 && performance.now() < end) {
        run()
        await within(Promise.race(running), end - performance.now()).catch(() => undefined)
      }
    },
  }
}

/** What a mail server says may repeat the address, and the message holds a link: neither goes into the log. */
function failure({ kind, tries }: Task, error: unknown): Error {
  const why = reason(error)
  return new Error(
    `A message (${kind}) could not be sent after ${tries} tries${why === '' ? '' : `: ${why}`}`,
  )
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return ''
  if (error instanceof Late) return error.message
  // Those of nodemailer and of sockets: ECONNREFUSED, EAUTH 535.
  const { code, responseCode } = error as { readonly code?: unknown; readonly responseCode?: unknown }
  const known = [code, responseCode].filter((part) => typeof part === 'string' || typeof part === 'number')
  return known.length === 0 ? error.name : known.join(' ')
}

class Late extends Error {}

async function within<Value>(work: Promise<Value>, milliseconds: number): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Late('no answer in time')), milliseconds)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
