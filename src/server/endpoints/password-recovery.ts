/** Setting another password without the old one: an address is asked for, a link goes there, and leads to a form. */

import { sortParameters } from '../../protocol/parameters.ts'
import { readEmail } from '../accounts/names.ts'
import type { AddressQuestion, PasswordQuestion } from '../interaction/pages.ts'
import { askReset, findLink, resetPassword } from '../recovery.ts'
import type { Link } from '../recovery.ts'
import {
  addressQuestion,
  askingOf,
  mailProblem,
  nextLogin,
  passwordProblem,
  passwordQuestion,
  retryHeaders,
  sentPassword,
  tokenIn,
} from './link-page.ts'
import { addPage } from './page-request.ts'
import type { PageRequest, PageSite } from './page-request.ts'

/** Adds `/forgot-password`, and `/reset-password` where the link leads. Looking at either changes nothing. */
export function addPasswordRecoveryPages(site: PageSite): void {
  addPage(site, '/forgot-password', { shown: async (asked) => ask(asked, 200), posted: askedFor })
  addPage(site, '/reset-password', {
    shown: async (asked) => withLink(asked, (link) => choose(asked, link, 200)),
    posted: async (asked) => {
      asked.visit.checkForm(sortParameters(asked.form).one('csrf'), 'login')
      return withLink(asked, (link) => reset(asked, link))
    },
  })
}

async function askedFor(asked: PageRequest): Promise<Response> {
  const { open, visit } = asked
  const sent = sortParameters(asked.form)
  visit.checkForm(sent.one('csrf'), 'login')
  const typed = sent.one('email') ?? ''
  const email = readEmail(typed)
  if (email === undefined) return ask(asked, 422, { error: 'invalid', email: typed })
  try {
    await askReset(open, email, askingOf(asked))
  } catch (error) {
    const { status, ...problem } = mailProblem(error)
    return ask(asked, status, { ...problem, email })
  }
  return visit.page(200, visit.pages.recovery({ step: 'sent', email }, visit.context))
}

function ask(asked: PageRequest, status: number, more: Partial<AddressQuestion> = {}): Response {
  const { pages, context } = asked.visit
  const page = { step: 'ask', ...addressQuestion(asked, '/forgot-password'), ...more } as const
  const headers = retryHeaders(more.retryAfter)
  return asked.visit.page(status, pages.recovery(page, context), { headers })
}

async function withLink(asked: PageRequest, work: (link: Link) => Promise<Response>): Promise<Response> {
  const link = await findLink(asked.open, tokenIn(asked), ['reset'])
  return link === undefined ? gone(asked) : work(link)
}

/** Another link is a click away. */
function gone(asked: PageRequest): Response {
  return ask(asked, 410, { error: 'link' })
}

async function reset(asked: PageRequest, link: Link): Promise<Response> {
  const { open, visit } = asked
  const { password, problem } = sentPassword(asked)
  if (problem !== undefined) return choose(asked, link, 422, { error: problem })
  try {
    if (!(await resetPassword(open, link, password, askingOf(asked)))) return gone(asked)
  } catch (error) {
    const { status, ...why } = passwordProblem(error)
    return choose(asked, link, status, why)
  }
  // Nobody is logged in by this: who has a second factor is asked for it, as at every login.
  const login = await nextLogin(asked, link.flow)
  return visit.page(200, visit.pages.recovery({ step: 'done', login }, visit.context))
}

async function choose(
  asked: PageRequest,
  { subject = '' }: Link,
  status: number,
  more: Partial<PasswordQuestion> = {},
): Promise<Response> {
  const { pages, context } = asked.visit
  const account = await asked.open.accounts.get(subject)
  const username = account?.username ?? ''
  const question = passwordQuestion(asked, '/reset-password', tokenIn(asked), username)
  return asked.visit.page(status, pages.recovery({ step: 'choose', ...question, ...more }, context))
}
