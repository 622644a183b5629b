/** What goes with the end of a login session: tokens that were good only as long, and applications that are told. */

import type { GrantStore, SessionFamily } from '../../store/grant-store.ts'
import { auditEvent } from '../audit.ts'
import type { AuditEvent } from '../audit.ts'
import { revokedUntil } from '../keys/signing-keys.ts'
import type { Settings } from '../settings.ts'

/**
 * Ends what was good for as long as the person is logged in: what an OpenID client got without asking to keep access
 * while they are away (OpenID Connect Core §11, Back-Channel Logout §2.7). What OAuth clients got goes on: a program in a
 * terminal does not end with the browser that it was allowed in.
 *
 * @returns Everything that had come from the session, for those who have to be told.
 */
export async function endSessionTokens(
  store: GrantStore,
  settings: Settings,
  tell: (events: readonly AuditEvent[]) => void,
  sessionId: string,
): Promise<readonly SessionFamily[]> {
  const families = await store.listSessionFamilies(sessionId)
  for (const { id, clientId, grantId, scopes } of families) {
    if (!scopes.includes('openid') || scopes.includes('offline_access')) continue
    const now = settings.now()
    const audit = [
      auditEvent('family.revoked', now, { clientId, grantId, details: { familyId: id, session: sessionId } }),
    ]
    if (await store.revokeFamily(id, { now, until: revokedUntil(settings, now), audit })) tell(audit)
  }
  return families
}
