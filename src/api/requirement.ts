/** Requirements on their way down: scopes travel to the schemes that declare them, demands to those that know of logins. */

import type { Requirement } from './definition.ts'
import type { AnyDependency } from './dependency.ts'
import { canStepUp } from './graph.ts'
import { DeclarationError } from './option-error.ts'

/** Nothing but good credentials. */
export const nothing: Requirement = { scopes: [], logins: [] }

/** The scopes of a requirement, each once, outermost first. */
export function scopesIn(requirement: Requirement): readonly string[] {
  return [...new Set(requirement.scopes.flat())]
}

/** The scopes on the way down, each once, outermost first. */
export function extended(path: readonly string[], required: Requirement): readonly string[] {
  return [...new Set([...path, ...required.scopes.flat()])]
}

/**
 * A requirement, and what is added to it.
 *
 * @param title The route, for the message.
 * @throws {DeclarationError} When nothing beneath declares one of the scopes: it could never be met.
 */
export function addedTo(
  title: string,
  above: Requirement,
  own: Requirement,
  inner: AnyDependency,
): Requirement {
  const unmet = own.scopes.flat().find((scope) => !inner.scopes.includes(scope))
  if (unmet !== undefined) {
    throw new DeclarationError(`${title}: nothing declares the required scope ${JSON.stringify(unmet)}`)
  }
  return { scopes: [...above.scopes, ...own.scopes], logins: [...above.logins, ...own.logins] }
}

/**
 * The part of a requirement that concerns a child: what the schemes beneath it declare, or know of.
 *
 * @param title The route, for the message.
 */
export function passedTo(title: string, child: AnyDependency, requirement: Requirement): Requirement {
  const scopes = requirement.scopes.filter((group) => {
    const declared = group.filter((scope) => child.scopes.includes(scope))
    if (declared.length > 0 && declared.length < group.length) {
      throw new DeclarationError(
        `${title}: securityAny needs scopes of one scheme, not of several (${group.join(', ')})`,
      )
    }
    return declared.length > 0
  })
  const { logins } = requirement
  return { scopes, logins: logins.length > 0 && canStepUp(child) ? logins : [] }
}
