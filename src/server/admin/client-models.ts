/** Clients as the admin API writes them: the names of RFC 7591 §2, and what only an administrator decides. */

import { formatClientMetadata } from '../../protocol/client-metadata-wire.ts'
import { grantTypes } from '../../protocol/client-metadata.ts'
import type { ClientAuthenticationMethod, GrantType } from '../../protocol/client-metadata.ts'
import type { ApplicationType } from '../../protocol/redirect-uri.ts'
import { formatScope, parseScope } from '../../protocol/scope.ts'
import { withoutUndefined } from '../../protocol/without-undefined.ts'
import type { Client, ClientDefinition, ClientPatch } from '../clients.ts'
import { offeredMethods } from '../endpoints/offered.ts'
import { HttpError } from '../../http/http-error.ts'
import { anything, flag, list, nullable, oneOf, optional, record, text, whole } from './model.ts'
import type { Model, ValueOfModel } from './model.ts'

const scope = text({ max: 10_000, description: 'Words with one space between them.' })
const uri = text({ max: 2000 })
const uris = list(uri, 32)
const exchange = record('Exchange', { scope, resources: optional(uris) })

/** What can be said of a client when it is added and later. */
export interface ClientFields {
  readonly client_name: string
  readonly redirect_uris: readonly string[]
  readonly grant_types: readonly GrantType[]
  readonly application_type: ApplicationType
  readonly scope: string
  readonly contacts: readonly string[]
  readonly client_uri: string
  readonly logo_uri: string
  readonly tos_uri: string
  readonly policy_uri: string
  readonly post_logout_redirect_uris: readonly string[]
  readonly backchannel_logout_uri: string
  readonly backchannel_logout_session_required: boolean
  readonly id_token_signed_response_alg: string
  readonly subject_type: 'public' | 'pairwise'
  readonly sector_identifier_uri: string
  /** Seconds. */
  readonly default_max_age: number
  readonly require_auth_time: boolean
  readonly jwks: Readonly<Record<string, unknown>>
  readonly jwks_uri: string
  readonly dpop_bound_access_tokens: boolean
  readonly require_pushed_authorization_requests: boolean
  readonly first_party: boolean
  readonly pkce_optional: boolean
  readonly client_credentials_scope: string
  readonly introspects: readonly string[]
  readonly exchange: { readonly scope: string; readonly resources?: readonly string[] | undefined }
}

type Optional = { readonly [Name in keyof ClientFields]?: ClientFields[Name] | undefined }
type Changeable = { readonly [Name in keyof ClientFields]?: ClientFields[Name] | null | undefined }

const fields: { readonly [Name in keyof ClientFields]: Model<ClientFields[Name]> } = {
  client_name: text({ max: 200 }),
  redirect_uris: uris,
  grant_types: list(oneOf(...grantTypes)),
  application_type: oneOf('web', 'native'),
  scope,
  contacts: list(text({ max: 200 })),
  client_uri: uri,
  logo_uri: uri,
  tos_uri: uri,
  policy_uri: uri,
  post_logout_redirect_uris: uris,
  backchannel_logout_uri: uri,
  backchannel_logout_session_required: flag,
  id_token_signed_response_alg: text({ max: 20 }),
  subject_type: oneOf('public', 'pairwise'),
  sector_identifier_uri: uri,
  default_max_age: whole(0, 315_360_000, 'Seconds.'),
  require_auth_time: flag,
  jwks: anything,
  jwks_uri: uri,
  dpop_bound_access_tokens: flag,
  require_pushed_authorization_requests: flag,
  first_party: flag,
  pkce_optional: flag,
  client_credentials_scope: scope,
  introspects: uris,
  exchange,
}

/** A client to be added. */
export const NewClient: Model<
  Optional & {
    readonly client_id?: string | undefined
    readonly token_endpoint_auth_method?: ClientAuthenticationMethod | undefined
  }
> = record('NewClient', {
  client_id: optional(text({ min: 1, max: 200 })),
  token_endpoint_auth_method: optional(oneOf(...offeredMethods)),
  ...(mapped(optional) as { readonly [Name in keyof ClientFields]: Model<ClientFields[Name] | undefined> }),
})

/** What to change about a client. */
export const ClientChanges: Model<Changeable & { readonly disabled?: boolean | undefined }> = record(
  'ClientChanges',
  {
    disabled: optional(flag),
    ...(mapped((model) => optional(nullable(model))) as {
      readonly [Name in keyof ClientFields]: Model<ClientFields[Name] | null | undefined>
    }),
  },
)

/** A client as it is shown. There is no secret in it, nor the hash of one. */
export const ShownClient: Model<
  Optional & {
    readonly client_id: string
    readonly source: Client['source']
    readonly disabled: boolean
    readonly created_at: string
    readonly token_endpoint_auth_method: string
    readonly secrets: readonly { readonly expires_at?: string | undefined }[]
  }
