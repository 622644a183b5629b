/** Sends a known number of requests over kept connections, as fast as they are answered, and says how that went. */

import autocannon from 'autocannon'
import type { Client, Request } from 'autocannon'

/** What to send. */
export interface Load {
  readonly origin: string
  /** How many requests in all. */
  readonly amount: number
  readonly connections: number
  /** The requests of one connection, in turn. */
  requests(connection: number): readonly Request[]
  /** The only status that is right. */
  readonly status: number
}

/** How it went. */
export interface LoadResult {
  readonly requests: number
  /** Seconds. */
  readonly duration: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  /** What else was counted, each with the name of its column. */
  readonly extra?: Readonly<Record<string, number>>
}

/** @throws Error for an answer with another status, or for none. */
export async function send({ origin, amount, connections, requests, status }: Load): Promise<LoadResult> {
  const times: number[] = []
  const wrong = new Map<number, number>()
  let begun = 0
  const start = performance.now()
  let last = start
  const result = await autocannon({
    url: origin,
    amount,
    connections,
    timeout: 30,
    // It ends at a tick of its clock, and a server that waits for that is idle.
    sampleInt: 50,
    setupClient: (client: Client) => {
      client.setRequests([...requests(begun++)])
      client.on('response', (code, _bytes, milliseconds) => {
        times.push(milliseconds)
        last = performance.now()
        if (code !== status) wrong.set(code, (wrong.get(code) ?? 0) + 1)
      })
    },
  })
  if (wrong.size > 0 || result.errors > 0 || result.timeouts > 0) {
    const seen = [...wrong].map(([code, count]) => `${count} × ${code}`).join(', ')
    throw new Error(
      `${origin}: ${seen || 'no wrong status'}, ${result.errors} errors; ${status} was expected`,
    )
  }
  times.sort((one, other) => one - other)
  // The duration that autocannon tells goes on to the next tick of its clock.
  return {
    requests: times.length,
    duration: (last - start) / 1000,
    p50: at(times, 0.5),
    p99: at(times, 0.99),
  }
}

function at(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}
