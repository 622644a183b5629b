/** What an API does when it has not heard for too long of what was revoked. */

import { HttpError } from '../http/http-error.ts'
import { whole } from './access-tokens-options.ts'

/** `accept` goes on with what is known, `refuse` lets nobody in, `refuse-writes` only those who look. */
export type WhenStale = 'accept' | 'refuse' | 'refuse-writes'

const whenStaleValues: readonly WhenStale[] = ['accept', 'refuse', 'refuse-writes']

/** How old what is known of revocations may be. */
export interface StalenessOptions {
  /** So many seconds, from 4 to 3600; 30 unless told. */
  readonly maxAge?: number
  /** What happens to requests when it is older; `refuse-writes` unless told. */
  readonly whenStale?: WhenStale
}

/** The options, complete. */
export interface Staleness {
  /** Seconds. */
  readonly maxAge: number
  readonly whenStale: WhenStale
}

/** Checks the options and fills in what is missing; `name` is what stands before their names in an error. */
export function checkStaleness(name: string, options: StalenessOptions = {}): Staleness {
  const { maxAge = 30, whenStale = 'refuse-writes' } = options
  if (!whenStaleValues.includes(whenStale))
    throw new Error(`${name}whenStale: give one of ${whenStaleValues.join(', ')}`)
  return { maxAge: whole(`${name}maxAge`, 'seconds', maxAge, 4, 3600), whenStale }
}

/** The part of a request that says whether it may change something. */
export interface Intent {
  readonly method: string
  header(name: string): string | undefined
}

/**
 * Lets a request go on only if what is known of revocations is young enough for it.
 *
 * @param age Of what is known, in milliseconds, each time it is asked.
 * @param catchUp Tries to know more, within a second or so. It is called when that is needed, as after a process was suspended.
 * @returns `value`; in the usual case at once.
 * @throws {HttpError} 503 with `Retry-After`.
 */
export function whenFresh<Value>(
  value: Value,
  staleness: Staleness,
  intent: Intent,
  age: () => number,
  catchUp: () => Promise<void>,
): Value | Promise<Value> {
  const limit = staleness.maxAge * 1000
  if (age() <= limit) return value
  return catchUp().then(() => {
    if (age() > limit && isRefused(staleness, intent)) throw tooStale()
    return value
  })
}

/** Whether a request is refused while it is not known what was revoked. */
function isRefused({ whenStale }: Staleness, intent: Intent): boolean {
  if (whenStale !== 'refuse-writes') return whenStale === 'refuse'
  // What comes over a WebSocket afterwards may be anything.
  return !/^(?:GET|HEAD|OPTIONS)$/.test(intent.method) || intent.header('upgrade') !== undefined
}

/** The answer to such a request. The token may be good, and the client is to keep it and come again. */
function tooStale(): HttpError {
  return new HttpError(503, 'It is not known at the moment what was revoked', {
    headers: { 'retry-after': '2' },
  })
}
