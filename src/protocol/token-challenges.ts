/** The challenges of an API that takes access tokens, bound or not (RFC 6750 §3, RFC 9449 §7.1, RFC 9728 §5.1). */

import { challenge } from './challenge.ts'
import { dpopAlgorithms } from './dpop.ts'
import type { Rejection } from './rejection.ts'

/** The words of each refusal. */
export interface TokenChallenges {
  /** No credentials (RFC 6750 §3.1: no error code then). */
  readonly missing: (scopes: readonly string[]) => string
  /** Names the scopes as well: a client that has to begin again knows what to ask its person for. */
  readonly invalid: (rejection: Rejection, scopes?: readonly string[]) => string
  /** Names all scopes that are needed, so that the client asks once. */
  readonly insufficient: (scopes: readonly string[], description: string) => string
}

/** @param metadata Where the API says who issues its tokens, if it does so by now. */
export function tokenChallenges(metadata: () => string | undefined): TokenChallenges {
  const words = (parameters: Readonly<Record<string, string | undefined>>, scheme = 'Bearer'): string =>
    challenge(scheme, { ...parameters, resource_metadata: metadata() })
  return {
    missing: (scopes) => words({ scope: scopeOf(scopes) }),
    invalid: ({ error, description, parameters }, scopes = []) =>
      error === 'invalid_dpop_proof' || error === 'use_dpop_nonce'
        ? // RFC 9449 §7.1: what is wrong with a proof is said in the scheme that has proofs.
          words({ error, error_description: description, algs: dpopAlgorithms.join(' ') }, 'DPoP')
        : words({
            error,
            error_description: description,
            ...parameters,
            scope: parameters['scope'] ?? scopeOf(scopes),
          }),
    insufficient: (scopes, description) =>
      words({ error: 'insufficient_scope', error_description: description, scope: scopes.join(' ') }),
  }
}

function scopeOf(scopes: readonly string[]): string | undefined {
  return scopes.length > 0 ? scopes.join(' ') : undefined
}
