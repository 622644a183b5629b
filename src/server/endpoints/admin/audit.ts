/** The page of the audit log. */

import type { StoredAuditEvent } from '../../../store/grant-store.ts'
import { isAccountId } from '../../accounts/id.ts'
import type { AdminEvent } from '../../interaction/admin-pages.ts'
import type { PageSite } from '../page-request.ts'
import { addAdminPage, nameIn } from './admin-page.ts'
import type { AdminRequest } from './admin-page.ts'
import { pageSize } from './users.ts'

/** Adds `/admin/audit`. */
export function addAuditPage(site: PageSite): void {
  addAdminPage(site, '/admin/audit', 'audit', { shown: show })
}

async function show(request: AdminRequest): Promise<Response> {
  const { open, visit, pages, asked, frame } = request
  const here = `${open.settings.basePath}/admin/audit`
  const search = {
    type: nameIn(asked, 'type'),
    subject: nameIn(asked, 'subject'),
    clientId: nameIn(asked, 'client_id'),
  }
  const before = Number(asked.one('before') ?? Number.NaN)
  const found = await open.store.listAudit({
    limit: pageSize + 1,
    ...(Number.isSafeInteger(before) && before > 0 ? { before } : {}),
    ...(search.type === undefined ? {} : { type: search.type }),
    ...(search.subject === undefined ? {} : { subject: search.subject }),
    ...(search.clientId === undefined ? {} : { clientId: search.clientId }),
  })
  const events = found.slice(0, pageSize)
  const last = events.at(-1)
  const { type, subject, clientId } = search
  const kept = Object.entries({ type, subject, client_id: clientId }).filter(
    ([, value]) => value !== undefined,
  )
  const query = new URLSearchParams([...(kept as [string, string][]), ['before', String(last?.number)]])
  const page = {
    frame,
    events: events.map((event) => shownEvent(request, event)),
    nextHref: found.length > pageSize ? `${here}?${query.toString()}` : undefined,
    searchHref: here,
    search,
  }
  return visit.page(200, pages.audit(page, visit.context))
}

function shownEvent({ open, actor }: AdminRequest, event: StoredAuditEvent): AdminEvent {
  const { at, type, subject, clientId, address, details } = event
  const { basePath } = open.settings
  // A client that acts for itself is a subject as well, and has no page among the accounts.
  const isAccount = subject !== undefined && isAccountId(subject) && subject !== clientId
  const seesUsers = isAccount && actor.scopes.has('admin:users:read')
  const seesClients = actor.scopes.has('admin:clients:read')
  return {
    at,
    type,
    address,
    subject:
      subject === undefined
        ? undefined
        : {
            text: subject,
            href: seesUsers ? `${basePath}/admin/users/${encodeURIComponent(subject)}` : undefined,
          },
    client:
      clientId === undefined
        ? undefined
        : {
            text: clientId,
            href: seesClients ? `${basePath}/admin/clients/${encodeURIComponent(clientId)}` : undefined,
          },
    details: details === undefined ? undefined : lineOf(details),
  }
}

/** `by: 01a2…, scopes: read write` */
function lineOf(details: NonNullable<StoredAuditEvent['details']>): string {
  return Object.entries(details)
    .map(([name, value]) => `${name}: ${textOf(value)}`)
    .join(', ')
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  const isPlain = Array.isArray(value) && value.every((each) => typeof each === 'string')
  return isPlain ? value.join(' ') || '–' : JSON.stringify(value)
}
