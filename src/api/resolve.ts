/** Walks a plan for one request: credentials first, then what needs no body, then the body. */

import { readBytes } from '../http/body.ts'
import { readForm } from '../http/form-body.ts'
import type { FormFields, FormLimits } from '../http/form-body.ts'
import { readJson } from '../http/json-body.ts'
import type { JsonBody, JsonLimits } from '../http/json-body.ts'
import { Rejection } from '../protocol/rejection.ts'
import { unset } from './context.ts'
import type { Context } from './context.ts'
import type { FilesOptions, Requirement } from './definition.ts'
import type { Limits } from './limits.ts'
import type { Check, Plan, PlanNode, PlannedParameter, PlannedStep } from './plan.ts'
import { invalidCredentials, mostTelling, Refusal } from './refusal.ts'
import { scopesIn } from './requirement.ts'
import type { Resources } from './resources.ts'
import { validate } from './schema.ts'
import { missing } from './scheme.ts'
import { isThenable } from './thenable.ts'
import { issuesOf, missingIssue, ValidationError } from './validation.ts'
import type { ValidationIssue } from './validation.ts'

/** A value that could not be had because something it needs is not valid; the issue is noted already. */
const invalid: unique symbol = Symbol('invalid')

/** What a handler is given, by name. */
export type Values = Readonly<Record<string, unknown>>

/** Resolves what one route asks for, for one request, each thing at most once. */
export class Resolution {
  readonly #plan: Plan
  readonly #context: Context
  readonly #limits: Limits
  readonly #resources: Resources
  #issues: { readonly rank: number; readonly issue: ValidationIssue }[] | undefined
  #body: Promise<unknown> | undefined

  constructor(plan: Plan, context: Context, limits: Limits, resources: Resources) {
    this.#plan = plan
    this.#context = context
    this.#limits = limits
    this.#resources = resources
    context.formSource = this
  }

  /** Runs every security check. Nothing of the body has been read when it answers. */
  authorize(): Refusal | undefined | Promise<Refusal | undefined> {
    return this.#check(this.#plan.checks, 0)
  }

  /**
   * The values of the guards (for what they refuse) and of the handler's record.
   *
   * @throws {ValidationError} All that is wrong with the request, at once.
   */
  values(): Values | Refusal | Promise<Values | Refusal> {
    return this.#take(this.#plan.steps, 0, {})
  }

