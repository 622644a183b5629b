/** Pushed authorization requests in SQL. */

import type { FoundPushedRequest, PushedRequestStore } from '../ports/pushed-requests.ts'
import { parsed } from './columns.ts'
import type { Integer } from './columns.ts'
import { orGone } from './holding.ts'
import { clientIsAlive } from './liveness.ts'
import type { Session } from './session.ts'
import { statement } from './statement.ts'
import type { Statement } from './statement.ts'

/** The pushed-request operations of the store. */
export function pushedRequestStore(session: Session): PushedRequestStore {
  return {
    async savePushedRequest(request) {
      const changes = session.changes(insert, { ...request, parameters: JSON.stringify(request.parameters) })
      return orGone(changes.then((count) => (count === 1 ? 'saved' : 'gone')))
    },
    async findPushedRequest(hash, now) {
      const row = await session.row(select, { hash })
      return row && requestOf(row, now)
    },
    async consumePushedRequest(hash, clientId, now) {
      return (await session.changes(consumePushed, { hash, clientId, now })) === 1
    },
  }
}

/** Uses a request up, in this transaction or alone. */
export const consumePushed: Statement<
  { hash: string; clientId: string; now: number },
  Record<never, never>
> = statement<{ hash: string; clientId: string; now: number }>`
  update gatewright_pushed_requests set used_at = ${'now'}
  where hash = ${'hash'} and client_id = ${'clientId'} and used_at is null and expires_at > ${'now'}`

interface InsertValues {
  readonly hash: string
  readonly clientId: string
  readonly parameters: string
  readonly createdAt: number
  readonly expiresAt: number
}

const insert = statement<InsertValues>`
  insert into gatewright_pushed_requests (hash, client_id, parameters, created_at, expires_at)
  select n.hash, n.client_id, n.parameters, n.created_at, n.expires_at
  from (select cast(${'hash'} as text) as hash, cast(${'clientId'} as text) as client_id,
    cast(${'parameters'} as text) as parameters, cast(${'createdAt'} as bigint) as created_at,
    cast(${'expiresAt'} as bigint) as expires_at) as n
  where ${clientIsAlive('n.client_id')}`

interface RequestRow {
  readonly hash: string
  readonly client_id: string
  readonly parameters: string
  readonly created_at: Integer
  readonly expires_at: Integer
  readonly used_at: Integer | null
}

const select = statement<{ hash: string }, RequestRow>`
  select * from gatewright_pushed_requests where hash = ${'hash'}`

function requestOf(row: RequestRow, now: number): FoundPushedRequest {
  return {
    hash: row.hash,
    clientId: row.client_id,
    parameters: parsed(row.parameters),
    createdAt: Number(row.created_at),
    expiresAt: Number(row.expires_at),
    status: row.used_at !== null ? 'spent' : Number(row.expires_at) > now ? 'live' : 'expired',
  }
}
