/** Resource indicators (RFC 8707): which APIs a token is for. */

import { OAuthError } from './oauth-error.ts'

/**
 * Narrows what is asked for to what may be had. Whoever asks for nothing gets everything that is allowed.
 *
 * @example
 *
 * ```ts
 * grantedResources(['HTTPS://api.test/'], ['https://api.test', 'https://b.test']) // ['https://api.test']
 * ```
 *
 * @returns Members of `allowed`, spelt as they are there.
 * @throws {OAuthError} `invalid_target` for a malformed resource and for one that is not allowed (RFC 8707 §2, §2.2).
 */
export function grantedResources(
  requested: readonly string[],
  allowed: readonly string[],
): readonly string[] {
  const refused = refusedResource(requested, allowed)
  if (refused !== undefined) throw new OAuthError('invalid_target', refused)
  if (requested.length === 0) return allowed
  const wanted = new Set(requested.map(canonicalResource))
  return allowed.filter((resource) => wanted.has(canonicalResource(resource)))
}

/** The same without an exception: why one of the requested resources cannot be had, if so. */
export function refusedResource(
  requested: readonly string[],
  allowed: readonly string[],
): string | undefined {
  if (requested.length > 32) return 'There are too many resources'
  if (!requested.every(isResourceIndicator)) return 'A resource is an absolute URI without a fragment'
  const known = new Set(allowed.map(canonicalResource))
  if (requested.every((resource) => known.has(canonicalResource(resource)))) return undefined
  return 'A resource is unknown, or not part of the grant'
}

/** Whether it is an absolute URI without a fragment (RFC 8707 §2). */
export function isResourceIndicator(uri: string): boolean {
  if (uri.length > 2048 || !absolute.test(uri)) return false
  if (!/^https?:/i.test(uri)) return true
  // `https:api.test` and `https:///api.test` are mended by the parser: nothing that has to be mended is a name.
  const url = /^https?:\/\/[^/?]/i.test(uri) ? URL.parse(uri) : null
  return url !== null && url.username === '' && url.password === ''
}

/**
 * The form that is published and compared: scheme and host in lower case, a bare origin without its slash. Clients ask
 * for `https://api.test` and for `https://api.test/` and mean the same; a longer path is compared as it is.
 */
export function canonicalResource(uri: string): string {
  const [, origin, rest] = /^(https?:\/\/[^/?]+)(.*)$/i.exec(uri) ?? []
  if (origin === undefined || rest === undefined) return uri
  return origin.toLowerCase() + (rest === '/' ? '' : rest)
}

/** RFC 3986 §4.3: a scheme, something after it, no fragment; visible ASCII without what no URI may hold. */
const absolute = /^[A-Za-z][A-Za-z0-9+.-]*:[\x21\x24-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]+$/
