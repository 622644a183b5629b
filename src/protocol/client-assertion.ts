/** Client assertions (RFC 7523 §3): what a JWT has to say by which a client authenticates. */

import { invalidClient } from './oauth-error.ts'

/**
 * Checks the header of an assertion, before its signature (RFC 8725 §3).
 *
 * @param expected The algorithms of the client's registration, or those that are accepted at all.
 * @throws {OAuthError} `invalid_client`
 */
export function checkAssertionHeader(
  header: Readonly<Record<string, unknown>>,
  expected: { readonly algorithms: readonly string[] },
): void {
  const { alg, typ, kid } = header
  // RFC 8725 §3.1: the registration says which algorithm, not the token. With a public key for a shared secret, HS256
  // would be signed by everybody.
  if (typeof alg !== 'string' || !expected.algorithms.includes(alg) || !/^(?:RS|PS|ES|Ed)/.test(alg)) {
    throw invalidClient('The client_assertion has an algorithm that is not accepted')
  }
  // RFC 8725 §3.10: a key that comes along proves nothing, and an address would be fetched for a stranger.
  const foreign = ['jwk', 'jku', 'x5u', 'x5c', 'crit', 'b64', 'zip', 'enc'].find((name) => name in header)
  if (foreign !== undefined) throw invalidClient(`The client_assertion has the header ${foreign}`)
  // RFC 8725 §3.11: a token made for something else is none.
  if (typ !== undefined && !isAssertionType(typ))
    throw invalidClient('The client_assertion is another kind of token')
  if (kid !== undefined && typeof kid !== 'string')
    throw invalidClient('The client_assertion has no valid kid')
}

/** What an assertion is held against. */
export interface ExpectedAssertion {
  readonly clientId: string
  /** Who we are: the issuer, and for a lenient client the token endpoint as well. */
  readonly audiences: readonly string[]
  /** Whether the audience must be one string and no list (the FAPI profile). */
  readonly isStrict?: boolean
  /** Seconds since 1970. */
  readonly now: number
  /** Seconds that `exp` may lie ahead; 300 unless told. */
  readonly maxLifetime?: number
  /** Seconds that clocks may differ by; 30 unless told. */
  readonly clockSkew?: number
}

/** What has to be used up so that the assertion works once. */
export interface AssertionUse {
  readonly jti: string
  /** Seconds since 1970; from then on the assertion has ended for every clock, and the `jti` may be forgotten. */
  readonly keepUntil: number
}

/**
 * Checks the claims of an assertion. They are as good as its signature, which may be looked at afterwards.
 *
 * @throws {OAuthError} `invalid_client`
 */
export function checkAssertionClaims(
  claims: Readonly<Record<string, unknown>>,
  expected: ExpectedAssertion,
): AssertionUse {
  const { now, maxLifetime = 300, clockSkew = 30 } = expected
  const { iss, sub, exp, nbf, iat, jti } = claims
  // RFC 7523 §3 numbers 1 and 2
  if (iss !== expected.clientId || sub !== expected.clientId) {
    throw invalidClient('iss and sub of the client_assertion are not the client')
  }
  if (!isForUs(claims['aud'], expected)) throw invalidClient('The client_assertion is for another audience')
  // RFC 7523 §3 number 4. Far ahead it would be a password that lasts, and its jti had to be kept as long.
  if (!isDate(exp) || exp > now + maxLifetime + clockSkew) {
    throw invalidClient('The client_assertion has no exp, or one that is too far ahead')
  }
  if (exp + clockSkew <= now) throw invalidClient('The client_assertion has expired')
  if (!isPast(nbf, now + clockSkew) || !isPast(iat, now + clockSkew)) {
    throw invalidClient('The client_assertion is not valid yet')
  }
  // RFC 7523 §3 number 7, required here: without a name it cannot be used up.
  if (typeof jti !== 'string' || jti === '' || jti.length > 512) {
    throw invalidClient('The client_assertion has no valid jti')
  }
  return { jti, keepUntil: Math.ceil(exp + clockSkew) }
}

/** RFC 7523 §3 number 3. Among several audiences another server could be one, which then plays the client to us. */
function isForUs(aud: unknown, { audiences, isStrict = false }: ExpectedAssertion): boolean {
  if (typeof aud === 'string') return audiences.includes(aud)
  if (isStrict || !Array.isArray(aud) || aud.length === 0) return false
  return aud.every((member: unknown) => typeof member === 'string' && audiences.includes(member))
}

function isAssertionType(typ: unknown): boolean {
  return typeof typ === 'string' && /^(?:application\/)?(?:jwt|client-authentication\+jwt)$/i.test(typ)
}

function isDate(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}

function isPast(value: unknown, latest: number): boolean {
  return value === undefined || (isDate(value) && value <= latest)
}
