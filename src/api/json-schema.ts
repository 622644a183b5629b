/** What a schema of any library looks like as JSON Schema 2020-12, the language of OpenAPI 3.1. */

import { createRequire } from 'node:module'
import type { Schema } from './schema.ts'

/** A JSON Schema, draft 2020-12. */
export type JsonSchema = { readonly [key: string]: unknown }

/** Which side of a schema: what may be sent, or what comes out of it (defaults filled in, values transformed). */
export type Direction = 'input' | 'output'

/**
 * Describes a schema as JSON Schema: through the schema's own `~standard.jsonSchema` where it has one, otherwise
 * through the library's converter where that is installed. Synchronous, and worked out once per schema, so that a
 * route can be planned when it is added.
 *
 * @example
 *
 * ```ts
 * toJsonSchema(z.number().min(1), 'input') // { type: 'number', minimum: 1 }
 * ```
 *
 * @param schema Any Standard Schema.
 * @param direction `input` for what is sent to the schema, `output` for what it yields.
 * @returns The description, or `undefined` where nobody can give one; {@link whyUndescribed} says why.
 */
export function toJsonSchema(schema: Schema, direction: Direction): JsonSchema | undefined {
  const known = described.get(schema)?.[direction]
  if (known) return known.schema
  const answer = describe(schema, direction)
  described.set(schema, { ...described.get(schema), [direction]: answer })
  return answer.schema
}

/** Why {@link toJsonSchema} has no answer for this schema, as the end of a sentence; `undefined` when it has one. */
export function whyUndescribed(schema: Schema, direction: Direction): string | undefined {
  toJsonSchema(schema, direction)
  return described.get(schema)?.[direction]?.reason
}

interface Description {
  readonly schema?: JsonSchema
  readonly reason?: string
}

const described = new WeakMap<Schema, { readonly [key in Direction]?: Description }>()

function describe(schema: Schema, direction: Direction): Description {
  const { vendor } = schema['~standard']
  try {
    const found = converted(schema, direction)
    if (found) return { schema: plain(found) }
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) }
  }
  const helper = helpers[vendor]
  if (helper) return { reason: `the package ${helper} is not installed, or not where gatewright can see it` }
  return { reason: `its library (${vendor}) does not speak Standard JSON Schema` }
}

/** The libraries whose schemas do not describe themselves, and the package that describes them. */
const helpers: Readonly<Record<string, string>> = { valibot: '@valibot/to-json-schema', zod: 'zod' }

type Converter = (options: object) => unknown

function converted(schema: Schema, direction: Direction): unknown {
  const { vendor } = schema['~standard']
  const own = (schema['~standard'] as { readonly jsonSchema?: { readonly [key in Direction]?: Converter } })
    .jsonSchema?.[direction]
  if (own) return own({ target: 'draft-2020-12', libraryOptions: libraryOptions[vendor] ?? {} })
  if (vendor === 'zod') {
    // `zod/mini` leaves the converter out of its schemas to stay small; the one of `zod` reads them as well.
    return installed('zod')?.toJSONSchema?.(schema, { ...libraryOptions['zod'], io: direction })
  }
  if (vendor === 'valibot') {
    const options = { ...libraryOptions['valibot'], target: 'draft-2020-12', typeMode: direction }
    return installed('@valibot/to-json-schema')?.toJsonSchema?.(schema, options)
  }
  // A TypeBox schema is a JSON Schema, whoever taught it to validate.
  return vendor === 'typebox' && 'type' in schema ? schema : undefined
}

interface ZodPart {
  readonly zodSchema: {
    readonly _zod: { readonly def: { readonly type: string; readonly catchall?: unknown } }
  }
  readonly jsonSchema: Record<string, unknown>
}

const date = { type: 'string', format: 'date-time' }

/**
 * A `Date` has no JSON Schema: it travels as text (RFC 3339). What cannot be described is left open, not refused. What
 * only makes the document longer goes: the expression behind a well-known format, the bounds of every integer, and that
 * an object loses unknown members on the way out, which would make two schemas of one.
 */
const libraryOptions: Readonly<Record<string, object>> = {
  zod: {
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }: ZodPart): void => {
      const { type, catchall } = zodSchema._zod.def
      if (type === 'date') Object.assign(jsonSchema, date)
      if (jsonSchema['format'] !== undefined) delete jsonSchema['pattern']
      if (jsonSchema['minimum'] === Number.MIN_SAFE_INTEGER) delete jsonSchema['minimum']
      if (jsonSchema['maximum'] === Number.MAX_SAFE_INTEGER) delete jsonSchema['maximum']
      if (type === 'object' && catchall === undefined) delete jsonSchema['additionalProperties']
    },
  },
  valibot: {
    errorMode: 'ignore',
    overrideSchema: (at: { valibotSchema: { type: string }; jsonSchema: object }): object | undefined =>
      at.valibotSchema.type === 'date' ? { ...at.jsonSchema, ...date } : undefined,
  },
  arktype: {
    fallback: {
      date: (at: { base: object }): object => ({ ...at.base, ...date }),
      proto: (at: { proto: unknown; base: object }): object =>
        at.proto === Date ? { ...at.base, ...date } : at.base,
    },
  },
}

type Helper = Readonly<Record<string, ((schema: Schema, options: object) => unknown) | undefined>>

/** A package of the application, where it has it. A route is planned at once, so the package is loaded at once too. */
function installed(name: string): Helper | undefined {
  // Strict installers (pnpm) hide an application's packages from ours, so the application is asked as well.
  for (const from of [import.meta.url, `${process.cwd()}/package.json`]) {
    try {
      return createRequire(from)(name) as Helper
    } catch {
      // Not there: the next place, or no description at all.
    }
  }
  return undefined
}

/** A copy that is JSON and nothing else: no symbols, no functions, no shared parts, and no `$schema`, which OpenAPI has. */
function plain(schema: unknown): JsonSchema {
  const {
    $schema: _,
    '~standard': __,
    ...rest
  } = JSON.parse(JSON.stringify(schema)) as Record<string, unknown>
  return rest
}
