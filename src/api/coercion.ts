/**
 * From the text of a query, header, cookie, path or form to the type its schema asks for: `"7"` becomes 7 where a number
 * is wanted. Text that does not clearly mean the wanted type stays text, so that the validator words the error.
 */

import type { JsonSchema } from './json-schema.ts'

/** Turns everything sent under one name into the one value that is validated. */
export type Coerce = (raw: readonly unknown[]) => unknown

/**
 * Builds the function that turns the values sent under one name into what the schema asks for.
 *
 * * Numbers are decimal: `7`, `-0.5`, and `1e3` where an integer is not asked for. `0x10`, ` 7 `, `1e999`, the empty text
 *   and whole numbers beyond 2^53, which would be rounded, are no numbers.
 * * Booleans are `true false 1 0 on off yes no t f y n` in any case, as in FastAPI.
 * * Where text is welcome too (`number | string`), text it stays; the listed texts of an enumeration come first.
 * * A list takes all values, also when there is one. Everything else takes the last, as in FastAPI.
 * * There is no spelling of null: a parameter is left out instead.
 * * What is not text (a file) passes untouched.
 *
 * @example
 *
 * ```ts
 * coercer({ type: 'array', items: { type: 'integer' } })(['7']) // [7]
 * ```
 *
 * @param schema The input side of the parameter's JSON Schema; text stays text without one.
 */
export function coercer(schema: JsonSchema | undefined): Coerce {
  return coercerIn(schema, schema)
}

/** @param root What references such as `#/$defs/User` start from. */
function coercerIn(schema: unknown, root: unknown): Coerce {
  const accepted = acceptedBy(schema, root, new Set())
  return (raw) => {
    const { list } = accepted
    if (list && (list.only || raw.length > 1)) return raw.map((value, index) => scalar(value, list.at(index)))
    return scalar(raw.at(-1), accepted)
  }
}

/**
 * The same for all fields of a form or query at once, by the properties of an object schema.
 *
 * @example
 *
 * ```ts
 * fieldsCoercer(schema)(new URLSearchParams('page=2&tag=a')) // { page: 2, tag: ['a'] }
 * ```
 *
 * @param schema The JSON Schema of the object; fields it does not name stay text.
 */
export function fieldsCoercer(
  schema: JsonSchema | undefined,
): (fields: Iterable<readonly [string, unknown]>) => Record<string, unknown> {
  const properties = [...propertiesOf(schema, schema, new Set())]
  const coercers = new Map(properties.map(([name, property]) => [name, coercerIn(property, schema)]))
  const other = coercer(undefined)
  return (fields) => {
    const all = new Map<string, unknown[]>()
    for (const [name, value] of fields) {
      const values = all.get(name)
      if (values) values.push(value)
      else all.set(name, [value])
    }
    // No field is called that, and an own `__proto__` becomes a prototype in the first careless copy.
    all.delete('__proto__')
    return Object.fromEntries([...all].map(([name, raw]) => [name, (coercers.get(name) ?? other)(raw)]))
  }
}

/** What a schema accepts, as far as text can be turned into it. */
interface Accepted {
  /** Any text at all. False for texts of a format that no number or boolean has, such as a UUID. */
  readonly text: boolean
  readonly number: boolean
  readonly integer: boolean
  readonly boolean: boolean
  /** Single values, of an enumeration or a constant. */
  readonly literals: readonly unknown[]
  readonly list: List | undefined
}

interface List {
  /** Nothing but a list is accepted. */
  readonly only: boolean
  /** What the element at this place accepts. */
  readonly at: (index: number) => Accepted
}

const anything: Accepted = {
  text: true,
  number: true,
  integer: true,
  boolean: true,
  literals: [],
  list: undefined,
}
const nothing: Accepted = { ...anything, text: false, number: false, integer: false, boolean: false }

function scalar(value: unknown, accepted: Accepted): unknown {
  if (typeof value !== 'string' || accepted.text || accepted.literals.includes(value)) return value
  const literal = accepted.literals.find((each) => typeof each !== 'string' && String(each) === value)
  if (literal !== undefined && literal !== null) return literal
  if (accepted.number || accepted.integer) {
    const number = numberIn(value, accepted.number)
    if (number !== undefined) return number
  }
  return accepted.boolean ? (booleans.get(value.toLowerCase()) ?? value) : value
}

const booleans: ReadonlyMap<string, boolean> = new Map([
  ...['true', '1', 'on', 'yes', 't', 'y'].map((word) => [word, true] as const),
  ...['false', '0', 'off', 'no', 'f', 'n'].map((word) => [word, false] as const),
])

function numberIn(text: string, exponents: boolean): number | undefined {
  if (!(exponents ? /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i : /^-?\d+(?:\.\d+)?$/).test(text)) return undefined
  const number = Number(text)
  // Long numbers that round to one another would be several names of one thing; as text the validator refuses them.
  const isExact = Number.isSafeInteger(number) || !Number.isInteger(number) || /e/i.test(text)
  return Number.isFinite(number) && isExact ? number : undefined
}

