/** Keys as people have them (PEM, JWK, `KeyObject`, a shared secret), read and found strong enough. */

import { createPrivateKey, createPublicKey, createSecretKey, KeyObject } from 'node:crypto'
import type { SigningAlgorithm } from './signature.ts'

/** A JSON Web Key (RFC 7517 §4). */
export interface Jwk {
  readonly kty?: string
  readonly kid?: string
  readonly alg?: string
  readonly use?: string
  readonly [member: string]: unknown
}

/** A key in any of its usual forms. A string is a PEM; what is not one is taken as a shared secret. */
export type KeyMaterial = string | Uint8Array | KeyObject | Jwk

/** A key that was read: what it verifies with, what it signs with if it can, and what it is for. */
export interface ReadKey {
  readonly algorithm: SigningAlgorithm
  /** The secret or the public half. */
  readonly verifying: KeyObject
  /** The secret or the private half. */
  readonly signing: KeyObject | undefined
  /** The `kid` that the JWK carried. */
  readonly keyId: string | undefined
}

/**
 * Reads a key and checks that it may be used as asked.
 *
 * @param name The option this key came from, for the message of the error that a bad key throws.
 * @param algorithm What it is for, where the key alone does not say: an RSA key signs RS256 or PS256.
 */
export function readKey(name: string, material: KeyMaterial, algorithm?: SigningAlgorithm): ReadKey {
  const jwk = isJwk(material) ? material : undefined
  if (jwk?.use !== undefined && jwk.use !== 'sig') {
    throw new Error(`${name}: this JWK is for "${jwk.use}"; a signing key has "use": "sig" or none`)
  }
  const key = keyObject(name, material)
  const named = algorithm ?? algorithmNamed(name, jwk?.alg)
  if (algorithm !== undefined && jwk?.alg !== undefined && jwk.alg !== algorithm) {
    throw new Error(`${name}: this JWK is for ${jwk.alg} and cannot be used for ${algorithm}`)
  }
  const fitting = algorithmsOf(name, key)
  const [only] = fitting
  if (named === undefined && (fitting.length > 1 || only === undefined)) {
    throw new Error(`${name}: this key fits ${fitting.join(' and ')}; say which with \`algorithm\``)
  }
  if (named !== undefined && !fitting.includes(named)) {
    throw new Error(`${name}: this key is for ${fitting.join(' or ')} and cannot be used for ${named}`)
  }
  return {
    algorithm: named ?? only!,
    verifying: key.type === 'private' ? createPublicKey(key) : key,
    signing: key.type === 'public' ? undefined : key,
    keyId: jwk?.kid,
  }
}

/** Whether this text is meant as a PEM: also behind spaces, a comment or a byte order mark. */
export function isPem(text: string): boolean {
  return text.includes('-----BEGIN ')
}

/** Every algorithm there is; the closed list. */
export const signingAlgorithms: readonly SigningAlgorithm[] = ['HS256', 'RS256', 'PS256', 'ES256', 'EdDSA']

function algorithmNamed(name: string, alg: string | undefined): SigningAlgorithm | undefined {
  if (alg === undefined) return undefined
  const known = signingAlgorithms.find((algorithm) => algorithm === alg)
  if (known === undefined)
    throw new Error(`${name}: "alg" is ${alg}; use one of ${signingAlgorithms.join(', ')}`)
  return known
}

function isJwk(material: KeyMaterial): material is Jwk {
  return typeof material === 'object' && !(material instanceof KeyObject) && !(material instanceof Uint8Array)
}

function keyObject(name: string, material: KeyMaterial): KeyObject {
  if (material instanceof KeyObject) return strong(name, material)
  if (typeof material === 'string' && isPem(material)) return strong(name, fromPem(name, material))
  if (typeof material === 'string') return strong(name, secretKey(name, Buffer.from(material, 'utf8')))
  if (material instanceof Uint8Array) return strong(name, secretKey(name, material))
  if (typeof material !== 'object' || material === null) {
    throw new Error(`${name}: give a PEM, a JWK, a KeyObject or a secret of at least 32 bytes`)
  }
  return strong(name, fromJwk(name, material))
}

