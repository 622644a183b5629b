/** A parameter, prepared: its name on the wire, its JSON Schema, and how text becomes what the schema asks for. */

import { coercer, fieldsCoercer } from './coercion.ts'
import type { Definition } from './definition.ts'
import { toJsonSchema } from './json-schema.ts'
import type { PlannedParameter } from './plan.ts'
import { validate } from './schema.ts'
import type { Schema } from './schema.ts'
import { isThenable } from './thenable.ts'

type Parameter = Extract<Definition, { readonly kind: 'parameter' | 'body' }>

/** The name on the wire: the one that was chosen, or the key. */
export function wireNameOf(definition: Parameter, key: string): string {
  const isHeader = definition.kind === 'parameter' && definition.place === 'header'
  return definition.options.name ?? (isHeader ? headerName(key) : key)
}

/**
 * Prepares a parameter.
 *
 * @param isOwn Whether the route itself asks for it: errors of dependencies come first, then a route's own by place.
 */
export function plannedParameter(definition: Parameter, name: string, isOwn: boolean): PlannedParameter {
  const place = definition.kind === 'body' ? 'body' : definition.place
  const jsonSchema = toJsonSchema(definition.schema, 'input')
  return {
    place,
    name,
    schema: definition.schema,
    jsonSchema,
    required: place === 'path' || !accepts(definition.schema, undefined),
    options: definition.options,
    coerce: coercer(jsonSchema),
    coerceFields: fieldsCoercer(jsonSchema),
    rank: isOwn ? ['path', 'query', 'header', 'cookie', 'body'].indexOf(place) + 1 : 0,
  }
}

/** `xRequestId` and `x_request_id` are both `x-request-id` on the wire. */
function headerName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replaceAll('_', '-')
}

function accepts(schema: Schema, value: unknown): boolean {
  try {
    const result = validate(schema, value)
    return !isThenable(result) && result.issues === undefined
  } catch {
    return false
  }
}
