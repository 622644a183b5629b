/** A body that a framework's parser has read before us, turned back into bytes. */

import { alreadyRead } from '../body.ts'
import { isJson, mediaType } from '../json-body.ts'

/** A request as Express and Fastify hold it: `node:http`'s, with what parsers left on it. */
export interface ParsedBody {
  readonly body?: unknown
  readonly rawBody?: unknown
}

/**
 * Rebuilds a body from what a parser made of it. The bytes need not be the same; the values are.
 *
 * @throws {TypeError} When the body is gone and nothing is left to rebuild it from.
 */
export function rebuiltBody(parsed: ParsedBody, contentType: string | undefined): Uint8Array<ArrayBuffer> {
  const { body, rawBody } = parsed
  if (rawBody instanceof Uint8Array) return Uint8Array.from(rawBody)
  if (typeof rawBody === 'string') return new TextEncoder().encode(rawBody)
  if (body instanceof Uint8Array) return Uint8Array.from(body)
  if (isJson(contentType ?? null)) {
    if (body !== undefined) return new TextEncoder().encode(JSON.stringify(body))
  } else if (typeof body === 'string') {
    return new TextEncoder().encode(body)
  } else if (mediaType(contentType ?? '') === 'application/x-www-form-urlencoded' && isRecord(body)) {
    const fields = new URLSearchParams()
    for (const [name, value] of Object.entries(body)) appendField(fields, name, value)
    return new TextEncoder().encode(fields.toString())
  }
  throw alreadyRead()
}

/** `a=1&a=2` was parsed to an array and goes back to that; `a[b]=1` was parsed to an object. */
function appendField(fields: URLSearchParams, name: string, value: unknown): void {
  if (Array.isArray(value)) {
    value.forEach((item, index) => appendField(fields, isRecord(item) ? `${name}[${index}]` : name, item))
  } else if (isRecord(value)) {
    for (const [key, inner] of Object.entries(value)) appendField(fields, `${name}[${key}]`, inner)
  } else {
    fields.append(name, typeof value === 'string' ? value : JSON.stringify(value ?? ''))
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
