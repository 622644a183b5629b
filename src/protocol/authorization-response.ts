/** The answer to an authorization request: parameters for the redirect URI (RFC 6749 §4.1.2, RFC 9207). */

import { printable } from './authorization-error.ts'
import type { AuthorizationError, AuthorizationTarget } from './authorization-error.ts'

/** What goes back, in order. */
export type ResponseParameters = readonly (readonly [name: string, value: string])[]

/** The answer with a code (RFC 6749 §4.1.2). */
export function codeResponse(target: AuthorizationTarget, issuer: string, code: string): ResponseParameters {
  return [['code', code], ...always(target, issuer)]
}

/** The answer that there is none (RFC 6749 §4.1.2.1). */
export function errorResponse(
  target: AuthorizationTarget,
  issuer: string,
  error: Pick<AuthorizationError, 'code' | 'message'>,
): ResponseParameters {
  return [['error', error.code], ['error_description', printable(error.message)], ...always(target, issuer)]
}

/** Where the browser goes with an answer. */
export interface AuthorizationAnswer {
  /** The address; with `form`, that of a form which the browser posts. */
  readonly location: string
  /** The fields of that form (OAuth 2.0 Form Post Response Mode §2). */
  readonly form?: ResponseParameters
}

/** How an answer gets to its target. */
export function authorizationAnswer(
  { redirectUri, responseMode }: AuthorizationTarget,
  parameters: ResponseParameters,
): AuthorizationAnswer {
  return responseMode === 'form_post'
    ? { location: redirectUri, form: parameters }
    : { location: responseLocation(redirectUri, parameters) }
}

/**
 * The address for the `Location` header. The query that was registered stays as it is (RFC 6749 §3.1.2), and the address
 * is not parsed and written anew: it goes to exactly where it was registered.
 *
 * @example
 *
 * ```ts
 * responseLocation('https://web.test/cb?t=1', [['code', 'x']]) // 'https://web.test/cb?t=1&code=x'
 * ```
 */
export function responseLocation(redirectUri: string, parameters: ResponseParameters): string {
  const query = parameters.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
  return `${redirectUri}${joint(redirectUri)}${query.join('&')}`
}

function joint(redirectUri: string): string {
  if (!redirectUri.includes('?')) return '?'
  return /[?&]$/.test(redirectUri) ? '' : '&'
}

/** RFC 6749 §4.1.2: the state, if there was one. RFC 9207 §2: the issuer, errors included. */
function always(target: AuthorizationTarget, issuer: string): ResponseParameters {
  return [...(target.state === undefined ? [] : [['state', target.state] as const]), ['iss', issuer]]
}
