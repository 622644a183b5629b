/** Cookies (RFC 6265): reading one, and writing one that is safe unless told otherwise. */

/** What goes with a cookie. The defaults are the safe ones. */
export interface CookieOptions {
  /** How long it lives, in whole seconds. Until the browser closes unless told. */
  readonly maxAge?: number
  /** When it ends. `maxAge` is the better choice: the clock of a browser may be wrong. */
  readonly expires?: Date
  /** `/` unless told. */
  readonly path?: string
  /** Gives it to all subdomains as well. Only this host unless told. */
  readonly domain?: string
  /** Only over https (and to localhost). True unless told. */
  readonly secure?: boolean
  /** Out of reach of scripts. True unless told. */
  readonly httpOnly?: boolean
  /** Whether requests that begin on another site carry it. `lax` unless told. */
  readonly sameSite?: 'strict' | 'lax' | 'none'
  /** A separate jar for each top-level site (CHIPS). */
  readonly partitioned?: boolean
}

/**
 * Reads a cookie. Names are compared exactly; the last of several wins; the value is as it was sent, neither unquoted
 * nor percent-decoded.
 *
 * @example
 *
 * ```ts
 * readCookie('a=1; b=2', 'b') // '2'
 * ```
 *
 * @param header The `Cookie` header.
 */
export function readCookie(header: string | null, name: string): string | undefined {
  if (header === null) return undefined
  // from the end, so that the last one is the first one found; each character is looked at once
  let end = header.length
  while (end >= 0) {
    const start = end === 0 ? 0 : header.lastIndexOf(';', end - 1) + 1
    const pair = header.slice(start, end)
    const equals = pair.indexOf('=')
    if (equals !== -1 && stripped(pair.slice(0, equals)) === name) return stripped(pair.slice(equals + 1))
    end = start - 1
  }
  return undefined
}

/**
 * Without the white space of RFC 6265 §5.4, and no other: `trim` takes a no-break space off as well, and a sibling subdomain
 * may set a cookie whose name begins with one, which browsers do not take for a name with the prefix `__Host-`.
 */
function stripped(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

/** Space and tab. */
function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}

/**
 * Writes a `Set-Cookie` value: `HttpOnly`, `Secure`, `SameSite=Lax` and `Path=/` unless told otherwise.
 *
 * @example
 *
 * ```ts
 * serializeCookie('__Host-session', 'opaque', { maxAge: 3600 })
 * // '__Host-session=opaque; Max-Age=3600; Path=/; Secure; HttpOnly; SameSite=Lax'
 * ```
 *
 * @param value Sent as it is: what a cookie cannot carry is an error and is not encoded silently.
 * @throws {TypeError} When name, value or attributes could not be written, or break the rules of a name prefix.
 */
export function serializeCookie(name: string, value: string, options: CookieOptions = {}): string {
  const { path = '/', domain, secure = true, httpOnly = true, sameSite = 'lax' } = options
  if (!token.test(name)) throw new TypeError("A cookie name is made of letters, digits and !#$%&'*+-.^_`|~")
  if (!cookieValue.test(value)) {
    throw new TypeError(
      `The value of cookie ${name} has a character that a cookie cannot carry; encode it first`,
    )
  }
  if (!attribute.test(path) || !path.startsWith('/'))
    throw new TypeError(`The path of cookie ${name} is not a path`)
  if (domain !== undefined && !host.test(domain))
    throw new TypeError(`The domain of cookie ${name} is not a host name`)
  checkPrefix(name, { path, domain, secure })
  // Browsers drop such a cookie without a word (RFC 6265bis §5.7).
  if (sameSite === 'none' && !secure)
    throw new TypeError(`Cookie ${name} with sameSite 'none' must be secure`)

  let text = `${name}=${value}`
  if (options.maxAge !== undefined) {
    if (!Number.isSafeInteger(options.maxAge))
      throw new TypeError(`The maxAge of cookie ${name} is in whole seconds`)
    text += `; Max-Age=${options.maxAge}`
  }
  if (options.expires !== undefined) text += `; Expires=${options.expires.toUTCString()}`
  if (domain !== undefined) text += `; Domain=${domain}`
  text += `; Path=${path}`
  if (secure) text += '; Secure'
  if (httpOnly) text += '; HttpOnly'
  text += `; SameSite=${sameSite === 'lax' ? 'Lax' : sameSite === 'strict' ? 'Strict' : 'None'}`
  return options.partitioned === true ? `${text}; Partitioned` : text
}

/**
 * Writes the `Set-Cookie` value that removes a cookie. Path and domain must be those it was set with.
 *
 * @example
 *
 * ```ts
 * expireCookie('__Host-session')
 * ```
 */
export function expireCookie(name: string, options: CookieOptions = {}): string {
  return serializeCookie(name, '', { ...options, maxAge: 0, expires: new Date(0) })
}

/** RFC 9110 §5.6.2. */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** RFC 6265 §4.1.1: no control character, white space, quote, comma, semicolon or backslash. */
const cookieValue = /^[!#-+\--:<-[\]-~]*$/
const attribute = /^[ -:<-~]+$/
const host = /^\.?[a-z0-9]([a-z0-9.-]{0,252}[a-z0-9])?$/i

/** RFC 6265bis §4.1.3: a browser refuses a prefixed name that does not keep its promise. */
function checkPrefix(
  name: string,
  has: { readonly path: string; readonly domain: string | undefined; readonly secure: boolean },
): void {
  const lower = name.toLowerCase()
  if (lower.startsWith('__host-') && (!has.secure || has.domain !== undefined || has.path !== '/')) {
    throw new TypeError(
      `Cookie ${name} must be secure, without a domain and have the path / because of its prefix`,
    )
  }
  if (lower.startsWith('__secure-') && !has.secure) {
    throw new TypeError(`Cookie ${name} must be secure because of its prefix`)
  }
}
