/** The port of rate limits and failure counts, shared by all nodes. */

/** How much is allowed. */
export interface RateLimit {
  /** How many at once, and per window; a whole number from 1. */
  readonly points: number
  /** Milliseconds in which they come back, evenly. */
  readonly windowMs: number
}

/** What a try was told. */
export interface RateLimitState {
  readonly allowed: boolean
  /** How many more would be allowed now. */
  readonly remaining: number
  /** When the next is allowed, in milliseconds from now; 0 if at once. */
  readonly retryAfterMs: number
}

/**
 * Where tries are counted. Every key must be in its one spelling, and short: hash what is long or personal. Rows go
 * away with the purge as soon as they mean nothing any more.
 */
export interface RateLimitStore {
  /**
   * Takes a point if there is one. Of many tries at once, on all nodes together, no more than `points` are allowed.
   * A refused try takes nothing and writes nothing, so a flood costs no disk.
   */
  hit(key: string, limit: RateLimit, now: number): Promise<RateLimitState>
  /** Gives all points of a key back. */
  clearHits(key: string): Promise<void>
  /**
   * Counts a failure and answers how many there are in a row, this one included. None is lost: 200 at once count 200.
   *
   * @param forgetAt When the count begins anew if no further failure comes, in milliseconds since 1970.
   */
  countFailure(key: string, forgetAt: number, now: number): Promise<number>
  /** How many failures there are in a row. */
  failures(key: string, now: number): Promise<number>
  /** Ends the row of failures. */
  clearFailures(key: string): Promise<void>
  /** Takes one back that turned out to be none. The count never goes below 0, and none of others' is lost. */
  takeBackFailure(key: string): Promise<void>
}
