/** Answers that must have begun by a time: one clock for all requests under way, instead of a timer each. */

/** One answer being waited for. */
export interface Deadline {
  /** In milliseconds of `performance.now()`. */
  readonly at: number
  /** Called once, when it has not been met. */
  readonly expire: () => void
}

/** The deadlines of the requests under way. Ticks only while there are any. */
export class Deadlines {
  readonly #waiting = new Set<Deadline>()
  #timer: ReturnType<typeof setInterval> | undefined
  #tick = Infinity

  /** @param timeout How far the deadline is away, in milliseconds; it is noticed at most a quarter of that late. */
  add(deadline: Deadline, timeout: number): void {
    this.#waiting.add(deadline)
    const tick = Math.min(250, Math.max(1, timeout / 4))
    if (this.#timer !== undefined && tick >= this.#tick) return
    clearInterval(this.#timer)
    this.#tick = tick
    this.#timer = setInterval(() => this.#check(), tick)
    // Nothing here keeps a process alive that has nothing else to do.
    if (typeof this.#timer === 'object') this.#timer.unref()
  }

  met(deadline: Deadline): void {
    this.#waiting.delete(deadline)
  }

  #check(): void {
    if (this.#waiting.size === 0) {
      clearInterval(this.#timer)
      this.#timer = undefined
      this.#tick = Infinity
      return
    }
    const now = performance.now()
    for (const deadline of this.#waiting) {
      if (deadline.at > now) continue
      this.#waiting.delete(deadline)
      deadline.expire()
    }
  }
}
