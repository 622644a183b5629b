/** The authorization code grant (RFC 6749 §4.1.3): every check first, then the code is consumed with what follows, in one step. */

import { OAuthError, invalidGrant } from '../../protocol/oauth-error.ts'
import { verifyPkce } from '../../protocol/pkce.ts'
import type { AuthorizationCodeRequest } from '../../protocol/token-request.ts'
import type { FoundCode } from '../../store/grant-store.ts'
import { auditEvent } from '../audit.ts'
import { revokedUntil } from '../keys/signing-keys.ts'
import { hashOf, resourcesFor } from './grant.ts'
import type { Grant, GrantContext } from './grant.ts'
import { prepareFamily } from './new-family.ts'

/**
 * For so long a second use is taken for the other half of a double submit: it gets nothing, and takes nothing away. Nobody can
 * tell requests that were sent at the same moment from one that came right after; what comes later is a replay.
 */
const doubleSubmit = 2000

/** Redeems a code. Of many who present it at once exactly one gets tokens; a replay revokes what the first got. */
export const redeemAuthorizationCode: Grant<AuthorizationCodeRequest> = async (request, context) => {
  const { service, client, origin } = context
  const { store, settings } = service
  const now = settings.now()
  const hash = hashOf(request.code)
  const code = await store.findCode(hash, now)
  // Another client's code is to this one what no code is; it is not touched (RFC 9700 §4.5).
  if (code === undefined || code.clientId !== client.id) throw refused('unknown, or of another client')
  await checkBindings(request, code, context)
  if (code.status === 'spent') await replayed(code, context, now)
  if (code.status !== 'live') throw refused(code.status)

  const resources = resourcesFor(service, request.resources, code.resources)
  const family = await prepareFamily(context, {
    grantId: code.grantId,
    subject: code.subject,
    scopes: code.scopes,
    resources,
    allowedResources: code.resources,
    authTime: code.authTime,
    sessionId: code.sessionId,
    data: code.data,
    agreed: code.grant.scopes,
    nonce: code.nonce,
  })
  const audit = [
    auditEvent('code.redeemed', now, {
      clientId: client.id,
      subject: code.subject,
      grantId: code.grantId,
      details: { jti: family.jti, scopes: code.scopes },
      ...origin,
    }),
  ]
  const outcome = await store.redeemCode(hash, now, { ...family.rows, audit })
  // Told `spent`, it was simultaneous with the one that won, whose tokens stay good.
  if (outcome !== 'redeemed') throw refused(outcome)
  service.tell(audit)
  return family.answer
}

/** RFC 6749 §4.1.3, RFC 7636 §4.6, RFC 9449 §10: a try that does not fit is counted, and changes nothing else. */
async function checkBindings(
  request: AuthorizationCodeRequest,
  code: FoundCode,
  { service, dpopJkt, client, origin }: GrantContext,
): Promise<void> {
  try {
    if (request.redirectUri !== undefined && request.redirectUri !== code.redirectUri) {
      throw refused('another redirect_uri')
    }
    if (code.dpopJkt !== undefined && code.dpopJkt !== dpopJkt) throw refused('another DPoP key')
    verifyPkce(code.codeChallenge, request.codeVerifier)
  } catch (error) {
    if (error instanceof OAuthError && code.status === 'live') await service.store.countCodeFailure(code.hash)
    await service.audit([
      auditEvent('code.refused', service.settings.now(), {
        clientId: client.id,
        subject: code.subject,
        grantId: code.grantId,
        details: { reason: reasonOf(error) },
        ...origin,
      }),
    ])
    throw error
  }
}

/** RFC 6749 §4.1.2: a code that comes a second time has been stolen; what the first use made dies. */
async function replayed(
  code: FoundCode,
  { service, client, origin }: GrantContext,
  now: number,
): Promise<void> {
  const { settings, store } = service
  const grace = Math.min(doubleSubmit, settings.retryWindow)
  if (code.familyId === undefined || (code.usedAt !== undefined && now - code.usedAt < grace)) return
  const audit = [
    auditEvent('code.reused', now, {
      clientId: client.id,
      subject: code.subject,
      grantId: code.grantId,
      details: { familyId: code.familyId },
      ...origin,
    }),
  ]
  const until = revokedUntil(settings, now)
  if (await store.revokeFamily(code.familyId, { now, until, audit })) service.tell(audit)
}

/** For the log: what did not fit. */
function reasonOf(error: unknown): string {
  if (!(error instanceof OAuthError)) return 'error'
  return typeof error.cause === 'string' ? error.cause : error.message
}

/** One text for every reason: who holds a stolen code learns nothing from it. */
function refused(cause: string): OAuthError {
  return invalidGrant('The code is not valid for this request', { cause })
}
