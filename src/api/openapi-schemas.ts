/** The named schemas of an OpenAPI document: which definitions become components, and what they are called. */

import type { Direction, JsonSchema } from './json-schema.ts'
import { DeclarationError } from './option-error.ts'

/** A schema that the document mentions. */
export interface SchemaMention {
  readonly schema: JsonSchema
  readonly direction: Direction
  /** For messages: `GET /items/{id}`. */
  readonly where: string
}

/** Puts a schema into the document: its definitions are replaced by references to components. */
export type Refer = (schema: JsonSchema, direction: Direction, where: string) => JsonSchema

/** The components, and the function that refers to them. */
export interface ComponentSchemas {
  readonly refer: Refer
  readonly schemas: Readonly<Record<string, JsonSchema>>
}

/**
 * Gives every definition a name in `components.schemas`.
 *
 * A definition that looks the same on the way in and on the way out is one component, `User`. One that differs, because
 * of a default or a transformation, is two: `User` as it is returned, `User-Input` as it is sent. Definitions that only
 * exist because a schema contains itself have no name of their own and are called `Schema`, numbered.
 *
 * @param mentions Every schema of the document.
 * @param reserved Names that the document needs for itself.
 * @throws {DeclarationError} When two different schemas have one name.
 */
export function componentSchemas(
  mentions: readonly SchemaMention[],
  reserved: Readonly<Record<string, JsonSchema>>,
): ComponentSchemas {
  const named = new Map<string, Sides>()
  const anonymous = new Map<string, Definition>()
  for (const { schema, direction, where } of mentions) {
    for (const [local, definition] of definitionsOf(schema)) {
      const found = { schema: definition, root: schema, direction, where }
      if (isAnonymous(local)) anonymous.set(anonymousKey(found, local), found)
      else named.set(local, withSide(named.get(local) ?? {}, direction, found, local))
    }
  }
  const split = splitNames(named)
  const taken = new Set([...named.keys(), ...Object.keys(reserved)])
  const numbered = new Map([...anonymous].map(([key, { schema }]) => [key, unusedName(schema, taken)]))

  const nameOf = (local: string, root: JsonSchema, direction: Direction): string => {
    const definition = definitionsOf(root).get(local) ?? {}
    const key = anonymousKey({ schema: definition, root, direction, where: '' }, local)
    if (isAnonymous(local)) return numbered.get(key) ?? 'Schema'
    return safe(direction === 'input' && split.has(local) ? `${local}-Input` : local)
  }
  const rewritten = ({ schema, root, direction }: Omit<Definition, 'where'>): JsonSchema =>
    withReferences(schema, (local) => nameOf(local, root, direction))

  const schemas: Record<string, JsonSchema> = { ...reserved }
  for (const [local, sides] of named) {
    if (Object.hasOwn(reserved, local)) {
      const { where } = sides.output ?? sides.input ?? { where: '' }
      throw new DeclarationError(
        `${where}: the schema name ${local} belongs to gatewright; choose another id`,
      )
    }
    for (const side of [sides.output, sides.input]) {
      if (side) schemas[nameOf(local, side.root, side.direction)] ??= rewritten(side)
    }
  }
  for (const [key, definition] of anonymous) schemas[numbered.get(key) ?? ''] = rewritten(definition)

  const refer: Refer = (schema, direction) => {
    if (definitionsOf(schema).has('#')) return { $ref: pointer(nameOf('#', schema, direction)) }
    const { $defs: _, definitions: __, ...rest } = schema
    return rewritten({ schema: rest, root: schema, direction })
  }
  return { refer, schemas }
}

interface Definition {
  readonly schema: JsonSchema
  readonly root: JsonSchema
  readonly direction: Direction
  readonly where: string
}

type Sides = { readonly [key in Direction]?: Definition }

