/** How old knowledge is, and getting younger when it is needed: within a second, and once a second for all who ask. */

import { setTimeout as sleep } from 'node:timers/promises'

/** Two clocks, in milliseconds. */
export interface Clocks {
  /** It only goes forward, and in some places stands still while the computer sleeps. */
  readonly steady: () => number
  /** Since 1970. It goes on while the computer sleeps, and can be set. */
  readonly wall: () => number
}

/** How old something is. */
export interface Age {
  /** In milliseconds, by the clock that says more: a computer that slept, and one whose clock was set back, know nothing new. */
  readonly value: number
  /** A moment on both clocks. */
  moment(): Moment
  /** It is as new as at this moment and so many milliseconds later; if it was newer already, nothing changes. */
  renew(moment: Moment, later?: number): void
}

/** A moment on both clocks. */
export interface Moment {
  readonly steady: number
  readonly wall: number
}

/** The age of something that is infinitely old. */
export function ageOn({ steady, wall }: Clocks): Age {
  let newest: Moment = { steady: -Infinity, wall: -Infinity }
  return {
    get value() {
      return Math.max(steady() - newest.steady, wall() - newest.wall)
    },
    moment: () => ({ steady: steady(), wall: wall() }),
    renew(moment, later = 0) {
      // Not newer than now, whatever somebody says of his.
      const renewed = {
        steady: Math.min(moment.steady + later, steady()),
        wall: Math.min(moment.wall + later, wall()),
      }
      if (renewed.steady >= newest.steady) newest = renewed
    },
  }
}

/** The longest that a request waits for newer knowledge, and the time between two attempts, in milliseconds. */
const patience = 1000

/**
 * Makes an attempt when it is asked to, or joins the last one.
 *
 * @param attempt Never rejects.
 */
export function catchingUp(attempt: () => Promise<unknown>, age: Age): () => Promise<void> {
  let last: { readonly at: number; readonly done: Promise<void>; ageAfter: number } | undefined
  return () => {
    const at = performance.now()
    // Older by more than the time since then: the computer has slept.
    const hasSlept = last !== undefined && age.value > last.ageAfter + 2 * patience
    if (last === undefined || at - last.at >= patience || hasSlept) {
      const done = Promise.race([attempt().then(() => undefined), sleep(patience)]).then(() => {
        mine.ageAfter = age.value
      })
      const mine = { at, done, ageAfter: Infinity }
      last = mine
    }
    return last.done
  }
}
