/** The algorithms of ID tokens. */

import type { SigningAlgorithm } from '../../crypto/signature.ts'
import type { ClientMetadata } from '../../protocol/client-metadata.ts'
import type { OpenIdSettings } from './options.ts'

/** What has to be known of the settings. */
interface Algorithms {
  readonly openid: OpenIdSettings | undefined
  readonly keys: { readonly algorithm: SigningAlgorithm }
}

/** What OpenID Connect Core §15.1 has every provider know, and what a client gets that says nothing. */
const usualAlgorithm = 'RS256'

/**
 * Those that are offered: the usual one, and that of access tokens where the hash that goes with it is beyond doubt: for
 * EdDSA no specification names it. None where the server is no OpenID provider.
 */
export function idTokenAlgorithms(settings: Algorithms): readonly SigningAlgorithm[] {
  if (settings.openid === undefined) return []
  const { algorithm } = settings.keys
  return algorithm === 'EdDSA'
    ? [usualAlgorithm]
    : [...new Set<SigningAlgorithm>([usualAlgorithm, algorithm])]
}

/** The one that a client is registered with, where it is still offered. */
export function algorithmOf(
  settings: Algorithms,
  { idTokenSignedResponseAlg }: Pick<ClientMetadata, 'idTokenSignedResponseAlg'>,
): SigningAlgorithm {
  return idTokenAlgorithms(settings).find((each) => each === idTokenSignedResponseAlg) ?? usualAlgorithm
}
