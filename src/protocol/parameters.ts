/** Request parameters as OAuth counts them (RFC 6749 §3.1, §3.2): each once, and an empty one not at all. */

import { invalidRequest } from './oauth-error.ts'

/** Names and values as they were sent, in order. */
export type SentParameters = readonly (readonly [name: string, value: string])[]

/** Parameters, sorted out. */
export interface Parameters {
  /** The value of a parameter that comes once; `undefined` when it is missing, empty or ambiguous. */
  one(name: string): string | undefined
  /** Every value of a parameter that may come more than once. */
  all(name: string): readonly string[]
  /** The names that came more than once though they may not. They have no value: neither the first wins nor the last. */
  readonly repeated: ReadonlySet<string>
  /** The names whose value holds a NUL or half a character: some database would refuse it, or keep another text. */
  readonly malformed: ReadonlySet<string>
}

/**
 * Sorts parameters and judges nothing: which fault is told to whom is the caller's matter.
 *
 * @param repeatable Names that may come more than once, such as `resource` (RFC 8707 §2).
 */
export function sortParameters(sent: SentParameters, repeatable: ReadonlySet<string> = nothing): Parameters {
  const values = new Map<string, string[]>()
  const repeated = new Set<string>()
  const malformed = new Set<string>()
  for (const [name, value] of sent) {
    // RFC 6749 §3.1: a parameter without a value counts as left out.
    if (value === '') continue
    if (value.includes('\0') || !value.isWellFormed()) malformed.add(name)
    const before = values.get(name)
    if (before === undefined) values.set(name, [value])
    else if (repeatable.has(name)) before.push(value)
    else repeated.add(name)
  }
  return {
    one: (name) => (repeated.has(name) ? undefined : values.get(name)?.[0]),
    all: (name) => values.get(name) ?? [],
    repeated,
    malformed,
  }
}

/**
 * The same for endpoints that answer in JSON.
 *
 * @throws {OAuthError} `invalid_request` for a parameter that is repeated (RFC 6749 §3.2) or malformed.
 */
export function strictParameters(sent: SentParameters, repeatable?: ReadonlySet<string>): Parameters {
  const parameters = sortParameters(sent, repeatable)
  for (const name of parameters.repeated) throw invalidRequest(`${called(name)} is there more than once`)
  for (const name of parameters.malformed) throw invalidRequest(`${called(name)} is no text`)
  return parameters
}

/**
 * A parameter that has to be there.
 *
 * @throws {OAuthError} `invalid_request` without it.
 */
export function needed(parameters: Parameters, name: string): string {
  const value = parameters.one(name)
  if (value === undefined) throw invalidRequest(`The parameter ${name} is missing`)
  return value
}

/** A name that a stranger chose is repeated only if it looks like one: descriptions end up in logs and pages. */
export function called(name: string): string {
  return /^[a-z_]{1,40}$/.test(name) ? `The parameter ${name}` : 'A parameter'
}

const nothing: ReadonlySet<string> = new Set()
