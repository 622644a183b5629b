/** The graph of dependencies, walked without a request: what stands in for what, and what asks for what. */

import type { Definition } from './definition.ts'
import type { AnyDependency, Override } from './dependency.ts'

/** What stands in for a dependency. Inside of the replacement, the original stands for itself. */
export function replacementOf(target: AnyDependency, overrides: readonly Override[]): AnyDependency {
  return overrides.findLast((override) => override.target === target)?.replacement ?? target
}

/** A dependency, and the name it is asked for under. */
export type Mention = readonly [name: string, target: AnyDependency]

/** What a definition asks for in turn. */
export function membersOf(definition: Definition): readonly AnyDependency[] {
  switch (definition.kind) {
    case 'computed':
    case 'resource':
      return Object.values(definition.needs)
    case 'allOf':
    case 'anyOf':
      return definition.members
    case 'optional':
    case 'security':
    case 'fresh':
      return [definition.inner]
    default:
      return []
  }
}

/** The same, each with the name it is asked for under; combinators hand theirs on. */
export function namedMembersOf(definition: Definition, name: string): readonly Mention[] {
  if (definition.kind === 'computed' || definition.kind === 'resource')
    return Object.entries(definition.needs)
  return membersOf(definition).map((member) => [name, member])
}

/** Whether the value depends on the name it is asked for under. */
export function isParameter(definition: Definition): boolean {
  return definition.kind === 'parameter' || definition.kind === 'body' || definition.kind === 'files'
}

/** A combinator hands the name it was asked for under on to what it combines. */
export function mayHoldParameter(definition: Definition): boolean {
  return definition.kind === 'optional' || definition.kind === 'anyOf' || definition.kind === 'allOf'
}

/** Whether the value comes from the body. */
export function readsBodyItself(definition: Definition): boolean {
  return (
    definition.kind === 'body' ||
    definition.kind === 'files' ||
    (definition.kind === 'context' && definition.body !== undefined)
  )
}

/** Whether a demand would reach a scheme that can meet it, whichever of several credentials is presented. */
export function canStepUp({ definition }: AnyDependency): boolean {
  if (definition.kind === 'scheme') return definition.scheme.login !== undefined
  const members = membersOf(definition)
  // An alternative that knows of no login would be a way around.
  return definition.kind === 'anyOf' ? members.every(canStepUp) : members.some(canStepUp)
}

/** Whether the value differs with what is required: somebody reads the scopes, or it decides between alternatives. */
export function dependsOnScopes(
  target: AnyDependency,
  overrides: readonly Override[],
  above: ReadonlySet<AnyDependency>,
): boolean {
  if (above.has(target)) return false
  const actual = replacementOf(target, overrides)
  const { definition } = actual
  if (definition.kind === 'context') return definition.usesScopes === true
  const isChoice = definition.kind === 'anyOf'
  if (isChoice && (definition.members.some(({ scopes }) => scopes.length > 0) || canStepUp(actual)))
    return true
  const within = new Set([...above, target])
  return membersOf(definition).some((member) => dependsOnScopes(member, overrides, within))
}
