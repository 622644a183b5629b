/** What is wrong with a request, gathered into one 422 in FastAPI's shape, without echoing secrets. */

import { HttpError } from '../http/http-error.ts'
import type { Json } from '../http/http-error.ts'
import type { PlannedParameter } from './plan.ts'
import { pathOf } from './schema.ts'
import type { Issue } from './schema.ts'

/** One thing that is wrong: where, and what. */
export interface ValidationIssue {
  readonly type: string
  /** `path`, `query`, `header`, `cookie` or `body`, then the way into it. */
  readonly loc: readonly (string | number)[]
  readonly msg: string
  /** What was sent, where it is short, plain and no secret; otherwise null. */
  readonly input: Json
  readonly ctx?: Readonly<Record<string, Json>>
}

/** A request that does not fit what the route declares (422). */
export class ValidationError extends HttpError {
  readonly issues: readonly ValidationIssue[]

  constructor(issues: readonly ValidationIssue[]) {
    super(422, issues as unknown as Json) // an interface without an index signature is no `Json` to the compiler
    this.name = 'ValidationError'
    this.message = 'The request does not fit the route'
    this.issues = issues
  }
}

/** The issues a validator found with one parameter, told as the client should read them. */
export function issuesOf(
  parameter: PlannedParameter,
  value: unknown,
  found: readonly Issue[],
): readonly ValidationIssue[] {
  const start = parameter.place === 'body' ? ['body'] : [parameter.place, parameter.name]
  return found.map((issue) => {
    const way = pathOf(issue)
    const loc = [...start, ...way]
    const input = valueAt(value, way)
    if (input === undefined) return { type: 'missing', loc, msg: 'Field required', input: null }
    const secret = parameter.options.secret ?? isSecret([parameter.name, ...way])
    return {
      type: typeOf(issue),
      loc,
      // Some libraries quote the value in their message.
      msg: secret ? 'Value is not valid' : issue.message,
      input: secret || parameter.place === 'cookie' ? null : echo(input),
    }
  })
}

/** A value that did not come at all. */
export function missingIssue(loc: readonly (string | number)[]): ValidationIssue {
  return { type: 'missing', loc, msg: 'Field required', input: null }
}

/** Whether the names on the way to a value say that it must not be shown. */
export function isSecret(way: readonly (string | number)[]): boolean {
  return way.some(
    (part) =>
      typeof part === 'string' &&
      /passw|passphrase|passcode|secret|token|credential|authori[sz]|api[-_]?key|private[-_]?key|cookie|session|signature|assertion|^pin$|^otp$|^code$|^cvv$|^cvc$|^ssn$/i.test(
        part,
      ),
  )
}

/** The library's own code for what is wrong, where it gives one. */
function typeOf(issue: Issue): string {
  const { code, type } = issue as { readonly code?: unknown; readonly type?: unknown }
  if (typeof code === 'string') return code
  return typeof type === 'string' ? type : 'value_error'
}

function valueAt(value: unknown, way: readonly (string | number)[]): unknown {
  let found = value
  for (const key of way) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined
    found = (found as Readonly<Record<string | number, unknown>>)[key]
  }
  return found
}

/** Objects and long texts stay out: a password may lie in them under any name. */
function echo(value: unknown): Json {
  if (typeof value === 'string') return value.length <= 200 ? value : null
  return typeof value === 'number' || typeof value === 'boolean' ? value : null
}
