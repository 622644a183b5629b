/** The pages of somebody's own account. */

import { router } from '../../../api/router.ts'
import type { AnyRouter } from '../../../api/router.ts'
import type { PageSite } from '../page-request.ts'
import { addApplicationsPage } from './applications.ts'
import { addEmailPage } from './email.ts'
import { addFactorsPages } from './factors.ts'
import { addPasswordPage } from './password.ts'
import { addOverviewPage, addProfilePage } from './profile.ts'
import { addRemovalPage } from './removal.ts'
import { addSessionsPage } from './sessions.ts'

/** Adds `/account`, and what is below it. */
export function addAccountPages(site: PageSite): void {
  addOverviewPage(site)
  addProfilePage(site)
  addEmailPage(site)
  addPasswordPage(site)
  addFactorsPages(site)
  addSessionsPage(site)
  addApplicationsPage(site)
  addRemovalPage(site)
}

/** Where a server stands alone, its first page is the account of whoever comes. */
export function homeRoute({ settings }: Pick<PageSite, 'settings'>): AnyRouter {
  const location = `${settings.basePath}/account`
  return router().get('/', {}, { open: true, hidden: true }, () => {
    return new Response(null, { status: 303, headers: { location, 'cache-control': 'no-store' } })
  })
}