  /** Puts the values of these steps into the record, one after another, unless one refuses. */
  #take(
    steps: readonly PlannedStep[],
    from: number,
    values: Record<string, unknown>,
  ): Values | Refusal | Promise<Values | Refusal> {
    for (let index = from; index < steps.length; index++) {
      const { name, node } = steps[index] as PlannedStep // the loop stays within
      const value = this.#begun(node)
      if (isThenable(value)) {
        return Promise.resolve(value).then((settled) => {
          this.#context.values[node.slot] = settled
          if (isStop(settled) && settled !== invalid) return this.#refusalOf(settled)
          if (name !== undefined) values[name] = settled
          return this.#take(steps, index + 1, values)
        })
      }
      if (isStop(value) && value !== invalid) return this.#refusalOf(value)
      if (name !== undefined) values[name] = value
    }
    return this.#complete(values)
  }

  #complete(values: Values): Values {
    if (this.#issues === undefined) return values
    const ordered = this.#issues.toSorted((first, second) => first.rank - second.rank)
    throw new ValidationError(ordered.map(({ issue }) => issue))
  }

  #check(checks: readonly Check[], from: number): Refusal | undefined | Promise<Refusal | undefined> {
    for (let index = from; index < checks.length; index++) {
      const check = checks[index] as Check // the loop stays within
      const value = this.#begun(check.node)
      if (isThenable(value)) {
        return Promise.resolve(value).then((settled) => {
          this.#context.values[check.node.slot] = settled
          return judge(check, settled) ?? this.#check(checks, index + 1)
        })
      }
      const refusal = judge(check, value)
      if (refusal !== undefined) return refusal
    }
    return undefined
  }

  #evaluate(node: PlanNode): unknown {
    const value = this.#begun(node)
    if (!isThenable(value)) return value
    return Promise.resolve(value).then((settled) => (this.#context.values[node.slot] = settled))
  }

  /** As {@link #evaluate}; what has to be waited for is put into its slot by the caller, who waits for it anyway. */
  #begun(node: PlanNode): unknown {
    const { values } = this.#context
    const known = values[node.slot]
    if (known !== unset) return known
    const value = this.#compute(node)
    return isThenable(value) ? value : (values[node.slot] = value)
  }

  #compute(node: PlanNode): unknown {
    const { definition } = node
    switch (definition.kind) {
      case 'computed':
        return this.#withChildren(node, 0, {}, false, (values) => definition.compute(values as never))
      case 'resource':
        return this.#withChildren(node, 0, {}, false, (values) =>
          this.#resources.open(definition.open(values as never), definition.lifetime),
        )
      case 'allOf':
        return this.#tuple(node)
      case 'optional':
        return mapped(this.#child(node), (value) => (isAbsent(value) ? undefined : value))
      case 'anyOf':
        return this.#anyOf(node)
      case 'scheme':
        return definition.scheme.authenticate(this.#context)
      case 'parameter':
        return this.#parameter(node.parameter as PlannedParameter) // planned together with its kind
      case 'body':
        return this.#bodyValue(node.parameter as PlannedParameter, definition.body)
      case 'files':
        return this.#files(node, definition.options)
      case 'context':
        return definition.read(this.#context, node.required)
      case 'value':
        return definition.value
    }
  }

  /** Children before the parent, in order. One that is not valid skips the parent, and lets its siblings speak. */
  #withChildren(
    node: PlanNode,
    from: number,
    values: Record<string, unknown>,
    skipped: boolean,
    compute: (values: Record<string, unknown>) => unknown,
  ): unknown {
    let skip = skipped
    for (let index = from; index < node.children.length; index++) {
      const child = node.children[index]
      if (child === undefined) continue
      const value = this.#begun(child.node)
      if (isThenable(value)) {
        return Promise.resolve(value).then((settled) => {
          this.#context.values[child.node.slot] = settled
          if (settled !== invalid && isStop(settled)) return settled
          values[child.name] = settled
          return this.#withChildren(node, index + 1, values, skip || settled === invalid, compute)
        })
      }
      if (value === invalid) skip = true
      else if (isStop(value)) return value
      values[child.name] = value
    }
    return skip ? invalid : compute(values)
  }

  async #tuple(node: PlanNode): Promise<unknown> {
    const values: unknown[] = []
    for (const { node: member } of node.children) {
      const value = await this.#evaluate(member)
      if (isStop(value) && value !== invalid) return value
      values.push(value)
    }
    return values.includes(invalid) ? invalid : values
  }

  #child(node: PlanNode): unknown {
    const [child] = node.children
    return child === undefined ? undefined : this.#evaluate(child.node)
  }

  /** The first alternative that lets the caller pass; otherwise what the most telling refusal says. */
  async #anyOf(node: PlanNode): Promise<unknown> {
    const refusals: Refusal[] = []
    for (const { checks, node: member } of node.alternatives ?? []) {
      const refusal = await this.#check(checks, 0)
      if (refusal !== undefined) {
        refusals.push(refusal)
        continue
      }
      const value = await this.#evaluate(member)
      if (!isStop(value) || value === invalid) return value
      refusals.push(this.#refusalOf(value))
    }
    return new Alternatives(refusals)
  }

  /** The checks ran before: what gets here is a refused alternative, or a dependency's own `reject(…)`. */
  #refusalOf(stop: unknown): Refusal {
    if (stop instanceof Refusal) return stop
    const scheme = this.#plan.checks.find((check) => check.scheme !== undefined)?.scheme
    if (stop instanceof Rejection && scheme !== undefined) return invalidCredentials(scheme, stop, [])
    return mostTelling(stop instanceof Alternatives ? stop.refusals : [])
  }

  #parameter(parameter: PlannedParameter): unknown {
    const raw = this.#raw(parameter)
    return this.#validated(parameter, raw.length === 0 ? undefined : parameter.coerce(raw))
  }

  #raw({ place, name }: PlannedParameter): readonly string[] {
    const context = this.#context
    if (place === 'query') return context.query.getAll(name)
    const value =
      place === 'header'
        ? context.header(name)
        : place === 'cookie'
          ? context.cookie(name)
          : context.pathParameters[name]
    return value === undefined ? [] : [value]
  }

  #validated(parameter: PlannedParameter, value: unknown): unknown {
    return mapped(validate(parameter.schema, value), (result) => {
      if (result.issues === undefined) return result.value
      for (const issue of issuesOf(parameter, value, result.issues)) this.#note(parameter.rank, issue)
      return invalid
    })
  }

  #note(rank: number, issue: ValidationIssue): void {
    ;(this.#issues ??= []).push({ rank, issue })
  }

  #bodyValue(parameter: PlannedParameter, kind: 'json' | 'form'): Promise<unknown> {
    if (kind === 'form') {
      return this.form().then((form) => this.#validated(parameter, fieldsOf(form, parameter)))
    }
    this.#body ??= this.#json()
    return (this.#body as ReturnType<typeof readJson>).then((read) => this.#jsonValue(parameter, read))
  }

  #jsonValue(parameter: PlannedParameter, read: JsonBody): unknown {
    if ('value' in read) return this.#validated(parameter, read.value)
    const { position, message } = read.failure
    this.#note(parameter.rank, {
      type: 'json_invalid',
      loc: ['body', position],
      msg: 'JSON decode error',
      input: {},
      ctx: { error: message },
    })
    return invalid
  }

  /** Without a content type there may be no body at all, which is no body of the wrong type. */
  #json(): ReturnType<typeof readJson> {
    const { request } = this.#context
    const { json } = this.#limits
    const type = request.headers.get('content-type')
    return type === null ? readUntyped(request, json) : readJson(request, json, type)
  }

  /** The form, read once. */
  form(): Promise<FormFields> {
    this.#body ??= readForm(this.#context.request, this.#formLimits())
    return this.#body as Promise<FormFields> // a route reads its body as a form or as JSON, never both
  }

  #formLimits(): FormLimits {
    const type = this.#context.header('content-type')?.toLowerCase() ?? ''
    return type.startsWith('multipart/') ? this.#limits.multipart : this.#limits.urlencoded
  }

  async #files(node: PlanNode, options: FilesOptions): Promise<unknown> {
    const name = node.filesName ?? ''
    const sent = (await this.form()).getAll(name).filter((value) => value instanceof File)
    const problem = filesProblem(sent, options)
    if (problem === undefined) return sent
    const issue =
      sent.length === 0 ? missingIssue(['body', name]) : { ...problem, loc: ['body', name], input: null }
    this.#note(5, issue)
    return invalid
  }
}

