/** The DPoP proof of a request (RFC 9449): checked, its key proven, its `jti` used once. */

import { decodeBase64url } from '../crypto/base64url.ts'
import { sha256Base64url } from '../crypto/hash.ts'
import { parseJsonObject, splitJws } from '../crypto/jws.ts'
import { signingKey } from '../crypto/signing-key.ts'
import type { SigningAlgorithm } from '../crypto/signature.ts'
import { checkDpopHeader, checkDpopProof, dpopHeader } from '../protocol/dpop.ts'
import { Rejection } from '../protocol/rejection.ts'

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

/** What proofs are held against. */
export interface DpopChecks {
  /** Milliseconds since 1970. */
  readonly now: number
  /**
   * Whether this is the first use of a proof, told by its name. The name may be forgotten from `until` on, in
   * milliseconds since 1970.
   */
  readonly useOnce: (name: string, until: number, now: number) => boolean | Promise<boolean>
  /** Whether a nonce is one of ours, and fresh; with it a proof has to carry one. */
  readonly isFreshNonce?: (nonce: string) => boolean
}

/** The thumbprint of the key a request proves; `undefined` without a proof; a `Rejection` that says why it is none. */
export async function provenKey(
  request: DpopRequest,
  { now, useOnce, isFreshNonce }: DpopChecks,
): Promise<string | Rejection | undefined> {
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
    now: now / 1000,
    accessTokenHash: request.accessToken === undefined ? undefined : sha256Base64url(request.accessToken),
    ...(isFreshNonce === undefined ? {} : { isFreshNonce }),
  })
  if (checked instanceof Rejection) return checked
  const { thumbprint, jti, keepUntil } = checked
  const once = sha256Base64url(JSON.stringify([thumbprint, jti]))
  return (await useOnce(once, keepUntil * 1000, now)) ? thumbprint : usedBefore
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
