/** Answers that must have begun by a time: one clock for all requests under way, instead of a timer each. */

/** One answer being waited for. */
export interface Deadline {
  /** In milliseconds of `performance.now()`. */
  readonly at: number
  /** Called once, when it has not been met. */
  readonly expire: () => void
  /** Its neighbours, while it is waited for. */
  before?: Deadline | undefined
  after?: Deadline | undefined
}

/**
 * The deadlines of the requests under way. Ticks only while there are any.
 *
 * They are linked to each other, and whoever leaves is unlinked: the tables that a `Set` outgrows point to each other, and
 * with that many comings and goings they kept requests in memory that were long answered.
 */
export class Deadlines {
  #first: Deadline | undefined
  #last: Deadline | undefined
  #timer: ReturnType<typeof setInterval> | undefined
  #tick = Infinity

  /** @param timeout How far the deadline is away, in milliseconds; it is noticed at most a quarter of that late. */
  add(deadline: Deadline, timeout: number): void {
    deadline.before = this.#last
    if (this.#last === undefined) this.#first = deadline
    else this.#last.after = deadline
    this.#last = deadline
    const tick = Math.min(250, Math.max(1, timeout / 4))
    if (this.#timer !== undefined && tick >= this.#tick) return
    clearInterval(this.#timer)
    this.#tick = tick
    this.#timer = setInterval(() => this.#check(), tick)
    // Nothing here keeps a process alive that has nothing else to do.
    if (typeof this.#timer === 'object') this.#timer.unref()
  }

  /** May be said of one that has expired: it has no neighbours any more. */
  met(deadline: Deadline): void {
    const { before, after } = deadline
    if (before !== undefined) before.after = after
    else if (this.#first === deadline) this.#first = after
    if (after !== undefined) after.before = before
    else if (this.#last === deadline) this.#last = before
    deadline.before = undefined
    deadline.after = undefined
  }

  #check(): void {
    if (this.#first === undefined) {
      clearInterval(this.#timer)
      this.#timer = undefined
      this.#tick = Infinity
      return
    }
    const now = performance.now()
    let next: Deadline | undefined = this.#first
    while (next !== undefined) {
      const deadline: Deadline = next
      next = deadline.after
      if (deadline.at > now) continue
      this.met(deadline)
      deadline.expire()
    }
  }
}
