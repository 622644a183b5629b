/**
 * Asking once for many: whoever asks for something while the same is being asked waits, and all who wait are answered together
 * by the next statement. That one begins after each of them has asked, so nobody is told what was true before.
 */

interface Waiting<Ask, Answer> {
  readonly ask: Ask
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: unknown) => void
}

/**
 * Makes a question that many may share. What goes wrong is told to all who shared it.
 *
 * @param answer Answers all who ask under one key, each in its place.
 * @param most How many it answers at once at the most.
 */
export function together<Ask, Answer>(
  answer: (asks: readonly Ask[]) => Promise<readonly Answer[]>,
  most: number = Number.POSITIVE_INFINITY,
): (key: string, ask: Ask) => Promise<Answer> {
  /** Whoever waits, by the keys that are being asked for. */
  const keys = new Map<string, Waiting<Ask, Answer>[]>()

  async function run(key: string, waiting: Waiting<Ask, Answer>[]): Promise<void> {
    keys.set(key, waiting)
    while (waiting.length > 0) {
      // Every request that the event loop has read by now may come along.
      await new Promise((resolve) => setImmediate(resolve))
      const batch = waiting.splice(0, most)
      try {
        const answers = await answer(batch.map(({ ask }) => ask))
        // The cast: there is an answer for each.
        for (const [index, { resolve }] of batch.entries()) resolve(answers[index] as Answer)
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    keys.delete(key)
  }

  return (key, ask) =>
    new Promise((resolve, reject) => {
      const asking = { ask, resolve, reject }
      const waiting = keys.get(key)
      if (waiting === undefined) void run(key, [asking])
      else waiting.push(asking)
    })
}
