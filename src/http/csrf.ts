/** Is this request really from our own site? Protection for requests that a cookie authenticates. */

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** How careful {@link crossSite} is. */
export interface CrossSiteOptions {
  /** Refuses a request that says nothing of where it comes from. No browser of this decade is silent; curl is. */
  readonly strict?: boolean
}

/**
 * Whether a request that may change something was begun by another site: another origin made the browser send it,
 * with our cookie.
 *
 * @example
 *
 * ```ts
 * if (crossSite(request, ['https://app.example.com'])) throw new HttpError(403, 'Cross-site request refused')
 * ```
 *
 * @param allowedOrigins Other origins that may: `https://app.example.com`, without a path.
 */
export function crossSite(
  request: Request,
  allowedOrigins: readonly string[],
  options: CrossSiteOptions = {},
): boolean {
  if (!mayChangeState(request)) return false
  const origin = request.headers.get('origin')
  const site = request.headers.get('sec-fetch-site')
  // 'none': typed, bookmarked, not made by any page. 'same-site' is not enough: a sibling subdomain is somebody else.
  if (site === 'same-origin' || site === 'none') return false
  // 'null' is what sandboxed frames and some redirects send: nobody in particular, so never our own
  if (origin !== null)
    return !(allowedOrigins.includes(origin) || (site === null && origin === ownOrigin(request)))
  if (site !== null) return true
  return options.strict === true
}

/** RFC 9110 §9.2.1, and the WebSocket handshake: a GET that opens a channel which carries our cookie's identity. */
function mayChangeState(request: Request): boolean {
  const { method } = request
  if (method === 'GET' || method === 'HEAD' || method === 'OPTIONS') {
    return request.headers.get('upgrade')?.toLowerCase() === 'websocket'
  }
  return true
}

function ownOrigin(request: Request): string | undefined {
  return URL.canParse(request.url) ? new URL(request.url).origin : undefined
}

/**
 * Makes a token for the forms of a session. Different each time (compression cannot leak it), checked without being
 * stored.
 *
 * @param secret At least 32 random bytes, the same on every node.
 * @param sessionId What the session cookie holds, so that a token of another session is worth nothing.
 */
export function csrfToken(secret: string | Uint8Array, sessionId: string): string {
  const nonce = randomBytes(16).toString('base64url')
  return `${nonce}.${seal(secret, sessionId, nonce).toString('base64url')}`
}

/** Whether a token was made by {@link csrfToken} for this session. */
export function isCsrfToken(
  secret: string | Uint8Array,
  sessionId: string,
  presented: string | null | undefined,
): boolean {
  // 16 bytes, a dot, 32 bytes: nothing of another length is looked at further
  if (typeof presented !== 'string' || presented.length !== 66 || presented[22] !== '.') return false
  const given = Buffer.from(presented.slice(23), 'base64url')
  const expected = seal(secret, sessionId, presented.slice(0, 22))
  return given.length === expected.length && timingSafeEqual(given, expected)
}

function seal(secret: string | Uint8Array, sessionId: string, nonce: string): Buffer {
  if (secret.length < 32) throw new TypeError('The secret of CSRF tokens must have at least 32 bytes')
  // the nonce has a fixed length, so no session id can be mistaken for another nonce and session
  return createHmac('sha256', secret).update(`csrf.${nonce}.${sessionId}`).digest()
}
