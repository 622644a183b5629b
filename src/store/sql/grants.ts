/** Grants and families in SQL. */

import type { GrantPage, GrantsStore, StoredFamily, StoredGrant } from '../ports/grants.ts'
import { inBatches, itemsOf } from './batch.ts'
import type { Batch, BatchDone } from './batch.ts'
import { given, parsed, words } from './columns.ts'
import type { Integer } from './columns.ts'
import { holdOrMakeGrant, orGone } from './holding.ts'
import { endOf, insertIssuedOf, issuedColumns, issuedItems, issuedSteps } from './issued.ts'
import type { IssuedItems } from './issued.ts'
import { clientIsAlive } from './liveness.ts'
import type { Session } from './session.ts'
import { undo } from './session.ts'
import type { Fragment } from './statement.ts'
import { listing, statement, step } from './statement.ts'
import type { Subjects } from './subjects.ts'

/** The grant operations of the store. */
export function grantsStore(session: Session, subjects: Subjects): GrantsStore {
  const issuing = inBatches<IssuedToClient>(session, issueMany)
  return {
    async getGrant(id) {
      const row = await session.row(selectGrant, { id })
      return row && grantOf(row)
    },
    async listGrants(page) {
      return (await session.rows(list(page), page)).map(grantOf)
    },
    async getFamily(id) {
      const row = await session.row(selectFamily, { id })
      return row && familyOf(row)
    },
    async listSessionFamilies(sessionId) {
      const rows = await session.rows(selectSession, { sessionId })
      return rows.map((row) => ({ ...familyOf(row), clientId: row.g_client_id }))
    },
    async issue({ clientId, grant, now, ...issued }) {
      if (grant === undefined) {
        if (await issuing?.({ client_id: clientId, ...issuedItems(issued) })) return 'issued'
        const writes = issuedSteps(issued, undefined, now)
        const isWritten = await orGone(session.consume([step(findClient, { clientId })], writes))
        return isWritten === true ? 'issued' : 'gone'
      }
      if (grant.clientId !== clientId || !(await subjects.isAlive(grant.subject))) return 'gone'
      return orGone(
        session.transact(async (runner) => {
          if (!(await holdOrMakeGrant(runner, grant, now, endOf(issued, now)))) return undo('gone')
          await runner.write(issuedSteps(issued, { by: 'grant', value: grant.id }, now))
          return 'issued' as const
        }),
      )
    },
  }
}

const grantNames = [
  'id',
  'client_id',
  'subject',
  'scopes',
  'resources',
  'created_at',
  'last_used_at',
  'revoked_at',
]

const familyNames = [
  'id',
  'grant_id',
  'scopes',
  'resources',
  'dpop_jkt',
  'auth_time',
  'session_id',
  'data',
].concat('created_at', 'expires_at', 'revoked_at')

function columnsOf(alias: 'g' | 'f', names: readonly string[]): string {
  return names.map((name) => `${alias}.${name} as ${alias}_${name}`).join(', ')
}

/** The columns of a grant under the alias `g`, as {@link GrantColumns}, for a select that joins. */
export const grantColumns: Fragment = () => columnsOf('g', grantNames)

/** The columns of a family under the alias `f`, as {@link FamilyColumns}, for a select that joins. */
export const familyColumns: Fragment = () => columnsOf('f', familyNames)

/** A grant in a row. */
export interface GrantColumns {
  readonly g_id: string
  readonly g_client_id: string
  readonly g_subject: string
  readonly g_scopes: string
  readonly g_resources: string
  readonly g_created_at: Integer
  readonly g_last_used_at: Integer
  readonly g_revoked_at: Integer | null
}

/** A family in a row. */
export interface FamilyColumns {
  readonly f_id: string
  readonly f_grant_id: string
  readonly f_scopes: string
  readonly f_resources: string
  readonly f_dpop_jkt: string | null
  readonly f_auth_time: Integer | null
  readonly f_session_id: string | null
  readonly f_data: string | null
  readonly f_created_at: Integer
  readonly f_expires_at: Integer
  readonly f_revoked_at: Integer | null
}

/** Reads the grant in a row. */
export function grantOf(row: GrantColumns): StoredGrant {
  return {
    id: row.g_id,
    clientId: row.g_client_id,
    subject: row.g_subject,
    scopes: words(row.g_scopes),
    resources: words(row.g_resources),
    createdAt: Number(row.g_created_at),
    lastUsedAt: Number(row.g_last_used_at),
    ...given('revokedAt', row.g_revoked_at, Number),
  }
}

/** Reads the family in a row. */
export function familyOf(row: FamilyColumns): StoredFamily {
  return {
    id: row.f_id,
    grantId: row.f_grant_id,
    createdAt: Number(row.f_created_at),
    expiresAt: Number(row.f_expires_at),
    ...given('revokedAt', row.f_revoked_at, Number),
    scopes: words(row.f_scopes),
    resources: words(row.f_resources),
    ...given('dpopJkt', row.f_dpop_jkt),
    ...given('authTime', row.f_auth_time, Number),
    ...given('sessionId', row.f_session_id),
    ...given('data', row.f_data, parsed),
  }
}

const findClient = statement<{ clientId: string }>`
  select k.id from gatewright_clients as k where k.id = ${'clientId'} and ${clientIsAlive('k.id')}`

/** What a client is given for itself, in a batch. */
interface IssuedToClient extends IssuedItems {
  readonly client_id: string
}

const [items, areItems] = itemsOf(`client_id text, ${issuedColumns}`)

const issueMany = statement<Batch, BatchDone>`
  with asked as materialized (${items} ${'items'} ${areItems}),
    alive as materialized (
      select a.n, a.tokens, a.audit from asked as a where ${clientIsAlive('a.client_id')}),
    ${insertIssuedOf('alive')}
  select string_agg(cast(n as text), ',') as done from alive`

const selectGrant = statement<{ id: string }, GrantColumns>`
  select ${grantColumns} from gatewright_grants as g where g.id = ${'id'}`

const selectFamily = statement<{ id: string }, FamilyColumns>`
  select ${familyColumns} from gatewright_families as f where f.id = ${'id'}`

const selectSession = statement<{ sessionId: string }, FamilyColumns & Pick<GrantColumns, 'g_client_id'>>`
  select ${familyColumns}, g.client_id as g_client_id
    from gatewright_families as f join gatewright_grants as g on g.id = f.grant_id
    where f.session_id = ${'sessionId'} and f.revoked_at is null and g.revoked_at is null
    order by f.id limit 1000`

const list = listing<GrantPage, GrantColumns>(
  `select ${columnsOf('g', grantNames)} from gatewright_grants as g
    where g.revoked_at is null and g.kept_until > :now`,
  { after: 'g.id > :after', subject: 'g.subject = :subject', clientId: 'g.client_id = :clientId' },
  'order by g.id limit :limit',
)
