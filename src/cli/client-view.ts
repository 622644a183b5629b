/** A client as a person or a program is shown it: the names of RFC 7591 §2 and §3.2.1, and no secret. */

import { formatClientMetadata } from '../protocol/client-metadata-wire.ts'
import { formatScope } from '../protocol/scope.ts'
import { withoutUndefined } from '../protocol/without-undefined.ts'
import type { Client } from '../server/clients.ts'
import { fields, moment } from './terminal.ts'

/** For programs. */
export function clientJson(client: Client): Readonly<Record<string, unknown>> {
  const { privileges, secrets } = client
  return withoutUndefined({
    client_id: client.id,
    client_id_issued_at: Math.floor(client.createdAt / 1000),
    ...formatClientMetadata(client.metadata),
    source: client.source,
    disabled: client.disabled,
    first_party: privileges.firstParty ?? false,
    pkce_optional: privileges.pkceOptional,
    client_credentials_scope: formatScope(privileges.clientCredentialsScopes ?? []),
    introspects: privileges.introspects,
    exchange: privileges.exchange,
    secrets: secrets.map(({ expiresAt }) => ({
      // RFC 7591 §3.2.1: 0 is never.
      expires_at: expiresAt === undefined ? 0 : Math.floor(expiresAt / 1000),
    })),
  })
}

/** For a person: only what says something. */
export function clientText(client: Client, now: number): string {
  const { metadata, privileges } = client
  const secrets = client.secrets.filter(({ expiresAt }) => expiresAt === undefined || expiresAt > now)
  return fields([
    ['client_id', client.id],
    ['client_name', metadata.clientName],
    ['added by', sourceNames[client.source]],
    ['added at', moment(client.createdAt)],
    ['disabled', client.disabled ? 'yes' : undefined],
    ['application_type', metadata.applicationType],
    ['grant_types', metadata.grantTypes.join(' ')],
    ['redirect_uris', metadata.redirectUris.join(' ')],
    ['token_endpoint_auth_method', metadata.tokenEndpointAuthMethod],
    [
      'jwks',
      metadata.jwks?.keys.map(({ kid }) => (typeof kid === 'string' ? kid : 'a key without kid')).join(' '),
    ],
    ['jwks_uri', metadata.jwksUri],
    ['sector_identifier_uri', metadata.sectorIdentifierUri],
    ['scope', metadata.scopes === undefined ? 'every scope of the server' : formatScope(metadata.scopes)],
    ['client credentials', formatScope(privileges.clientCredentialsScopes ?? [])],
    ['first party', privileges.firstParty === true ? 'yes' : undefined],
    ['introspects', privileges.introspects?.join(' ')],
    ['secrets', secrets.map(secretText).join(', ')],
  ])
}

/** Who added it, as a person says it. */
export const sourceNames: Readonly<Record<Client['source'], string>> = {
  code: "the server's options",
  admin: 'an administrator',
  registered: 'registration',
  document: 'its document',
}

function secretText({ expiresAt }: { readonly expiresAt?: number }): string {
  return expiresAt === undefined ? 'one' : `one until ${moment(expiresAt)}`
}
