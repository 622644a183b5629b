/** The beginning of a family: what a code, a device code and a login by password are each redeemed for. */

import { randomToken } from '../../crypto/random.ts'
import type { Issued } from '../../store/grant-store.ts'
import { contextIn } from '../../protocol/authentication-context.ts'
import { idTokenFor } from '../openid/id-token.ts'
import type { Resource } from '../resources.ts'
import { prepareAccessToken, prepareRefreshToken } from '../token-answer.ts'
import type { TokenAnswer } from '../token-answer.ts'
import type { GrantContext } from './grant.ts'

/** Whose family it is, and what it may do. */
export interface FamilyPlan {
  readonly grantId: string
  readonly subject: string
  readonly scopes: readonly string[]
  /** What this answer is for. */
  readonly resources: readonly Resource[]
  /** The identifiers of what later answers may be for. */
  readonly allowedResources: readonly string[]
  /** When the user logged in, in milliseconds since 1970. */
  readonly authTime: number | undefined
  readonly sessionId?: string | undefined
  readonly data?: Readonly<Record<string, unknown>> | undefined
  /** What the person agreed to in all; the scopes unless told. */
  readonly agreed?: readonly string[]
  /** For the ID token. */
  readonly nonce?: string | undefined
}

/** Everything of a new family, ready: the answer, and the rows that the store writes with the consumption. */
export interface PreparedFamily {
  readonly answer: TokenAnswer
  /** The `jti` of the access token, for the audit event. */
  readonly jti: string
  readonly rows: Pick<Issued, 'family' | 'accessTokens'>
}

/** Makes the tokens of a new family. Nothing is written yet. */
export async function prepareFamily(
  { service, client, dpopJkt }: GrantContext,
  plan: FamilyPlan,
): Promise<PreparedFamily> {
  const { settings } = service
  const { grantId, subject, scopes, resources, authTime, sessionId, data } = plan
  const id = randomToken(16)
  const expiresAt = settings.now() + settings.lifetimes.refreshAbsolute * 1000
  const withRefresh = client.metadata.grantTypes.includes('refresh_token')
  const refresh = withRefresh ? prepareRefreshToken(service, expiresAt) : undefined
  const access = await prepareAccessToken(service, {
    client,
    subject,
    scopes,
    resources,
    grantId,
    familyId: id,
    dpopJkt,
    authTime,
    context: contextIn(data),
  })
  const idToken = await idTokenFor(service, {
    client,
    subject,
    scopes,
    agreed: plan.agreed ?? scopes,
    authTime,
    sessionId,
    data,
    nonce: plan.nonce,
    accessToken: access.value,
  })
  return {
    answer: {
      ...access.answer,
      ...(refresh === undefined ? {} : { refresh_token: refresh.value }),
      ...(idToken === undefined ? {} : { id_token: idToken }),
    },
    jti: access.id,
    rows: {
      family: {
        id,
        expiresAt,
        scopes,
        resources: plan.allowedResources,
        ...(authTime === undefined ? {} : { authTime }),
        // A confidential client proves itself by its own means; a public one by the key (RFC 9449 §5).
        ...(dpopJkt === undefined || client.isConfidential ? {} : { dpopJkt }),
        ...(sessionId === undefined ? {} : { sessionId }),
        ...(data === undefined ? {} : { data }),
        ...(refresh === undefined ? {} : { refreshToken: refresh.row }),
      },
      accessTokens: access.rows,
    },
  }
}
