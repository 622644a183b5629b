/** The refusals that point to a wrong setting, as lines in the log: what was found and what was wanted, now and then. */

import type { RejectionNotice } from './access-tokens-options.ts'

/** What is wrong with many tokens at once when something is set up wrongly. */
const telling: ReadonlySet<string> = new Set(['aud', 'iss', 'typ', 'alg'])

/** Milliseconds. Anybody can send wrong tokens, as many as the log has room for. */
const pause = 60_000

/** A listener that writes at most one line a minute for each of these members. `now` in milliseconds. */
export function rejectionLog(now: () => number): (notice: RejectionNotice) => void {
  const told = new Map<string, number>()
  return ({ rejection, fingerprint, member, wanted, found }) => {
    if (member === undefined || !telling.has(member)) return
    const last = told.get(member)
    if (last !== undefined && Math.abs(now() - last) < pause) return
    told.set(member, now())
    const expected = wanted === undefined ? '' : `, wanted ${JSON.stringify(wanted)}`
    console.warn(`${rejection.description} (${member} ${found}${expected}; token ${fingerprint})`)
  }
}
