/** Which credentials a caller needs, as OpenAPI says it: alternatives, each a set of schemes with their scopes. */

import type { Requirement } from './definition.ts'
import type { AnyDependency } from './dependency.ts'
import { DeclarationError } from './option-error.ts'
import type { Scheme } from './scheme.ts'

/** All of these schemes, each with all of its scopes. Empty: no credentials at all. */
export type SecurityAlternative = ReadonlyMap<Scheme, readonly string[]>

const most = 64

type Groups = Requirement['scopes']

/**
 * What a caller must present for all of these dependencies together. `anyOf` makes alternatives, `optional` adds the
 * empty one, everything else adds up.
 */
export function alternativesOf(mentions: readonly AnyDependency[]): readonly SecurityAlternative[] {
  return all(mentions.map((mention) => visit(mention, [])))
}

/** Overrides are not looked at: the document describes the API, not the test that replaced a part of it. */
function visit({ definition }: AnyDependency, requirement: Groups): readonly SecurityAlternative[] {
  switch (definition.kind) {
    case 'scheme':
      return granted(
        requirement.filter((group) => group.some((scope) => Object.hasOwn(definition.scheme.scopes, scope))),
      ).map((scopes) => new Map([[definition.scheme, scopes]]))
    case 'security':
      return visit(definition.inner, [...requirement, ...definition.required.scopes])
    case 'optional':
      return distinct([...visit(definition.inner, requirement), new Map()])
    case 'fresh':
      return visit(definition.inner, requirement)
    case 'anyOf':
      return distinct(definition.members.flatMap((member) => visit(member, requirement)))
    case 'allOf':
      return all(definition.members.map((member) => visit(member, requirement)))
    case 'computed':
    case 'resource':
      return all(Object.values(definition.needs).map((needed) => visit(needed, requirement)))
    default:
      return [new Map()]
  }
}

/** Every way to have one scope of each group. */
function granted(requirement: Groups): readonly (readonly string[])[] {
  return requirement.reduce<readonly (readonly string[])[]>(
    (ways, group) => ways.flatMap((way) => group.map((scope) => [...new Set([...way, scope])])),
    [[]],
  )
}

/** Every combination of one alternative of each. */
function all(parts: readonly (readonly SecurityAlternative[])[]): readonly SecurityAlternative[] {
  return parts.reduce<readonly SecurityAlternative[]>(
    (ways, part) => distinct(ways.flatMap((way) => part.map((next) => merged(way, next)))),
    [new Map()],
  )
}

function merged(first: SecurityAlternative, second: SecurityAlternative): SecurityAlternative {
  const both = new Map(first)
  for (const [scheme, scopes] of second) {
    both.set(scheme, [...new Set([...(both.get(scheme) ?? []), ...scopes])])
  }
  return both
}

function distinct(alternatives: readonly SecurityAlternative[]): readonly SecurityAlternative[] {
  const kept: SecurityAlternative[] = []
  for (const alternative of alternatives) {
    if (!kept.some((other) => same(other, alternative))) kept.push(alternative)
  }
  if (kept.length > most) {
    throw new DeclarationError(
      `A route offers more than ${most} combinations of credentials; use fewer anyOf`,
    )
  }
  return kept
}

function same(first: SecurityAlternative, second: SecurityAlternative): boolean {
  return (
    first.size === second.size &&
    [...first].every(([scheme, scopes]) => {
      const others = second.get(scheme)
      return others?.length === scopes.length && scopes.every((scope) => others.includes(scope))
    })
  )
}