/** Formats whose texts are never a number or a boolean word, so that `uuid | number` is told apart by the text alone. */
const wordy = new Set(['uuid', 'date', 'date-time', 'time', 'duration', 'email', 'uri', 'ipv6', 'hostname'])

function acceptedBy(schema: unknown, root: unknown, above: ReadonlySet<unknown>): Accepted {
  if (!isSchema(schema)) return schema === false ? nothing : anything
  if (above.has(schema)) return nothing // a circle adds nothing to what its other parts accept
  const inner = new Set(above).add(schema)
  const of = (part: unknown): Accepted => acceptedBy(part, root, inner)

  const parts: Accepted[] = []
  if (schema['type'] !== undefined) {
    const types: readonly unknown[] = Array.isArray(schema['type']) ? schema['type'] : [schema['type']]
    parts.push(types.map((type) => typed(type, schema, of)).reduce(either, nothing))
  }
  if (Array.isArray(schema['enum'])) parts.push({ ...nothing, literals: schema['enum'] })
  if ('const' in schema) parts.push({ ...nothing, literals: [schema['const']] })
  if (typeof schema['$ref'] === 'string') parts.push(of(target(schema['$ref'], root)))
  for (const keyword of ['anyOf', 'oneOf']) {
    const members = schema[keyword]
    if (Array.isArray(members)) parts.push(members.map(of).reduce(either, nothing))
  }
  if (Array.isArray(schema['allOf'])) parts.push(...schema['allOf'].map(of))
  return parts.length ? parts.reduce(both) : anything
}

function typed(type: unknown, schema: JsonSchema, of: (part: unknown) => Accepted): Accepted {
  if (type === 'string') return { ...nothing, text: !wordy.has(String(schema['format'])) }
  if (type === 'number' || type === 'integer' || type === 'boolean') return { ...nothing, [type]: true }
  if (type !== 'array') return nothing
  const { prefixItems, items } = schema
  const first = Array.isArray(prefixItems) ? prefixItems.map(of) : []
  const rest = of(items)
  return { ...nothing, list: { only: true, at: (index) => first[index] ?? rest } }
}

function either(a: Accepted, b: Accepted): Accepted {
  const list = a.list ?? b.list
  const isList = (each: Accepted): boolean => each.list?.only ?? isNothing(each)
  return {
    text: a.text || b.text,
    number: a.number || b.number,
    integer: a.integer || b.integer,
    boolean: a.boolean || b.boolean,
    literals: [...a.literals, ...b.literals],
    list: list && { ...list, only: isList(a) && isList(b) },
  }
}

function both(a: Accepted, b: Accepted): Accepted {
  if (a === anything || b === anything) return a === anything ? b : a
  const numeric = (each: Accepted): boolean => each.number || each.integer
  return {
    text: a.text && b.text,
    number: a.number && b.number,
    integer: numeric(a) && numeric(b) && (a.integer || b.integer),
    boolean: a.boolean && b.boolean,
    literals: [
      ...a.literals.filter((each) => admits(b, each)),
      ...b.literals.filter((each) => admits(a, each)),
    ],
    list: a.list && b.list && { ...a.list, only: a.list.only || b.list.only },
  }
}

function admits(accepted: Accepted, literal: unknown): boolean {
  if (accepted.literals.includes(literal)) return true
  if (typeof literal === 'string') return accepted.text
  return typeof literal === 'boolean' ? accepted.boolean : accepted.number || accepted.integer
}

function isNothing(accepted: Accepted): boolean {
  const { text, number, integer, boolean, literals } = accepted
  return !text && !number && !integer && !boolean && literals.every((each) => each === null)
}

/** The properties of an object schema, also where it is a reference or composed of several. */
function propertiesOf(schema: unknown, root: unknown, above: ReadonlySet<unknown>): Map<string, unknown> {
  if (!isSchema(schema) || above.has(schema)) return new Map()
  const inner = new Set(above).add(schema)
  const { $ref, properties } = schema
  const parts = ['allOf', 'anyOf', 'oneOf'].flatMap((keyword) => {
    const members = schema[keyword]
    return Array.isArray(members) ? (members as unknown[]) : []
  })
  if (typeof $ref === 'string') parts.push(target($ref, root))
  const all = parts.flatMap((part) => [...propertiesOf(part, root, inner)])
  return new Map([...all, ...(isSchema(properties) ? Object.entries(properties) : [])])
}

/** What a reference within the document points to (RFC 6901). */
function target(reference: string, root: unknown): unknown {
  if (!reference.startsWith('#')) return true
  const steps = reference.slice(1).split('/').slice(1)
  return steps.reduce<unknown>((at, step) => {
    const key = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~')
    return typeof at === 'object' && at !== null && Object.hasOwn(at, key) ? Reflect.get(at, key) : true
  }, root)
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
