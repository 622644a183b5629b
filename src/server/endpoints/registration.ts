/** Dynamic client registration (RFC 7591); not there unless the options say so. */

import { clientAddress, request } from '../../api/context.ts'
import type { Router } from '../../api/router.ts'
import { equal } from '../../crypto/equal.ts'
import { sha256Base64url } from '../../crypto/hash.ts'
import { opaqueToken } from '../../crypto/opaque-token.ts'
import { auditEvent } from '../audit.ts'
import type { Origin } from '../audit.ts'
import { newClientId } from '../clients.ts'
import { wrongOption } from '../option-error.ts'
import type { RegistrationOptions } from '../options.ts'
import { clientInformation, registeredMetadata, registeredRecord, secretsFor } from '../registered-client.ts'
import { checkSectorDocument } from '../sector-document.ts'
import type { Service } from '../service.ts'
import type { Settings } from '../settings.ts'
import { addClientManagementEndpoints } from './client-management.ts'
import {
  answered,
  answering,
  metadataBody,
  originOf,
  presentedBearer,
  refusedToken,
  unauthorized,
} from './registration-request.ts'

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
    throw wrongOption('registration.initialAccessTokens', '32 characters or more, each')
  }
  routes.post(
    '/register',
    { body: metadataBody, request, address: clientAddress },
    { open: true, status: 201, tags: ['OAuth'], summary: 'Register a client' },
    ({ body, request, address }) =>
      answering(async () => {
        const open = await service()
        // Before the token is looked at: guesses count as well.
        await open.limits.registration(address)
        const presented = presentedBearer(request)
        if (!mayRegister(registration, presented)) {
          if (presented !== undefined)
            await open.audit([refusedToken(open, 'initial_access_token', originOf(address))])
          return unauthorized(presented)
        }
        return register(open, await body(), originOf(address))
      }),
  )
  addClientManagementEndpoints(routes, service)
}

async function register(service: Service, body: unknown, origin: Origin): Promise<Response> {
  const { settings, store } = service
  const metadata = registeredMetadata(body, settings)
  await checkSectorDocument(metadata, settings)
  const { stored, fresh } = secretsFor(metadata, [])
  const token = opaqueToken('registrationToken')
  const id = newClientId()
  const createdAt = settings.now()
  const record = registeredRecord(metadata, stored, token.hash)
  if (!(await store.createClient({ ...record, id, createdAt })))
    throw new Error('A random client id was taken')
  await service.audit([auditEvent('client.created', createdAt, { clientId: id, ...origin })])
  const client = { id, metadata, createdAt, secret: fresh?.value, registrationToken: token.value }
  return answered(201, clientInformation(client, settings.issuer))
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
