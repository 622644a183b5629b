/** The public half of a key as a JWK, and the name that follows from it (RFC 7517, RFC 7638). */

import { createHmac } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { sha256Base64url } from './hash.ts'
import type { SigningAlgorithm } from './signature.ts'

/** The public half of a key, as a key set publishes it (RFC 7517 §4). */
export interface PublicJwk {
  readonly kty: string
  readonly kid: string
  readonly alg: SigningAlgorithm
  readonly use: 'sig'
  readonly [member: string]: string
}

/** A key set (RFC 7517 §5). */
export interface PublicKeySet {
  readonly keys: readonly PublicJwk[]
}

/** The JWK to publish. Only the members that make the public key are taken, so a private one cannot slip in. */
export function publicJwk(key: KeyObject, algorithm: SigningAlgorithm, keyId: string): PublicJwk {
  return Object.freeze({ ...requiredMembers(key), kid: keyId, alg: algorithm, use: 'sig' as const })
}

/**
 * The name of a key unless it has one: its thumbprint (RFC 7638 §3), so that the same key has the same name
 * everywhere.
 */
export function keyIdOf(key: KeyObject): string {
  if (key.type !== 'secret') return sha256Base64url(JSON.stringify(requiredMembers(key)))
  // RFC 7638 §7: the plain hash of a secret is not for everybody's eyes. This tells no more than a signature does.
  return createHmac('sha256', key).update('kid').digest('base64url').slice(0, 22)
}

/** The members that make the key, in the order of their names: what RFC 7638 §3.2 hashes. */
function requiredMembers(key: KeyObject): { readonly kty: string; readonly [member: string]: string } {
  const { kty, n, e, crv, x, y } = key.export({ format: 'jwk' }) as Record<string, string>
  if (kty === 'RSA') return { e: e!, kty, n: n! }
  if (kty === 'EC') return { crv: crv!, kty, x: x!, y: y! }
  return { crv: crv!, kty: kty!, x: x! }
}
