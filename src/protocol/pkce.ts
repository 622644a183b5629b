/** Proof Key for Code Exchange (RFC 7636): S256 only, and never half of it. */

import { equal } from '../crypto/equal.ts'
import { sha256Base64url } from '../crypto/hash.ts'
import { invalidGrant, invalidRequest } from './oauth-error.ts'

/**
 * Holds the verifier of a token request against the challenge of the authorization request.
 *
 * @example
 *
 * ```ts
 * verifyPkce(code.codeChallenge, request.codeVerifier) // returns, or throws
 * ```
 *
 * @param challenge What the authorization request sent; `undefined` only for a client that is exempt.
 * @throws {OAuthError} `invalid_request` when the verifier is none by its grammar. `invalid_grant` when it is missing,
 * wrong, or there without a challenge; a wrong one is a try at guessing and should be counted.
 */
export function verifyPkce(challenge: string | undefined, verifier: string | undefined): void {
  if (verifier !== undefined && !isCodeVerifier(verifier)) {
    throw invalidRequest('The code_verifier is malformed')
  }
  if (challenge === undefined) {
    if (verifier === undefined) return
    // RFC 9700 §4.8.2: the client sent a challenge. Who took it out of the request put a code of theirs in its place.
    throw invalidGrant('There is a code_verifier, but the authorization request had no code_challenge')
  }
  // RFC 7636 §4.6
  if (verifier === undefined) throw invalidGrant('The parameter code_verifier is missing')
  if (!equal(codeChallengeS256(verifier), challenge)) throw invalidGrant('The code_verifier is wrong')
}

/** Whether this is a code verifier: 43 to 128 unreserved characters (RFC 7636 §4.1). */
export function isCodeVerifier(text: string): boolean {
  // The length first: a pattern does not have to see a megabyte.
  return text.length <= 128 && /^[A-Za-z0-9._~-]{43,128}$/.test(text)
}

/** Whether this can be an S256 challenge: 43 characters of base64url (RFC 7636 §4.2). */
export function isCodeChallenge(text: string): boolean {
  return text.length === 43 && /^[A-Za-z0-9_-]{43}$/.test(text)
}

/** The S256 challenge of a verifier (RFC 7636 §4.2). */
export function codeChallengeS256(verifier: string): string {
  return sha256Base64url(verifier)
}
