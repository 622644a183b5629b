/**
 * Asking once for many: whoever asks for something while the same is being asked waits, and all who wait are answered together
 * by the next statement. That one begins after each of them has asked, so nobody is told what was true before.
 */

interface Waiting<Ask, Answer> {
  readonly ask: Ask
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: unknown) => void
}

/** Who waits for the answers to one key. */
interface Line<Ask, Answer> {
  readonly waiting: Waiting<Ask, Answer>[]
  isAsking: boolean
}

/** So many are kept though nobody waits: a map whose keys come and go keeps what was in it from being collected. */
const idleLines = 100

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
  const lines = new Map<string, Line<Ask, Answer>>()

  async function run(key: string, line: Line<Ask, Answer>): Promise<void> {
    const { waiting } = line
    line.isAsking = true
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
    line.isAsking = false
    if (lines.size > idleLines) lines.delete(key)
  }

  return (key, ask) =>
    new Promise((resolve, reject) => {
      const asking = { ask, resolve, reject }
      const line = lines.get(key) ?? { waiting: [], isAsking: false }
      if (line.waiting.push(asking) > 1 || line.isAsking) return
      lines.set(key, line)
      void run(key, line)
    })
}
