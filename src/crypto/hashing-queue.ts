/** Lets only so many password hashes run at once, and refuses what would wait behind too many others. */

import { availableParallelism } from 'node:os'

/** How much hashing may be under way. */
export interface HashingLimits {
  /**
   * How many hashes run at once. The cores less one unless told (never under 1): the rest of the process keeps a core,
   * and memory stays below this number times the memory of one hash.
   */
  readonly concurrency?: number
  /** How many may wait for their turn, 64 unless told. Beyond that, work is refused with {@link HashingBusy}. */
  readonly queue?: number
}

/** Too many hashes are waiting already. The same request may succeed a moment later. */
export class HashingBusy extends Error {
  constructor() {
    super('Too many passwords are being checked just now')
    this.name = 'HashingBusy'
  }
}

/** Runs work in the order it came, so much of it at once. */
export interface HashingQueue {
  /** Rejects with {@link HashingBusy}, and does not start the work, when the queue is full. */
  run<Value>(work: () => Promise<Value>): Promise<Value>
}

/**
 * Builds a queue. A flood of logins then costs its own callers time, and nobody else (a hash takes 20 ms of a core).
 *
 * @throws TypeError naming the limit that is not a whole number in its range.
 */
export function hashingQueue(limits: HashingLimits = {}): HashingQueue {
  const concurrency = whole('hashing.concurrency', limits.concurrency ?? defaultConcurrency(), 1, 256)
  const capacity = whole('hashing.queue', limits.queue ?? 64, 0, 100_000)
  const waiting: (() => void)[] = []
  let running = 0

  const leave = (): void => {
    const next = waiting.shift()
    // The place passes straight to the next in line: nobody who comes in between can take it.
    if (next === undefined) running -= 1
    else next()
  }

  return {
    async run(work) {
      if (running < concurrency) running += 1
      else if (waiting.length < capacity) await new Promise<void>((start) => waiting.push(start))
      else throw new HashingBusy()
      try {
        return await work()
      } finally {
        leave()
      }
    },
  }
}

function defaultConcurrency(): number {
  return Math.max(1, availableParallelism() - 1)
}

/** Checks an option that must be a whole number. */
export function whole(option: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new TypeError(`${option} must be a whole number from ${least} to ${most}, not ${String(value)}`)
}
