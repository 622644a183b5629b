/** An authorization request held against its client and this server: the same for one that is pushed and one that is not. */

import { parseAuthorizationRequest } from '../../protocol/authorization-request.ts'
import type { AuthorizationRequest } from '../../protocol/authorization-request.ts'
import type { SentParameters } from '../../protocol/parameters.ts'
import { scopesOfClient } from '../admin/scopes.ts'
import type { Client } from '../clients.ts'
import type { Settings } from '../settings.ts'

/** @throws {AuthorizationError} */
export function checkedRequest(
  settings: Settings,
  client: Client,
  parameters: SentParameters,
  isPushed: boolean,
): AuthorizationRequest {
  return parseAuthorizationRequest(
    parameters,
    {
      clientId: client.id,
      redirectUris: client.metadata.redirectUris,
      grantTypes: client.metadata.grantTypes,
      scopes: scopesOfClient(settings, client),
      requirePushedAuthorizationRequests: client.metadata.requirePushedAuthorizationRequests,
      isPkceOptional: client.privileges.pkceOptional === true,
    },
    { resources: [...settings.resources.keys()], isPushed },
  )
}
