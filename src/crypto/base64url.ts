/** Base64url as JOSE wants it (RFC 7515 §2): no padding, and one spelling only for each sequence of bytes. */

/** Text for these bytes; a string stands for its UTF-8 bytes. */
export function encodeBase64url(data: string | Uint8Array): string {
  if (typeof data === 'string') return Buffer.from(data, 'utf8').toString('base64url')
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64url')
}

/**
 * The bytes behind canonical base64url, or `undefined` for anything else.
 *
 * The platform's decoder is lenient: it skips foreign characters and ignores left-over bits (RFC 4648 §3.5). With it
 * one token would have many spellings, each of which passes, and a list of refused tokens would not hold.
 */
export function decodeBase64url(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : undefined
}
