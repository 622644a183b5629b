/** The audit log in the admin API: newest first, by type, by whom it is about, and by time. */

import { query } from '../../api/parameters.ts'
import { security } from '../../api/security.ts'
import { HttpError } from '../../http/http-error.ts'
import type { StoredAuditEvent } from '../../store/grant-store.ts'
import { anything, moment, optional, paged, pageOf, record, reference, text, whole } from './model.ts'
import type { ValueOfModel } from './model.ts'
import { answering, guarded, limit, usualLimit } from './routes.ts'
import type { AdminRoutes } from './routes.ts'

const Event = record('Event', {
  number: whole(1, Number.MAX_SAFE_INTEGER, 'A later event has a higher one.'),
  at: text({ format: 'date-time' }),
  type: text(),
  client_id: optional(text()),
  subject: optional(text()),
  grant_id: optional(text()),
  address: optional(text()),
  request_id: optional(text()),
  details: optional(anything),
})

const Events = pageOf('Events', Event)

const cursor = query(
  optional(text({ min: 1, max: 16, pattern: /^[1-9]\d*$/, description: 'The `next` of the page before.' })),
)

/** Adds `/audit`. */
export function addAuditRoutes({ routes, caller }: AdminRoutes): void {
  routes.get(
    '/audit',
    {
      admin: security(caller, ['admin:audit:read']),
      limit,
      cursor,
      type: query(optional(reference('As in `login.failed`.'))),
      subject: query(optional(reference('About this account.'))),
      client_id: query(optional(reference('About this client.'))),
      from: query(optional(moment('Not before.'))),
      to: query(optional(moment('Before.'))),
    },
    {
      ...guarded,
      tags: ['Audit'],
      summary: 'Read the audit log, the latest event first',
      returns: Events,
      operationId: 'list_audit',
    },
    ({ admin: { open }, limit = usualLimit, cursor, type, subject, client_id: clientId, from, to }) =>
      answering(async () => {
        const before = cursor === undefined ? undefined : Number(cursor)
        if (before !== undefined && !Number.isSafeInteger(before)) {
          throw new HttpError(422, 'The cursor is not one of this list')
        }
        const rows = await open.store.listAudit({
          limit: limit + 1,
          ...(before === undefined ? {} : { before }),
          ...(type === undefined ? {} : { type }),
          ...(subject === undefined ? {} : { subject }),
          ...(clientId === undefined ? {} : { clientId }),
          ...(from === undefined ? {} : { from }),
          ...(to === undefined ? {} : { to }),
        })
        return paged(rows, limit, (row) => String(row.number), shown)
      }),
  )
}

function shown(event: StoredAuditEvent): ValueOfModel<typeof Event> {
  const { number, at, type, clientId, subject, grantId, address, requestId, details } = event
  return {
    number,
    at: new Date(at).toISOString(),
    type,
    client_id: clientId,
    subject,
    grant_id: grantId,
    address,
    request_id: requestId,
    details,
  }
}
