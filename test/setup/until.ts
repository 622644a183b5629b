/** Waiting for something that happens soon, without saying how soon. */

import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Asks again and again until the answer is yes.
 *
 * @param limit Milliseconds after which it counts as never; far more than it takes, as computers can be busy.
 * @throws {Error} With the last answer.
 */
export async function until(
  ask: () => unknown,
  isIt: (answer: unknown) => boolean = Boolean,
  limit = 60_000,
): Promise<void> {
  const end = performance.now() + limit
  for (;;) {
    const answer = await ask()
    if (isIt(answer)) return
    if (performance.now() > end) throw new Error(`It never happened; the last answer was ${String(answer)}`)
    await sleep(20)
  }
}
