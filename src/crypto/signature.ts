/** The closed list of signature algorithms (RFC 7518 §3.1, RFC 8037 §3.1), each on synchronous `node:crypto`. */

import { constants, createHmac, sign, timingSafeEqual, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { derOfSignature, signatureOfDer } from './ecdsa-der.ts'

/** The algorithms a key can be for. */
export type SigningAlgorithm = 'HS256' | 'RS256' | 'PS256' | 'ES256' | 'EdDSA'

/** Makes a signature. RSA answers with a promise: its 0.25 ms belong on the thread pool, not in the event loop. */
export type Sign = (input: string) => Uint8Array | Promise<Uint8Array>

/** Whether a signature is good. Answers `false`, whatever the bytes, and never throws. */
export type Verify = (input: string, signature: Uint8Array) => boolean

/** How to sign with this key, which is the secret or the private half. */
export function signer(algorithm: SigningAlgorithm, key: KeyObject): Sign {
  if (algorithm === 'HS256') return (input) => mac(input, key)
  if (algorithm === 'ES256') return (input) => signatureOfDer(sign('sha256', bytes(input), key))
  if (algorithm === 'EdDSA') return (input) => sign(null, bytes(input), key)
  const padded = { key, ...padding(algorithm) }
  return (input) =>
    new Promise((resolve, fail) => {
      sign('sha256', bytes(input), padded, (error, signature) => (error ? fail(error) : resolve(signature)))
    })
}

/** How to verify with this key, which is the secret or the public half. */
export function verifier(algorithm: SigningAlgorithm, key: KeyObject): Verify {
  if (algorithm === 'HS256') {
    return (input, signature) => signature.length === 32 && timingSafeEqual(mac(input, key), signature)
  }
  if (algorithm === 'ES256') {
    return (input, signature) => {
      const der = derOfSignature(signature)
      return der !== undefined && quietly(() => verify('sha256', bytes(input), key, der))
    }
  }
  if (algorithm === 'EdDSA') {
    return (input, signature) =>
      signature.length === 64 && quietly(() => verify(null, bytes(input), key, signature))
  }
  const padded = { key, ...padding(algorithm) }
  return (input, signature) => quietly(() => verify('sha256', bytes(input), padded, signature))
}

function mac(input: string, key: KeyObject): Uint8Array {
  return createHmac('sha256', key).update(input).digest()
}

/** What is signed is ASCII (RFC 7515 §5.1). */
function bytes(input: string): Uint8Array {
  return Buffer.from(input, 'latin1')
}

/** RFC 7518 §3.5: the salt of PS256 is as long as the hash. Fixing it leaves an attacker no other form. */
function padding(algorithm: 'RS256' | 'PS256'): { readonly padding: number; readonly saltLength?: number } {
  if (algorithm === 'RS256') return { padding: constants.RSA_PKCS1_PADDING }
  return { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
}

/** Some runtimes throw at a signature of an odd length instead of calling it wrong. */
function quietly(check: () => boolean): boolean {
  try {
    return check()
  } catch {
    return false
  }
}
