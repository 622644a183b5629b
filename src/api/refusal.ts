/** Refusals: the 401s and 403s of a route, built once when the route is planned, and values rather than exceptions. */

import { HttpError, reasonPhrase } from '../http/http-error.ts'
import type { Rejection } from '../protocol/rejection.ts'
import type { Scheme } from './scheme.ts'

/** Why a caller is turned away; the later ones are the more telling where several apply. */
export type RefusalKind = 'missing' | 'invalid' | 'insufficient'

/** A caller turned away by a security scheme. */
export class Refusal {
  readonly kind: RefusalKind
  readonly status: 401 | 403
  readonly detail: string
  /** The `WWW-Authenticate` values, one for each scheme that would have done. */
  readonly challenges: readonly string[]
  readonly headers: Readonly<Record<string, string>>
  readonly body: string

  constructor(
    kind: RefusalKind,
    detail: string,
    challenges: readonly string[],
    headers: Readonly<Record<string, string>> = {},
  ) {
    this.kind = kind
    this.status = kind === 'insufficient' ? 403 : 401
    this.detail = detail
    this.challenges = challenges
    this.body = JSON.stringify({ detail })
    this.headers = {
      ...headers,
      'content-type': 'application/json',
      ...(challenges.length > 0 ? { 'www-authenticate': challenges.join(', ') } : {}),
    }
  }

  /** The same as an exception, for a resource that is open while the caller is turned away. */
  toError(): HttpError {
    const { 'content-type': _, ...headers } = this.headers
    return new HttpError(this.status, this.detail, { headers })
  }
}

/** No credentials (RFC 6750 §3.1: a challenge without an error code). */
export function missingCredentials(scheme: Scheme, scopes: readonly string[]): Refusal {
  return new Refusal('missing', 'Not authenticated', [scheme.missing(scopes)])
}

/** Credentials that are not good. */
export function invalidCredentials(scheme: Scheme, rejection: Rejection, scopes: readonly string[]): Refusal {
  const challenge = scheme.invalid(rejection, scopes)
  return new Refusal('invalid', rejection.description, [challenge], rejection.headers)
}

/** Good credentials that were not granted enough; names everything the route needs, so that one retry suffices. */
export function insufficientScope(scheme: Scheme, scopes: readonly string[]): Refusal {
  const detail =
    scopes.length === 1
      ? `This needs the scope ${scopes.join('')}`
      : `This needs the scopes ${scopes.join(' ')}`
  const challenge = scheme.insufficient(scopes, detail)
  return new Refusal('insufficient', detail, challenge === undefined ? [] : [challenge])
}

/** The answer when every alternative turned the caller away: the most telling kind, with all of its challenges. */
export function mostTelling(refusals: readonly Refusal[]): Refusal {
  for (const kind of ['insufficient', 'invalid', 'missing'] as const) {
    const telling = refusals.filter((refusal) => refusal.kind === kind)
    const [first] = telling
    if (first !== undefined) {
      const challenges = telling.flatMap((refusal) => refusal.challenges)
      if (telling.length === 1) return first
      const headers = Object.assign({}, ...telling.map((refusal) => refusal.headers)) as Refusal['headers']
      return new Refusal(kind, first.detail, [...new Set(challenges)], headers)
    }
  }
  return new Refusal('missing', reasonPhrase(401), [])
}
