/** The token endpoint (RFC 6749 §3.2): who asks, what for, and which grant answers. */

import type { CorsOptions } from '../../http/cors.ts'
import type { Router } from '../../api/router.ts'
import { clientAddress, response } from '../../api/context.ts'
import type { GrantType } from '../../protocol/client-metadata.ts'
import { dpopError } from '../../protocol/dpop.ts'
import { endpointUrl } from '../../protocol/issuer.ts'
import { OAuthError } from '../../protocol/oauth-error.ts'
import { Rejection } from '../../protocol/rejection.ts'
import { parseTokenRequest } from '../../protocol/token-request.ts'
import type { TokenRequest } from '../../protocol/token-request.ts'
import { authenticateClient } from '../client-authentication.ts'
import type { Client } from '../clients.ts'
import { provenKey } from '../dpop.ts'
import { redeemAuthorizationCode } from '../grants/authorization-code.ts'
import { clientCredentials } from '../grants/client-credentials.ts'
import { redeemDeviceCode } from '../grants/device-code.ts'
import { mayUsePassword, passwordGrant } from '../grants/password.ts'
import { exchangeToken } from '../grants/token-exchange.ts'
import type { GrantContext } from '../grants/grant.ts'
import { refresh } from '../grants/refresh-token.ts'
import type { Service } from '../service.ts'
import type { TokenAnswer } from '../token-answer.ts'
import { oauthForm } from './oauth-form.ts'
import { offeredGrants, offeredGrantsOf } from './offered.ts'
import { sentHeader } from './sent-header.ts'
import { unlessUnavailable } from './unavailable.ts'

const described = {
  title: 'TokenRequest',
  type: 'object',
  properties: {
    grant_type: { type: 'string', enum: [...offeredGrants] },
    client_id: { type: 'string' },
    client_secret: { type: 'string', format: 'password' },
    code: { type: 'string' },
    redirect_uri: { type: 'string' },
    code_verifier: { type: 'string' },
    refresh_token: { type: 'string' },
    device_code: { type: 'string' },
    subject_token: { type: 'string' },
    subject_token_type: { type: 'string' },
    actor_token: { type: 'string' },
    actor_token_type: { type: 'string' },
    audience: { type: 'string' },
    scope: { type: 'string' },
    resource: { type: 'string' },
  },
  required: ['grant_type'],
}

/** Adds `POST /token`. */
export function addTokenEndpoint(
  routes: Router<string>,
  service: () => Promise<Service>,
  cors: CorsOptions,
): void {
  routes.post(
    '/token',
    {
      sent: oauthForm(described),
      authorization: sentHeader('authorization'),
      proof: sentHeader('dpop'),
      response,
      address: clientAddress,
    },
    {
      open: true,
      cors,
      tags: ['OAuth'],
      summary: 'Token',
      operationId: 'token',
      limits: { body: 65_536, fields: 100 },
    },
    ({ sent, authorization, proof, response, address }) =>
      unlessUnavailable(async (): Promise<TokenAnswer> => {
        const open = await service()
        const origin = address === undefined ? {} : { address }
        const client = await authenticateClient(open, sent, authorization, origin)
        await open.limits.token(client.id, address)
        const asked = parseTokenRequest(sent, offeredTo(client, open))
        if (!client.metadata.grantTypes.includes(asked.grantType)) {
          throw new OAuthError('unauthorized_client', 'The client is not registered for this grant type')
        }
        const dpopJkt = await proven(open, client, proof)
        if (open.settings.dpopNonces) response.headers.set('dpop-nonce', open.nonces.current())
        return answer(asked, { service: open, client, origin, dpopJkt })
      }),
  )
}

/** Each request to the grant it is for. */
function answer(asked: TokenRequest, context: GrantContext): Promise<TokenAnswer> {
  switch (asked.grantType) {
    case 'authorization_code':
      return redeemAuthorizationCode(asked, context)
    case 'refresh_token':
      return refresh(asked, context)
    case 'client_credentials':
      return clientCredentials(asked, context)
    case 'urn:ietf:params:oauth:grant-type:device_code':
      return redeemDeviceCode(asked, context)
    case 'urn:ietf:params:oauth:grant-type:token-exchange':
      return exchangeToken(asked, context)
    case 'password':
      return passwordGrant(asked, context)
  }
}

/** To whoever may not use it the password grant does not exist, unless the metadata says that it does. */
function offeredTo(client: Client, { settings }: Service): ReadonlySet<GrantType> {
  const offered = offeredGrantsOf(settings)
  return mayUsePassword(client) ? new Set([...offered, 'password']) : offered
}

/** RFC 9449 §5: the proof binds what is issued to a key. */
async function proven(
  service: Service,
  client: Client,
  proof: string | undefined,
): Promise<string | undefined> {
  const key = await provenKey(service, {
    proof,
    method: 'POST',
    url: endpointUrl(service.settings.issuer, '/token'),
  })
  if (key instanceof Rejection) {
    throw dpopError(key, service.settings.dpopNonces ? service.nonces.current() : undefined)
  }
  if (key === undefined && client.metadata.dpopBoundAccessTokens) {
    throw new OAuthError('invalid_dpop_proof', 'This client must send a DPoP proof (RFC 9449 §5.2)')
  }
  return key
}
