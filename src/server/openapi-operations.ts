/** The operations of an API elsewhere, and the scopes that open them, out of its OpenAPI document. */

import { readFileSync } from 'node:fs'
import type { PageOperation } from './interaction/pages.ts'

/** An OpenAPI 3 document, or where there is one: the path or the `file:` URL of a JSON file. */
export type OpenApiSource = string | URL | object

/** An operation, and the scopes of which each opens it, alone or with others. */
export interface DocumentedOperation extends PageOperation {
  readonly scopes: readonly string[]
}

/**
 * Reads the operations that ask for a scope.
 *
 * @throws {Error} In a few words, when there is no such file, or it is no OpenAPI 3 document in JSON.
 */
export function operationsIn(source: OpenApiSource): readonly DocumentedOperation[] {
  const document = documentOf(source)
  if (!isRecord(document) || !/^3\.\d/.test(textOf(document['openapi']))) {
    throw new Error('is no OpenAPI 3 document')
  }
  const components = recordOf(document['components'])
  const schemes = recordOf(components['securitySchemes'])
  return Object.entries(recordOf(document['paths'])).flatMap(([path, item]) =>
    Object.entries(recordOf(item)).flatMap(([method, operation]) => {
      if (!methods.has(method) || !isRecord(operation)) return []
      const scopes = scopesOf(operation['security'] ?? document['security'], schemes)
      if (scopes.length === 0) return []
      const summary = textOf(operation['summary'])
      return [{ summary, operation: `${method.toUpperCase()} ${path}`, scopes }]
    }),
  )
}

/** OpenAPI 3.1 §4.8.9. */
const methods: ReadonlySet<string> = new Set([
  'get',
  'put',
  'post',
  'delete',
  'options',
  'head',
  'patch',
  'trace',
])

function documentOf(source: OpenApiSource): unknown {
  if (typeof source !== 'string' && !(source instanceof URL)) return source
  let text: string
  try {
    text = readFileSync(source, 'utf8')
  } catch (cause) {
    throw new Error(`cannot be read from ${String(source)}`, { cause })
  }
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Error(`in ${String(source)} is not JSON`, { cause })
  }
}

/** The scopes of a list of Security Requirement Objects. What a scheme without tokens lists there are other things. */
function scopesOf(security: unknown, schemes: Readonly<Record<string, unknown>>): readonly string[] {
  const requirements = Array.isArray(security) ? security.map(recordOf) : []
  const scopes = requirements.flatMap((requirement) =>
    Object.entries(requirement).flatMap(([name, listed]) => {
      const { type } = recordOf(schemes[name])
      return type === 'apiKey' || type === 'mutualTLS' || !Array.isArray(listed) ? [] : listed.map(textOf)
    }),
  )
  return [...new Set(scopes.filter((scope) => scope !== ''))]
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {}
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
