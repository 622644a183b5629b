/** Any validator that speaks Standard Schema (Zod, Valibot, ArkType …), and the one way to run it. */

import type { StandardSchemaV1 } from '@standard-schema/spec'
import { isThenable } from './thenable.ts'

/**
 * A validator that accepts `Input` and yields `Output`, of whichever library.
 *
 * @see {@link https://standardschema.dev Standard Schema}
 */
export interface Schema<Input = unknown, Output = Input> {
  readonly '~standard': StandardSchemaV1.Props<Input, Output>
}

/** One thing that is wrong with a value: a message, and where in the value. */
export type Issue = StandardSchemaV1.Issue

/** What a schema says of a value: the value as it comes out, or what is wrong with it. */
export type Validated<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly Issue[]; readonly value?: undefined }

/**
 * Validates a value. The answer is a promise only where the library gave one, so that a synchronous
 * schema costs no turn of the event loop.
 *
 * @example
 *
 * ```ts
 * const checked = await validate(z.number(), 7) // { value: 7 }
 * ```
 *
 * @param schema What the value must conform to.
 * @param value Anything; it is never changed.
 * @throws What the schema itself throws, for example in a transform: a fault of the application, not of the value.
 */
export function validate<Output>(
  schema: Schema<unknown, Output>,
  value: unknown,
): Validated<Output> | Promise<Validated<Output>> {
  const result = schema['~standard'].validate(value)
  // A promise of another realm or library is no answer either: taken for one, it would have no issues.
  return isThenable(result) ? Promise.resolve(result).then(answerOf) : answerOf(result)
}

/** The keys of an issue's path, whichever of the two spellings of Standard Schema the library uses. */
export function pathOf(issue: Issue): readonly (string | number)[] {
  // Not `path.map`: the paths of ArkType are a class of their own, and so would be what it makes.
  return Array.from(issue.path ?? [], (part) => {
    const key = typeof part === 'object' ? part.key : part
    return typeof key === 'symbol' ? String(key) : key
  })
}

/** Issues mean refusal, also an empty list of them: reading `value` instead would let the value through. */
function answerOf<Output>(result: StandardSchemaV1.Result<Output>): Validated<Output> {
  return result.issues ? { issues: [...result.issues] } : { value: result.value }
}
