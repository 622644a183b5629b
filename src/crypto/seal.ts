/** Sealing: encryption that also proves that nothing was changed (AES-256-GCM), under keys derived for one purpose. */

import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, randomBytes } from 'node:crypto'
import { decodeBase64url, encodeBase64url } from './base64url.ts'

/**
 * Derives a key from a secret of high entropy (HKDF-SHA-256, RFC 5869).
 *
 * @param secret At least 32 bytes that nobody can guess. A password is no such secret.
 * @param purpose What the key is for: another purpose gives an unrelated key.
 */
export function deriveKey(secret: string | Uint8Array, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(0), purpose, 32))
}

/**
 * Seals text.
 *
 * @param key 32 bytes, as {@link deriveKey} gives them.
 * @param context Bound to the result: it opens only with the same one, so that a row cannot be moved to another place.
 */
export function seal(key: Uint8Array, text: string, context: string): string {
  const nonce = randomBytes(12)
  // As a key object: with bare bytes Node takes twice as long.
  const cipher = createCipheriv('aes-256-gcm', createSecretKey(key), nonce).setAAD(Buffer.from(context))
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return encodeBase64url(Buffer.concat([nonce, cipher.getAuthTag(), sealed]))
}

/** Opens what {@link seal} made; `undefined` with another key or context, and for anything that was changed. */
export function unseal(key: Uint8Array, sealed: string, context: string): string | undefined {
  const bytes = decodeBase64url(sealed)
  if (bytes === undefined || bytes.length < 28) return undefined
  try {
    const decipher = createDecipheriv('aes-256-gcm', createSecretKey(key), bytes.subarray(0, 12))
    decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(12, 28))
    return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8')
  } catch {
    return undefined
  }
}
