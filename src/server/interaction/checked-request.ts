/** An authorization request held against its client and this server: the same for one that is pushed and one that is not. */

import { parseAuthorizationRequest } from '../../protocol/authorization-request.ts'
import type { AuthorizationRequest } from '../../protocol/authorization-request.ts'
import type { SentParameters } from '../../protocol/parameters.ts'
import { scopesOfClient } from '../admin/scopes.ts'
import type { Client } from '../clients.ts'
import type { Settings } from '../settings.ts'

/** How answers get to clients. */
export const responseModes = ['query', 'form_post'] as const

/** @throws {AuthorizationError} */
export function checkedRequest(
  settings: Settings,
  client: Client,
  parameters: SentParameters,
  isPushed: boolean,
): AuthorizationRequest {
  const request = parseAuthorizationRequest(
    parameters,
    {
      clientId: client.id,
      redirectUris: client.metadata.redirectUris,
      grantTypes: client.metadata.grantTypes,
      scopes: scopesOfClient(settings, client),
      requirePushedAuthorizationRequests: client.metadata.requirePushedAuthorizationRequests,
      isPkceOptional: client.privileges.pkceOptional === true,
    },
    { resources: [...settings.resources.keys()], isPushed, responseModes },
  )
  const { defaultMaxAge } = client.metadata
  // OpenID Connect Registration §2: what the request says goes before it.
  if (request.maxAge !== undefined || defaultMaxAge === undefined) return request
  return { ...request, maxAge: defaultMaxAge }
}
