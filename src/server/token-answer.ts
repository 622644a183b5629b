/** Making the tokens of an answer: everything that takes time happens here, before the store is asked to consume. */

import { opaqueToken } from '../crypto/opaque-token.ts'
import { randomToken } from '../crypto/random.ts'
import { protectedHeader, signJws } from '../crypto/jws.ts'
import type { AuthenticationContext } from '../protocol/authentication-context.ts'
import { accessTokenClaims } from '../protocol/access-token.ts'
import { formatScope } from '../protocol/scope.ts'
import type { Actor } from '../protocol/token-exchange.ts'
import type { JsonObject, NewAccessToken, NewRefreshToken } from '../store/grant-store.ts'
import { heldScopes } from './admin/scopes.ts'
import type { Client } from './clients.ts'
import type { Service } from './service.ts'
import type { Resource } from './resources.ts'

/** The answer of the token endpoint (RFC 6749 §5.1). */
export interface TokenAnswer {
  readonly access_token: string
  readonly token_type: 'Bearer' | 'DPoP'
  /** Seconds. */
  readonly expires_in: number
  readonly scope?: string
  readonly refresh_token?: string
  /** OpenID Connect Core §3.1.3.3. */
  readonly id_token?: string
  /** RFC 8693 §2.2.1. */
  readonly issued_token_type?: string
}

/** Whom an access token is for, and what it may do. */
export interface AccessTokenPlan {
  readonly client: Client
  readonly subject: string
  readonly scopes: readonly string[]
  /** At least one. */
  readonly resources: readonly Resource[]
  readonly grantId?: string | undefined
  readonly familyId?: string | undefined
  readonly dpopJkt?: string | undefined
  /** When the user logged in, in milliseconds since 1970. */
  readonly authTime?: number | undefined
  /** How they did. */
  readonly context?: AuthenticationContext | undefined
  readonly act?: Actor | undefined
  /** The token may not live longer than this, in milliseconds since 1970. */
  readonly notAfter?: number | undefined
}

/** An access token that is ready, and the row it needs. */
export interface PreparedToken {
  readonly value: string
  readonly id: string
  readonly answer: TokenAnswer
  /** For a reference token. */
  readonly rows: readonly NewAccessToken[]
}

/** Makes an access token: signs a JWT (RFC 9068), or draws a reference token whose row the store will write. */
export async function prepareAccessToken(service: Service, plan: AccessTokenPlan): Promise<PreparedToken> {
  const { settings } = service
  const issuedAt = Math.floor(settings.now() / 1000)
  const lifetime = lifetimeOf(plan, issuedAt)
  const id = randomToken(16)
  const { openid } = settings
  const isOpenId = openid !== undefined && plan.scopes.includes('openid')
  const audience = plan.resources.map(({ identifier }) => identifier)
  // The userinfo endpoint is an API as well: that of the issuer.
  if (isOpenId && !audience.includes(settings.issuer)) audience.push(settings.issuer)
  const useful = new Set([
    ...plan.resources.flatMap(({ scopes }) => scopes),
    ...(isOpenId ? Object.keys(openid.scopes) : []),
  ])
  // Whatever way a token is asked for: what was taken from its subject since is not in it.
  const scopes = await heldScopes(
    service,
    plan.subject,
    plan.scopes.filter((scope) => useful.has(scope)),
  )
  const claims = claimsOf(plan)
  const isReference =
    plan.resources.some(({ accessTokens }) => accessTokens === 'reference') ||
    // Whoever is to know people by a name of its own must not read the account's in a JWT.
    plan.client.metadata.subjectType === 'pairwise'
  const opaque = isReference ? opaqueToken('accessToken') : undefined
  const value =
    opaque?.value ??
    (await signed(service, {
      ...accessTokenClaims({
        issuer: settings.issuer,
        audience: audience[0] ?? settings.issuer,
        subject: plan.subject,
        scopes,
        clientId: plan.client.id,
        id,
        issuedAt,
        lifetime,
        claims,
      }),
      // RFC 7519 §4.1.3: one audience is a string, several are a list.
      ...(audience.length > 1 ? { aud: audience } : {}),
    }))
  const data = { ...loginClaims(plan), ...(plan.act === undefined ? {} : { act: plan.act }) }
  const row: readonly NewAccessToken[] =
    opaque === undefined
      ? []
      : [
          {
            hash: opaque.hash,
            id,
            clientId: plan.client.id,
            subject: plan.subject,
            scopes,
            audience,
            issuedAt: issuedAt * 1000,
            expiresAt: (issuedAt + lifetime) * 1000,
            ...(plan.grantId === undefined ? {} : { grantId: plan.grantId }),
            ...(plan.familyId === undefined ? {} : { familyId: plan.familyId }),
            ...(plan.dpopJkt === undefined ? {} : { dpopJkt: plan.dpopJkt }),
            ...(Object.keys(data).length === 0 ? {} : { data }),
          },
        ]
  return {
    value,
    id,
    rows: row,
    answer: {
      access_token: value,
      token_type: plan.dpopJkt === undefined ? 'Bearer' : 'DPoP',
      expires_in: lifetime,
      ...(scopes.length > 0 ? { scope: formatScope(scopes) } : {}),
    },
  }
}

/** A refresh token and its row. */
export function prepareRefreshToken(
  service: Service,
  familyEnd: number,
): { readonly value: string; readonly row: NewRefreshToken } {
  const { now, lifetimes } = service.settings
  const { value, hash } = opaqueToken('refreshToken')
  return { value, row: { hash, expiresAt: Math.min(now() + lifetimes.refreshIdle * 1000, familyEnd) } }
}

/** The claims that are not of RFC 9068's required ones. */
function claimsOf(plan: AccessTokenPlan): Readonly<Record<string, unknown>> {
  return {
    ...(plan.grantId === undefined ? {} : { grant_id: plan.grantId }),
    ...(plan.familyId === undefined ? {} : { family_id: plan.familyId }),
    ...(plan.dpopJkt === undefined ? {} : { cnf: { jkt: plan.dpopJkt } }),
    ...loginClaims(plan),
    ...(plan.act === undefined ? {} : { act: plan.act }),
  }
}

/** RFC 9068 §2.2.1: when and how the person logged in; a client that acts for itself did not. */
function loginClaims({ authTime, context = {} }: AccessTokenPlan): JsonObject {
  const { acr, amr } = context
  return {
    ...(authTime === undefined ? {} : { auth_time: Math.floor(authTime / 1000) }),
    ...(acr === undefined ? {} : { acr }),
    ...(amr === undefined ? {} : { amr }),
  }
}

function lifetimeOf({ resources, notAfter }: AccessTokenPlan, issuedAt: number): number {
  const usual = Math.min(...resources.map(({ lifetime }) => lifetime))
  if (notAfter === undefined) return usual
  return Math.max(0, Math.min(usual, Math.floor(notAfter / 1000) - issuedAt))
}

async function signed(service: Service, claims: Readonly<Record<string, unknown>>): Promise<string> {
  const key = await service.keys.current()
  return signJws(key, protectedHeader(key, 'at+jwt'), JSON.stringify(claims))
}
