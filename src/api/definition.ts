/** How each kind of dependency is obtained: the closed list that the planner compiles. */

import type { LoginDemand } from '../protocol/step-up.ts'
import type { Context } from './context.ts'
import type { AnyDependency, Dependencies } from './dependency.ts'
import type { Schema } from './schema.ts'
import type { Scheme } from './scheme.ts'

/** How long a resource stays open. */
export type Lifetime = 'request' | 'handler'

/** Where a parameter is read from. */
export type Place = 'path' | 'query' | 'header' | 'cookie'

/** The kinds of body a route may read. */
export type BodyKind = 'json' | 'form' | 'files'

/** What the documentation says of a parameter, and the name on the wire when it is not the key. */
export interface ParameterOptions {
  /** The name on the wire. The key it is asked for under unless told; for headers in kebab-case. */
  readonly name?: string
  readonly description?: string
  readonly example?: unknown
  readonly deprecated?: boolean
  /** Leaves the parameter out of the OpenAPI document. */
  readonly hidden?: boolean
  /** Never shown in an error, whatever it is called. Guessed from the name unless told. */
  readonly secret?: boolean
}

/** How many files a field may bring, and how large. */
export interface FilesOptions extends Pick<ParameterOptions, 'name' | 'description' | 'hidden'> {
  /** The fewest files; 1 unless told. */
  readonly min?: number
  /** The most files; 1 unless told. */
  readonly max?: number
  /** The largest file, in bytes. The application's limit for files unless told. */
  readonly bytes?: number
  /** The media types accepted, for example `image/png`; any unless told. The client names it, so it proves nothing. */
  readonly types?: readonly string[]
}

/** What is required of a caller besides credentials that are good. */
export interface Requirement {
  /** Which scopes must be granted: every group needs one of its members. `[['a'], ['b', 'c']]` is a and (b or c). */
  readonly scopes: readonly (readonly string[])[]
  /** How they must have logged in: all of these. */
  readonly logins: readonly LoginDemand[]
}

/** How a dependency is obtained. */
export type Definition =
  | {
      readonly kind: 'computed'
      readonly needs: Dependencies
      readonly compute: (values: never) => unknown
    }
  | {
      readonly kind: 'resource'
      readonly needs: Dependencies
      readonly open: (values: never) => AsyncGenerator<unknown, void, void> | Generator<unknown, void, void>
      readonly lifetime: Lifetime
    }
  | {
      readonly kind: 'parameter'
      readonly place: Place
      readonly schema: Schema
      readonly options: ParameterOptions
    }
  | {
      readonly kind: 'body'
      readonly body: 'json' | 'form'
      readonly schema: Schema
      readonly options: ParameterOptions
    }
  | { readonly kind: 'files'; readonly options: FilesOptions }
  | { readonly kind: 'scheme'; readonly scheme: Scheme }
  | { readonly kind: 'security'; readonly inner: AnyDependency; readonly required: Requirement }
  | { readonly kind: 'optional'; readonly inner: AnyDependency }
  | { readonly kind: 'fresh'; readonly inner: AnyDependency }
  | { readonly kind: 'anyOf'; readonly members: readonly AnyDependency[] }
  | { readonly kind: 'allOf'; readonly members: readonly AnyDependency[] }
  | {
      readonly kind: 'context'
      readonly read: (context: Context, required: readonly string[]) => unknown
      /** The value depends on the scopes required along the path. */
      readonly usesScopes?: true
      /** There is such a thing only on a WebSocket. */
      readonly webSocketOnly?: true
      /** The value needs the body: a form that is no parameter of the API's own. */
      readonly body?: BodyDescription
    }
  | { readonly kind: 'value'; readonly value: unknown }

/** A body that is read by something else than a `json` or `form` parameter, and how it is documented. */
export interface BodyDescription {
  readonly mediaTypes: readonly string[]
  readonly jsonSchema: Readonly<Record<string, unknown>>
}
