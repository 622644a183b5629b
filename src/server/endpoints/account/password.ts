/** The password: the current one and a new one. Everything that the old one opened ends, but for this browser. */

import { AccountError } from '../../accounts/error.ts'
import type { AccountErrorCode } from '../../accounts/error.ts'
import { usualMinimumLength } from '../../accounts/password-policy.ts'
import type { AccountPasswordPage } from '../../interaction/account-pages.ts'
import type { PageSite } from '../page-request.ts'
import { addAccountPage, doneWith } from './account-page.ts'
import type { AccountRequest } from './account-page.ts'
import { provePassword, retryHeaders } from './prove-password.ts'

/** Adds `/account/password`. */
export function addPasswordPage(site: PageSite): void {
  addAccountPage(site, 'password', { shown: (asked) => show(asked, 200), posted, needsRecent: 'page' })
}

async function posted(asked: AccountRequest): Promise<Response> {
  const { open, visit, sent, session, account } = asked
  const password = sent.one('new_password')
  if (password === undefined) return show(asked, 422, { error: 'missing' })
  if (password !== sent.one('repeated')) return show(asked, 422, { error: 'different' })
  const problem = await provePassword(asked, sent.one('password'))
  if (problem !== undefined) return show(asked, problem.status, problem)
  try {
    await open.accounts.setPassword(account.id, password)
  } catch (error) {
    const refused = error instanceof AccountError ? refusals[error.code] : undefined
    if (refused === undefined) throw error
    return show(asked, 422, { error: refused })
  }
  // That ended this session as well. Its owner has just shown who they are, so they get another, with another name.
  const cookie = await open.sessions.start({
    subject: account.id,
    methods: session.methods,
    address: visit.address,
    userAgent: visit.request.headers.get('user-agent') ?? undefined,
  })
  visit.keepSession(cookie)
  return doneWith(asked, 'overview', 'password')
}

const refusals: Readonly<Partial<Record<AccountErrorCode, AccountPasswordPage['error']>>> = {
  password_too_short: 'too_short',
  password_too_long: 'too_long',
  password_common: 'common',
  password_personal: 'personal',
  password_not_allowed: 'not_allowed',
  invalid_password: 'not_allowed',
}

async function show(
  { open, visit, frame }: AccountRequest,
  status: number,
  { error, retryAfter }: Pick<AccountPasswordPage, 'error' | 'retryAfter'> = {},
): Promise<Response> {
  const form = visit.form('/account/password', 'session')
  const { minimumLength = usualMinimumLength } = open.settings.passwords
  const page = { frame, form, minimumLength, error, retryAfter }
  return visit.page(status, visit.pages.account.password(page, visit.context), {
    headers: retryHeaders(retryAfter),
  })
}
