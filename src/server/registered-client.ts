/** Clients that register themselves: what they may be, and what they are told of themselves. */

import { opaqueToken } from '../crypto/opaque-token.ts'
import type { OpaqueToken } from '../crypto/opaque-token.ts'
import { formatClientMetadata, parseClientMetadata } from '../protocol/client-metadata-wire.ts'
import type { ClientMetadata, GrantType, RegistrationRules } from '../protocol/client-metadata.ts'
import { endpointUrl } from '../protocol/issuer.ts'
import type { ClientRecord, StoredSecret } from '../store/grant-store.ts'
import { assertionAlgorithms } from './client-authentication.ts'
import type { StoredMetadata } from './clients.ts'
import { idTokenAlgorithms } from './openid/algorithms.ts'
import type { Settings } from './settings.ts'
import { offeredGrants, offeredMethods } from './endpoints/offered.ts'

/**
 * Reads the metadata of a client that registers, or changes, itself.
 *
 * @throws {RegistrationError} For what it may not be.
 */
export function registeredMetadata(body: unknown, settings: Settings): ClientMetadata {
  const scopes = settings.registration?.scopes ?? settings.publicScopes
  const metadata = parseClientMetadata(body, rulesOf(settings, scopes))
  // Without a word of its own it gets what may be had, and not what the server has besides.
  return {
    ...metadata,
    scopes: settings.registration?.everyScope === true ? scopes : (metadata.scopes ?? scopes),
  }
}

/** What a person grants. A client that speaks for itself, for others or by a password is an administrator's to add. */
const selfService: ReadonlySet<GrantType> = new Set<GrantType>([
  'authorization_code',
  'refresh_token',
  'urn:ietf:params:oauth:grant-type:device_code',
])

function rulesOf(settings: Settings, scopes: readonly string[]): RegistrationRules {
  return {
    grantTypes: [...offeredGrants].filter((grant) => selfService.has(grant)),
    authenticationMethods: offeredMethods,
    scopes,
    assertionAlgorithms,
    idTokenAlgorithms: idTokenAlgorithms(settings),
  }
}

/** The secrets of a client with this metadata: those it has, a new one where it needs one, none where it needs none. */
export function secretsFor(
  metadata: ClientMetadata,
  present: readonly StoredSecret[],
): { readonly stored: readonly StoredSecret[]; readonly fresh?: OpaqueToken } {
  if (!metadata.tokenEndpointAuthMethod.startsWith('client_secret_')) return { stored: [] }
  if (present.length > 0) return { stored: present }
  const fresh = opaqueToken('clientSecret')
  return { stored: [{ hash: fresh.hash }], fresh }
}

/** What is stored: as it registered itself, and without a privilege. */
export function registeredRecord(
  metadata: ClientMetadata,
  secrets: readonly StoredSecret[],
  registrationTokenHash: string,
): ClientRecord {
  const inside: StoredMetadata = { metadata, privileges: {} }
  return { source: 'registered', metadata: { ...inside }, secrets, registrationTokenHash, disabled: false }
}

/** What the answer is made of. */
export interface RegisteredClient {
  readonly id: string
  readonly metadata: ClientMetadata
  /** Milliseconds since 1970. */
  readonly createdAt: number
  /** Only when it was made just now: it is shown once. */
  readonly secret?: string | undefined
  /** The token of the request, or the new one. */
  readonly registrationToken: string
}

/** The client information response (RFC 7591 §3.2.1, RFC 7592 §3). */
export function clientInformation(
  client: RegisteredClient,
  issuer: string,
): Readonly<Record<string, unknown>> {
  return {
    client_id: client.id,
    client_id_issued_at: Math.floor(client.createdAt / 1000),
    // RFC 7591 §3.2.1: 0 says that it does not expire; there has to be a word.
    ...(client.secret === undefined ? {} : { client_secret: client.secret, client_secret_expires_at: 0 }),
    registration_access_token: client.registrationToken,
    registration_client_uri: endpointUrl(issuer, `/register/${client.id}`),
    ...formatClientMetadata(client.metadata),
  }
}
