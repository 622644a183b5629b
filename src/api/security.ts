/** What may be required of a dependency, and how several ways to authenticate combine. */

import { scopesOf } from './dependency.ts'
import type { AnyDependency, Dependency, ScopeOf, ValueOf } from './dependency.ts'
import { DeclarationError } from './option-error.ts'

/**
 * The same dependency, granted only to callers with all of these scopes.
 *
 * Requirements add up: what is required here and what is required above it must all be granted. A caller without
 * credentials gets 401, one whose scopes are too few 403 `insufficient_scope` (RFC 6750 §3.1).
 *
 * @example
 *
 * ```ts
 * app.get('/items', { user: security(currentUser, ['items']) }, ({ user }) => itemsOf(user))
 * ```
 *
 * @param inner Something with a security scheme beneath it.
 * @param required Scopes that scheme declares; any other is a compile error.
 */
export function security<Value, Scope extends string>(
  inner: Dependency<Value, Scope>,
  required: readonly Requirable<NoInfer<Scope>>[],
): Dependency<Value, Scope> {
  const requirement = { scopes: listed('security', required).map((scope) => [scope]), logins: [] }
  return { scopes: inner.scopes, definition: { kind: 'security', inner, required: requirement } }
}

/**
 * The same dependency, granted to callers with at least one of these scopes.
 *
 * @example
 *
 * ```ts
 * app.get('/posts', { user: securityAny(currentUser, ['read:posts', 'write:posts']) }, () => posts)
 * ```
 */
export function securityAny<Value, Scope extends string>(
  inner: Dependency<Value, Scope>,
  required: readonly Requirable<NoInfer<Scope>>[],
): Dependency<Value, Scope> {
  return {
    scopes: inner.scopes,
    definition: {
      kind: 'security',
      inner,
      required: { scopes: [listed('securityAny', required)], logins: [] },
    },
  }
}

/** Where no compiler looks, one scope alone is easily written without its brackets. */
function listed(of: string, required: readonly string[]): readonly string[] {
  if (Array.isArray(required)) return required
  throw new DeclarationError(`${of}: the scopes are a list, as in ${of}(scheme, ['items:read'])`)
}

type Requirable<Scope extends string> = [Scope] extends [never]
  ? 'no security scheme beneath this dependency declares a scope'
  : Scope

/**
 * The value of a dependency, or `undefined` for a caller without credentials.
 *
 * A caller whose credentials are wrong is still turned away: a broken login is not anonymity.
 */
export function optional<Value, Scope extends string>(
  inner: Dependency<Value, Scope>,
): Dependency<Value | undefined, Scope> {
  return { scopes: inner.scopes, definition: { kind: 'optional', inner } }
}

/** The scopes that all of these declare: only those can be required of either. */
export type CommonScope<Members extends readonly AnyDependency[]> = Members extends readonly [
  infer First,
  ...infer Rest extends readonly AnyDependency[],
]
  ? Rest extends readonly []
    ? ScopeOf<First>
    : ScopeOf<First> & CommonScope<Rest>
  : never

/**
 * Whichever of these the caller satisfies, the first one if several.
 *
 * Only the scopes that *all* of them declare can be required, so that no alternative is a way around a requirement.
 *
 * @example
 *
 * ```ts
 * const caller = anyOf(currentUser, apiKey({ header: 'x-api-key', verify: (key) => machines.get(key) }))
 * ```
 */
export function anyOf<const Members extends readonly [AnyDependency, AnyDependency, ...AnyDependency[]]>(
  ...members: Members
): Dependency<ValueOf<Members[number]>, CommonScope<Members>> {
  const [first, ...rest] = members
  const common = first.scopes.filter((scope) => rest.every((member) => member.scopes.includes(scope)))
  // The filter above is `CommonScope`, which the compiler cannot see.
  return { scopes: common as CommonScope<Members>[], definition: { kind: 'anyOf', members } }
}

/** The values of several dependencies, in order. */
export type AllOf<Members extends readonly AnyDependency[]> = {
  readonly [Index in keyof Members]: ValueOf<Members[Index]>
}

/**
 * All of these together, as a tuple: a token and a key, for example.
 *
 * @example
 *
 * ```ts
 * app.get('/vault', { both: allOf(currentUser, machine) }, ({ both: [user, key] }) => open(user, key))
 * ```
 */
export function allOf<const Members extends readonly AnyDependency[]>(
  ...members: Members
): Dependency<AllOf<Members>, ScopeOf<Members[number]>> {
  return {
    scopes: scopesOf<ScopeOf<Members[number]>>(members),
    definition: { kind: 'allOf', members },
  }
}
