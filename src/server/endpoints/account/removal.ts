/** The end of an account, by its owner: where the server offers it, and with the password. */

import type { PageSite } from '../page-request.ts'
import { addAccountPage } from './account-page.ts'
import type { AccountRequest } from './account-page.ts'
import { provePassword, retryHeaders } from './prove-password.ts'
import type { NoProof } from './prove-password.ts'

/** Adds `/account/removal`. */
export function addRemovalPage(site: PageSite): void {
  addAccountPage(site, 'removal', { shown: (asked) => show(asked), posted, needsRecent: 'page' })
}

async function posted(asked: AccountRequest): Promise<Response> {
  const { open, visit, sent, account } = asked
  const problem = await provePassword(asked, sent.one('password'))
  if (problem !== undefined) return show(asked, problem)
  await open.accounts.remove(account.id)
  visit.keepSession(undefined)
  return visit.page(200, visit.pages.account.removal({ step: 'done' }, visit.context))
}

async function show({ open, visit, frame, account }: AccountRequest, problem?: NoProof): Promise<Response> {
  const form = visit.form('/account/removal', 'session')
  const hasPassword = await open.identities.hasPassword(account.id)
  const { error, retryAfter } = problem ?? {}
  const page = { step: 'confirm', frame, form, hasPassword, error, retryAfter } as const
  return visit.page(problem?.status ?? 200, visit.pages.account.removal(page, visit.context), {
    headers: retryHeaders(retryAfter),
  })
}
