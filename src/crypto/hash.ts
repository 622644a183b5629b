/** SHA-256, for keeping secrets as hashes and for naming things by what they contain. */

import { hash } from 'node:crypto'

/** The hash of these bytes, 32 bytes long; a string stands for its UTF-8 bytes. */
export function sha256(data: string | Uint8Array): Uint8Array {
  return hash('sha256', data, 'buffer')
}

/** The same hash as 43 characters of base64url, as RFC 7636 (PKCE), RFC 7638 and our tables have it. */
export function sha256Base64url(data: string | Uint8Array): string {
  return hash('sha256', data, 'base64url')
}
