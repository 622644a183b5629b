/** The APIs that tokens are for (RFC 8707): the options, checked and completed. */

import { canonicalResource, isResourceIndicator } from '../protocol/resource-indicator.ts'
import { adminScopes } from './admin/scopes.ts'
import { isDuration } from './durations.ts'
import { operationsIn } from './openapi-operations.ts'
import type { DocumentedOperation } from './openapi-operations.ts'
import { wrongOption } from './option-error.ts'
import type { AuthorizationServerOptions, ResourceOptions } from './options.ts'

/** A resource with everything filled in. */
export interface Resource {
  readonly identifier: string
  readonly name: string | undefined
  readonly scopes: readonly string[]
  readonly accessTokens: 'jwt' | 'reference'
  /** Seconds. */
  readonly lifetime: number
  /** Those of its document that ask for a scope. */
  readonly operations: readonly DocumentedOperation[]
}

/** @throws {TypeError} For one that cannot be right. */
export function resourcesOf(
  options: AuthorizationServerOptions,
  issuer: string,
  lifetime: number,
): ReadonlyMap<string, Resource> {
  const all = Object.keys(options.scopes)
  const resources = new Map<string, Resource>()
  for (const [identifier, resource] of Object.entries(options.resources ?? { [issuer]: {} })) {
    if (!isResourceIndicator(identifier)) {
      throw wrongOption(
        'resources',
        `${JSON.stringify(identifier)} must be an absolute URI without a fragment (RFC 8707 §2)`,
      )
    }
    if (resource.lifetime !== undefined && !isDuration(resource.lifetime)) {
      throw wrongOption('resources', `the lifetime of ${identifier} must be seconds above 0`)
    }
    if ([...resources.keys()].some((other) => canonicalResource(other) === canonicalResource(identifier))) {
      throw wrongOption('resources', `${identifier} is there twice`)
    }
    const unknown = resource.scopes?.find((scope) => !all.includes(scope))
    if (unknown !== undefined)
      throw wrongOption('resources', `the scope ${JSON.stringify(unknown)} is not in scopes`)
    resources.set(identifier, {
      identifier,
      name: resource.name,
      scopes: resource.scopes ?? all,
      accessTokens: resource.accessTokens ?? 'jwt',
      lifetime: resource.lifetime ?? lifetime,
      operations: documentedOperations(identifier, resource),
    })
  }
  return resources
}

/** The admin API as a resource of its own: no token for another API opens it. */
export function withAdmin(
  resources: ReadonlyMap<string, Resource>,
  identifier: string,
  lifetime: number,
): ReadonlyMap<string, Resource> {
  const taken = [...resources.keys()].find(
    (each) => canonicalResource(each) === canonicalResource(identifier),
  )
  if (taken !== undefined) throw wrongOption('resources', `${taken} is the identifier of the admin API`)
  const resource: Resource = {
    identifier,
    name: 'Administration',
    scopes: Object.keys(adminScopes),
    accessTokens: 'jwt',
    lifetime,
    operations: [],
  }
  return new Map([...resources, [identifier, resource]])
}

function documentedOperations(
  identifier: string,
  { openapi }: ResourceOptions,
): readonly DocumentedOperation[] {
  try {
    return openapi === undefined ? [] : operationsIn(openapi)
  } catch (error) {
    throw wrongOption('resources', `the openapi of ${identifier} ${(error as Error).message}`)
  }
}
