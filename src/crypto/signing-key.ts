/** A key that knows its one algorithm, ready to sign and to verify. */

import { generateKeyPair, generateKeySync } from 'node:crypto'
import { promisify } from 'node:util'
import type { KeyObject } from 'node:crypto'
import { keyIdOf, publicJwk } from './jwk.ts'
import type { PublicJwk } from './jwk.ts'
import { readKey, signingAlgorithms } from './key-material.ts'
import type { Jwk, KeyMaterial } from './key-material.ts'
import { signer, verifier } from './signature.ts'
import type { Sign, SigningAlgorithm, Verify } from './signature.ts'

/** A prepared key. It shows nothing secret, whoever prints it. */
export interface SigningKey {
  /** What it signs and verifies, and nothing else: a token's header never chooses (RFC 8725 §3.1). */
  readonly algorithm: SigningAlgorithm
  /** Its name in token headers and key sets: `kid`. */
  readonly keyId: string
  /** The half to publish; a shared secret has none. */
  readonly publicJwk: PublicJwk | undefined
  /** Signs, if this is a secret or has its private half. */
  readonly sign: Sign | undefined
  /** Whether a signature over this input is good. */
  readonly verify: Verify
}

/** What a key may be told about itself. */
export interface SigningKeyOptions {
  /** What it is for. Needed for RSA keys alone, which fit RS256 and PS256; elsewhere the key says it. */
  readonly algorithm?: SigningAlgorithm
  /** Its name. The `kid` of a JWK unless told, and failing that the thumbprint (RFC 7638). */
  readonly keyId?: string
}

/**
 * Prepares a key.
 *
 * @example
 *
 * ```ts
 * const key = signingKey(process.env.SIGNING_KEY, { algorithm: 'RS256' })
 * ```
 *
 * @param material A PEM, a JWK, a `KeyObject`, or a shared secret of at least 32 bytes.
 * @throws Error for a key that cannot be read, is too small, or does not fit the algorithm; the message says what would.
 */
export function signingKey(material: KeyMaterial, options: SigningKeyOptions = {}): SigningKey {
  return prepareKey('signingKey', material, options)
}

/**
 * Makes a new key.
 *
 * @example
 *
 * ```ts
 * const tokens = accessTokens({ issuer: 'https://api.example.com', keys: await generateSigningKey() })
 * ```
 *
 * @param algorithm What it is for; ES256 unless told.
 */
export async function generateSigningKey(algorithm: SigningAlgorithm = 'ES256'): Promise<SigningKey> {
  return prepareKey('generateSigningKey', await newKey(algorithm), { algorithm })
}

/** The private half as a JWK, to be kept somewhere safe; `undefined` for a key that is only public. */
export function privateJwk(key: SigningKey): Jwk | undefined {
  const kept = secrets.get(key)
  if (kept === undefined) return undefined
  return { ...kept.export({ format: 'jwk' }), kid: key.keyId, alg: key.algorithm, use: 'sig' }
}

/** As {@link signingKey}, with the name of the option that the key came from. */
export function prepareKey(
  name: string,
  material: KeyMaterial | SigningKey,
  options: SigningKeyOptions,
): SigningKey {
  if (isSigningKey(material)) return material
  if (options.algorithm !== undefined && !signingAlgorithms.includes(options.algorithm)) {
    throw new Error(`algorithm: ${options.algorithm} is not one of ${signingAlgorithms.join(', ')}`)
  }
  const { algorithm, verifying, signing, keyId: carried } = readKey(name, material, options.algorithm)
  const keyId = options.keyId ?? carried ?? keyIdOf(verifying)
  const key: SigningKey = Object.freeze({
    algorithm,
    keyId,
    publicJwk: verifying.type === 'secret' ? undefined : publicJwk(verifying, algorithm, keyId),
    sign: signing && signer(algorithm, signing),
    verify: verifier(algorithm, verifying),
  })
  prepared.add(key)
  if (signing !== undefined) secrets.set(key, signing)
  return key
}

/** Whether this was prepared here: nothing that merely looks like a key is trusted to verify. */
function isSigningKey(material: KeyMaterial | SigningKey): material is SigningKey {
  return typeof material === 'object' && prepared.has(material)
}

const prepared = new WeakSet<object>()
const secrets = new WeakMap<SigningKey, KeyObject>()
const newPair = promisify(generateKeyPair)

async function newKey(algorithm: SigningAlgorithm): Promise<KeyObject> {
  if (algorithm === 'HS256') return generateKeySync('hmac', { length: 256 })
  if (algorithm === 'ES256') return (await newPair('ec', { namedCurve: 'P-256' })).privateKey
  if (algorithm === 'EdDSA') return (await newPair('ed25519')).privateKey
  return (await newPair('rsa', { modulusLength: 2048 })).privateKey
}
