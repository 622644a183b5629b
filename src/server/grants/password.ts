/** The password grant (RFC 6749 §4.3), for our own clients alone: whoever else sees a password can keep it. */

import { randomToken } from '../../crypto/random.ts'
import { acrOf } from '../../protocol/authentication-context.ts'
import { grantedScope } from '../../protocol/granted-scope.ts'
import { OAuthError, invalidGrant } from '../../protocol/oauth-error.ts'
import type { PasswordGrantRequest } from '../../protocol/token-request.ts'
import { scopesOfClient } from '../admin/scopes.ts'
import { auditEvent } from '../audit.ts'
import type { Client } from '../clients.ts'
import { secondFactorKinds } from '../factors/second-factors.ts'
import { logIn } from '../login.ts'
import { resourcesAskedFor } from './grant.ts'
import type { Grant } from './grant.ts'
import { prepareFamily } from './new-family.ts'

/** Whether a client may use it: one of ours, and registered for it. */
export function mayUsePassword(client: Pick<Client, 'metadata' | 'privileges'>): boolean {
  return client.privileges.firstParty === true && client.metadata.grantTypes.includes('password')
}

/** Logs a person in by name and password, slowed by account and by address. */
export const passwordGrant: Grant<PasswordGrantRequest> = async (request, context) => {
  const { service, client, origin } = context
  const { settings, store } = service
  if (!mayUsePassword(client)) {
    throw new OAuthError('unauthorized_client', 'This client may not use passwords')
  }
  const resources = resourcesAskedFor(service, request.resources)
  const login = await logIn(service, request, { clientId: client.id, origin })
  const { subject, scopes: allowed } = login
  if (login.account.mustChangePassword === true) {
    throw invalidGrant(
      'The password of this account has to be changed first, which this grant cannot ask for',
    )
  }
  // A password alone is not enough for these, and here there is nobody to ask for more.
  if (settings.secondFactor === 'required' || (await secondFactorKinds(service, subject)).length > 0) {
    throw invalidGrant('This account needs a second factor, which this grant cannot ask for')
  }
  const ceiling = scopesOfClient(settings, client)
  const scopes = grantedScope({ requested: request.scopes, allowed, ceiling })
  const now = settings.now()
  const grantId = randomToken(16)
  const identifiers = resources.map(({ identifier }) => identifier)
  const family = await prepareFamily(context, {
    grantId,
    subject,
    scopes,
    resources,
    allowedResources: identifiers,
    authTime: now,
    data: { amr: ['pwd'], acr: acrOf(['pwd']) },
  })
  const details = { grant: 'password', jti: family.jti, scopes }
  const audit = [
    auditEvent('token.issued', now, { clientId: client.id, subject, grantId, details, ...origin }),
  ]
  const outcome = await store.issue({
    clientId: client.id,
    now,
    grant: { id: grantId, clientId: client.id, subject, scopes, resources: identifiers },
    ...family.rows,
    audit,
  })
  // Disabled since the password was looked at: the same words as for a wrong one.
  if (outcome === 'gone') throw invalidGrant('Incorrect username or password', { cause: outcome })
  service.tell(audit)
  return family.answer
}
