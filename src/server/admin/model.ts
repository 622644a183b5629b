/** What goes in and out of the admin API: small schemas that check a value and say in JSON Schema what they check. */

import type { JsonSchema } from '../../api/json-schema.ts'
import type { Issue, Schema, Validated } from '../../api/schema.ts'

/** A schema of the admin API. */
export interface Model<out Value> extends Schema<Value> {
  readonly check: (value: unknown) => Validated<Value>
  /** How it is written where it is used; a record is a reference to its name. */
  readonly json: JsonSchema
  /** The records it speaks of, by name. */
  readonly named: Readonly<Record<string, JsonSchema>>
}

/** The value of a model. */
export type ValueOfModel<Kind> = Kind extends Model<infer Value> ? Value : never

type Members = Readonly<Record<string, Model<unknown>>>
type Optional<All extends Members> = {
  [Name in keyof All]: undefined extends ValueOfModel<All[Name]> ? Name : never
}[keyof All]

/** The value of a record with these members. */
export type ValueOfRecord<All extends Members> = {
  readonly [Name in Exclude<keyof All, Optional<All>>]: ValueOfModel<All[Name]>
} & { readonly [Name in Optional<All>]?: ValueOfModel<All[Name]> }

/** An object with these members and no others: a misspelt one is told, and what nobody named never leaves. */
export function record<const All extends Members>(name: string, members: All): Model<ValueOfRecord<All>> {
  const entries = Object.entries(members)
  const required = entries.filter(([, model]) => model.check(undefined).issues !== undefined)
  const own: JsonSchema = {
    type: 'object',
    title: name,
    properties: Object.fromEntries(entries.map(([key, { json }]) => [key, json])),
    ...(required.length > 0 ? { required: required.map(([key]) => key) } : {}),
    additionalProperties: false,
  }
  const named: Model<unknown>['named'] = Object.fromEntries([
    ...entries.flatMap(([, model]) => Object.entries(model.named)),
    [name, own],
  ])
  return modelOf<ValueOfRecord<All>>({ $ref: `#/$defs/${name}` }, named, (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return wrong('An object')
    const kept: Record<string, unknown> = {}
    const issues: Issue[] = Object.keys(value)
      .filter((key) => !Object.hasOwn(members, key))
      .map((key) => ({ message: 'There is no such field', path: [key] }))
    for (const [key, model] of entries) {
      // Own members only: what some library wrote onto every object was not sent.
      const given = Object.hasOwn(value, key) ? (value as Readonly<Record<string, unknown>>)[key] : undefined
      const found = model.check(given)
      if (found.issues !== undefined) issues.push(...within(key, found.issues))
      else if (found.value !== undefined) kept[key] = found.value
    }
    return issues.length > 0 ? { issues } : { value: kept as ValueOfRecord<All> } // each member was checked
  })
}

/** What a text may be. */
export interface TextOptions {
  readonly min?: number
  /** 2,000 characters unless told. */
  readonly max?: number
  /** Of the whole text. */
  readonly pattern?: RegExp
  readonly format?: string
  readonly description?: string
}

/** A text. */
export function text({ min = 0, max = 2000, pattern, format, description }: TextOptions = {}): Model<string> {
  const json = {
    type: 'string',
    ...(min > 0 ? { minLength: min } : {}),
    maxLength: max,
    ...(pattern === undefined ? {} : { pattern: pattern.source }),
    ...(format === undefined ? {} : { format }),
    ...(description === undefined ? {} : { description }),
  }
  return modelOf<string>(json, {}, (value) => {
    if (typeof value !== 'string') return wrong('A text')
    if (value.length < min || value.length > max) return wrong(`A text of ${min} to ${max} characters`)
    return pattern === undefined || pattern.test(value) ? { value } : wrong('The text has another form')
  })
}

/** The name of something. What cannot be one becomes the empty text, which is found nowhere and gets to no database. */
export function reference(description?: string): Model<string> {
  const json = { type: 'string', ...(description === undefined ? {} : { description }) }
  return modelOf<string>(json, {}, (value) => {
    if (typeof value !== 'string') return wrong('A text')
    return { value: /^[\x21-\x7e]{1,200}$/.test(value) ? value : '' }
  })
}

