/** Reports of an outage: one line when it begins, and how often since, instead of one stack trace for each request. */

/** How long what has been told is only counted, in milliseconds. */
const quiet = 5000
/** The most different outages that are counted at once; more are counted together. */
const most = 20

/**
 * Something cannot be reached, or there is too much to do: requests are answered with 503 and may come again. Printed it is one
 * line; the first error that was seen is its `cause`.
 */
export class Outage extends Error {
  /** How many times it was met: 1 at first, and later how often since the last report. */
  readonly times: number

  constructor(sentence: string, times: number, cause: unknown) {
    super(times === 1 ? sentence : `${sentence} (${times} times more)`, { cause })
    this.name = 'Outage'
    this.times = times
    // What a log shows: where it was noticed says nothing of where it comes from.
    Object.defineProperty(this, Symbol.for('nodejs.util.inspect.custom'), {
      value: () => `${this.name}: ${this.message}`,
    })
  }
}

type Report = (error: unknown) => void

/** An application and the server that is mounted in it report to one place, and count together. */
const counting = new WeakMap<Report, Report>()

/** Passes errors on, those of an outage as {@link Outage}: the first at once, the others counted, every five seconds at most. */
export function outagesCounted(report: Report): Report {
  const known = counting.get(report)
  if (known !== undefined) return known
  const counted = counterBefore(report)
  counting.set(report, counted).set(counted, counted)
  return counted
}

function counterBefore(report: Report): Report {
  const going = new Map<string, { times: number; cause: unknown }>()

  function later(sentence: string): void {
    const timer = setTimeout(() => {
      const { times = 0, cause } = going.get(sentence) ?? {}
      going.delete(sentence)
      if (times === 0) return
      going.set(sentence, { times: 0, cause: undefined })
      later(sentence)
      report(new Outage(sentence, times, cause))
    }, quiet)
    // Nobody waits for a number.
    if (typeof timer === 'object') timer.unref()
  }

  return (error) => {
    const found = error instanceof Outage ? undefined : outageIn(error)
    if (found === undefined) return report(error)
    const sentence = going.has(found) || going.size < most ? found : 'Requests are refused for now'
    const known = going.get(sentence)
    if (known === undefined) {
      going.set(sentence, { times: 0, cause: undefined })
      later(sentence)
      return report(new Outage(sentence, 1, error))
    }
    known.times += 1
    known.cause ??= error
  }
}

/** What is the matter, in the words of whoever noticed it first; `undefined` for any other error. */
function outageIn(error: unknown): string | undefined {
  let next = error
  for (let depth = 0; depth < 5 && next instanceof Error; depth += 1) {
    if ('isTransient' in next && next.isTransient === true) return next.message
    next = next.cause
  }
  const isBusy = error instanceof Error && 'status' in error && error.status === 503
  return isBusy ? error.message : undefined
}
