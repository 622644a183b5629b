/** The compact form of a signature: three parts of base64url with dots between them (RFC 7515 §7.1). */

import { decodeBase64url, encodeBase64url } from './base64url.ts'
import type { SigningKey } from './signing-key.ts'

/** A token taken apart, not yet believed. */
export interface CompactJws {
  /** The first part as it came. */
  readonly header: string
  /** The second part, decoded. */
  readonly payload: Uint8Array
  /** The third part, decoded. */
  readonly signature: Uint8Array
  /** What was signed: the first two parts with their dot. */
  readonly signingInput: string
}

/** Takes a token apart, or answers `undefined` if it is not exactly three parts of canonical base64url. */
export function splitJws(token: string): CompactJws | undefined {
  const first = token.indexOf('.')
  const second = token.indexOf('.', first + 1)
  if (first < 0 || second < 0) return undefined
  // RFC 7515 §3.1: three parts. Five are an encrypted token (RFC 7516), which is not unpacked here, let alone inflated:
  // a further dot is no base64url.
  const payload = decodeBase64url(token.slice(first + 1, second))
  const signature = decodeBase64url(token.slice(second + 1))
  if (payload === undefined || signature === undefined) return undefined
  return { header: token.slice(0, first), payload, signature, signingInput: token.slice(0, second) }
}

/** The JSON object in these bytes, or `undefined`: for broken UTF-8, broken JSON, and JSON that is no object. */
export function parseJsonObject(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(utf8.decode(bytes))
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    return value as Record<string, unknown>
  } catch {
    return undefined
  }
}

/** The first part of every token that this key signs. */
export function protectedHeader(key: SigningKey, type: string): string {
  return encodeBase64url(JSON.stringify({ alg: key.algorithm, typ: type, kid: key.keyId }))
}

/** Signs a payload below a ready header. */
export async function signJws(key: SigningKey, header: string, payload: string): Promise<string> {
  if (key.sign === undefined) throw new Error(`The key ${key.keyId} is public and cannot sign`)
  const input = `${header}.${encodeBase64url(payload)}`
  return `${input}.${encodeBase64url(await key.sign(input))}`
}

/** RFC 7519 §7.2: broken UTF-8 is not patched up, and a byte order mark is no part of JSON. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
