/** Writing what is issued: families, refresh tokens, reference tokens, audit events. */

import type { NewAccessToken } from '../ports/access-tokens.ts'
import type { Issued, NewFamily, NewRefreshToken } from '../ports/grants.ts'
import { insertAudit } from './audit.ts'
import { json } from './columns.ts'
import type { Runner } from './session.ts'
import { statement } from './statement.ts'

/** Writes what is issued. Only within a transaction that holds the grant, where there is one. */
export async function insertIssued(
  runner: Runner,
  grantId: string | undefined,
  now: number,
  { family, accessTokens = [], audit }: Issued,
): Promise<void> {
  if (family !== undefined && grantId !== undefined) await insertFamily(runner, grantId, now, family)
  for (const token of accessTokens) await insertAccessToken(runner, token)
  await insertAudit(runner, audit)
}

/** Until when something of this may be alive, in milliseconds since 1970. */
export function endOf({ family, accessTokens = [] }: Issued, now: number): number {
  return Math.max(now, family?.expiresAt ?? 0, ...accessTokens.map(({ expiresAt }) => expiresAt))
}

/** Writes a refresh token. */
export async function insertRefreshToken(
  runner: Runner,
  familyId: string,
  now: number,
  { hash, expiresAt }: NewRefreshToken,
): Promise<void> {
  await runner.changes(refreshToken, { hash, familyId, now, expiresAt })
}

async function insertFamily(runner: Runner, grantId: string, now: number, family: NewFamily): Promise<void> {
  await runner.changes(familyRow, {
    id: family.id,
    grantId,
    scopes: family.scopes.join(' '),
    resources: family.resources.join(' '),
    dpopJkt: family.dpopJkt ?? null,
    authTime: family.authTime ?? null,
    sessionId: family.sessionId ?? null,
    data: json(family.data),
    now,
    expiresAt: family.expiresAt,
  })
  if (family.refreshToken !== undefined) await insertRefreshToken(runner, family.id, now, family.refreshToken)
}

async function insertAccessToken(runner: Runner, token: NewAccessToken): Promise<void> {
  await runner.changes(accessToken, {
    hash: token.hash,
    id: token.id,
    clientId: token.clientId,
    grantId: token.grantId ?? null,
    familyId: token.familyId ?? null,
    subject: token.subject,
    scopes: token.scopes.join(' '),
    audience: token.audience.join(' '),
    dpopJkt: token.dpopJkt ?? null,
    data: json(token.data),
    issuedAt: token.issuedAt,
    expiresAt: token.expiresAt,
  })
}

const refreshToken = statement<{ hash: string; familyId: string; now: number; expiresAt: number }>`
  insert into gatewright_refresh_tokens (hash, family_id, created_at, expires_at)
  values (${'hash'}, ${'familyId'}, ${'now'}, ${'expiresAt'})`

interface FamilyValues {
  readonly id: string
  readonly grantId: string
  readonly scopes: string
  readonly resources: string
  readonly dpopJkt: string | null
  readonly authTime: number | null
  readonly sessionId: string | null
  readonly data: string | null
  readonly now: number
  readonly expiresAt: number
}

const familyRow = statement<FamilyValues>`
  insert into gatewright_families
    (id, grant_id, scopes, resources, dpop_jkt, auth_time, session_id, data, created_at, expires_at)
  values (${'id'}, ${'grantId'}, ${'scopes'}, ${'resources'}, ${'dpopJkt'}, ${'authTime'}, ${'sessionId'}, ${'data'},
    ${'now'}, ${'expiresAt'})`

interface AccessTokenValues {
  readonly hash: string
  readonly id: string
  readonly clientId: string
  readonly grantId: string | null
  readonly familyId: string | null
  readonly subject: string
  readonly scopes: string
  readonly audience: string
  readonly dpopJkt: string | null
  readonly data: string | null
  readonly issuedAt: number
  readonly expiresAt: number
}

const accessToken = statement<AccessTokenValues>`
  insert into gatewright_access_tokens
    (hash, id, client_id, grant_id, family_id, subject, scopes, audience, dpop_jkt, data, issued_at, expires_at)
  values (${'hash'}, ${'id'}, ${'clientId'}, ${'grantId'}, ${'familyId'}, ${'subject'}, ${'scopes'}, ${'audience'},
    ${'dpopJkt'}, ${'data'}, ${'issuedAt'}, ${'expiresAt'})`
