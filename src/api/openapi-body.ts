/** The request body of an operation, as OpenAPI describes it. */

import type { FilesOptions } from './definition.ts'
import type { JsonSchema } from './json-schema.ts'
import type { Refer } from './openapi-schemas.ts'
import type { PlannedBody } from './plan.ts'

/** A Request Body Object (OpenAPI 3.1 §4.8.13). */
export type RequestBody = Readonly<Record<string, unknown>>

/**
 * Describes what a route reads from the body: the schemas of all its parts as one.
 *
 * @param where For messages.
 */
export function bodyOf(body: PlannedBody, where: string, refer: Refer): RequestBody {
  const { kind, schemas, files, described } = body
  const shown = schemas.filter(({ options }) => options.hidden !== true)
  const parts = [
    ...shown.map(({ jsonSchema }) => jsonSchema ?? {}),
    ...described.map(({ jsonSchema }) => jsonSchema),
    ...(files.length > 0 ? [filesSchema(files)] : []),
  ]
  const [only = {}, ...others] = parts
  const merged = others.length === 0 ? only : mergedObject(parts)
  const schema = refer(merged, 'input', where)
  const descriptions = shown.flatMap(({ options }) => options.description ?? [])
  const examples = shown.flatMap(({ options }) => (options.example === undefined ? [] : [options.example]))
  const media = { schema, ...(examples.length === 1 ? { example: examples[0] } : {}) }
  return {
    ...(descriptions.length > 0 ? { description: descriptions.join('\n\n') } : {}),
    required: kind === 'json' ? schemas.some(({ required }) => required) : mustCome(merged),
    content: Object.fromEntries(mediaTypesOf(body).map((type) => [type, media])),
  }
}

const urlencoded = 'application/x-www-form-urlencoded'
const multipart = 'multipart/form-data'

function mediaTypesOf({ kind, schemas, described }: PlannedBody): readonly string[] {
  if (kind === 'json') return ['application/json']
  if (kind === 'files') return [multipart]
  // A form of this API's own may come either way; a described one says how it comes.
  return schemas.length > 0
    ? [urlencoded, multipart]
    : [...new Set(described.flatMap(({ mediaTypes }) => mediaTypes))]
}

function filesSchema(files: PlannedBody['files']): JsonSchema {
  const shown = files.filter(({ options }) => options.hidden !== true)
  return {
    type: 'object',
    properties: Object.fromEntries(shown.map(({ name, options }) => [name, fileSchema(options)])),
    required: shown.filter(({ options }) => (options.min ?? 1) > 0).map(({ name }) => name),
  }
}

function fileSchema({ min = 1, max = 1, types, description }: FilesOptions): JsonSchema {
  const [type = 'application/octet-stream', ...more] = types ?? []
  // `format` is OpenAPI 3.0's word for the same; most tools still look for it.
  const file = {
    type: 'string',
    format: 'binary',
    contentMediaType: more.length ? 'application/octet-stream' : type,
  }
  const about = description === undefined ? {} : { description }
  if (max === 1) return { ...file, ...about }
  return { type: 'array', items: file, ...about, ...(min > 0 ? { minItems: min } : {}), maxItems: max }
}

/** All properties of several objects as one: form editors do not look into `allOf`. */
function mergedObject(parts: readonly JsonSchema[]): JsonSchema {
  const objects = parts.map(dereferenced)
  if (!objects.every((part) => part['type'] === 'object')) return { allOf: parts }
  const all = (keyword: string): JsonSchema =>
    Object.fromEntries(objects.flatMap((part) => Object.entries((part[keyword] ?? {}) as JsonSchema)))
  const required = new Set(objects.flatMap((part) => (part['required'] ?? []) as readonly string[]))
  return {
    type: 'object',
    properties: all('properties'),
    ...(required.size > 0 ? { required: [...required] } : {}),
    ...(objects.some((part) => part['$defs']) ? { $defs: all('$defs') } : {}),
  }
}

/** A schema that is nothing but a reference to one of its own definitions, as that definition. */
function dereferenced(schema: JsonSchema): JsonSchema {
  const { $ref, $defs } = schema
  const name = typeof $ref === 'string' ? /^#\/\$defs\/([^/]+)$/.exec($ref)?.[1] : undefined
  const definition = name === undefined ? undefined : (($defs ?? {}) as Record<string, JsonSchema>)[name]
  return definition ? { ...definition, $defs } : schema
}

/** A form whose fields may all be left out may be left out. */
function mustCome(schema: JsonSchema): boolean {
  const { type, required } = dereferenced(schema)
  return type !== 'object' || (Array.isArray(required) && required.length > 0)
}
