/** The password grant (RFC 6749 §4.3), for our own clients alone: whoever else sees a password can keep it. */

import { randomToken } from '../../crypto/random.ts'
import { grantedScope } from '../../protocol/granted-scope.ts'
import { OAuthError, invalidGrant } from '../../protocol/oauth-error.ts'
import type { PasswordGrantRequest } from '../../protocol/token-request.ts'
import { readUsername } from '../accounts/names.ts'
import { auditEvent } from '../audit.ts'
import type { Client } from '../clients.ts'
import { resourcesAskedFor } from './grant.ts'
import type { Grant, GrantContext } from './grant.ts'
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
  const { subject, scopes: allowed } = await loggedIn(request, context)
  const scopes = grantedScope({ requested: request.scopes, allowed, ceiling: client.metadata.scopes })
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

async function loggedIn(
  { username, password }: PasswordGrantRequest,
  { service, client, origin }: GrantContext,
): Promise<{ readonly subject: string; readonly scopes: readonly string[] }> {
  const { accounts, limits, settings } = service
  // Every spelling of a name is one account, and has one count; a name that nobody can have is counted as well.
  const key = readUsername(username)?.usernameKey ?? username.slice(0, 200)
  const limit = await limits.loginFailures(key, origin.address)
  await limit.attempt()
  try {
    const login = await accounts.authenticate({ username, password })
    await limit.succeeded()
    return login
  } catch (error) {
    if (error instanceof OAuthError && error.code === 'invalid_grant') {
      const account = await accounts.find(username)
      // Not what was typed: people type passwords into the field for the name.
      const about = account === undefined ? {} : { subject: account.id }
      const event = auditEvent('login.failed', settings.now(), { clientId: client.id, ...about, ...origin })
      await service.audit([event])
    } else {
      // Too busy to hash, or a database that is away: that is no wrong password.
      await limit.unjudged().catch(service.settings.report)
    }
    throw error
  }
}
