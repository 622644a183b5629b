/** The `Authorization` request header (RFC 9110 §11.6.2), taken apart without judging it. */

/** A scheme word as the client spelt it, and everything after it. */
export interface AuthorizationHeader {
  readonly scheme: string
  /** Trimmed; empty when the scheme word came alone. */
  readonly credentials: string
}

/**
 * Splits the header value at its first space.
 *
 * @returns `undefined` when there is no header or nothing in it.
 */
export function parseAuthorization(value: string | null | undefined): AuthorizationHeader | undefined {
  const text = value?.trim()
  if (!text) return undefined
  const space = text.indexOf(' ')
  if (space === -1) return { scheme: text, credentials: '' }
  return { scheme: text.slice(0, space), credentials: text.slice(space + 1).trim() }
}

/** RFC 6750 §2.1 `b64token`: what a bearer token may look like. One pass, nothing to backtrack into. */
export function isBearerToken(text: string): boolean {
  return /^[A-Za-z0-9._~+/-]+=*$/.test(text)
}
