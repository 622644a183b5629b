/** DPoP proofs (RFC 9449 §4): everything about them but the signature and the single use. */

import { fits, plainJwk, thumbprintOf } from './dpop-key.ts'
import type { PlainJwk } from './dpop-key.ts'
import { OAuthError } from './oauth-error.ts'
import { Rejection } from './rejection.ts'

/** The algorithms a proof may be signed with unless told. */
export const dpopAlgorithms: readonly string[] = ['ES256', 'EdDSA', 'RS256', 'PS256']

/**
 * The one `DPoP` header of a request (RFC 9449 §4.3 numbers 1 and 2); `undefined` when there is none. Two headers are
 * joined by a comma, which no proof has in it.
 */
export function dpopHeader(value: string | null | undefined): string | undefined | Rejection {
  if (value === null || value === undefined) return undefined
  return value.length <= 8192 && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(value) ? value : refusals.malformed
}

/** The public key of a proof, and how it says that it is signed. */
export interface DpopKey {
  readonly algorithm: string
  /** Its required members and nothing else. */
  readonly jwk: PlainJwk
  /** RFC 7638. */
  readonly thumbprint: string
}

/**
 * Checks the header of a proof (RFC 9449 §4.3 numbers 4 to 7): with what is returned the signature can be verified.
 *
 * @param algorithms {@link dpopAlgorithms} unless told.
 */
export function checkDpopHeader(
  header: Readonly<Record<string, unknown>>,
  algorithms: readonly string[] = dpopAlgorithms,
): DpopKey | Rejection {
  const { typ, alg, jwk } = header
  if (typ !== 'dpop+jwt') return refusals.type
  if ('crit' in header || 'b64' in header || 'zip' in header || 'enc' in header) return refusals.type
  if (typeof alg !== 'string' || !algorithms.includes(alg)) return refusals.algorithm
  const plain = isObject(jwk) ? plainJwk(jwk) : undefined
  if (plain === undefined || !fits(alg, plain)) return refusals.key
  return { algorithm: alg, jwk: plain, thumbprint: thumbprintOf(plain) }
}

/** A proof whose signature is good, and what it is held against. */
export interface DpopExpectation {
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
  /** The method of the request. */
  readonly method: string
  /** The address of the request as the public knows it; query and fragment do not count. */
  readonly url: string
  /** Seconds since 1970. */
  readonly now: number
  /** SHA-256 of the access token as base64url; with it `ath` has to be there and equal. */
  readonly accessTokenHash?: string | undefined
  /** Whether a nonce is one of ours, and fresh; with it a proof has to carry one. */
  readonly isFreshNonce?: ((nonce: string) => boolean) | undefined
  /** Seconds that a proof may be old; 60 unless told. */
  readonly maxAge?: number
  /** Seconds that clocks may differ by; 30 unless told. */
  readonly clockSkew?: number
  /** {@link dpopAlgorithms} unless told. */
  readonly algorithms?: readonly string[]
}

/** A good proof, of which the single use is still to be seen to. */
export interface DpopProof {
  /** The name of the key that the client has. */
  readonly thumbprint: string
  readonly jti: string
  /** Seconds since 1970; from then on the proof is too old for every clock, and the `jti` may be forgotten. */
  readonly keepUntil: number
}

/**
 * Checks a proof whose signature is good against the request it came with (RFC 9449 §4.3).
 *
 * @example
 *
 * ```ts
 * const proof = checkDpopProof({ header, claims, method: 'POST', url: 'https://as.test/token', now })
 * if (proof instanceof Rejection) throw dpopError(proof)
 * ```
 */
export function checkDpopProof(proof: DpopExpectation): DpopProof | Rejection {
  const { claims, now, maxAge = 60, clockSkew = 30 } = proof
  const key = checkDpopHeader(proof.header, proof.algorithms)
  if (key instanceof Rejection) return key
  const { jti, htm, htu, iat, ath, nonce } = claims
  if (typeof jti !== 'string' || jti === '' || jti.length > 512) return refusals.id
  // Method names are told apart by case (RFC 9110 §9.1).
  if (htm !== proof.method) return refusals.method
  if (typeof htu !== 'string' || !isSameTarget(htu, proof.url)) return refusals.target
  if (typeof iat !== 'number' || !Number.isFinite(iat)) return refusals.time
  if (iat > now + clockSkew || iat + maxAge + clockSkew <= now) return refusals.time
  // RFC 9449 §7.1: without this, a proof seen at one place would carry another token to the same place.
  if (proof.accessTokenHash !== undefined && ath !== proof.accessTokenHash) return refusals.token
  // Last, so that a client is sent for a nonce only with a proof that is otherwise good.
  if (proof.isFreshNonce !== undefined && !(typeof nonce === 'string' && proof.isFreshNonce(nonce))) {
    return refusals.nonce
  }
  return { thumbprint: key.thumbprint, jti, keepUntil: Math.ceil(iat + maxAge + clockSkew) }
}

/**
 * A refused proof as the token endpoint tells it (RFC 9449 §5 and §8).
 *
 * @param nonce The nonce to use next.
 */
export function dpopError(rejection: Rejection, nonce?: string): OAuthError {
  const code = rejection.error === 'use_dpop_nonce' ? 'use_dpop_nonce' : 'invalid_dpop_proof'
  return new OAuthError(
    code,
    rejection.description,
    nonce === undefined ? {} : { headers: { 'dpop-nonce': nonce } },
  )
}

/** RFC 9449 §4.3 number 9: compared without query and fragment, after the normalisation of RFC 3986 §6.2. */
function isSameTarget(htu: string, url: string): boolean {
  const target = targetOf(htu)
  return target !== undefined && target === targetOf(url)
}

function targetOf(address: string): string | undefined {
  // The parser mends what is broken, and forgets a user. What has to be mended was not meant for us.
  if (address.length > 2048 || !/^https?:\/\/[^/?#@\\\s]+(?:[/?#][^\\\s]*)?$/i.test(address)) return undefined
  const url = URL.parse(address)
  return url === null ? undefined : url.origin + url.pathname.replace(/%[0-9a-f]{2}/gi, plainEscape)
}

/** RFC 3986 §6.2.2.1 and §6.2.2.2: escapes in upper case, and none for what needs none. */
function plainEscape(escape: string): string {
  const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16))
  return /[A-Za-z0-9._~-]/.test(character) ? character : escape.toUpperCase()
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Made once: to refuse a proof costs no more than to find the reason. */
const refusals = {
  malformed: refusal('There is more than one DPoP proof, or it is malformed'),
  type: refusal('The DPoP proof is another kind of token'),
  algorithm: refusal('The DPoP proof has an algorithm that is not accepted'),
  key: refusal('The DPoP proof has no public key that is accepted'),
  id: refusal('The DPoP proof has no valid jti'),
  method: refusal('The DPoP proof is for another method'),
  target: refusal('The DPoP proof is for another address'),
  time: refusal('The DPoP proof is too old, or not from now'),
  token: refusal('The DPoP proof is for another access token'),
  nonce: Object.freeze(new Rejection('The DPoP proof needs the nonce that is sent along', 'use_dpop_nonce')),
} as const

function refusal(description: string): Rejection {
  return Object.freeze(new Rejection(description, 'invalid_dpop_proof'))
}
