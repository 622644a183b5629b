/** Is this request from the client it names? Judged by the one method the client is registered with (RFC 6749 §2.3). */

import { parseJsonObject, splitJws } from '../crypto/jws.ts'
import { decodeBase64url } from '../crypto/base64url.ts'
import { sha256Base64url } from '../crypto/hash.ts'
import type { SigningAlgorithm } from '../crypto/signature.ts'
import { checkAssertionClaims, checkAssertionHeader } from '../protocol/client-assertion.ts'
import { clientAuthenticationFailed, presentedClient } from '../protocol/client-authentication.ts'
import type { PresentedClient } from '../protocol/client-authentication.ts'
import { endpointUrl } from '../protocol/issuer.ts'
import { OAuthError } from '../protocol/oauth-error.ts'
import type { SentParameters } from '../protocol/parameters.ts'
import { auditEvent } from './audit.ts'
import type { Origin } from './audit.ts'
import { isSecretOf } from './clients.ts'
import type { Client } from './clients.ts'
import type { Service } from './service.ts'

/** The algorithms that assertions may be signed with. */
export const assertionAlgorithms: readonly Exclude<SigningAlgorithm, 'HS256'>[] = [
  'ES256',
  'EdDSA',
  'PS256',
  'RS256',
]

/**
 * The client that sent a request.
 *
 * @param find How the client is found; among those that are known unless told.
 * @throws {OAuthError} `invalid_client` for every failure alike, `invalid_request` for two methods at once; 429 when this
 *   client has failed too often from this address.
 */
export async function authenticateClient(
  service: Service,
  sent: SentParameters,
  authorization: string | undefined,
  origin: Origin,
  find: (id: string) => Promise<Client | undefined> = (id) => service.documents.known(id),
): Promise<Client> {
  const presented = presentedClient(sent, authorization)
  const client = await find(presented.clientId)
  const limit = await service.limits.clientFailures(client?.id, origin.address)
  limit.check()
  try {
    if (client === undefined || client.disabled) throw failure(presented, 'unknown or disabled')
    await judge(service, client, presented)
    return client
  } catch (error) {
    // A database that is away is nobody's failed try.
    if (!(error instanceof OAuthError) || error.code !== 'invalid_client') throw error
    await limit.count()
    await service.audit([
      auditEvent('client.authentication_failed', service.settings.now(), {
        // An id that is none is not kept: people type secrets into the wrong field.
        ...(client === undefined ? {} : { clientId: client.id }),
        details: { method: presented.method, ...registeredMethod(client, presented) },
        ...origin,
      }),
    ])
    throw error
  }
}

/** Half of all wrong set-ups: the right secret, sent in the other way. The client is not told; whoever runs the server is. */
function registeredMethod(
  client: Client | undefined,
  { method }: PresentedClient,
): { readonly registered?: string } {
  const registered = client?.metadata.tokenEndpointAuthMethod
  return registered === undefined || registered === method ? {} : { registered }
}

async function judge(service: Service, client: Client, presented: PresentedClient): Promise<void> {
  const registered = client.metadata.tokenEndpointAuthMethod
  // Only the registered method counts (CVE-2026-16093): a public client is one that is registered so.
  if (presented.method !== registered) throw failure(presented, `registered for ${registered}`)
  if (presented.method === 'none') return
  if (presented.method === 'private_key_jwt') return judgeAssertion(service, client, presented)
  if (!isSecretOf(client, presented.secret, service.settings.now())) throw failure(presented, 'wrong secret')
}

async function judgeAssertion(
  service: Service,
  client: Client,
  presented: Extract<PresentedClient, { readonly method: 'private_key_jwt' }>,
): Promise<void> {
  const { issuer, now } = service.settings
  const jws = presented.assertion.length <= 16_384 ? splitJws(presented.assertion) : undefined
  const headerBytes = jws && decodeBase64url(jws.header)
  const header = headerBytes && parseJsonObject(headerBytes)
  const claims = jws && parseJsonObject(jws.payload)
  if (jws === undefined || header === undefined || claims === undefined) throw failure(presented, 'malformed')
  const { tokenEndpointAuthSigningAlg: only } = client.metadata
  checkAssertionHeader(header, { algorithms: only === undefined ? assertionAlgorithms : [only] })
  const isStrict = client.privileges.strictAssertionAudience === true
  const { jti, keepUntil } = checkAssertionClaims(claims, {
    clientId: client.id,
    audiences: isStrict ? [issuer] : [issuer, endpointUrl(issuer, '/token')],
    isStrict,
    now: now() / 1000,
  })
  // After the claims: keys may have to be fetched, and nobody's garbage is a reason to.
  if (!(await service.clientKeys.haveSigned(client, header, jws))) throw failure(presented, 'signature')
  // Last of all checks: what is refused for another reason is not used up.
  const key = sha256Base64url(JSON.stringify([client.id, jti]))
  if (!(await service.store.useOnce('client_assertion', key, keepUntil * 1000, now()))) {
    throw failure(presented, 'used before')
  }
}

function failure(presented: PresentedClient, reason: string): Error {
  return clientAuthenticationFailed(presented.method, { cause: reason })
}
