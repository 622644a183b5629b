/** DPoP at the server's own endpoints (RFC 9449): the proof is checked, its key proven, its `jti` used once. */

import { decodeBase64url } from '../crypto/base64url.ts'
import { sha256Base64url } from '../crypto/hash.ts'
import { parseJsonObject, splitJws } from '../crypto/jws.ts'
import { signingKey } from '../crypto/signing-key.ts'
import type { SigningAlgorithm } from '../crypto/signature.ts'
import { checkDpopHeader, checkDpopProof, dpopHeader } from '../protocol/dpop.ts'
import { Rejection } from '../protocol/rejection.ts'
import type { Service } from './service.ts'

/** What a proof must be about. */
export interface DpopRequest {
  /** The `DPoP` header, as it came. */
  readonly proof: string | undefined
  readonly method: string
  /** The public address of the request. */
  readonly url: string
  /** Where an access token comes with it, that token. */
  readonly accessToken?: string
}

/** The thumbprint of the key a request proves; `undefined` without a proof; a `Rejection` that says why it is none. */
export async function provenKey(
  service: Pick<Service, 'settings' | 'store' | 'nonces'>,
  request: DpopRequest,
): Promise<string | Rejection | undefined> {
  const { settings, store, nonces } = service
  const proof = dpopHeader(request.proof)
  if (proof === undefined || proof instanceof Rejection) return proof
  const jws = proof.length <= 8192 ? splitJws(proof) : undefined
  const headerBytes = jws && decodeBase64url(jws.header)
  const header = headerBytes && parseJsonObject(headerBytes)
  const claims = jws && parseJsonObject(jws.payload)
  if (jws === undefined || header === undefined || claims === undefined) return malformed
  const named = checkDpopHeader(header)
  if (named instanceof Rejection) return named
  if (!isSignedBy(named.jwk, named.algorithm, jws.signingInput, jws.signature)) return badSignature
  const checked = checkDpopProof({
    header,
    claims,
    method: request.method,
    url: request.url,
    now: settings.now() / 1000,
    accessTokenHash: request.accessToken === undefined ? undefined : sha256Base64url(request.accessToken),
    ...(settings.dpopNonces ? { isFreshNonce: (nonce: string) => nonces.isFresh(nonce) } : {}),
  })
  if (checked instanceof Rejection) return checked
  const { thumbprint, jti, keepUntil } = checked
  const once = sha256Base64url(JSON.stringify([thumbprint, jti]))
  const isFirst = await store.useOnce('dpop', once, keepUntil * 1000, settings.now())
  return isFirst ? thumbprint : usedBefore
}

const malformed = new Rejection('The DPoP proof is malformed', 'invalid_dpop_proof')
const badSignature = new Rejection('The signature of the DPoP proof is wrong', 'invalid_dpop_proof')
const usedBefore = new Rejection('The DPoP proof was used before', 'invalid_dpop_proof')

function isSignedBy(
  jwk: Readonly<Record<string, string>>,
  algorithm: string,
  input: string,
  signature: Uint8Array,
): boolean {
  try {
    const key = signingKey(jwk, {
      algorithm: algorithm as SigningAlgorithm, // from the list that `checkDpopHeader` allows
    })
    return key.verify(input, signature)
  } catch {
    return false
  }
}
