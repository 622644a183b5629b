/** Protected resource metadata (RFC 9728): how a client finds out who issues tokens for an API. */

import { withoutUndefined } from './without-undefined.ts'

/** What an API says of itself. */
export interface ResourceDescription {
  /** Its identifier, as it is in the audience of its tokens. */
  readonly resource: string
  /** The issuers of its tokens. */
  readonly authorizationServers: readonly string[]
  /** The basic ones, that a client asks for to begin with. */
  readonly scopes?: readonly string[]
  readonly name?: string
  readonly documentation?: string
  readonly policyUri?: string
  readonly tosUri?: string
  readonly dpopAlgorithms?: readonly string[]
  readonly requireDpop?: boolean
}

/** The metadata document, as it is on the wire (RFC 9728 §2). */
export function resourceMetadata(description: ResourceDescription): Readonly<Record<string, unknown>> {
  return withoutUndefined({
    resource: description.resource,
    authorization_servers: description.authorizationServers,
    scopes_supported: description.scopes,
    // Tokens in forms and addresses are not read.
    bearer_methods_supported: ['header'],
    resource_name: description.name,
    resource_documentation: description.documentation,
    resource_policy_uri: description.policyUri,
    resource_tos_uri: description.tosUri,
    dpop_signing_alg_values_supported: description.dpopAlgorithms,
    dpop_bound_access_tokens_required: description.requireDpop,
  })
}

/**
 * Where the metadata of a resource is (RFC 9728 §3.1): the well-known path goes between the host and the rest.
 *
 * @example
 *
 * ```ts
 * resourceMetadataUrl('https://api.test/v1') // 'https://api.test/.well-known/oauth-protected-resource/v1'
 * ```
 *
 * @returns `undefined` for an identifier that is no address.
 */
export function resourceMetadataUrl(resource: string): string | undefined {
  const [, origin, rest] = /^(https?:\/\/[^/?#]+)([^#]*)$/i.exec(resource) ?? []
  if (origin === undefined || rest === undefined) return undefined
  // The slash after the host goes; what is between it and a query is the path.
  const place = rest.startsWith('/?') ? rest.slice(1) : rest
  return `${origin}/.well-known/oauth-protected-resource${place === '/' ? '' : place}`
}
