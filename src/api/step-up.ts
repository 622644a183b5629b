/** How and how long ago a caller must have logged in: `stepUp`, and the way of its demands to the schemes. */

import { demandFault, joinedDemands } from '../protocol/step-up.ts'
import type { LoginDemand } from '../protocol/step-up.ts'
import type { AnyDependency, Dependency } from './dependency.ts'
import { canStepUp, membersOf } from './graph.ts'
import { DeclarationError, invalidOption } from './option-error.ts'
import type { Scheme } from './scheme.ts'

/** What `stepUp` demands: a way to log in, a recent login, or both. */
export type StepUp =
  | (LoginDemand & { readonly acr: readonly [string, ...string[]] })
  | (LoginDemand & { readonly maxAge: number })

/**
 * The same dependency, granted only to people who have logged in like this; others get a 401
 * `insufficient_user_authentication` that tells their client what to ask its issuer for (RFC 9470 §3).
 *
 * Demands add up along the path, as scopes do. A token that says nothing of a login, such as that of a machine, does not
 * meet one.
 *
 * @example
 *
 * ```ts
 * app.delete('/account', { user: stepUp(currentUser, { acr: ['phr'], maxAge: 300 }) }, ({ user }) => remove(user))
 * ```
 *
 * @param inner Something with `server.bearer()` or `openIdConnect` beneath it, on every way to it.
 * @param demand `acr`: one of these ways to log in, as the issuer names them. `maxAge`: how long ago it may have been, in seconds.
 * @throws {DeclarationError} When no token could ever tell, or one of several credentials could not.
 */
export function stepUp<Value, Scope extends string>(
  inner: Dependency<Value, Scope>,
  demand: StepUp,
): Dependency<Value, Scope> {
  const fault = demandFault(demand)
  if (fault !== undefined) throw invalidOption('stepUp', ...fault)
  if (!canStepUp(inner)) {
    throw new DeclarationError(
      'stepUp: not every credential here says how somebody logged in; it needs server.bearer() or openIdConnect beneath it, in each alternative of an anyOf',
    )
  }
  return {
    scopes: inner.scopes,
    definition: { kind: 'security', inner, required: { scopes: [], logins: [demand] } },
  }
}

/**
 * Several demands as one.
 *
 * @param title The route, for the message.
 */
export function joinedLogins(title: string, demands: readonly LoginDemand[]): LoginDemand | undefined {
  if (demands.length === 0) return undefined
  const joined = joinedDemands(demands)
  if (joined !== undefined) return joined
  const lists = demands.flatMap(({ acr }) => (acr === undefined ? [] : [acr.join(' or ')]))
  throw new DeclarationError(
    `${title}: no way to log in meets ${lists.map((each) => `stepUp to ${each}`).join(' and ')}`,
  )
}

/** What a route demands of whose logins, for the document. Overrides are not looked at, as with credentials. */
export type Logins = ReadonlyMap<Scheme, LoginDemand>

/** The demands of everything that a route asks for. */
export function loginsOf(title: string, mentions: readonly AnyDependency[]): Logins {
  const found = new Map<Scheme, readonly LoginDemand[]>()
  const visit = ({ definition }: AnyDependency, demands: readonly LoginDemand[]): void => {
    if (definition.kind === 'scheme') {
      if (definition.scheme.login === undefined || demands.length === 0) return
      found.set(definition.scheme, [...(found.get(definition.scheme) ?? []), ...demands])
      return
    }
    const own = definition.kind === 'security' ? definition.required.logins : []
    for (const member of membersOf(definition)) {
      const both = [...demands, ...own]
      visit(member, both.length > 0 && canStepUp(member) ? both : [])
    }
  }
  for (const mention of mentions) visit(mention, [])
  return new Map(
    [...found].flatMap(([scheme, demands]) => {
      const joined = joinedLogins(title, demands)
      return joined === undefined ? [] : [[scheme, joined]]
    }),
  )
}
