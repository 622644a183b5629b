/** What introspection (RFC 7662 §2.1) and revocation (RFC 7009 §2.1) are asked about: a token, and a guess what it is. */

import { needed, strictParameters } from './parameters.ts'
import type { SentParameters } from './parameters.ts'

/** A token to be looked for. */
export interface TokenLookup {
  readonly token: string
  /** Where to look first. All of it is looked through: a wrong hint costs a look-up, and changes nothing. */
  readonly order: readonly ('access_token' | 'refresh_token')[]
}

/**
 * Reads `token` and `token_type_hint`. A hint that is not known is none (RFC 7009 §2.1, RFC 7662 §2.1).
 *
 * @throws {OAuthError} `invalid_request` without a token, and for a parameter that is repeated.
 */
export function parseTokenLookup(parameters: SentParameters): TokenLookup {
  const sent = strictParameters(parameters)
  const token = needed(sent, 'token')
  const isRefreshFirst = sent.one('token_type_hint') === 'refresh_token'
  return {
    token,
    order: isRefreshFirst ? ['refresh_token', 'access_token'] : ['access_token', 'refresh_token'],
  }
}
