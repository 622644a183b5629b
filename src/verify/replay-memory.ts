/** Which proofs were seen a moment ago, in the memory of this process. */

import { Unavailable } from './kept.ts'

/** Whether a name comes for the first time. It is kept until `until`; both times in milliseconds since 1970. */
export type UseOnce = (name: string, until: number, now: number) => boolean | Promise<boolean>

/**
 * A memory for one process. With several behind one address, each accepts a proof once: give them a common `useOnce`.
 *
 * @param size How many names are kept at a time. When all are needed yet, new ones are not taken: forgetting one would
 * let its proof in again.
 */
export function replayMemory(size = 100_000): UseOnce {
  const seen = new Map<string, number>()

  function forget(now: number): void {
    for (const [name, until] of seen) {
      // They come nearly in the order of their ends: the first that lives on ends the search, unless it is needed.
      if (until > now && seen.size < size) return
      if (until <= now) seen.delete(name)
    }
  }

  return (name, until, now) => {
    forget(now)
    if (seen.has(name)) return false
    if (seen.size >= size) throw new Unavailable(1, new Error('Too many DPoP proofs at a time'))
    seen.set(name, until)
    return true
  }
}
