/** Clients in SQL. */

import type {
  ClientPage,
  ClientRecord,
  ClientStore,
  NewClient,
  StoredClient,
  StoredSecret,
} from '../ports/clients.ts'
import { insertAudit } from './audit.ts'
import { given, parsed } from './columns.ts'
import type { Integer } from './columns.ts'
import { forUpdate } from './liveness.ts'
import { appendRevocation } from './revocations.ts'
import type { Session } from './session.ts'
import { undo } from './session.ts'
import { listing, statement } from './statement.ts'
import { together } from './together.ts'

/** The client operations of the store. */
export function clientStore(session: Session): ClientStore {
  const reading = together<string, StoredClient | undefined>(async (ids) => {
    const row = ids[0] === undefined ? undefined : await session.row(select, { id: ids[0] })
    const client = row && clientOf(row)
    return ids.map(() => client)
  })
  return {
    async createClient(client) {
      return (await session.changes(insert, rowOf(client))) === 1
    },
    getClient: (id) => reading(id, id),
    async listClients(page) {
      return (await session.rows(list(page), page)).map(clientOf)
    },
    async replaceClient(id, version, record) {
      const replaced = await session.changes(replace, { ...recordRow(record), id, version })
      if (replaced === 1) return 'replaced'
      return (await session.row(select, { id })) === undefined ? 'gone' : 'stale'
    },
    async touchClient(id, now) {
      await session.changes(touch, { id, now, before: now - 60_000 })
    },
    removeClient: (id, revoking) =>
      session.transact(async (runner) => {
        // First the grants, then the client: whoever holds a grant may still need its client, and nobody the other way round.
        await runner.changes(lockGrants, { id, now: revoking.now })
        if ((await runner.changes(remove, { id })) === 0) return undo(false)
        await insertAudit(runner, revoking.audit)
        await appendRevocation(runner, 'client', id, revoking)
        return true
      }),
  }
}

interface RecordRow {
  readonly source: ClientRecord['source']
  readonly metadata: string
  readonly secrets: string
  readonly registration_token_hash: string | null
  readonly disabled: Integer
}

interface NewRow extends RecordRow {
  readonly id: string
  readonly created_at: Integer
}

interface ClientRow extends NewRow {
  readonly version: Integer
  readonly last_used_at: Integer | null
}

const insert = statement<NewRow>`
  insert into gatewright_clients
    (id, version, source, metadata, secrets, registration_token_hash, disabled, created_at)
  values (${'id'}, 1, ${'source'}, ${'metadata'}, ${'secrets'}, ${'registration_token_hash'}, ${'disabled'},
    ${'created_at'})
  on conflict do nothing`

const select = statement<{ id: string }, ClientRow>`select * from gatewright_clients where id = ${'id'}`

const list = listing<ClientPage, ClientRow>(
  'select * from gatewright_clients where 1 = 1',
  { after: 'id > :after', source: 'source = :source' },
  'order by id limit :limit',
)

const replace = statement<RecordRow & { id: string; version: number }>`
  update gatewright_clients set version = version + 1, source = ${'source'}, metadata = ${'metadata'},
    secrets = ${'secrets'}, registration_token_hash = ${'registration_token_hash'}, disabled = ${'disabled'}
  where id = ${'id'} and version = ${'version'}`

const touch = statement<{ id: string; now: number; before: number }>`
  update gatewright_clients set last_used_at = ${'now'}
  where id = ${'id'} and (last_used_at is null or last_used_at < ${'before'})`

// In the order of the ids, as every statement that locks several.
const lockGrants = statement<{ id: string; now: number }>`
  update gatewright_grants set revoked_at = ${'now'} where id in
    (select id from gatewright_grants where client_id = ${'id'} and revoked_at is null order by id ${forUpdate})`

const remove = statement<{ id: string }>`delete from gatewright_clients where id = ${'id'}`

function recordRow(record: ClientRecord): RecordRow {
  return {
    source: record.source,
    metadata: JSON.stringify(record.metadata),
    secrets: JSON.stringify(record.secrets),
    registration_token_hash: record.registrationTokenHash ?? null,
    disabled: record.disabled ? 1 : 0,
  }
}

function rowOf(client: NewClient): NewRow {
  return { ...recordRow(client), id: client.id, created_at: client.createdAt }
}

function clientOf(row: ClientRow): StoredClient {
  return {
    id: row.id,
    version: Number(row.version),
    source: row.source,
    metadata: parsed(row.metadata),
    // The cast: only `recordRow` writes this column.
    secrets: JSON.parse(row.secrets) as readonly StoredSecret[],
    ...given('registrationTokenHash', row.registration_token_hash),
    disabled: Number(row.disabled) !== 0,
    createdAt: Number(row.created_at),
    ...given('lastUsedAt', row.last_used_at, Number),
  }
}
