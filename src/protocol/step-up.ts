/** How and how long ago the person behind a token must have logged in (RFC 9470). */

import { Rejection } from './rejection.ts'

/** What is demanded of a login. */
export interface LoginDemand {
  /** One of these ways to log in, as the issuer names them (`acr`), the preferred one first. */
  readonly acr?: readonly string[]
  /** How long ago it may have been, in seconds. */
  readonly maxAge?: number
}

/** What a login is held against besides the demand. */
export interface LoginRules {
  /** Seconds since 1970. */
  readonly now: number
  /** Seconds that clocks may differ by. */
  readonly clockSkew: number
  /** Whether one way to log in is as good as another one. The very same, unless told. */
  readonly reaches?: (acr: string, wanted: string) => boolean
}

/**
 * Checks the login behind a principal. One that says nothing of it does not meet a demand.
 *
 * @param scopes What the route needs besides, so that the client asks for both at once.
 * @returns Why it is not enough, with what the client has to ask its issuer for (RFC 9470 §3).
 */
export function unmetDemand(
  principal: unknown,
  { acr: wanted, maxAge }: LoginDemand,
  scopes: readonly string[],
  { now, clockSkew, reaches = isSame }: LoginRules,
): Rejection | undefined {
  const { acr, auth_time: loggedInAt } = claimsOf(principal)
  const isOtherWay =
    wanted !== undefined && !(typeof acr === 'string' && wanted.some((value) => reaches(acr, value)))
  // A time to come is no recent login: it would be one for as long as it liked.
  const isRecent = (limit: number): boolean =>
    typeof loggedInAt === 'number' && loggedInAt <= now + clockSkew && now <= loggedInAt + limit + clockSkew
  const isTooOld = maxAge !== undefined && !isRecent(maxAge)
  if (!isOtherWay && !isTooOld) return undefined
  const description = isOtherWay ? 'This needs another way to log in' : 'This needs a more recent login'
  return new Rejection(description, 'insufficient_user_authentication', {}, {
    ...demandParameters({ ...(wanted && { acr: wanted }), ...(maxAge !== undefined && { maxAge }) }),
    ...(scopes.length === 0 ? {} : { scope: scopes.join(' ') }),
  }) // prettier-ignore
}

/** A demand as a challenge tells it (RFC 9470 §3). */
function demandParameters({ acr, maxAge }: LoginDemand): Readonly<Record<string, string>> {
  return {
    ...(acr === undefined ? {} : { acr_values: acr.join(' ') }),
    ...(maxAge === undefined ? {} : { max_age: String(maxAge) }),
  }
}

/**
 * Several demands as one.
 *
 * @returns `undefined` when no way to log in meets all of them.
 */
export function joinedDemands(demands: readonly LoginDemand[]): LoginDemand | undefined {
  const lists = demands.flatMap(({ acr }) => (acr === undefined ? [] : [acr]))
  const ages = demands.flatMap(({ maxAge }) => maxAge ?? [])
  const [first, ...others] = lists
  const acr = first?.filter((value) => others.every((list) => list.includes(value)))
  if (acr?.length === 0) return undefined
  return {
    ...(acr === undefined ? {} : { acr: [...new Set(acr)] }),
    ...(ages.length === 0 ? {} : { maxAge: Math.min(...ages) }),
  }
}

/** What is wrong with a demand: the name of the member and what would be right. */
export function demandFault({
  acr,
  maxAge,
}: LoginDemand): readonly [name: 'acr' | 'maxAge', remedy: string] | undefined {
  if (acr === undefined && maxAge === undefined) return ['acr', 'name ways to log in, or give a maxAge']
  if (acr !== undefined && !isListOfNames(acr))
    return ['acr', 'a list of names without spaces or quotes, at least one']
  if (maxAge !== undefined && !(Number.isSafeInteger(maxAge) && maxAge >= 0))
    return ['maxAge', 'a whole number of seconds']
  return undefined
}

/** OpenID Connect Core §3.1.2.1: they travel in one text, with spaces between them. */
function isListOfNames(acr: unknown): boolean {
  if (!Array.isArray(acr) || acr.length === 0) return false
  return acr.every((value) => typeof value === 'string' && /^[!#-[\]-~]+$/.test(value))
}

/** A demand in words: `acr mfa or phr, at most 300 s ago`. */
export function demandInWords({ acr, maxAge }: LoginDemand): string {
  const parts = [acr && `acr ${acr.join(' or ')}`, maxAge !== undefined && `at most ${maxAge} s ago`]
  return parts.filter((part) => typeof part === 'string').join(', ')
}

function isSame(acr: string, wanted: string): boolean {
  return acr === wanted
}

function claimsOf(principal: unknown): Readonly<Record<string, unknown>> {
  const claims =
    typeof principal === 'object' && principal !== null && 'claims' in principal
      ? principal.claims
      : undefined
  return typeof claims === 'object' && claims !== null ? { ...claims } : {}
}
