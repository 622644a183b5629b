/** Writing what is issued: families, refresh tokens, reference tokens, audit events. */

import type { NewAccessToken } from '../ports/access-tokens.ts'
import type { Issued, NewFamily, NewRefreshToken } from '../ports/grants.ts'
import { auditItems, auditSteps, insertAuditOf } from './audit.ts'
import { insertionOf } from './batch.ts'
import { json } from './columns.ts'
import type { Integer } from './columns.ts'
import { asInteger, asText, insertion, step } from './statement.ts'
import type { Fragment, Step } from './statement.ts'

/** What the grant of a new family is found by: its own id, or the hash of the code that is redeemed. */
export interface Origin {
  readonly by: 'grant' | 'code' | 'device'
  readonly value: string
}

/** The steps that write what is issued. Only in a transaction that holds the grant, where there is one. */
export function issuedSteps(issued: Issued, origin: Origin | undefined, now: number): readonly Step[] {
  const { family, accessTokens = [], audit } = issued
  return [
    ...(family === undefined || origin === undefined ? [] : familySteps(family, origin, now)),
    ...accessTokens.map((token) => step(insertAccessToken, accessTokenRow(token))),
    ...auditSteps(audit),
  ]
}

/** What is issued without a family, as it goes into a batch with these columns: see {@link insertIssuedOf}. */
export function issuedItems({ accessTokens = [], audit }: Issued): IssuedItems {
  return { tokens: accessTokens.map(accessTokenRow), audit: auditItems(audit) }
}

/** The columns that {@link insertIssuedOf} reads. */
export const issuedColumns = 'tokens json, audit json'

/** What goes into them. */
export interface IssuedItems {
  readonly tokens: readonly object[]
  readonly audit: readonly object[]
}

/** Writes what is issued by these rows of a batch, as parts of a `with`. */
export function insertIssuedOf(rows: string): Fragment {
  const tokens = insertionOf('gatewright_access_tokens', accessTokenColumns, `${rows}.tokens`)
  const events = insertAuditOf(rows)
  return (flavor) => `tokens as (${tokens(flavor)}), events as (${events(flavor)})`
}

/** A new family with its refresh token, as it goes into a batch with these columns: see {@link insertFamilyOf}. */
export function familyItems(family: NewFamily | undefined, now: number): FamilyItems {
  if (family === undefined) return { families: [], refreshes: [] }
  const { refreshToken } = family
  return {
    families: [familyRow(family, '', now)],
    refreshes: refreshToken === undefined ? [] : [refreshTokenRow(family.id, refreshToken, now)],
  }
}

/** The columns that {@link insertFamilyOf} reads. */
export const familyItemColumns = 'families json, refreshes json'

/** What goes into them. */
export interface FamilyItems {
  readonly families: readonly object[]
  readonly refreshes: readonly object[]
}

/** Writes the families of these rows of a batch, under the grant in their column `grant_id`, as parts of a `with`. */
export function insertFamilyOf(rows: string): Fragment {
  const grant = { grant_id: `${rows}.grant_id` }
  const families = insertionOf('gatewright_families', familyColumns, `${rows}.families`, grant)
  const refreshes = insertionOf('gatewright_refresh_tokens', refreshTokenColumns, `${rows}.refreshes`)
  return (flavor) => `families as (${families(flavor)}), refreshes as (${refreshes(flavor)})`
}

/** The step that writes the successor of a token, into its family. */
export function successorStep(predecessor: string, successor: NewRefreshToken, now: number): Step {
  return step(insertSuccessor, refreshTokenRow(predecessor, successor, now))
}

/** Until when something of this may be alive, in milliseconds since 1970. */
export function endOf({ family, accessTokens = [] }: Issued, now: number): number {
  return Math.max(now, family?.expiresAt ?? 0, ...accessTokens.map(({ expiresAt }) => expiresAt))
}

