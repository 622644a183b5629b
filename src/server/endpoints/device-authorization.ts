/** The device authorization endpoint (RFC 8628 §3.1): a device without a browser asks for the two codes. */

import type { CorsOptions } from '../../http/cors.ts'
import { randomBytes } from 'node:crypto'
import { clientAddress, request } from '../../api/context.ts'
import type { Router } from '../../api/router.ts'
import { opaqueToken } from '../../crypto/opaque-token.ts'
import { formatUserCode, userCodeFrom } from '../../protocol/device-code.ts'
import { grantedScope, requestedScopes } from '../../protocol/granted-scope.ts'
import { endpointUrl } from '../../protocol/issuer.ts'
import { OAuthError, temporarilyUnavailable } from '../../protocol/oauth-error.ts'
import { strictParameters } from '../../protocol/parameters.ts'
import type { SentParameters } from '../../protocol/parameters.ts'
import { scopesOfClient } from '../admin/scopes.ts'
import { auditEvent } from '../audit.ts'
import type { Origin } from '../audit.ts'
import { authenticateClient } from '../client-authentication.ts'
import type { Client } from '../clients.ts'
import { resourcesAskedFor } from '../grants/grant.ts'
import { userCodeHash } from '../interaction/device.ts'
import type { Service } from '../service.ts'
import { oauthForm } from './oauth-form.ts'
import { unlessUnavailable } from './unavailable.ts'

/** Seconds between two polls (RFC 8628 §3.2). */
const interval = 5

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code'

const described = {
  title: 'DeviceAuthorizationRequest',
  type: 'object',
  properties: {
    client_id: { type: 'string' },
    client_secret: { type: 'string', format: 'password' },
    scope: { type: 'string' },
    resource: { type: 'string' },
  },
}

/** RFC 8628 §3.2 */
interface DeviceAuthorizationAnswer {
  readonly device_code: string
  readonly user_code: string
  readonly verification_uri: string
  readonly verification_uri_complete: string
  readonly expires_in: number
  readonly interval: number
}

/** Adds `POST /device_authorization`. */
export function addDeviceAuthorizationEndpoint(
  routes: Router<string>,
  service: () => Promise<Service>,
  cors: CorsOptions,
): void {
  routes.post(
    '/device_authorization',
    { sent: oauthForm(described), request, address: clientAddress },
    {
      open: true,
      cors,
      tags: ['OAuth'],
      summary: 'Device authorization',
      operationId: 'device_authorization',
      limits: { body: 65_536, fields: 100 },
    },
    ({ sent, request, address }) =>
      unlessUnavailable(async (): Promise<DeviceAuthorizationAnswer> => {
        const open = await service()
        const origin = address === undefined ? {} : { address }
        const authorization = request.headers.get('authorization') ?? undefined
        // RFC 8628 §3.1: as at the token endpoint.
        const client = await authenticateClient(open, sent, authorization, origin)
        await open.limits.token(client.id, address, 'device')
        return started(open, client, sent, origin)
      }),
  )
}

async function started(
  service: Service,
  client: Client,
  parameters: SentParameters,
  origin: Origin,
): Promise<DeviceAuthorizationAnswer> {
  const { settings, store } = service
  if (!client.metadata.grantTypes.includes(deviceGrant)) {
    throw new OAuthError('unauthorized_client', 'The client is not registered for this grant type')
  }
  const sent = strictParameters(parameters, repeatable)
  const requested = requestedScopes(sent)
  const allowed = grantedScope({
    requested,
    // As at the authorization endpoint: who a person is has to be asked for.
    allowed: requested === undefined ? Object.keys(settings.scopes) : settings.scopeNames,
    ceiling: scopesOfClient(settings, client),
  })
  // OpenID Connect Core §11: what cannot be given is ignored.
  const isRefreshed = client.metadata.grantTypes.includes('refresh_token')
  const scopes = isRefreshed ? allowed : allowed.filter((scope) => scope !== 'offline_access')
  const resources = resourcesAskedFor(service, sent.all('resource')).map(({ identifier }) => identifier)
  const now = settings.now()
  const lifetime = settings.lifetimes.deviceCode
  const audit = [auditEvent('device.started', now, { clientId: client.id, details: { scopes }, ...origin })]
  for (let tries = 0; tries < 5; tries++) {
    const userCode = userCodeFrom(randomBytes(16))
    const { value, hash } = opaqueToken('deviceCode')
    const device = {
      hash,
      userCodeHash: userCodeHash(settings, userCode),
      clientId: client.id,
      scopes,
      resources,
      interval: interval * 1000,
      createdAt: now,
      expiresAt: now + lifetime * 1000,
    }
    const outcome = await store.saveDevice(device, audit)
    if (outcome === 'gone') throw new OAuthError('invalid_client', 'The client is not there any more')
    if (outcome === 'taken') continue
    service.tell(audit)
    const address = endpointUrl(settings.issuer, '/device')
    const shown = formatUserCode(userCode)
    return {
      device_code: value,
      user_code: shown,
      verification_uri: address,
      verification_uri_complete: `${address}?user_code=${shown}`,
      expires_in: lifetime,
      interval,
    }
  }
  throw temporarilyUnavailable('No user code is free just now, try again', {
    headers: { 'retry-after': '5' },
  })
}

const repeatable: ReadonlySet<string> = new Set(['resource'])
