/** The admin pages: the same as the admin API, for somebody who is logged in. */

import type { PageSite } from '../page-request.ts'
import { addAdminPage } from './admin-page.ts'
import { addAuditPage } from './audit.ts'
import { addClientPage } from './client.ts'
import { addClientsPage } from './clients.ts'
import { addKeysPage } from './keys.ts'
import { addUserPage } from './user.ts'
import { addUsersPage } from './users.ts'

/** Adds `/admin` and what is below it, where the options ask for it and the pages have it. */
export function addAdminPages(site: PageSite): void {
  if (site.settings.adminResource === undefined) return
  addAdminPage(site, '/admin', 'overview', {
    shown: async ({ open, visit, pages, frame }) => {
      const docsHref = `${open.settings.basePath}/admin/docs`
      return visit.page(200, pages.overview({ frame, docsHref }, visit.context))
    },
  })
  addUsersPage(site)
  addUserPage(site)
  addClientsPage(site)
  addClientPage(site)
  addKeysPage(site)
  addAuditPage(site)
}
