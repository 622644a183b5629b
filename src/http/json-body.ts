/** JSON request bodies: the right media type, bounded in size and depth, and nothing in them but data. */

import { decodeUtf8, readWhole } from './body.ts'
import { HttpError } from './http-error.ts'
import { locateJsonError } from './json-error.ts'

/** What a JSON body gave. An empty body has the value `undefined`. */
export type JsonBody =
  { readonly value: unknown } | { readonly failure: { readonly position: number; readonly message: string } }

/** How much a JSON body may hold. */
export interface JsonLimits {
  /** In bytes. */
  readonly bytes: number
  /** How many arrays and objects may lie inside each other. */
  readonly depth: number
}

/**
 * Reads a JSON body. `__proto__` members are left out; `constructor` is data like any other.
 *
 * @example
 *
 * ```ts
 * const body = await readJson(request, { bytes: 1_000_000, depth: 64 })
 * ```
 *
 * @param type The content type, where it is known already.
 * @throws {HttpError} 415 without a JSON content type, 413 when too large, 400 when not UTF-8 or nested too deeply.
 */
export function readJson(
  request: Request,
  limits: JsonLimits,
  type: string | null = request.headers.get('content-type'),
): Promise<JsonBody> {
  // A form on another site can send text/plain without a preflight, never application/json: the type is a CSRF defence.
  if (!isJson(type)) return Promise.reject(new HttpError(415, 'The body must be sent as application/json'))
  return readWhole(request, limits.bytes, (bytes) => parsed(decodeUtf8(bytes), limits.depth))
}

function parsed(text: string, depth: number): JsonBody {
  if (text === '') return { value: undefined }
  if (isDeeper(text, depth)) throw new HttpError(400, 'The body is nested too deeply')
  try {
    const value: unknown = JSON.parse(text)
    if (mayNamePrototype(text)) dropPrototypes(value)
    return { value }
  } catch {
    // The engine's own message quotes the body, which may hold a password.
    return { failure: locateJsonError(text) }
  }
}

/** Whether a media type is JSON: `application/json` or one with the suffix `+json` (RFC 6839 §3.1). */
export function isJson(contentType: string | null): boolean {
  if (contentType === null) return false
  if (contentType === 'application/json') return true
  const type = mediaType(contentType)
  return type === 'application/json' || /^[a-z0-9!#$&^_.-]+\/[a-z0-9!#$&^_.-]+\+json$/.test(type)
}

/** The type and subtype of a `Content-Type`, in lower case, without parameters (RFC 9110 §8.3.1). */
export function mediaType(contentType: string): string {
  const end = contentType.indexOf(';')
  return (end === -1 ? contentType : contentType.slice(0, end)).trim().toLowerCase()
}

/** Counts brackets outside of strings, before parsing: what is refused is never built. */
function isDeeper(text: string, limit: number): boolean {
  if (text.length <= limit) return false
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === quote) {
      at = endOfString(text, at)
    } else if (code === openBracket || code === openBrace) {
      if (++depth > limit) return true
    } else if (code === closeBracket || code === closeBrace) {
      depth--
    }
  }
  return false
}

const quote = 0x22
const backslash = 0x5c
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

/** The index of the quote that closes the string opened at `start`. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === quote) return at
    if (code === backslash) at++
  }
  return text.length
}

/** An underscore may be spelt `\u005f`, and `\u005F`. */
function mayNamePrototype(text: string): boolean {
  return (
    text.includes('__proto__') ||
    text.includes('\\u005f') ||
    text.includes('\\u005F') ||
    hasEscapedLetter(text)
  )
}

/** Any letter of the word may be escaped as well: `__p\u0072oto__`. */
function hasEscapedLetter(text: string): boolean {
  return text.includes('\\u00') && text.includes('__')
}

/** Takes own members named `__proto__` out, in place: a walk costs a fraction of a reviver. It is not deep by now. */
function dropPrototypes(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) return value.forEach(dropPrototypes)
  if (Object.hasOwn(value, '__proto__')) Reflect.deleteProperty(value, '__proto__')
  for (const member of Object.values(value)) dropPrototypes(member)
}
