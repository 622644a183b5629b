/** The page of the signing keys. */

import { needScopes } from '../../admin/actor.ts'
import { removeKey, rotateKeys } from '../../admin/keys.ts'
import { keyState } from '../../keys/key-state.ts'
import type { PageSite } from '../page-request.ts'
import { addAdminPage, doneWith, framed, nameIn } from './admin-page.ts'
import type { AdminRequest, Failed } from './admin-page.ts'

/** Adds `/admin/keys`. */
export function addKeysPage(site: PageSite): void {
  addAdminPage(site, '/admin/keys', 'keys', {
    shown: show,
    posted: async (request) => {
      needScopes(request.open, request.actor, ['admin:keys:write'])
      switch (request.sent.one('action')) {
        case 'rotate':
          await rotateKeys(request)
          return doneWith(request, '/admin/keys', 'rotated')
        case 'remove':
          await removeKey(request, nameIn(request.sent, 'kid') ?? '')
          return doneWith(request, '/admin/keys', 'removed')
        default:
          return show(request)
      }
    },
  })
}

async function show(request: AdminRequest, failed?: Failed): Promise<Response> {
  const { open, visit, pages, actor } = request
  const now = open.settings.now()
  const keys = await open.store.listKeys(now)
  const page = {
    frame: framed(request, failed),
    keys: keys.map((key) => ({
      kid: key.id,
      algorithm: key.algorithm,
      state: keyState(key, keys, now),
      signsFrom: key.signsFrom,
      signsUntil: key.retiredAt,
      publishedUntil: key.removedAt,
    })),
    form: actor.scopes.has('admin:keys:write') ? visit.form('/admin/keys', 'session') : undefined,
  }
  return visit.page(failed?.status ?? 200, pages.keys(page, visit.context))
}