> = record('Client', {
  client_id: text(),
  source: oneOf('code', 'admin', 'registered', 'document'),
  disabled: flag,
  created_at: text({ format: 'date-time' }),
  token_endpoint_auth_method: text(),
  secrets: list(record('ClientSecret', { expires_at: optional(text({ format: 'date-time' })) })),
  ...(mapped(optional) as { readonly [Name in keyof ClientFields]: Model<ClientFields[Name] | undefined> }),
})

/** Shows a client. */
export function shownClient(client: Client): ValueOfModel<typeof ShownClient> {
  const { id, source, disabled, createdAt, metadata, privileges, secrets } = client
  const wire = formatClientMetadata(metadata)
  const known = Object.entries(wire).filter(([name]) => Object.hasOwn(fields, name))
  return {
    ...(Object.fromEntries(known) as Partial<ClientFields>), // as `fields` has them: both are RFC 7591's
    client_id: id,
    source,
    disabled,
    created_at: new Date(createdAt).toISOString(),
    token_endpoint_auth_method: metadata.tokenEndpointAuthMethod,
    secrets: secrets.map(({ expiresAt }) =>
      expiresAt === undefined ? {} : { expires_at: new Date(expiresAt).toISOString() },
    ),
    first_party: privileges.firstParty ?? false,
    pkce_optional: privileges.pkceOptional ?? false,
    client_credentials_scope: formatScope(privileges.clientCredentialsScopes ?? []),
    introspects: privileges.introspects ?? [],
    exchange: privileges.exchange && {
      scope: formatScope(privileges.exchange.scopes),
      resources: privileges.exchange.resources,
    },
  }
}

/** What was sent as a client that is to be made. */
export function definitionOf(id: string, sent: ValueOfModel<typeof NewClient>): ClientDefinition {
  const { token_endpoint_auth_method: tokenEndpointAuthMethod } = sent
  return withoutUndefined({ id, tokenEndpointAuthMethod, ...ours(sent) }) // no null is in it
}

/** What was sent as a change. */
export function patchOf(sent: ValueOfModel<typeof ClientChanges>): ClientPatch {
  return withoutUndefined({ disabled: sent.disabled, ...ours(sent) })
}

/** Every scope that a client has to do with. */
export function scopesIn({
  scopes,
  clientCredentialsScopes,
  exchange,
}: Pick<ClientPatch, 'scopes' | 'clientCredentialsScopes' | 'exchange'>): readonly string[] {
  return [...(scopes ?? []), ...(clientCredentialsScopes ?? []), ...(exchange?.scopes ?? [])]
}

function ours(sent: Changeable): object {
  return {
    clientName: sent.client_name,
    redirectUris: sent.redirect_uris,
    grantTypes: sent.grant_types,
    applicationType: sent.application_type,
    scopes: words('scope', sent.scope),
    contacts: sent.contacts,
    clientUri: sent.client_uri,
    logoUri: sent.logo_uri,
    tosUri: sent.tos_uri,
    policyUri: sent.policy_uri,
    postLogoutRedirectUris: sent.post_logout_redirect_uris,
    backchannelLogoutUri: sent.backchannel_logout_uri,
    backchannelLogoutSessionRequired: sent.backchannel_logout_session_required,
    idTokenSignedResponseAlg: sent.id_token_signed_response_alg,
    subjectType: sent.subject_type,
    sectorIdentifierUri: sent.sector_identifier_uri,
    defaultMaxAge: sent.default_max_age,
    requireAuthTime: sent.require_auth_time,
    jwks: keySet(sent.jwks),
    jwksUri: sent.jwks_uri,
    dpopBoundAccessTokens: sent.dpop_bound_access_tokens,
    requirePushedAuthorizationRequests: sent.require_pushed_authorization_requests,
    firstParty: sent.first_party,
    pkceOptional: sent.pkce_optional,
    clientCredentialsScopes: words('client_credentials_scope', sent.client_credentials_scope),
    introspects: sent.introspects,
    exchange: sent.exchange && {
      scopes: words('exchange.scope', sent.exchange.scope) ?? [],
      ...(sent.exchange.resources === undefined ? {} : { resources: sent.exchange.resources }),
    },
  }
}

function words(name: string, scope: string | null | undefined): readonly string[] | null | undefined {
  if (scope === undefined || scope === null) return scope
  if (scope === '') return []
  const found = parseScope(scope)
  if (found === undefined) throw new HttpError(422, `The field ${name} is words with one space between them`)
  return found
}

function keySet(jwks: ClientFields['jwks'] | null | undefined): ClientFields['jwks'] | null | undefined {
  if (jwks === undefined || jwks === null) return jwks
  const { keys } = jwks
  const isSet =
    Array.isArray(keys) &&
    keys.every((key: unknown) => typeof key === 'object' && key !== null && !Array.isArray(key))
  if (!isSet) throw new HttpError(422, 'The field jwks is a JSON Web Key Set')
  return jwks
}

function mapped(change: (model: Model<unknown>) => Model<unknown>): Readonly<Record<string, Model<unknown>>> {
  return Object.fromEntries(Object.entries(fields).map(([name, model]) => [name, change(model)]))
}
