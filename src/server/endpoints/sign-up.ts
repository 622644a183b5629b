/** Making an account: an address is asked for, and a link goes there. Nobody learns here whether it has an account. */

import { sortParameters } from '../../protocol/parameters.ts'
import { readEmail } from '../accounts/names.ts'
import type { AddressQuestion } from '../interaction/pages.ts'
import { askSignUp } from '../recovery.ts'
import { addressQuestion, askingOf, mailProblem, retryHeaders } from './link-page.ts'
import { addPage } from './page-request.ts'
import type { PageRequest, PageSite } from './page-request.ts'

/** Adds `/sign-up`. The link leads to `/verify`. */
export function addSignUpPage(site: PageSite): void {
  addPage(site, '/sign-up', { shown: async (asked) => show(asked, 200), posted })
}

async function posted(asked: PageRequest): Promise<Response> {
  const { open, visit } = asked
  const sent = sortParameters(asked.form)
  visit.checkForm(sent.one('csrf'), 'login')
  const typed = sent.one('email') ?? ''
  const email = readEmail(typed)
  if (email === undefined) return show(asked, 422, { error: 'invalid', email: typed })
  try {
    await askSignUp(open, email, askingOf(asked))
  } catch (error) {
    const { status, ...problem } = mailProblem(error)
    return show(asked, status, { ...problem, email })
  }
  return visit.page(200, visit.pages.signUp({ step: 'sent', email }, visit.context))
}

function show(asked: PageRequest, status: number, more: Partial<AddressQuestion> = {}): Response {
  const { pages, context } = asked.visit
  const page = { step: 'ask', ...addressQuestion(asked, '/sign-up'), ...more } as const
  const headers = retryHeaders(more.retryAfter)
  return asked.visit.page(status, pages.signUp(page, context), { headers })
}
