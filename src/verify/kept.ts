/** Something that is fetched when it is first needed, kept, and fetched again when it is old; kept on when that fails. */

/** How long a thing is kept, and how often it is asked for. Everything in seconds. */
export interface KeepingTimes {
  /** From this age on it is fetched again; it goes on being used meanwhile, until it is twice as old. */
  readonly maxAge: number
  /** Until this age it is used when it cannot be fetched again. */
  readonly staleFor: number
  /** The time between two attempts, whether they succeed or not. */
  readonly coolDown: number
  /** The same while there is nothing to use, or nothing that is trusted. */
  readonly retryDelay: number
}

/** A thing that is kept. */
export interface Kept<Thing> {
  /** The thing: at once where it is known, otherwise as soon as it is there. Rejects with {@link Unavailable}. */
  get(): Thing | Promise<Thing>
  /**
   * The thing after another attempt, which is made at most once in a cool-down. Rejects with {@link Unavailable} if the
   * newest attempt failed: what is missing in the thing may be in the next one.
   */
  renewed(): Promise<Thing>
  /** Has it fetched again at the next attempt. */
  distrust(): void
}

/** Nothing to use, and nothing to be had at the moment. */
export class Unavailable extends Error {
  /** When it makes sense to ask again, in seconds. */
  readonly retryAfter: number

  constructor(retryAfter: number, cause: unknown) {
    super('What is needed cannot be fetched at the moment', { cause })
    this.name = 'Unavailable'
    this.retryAfter = retryAfter
  }
}

/**
 * Keeps what `load` brings.
 *
 * @param load Fetches it. Several who wait at a time wait for one attempt.
 * @param clock Milliseconds; it has to go forward, whatever the time of day does.
 * @param onFailure Told of each attempt that failed.
 */
export function kept<Thing>(
  load: () => Promise<Thing>,
  times: KeepingTimes,
  clock: () => number,
  onFailure: (error: unknown) => void,
): Kept<Thing> {
  let known: { readonly thing: Thing; readonly at: number } | undefined
  let failure: { readonly error: unknown } | undefined
  let attemptedAt = -Infinity
  let underWay: Promise<void> | undefined
  let isDistrusted = false

  /** In seconds. */
  const age = (): number => (known === undefined ? Infinity : (clock() - known.at) / 1000)
  const isUsable = (): boolean => age() < times.staleFor && !isDistrusted
  const delay = (): number => (isUsable() ? times.coolDown : times.retryDelay)
  const untilNext = (): number => delay() - (clock() - attemptedAt) / 1000

  /** Makes an attempt, or joins the one that is under way. Never rejects. */
  function attempt(): Promise<void> {
    underWay ??= fetchOnce().finally(() => (underWay = undefined))
    return underWay
  }

  async function fetchOnce(): Promise<void> {
    attemptedAt = clock()
    try {
      const thing = await load()
      known = { thing, at: clock() }
      failure = undefined
      isDistrusted = false
    } catch (error) {
      failure = { error }
      // From its end: one that ran out of time would be followed by the next at once, and everybody waited for that.
      attemptedAt = clock()
      onFailure(error)
    }
  }

  function current(): Thing {
    if (known !== undefined && age() < times.staleFor) return known.thing
    throw new Unavailable(Math.max(1, Math.ceil(untilNext())), failure?.error)
  }

  async function waited(): Promise<Thing> {
    if (underWay !== undefined || untilNext() <= 0) await attempt()
    return current()
  }

  return {
    get() {
      const old = age()
      if (known === undefined || old >= times.staleFor) return waited()
      if (old < times.maxAge && !isDistrusted) return known.thing
      if (untilNext() <= 0) void attempt()
      // Long unasked: what was taken out meanwhile is not used once more. While fetching fails, nobody waits for it.
      const mustWait = failure === undefined && (isDistrusted || old >= 2 * times.maxAge)
      return mustWait && underWay !== undefined ? underWay.then(current) : known.thing
    },
    async renewed() {
      const thing = await waited()
      if (failure !== undefined) throw new Unavailable(Math.max(1, Math.ceil(untilNext())), failure.error)
      return thing
    },
    distrust() {
      isDistrusted = true
    },
  }
}
