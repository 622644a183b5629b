/** Dynamic client registration and its management (RFC 7591, RFC 7592); not there unless the options say so. */

import { clientAddress, request } from '../../api/context.ts'
import type { Router } from '../../api/router.ts'
import { equal } from '../../crypto/equal.ts'
import { sha256Base64url } from '../../crypto/hash.ts'
import { opaqueToken } from '../../crypto/opaque-token.ts'
import { checkClientUpdate } from '../../protocol/client-metadata-wire.ts'
import { RegistrationError } from '../../protocol/registration-error.ts'
import type { ClientMetadata } from '../../protocol/client-metadata.ts'
import type { ClientRecord, StoredSecret } from '../../store/grant-store.ts'
import { auditEvent } from '../audit.ts'
import type { Origin } from '../audit.ts'
import { isSecretOf, newClientId } from '../clients.ts'
import type { Client, StoredMetadata } from '../clients.ts'
import { clientInformation, registeredMetadata, secretsFor } from '../registered-client.ts'
import type { Service } from '../service.ts'
import type { RegistrationOptions, Settings } from '../settings.ts'
import {
  answered,
  managedClientId,
  metadataBody,
  presentedBearer,
  unauthorized,
} from './registration-request.ts'
import { unlessUnavailable } from './unavailable.ts'

/**
 * Adds `POST /register` and what is below it, if registration is switched on.
 *
 * @throws {TypeError} For an initial access token that could be guessed.
 */
export function addRegistrationEndpoints(
  routes: Router<string>,
  settings: Settings,
  service: () => Promise<Service>,
): void {
  const { registration } = settings
  if (registration === undefined) return
  if (registration.initialAccessTokens?.some((token) => token.length < 32)) {
    throw new TypeError(
      'authorizationServer: the option registration.initialAccessTokens is not usable: 32 characters or more, each',
    )
  }
  const usual = { open: true, tags: ['OAuth'] }

  routes.post(
    '/register',
    { body: metadataBody, request, address: clientAddress },
    { ...usual, status: 201, summary: 'Register a client' },
    ({ body, request, address }) =>
      answering(async () => {
        const open = await service()
        // Before the token is looked at: guesses count as well.
        await open.limits.registration(address)
        const presented = presentedBearer(request)
        if (!mayRegister(registration, presented)) return unauthorized(presented)
        return register(open, await body(), originOf(address))
      }),
  )

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
      managing(values, async ({ clients, revocations }, client) => {
        await clients.remove(client.id)
        await revocations.refresh()
        return new Response(null, { status: 204, headers: { 'cache-control': 'no-store' } })
      }),
  )
}

async function register(service: Service, body: unknown, origin: Origin): Promise<Response> {
  const { settings, store } = service
  const metadata = registeredMetadata(body, settings)
  const { stored, fresh } = secretsFor(metadata, [])
  const token = opaqueToken('registrationToken')
  const id = newClientId()
  const createdAt = settings.now()
  const record = recordOf(metadata, stored, token.hash)
  if (!(await store.createClient({ ...record, id, createdAt })))
    throw new Error('A random client id was taken')
  await service.audit([auditEvent('client.created', createdAt, { clientId: id, ...origin })])
  const client = { id, metadata, createdAt, secret: fresh?.value, registrationToken: token.value }
  return answered(201, clientInformation(client, settings.issuer))
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
  const living = client.secrets.filter(({ expiresAt }) => expiresAt === undefined || expiresAt > now)
  const { stored, fresh } = secretsFor(metadata, living)
  const record = recordOf(metadata, stored, sha256Base64url(registrationToken))
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

function recordOf(
  metadata: ClientMetadata,
  secrets: readonly StoredSecret[],
  registrationTokenHash: string,
): ClientRecord {
  const inside: StoredMetadata = { metadata, privileges: {} }
  return { source: 'registered', metadata: { ...inside }, secrets, registrationTokenHash, disabled: false }
}

/** RFC 7591 §3: anybody, or whoever was given a token for it. */
function mayRegister(registration: RegistrationOptions, presented: string | undefined): boolean {
  if (registration.open === true) return true
  const hash = sha256Base64url(presented ?? '')
  // Every one is compared: how long it takes does not tell which one fits.
  return (registration.initialAccessTokens ?? [])
    .map((token) => equal(sha256Base64url(token), hash))
    .includes(true)
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
  await service.audit([
    auditEvent('client.authentication_failed', service.settings.now(), {
      clientId: id,
      details: { method: 'registration_access_token' },
      ...origin,
    }),
  ])
  return undefined
}

function originOf(address: string | undefined): Origin {
  return address === undefined ? {} : { address }
}

/** RFC 7591 §3.2.2: what is wrong with the metadata is told in JSON. */
async function answering(work: () => Promise<Response>): Promise<Response> {
  try {
    return await unlessUnavailable(work)
  } catch (error) {
    if (!(error instanceof RegistrationError)) throw error
    return answered(error.status, error)
  }
}
