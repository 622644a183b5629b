/** The metadata of a client on the wire (RFC 7591 §2, §3; RFC 7592 §2): snake_case outside, our names inside. */

import { checkClientMetadata } from './client-metadata.ts'
import type { ClientKeySet, ClientMetadata, RegistrationRules } from './client-metadata.ts'
import type { ApplicationType } from './redirect-uri.ts'
import { invalidClientMetadata } from './registration-error.ts'
import { formatScope, parseScope } from './scope.ts'
import { withoutUndefined } from './without-undefined.ts'

/**
 * Reads a registration, or an update, which replaces everything: what it leaves out is back at its default (RFC 7592
 * §2.2), so that no part of an older registration is there unchecked beside the new one. Members that are not those of
 * {@link ClientMetadata} are ignored (RFC 7591 §2), and so nothing that is the server's to decide can be set.
 *
 * @param body The JSON that was sent.
 * @param rules What this server lets clients register.
 * @throws {RegistrationError} `invalid_redirect_uri` or `invalid_client_metadata`
 */
export function parseClientMetadata(body: unknown, rules: RegistrationRules): ClientMetadata {
  const sent = membersOf(body)
  const grants = sent.texts('grant_types') ?? ['authorization_code']
  const redirectUris = sent.texts('redirect_uris') ?? []
  const method = sent.text('token_endpoint_auth_method') ?? 'client_secret_basic'
  const metadata = withoutUndefined({
    redirectUris,
    tokenEndpointAuthMethod: method,
    tokenEndpointAuthSigningAlg: sent.text('token_endpoint_auth_signing_alg'),
    grantTypes: grants,
    // RFC 7591 §2 says `code`; a client that names only other grants cannot mean it.
    responseTypes: sent.texts('response_types') ?? (grants.includes('authorization_code') ? ['code'] : []),
    applicationType: sent.text('application_type') ?? typeOf(method, redirectUris),
    clientName: sent.text('client_name'),
    clientUri: sent.text('client_uri'),
    logoUri: sent.text('logo_uri'),
    tosUri: sent.text('tos_uri'),
    policyUri: sent.text('policy_uri'),
    contacts: sent.texts('contacts') ?? [],
    scopes: scopesOf(sent.text('scope')),
    jwksUri: sent.text('jwks_uri'),
    jwks: sent.keySet('jwks'),
    softwareId: sent.text('software_id'),
    softwareVersion: sent.text('software_version'),
    postLogoutRedirectUris: sent.texts('post_logout_redirect_uris') ?? [],
    idTokenSignedResponseAlg: sent.text('id_token_signed_response_alg'),
    subjectType: sent.text('subject_type'),
    sectorIdentifierUri: sent.text('sector_identifier_uri'),
    backchannelLogoutUri: sent.text('backchannel_logout_uri'),
    backchannelLogoutSessionRequired: sent.flag('backchannel_logout_session_required'),
    defaultMaxAge: sent.number('default_max_age'),
    requireAuthTime: sent.flag('require_auth_time') ?? false,
    dpopBoundAccessTokens: sent.flag('dpop_bound_access_tokens') ?? false,
    requirePushedAuthorizationRequests: sent.flag('require_pushed_authorization_requests') ?? false,
  }) as ClientMetadata // the words are checked next, and nothing gets out before
  checkClientMetadata(metadata, rules)
  return metadata
}

