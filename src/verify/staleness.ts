/** What an API does when it has not heard for too long of what was revoked. */

import { HttpError } from '../http/http-error.ts'
import type { AccessToken } from '../protocol/access-token.ts'
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

/** The part of a request that says whether it may change something. */
export interface Intent {
  readonly method: string
  header(name: string): string | undefined
}

/** Something that knows what was revoked, as of a moment ago. */
export interface RevocationKnowledge {
  isRevoked(token: AccessToken): boolean
  /** How old, at most, what it knows is, in milliseconds. */
  readonly age: number
  /** Tries to know more, within a second or so. */
  catchUp(): Promise<void>
}

/** Checks the options and fills in what is missing; `name` is what stands before their names in an error. */
export function checkStaleness(name: string, options: StalenessOptions = {}): Staleness {
  const { maxAge = 30, whenStale = 'refuse-writes' } = options
  if (!whenStaleValues.includes(whenStale))
    throw new Error(`${name}whenStale: give one of ${whenStaleValues.join(', ')}`)
  return { maxAge: whole(`${name}maxAge`, 'seconds', maxAge, 4, 3600), whenStale }
}

/**
 * Whether a token was revoked. In the usual case it says so at once; what is too old is first brought up to date, as after
 * a process was suspended.
 *
 * @throws {HttpError} 503 with `Retry-After` when that fails and the request is one that is then refused.
 */
export function isRevokedNow(
  token: AccessToken,
  knowledge: RevocationKnowledge,
  staleness: Staleness,
  intent: Intent,
): boolean | Promise<boolean> {
  if (knowledge.isRevoked(token)) return true
  const limit = staleness.maxAge * 1000
  if (knowledge.age <= limit) return false
  return knowledge.catchUp().then(() => {
    if (knowledge.isRevoked(token)) return true
    if (knowledge.age > limit && isRefused(staleness, intent)) throw tooStale()
    return false
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
