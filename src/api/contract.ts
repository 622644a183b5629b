/** What a route promises: the shape of its answer, its status, and what the documentation says of it. */

import type { CorsOptions } from '../http/cors.ts'
import type { LimitOptions } from './limits.ts'
import { toJsonSchema } from './json-schema.ts'
import type { JsonSchema } from './json-schema.ts'
import type { Guard } from './routes.ts'
import { pathOf, validate } from './schema.ts'
import type { Schema } from './schema.ts'

/** A response besides the usual one, for the documentation. */
export interface DocumentedResponse {
  readonly description: string
  readonly schema?: Schema
}

/** What a route promises. */
export interface Contract<Input = unknown, Output = unknown> {
  /** The answer's schema. The handler is held to it, and a field it does not name never leaves. */
  readonly returns?: Schema<Input, Output>
  /** The status of the answer; 200 unless told. */
  readonly status?: number
  readonly summary?: string
  readonly description?: string
  readonly tags?: readonly string[]
  /** The name generated clients use; made of method and path unless told. */
  readonly operationId?: string
  readonly deprecated?: boolean
  /** Leaves the route out of the OpenAPI document. It is served all the same. */
  readonly hidden?: boolean
  /** Further answers that the documentation should name. */
  readonly responses?: Readonly<Record<number, DocumentedResponse>>
  /** Takes the route out of the guards of its application and routers: who may call it says its own record. */
  readonly open?: boolean
  /** Required of this route alone, after the guards of its application and routers and before its own record. */
  readonly guard?: Guard
  /** Which other origins may call this route from a browser, instead of what the application says. */
  readonly cors?: CorsOptions
  /** Limits of this route's own. */
  readonly limits?: LimitOptions
}

/** A handler returned something else than its contract promises: a fault of the application. */
export class BrokenContract extends TypeError {
  override readonly name = 'BrokenContract'
}

/** What a handler returned, cut down to what its contract promises. Made once for each route. */
export type Conform = (result: unknown) => unknown

/** @returns `undefined` for a contract that promises no shape. */
export function conforming(contract: Contract): Conform | undefined {
  const { returns } = contract
  if (returns === undefined) return undefined
  const shape = toJsonSchema(returns, 'output')
  const project = shape === undefined ? (value: unknown) => value : projection(shape)
  const checked = (result: ReturnType<typeof validate>): unknown => {
    const settled = result as Exclude<typeof result, Promise<unknown>> // both callers have waited
    if (settled.issues === undefined) return project(settled.value)
    const where = settled.issues.map(
      (issue) => `${pathOf(issue).join('.') || '(the whole)'}: ${issue.message}`,
    )
    throw new BrokenContract(`The handler broke its contract at ${where.join('; ')}`)
  }
  return (result) => {
    const answer = validate(returns, result)
    return answer instanceof Promise ? answer.then(checked) : checked(answer)
  }
}

/**
 * Leaves only what the schema names. Validators differ in what they do with fields they do not know: some drop them,
 * some let them pass, and one that passes is a leak.
 */
function projection(root: JsonSchema): (value: unknown) => unknown {
  const project = (value: unknown, schema: unknown): unknown => {
    if (typeof value !== 'object' || value === null || typeof schema !== 'object' || schema === null) {
      return value
    }
    const { parts, closed, properties, items, additional } = shapeOf(schema as JsonSchema, root)
    if (Array.isArray(value)) return items === undefined ? value : value.map((each) => project(each, items))
    if (!isPlain(value) || (!closed && parts === 0)) return value
    const kept: Record<string, unknown> = {}
    for (const [name, member] of Object.entries(value)) {
      const known = properties.get(name)
      if (known !== undefined) kept[name] = known.length === 1 ? project(member, known[0]) : member
      else if (additional !== undefined) kept[name] = project(member, additional)
    }
    return kept
  }
  return (value) => project(value, root)
}

interface Shape {
  /** How many object schemas it is made of. */
  readonly parts: number
  /** An object schema that lists its properties is among them. */
  readonly closed: boolean
  readonly properties: ReadonlyMap<string, readonly unknown[]>
  readonly items: unknown
  /** What unnamed members must be, where they are welcome. */
  readonly additional: unknown
}

function shapeOf(schema: JsonSchema, root: JsonSchema): Shape {
  const properties = new Map<string, unknown[]>()
  let items: unknown
  let additional: unknown
  let parts = 0
  const seen = new Set<unknown>()
  const visit = (part: unknown): void => {
    if (typeof part !== 'object' || part === null || seen.has(part)) return
    seen.add(part)
    const each = part as JsonSchema
    if (typeof each['$ref'] === 'string') visit(resolved(each['$ref'], root))
    for (const keyword of ['anyOf', 'oneOf', 'allOf']) {
      const members = each[keyword]
      if (Array.isArray(members)) members.forEach(visit)
    }
    if (each['items'] !== undefined && typeof each['items'] === 'object') items ??= each['items']
    if (typeof each['properties'] === 'object' && each['properties'] !== null) {
      parts += 1
      for (const [name, member] of Object.entries(each['properties'])) {
        properties.set(name, [...(properties.get(name) ?? []), member])
      }
    }
    if (each['additionalProperties'] !== undefined && each['additionalProperties'] !== false) {
      parts += 1
      additional = each['additionalProperties']
    }
    if (each['type'] === 'object' && each['properties'] === undefined && additional === undefined) {
      additional = each['additionalProperties'] === false ? undefined : {}
    }
  }
  visit(schema)
  return { parts, closed: parts > 0, properties, items, additional }
}

function resolved(reference: string, root: JsonSchema): unknown {
  if (reference === '#') return root
  return reference
    .slice(2)
    .split('/')
    .reduce<unknown>((found, key) => {
      const name = key.replaceAll('~1', '/').replaceAll('~0', '~')
      return typeof found === 'object' && found !== null
        ? (found as Record<string, unknown>)[name]
        : undefined
    }, root)
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
