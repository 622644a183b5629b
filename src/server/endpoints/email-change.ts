/** Another address for the account of whoever is logged in, and knows its password. */

import { HttpError } from '../../http/http-error.ts'
import { OAuthError } from '../../protocol/oauth-error.ts'
import { sortParameters } from '../../protocol/parameters.ts'
import { readEmail } from '../accounts/names.ts'
import type { Account } from '../accounts/types.ts'
import type { EmailPage } from '../interaction/pages.ts'
import { logIn } from '../login.ts'
import { askEmail } from '../recovery.ts'
import { askingOf, mailProblem, retryHeaders } from './link-page.ts'
import { addPage } from './page-request.ts'
import type { PageRequest, PageSite } from './page-request.ts'
import { recently, whenSignedIn } from './signed-in.ts'

const path = '/account/email'

/** Adds `/account/email`. The link leads to `/verify`. */
export function addEmailChangePage(site: PageSite): void {
  addPage(site, path, {
    shown: (asked) => withAccount(asked, async (account) => show(asked, account, 200)),
    posted: async (asked) => {
      asked.visit.checkForm(sortParameters(asked.form).one('csrf'), 'session')
      return withAccount(asked, (account) => posted(asked, account))
    },
  })
}

async function withAccount(
  asked: PageRequest,
  work: (account: AccountWithProof) => Promise<Response>,
): Promise<Response> {
  const { session } = asked.visit
  const hasPassword = session === undefined || (await asked.open.identities.hasPassword(session.subject))
  // Without a password that could be asked for, the login itself has to be new.
  const options = { next: path, ...(hasPassword ? {} : { maxAge: recently }) }
  return whenSignedIn(asked, options, async ({ subject }) => {
    const account = await asked.open.accounts.get(subject)
    return account === undefined
      ? asked.visit.redirect(`${asked.open.settings.basePath}/login?next=${path}`)
      : work({ ...account, hasPassword })
  })
}

/** The account, and whether there is a password to be asked for. */
interface AccountWithProof extends Account {
  readonly hasPassword: boolean
}

async function posted(asked: PageRequest, account: AccountWithProof): Promise<Response> {
  const { open, visit, form } = asked
  const typed = sortParameters(form).one('email') ?? ''
  const email = readEmail(typed)
  if (email === undefined) return show(asked, account, 422, { error: 'invalid', email: typed })
  // SECURITY: whoever finds a browser that is logged in must not be able to take the account over by a new address.
  const password = form.find(([name]) => name === 'password')?.[1] ?? ''
  const origin = visit.address === undefined ? {} : { address: visit.address }
  try {
    if (account.hasPassword) await logIn(open, { username: account.username, password }, { origin })
  } catch (error) {
    if (error instanceof OAuthError && error.code === 'invalid_grant') {
      return show(asked, account, 403, { error: 'credentials', email })
    }
    if (!(error instanceof HttpError)) throw error
    const { status, ...problem } = mailProblem(error)
    return show(asked, account, status, { ...problem, email })
  }
  try {
    await askEmail(open, account, email, askingOf(asked))
  } catch (error) {
    const { status, ...problem } = mailProblem(error)
    return show(asked, account, status, { ...problem, email })
  }
  return visit.page(200, visit.pages.email({ step: 'sent', email }, visit.context))
}

function show(
  { visit }: PageRequest,
  { username, name, email, emailVerified, hasPassword }: AccountWithProof,
  status: number,
  more: Partial<Extract<EmailPage, { readonly step: 'ask' }>> = {},
): Response {
  const page = {
    step: 'ask',
    form: visit.form(path, 'session'),
    person: { username, name },
    current: email,
    isVerified: emailVerified,
    hasPassword,
    ...more,
  } as const
  const headers = retryHeaders(more.retryAfter)
  return visit.page(status, visit.pages.email(page, visit.context), { headers })
}
