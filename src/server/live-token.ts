/** Is this token good at this moment? Asked of the database, which knows of every revocation and everybody disabled. */

import { readAccessToken } from '../protocol/access-token.ts'
import { contextIn } from '../protocol/authentication-context.ts'
import type { TokenDescription } from '../protocol/introspection.ts'
import { Rejection } from '../protocol/rejection.ts'
import type { Actor } from '../protocol/token-exchange.ts'
import type { TokenLookup } from '../protocol/token-lookup.ts'
import { withoutUndefined } from '../protocol/without-undefined.ts'
import { hashOf } from './grants/grant.ts'
import { issuedJwt } from './issued-jwt.ts'
import type { Service } from './service.ts'

/** What a token is, or `undefined` if it is not alive: expired, revoked, unknown, its client or its person disabled. */
export async function liveToken(
  service: Service,
  lookup: TokenLookup,
): Promise<TokenDescription | undefined> {
  for (const kind of lookup.order) {
    const found = await finders[kind](service, lookup.token)
    if (found === undefined) continue
    return (await hasLiveOwner(service, found)) ? found : undefined
  }
  return undefined
}

type Find = (service: Service, token: string) => Promise<TokenDescription | undefined>

const finders: { readonly [Kind in TokenLookup['order'][number]]: Find } = {
  access_token: async (service, token) => (await reference(service, token)) ?? jwt(service, token),
  refresh_token: refreshToken,
}

async function reference({ store, settings }: Service, token: string): Promise<TokenDescription | undefined> {
  const found = await store.findAccessToken(hashOf(token), settings.now())
  if (found?.status !== 'live') return undefined
  return withoutUndefined({
    kind: 'access_token',
    issuer: settings.issuer,
    subject: found.subject,
    clientId: found.clientId,
    scopes: found.scopes.filter((scope) => settings.scopeNames.includes(scope)),
    audience: found.audience,
    issuedAt: seconds(found.issuedAt),
    expiresAt: seconds(found.expiresAt),
    id: found.id,
    dpopThumbprint: found.dpopJkt,
    grantId: found.grantId,
    familyId: found.familyId,
    // As `token-answer.ts` wrote it.
    act: found.data?.['act'] as Actor | undefined,
    authTime: numberOf(found.data?.['auth_time']),
    context: contextIn(found.data),
  } as const)
}

async function jwt(service: Service, token: string): Promise<TokenDescription | undefined> {
  const { settings, store } = service
  const claims = await issuedJwt(service, token)
  if (claims === undefined) return undefined
  const { aud } = claims
  const audience = Array.isArray(aud) ? String(aud[0]) : String(aud)
  const expected = {
    issuer: settings.issuer,
    audience,
    clockSkew: 0,
    catalogue: new Set(settings.scopeNames),
  }
  const read = readAccessToken(claims, expected, settings.now() / 1000)
  if (read instanceof Rejection || read.clientId === undefined) return undefined
  const { family_id: familyId, grant_id: grantId, cnf, act } = claims
  const isRevoked = await store.isRevoked(
    withoutUndefined({
      id: read.id,
      familyId: textOf(familyId),
      grantId: textOf(grantId),
      clientId: read.clientId,
      subject: read.subject,
      issuedAt: (read.issuedAt ?? 0) * 1000,
    }),
  )
  if (isRevoked) return undefined
  return withoutUndefined({
    kind: 'access_token',
    issuer: settings.issuer,
    subject: read.subject,
    clientId: read.clientId,
    scopes: read.scopes,
    audience: read.audience,
    issuedAt: read.issuedAt ?? 0,
    expiresAt: read.expiresAt,
    id: read.id,
    dpopThumbprint: textOf((cnf as { readonly jkt?: unknown } | undefined)?.jkt),
    grantId: textOf(grantId),
    familyId: textOf(familyId),
    act: act as Actor | undefined, // signed by us
    authTime: numberOf(claims['auth_time']),
    context: contextIn(claims),
  } as const)
}

async function refreshToken(
  { store, settings }: Service,
  token: string,
): Promise<TokenDescription | undefined> {
  const found = await store.findRefresh(hashOf(token), settings.now())
  if (found?.status !== 'live') return undefined
  const { grant, family } = found
  return withoutUndefined({
    kind: 'refresh_token',
    issuer: settings.issuer,
    subject: grant.subject,
    clientId: grant.clientId,
    scopes: family.scopes,
    audience: family.resources,
    issuedAt: seconds(found.createdAt),
    expiresAt: seconds(Math.min(found.expiresAt, family.expiresAt)),
    dpopThumbprint: family.dpopJkt,
  } as const)
}

/** A JWT says who it is of, not whether they are still there. */
async function hasLiveOwner({ clients, accounts }: Service, token: TokenDescription): Promise<boolean> {
  const client = await clients.get(token.clientId)
  if (client === undefined || client.disabled) return false
  // A client that acts for itself is no account.
  if (token.subject === undefined || token.subject === client.id) return true
  const account = await accounts.get(token.subject)
  return account !== undefined && !account.disabled
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000)
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
