/** The e-mail address. A new one is that of the account when the link that was sent to it has been used. */

import { readEmail } from '../../accounts/names.ts'
import type { AccountEmailQuestion } from '../../interaction/account-pages.ts'
import { askEmail } from '../../recovery.ts'
import { askingOf, mailProblem } from '../link-page.ts'
import type { PageSite } from '../page-request.ts'
import { addAccountPage } from './account-page.ts'
import type { AccountRequest } from './account-page.ts'
import { provePassword, retryHeaders } from './prove-password.ts'

/** Adds `/account/email`. The link leads to `/verify`. */
export function addEmailPage(site: PageSite): void {
  addAccountPage(site, 'email', { shown: (asked) => show(asked, 200), posted, needsRecent: 'page' })
}

async function posted(asked: AccountRequest): Promise<Response> {
  const { open, visit, frame, sent, account } = asked
  const typed = sent.one('email') ?? ''
  const email = readEmail(typed)
  if (email === undefined) return show(asked, 422, { error: 'invalid', email: typed.slice(0, 1000) })
  // SECURITY: whoever finds a browser that is logged in must not be able to take the account over by a new address.
  const unproved = await provePassword(asked, sent.one('password'))
  if (unproved !== undefined) return show(asked, unproved.status, { ...unproved, email })
  try {
    await askEmail(open, account, email, askingOf(asked))
  } catch (error) {
    const { status, retryAfter, ...problem } = mailProblem(error)
    const why = problem.error === 'busy' ? 'no_mail' : 'too_many_mails'
    return show(asked, status, { error: why, retryAfter, email })
  }
  return visit.page(200, visit.pages.account.email({ step: 'sent', frame, email }, visit.context))
}

async function show(
  { visit, frame, account }: AccountRequest,
  status: number,
  { email, error, retryAfter }: Pick<AccountEmailQuestion, 'email' | 'error' | 'retryAfter'> = {},
): Promise<Response> {
  const form = visit.form('/account/email', 'session')
  const isVerified = account.emailVerified
  const page = { step: 'ask', frame, form, isVerified, email, error, retryAfter } as const
  return visit.page(status, visit.pages.account.email(page, visit.context), {
    headers: retryHeaders(retryAfter),
  })
}
