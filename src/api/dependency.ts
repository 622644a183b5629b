/** The one idea of the API layer: a {@link Dependency} is anything a handler may ask for. */

import type { Definition, Lifetime } from './definition.ts'

declare const value: unique symbol

/**
 * Something a handler may ask for, and how to obtain it for one request: a query parameter, a form, a bearer token, the
 * signed-in user, a database transaction.
 *
 * @typeParam Value What the handler receives.
 * @typeParam Scope The scopes that may be required of it with `security`: the union of those that the security schemes
 *   beneath it declare, `never` when there is no scheme beneath it.
 */
export interface Dependency<out Value, out Scope extends string = never> {
  /** The scopes that may be required of this dependency. */
  readonly scopes: readonly Scope[]
  /** How the value is obtained. Known without a request, so that a route can be planned and documented. */
  readonly definition: Definition
  /** Carries the type of the value; there is nothing to read. */
  readonly [value]?: Value
}

/** Any dependency at all. */
export type AnyDependency = Dependency<unknown, string>

/** What a handler or a dependency asks for, by name. */
export type Dependencies = Readonly<Record<string, AnyDependency>>

/** What it gets: the values of {@link Dependencies}, under the same names. */
export type Values<Needs extends Dependencies> = {
  readonly [Name in keyof Needs]: Needs[Name] extends Dependency<infer Value, string> ? Value : never
}

/** The value of a dependency, or of any of a union of dependencies. */
export type ValueOf<Needed> = Needed extends Dependency<infer Value, string> ? Value : never

/** The scopes that may be required of a dependency, or of any of a union of dependencies. */
export type ScopeOf<Needed> = Needed extends Dependency<unknown, infer Scope> ? Scope : never

/**
 * Computes a value from other dependencies.
 *
 * The function runs at most once per request, however many others depend on it.
 *
 * @example
 *
 * ```ts
 * const currentUser = dependency({ token: auth }, ({ token }) => users.get(token.subject))
 * ```
 *
 * @param needs What the function asks for.
 * @param compute Computes the value; what it throws ends the request.
 */
export function dependency<Needs extends Dependencies, Value>(
  needs: Needs,
  compute: (values: Values<Needs>) => Value | Promise<Value>,
): Dependency<Value, ScopeOf<Needs[keyof Needs]>> {
  return {
    scopes: scopesOf<ScopeOf<Needs[keyof Needs]>>(Object.values(needs)),
    definition: { kind: 'computed', needs, compute },
  }
}

/** How long a resource stays open. */
export interface ResourceOptions {
  /**
   * `request` (the default): until the response has left and background work is done. `handler`: until the handler
   * has returned, before the response leaves, so that an error while closing still changes it.
   */
  readonly lifetime?: Lifetime
}

/**
 * A value with a clean-up: what stands before `yield` opens it, what stands after closes it.
 *
 * Resources close last-in first-out. Whatever ends the request badly, a refusal, a validation error, the handler's
 * own, is thrown in at the `yield`, innermost first. The generator may throw another error instead, which then
 * decides the response; it must not swallow it.
 *
 * @example
 *
 * ```ts
 * const transaction = resource({}, async function* () {
 *   const tx = await database.begin()
 *   try {
 *     yield tx
 *     await tx.commit()
 *   } catch (error) {
 *     await tx.rollback()
 *     throw error
 *   }
 * })
 * ```
 *
 * @param needs What the generator asks for.
 * @param open Yields the value, once.
 */
export function resource<Needs extends Dependencies, Value>(
  needs: Needs,
  open: (values: Values<Needs>) => AsyncGenerator<Value, void, void> | Generator<Value, void, void>,
  options: ResourceOptions = {},
): Dependency<Value, ScopeOf<Needs[keyof Needs]>> {
  return {
    scopes: scopesOf<ScopeOf<Needs[keyof Needs]>>(Object.values(needs)),
    definition: {
      kind: 'resource',
      needs,
      open,
      lifetime: options.lifetime ?? 'request',
    },
  }
}

/**
 * The same dependency, computed anew for this mention instead of shared with the rest of the request.
 *
 * @example
 *
 * ```ts
 * app.get('/two', { a: fresh(dice), b: fresh(dice) }, ({ a, b }) => a + b)
 * ```
 */
export function fresh<Value, Scope extends string>(
  inner: Dependency<Value, Scope>,
): Dependency<Value, Scope> {
  return { scopes: inner.scopes, definition: { kind: 'fresh', inner } }
}

/** A dependency that is replaced by another, for a test. */
export interface Override {
  readonly target: AnyDependency
  readonly replacement: AnyDependency
}

/**
 * Replaces a dependency by a value of the same type, for a test. A replaced security scheme still enforces scopes.
 *
 * @example
 *
 * ```ts
 * const test = app.with(override(currentUser, alice))
 * ```
 */
export function override<Value>(target: Dependency<Value, string>, value: NoInfer<Value>): Override {
  return { target, replacement: { scopes: target.scopes, definition: { kind: 'value', value } } }
}

/**
 * Replaces a dependency by another one, which may ask for things of its own; for a test. Where the replacement asks
 * for what it replaces, it gets the original.
 *
 * @example
 *
 * ```ts
 * const test = app.with(replace(currentUser, dependency({ name: header(z.string()) }, ({ name }) => named(name))))
 * ```
 */
export function replace<Value>(
  target: Dependency<Value, string>,
  replacement: Dependency<NoInfer<Value>, string>,
): Override {
  return { target, replacement }
}

/** The scopes that any of these declares, each once. */
export function scopesOf<Scope extends string>(members: readonly AnyDependency[]): readonly Scope[] {
  const all = members.flatMap((member) => member.scopes)
  return [...new Set(all)] as Scope[] // the caller computes the same union in its types
}