function fromPem(name: string, pem: string): KeyObject {
  // What precedes the first line of a PEM is no part of it (RFC 7468 §2).
  const text = pem.slice(pem.indexOf('-----BEGIN '))
  if (text.includes('ENCRYPTED')) {
    throw new Error(
      `${name}: this PEM is encrypted; open it with createPrivateKey({ key, passphrase }) and pass that`,
    )
  }
  try {
    return text.includes('PRIVATE KEY') ? createPrivateKey(text) : createPublicKey(text)
  } catch (cause) {
    throw new Error(
      `${name}: this PEM cannot be read; use PKCS #8 ("BEGIN PRIVATE KEY") or SPKI ("BEGIN PUBLIC KEY")`,
      {
        cause,
      },
    )
  }
}

function fromJwk(name: string, jwk: Jwk): KeyObject {
  if (typeof jwk.kty !== 'string') {
    throw new Error(
      `${name}: give a PEM, a JWK (an object with "kty"), a KeyObject or a secret of at least 32 bytes`,
    )
  }
  if (jwk.kid !== undefined && (typeof jwk.kid !== 'string' || jwk.kid === '')) {
    throw new Error(`${name}: "kid" of a JWK is a string (RFC 7517 §4.5)`)
  }
  if (jwk.kty === 'oct') {
    if (typeof jwk.k !== 'string') throw new Error(`${name}: a JWK with "kty": "oct" has its secret in "k"`)
    return secretKey(name, Buffer.from(jwk.k, 'base64url'))
  }
  try {
    const input = { key: { ...jwk }, format: 'jwk' } as const
    return jwk.d === undefined ? createPublicKey(input) : createPrivateKey(input)
  } catch (cause) {
    throw new Error(`${name}: this JWK cannot be read as a key of kind "${jwk.kty}" (RFC 7518 §6)`, { cause })
  }
}

function secretKey(name: string, bytes: Uint8Array): KeyObject {
  // Whoever passes a public key as the secret lets everybody sign who has it: the oldest mix-up of them all.
  if (isPublicKey(bytes)) throw new Error(`${name}: this is a public key, not a secret; pass it in \`keys\``)
  return createSecretKey(bytes)
}

function isPublicKey(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes).toString('latin1')
  if (isPem(text) || /^\s*(ssh-|ecdsa-sha2-)/.test(text) || /^\W*\{[^]*"kty"/.test(text)) return true
  if (bytes[0] !== 0x30) return false
  return (['spki', 'pkcs1'] as const).some((type) => {
    try {
      createPublicKey({ key: Buffer.from(bytes), format: 'der', type })
      return true
    } catch {
      return false
    }
  })
}

/** RFC 7518 §3.2: a secret as long as the hash. RFC 7518 §3.3: RSA of 2048 bits. */
function strong(name: string, key: KeyObject): KeyObject {
  if (key.type === 'secret') {
    const size = key.symmetricKeySize ?? 0
    if (size >= 32) return key
    throw new Error(
      `${name}: a secret has at least 32 bytes, this one has ${size}; make one with: openssl rand -hex 32`,
    )
  }
  if (key.asymmetricKeyType === 'rsa') {
    const size = key.asymmetricKeyDetails?.modulusLength ?? 0
    if (size < 2048) throw new Error(`${name}: an RSA key has at least 2048 bits, this one has ${size}`)
  }
  return key
}

/** Which algorithms a key is fit for: its kind decides, never a token. */
function algorithmsOf(name: string, key: KeyObject): readonly SigningAlgorithm[] {
  if (key.type === 'secret') return ['HS256']
  const kind = key.asymmetricKeyType
  if (kind === 'rsa') return ['RS256', 'PS256']
  if (kind === 'ed25519') return ['EdDSA']
  if (kind === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return ['ES256']
  const curve = key.asymmetricKeyDetails?.namedCurve
  throw new Error(
    `${name}: a key of kind ${curve ?? kind ?? 'unknown'} is not supported; use RSA, EC on the curve P-256, or Ed25519`,
  )
}
