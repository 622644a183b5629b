/** HTTP Basic credentials (RFC 7617): strict base64, UTF-8, split at the first colon. */

/** A user name and a password as sent. */
export interface BasicCredentials {
  readonly username: string
  readonly password: string
}

/**
 * Decodes the part after `Basic`.
 *
 * @param encoded Base64 of `username:password`.
 * @returns `undefined` when it is not base64, not UTF-8, has no colon or holds a control character (RFC 7617 §2).
 */
export function parseBasicCredentials(encoded: string): BasicCredentials | undefined {
  // One canonical spelling a credential: no white space, no missing padding, nothing that decoders guess about.
  if (encoded.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return undefined
  const text = decodeUtf8(encoded)
  const colon = text?.indexOf(':') ?? -1
  // eslint-disable-next-line no-control-regex -- RFC 7617 §2: neither part may hold a control character
  if (text === undefined || colon === -1 || /[\x00-\x1f\x7f]/.test(text)) return undefined
  return { username: text.slice(0, colon), password: text.slice(colon + 1) }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decodeUtf8(encoded: string): string | undefined {
  try {
    const characters = atob(encoded)
    // ASCII, as nearly always, is UTF-8 as it is.
    // eslint-disable-next-line no-control-regex -- which of them may be there is asked afterwards
    if (/^[\x00-\x7f]*$/.test(characters)) return characters
    return utf8.decode(Uint8Array.from(characters, (character) => character.charCodeAt(0)))
  } catch {
    return undefined
  }
}
