/** The page of the clients: a list, and the form that adds one. */

import { needScopes } from '../../admin/actor.ts'
import { addClient } from '../../admin/client-changes.ts'
import type { PageSite } from '../page-request.ts'
import { addAdminPage, doneWith, framed, nameIn } from './admin-page.ts'
import type { AdminRequest, Failed } from './admin-page.ts'
import { clientRow, newClientFields, sentDefinition } from './client-fields.ts'
import { pageSize } from './users.ts'

/** Adds `/admin/clients`. */
export function addClientsPage(site: PageSite): void {
  addAdminPage(site, '/admin/clients', 'clients', { shown: show, posted })
}

async function posted(request: AdminRequest): Promise<Response> {
  const { open, actor, visit, pages } = request
  needScopes(open, actor, ['admin:clients:write'])
  const { client, secret } = await addClient(request, sentDefinition(request))
  const { href } = clientRow(client, '')
  if (secret === undefined) return doneWith(request, href, 'changed')
  const page = {
    frame: request.frame,
    kind: 'secret',
    owner: client.id,
    value: secret,
    href: open.settings.basePath + href,
  } as const
  return visit.page(201, pages.once(page, visit.context))
}

async function show(request: AdminRequest, failed?: Failed): Promise<Response> {
  const { open, visit, pages, actor, asked } = request
  const { basePath } = open.settings
  const after = nameIn(asked, 'after')
  const found = await open.clients.list({ limit: pageSize + 1, ...(after === undefined ? {} : { after }) })
  const clients = found.slice(0, pageSize)
  const last = clients.at(-1)
  const hasMore = found.length > pageSize && last !== undefined
  const page = {
    frame: framed(request, failed),
    clients: clients.map((client) => clientRow(client, basePath)),
    nextHref: hasMore ? `${basePath}/admin/clients?after=${encodeURIComponent(last.id)}` : undefined,
    create: actor.scopes.has('admin:clients:write')
      ? {
          form: visit.form('/admin/clients', 'session'),
          fields: newClientFields(request, failed !== undefined),
        }
      : undefined,
  }
  return visit.page(failed?.status ?? 200, pages.clients(page, visit.context))
}
