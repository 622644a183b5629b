/** Whether a token was sent by whom it was given to: bound tokens need their proof (RFC 9449 §7.1, RFC 7800 §3.1). */

import type { AccessToken } from '../protocol/access-token.ts'
import { Rejection } from '../protocol/rejection.ts'

/**
 * What a good token is together with the way it was presented in.
 *
 * @param isDpop Whether it came with the DPoP scheme.
 * @param prove Finds the thumbprint of the key that the request proves; only asked for a bound token.
 */
export function sentRightly<Token extends AccessToken>(
  token: Token,
  isDpop: boolean,
  prove: () => Promise<string | Rejection | undefined>,
): Token | Rejection | Promise<Token | Rejection> {
  const confirmation = token.claims['cnf']
  if (confirmation === undefined) return isDpop ? notBound : token
  const { jkt } = (confirmation ?? {}) as { readonly jkt?: unknown }
  // A certificate (RFC 8705) or a key of another kind: who cannot check it must not let it pass.
  if (typeof jkt !== 'string') return boundElsewise
  if (!isDpop) return needsProof
  return prove().then((key) => {
    if (key instanceof Rejection) return key
    return key === jkt ? token : wrongKey
  })
}

const needsProof = new Rejection('The token is bound to a key: present it with the DPoP scheme and a proof')
const notBound = new Rejection('The token is not bound to a key')
const boundElsewise = new Rejection('The token is bound in a way that cannot be checked here')
const wrongKey = new Rejection('The DPoP proof is missing or of another key', 'invalid_dpop_proof')
