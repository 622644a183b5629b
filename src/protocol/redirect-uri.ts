/** Redirect URIs: which may be registered, and when a presented one is the registered one. */

import { invalidRedirectUri } from './registration-error.ts'

/** What kind of client it is (OpenID Connect Registration §2). */
export type ApplicationType = 'web' | 'native'

/** Where a redirect URI leads. */
export type RedirectUriShape =
  /** To a web site. */
  | 'https'
  /** To `127.0.0.1` or `[::1]`: a program on this computer (RFC 8252 §7.3). */
  | 'loopback'
  /** To the name `localhost`, which need not be this computer (RFC 8252 §8.3): the consent page warns. */
  | 'localhost'
  /** To an app that claimed a scheme such as `com.example.app:` (RFC 8252 §7.1). */
  | 'private-use'

/**
 * Whether a presented redirect URI is the registered one: the same string (RFC 9700 §4.1.3). On the own computer the
 * port may be another one, because a program takes the port that is free (RFC 8252 §7.3).
 *
 * @example
 *
 * ```ts
 * matchesRedirectUri('http://127.0.0.1/cb', 'http://127.0.0.1:51004/cb') // true
 * matchesRedirectUri('https://web.test/cb', 'https://web.test/cb/') // false
 * ```
 */
export function matchesRedirectUri(registered: string, presented: string): boolean {
  if (registered === presented) return true
  const ours = loopbackParts(registered)
  const theirs = loopbackParts(presented)
  // Never parsed and put together again: two parsers that disagree are how a code gets to somebody else.
  return ours !== undefined && theirs !== undefined && ours.host === theirs.host && ours.rest === theirs.rest
}

/**
 * Checks a redirect URI that a client wants to register.
 *
 * @throws {RegistrationError} `invalid_redirect_uri`, for the shape or for the type of client.
 */
export function checkRedirectUri(
  uri: string,
  client: { readonly applicationType: ApplicationType },
): RedirectUriShape {
  const shape = redirectUriShape(uri)
  if (shape === undefined) {
    throw invalidRedirectUri(
      'A redirect URI is https in its plainest spelling, without user, fragment and wildcard; ' +
        'for a native client also http on 127.0.0.1, [::1] or localhost, or a scheme with a dot in it',
    )
  }
  if (shape !== 'https' && client.applicationType !== 'native') {
    throw invalidRedirectUri('Only a client whose application_type is native may be redirected to like that')
  }
  return shape
}

/** Where it leads, or `undefined` if nobody may register it. */
export function redirectUriShape(uri: string): RedirectUriShape | undefined {
  if (uri.length > 2048 || !plain.test(uri)) return undefined
  const loopback = loopbackParts(uri)
  if (loopback !== undefined) {
    if (!isPlainUrl(uri)) return undefined
    return loopback.host === 'http://localhost' ? 'localhost' : 'loopback'
  }
  if (uri.startsWith('https://')) return isPlainUrl(uri) ? 'https' : undefined
  return privateUse.test(uri) && isPlainUrl(uri) ? 'private-use' : undefined
}

/**
 * What RFC 3986 lets stand in a URI, without `#` (RFC 6749 §3.1.2: no fragment) and `*` (nothing here is a pattern);
 * an escape is whole. White space, controls, backslashes and whatever is not ASCII are told apart by no two parsers alike.
 */
const plain = /^(?:[A-Za-z0-9:/?[\]@!$&'()+,;=._~-]|%[0-9A-Fa-f]{2})+$/

/** RFC 8252 §7.1: a name turned around, hence with a dot in it. None of the schemes that browsers act on has one. */
const privateUse = /^[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:\/{1,3}(?:[^/].*)?$/

/** `.` and `..` as a path segment, escaped or not, also before the `;` that some servers cut off. */
const dotSegment = /(?:^|\/)(?:\.|%2e){1,2}(?:[/;?]|$)/i

/** Whether the URL parser of the browser reads this as it stands, and finds no user in it. */
function isPlainUrl(uri: string): boolean {
  const url = URL.parse(uri)
  if (url === null || url.username !== '' || url.password !== '' || dotSegment.test(uri)) return false
  // Other case in the host, a port that goes without saying, numbers for an address: each has a plainer spelling, and
  // the client would send the one while the other is registered.
  return url.href === uri || isWithoutSlash(uri, url)
}

/** `https://web.test` and `https://web.test?x`: the parser writes the slash that was left out. */
function isWithoutSlash(uri: string, url: URL): boolean {
  return url.origin + url.search === uri
}

/** `http` on the own computer: host, and what follows the port. */
function loopbackParts(uri: string): { readonly host: string; readonly rest: string } | undefined {
  const [, host, port, rest] =
    /^(http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost))(?::([1-9]\d{0,4}))?((?:[/?].*)?)$/.exec(uri) ?? []
  if (host === undefined || rest === undefined || Number(port ?? 80) > 65_535) return undefined
  return { host, rest }
}
