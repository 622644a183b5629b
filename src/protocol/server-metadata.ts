/** Authorization server metadata (RFC 8414, OpenID Connect Discovery §3, and those who added to them). */

import type { ClientAuthenticationMethod, GrantType } from './client-metadata.ts'
import { endpointUrl } from './issuer.ts'
import { withoutUndefined } from './without-undefined.ts'

/** What a server offers; what is not said is not offered. */
export interface ServerDescription {
  readonly issuer: string
  readonly endpoints: ServerEndpoints
  readonly scopes: readonly string[]
  readonly grantTypes: readonly GrantType[]
  readonly authenticationMethods: readonly ClientAuthenticationMethod[]
  /** Algorithms of `private_key_jwt`. */
  readonly assertionAlgorithms: readonly string[]
  /** `query` unless told. */
  readonly responseModes?: readonly string[]
  readonly dpopAlgorithms?: readonly string[]
  readonly requirePushedAuthorizationRequests?: boolean
  /** Algorithms of signed introspection answers (RFC 9701 §7). */
  readonly introspectionSigningAlgorithms?: readonly string[]
  /** Algorithms of ID tokens; with them the server is an OpenID provider. */
  readonly idTokenAlgorithms?: readonly string[]
  readonly claims?: readonly string[]
  /** Authentication context classes that requests may ask for (RFC 9470 §7). */
  readonly contextClasses?: readonly string[]
  readonly hasBackchannelLogout?: boolean
  /** Resources whose tokens it issues (RFC 9728 §4). */
  readonly protectedResources?: readonly string[]
  readonly clientIdMetadataDocuments?: boolean
  readonly serviceDocumentation?: string
  readonly uiLocales?: readonly string[]
}

/** Paths below the issuer, each beginning with a slash. */
export interface ServerEndpoints {
  readonly authorization?: string
  readonly token?: string
  readonly jwks?: string
  readonly revocation?: string
  readonly introspection?: string
  readonly pushedAuthorizationRequest?: string
  readonly registration?: string
  readonly deviceAuthorization?: string
  readonly userinfo?: string
  readonly endSession?: string
  /** Our own addition: where APIs follow what was revoked. */
  readonly revocationFeed?: string
}

/** The metadata document, as it is on the wire. The same one serves both well-known names. */
export function serverMetadata(description: ServerDescription): Readonly<Record<string, unknown>> {
  const { issuer, endpoints, authenticationMethods: methods } = description
  const address = (path: string | undefined): string | undefined => path && endpointUrl(issuer, path)
  const assertions = methods.includes('private_key_jwt') ? description.assertionAlgorithms : undefined
  const hasFrontDoor = endpoints.authorization !== undefined
  const confidential = methods.filter((method) => method !== 'none')
  return withoutUndefined({
    issuer,
    authorization_endpoint: address(endpoints.authorization),
    token_endpoint: address(endpoints.token),
    jwks_uri: address(endpoints.jwks),
    registration_endpoint: address(endpoints.registration),
    revocation_endpoint: address(endpoints.revocation),
    introspection_endpoint: address(endpoints.introspection),
    pushed_authorization_request_endpoint: address(endpoints.pushedAuthorizationRequest),
    device_authorization_endpoint: address(endpoints.deviceAuthorization),
    userinfo_endpoint: address(endpoints.userinfo),
    end_session_endpoint: address(endpoints.endSession),
    revocation_feed_endpoint: address(endpoints.revocationFeed),
    scopes_supported: some(description.scopes),
    response_types_supported: hasFrontDoor ? ['code'] : [],
    response_modes_supported: hasFrontDoor ? (description.responseModes ?? ['query']) : undefined,
    grant_types_supported: description.grantTypes,
    // RFC 9700 §2.1.1: clients rely on it to know that PKCE is enforced. `plain` is not.
    code_challenge_methods_supported: hasFrontDoor ? ['S256'] : undefined,
    authorization_response_iss_parameter_supported: hasFrontDoor ? true : undefined,
    require_pushed_authorization_requests: description.requirePushedAuthorizationRequests,
    ...authentication('token', endpoints.token && methods, assertions),
    ...authentication('revocation', endpoints.revocation && methods, assertions),
    // RFC 7662 §2.1: whoever asks has to prove who it is.
    ...authentication('introspection', endpoints.introspection && confidential, assertions),
    introspection_signing_alg_values_supported: some(description.introspectionSigningAlgorithms),
    dpop_signing_alg_values_supported: some(description.dpopAlgorithms),
    protected_resources: some(description.protectedResources),
    client_id_metadata_document_supported: description.clientIdMetadataDocuments,
    // OpenID Connect Discovery §3: without a word, request_uri counts as supported.
    request_parameter_supported: hasFrontDoor ? false : undefined,
    request_uri_parameter_supported: hasFrontDoor ? false : undefined,
    acr_values_supported: hasFrontDoor ? some(description.contextClasses) : undefined,
    ...openIdConnect(description),
    service_documentation: description.serviceDocumentation,
    ui_locales_supported: some(description.uiLocales),
  })
}

/**
 * Every path on the host at which clients look for the metadata of this issuer (RFC 8414 §3.1 and §5, OpenID Connect
 * Discovery §4): two without a path in the issuer, three with one.
 *
 * @example
 *
 * ```ts
 * metadataPaths('https://auth.test/t')
 * // ['/.well-known/oauth-authorization-server/t', '/.well-known/openid-configuration/t', '/t/.well-known/openid-configuration']
 * ```
 */
export function metadataPaths(issuer: string): readonly string[] {
  // RFC 8414 §3.1: a slash at the end is taken off before anything is put in.
  const path = new URL(issuer).pathname.replace(/\/$/, '')
  const inserted = [
    `/.well-known/oauth-authorization-server${path}`,
    `/.well-known/openid-configuration${path}`,
  ]
  return path === '' ? inserted : [...inserted, `${path}/.well-known/openid-configuration`]
}

/** How clients authenticate at one endpoint (RFC 8414 §2). */
function authentication(
  endpoint: string,
  methods: readonly string[] | '' | undefined,
  algorithms: readonly string[] | undefined,
): Readonly<Record<string, readonly string[] | undefined>> {
  if (!methods) return {}
  return {
    [`${endpoint}_endpoint_auth_methods_supported`]: methods,
    [`${endpoint}_endpoint_auth_signing_alg_values_supported`]: some(algorithms),
  }
}

function openIdConnect(description: ServerDescription): Readonly<Record<string, unknown>> {
  if (description.idTokenAlgorithms === undefined) return {}
  return {
    subject_types_supported: ['public', 'pairwise'],
    id_token_signing_alg_values_supported: description.idTokenAlgorithms,
    claims_supported: some(description.claims),
    claims_parameter_supported: true,
    claim_types_supported: ['normal'],
    // OpenID Connect Prompt Create aside, all that Core §3.1.2.1 knows.
    prompt_values_supported: ['none', 'login', 'consent', 'select_account'],
    backchannel_logout_supported: description.hasBackchannelLogout,
    backchannel_logout_session_supported: description.hasBackchannelLogout,
  }
}

/** RFC 8414 §3.2: a list with nothing in it is left out. */
function some(list: readonly string[] | undefined): readonly string[] | undefined {
  return list === undefined || list.length === 0 ? undefined : list
}
