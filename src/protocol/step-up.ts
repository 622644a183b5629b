/** How and how long ago the person behind a token must have logged in (RFC 9470). */

import type { AccessToken } from './access-token.ts'
import { Rejection } from './rejection.ts'

/** What is demanded of a login. */
export interface LoginDemand {
  /** One of these ways to log in, as the issuer names them (`acr`), the preferred one first. */
  readonly acrValues?: readonly string[]
  /** How long ago it may have been, in seconds. */
  readonly maxAge?: number
}

/**
 * Checks the login behind a token. A token that says nothing of it does not meet a demand.
 *
 * @param now Seconds since 1970.
 * @param clockSkew Seconds that clocks may differ by.
 * @returns Why it is not enough, with what the client has to ask its issuer for (RFC 9470 §3).
 */
export function unmetDemand(
  { claims }: Pick<AccessToken, 'claims'>,
  { acrValues, maxAge }: LoginDemand,
  now: number,
  clockSkew: number,
): Rejection | undefined {
  const { acr, auth_time: loggedInAt } = claims
  const isOtherWay = acrValues !== undefined && !acrValues.some((value) => value === acr)
  const isTooOld =
    maxAge !== undefined && !(typeof loggedInAt === 'number' && now <= loggedInAt + maxAge + clockSkew)
  if (!isOtherWay && !isTooOld) return undefined
  const description = isOtherWay ? 'This needs another way to log in' : 'This needs a more recent login'
  return new Rejection(description, 'insufficient_user_authentication', {}, {
    ...(acrValues === undefined ? {} : { acr_values: acrValues.join(' ') }),
    ...(maxAge === undefined ? {} : { max_age: String(maxAge) }),
  }) // prettier-ignore
}
