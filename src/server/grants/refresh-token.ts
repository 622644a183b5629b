/** The refresh token grant (RFC 6749 §6): rotation, the identical answer for a retry, the end of the family for a replay. */

import { deriveKey, seal, unseal } from '../../crypto/seal.ts'
import { contextIn } from '../../protocol/authentication-context.ts'
import { grantedScope } from '../../protocol/granted-scope.ts'
import { judgeRefresh, refreshFingerprint, refreshRefused } from '../../protocol/refresh-rotation.ts'
import type { RefreshTokenRequest } from '../../protocol/token-request.ts'
import type { FoundRefreshToken } from '../../store/grant-store.ts'
import { scopesOfClient } from '../admin/scopes.ts'
import { auditEvent } from '../audit.ts'
import { revokedUntil } from '../keys/signing-keys.ts'
import { idTokenFor } from '../openid/id-token.ts'
import { prepareAccessToken, prepareRefreshToken } from '../token-answer.ts'
import type { TokenAnswer } from '../token-answer.ts'
import { hashOf, resourcesFor } from './grant.ts'
import type { Grant, GrantContext } from './grant.ts'

/** What is sealed on the used token, for the retry of whoever presents it again. */
interface SealedAnswer {
  readonly answer: TokenAnswer
  readonly fingerprint: string
  readonly dpopJkt?: string | undefined
}

/** Refreshes. Of many who present one token at once exactly one rotates it; inside the retry window all get its answer. */
export const refresh: Grant<RefreshTokenRequest> = async (request, context) => {
  const { service, client } = context
  const { store, settings } = service
  const now = settings.now()
  const hash = hashOf(request.refreshToken)
  const found = await store.findRefresh(hash, now)
  if (found === undefined) throw refreshRefused('unknown')
  const verdict = judged(request, found, context, now)
  if (verdict.repeat !== undefined) return verdict.repeat
  if (verdict.isReuse) return reused(found, context, now)
  if (found.status !== 'live') throw refreshRefused(found.status === 'revoked' ? 'revoked' : 'idle')

  const { family, grant } = found
  const scopes = grantedScope({
    requested: request.scopes,
    // Consent may have been renewed with less since.
    allowed: family.scopes.filter((scope) => grant.scopes.includes(scope)),
    ceiling: scopesOfClient(settings, client),
  })
  const resources = resourcesFor(service, request.resources, family.resources)
  const successor = prepareRefreshToken(service, family.expiresAt)
  const access = await prepareAccessToken(service, {
    client,
    subject: grant.subject,
    scopes,
    resources,
    grantId: grant.id,
    familyId: family.id,
    dpopJkt: context.dpopJkt,
    authTime: family.authTime,
    context: contextIn(family.data),
  })
  // OpenID Connect Core §12.2: the same person, the same login, and no nonce.
  const idToken = await idTokenFor(service, {
    client,
    subject: grant.subject,
    scopes,
    agreed: grant.scopes,
    authTime: family.authTime,
    sessionId: family.sessionId,
    data: family.data,
    accessToken: access.value,
  })
  const answer = {
    ...access.answer,
    refresh_token: successor.value,
    ...(idToken === undefined ? {} : { id_token: idToken }),
  }
  const audit = [
    auditEvent('refresh_token.rotated', now, {
      clientId: client.id,
      subject: grant.subject,
      grantId: grant.id,
      details: { jti: access.id, familyId: family.id },
      ...context.origin,
    }),
  ]
  const outcome = await store.rotateRefresh(hash, now, {
    successor: successor.row,
    issued: { accessTokens: access.rows, audit },
    ...sealed(answer, request, context, now),
  })
  if (outcome === 'rotated') {
    service.tell(audit)
    return answer
  }
  // Somebody was first, and has committed: what it answered is there to be read.
  const after = outcome === 'spent' ? await store.findRefresh(hash, now) : undefined
  const late = after && judged(request, after, context, now)
  if (late?.repeat !== undefined) return late.repeat
  throw refreshRefused(outcome === 'spent' ? 'other_request' : 'revoked')
}

interface Verdict {
  readonly repeat?: TokenAnswer
  readonly isReuse: boolean
}

/** @throws {OAuthError} `invalid_grant`, with nothing changed. */
function judged(
  request: RefreshTokenRequest,
  found: FoundRefreshToken,
  { client, dpopJkt, service }: GrantContext,
  now: number,
): Verdict {
  const opened = found.sealedAnswer && unsealed(request.refreshToken, found.sealedAnswer, found.hash)
  const { family, grant } = found
  const judgement = judgeRefresh({
    row: {
      clientId: grant.clientId,
      dpopThumbprint: family.dpopJkt,
      expiresAt: found.expiresAt,
      familyExpiresAt: family.expiresAt,
      familyRevokedAt: found.status === 'revoked' ? (family.revokedAt ?? grant.revokedAt ?? now) : undefined,
      consumed:
        found.usedAt === undefined
          ? undefined
          : {
              at: found.usedAt,
              bindings: {
                fingerprint: opened ? opened.fingerprint : '',
                dpopThumbprint: opened ? opened.dpopJkt : undefined,
              },
              isSuccessorUsed: found.successor?.usedAt !== undefined,
            },
    },
    now,
    clientId: client.id,
    bindings: { fingerprint: refreshFingerprint(request), dpopThumbprint: dpopJkt },
    retryWindow: service.settings.retryWindow,
  })
  if (judgement.verdict === 'refuse') throw refreshRefused(judgement.reason)
  if (judgement.verdict === 'repeat' && opened) return { repeat: opened.answer, isReuse: false }
  return { isReuse: judgement.verdict === 'reuse' }
}

/** RFC 9700 §4.14.2: a used token that comes back means that two hold it; its family dies, and no other. */
async function reused(found: FoundRefreshToken, context: GrantContext, now: number): Promise<never> {
  const { service, client, origin } = context
  const audit = [
    auditEvent('refresh_token.reused', now, {
      clientId: client.id,
      subject: found.grant.subject,
      grantId: found.grant.id,
      details: { familyId: found.family.id },
      ...origin,
    }),
  ]
  const until = revokedUntil(service.settings, now)
  if (await service.store.revokeFamily(found.family.id, { now, until, audit })) service.tell(audit)
  throw refreshRefused('reuse')
}

const purpose = 'gatewright refresh answer'

/** The key comes from the token that was presented: the database alone opens nothing. */
function sealed(
  answer: TokenAnswer,
  request: RefreshTokenRequest,
  { service, dpopJkt }: GrantContext,
  now: number,
): { readonly sealedAnswer?: string; readonly sealedUntil?: number } {
  const { retryWindow } = service.settings
  if (retryWindow === 0) return {}
  const content: SealedAnswer = { answer, fingerprint: refreshFingerprint(request), dpopJkt }
  const key = deriveKey(request.refreshToken, purpose)
  const sealedAnswer = seal(key, JSON.stringify(content), hashOf(request.refreshToken))
  return { sealedAnswer, sealedUntil: now + retryWindow }
}

function unsealed(token: string, text: string, hash: string): SealedAnswer | undefined {
  const content = unseal(deriveKey(token, purpose), text, hash)
  return content === undefined ? undefined : (JSON.parse(content) as SealedAnswer)
}