/** The definitions within a schema by their local name; `#` when the schema as a whole is referred to from inside. */
function definitionsOf(root: JsonSchema): ReadonlyMap<string, JsonSchema> {
  const known = definitions.get(root)
  if (known) return known
  const { $defs = {}, definitions: older = {}, ...rest } = root
  const found = new Map<string, JsonSchema>(Object.entries({ ...(older as object), ...($defs as object) }))
  withReferences(root, (local) => {
    if (local === '#') found.set('#', rest)
    return local
  })
  definitions.set(root, found)
  return found
}

const definitions = new WeakMap<JsonSchema, ReadonlyMap<string, JsonSchema>>()

function withSide(sides: Sides, direction: Direction, found: Definition, local: string): Sides {
  const before = sides[direction]
  if (before && canonical(before.schema) !== canonical(found.schema)) {
    throw new DeclarationError(
      `Two different schemas are called ${local}, one in ${before.where} and one in ${found.where}; give one another id`,
    )
  }
  return before ? sides : { ...sides, [direction]: found }
}

/** The names whose two sides differ, or refer to one that does. */
function splitNames(named: ReadonlyMap<string, Sides>): ReadonlySet<string> {
  const split = new Set<string>()
  for (let before = -1; before !== split.size;) {
    before = split.size
    for (const [local, { input, output }] of named) {
      if (!input || !output || split.has(local)) continue
      let differs = canonical(input.schema) !== canonical(output.schema)
      withReferences(output.schema, (other) => {
        differs ||= split.has(other)
        return other
      })
      if (differs) split.add(local)
    }
  }
  return split
}

/** Names that a library made up: of Zod `__schema0`, of Valibot `0`, of ArkType `intersection12`. */
function isAnonymous(local: string): boolean {
  return /^(?:#|__\w+|\d+|(?:alias|domain|intersection|morph|proto|type|union|unit)\d+)$/.test(local)
}

/** Made-up names say nothing, so that two definitions are one only if everything they may refer to is the same. */
function anonymousKey({ schema, root }: Definition, local: string): string {
  return isAnonymous(local) ? canonical([local, schema, root['$defs'] ?? {}]) : ''
}

function unusedName(schema: JsonSchema, taken: Set<string>): string {
  const stem = typeof schema['title'] === 'string' ? safe(schema['title']) : 'Schema'
  let name = stem
  for (let number = 2; taken.has(name); number++) name = `${stem}${number}`
  taken.add(name)
  return name
}

/** OpenAPI 3.1 §4.8.7: what a component may be called. */
function safe(name: string): string {
  return name.replace(/[^\w.-]/g, '_')
}

function pointer(name: string): string {
  return `#/components/schemas/${name}`
}

/** Keywords whose members are called what the application likes, and those whose value is data and no schema. */
const maps = new Set(['properties', 'patternProperties', 'dependentSchemas', '$defs', 'definitions'])
const data = new Set(['const', 'default', 'enum', 'example', 'examples'])

/** A copy in which every reference to a definition refers to the component of that name. */
function withReferences(schema: JsonSchema, nameOf: (local: string) => string): JsonSchema {
  const visit = (value: unknown, isMap: boolean): unknown => {
    if (Array.isArray(value)) return value.map((each) => visit(each, false))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, member]: [string, unknown]) => {
        if (isMap) return [key, visit(member, false)]
        if (data.has(key)) return [key, member]
        if (key !== '$ref' || typeof member !== 'string') return [key, visit(member, maps.has(key))]
        const local = /^#(?:\/(?:\$defs|definitions)\/([^/]+))?$/.exec(member)
        if (!local) return [key, member]
        const name = decodeURIComponent(local[1] ?? '#')
          .replaceAll('~1', '/')
          .replaceAll('~0', '~')
        return [key, pointer(nameOf(name))]
      }),
    )
  }
  return visit(schema, false) as JsonSchema // an object stays one
}

/** The same text for the same JSON, in whatever order its keys are. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([first], [second]) => (first < second ? -1 : 1)))
      : part,
  )
}
