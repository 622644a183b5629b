/** The audit log in SQL. */

import type { AuditEvent, AuditPage, AuditStore, StoredAuditEvent } from '../ports/audit.ts'
import { insertionOf } from './batch.ts'
import { given, json, parsed } from './columns.ts'
import type { Integer } from './columns.ts'
import type { Runner, Session } from './session.ts'
import { asInteger, asText, insertion, listing, step } from './statement.ts'
import type { Fragment, Step } from './statement.ts'

/** The audit operations of the store. */
export function auditStore(session: Session): AuditStore {
  return {
    async appendAudit(events) {
      if (events.length === 1) await insertAudit(session, events)
      else await session.transact((runner) => insertAudit(runner, events))
    },
    async listAudit(page) {
      return (await session.rows(list(page), page)).map(eventOf)
    },
  }
}

/** Writes events in the transaction they are about. */
export async function insertAudit(runner: Runner, events: readonly AuditEvent[] = []): Promise<void> {
  for (const event of events) await runner.changes(insert, rowOf(event))
}

/** The steps that write events. */
export function auditSteps(events: readonly AuditEvent[] = []): readonly Step[] {
  return events.map((event) => step(insert, rowOf(event)))
}

/** Events as they go into a batch. */
export function auditItems(events: readonly AuditEvent[] = []): readonly object[] {
  return events.map(rowOf)
}

/** Writes the events in the column `audit` of these rows of a batch. */
export function insertAuditOf(rows: string): Fragment {
  return insertionOf('gatewright_audit', columns, `${rows}.audit`)
}

type NewRow = Omit<EventRow, 'number'>

const columns = {
  at: asInteger,
  type: asText,
  client_id: asText,
  subject: asText,
  grant_id: asText,
  address: asText,
  request_id: asText,
  details: asText,
}

const insert = insertion<NewRow>('gatewright_audit', columns)

function rowOf(event: AuditEvent): NewRow {
  return {
    at: event.at,
    type: event.type,
    client_id: event.clientId ?? null,
    subject: event.subject ?? null,
    grant_id: event.grantId ?? null,
    address: event.address ?? null,
    request_id: event.requestId ?? null,
    details: json(event.details),
  }
}

interface EventRow {
  readonly number: Integer
  readonly at: Integer
  readonly type: string
  readonly client_id: string | null
  readonly subject: string | null
  readonly grant_id: string | null
  readonly address: string | null
  readonly request_id: string | null
  readonly details: string | null
}

const list = listing<AuditPage, EventRow>(
  'select * from gatewright_audit where 1 = 1',
  {
    before: 'number < :before',
    from: 'at >= :from',
    to: 'at < :to',
    type: 'type = :type',
    clientId: 'client_id = :clientId',
    subject: 'subject = :subject',
  },
  'order by number desc limit :limit',
)

function eventOf(row: EventRow): StoredAuditEvent {
  return {
    number: Number(row.number),
    at: Number(row.at),
    type: row.type,
    ...given('clientId', row.client_id),
    ...given('subject', row.subject),
    ...given('grantId', row.grant_id),
    ...given('address', row.address),
    ...given('requestId', row.request_id),
    ...given('details', row.details, parsed),
  }
}
