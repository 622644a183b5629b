/** The first page of the account, and the name. */

import { AccountError } from '../../accounts/error.ts'
import { auditEvent } from '../../audit.ts'
import type { PageSite } from '../page-request.ts'
import { addAccountPage, doneWith } from './account-page.ts'
import type { AccountRequest } from './account-page.ts'

/** Adds `/account`. */
export function addOverviewPage(site: PageSite): void {
  addAccountPage(site, 'overview', {
    shown: async ({ visit, frame }) =>
      visit.page(200, visit.pages.account.overview({ frame }, visit.context)),
  })
}

/** Adds `/account/profile`. */
export function addProfilePage(site: PageSite): void {
  addAccountPage(site, 'profile', {
    shown: (asked) => show(asked, 200, { name: asked.account.name }),
    posted,
  })
}

async function posted(asked: AccountRequest): Promise<Response> {
  const { open, visit, sent, account } = asked
  const name = sent.one('name')
  try {
    // Spaces alone are no name either.
    await open.accounts.update(account.id, { name: name === undefined || name.trim() === '' ? null : name })
  } catch (error) {
    if (!(error instanceof AccountError) || error.code !== 'invalid_name') throw error
    return show(asked, 422, { name: name?.slice(0, 1000), error: 'name' })
  }
  const from = visit.address === undefined ? {} : { address: visit.address }
  const about = { subject: account.id, details: { fields: ['name'] }, ...from }
  await open.audit([auditEvent('account.profile_changed', open.settings.now(), about)])
  return doneWith(asked, 'profile', 'profile')
}

async function show(
  { visit, frame }: AccountRequest,
  status: number,
  more: { readonly name?: string | undefined; readonly error?: 'name' },
): Promise<Response> {
  const form = visit.form('/account/profile', 'session')
  return visit.page(status, visit.pages.account.profile({ frame, form, ...more }, visit.context))
}
