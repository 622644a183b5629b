/** The algorithms of ID tokens. */

import type { SigningAlgorithm } from '../../crypto/signature.ts'
import type { OpenIdSettings } from './options.ts'

/** What OpenID Connect Core §15.1 has every provider know, and what a client gets that says nothing. */
export const usualAlgorithm = 'RS256'

/**
 * Those that are offered: the usual one, and that of access tokens where the hash that goes with it is beyond doubt: for
 * EdDSA no specification names it. None where the server is no OpenID provider.
 */
export function idTokenAlgorithms(settings: {
  readonly openid: OpenIdSettings | undefined
  readonly keys: { readonly algorithm: SigningAlgorithm }
}): readonly SigningAlgorithm[] {
  if (settings.openid === undefined) return []
  const { algorithm } = settings.keys
  return algorithm === 'EdDSA'
    ? [usualAlgorithm]
    : [...new Set<SigningAlgorithm>([usualAlgorithm, algorithm])]
}
