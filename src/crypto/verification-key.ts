/** The public keys of other issuers, from their key sets (RFC 7517): each for its algorithms, ready to verify. */

import { constants, createPublicKey, verify } from 'node:crypto'
import type { JsonWebKey, KeyObject } from 'node:crypto'
import { verifier } from './signature.ts'
import type { Verify } from './signature.ts'

/** What others may sign with: asymmetric algorithms alone (RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2.2). */
export type VerificationAlgorithm =
  | 'RS256' | 'RS384' | 'RS512' | 'PS256' | 'PS384' | 'PS512' | 'ES256' | 'ES384' | 'ES512' | 'EdDSA' | 'Ed25519' // prettier-ignore

/** All of them. */
export const verificationAlgorithms: readonly VerificationAlgorithm[] = [
  'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519',
] // prettier-ignore

/** A key for one algorithm. */
export interface VerificationKey {
  readonly algorithm: VerificationAlgorithm
  readonly keyId: string | undefined
  readonly verify: Verify
}

/**
 * What one member of a key set can verify: nothing if it is for something else, too weak, or broken.
 *
 * @param allowed Which algorithms are accepted. Unless told all are that a key names itself; one that names none is then
 * for RS256 if it is an RSA key, and for the one algorithm of its curve otherwise.
 */
export function verificationKeys(
  jwk: unknown,
  allowed?: readonly VerificationAlgorithm[],
): readonly VerificationKey[] {
  if (typeof jwk !== 'object' || jwk === null) return []
  const { kid, alg, use, key_ops: operations, ...members } = jwk as Readonly<Record<string, unknown>>
  if (kid !== undefined && typeof kid !== 'string') return []
  if (use !== undefined && use !== 'sig') return []
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) return []
  // A key that was published with its private half belongs to everybody.
  if (['d', 'p', 'q', 'k'].some((name) => name in members)) return []
  const key = publicKey(members)
  const fitting = key === undefined ? [] : algorithmsOf(key)
  if (key === undefined) return []
  return fitting
    .filter((algorithm) => isFor(algorithm, alg, allowed))
    .map((algorithm) => ({ algorithm, keyId: kid, verify: verifying(algorithm, key) }))
}

function isFor(
  algorithm: VerificationAlgorithm,
  named: unknown,
  allowed: readonly VerificationAlgorithm[] | undefined,
): boolean {
  if (allowed !== undefined && !allowed.includes(algorithm)) return false
  if (named === undefined) return allowed !== undefined || !/^(?:PS|RS384|RS512)/.test(algorithm)
  // Both are names of one algorithm (RFC 9864 §2.2).
  if (algorithm === 'Ed25519' || algorithm === 'EdDSA') return named === 'Ed25519' || named === 'EdDSA'
  return named === algorithm
}

function publicKey(members: Readonly<Record<string, unknown>>): KeyObject | undefined {
  const { kty, n, e, crv, x, y } = members
  try {
    return createPublicKey({ key: { kty, n, e, crv, x, y } as JsonWebKey, format: 'jwk' })
  } catch {
    return undefined
  }
}

/** Which algorithms a key is fit for: its kind and its curve decide, never a token. */
function algorithmsOf(key: KeyObject): readonly VerificationAlgorithm[] {
  const { asymmetricKeyType: kind, asymmetricKeyDetails: details = {} } = key
  if (kind === 'ed25519') return ['EdDSA', 'Ed25519']
  if (kind === 'ec') return byCurve[details.namedCurve ?? ''] ?? []
  const size = details.modulusLength ?? 0
  // RFC 7518 §3.3: 2048 bits at least. Above 8192 each forged signature costs as much as a denial of service likes.
  if (kind !== 'rsa' || size < 2048 || size > 8192) return []
  return verificationAlgorithms.filter((algorithm) => /^[RP]S/.test(algorithm))
}

const byCurve: Readonly<Record<string, readonly VerificationAlgorithm[]>> = {
  prime256v1: ['ES256'],
  secp384r1: ['ES384'],
  secp521r1: ['ES512'],
}

function verifying(algorithm: VerificationAlgorithm, key: KeyObject): Verify {
  if (algorithm === 'Ed25519') return verifier('EdDSA', key)
  if (algorithm === 'EdDSA' || algorithm === 'ES256' || algorithm === 'RS256' || algorithm === 'PS256') {
    return verifier(algorithm, key)
  }
  const bits = Number(algorithm.slice(2))
  const options = { key, ...formOf(algorithm, bits / 8) }
  const length = signatureLengths[algorithm]
  return (input, signature) => {
    if (length !== undefined && signature.length !== length) return false
    try {
      return verify(`sha${bits}`, Buffer.from(input, 'latin1'), options, signature)
    } catch {
      return false
    }
  }
}

/** RFC 7518 §3.4: two numbers as long as the order of the curve. */
const signatureLengths: Readonly<Partial<Record<VerificationAlgorithm, number>>> = { ES384: 96, ES512: 132 }

function formOf(
  algorithm: VerificationAlgorithm,
  hashLength: number,
): { readonly dsaEncoding: 'ieee-p1363' } | { readonly padding: number; readonly saltLength?: number } {
  if (algorithm.startsWith('ES')) return { dsaEncoding: 'ieee-p1363' }
  if (algorithm.startsWith('RS')) return { padding: constants.RSA_PKCS1_PADDING }
  return { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: hashLength }
}