function familySteps(family: NewFamily, { by, value }: Origin, now: number): readonly Step[] {
  const row = step(insertFamily[by], familyRow(family, value, now))
  const { refreshToken } = family
  return refreshToken === undefined
    ? [row]
    : [row, step(insertRefreshToken, refreshTokenRow(family.id, refreshToken, now))]
}

interface RefreshTokenRow {
  readonly hash: string
  readonly family_id: string
  readonly created_at: Integer
  readonly expires_at: Integer
}

const refreshTokenColumns = { hash: asText, family_id: asText, created_at: asInteger, expires_at: asInteger }

const insertRefreshToken = insertion<RefreshTokenRow>('gatewright_refresh_tokens', refreshTokenColumns)

const insertSuccessor = insertion<RefreshTokenRow>('gatewright_refresh_tokens', {
  ...refreshTokenColumns,
  family_id: '(select r.family_id from gatewright_refresh_tokens as r where r.hash = @)',
})

function refreshTokenRow(family: string, { hash, expiresAt }: NewRefreshToken, now: number): RefreshTokenRow {
  return { hash, family_id: family, created_at: now, expires_at: expiresAt }
}

interface FamilyRow {
  readonly id: string
  readonly grant_id: string
  readonly scopes: string
  readonly resources: string
  readonly dpop_jkt: string | null
  readonly auth_time: Integer | null
  readonly session_id: string | null
  readonly data: string | null
  readonly created_at: Integer
  readonly expires_at: Integer
}

const familyColumns = {
  id: asText,
  grant_id: asText,
  scopes: asText,
  resources: asText,
  dpop_jkt: asText,
  auth_time: asInteger,
  session_id: asText,
  data: asText,
  created_at: asInteger,
  expires_at: asInteger,
}

const insertFamily = {
  grant: insertion<FamilyRow>('gatewright_families', familyColumns),
  code: insertion<FamilyRow>('gatewright_families', {
    ...familyColumns,
    grant_id: '(select k.grant_id from gatewright_codes as k where k.hash = @)',
  }),
  device: insertion<FamilyRow>('gatewright_families', {
    ...familyColumns,
    grant_id: '(select d.grant_id from gatewright_device_codes as d where d.hash = @)',
  }),
}

function familyRow(family: NewFamily, grantId: string, now: number): FamilyRow {
  return {
    id: family.id,
    grant_id: grantId,
    scopes: family.scopes.join(' '),
    resources: family.resources.join(' '),
    dpop_jkt: family.dpopJkt ?? null,
    auth_time: family.authTime ?? null,
    session_id: family.sessionId ?? null,
    data: json(family.data),
    created_at: now,
    expires_at: family.expiresAt,
  }
}

/** A reference token as its table has it. */
export interface AccessTokenRow {
  readonly hash: string
  readonly id: string
  readonly client_id: string
  readonly grant_id: string | null
  readonly family_id: string | null
  readonly subject: string
  readonly scopes: string
  readonly audience: string
  readonly dpop_jkt: string | null
  readonly data: string | null
  readonly issued_at: Integer
  readonly expires_at: Integer
}

const accessTokenColumns = {
  hash: asText,
  id: asText,
  client_id: asText,
  grant_id: asText,
  family_id: asText,
  subject: asText,
  scopes: asText,
  audience: asText,
  dpop_jkt: asText,
  data: asText,
  issued_at: asInteger,
  expires_at: asInteger,
}

const insertAccessToken = insertion<AccessTokenRow>('gatewright_access_tokens', accessTokenColumns)

function accessTokenRow(token: NewAccessToken): AccessTokenRow {
  return {
    hash: token.hash,
    id: token.id,
    client_id: token.clientId,
    grant_id: token.grantId ?? null,
    family_id: token.familyId ?? null,
    subject: token.subject,
    scopes: token.scopes.join(' '),
    audience: token.audience.join(' '),
    dpop_jkt: token.dpopJkt ?? null,
    data: json(token.data),
    issued_at: token.issuedAt,
    expires_at: token.expiresAt,
  }
}
