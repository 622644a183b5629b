/** What another issuer answers of a token (RFC 7662 §2.2), read as if the token had said it itself. */

import { readAccessToken, refusals } from './access-token.ts'
import type { AccessToken, Expected } from './access-token.ts'
import { Rejection } from './rejection.ts'

/**
 * Reads the answer. It has to say for whom the token is and until when, although RFC 7662 leaves that open: a token for
 * everybody and for ever is not taken.
 *
 * @param now Seconds since 1970.
 * @returns `undefined` for an answer that is none.
 */
export function readIntrospectionAnswer(
  answer: Readonly<Record<string, unknown>>,
  expected: Expected,
  now: number,
): AccessToken | Rejection | undefined {
  const { active, iss, sub, client_id: clientId, token_type: type, token_use: use } = answer
  if (typeof active !== 'boolean') return undefined
  if (!active) return inactiveToken
  // A refresh token is active as well, and nothing to call an API with. Issuers tell it by having no such type.
  if (typeof type !== 'string' || !/^(?:bearer|dpop)$/i.test(type)) return refusals.wrongType
  if (use !== undefined && use !== 'access_token') return refusals.wrongType
  const { profile = {} } = expected
  const claims = Object.freeze({
    ...answer,
    iss: iss ?? expected.issuer,
    // A client that acts for itself is the subject (RFC 9068 §2.2).
    sub: sub ?? clientId,
  })
  // What tells a token from an ID token was written for JWTs.
  const { acceptPlainJwt: _, marks: __, ...reading } = profile
  return readAccessToken(claims, { ...expected, profile: reading }, now)
}

/** Unknown, expired, revoked, or for somebody else: the issuer does not say. */
export const inactiveToken: Rejection = Object.freeze(
  new Rejection('The access token is unknown, expired or revoked'),
)
