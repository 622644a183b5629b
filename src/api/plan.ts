/** What a route needs, as the planner works it out: a request only walks the ready plan. */

import type { LoginDemand } from '../protocol/step-up.ts'
import type { SecurityAlternative } from './alternatives.ts'
import type { Coerce } from './coercion.ts'
import type { BodyDescription, BodyKind, Definition, FilesOptions, ParameterOptions } from './definition.ts'
import type { Place, Requirement } from './definition.ts'
import type { JsonSchema } from './json-schema.ts'
import type { Refusal } from './refusal.ts'
import type { Schema } from './schema.ts'
import type { Scheme } from './scheme.ts'
import type { Logins } from './step-up.ts'

/** One value of the request, with a slot for it. */
export interface PlanNode {
  readonly slot: number
  readonly definition: Exclude<Definition, { readonly kind: 'security' | 'fresh' }>
  readonly children: readonly PlannedNeed[]
  /** Whether its value, or anything beneath it, comes from the body. */
  readonly readsBody: boolean
  /** The scopes required along the path, for those that ask for them. */
  readonly required: readonly string[]
  readonly parameter?: PlannedParameter
  /** The form field that files are read from. */
  readonly filesName?: string
  readonly alternatives?: readonly Alternative[]
}

/** A node, and the name it was asked for under. */
export interface PlannedNeed {
  readonly name: string
  readonly node: PlanNode
}

/** What is evaluated in its turn: for the handler under a name, or only for what it refuses. */
export interface PlannedStep {
  readonly name: string | undefined
  readonly node: PlanNode
}

/** One way through an `anyOf`. */
export interface Alternative {
  readonly checks: readonly Check[]
  readonly node: PlanNode
}

/** A security scheme that must let the caller pass, or an `anyOf` of which one alternative must. */
export interface Check {
  readonly node: PlanNode
  /** The scheme whose words refuse; none for an `anyOf`, which refuses in those of its alternatives. */
  readonly scheme: Scheme | undefined
  readonly requirement: Requirement
  /** A caller without credentials may pass. */
  readonly optional: boolean
  readonly missing: (() => Refusal) | undefined
  readonly insufficient: (() => Refusal) | undefined
  /** How the caller must have logged in, and the scopes that a new login is to bring as well. */
  readonly login: { readonly demand: LoginDemand; readonly scopes: readonly string[] } | undefined
}

/** A parameter of the request: where it is, how it is read, and what the documentation says of it. */
export interface PlannedParameter {
  readonly place: Place | 'body'
  /** The name on the wire. */
  readonly name: string
  readonly schema: Schema
  readonly jsonSchema: JsonSchema | undefined
  readonly required: boolean
  readonly options: ParameterOptions
  readonly coerce: Coerce
  /** For a form: all of its fields at once. */
  readonly coerceFields: (fields: Iterable<readonly [string, unknown]>) => Record<string, unknown>
  /** The order of its errors: those of dependencies first, then a route's own by place. */
  readonly rank: number
}

/** What a route reads from the body. */
export interface PlannedBody {
  readonly kind: BodyKind
  readonly schemas: readonly PlannedParameter[]
  readonly files: readonly { readonly name: string; readonly options: FilesOptions }[]
  readonly described: readonly BodyDescription[]
}

/** A route, ready to be walked. */
export interface Plan {
  readonly slots: number
  readonly checks: readonly Check[]
  /** Guards and needs in the order of their evaluation: what needs the body comes last. */
  readonly steps: readonly PlannedStep[]
  readonly parameters: readonly PlannedParameter[]
  readonly body: PlannedBody | undefined
  /** The credentials a caller needs: any one of these, each a set of schemes with their scopes. */
  readonly security: readonly SecurityAlternative[]
  /** How they must have logged in, by the scheme that tells. */
  readonly logins: Logins
}
