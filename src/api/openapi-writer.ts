/** What the parts of an OpenAPI document share while they are written. */

import type { JsonSchema } from './json-schema.ts'
import type { Refer } from './openapi-schemas.ts'
import type { SchemeNames } from './openapi-security.ts'
import type { Route } from './route.ts'

/** How an operation refers to what the whole document shares. */
export interface Writer {
  readonly names: SchemeNames
  readonly refer: Refer
  /** Refers to one of the document's own schemas. */
  readonly own: (name: OwnSchema) => JsonSchema
}

/** For messages: `GET /items/{id}`. */
export function titleOf({ method, path }: Route): string {
  return `${method} ${path.documented}`
}

/** A record without the members that are undefined. */
export function defined(record: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined))
}

/** Refers to a component. */
export function reference(name: string): JsonSchema {
  return { $ref: `#/components/schemas/${name}` }
}

/** The shapes of gatewright's own answers; those of a validation error are FastAPI's. */
export const ownSchemas = {
  HTTPError: {
    title: 'HTTPError',
    type: 'object',
    properties: { detail: { title: 'Detail', description: 'What is wrong, usually a sentence' } },
    required: ['detail'],
  },
  HTTPValidationError: {
    title: 'HTTPValidationError',
    type: 'object',
    properties: {
      detail: { title: 'Detail', type: 'array', items: { $ref: '#/components/schemas/ValidationError' } },
    },
  },
  OAuthError: {
    title: 'OAuthError',
    description: 'RFC 6749 §5.2',
    type: 'object',
    properties: { error: { type: 'string' }, error_description: { type: 'string' } },
    required: ['error'],
  },
  ValidationError: {
    title: 'ValidationError',
    type: 'object',
    properties: {
      loc: {
        title: 'Location',
        type: 'array',
        items: { anyOf: [{ type: 'string' }, { type: 'integer' }] },
      },
      msg: { title: 'Message', type: 'string' },
      type: { title: 'Error Type', type: 'string' },
      input: { title: 'Input' },
      ctx: { title: 'Context', type: 'object' },
    },
    required: ['loc', 'msg', 'type'],
  },
} as const

/** The name of one of them. */
type OwnSchema = keyof typeof ownSchemas
