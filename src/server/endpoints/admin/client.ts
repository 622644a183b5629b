/** The page of one client: what it is and may do, another secret, its end. */

import { formatScope } from '../../../protocol/scope.ts'
import { needScopes } from '../../admin/actor.ts'
import { changeClient, foundClient, removeClient, rotateClientSecret } from '../../admin/client-changes.ts'
import { scopesIn } from '../../admin/client-models.ts'
import { isAdminScope } from '../../admin/scopes.ts'
import type { PageSite } from '../page-request.ts'
import { addAdminPage, doneWith, FormProblem, framed } from './admin-page.ts'
import type { AdminRequest, Failed } from './admin-page.ts'
import { clientFields, clientRow, sentPatch } from './client-fields.ts'

/** Adds `/admin/clients/{id}`. */
export function addClientPage(site: PageSite): void {
  addAdminPage(site, '/admin/clients/{id}', 'clients', { shown: show, posted })
}

async function posted(request: AdminRequest): Promise<Response> {
  const { open, actor, id, sent, visit, pages } = request
  needScopes(open, actor, ['admin:clients:write'])
  const client = await foundClient(open, id)
  switch (sent.one('action')) {
    case 'change':
      await changeClient(request, id, sentPatch(request))
      return doneWith(request, request.path, 'changed')
    case 'rotate': {
      // After a leak the old one is worth nothing at once; otherwise there is a day to change over.
      const overlap = sent.one('leaked') === 'yes' ? 0 : undefined
      const value = await rotateClientSecret(request, id, overlap)
      const { href } = clientRow(client, open.settings.basePath)
      const page = { frame: request.frame, kind: 'secret', owner: id, value, href } as const
      return visit.page(200, pages.once(page, visit.context))
    }
    case 'remove':
      if (sent.one('confirm')?.trim() !== id) throw new FormProblem('confirm')
      await removeClient(request, id)
      return doneWith(request, '/admin/clients', 'removed')
    default:
      return show(request)
  }
}

async function show(request: AdminRequest, failed?: Failed): Promise<Response> {
  const { open, visit, pages, id, actor } = request
  const client = await foundClient(open, id)
  const { metadata, privileges } = client
  const isMine =
    actor.scopes.has('admin:clients:write') &&
    scopesIn({ ...metadata, ...privileges }).every((scope) => !isAdminScope(scope) || actor.scopes.has(scope))
  // The next start would put a client of the options back.
  const mayChange = isMine && client.source !== 'code'
  const isAgain = failed !== undefined && request.sent.one('action') === 'change'
  const page = {
    frame: framed(request, failed),
    client: {
      ...clientRow(client, open.settings.basePath),
      authentication: metadata.tokenEndpointAuthMethod,
      grants: metadata.grantTypes,
      ownScope: formatScope(privileges.clientCredentialsScopes ?? []),
      createdAt: client.createdAt,
    },
    form: visit.form(`/admin/clients/${encodeURIComponent(id)}`, 'session'),
    fields: clientFields(request, isAgain, client),
    mayChange,
    mayRotate: mayChange && client.secrets.length > 0,
    mayRemove: isMine,
  }
  return visit.page(failed?.status ?? 200, pages.client(page, visit.context))
}