/** A moment, as RFC 3339 text: `2026-11-21T08:00:00Z`. The value is in milliseconds since 1970. */
export function moment(description?: string): Model<number> {
  const json = { type: 'string', format: 'date-time', ...(description === undefined ? {} : { description }) }
  return modelOf<number>(json, {}, (value) => {
    const isShaped =
      typeof value === 'string' &&
      /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)$/.test(value)
    const at = isShaped ? Date.parse(value) : Number.NaN
    return Number.isNaN(at) ? wrong('A moment such as 2026-11-21T08:00:00Z') : { value: at }
  })
}

/** One of these texts. */
export function oneOf<const Text extends string>(...texts: readonly Text[]): Model<Text> {
  return modelOf<Text>({ type: 'string', enum: texts }, {}, (value) => {
    const found = texts.find((each) => each === value)
    return found === undefined ? wrong(`One of ${texts.join(', ')}`) : { value: found }
  })
}

/** A whole number. */
export function whole(min: number, max: number, description?: string): Model<number> {
  const json = { type: 'integer', minimum: min, maximum: max }
  return modelOf<number>({ ...json, ...(description === undefined ? {} : { description }) }, {}, (value) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max
      ? { value }
      : wrong(`A whole number from ${min} to ${max}`),
  )
}

/** True or false. */
export const flag: Model<boolean> = modelOf<boolean>({ type: 'boolean' }, {}, (value) =>
  typeof value === 'boolean' ? { value } : wrong('true or false'),
)

/** Any object. */
export const anything: Model<Readonly<Record<string, unknown>>> = modelOf<Readonly<Record<string, unknown>>>(
  { type: 'object', additionalProperties: true },
  {},
  (value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? { value: value as Readonly<Record<string, unknown>> }
      : wrong('An object'),
)

/** A list: at most so many. */
export function list<Each>(each: Model<Each>, max = 200): Model<readonly Each[]> {
  return modelOf<readonly Each[]>({ type: 'array', items: each.json, maxItems: max }, each.named, (value) => {
    if (!Array.isArray(value) || value.length > max) return wrong(`A list of at most ${max}`)
    const found = value.map((member) => each.check(member))
    const issues = found.flatMap((one, index) => within(index, one.issues ?? []))
    return issues.length > 0 ? { issues } : { value: found.map((one) => one.value as Each) } // none has issues
  })
}

/** The same, and it may be left out. */
export function optional<Value>(model: Model<Value>): Model<Value | undefined> {
  return modelOf<Value | undefined>(model.json, model.named, (value) =>
    value === undefined ? { value } : model.check(value),
  )
}

/** The same or `null`, which takes a field away. */
export function nullable<Value>(model: Model<Value>): Model<Value | null> {
  return modelOf<Value | null>({ anyOf: [model.json, { type: 'null' }] }, model.named, (value) =>
    value === null ? { value } : model.check(value),
  )
}

/** A page of a list, and where the next one begins. */
export function pageOf<Each>(name: string, each: Model<Each>): Model<Page<Each>> {
  const next = text({ max: 300, description: 'The `cursor` of the next page; missing on the last one.' })
  return record(name, { items: list(each, 1000), next: optional(next) })
}

/** A page of a list. */
export interface Page<Each> {
  readonly items: readonly Each[]
  readonly next?: string | undefined
}

/** A page of what was read: one more than asked for, so that it is known whether there is another page. */
export function paged<Row, Each>(
  rows: readonly Row[],
  limit: number,
  cursor: (row: Row) => string,
  shown: (row: Row) => Each,
): Page<Each> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  const hasMore = rows.length > limit && last !== undefined
  return { items: items.map(shown), ...(hasMore ? { next: cursor(last) } : {}) }
}

function modelOf<Value>(
  json: JsonSchema,
  named: Model<Value>['named'],
  check: (value: unknown) => Validated<Value>,
): Model<Value> {
  const whole = (): JsonSchema => (Object.keys(named).length > 0 ? { ...json, $defs: named } : json)
  return {
    json,
    named,
    check,
    '~standard': {
      version: 1,
      vendor: 'gatewright',
      validate: (value: unknown) => check(value),
      jsonSchema: { input: whole, output: whole },
    } as Model<Value>['~standard'], // its type does not know yet that schemas describe themselves
  }
}

function wrong(what: string): { readonly issues: readonly Issue[] } {
  return { issues: [{ message: `${what} is needed` }] }
}

function within(key: string | number, issues: readonly Issue[]): readonly Issue[] {
  return issues.map(({ message, path = [] }) => ({ message, path: [key, ...path] }))
}
