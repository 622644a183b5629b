/** What a registered client may do with its own registration: read, replace and remove it (RFC 7592). */

import { clientAddress, request } from '../../api/context.ts'
import type { Router } from '../../api/router.ts'
import { equal } from '../../crypto/equal.ts'
import { sha256Base64url } from '../../crypto/hash.ts'
import { checkClientUpdate } from '../../protocol/client-metadata-wire.ts'
import { auditEvent } from '../audit.ts'
import type { Origin } from '../audit.ts'
import { isSecretOf } from '../clients.ts'
import type { Client } from '../clients.ts'
import { clientInformation, registeredMetadata, registeredRecord, secretsFor } from '../registered-client.ts'
import { checkSectorDocument } from '../sector-document.ts'
import type { Service } from '../service.ts'
import {
  answered,
  answering,
  managedClientId,
  metadataBody,
  originOf,
  presentedBearer,
  refusedToken,
  unauthorized,
} from './registration-request.ts'

/** Adds `GET`, `PUT` and `DELETE /register/{client_id}`. */
export function addClientManagementEndpoints(routes: Router<string>, service: () => Promise<Service>): void {
  const usual = { open: true, tags: ['OAuth'] }
  const needs = { client_id: managedClientId, request, address: clientAddress }
  const managing = (
    {
      client_id: id,
      request,
      address,
    }: { client_id: string | undefined; request: Request; address: string | undefined },
    act: (open: Service, client: Client, token: string, origin: Origin) => Promise<Response>,
  ): Promise<Response> =>
    answering(async () => {
      const open = await service()
      const token = presentedBearer(request)
      const client = await managedClient(open, id, token, originOf(address))
      if (client === undefined || token === undefined) return unauthorized(token)
      return act(open, client, token, originOf(address))
    })

  routes.get('/register/{client_id}', needs, { ...usual, summary: 'Read a registration' }, (values) =>
    managing(values, async ({ settings }, client, registrationToken) =>
      answered(200, clientInformation({ ...client, registrationToken }, settings.issuer)),
    ),
  )
  routes.put(
    '/register/{client_id}',
    { ...needs, body: metadataBody },
    { ...usual, summary: 'Replace a registration' },
    ({ body, ...values }) =>
      managing(values, async (open, client, token, origin) =>
        update(open, client, token, await body(), origin),
      ),
  )
  routes.delete(
    '/register/{client_id}',
    needs,
    { ...usual, status: 204, summary: 'Remove a registration' },
    (values) =>
      managing(values, async ({ clients }, client) => {
        await clients.remove(client.id)
        return new Response(null, { status: 204, headers: { 'cache-control': 'no-store' } })
      }),
  )
}

/** RFC 7592 §2.2: what is sent takes the place of all that was, and is checked as if it were new. */
async function update(
  service: Service,
  client: Client,
  registrationToken: string,
  body: unknown,
  origin: Origin,
): Promise<Response> {
  const { settings, store } = service
  const now = settings.now()
  // What an administrator has allowed was allowed to the client as it is.
  if (Object.keys(client.privileges).length > 0) {
    return answered(403, {
      error: 'access_denied',
      error_description: 'An administrator manages this client',
    })
  }
  checkClientUpdate(body, client.id, (secret) => isSecretOf(client, secret, now))
  const metadata = registeredMetadata(body, settings)
  // It makes this server send a request, as a registration does: both have one limit.
  if (metadata.sectorIdentifierUri !== undefined) await service.limits.registration(origin.address)
  await checkSectorDocument(metadata, settings)
  const living = client.secrets.filter(({ expiresAt }) => expiresAt === undefined || expiresAt > now)
  const { stored, fresh } = secretsFor(metadata, living)
  const record = registeredRecord(metadata, stored, sha256Base64url(registrationToken))
  const outcome = await store.replaceClient(client.id, client.version, record)
  if (outcome === 'gone') return unauthorized(registrationToken)
  // Somebody changed or disabled it since it was read: that must not be undone by this.
  if (outcome === 'stale') {
    return answered(409, { error: 'conflict', error_description: 'The client has changed, read it again' })
  }
  await service.audit([auditEvent('client.updated', now, { clientId: client.id, ...origin })])
  const { id, createdAt } = client
  const shown = { id, metadata, createdAt, secret: fresh?.value, registrationToken }
  return answered(200, clientInformation(shown, settings.issuer))
}

/** The client whose registration access token this is (RFC 7592 §2): of this client, and of no other. */
async function managedClient(
  service: Service,
  id: string | undefined,
  token: string | undefined,
  origin: Origin,
): Promise<Client | undefined> {
  if (id === undefined || token === undefined) return undefined
  const limit = await service.limits.clientFailures(id, origin.address)
  limit.check()
  const client = await service.clients.get(id)
  const hash = client?.disabled === false ? client.registrationTokenHash : undefined
  if (client !== undefined && hash !== undefined && equal(hash, sha256Base64url(token))) return client
  await limit.count()
  await service.audit([refusedToken(service, 'registration_access_token', origin, id)])
  return undefined
}
