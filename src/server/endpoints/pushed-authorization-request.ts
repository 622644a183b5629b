/** Pushed authorization requests (RFC 9126): checked before a browser is sent anywhere, and kept for a minute. */

import type { CorsOptions } from '../../http/cors.ts'
import { clientAddress, request, response } from '../../api/context.ts'
import type { Router } from '../../api/router.ts'
import { randomToken } from '../../crypto/random.ts'
import { AuthorizationError } from '../../protocol/authorization-error.ts'
import { dpopError } from '../../protocol/dpop.ts'
import { endpointUrl } from '../../protocol/issuer.ts'
import { invalidClient } from '../../protocol/oauth-error.ts'
import type { SentParameters } from '../../protocol/parameters.ts'
import { boundKey, pushedParameters, pushedRequestPrefix } from '../../protocol/pushed-request.ts'
import { Rejection } from '../../protocol/rejection.ts'
import { authenticateClient } from '../client-authentication.ts'
import type { Client } from '../clients.ts'
import { ClientDocumentError } from '../document-reader.ts'
import { provenKey } from '../dpop.ts'
import { hashOf } from '../grants/grant.ts'
import { checkedRequest } from '../interaction/checked-request.ts'
import type { Service } from '../service.ts'
import { oauthForm } from './oauth-form.ts'
import { unlessUnavailable } from './unavailable.ts'

const described = {
  title: 'PushedAuthorizationRequest',
  type: 'object',
  properties: {
    client_id: { type: 'string' },
    client_secret: { type: 'string', format: 'password' },
    response_type: { type: 'string', enum: ['code'] },
    redirect_uri: { type: 'string' },
    scope: { type: 'string' },
    state: { type: 'string' },
    code_challenge: { type: 'string' },
    code_challenge_method: { type: 'string', enum: ['S256'] },
    resource: { type: 'string' },
    nonce: { type: 'string' },
    dpop_jkt: { type: 'string' },
  },
  required: ['response_type'],
}

/** Adds `POST /par`. */
export function addPushedAuthorizationRequestEndpoint(
  routes: Router<string>,
  service: () => Promise<Service>,
  cors: CorsOptions,
): void {
  routes.post(
    '/par',
    { sent: oauthForm(described), request, response, address: clientAddress },
    {
      open: true,
      cors,
      status: 201,
      tags: ['OAuth'],
      summary: 'Push an authorization request',
      limits: { body: 65_536, fields: 100 },
    },
    ({ sent, request, response, address }) =>
      unlessUnavailable(async () => {
        const open = await service()
        const origin = address === undefined ? {} : { address }
        const authorization = request.headers.get('authorization') ?? undefined
        const client = await authenticateClient(open, sent, authorization, origin, (id) =>
          open.documents.named(id, address).catch(documentRefused),
        )
        await open.limits.token(client.id, address, 'pushed')
        const { dpopNonces } = open.settings
        if (dpopNonces) response.headers.set('dpop-nonce', open.nonces.current())
        return push(open, client, pushedParameters(sent), request).catch(asJson)
      }),
  )
}

async function push(
  service: Service,
  client: Client,
  parameters: SentParameters,
  request: Request,
): Promise<{ readonly request_uri: string; readonly expires_in: number }> {
  const { settings, store, nonces } = service
  const { dpopJkt } = checkedRequest(settings, client, parameters, true)
  // After everything else: a proof is used up by being looked at.
  const proven = await provenKey(service, {
    proof: request.headers.get('dpop') ?? undefined,
    method: 'POST',
    url: endpointUrl(settings.issuer, '/par'),
  })
  if (proven instanceof Rejection) throw dpopError(proven, settings.dpopNonces ? nonces.current() : undefined)
  const bound = boundKey(dpopJkt, proven)
  await service.documents.keep(client)
  const requestUri = pushedRequestPrefix + randomToken(32)
  const now = settings.now()
  const { pushedRequest: lifetime } = settings.lifetimes
  const outcome = await store.savePushedRequest({
    hash: hashOf(requestUri),
    clientId: client.id,
    parameters: { sent: withKey(parameters, bound).map(([name, value]) => [name, value]) },
    createdAt: now,
    expiresAt: now + lifetime * 1000,
  })
  if (outcome === 'gone') throw invalidClient('The client is not there any more')
  return { request_uri: requestUri, expires_in: lifetime }
}

/** RFC 9449 §10.1: a proof with the push says the same as `dpop_jkt`. */
function withKey(parameters: SentParameters, key: string | undefined): SentParameters {
  const others = parameters.filter(([name]) => name !== 'dpop_jkt')
  return key === undefined ? others : [...others, ['dpop_jkt', key]]
}

/** Who may be told what is wrong with a client is whoever sends its first request. */
function documentRefused(error: unknown): never {
  if (error instanceof ClientDocumentError) throw invalidClient(error.message, { cause: error })
  throw error
}

/** RFC 9126 §2.3: there is no browser yet, so every error is told to the client itself. */
function asJson(error: unknown): Response {
  if (!(error instanceof AuthorizationError)) throw error
  return Response.json(error, { status: 400, headers: { 'cache-control': 'no-store' } })
}
