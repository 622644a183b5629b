/** The pages of somebody's own account. */

import type { PageSite } from '../page-request.ts'
import { addApplicationsPage } from './applications.ts'
import { addPasswordPage } from './password.ts'
import { addOverviewPage, addProfilePage } from './profile.ts'
import { addRemovalPage } from './removal.ts'
import { addSessionsPage } from './sessions.ts'

/** Adds `/account`, and what is below it. */
export function addAccountPages(site: PageSite): void {
  addOverviewPage(site)
  addProfilePage(site)
  addPasswordPage(site)
  addSessionsPage(site)
  addApplicationsPage(site)
  addRemovalPage(site)
}
