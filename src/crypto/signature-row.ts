/**
 * Signatures that are checked one right after the other.
 *
 * Whatever computes on a curve works with tables of more than 100 KiB, and all that a server does between two signatures
 * pushes them out of the processor's cache: of 140 µs for a request with a new ES256 token, some 45 were spent waiting for
 * memory. So what came in one turn of the event loop stands in a row, and is worked off when all that came has been read.
 */

import { setImmediate } from 'node:timers'

/** So many in one go; then others have a turn: whoever sends forged tokens must not hold up everybody. */
const most = 32

const row: (() => void)[] = []

/**
 * Checks a signature together with those of other requests.
 *
 * @param work Does nothing but this: it runs among the work of others, so not in the asynchronous context of its caller.
 * @returns What it returned; rejects with what it threw.
 */
export function inRow<Result>(work: () => Result): Promise<Result> {
  return new Promise((resolve, reject) => {
    const length = row.push(() => {
      try {
        resolve(work())
      } catch (error) {
        reject(error)
      }
    })
    if (length === 1) setImmediate(workOff)
  })
}

function workOff(): void {
  for (const work of row.splice(0, most)) work()
  if (row.length > 0) setImmediate(workOff)
}
