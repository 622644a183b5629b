/** The security of an OpenAPI document: the schemes, what a route requires of them, how it refuses. */

import type { SecurityAlternative } from './alternatives.ts'
import type { JsonSchema } from './json-schema.ts'
import { canonical } from './openapi-schemas.ts'
import type { Plan } from './plan.ts'
import type { Route } from './route.ts'
import type { Scheme } from './scheme.ts'
import type { Logins } from './step-up.ts'

/** The key of each scheme under `components.securitySchemes`. */
export type SchemeNames = ReadonlyMap<Scheme, string>

/** `components.securitySchemes`: only the schemes that a documented operation reaches. */
export function schemeDocuments(
  documented: readonly Route[],
  names: SchemeNames,
): Readonly<Record<string, JsonSchema>> {
  const reached = documented.flatMap(({ plan }) => plan.security.flatMap((each) => [...each.keys()]))
  return Object.fromEntries(
    reached.map((scheme) => [names.get(scheme) ?? scheme.defaultName, scheme.document]),
  )
}

/** A Security Requirement Object: all of these schemes, each with all of its scopes (OpenAPI 3.1 §4.8.30). */
export type SecurityRequirement = Readonly<Record<string, readonly string[]>>

/** The `security` of an operation: one object per alternative. `undefined` where no scheme guards it. */
export function securityOf(
  alternatives: readonly SecurityAlternative[],
  names: SchemeNames,
): readonly SecurityRequirement[] | undefined {
  if (!alternatives.some((alternative) => alternative.size > 0)) return undefined
  const requirements = alternatives.map((alternative) => {
    const requirement = new Map<string, readonly string[]>()
    for (const [scheme, scopes] of alternative) {
      const name = names.get(scheme) ?? scheme.defaultName
      requirement.set(name, [...new Set([...(requirement.get(name) ?? []), ...scopes])])
    }
    return Object.fromEntries(requirement)
  })
  return [...new Map(requirements.map((each) => [canonical(each), each])).values()]
}

/** What each scheme has to tell of the login: an extension of our own, in the words of RFC 9470 §3. */
export function stepUpOf(logins: Logins, names: SchemeNames): JsonSchema | undefined {
  if (logins.size === 0) return undefined
  return Object.fromEntries(
    [...logins].map(([scheme, { acr, maxAge }]) => [
      names.get(scheme) ?? scheme.defaultName,
      { ...(acr && { acr_values: acr }), ...(maxAge !== undefined && { max_age: maxAge }) },
    ]),
  )
}

/** The challenges a route may answer 401 and 403 with; empty where it never does. */
export interface Challenges {
  readonly unauthorized: readonly string[]
  readonly forbidden: readonly string[]
  /** Of a 401 for a login that is not enough. */
  readonly login: readonly string[]
}

/** The challenges of a route's schemes, each as it is sent when nothing else is known of the request. */
export function challengesOf({ security, logins }: Pick<Plan, 'security' | 'logins'>): Challenges {
  const members = security.flatMap((alternative) => [...alternative])
  const forbidden = members.flatMap(([scheme, scopes]) =>
    scopes.length > 0 ? (scheme.insufficient(scopes, 'The scopes are not sufficient') ?? []) : [],
  )
  return {
    unauthorized: [...new Set(members.map(([scheme, scopes]) => scheme.missing(scopes)))],
    forbidden: [...new Set(forbidden)],
    login: [...logins].flatMap(([scheme, demand]) => {
      const scopes = members.flatMap(([other, needed]) => (other === scheme ? needed : []))
      const unmet = scheme.login?.(undefined, demand, [...new Set(scopes)])
      return unmet === undefined ? [] : scheme.invalid(unmet, [...new Set(scopes)])
    }),
  }
}
