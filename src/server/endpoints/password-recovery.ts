/** Setting another password without the old one: an address is asked for, a link goes there, and leads to a form. */

import { sortParameters } from '../../protocol/parameters.ts'
import type { PasswordQuestion } from '../interaction/pages.ts'
import { askReset, findLink, resetPassword } from '../recovery.ts'
import type { Link } from '../recovery.ts'
import { askAddress, takeAddress } from './address-page.ts'
import type { AddressPage } from './address-page.ts'
import { askingOf, nextLogin, passwordProblem, passwordQuestion, sentPassword, tokenIn } from './link-page.ts'
import { addPage } from './page-request.ts'
import type { PageRequest, PageSite } from './page-request.ts'

const page: AddressPage = {
  path: '/forgot-password',
  write: (step, { pages, context }) => pages.recovery(step, context),
  send: askReset,
}

/** Adds `/forgot-password`, and `/reset-password` where the link leads. Looking at either changes nothing. */
export function addPasswordRecoveryPages(site: PageSite): void {
  addPage(site, page.path, {
    shown: async (asked) => askAddress(page, asked, 200),
    posted: (asked) => takeAddress(page, asked),
  })
  addPage(site, '/reset-password', {
    shown: async (asked) => withLink(asked, (link) => choose(asked, link, 200)),
    posted: async (asked) => {
      asked.visit.checkForm(sortParameters(asked.form).one('csrf'), 'login')
      return withLink(asked, (link) => reset(asked, link))
    },
  })
}

async function withLink(asked: PageRequest, work: (link: Link) => Promise<Response>): Promise<Response> {
  const link = await findLink(asked.open, tokenIn(asked), ['reset'])
  return link === undefined ? gone(asked) : work(link)
}

/** Another link is a click away. */
function gone(asked: PageRequest): Response {
  return askAddress(page, asked, 410, { error: 'link' })
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
