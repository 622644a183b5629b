/** A device code as a row, with its grant when it was approved. */

import type { FoundDeviceCode } from '../ports/device-codes.ts'
import { given, parsed, words } from './columns.ts'
import type { Integer } from './columns.ts'
import { grantColumns, grantOf } from './grants.ts'
import type { GrantColumns } from './grants.ts'
import { clientIsAlive, grantIsAlive } from './liveness.ts'
import { statement } from './statement.ts'
import type { Statement } from './statement.ts'

/** Without a grant its columns are empty. */
export interface DeviceRow {
  readonly hash: string
  readonly user_code_hash: string
  readonly client_id: string
  readonly scopes: string
  readonly resources: string
  readonly dpop_jkt: string | null
  readonly data: string | null
  readonly created_at: Integer
  readonly expires_at: Integer
  readonly poll_interval: Integer
  readonly owner: string | null
  readonly decision: string | null
  readonly auth_time: Integer | null
  readonly session_id: string | null
  readonly used_at: Integer | null
  readonly family_id: string | null
  readonly g_id: string | null
  readonly g_subject: string | null
  readonly is_alive: Integer
}

const selectWhere = `
  left join gatewright_grants as g on g.id = d.grant_id where`
const isAlive = grantIsAlive('g')
const client = clientIsAlive('d.client_id')

/** The device code with this hash. */
export const selectDevice: Statement<{ hash: string }, DeviceRow> = statement<{ hash: string }, DeviceRow>`
  select d.*, ${grantColumns},
    case when ${client} and (d.grant_id is null or ${isAlive}) then 1 else 0 end as is_alive
  from gatewright_device_codes as d ${() => selectWhere} d.hash = ${'hash'}`

/** The device code that a user code is for. */
export const selectDeviceByUserCode: Statement<{ userCodeHash: string }, DeviceRow> = statement<
  { userCodeHash: string },
  DeviceRow
>`
  select d.*, ${grantColumns},
    case when ${client} and (d.grant_id is null or ${isAlive}) then 1 else 0 end as is_alive
  from gatewright_device_codes as d ${() => selectWhere} d.user_code_hash = ${'userCodeHash'}`

/** Reads a row. */
export function deviceOf(row: DeviceRow, now: number, subjectIsAlive: boolean): FoundDeviceCode {
  return {
    hash: row.hash,
    userCodeHash: row.user_code_hash,
    clientId: row.client_id,
    scopes: words(row.scopes),
    resources: words(row.resources),
    ...given('dpopJkt', row.dpop_jkt),
    interval: Number(row.poll_interval),
    createdAt: Number(row.created_at),
    expiresAt: Number(row.expires_at),
    ...given('data', row.data, parsed),
    ...given('owner', row.owner),
    ...given('authTime', row.auth_time, Number),
    ...given('sessionId', row.session_id),
    // The cast: where the id is there, all columns of the grant are.
    ...given('grant', row.g_id, () => grantOf(row as unknown as GrantColumns)),
    ...given('familyId', row.family_id),
    status: statusOf(row, now, subjectIsAlive),
  }
}

function statusOf(row: DeviceRow, now: number, subjectIsAlive: boolean): FoundDeviceCode['status'] {
  if (Number(row.is_alive) !== 1 || !subjectIsAlive) return 'revoked'
  if (row.used_at !== null) return 'spent'
  if (Number(row.expires_at) <= now) return 'expired'
  if (row.decision === null) return 'pending'
  // A value that nobody writes means that the row was touched by hand: better no than yes.
  return row.decision === 'approved' ? 'approved' : 'denied'
}