/** The metadata as it is on the wire (RFC 7591 §3.2.1): all of it, defaults included, so that the client sees them. */
export function formatClientMetadata(metadata: ClientMetadata): Readonly<Record<string, unknown>> {
  return withoutUndefined({
    redirect_uris: metadata.redirectUris,
    token_endpoint_auth_method: metadata.tokenEndpointAuthMethod,
    token_endpoint_auth_signing_alg: metadata.tokenEndpointAuthSigningAlg,
    grant_types: metadata.grantTypes,
    response_types: metadata.responseTypes,
    application_type: metadata.applicationType,
    client_name: metadata.clientName,
    client_uri: metadata.clientUri,
    logo_uri: metadata.logoUri,
    tos_uri: metadata.tosUri,
    policy_uri: metadata.policyUri,
    contacts: metadata.contacts,
    scope: metadata.scopes && formatScope(metadata.scopes),
    jwks_uri: metadata.jwksUri,
    jwks: metadata.jwks,
    software_id: metadata.softwareId,
    software_version: metadata.softwareVersion,
    post_logout_redirect_uris: metadata.postLogoutRedirectUris,
    id_token_signed_response_alg: metadata.idTokenSignedResponseAlg,
    subject_type: metadata.subjectType,
    sector_identifier_uri: metadata.sectorIdentifierUri,
    backchannel_logout_uri: metadata.backchannelLogoutUri,
    backchannel_logout_session_required: metadata.backchannelLogoutSessionRequired,
    default_max_age: metadata.defaultMaxAge,
    require_auth_time: metadata.requireAuthTime,
    dpop_bound_access_tokens: metadata.dpopBoundAccessTokens,
    require_pushed_authorization_requests: metadata.requirePushedAuthorizationRequests,
  })
}

/**
 * RFC 7592 §2.2: an update names its client, repeats no secret but its own, and none of what only the server sets.
 *
 * @param isSecret Whether a `client_secret` is one of the client's.
 * @throws {RegistrationError} `invalid_client_metadata`
 */
export function checkClientUpdate(
  body: unknown,
  clientId: string,
  isSecret: (secret: string) => boolean,
): void {
  const sent = membersOf(body)
  if (sent.text('client_id') !== clientId) throw invalidClientMetadata('client_id is not that of this client')
  for (const name of setByServer) {
    if (sent.has(name)) throw invalidClientMetadata(`An update cannot have the member ${name}`)
  }
  const secret = sent.text('client_secret')
  // A secret of the client's own choosing would be a weak one.
  if (secret !== undefined && !isSecret(secret)) throw invalidClientMetadata('client_secret cannot be chosen')
}

/**
 * RFC 7591 knows no application_type, and programs on people's computers register without one. A public client that is
 * redirected to such a place can only be native; whoever says `web` is held to it, and so is whoever has a secret.
 */
function typeOf(method: string, redirectUris: readonly string[]): ApplicationType {
  return method === 'none' && redirectUris.some((uri) => !uri.startsWith('https:')) ? 'native' : 'web'
}

const setByServer = [
  'registration_access_token',
  'registration_client_uri',
  'client_secret_expires_at',
  'client_id_issued_at',
]

interface Members {
  has(name: string): boolean
  text(name: string): string | undefined
  texts(name: string): readonly string[] | undefined
  number(name: string): number | undefined
  flag(name: string): boolean | undefined
  keySet(name: string): ClientKeySet | undefined
}

/** The members by their type. RFC 7592 §2.2: `null` means left out. */
function membersOf(body: unknown): Members {
  if (!isObject(body)) throw invalidClientMetadata('The body is a JSON object')
  const read = <T>(name: string, isOne: (value: unknown) => value is T, kind: string): T | undefined => {
    // Own members only: what some library wrote onto every object was not sent.
    const value = Object.hasOwn(body, name) ? body[name] : undefined
    if (value === undefined || value === null) return undefined
    if (!isOne(value)) throw invalidClientMetadata(`The member ${name} is ${kind}`)
    return value
  }
  return {
    has: (name) => (Object.hasOwn(body, name) ? body[name] : null) !== null,
    text: (name) => read(name, (value) => typeof value === 'string', 'a text'),
    texts: (name) => read(name, isListOfTexts, 'a list of texts'),
    number: (name) => read(name, (value) => typeof value === 'number', 'a number'),
    flag: (name) => read(name, (value) => typeof value === 'boolean', 'true or false'),
    keySet: (name) => read(name, isKeySet, 'a JSON Web Key Set'),
  }
}

function scopesOf(scope: string | undefined): readonly string[] | undefined {
  if (scope === undefined || scope === '') return scope === '' ? [] : undefined
  const words = parseScope(scope)
  if (words === undefined)
    throw invalidClientMetadata('The member scope is words with one space between them')
  return words
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isListOfTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((member) => typeof member === 'string')
}

function isKeySet(value: unknown): value is ClientKeySet {
  return isObject(value) && Array.isArray(value['keys']) && value['keys'].every(isObject)
}
