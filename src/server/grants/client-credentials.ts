/** The client credentials grant (RFC 6749 §4.4): a machine for itself, below a ceiling of its own. */

import { grantedScope } from '../../protocol/granted-scope.ts'
import { OAuthError } from '../../protocol/oauth-error.ts'
import type { ClientCredentialsRequest } from '../../protocol/token-request.ts'
import { auditEvent } from '../audit.ts'
import { prepareAccessToken } from '../token-answer.ts'
import { resourcesAskedFor } from './grant.ts'
import type { Grant } from './grant.ts'

/** Issues an access token to the client itself; never a refresh token (RFC 6749 §4.4.3). */
export const clientCredentials: Grant<ClientCredentialsRequest> = async (request, context) => {
  const { service, client, dpopJkt, origin } = context
  if (!client.isConfidential) {
    throw new OAuthError('unauthorized_client', 'Only a client that authenticates may act for itself')
  }
  const resources = resourcesAskedFor(service, request.resources)
  // What people may grant a client says nothing about what it may do without them.
  const scopes = grantedScope({
    requested: request.scopes,
    allowed: client.privileges.clientCredentialsScopes ?? [],
  })
  const access = await prepareAccessToken(service, { client, subject: client.id, scopes, resources, dpopJkt })
  const now = service.settings.now()
  const audit = [
    auditEvent('token.issued', now, {
      clientId: client.id,
      details: { grant: 'client_credentials', jti: access.id, scopes },
      ...origin,
    }),
  ]
  const outcome = await service.store.issue({
    clientId: client.id,
    accessTokens: access.rows,
    audit,
    now,
  })
  if (outcome === 'gone') throw new OAuthError('invalid_client', 'The client is not there any more')
  service.tell(audit)
  return access.answer
}