async function readUntyped(request: Request, limits: JsonLimits): ReturnType<typeof readJson> {
  const { byteLength } = await readBytes(request, limits.bytes)
  return byteLength === 0 ? { value: undefined } : readJson(request, limits)
}

/** Every alternative of an `anyOf` said no. */
class Alternatives {
  readonly refusals: readonly Refusal[]

  constructor(refusals: readonly Refusal[]) {
    this.refusals = refusals
  }

  /** Nobody presented anything: the same as no credentials. */
  get isMissing(): boolean {
    return this.refusals.every(({ kind }) => kind === 'missing')
  }
}

/** What a check makes of the value of its scheme. */
function judge(check: Check, value: unknown): Refusal | undefined {
  if (value === missing) return check.optional ? undefined : check.missing?.()
  if (value instanceof Alternatives) {
    return check.optional && value.isMissing ? undefined : mostTelling(value.refusals)
  }
  if (value instanceof Refusal) return value
  // What replaced the scheme has asked for something that is not valid: noted, and said together with all the rest.
  if (value === invalid || check.scheme === undefined) return undefined
  const { scheme, login, requirement } = check
  if (value instanceof Rejection) return invalidCredentials(scheme, value, scopesIn(requirement))
  // Before the scopes: the login that is asked for brings them along.
  const unmet = login && scheme.login?.(value, login.demand, login.scopes)
  if (unmet !== undefined) return invalidCredentials(scheme, unmet, scopesIn(requirement))
  return meets(value, requirement) ? undefined : check.insufficient?.()
}

/** Whether a principal was granted what is required. One that says nothing of scopes was granted none. */
function meets(principal: unknown, { scopes }: Requirement): boolean {
  if (scopes.length === 0) return true
  const granted =
    typeof principal === 'object' && principal !== null && 'scopes' in principal
      ? principal.scopes
      : undefined
  if (!Array.isArray(granted)) return false
  return scopes.every((group) => group.some((scope) => granted.includes(scope)))
}

/** What is no value: handed up unchanged until a check, an `optional` or the route itself decides. */
function isStop(value: unknown): boolean {
  return (
    value === missing ||
    value === invalid ||
    value instanceof Refusal ||
    value instanceof Rejection ||
    value instanceof Alternatives
  )
}

/** Whether nobody presented anything. */
function isAbsent(value: unknown): boolean {
  return value === missing || (value instanceof Alternatives && value.isMissing)
}

function mapped<Value, Result>(
  value: Value | Promise<Value>,
  map: (value: Value) => Result,
): Result | Promise<Result> {
  return isThenable(value) ? Promise.resolve(value).then(map) : map(value)
}

/** The fields of a form as an object, each as the schema wants it. An empty text is no value, as in FastAPI. */
function fieldsOf(form: FormFields, parameter: PlannedParameter): Readonly<Record<string, unknown>> {
  return parameter.coerceFields(form.entries.filter(([, value]) => value !== ''))
}

function filesProblem(
  sent: readonly File[],
  options: FilesOptions,
): Pick<ValidationIssue, 'type' | 'msg'> | undefined {
  const { min = 1, max = 1, bytes = Infinity, types } = options
  if (sent.length < min) return { type: 'too_few_files', msg: `At least ${min} files are required` }
  if (sent.length > max) return { type: 'too_many_files', msg: `At most ${max} files are accepted` }
  if (sent.some((file) => file.size > bytes)) {
    return { type: 'file_too_large', msg: `A file may have at most ${bytes} bytes` }
  }
  const odd = types !== undefined && sent.some((file) => !types.includes(file.type.split(';')[0] ?? ''))
  return odd ? { type: 'file_type', msg: `Only ${types.join(', ')} are accepted` } : undefined
}
