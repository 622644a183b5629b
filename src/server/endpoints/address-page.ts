/** A page that asks for an address, to which a link goes. It says the same whether or not anybody has an account with it. */

import type { Html } from '../../http/html.ts'
import { sortParameters } from '../../protocol/parameters.ts'
import { readEmail } from '../accounts/names.ts'
import type { AddressQuestion } from '../interaction/pages.ts'
import type { Visit } from '../interaction/visit.ts'
import type { Asking } from '../recovery.ts'
import type { Service } from '../service.ts'
import { addressQuestion, askingOf, mailProblem, retryHeaders } from './link-page.ts'
import type { PageRequest } from './page-request.ts'

/** One of them. */
export interface AddressPage {
  readonly path: string
  readonly write: (step: AddressStep, visit: Visit) => Html
  /** Sends the link, behind the answer. */
  readonly send: (open: Service, email: string, asking: Asking) => Promise<void>
}

type AddressStep =
  ({ readonly step: 'ask' } & AddressQuestion) | { readonly step: 'sent'; readonly email: string }

/** Asks. */
export function askAddress(
  { path, write }: AddressPage,
  asked: PageRequest,
  status: number,
  more: Partial<AddressQuestion> = {},
): Response {
  const { visit } = asked
  const page = write({ step: 'ask', ...addressQuestion(asked, path), ...more }, visit)
  return visit.page(status, page, { headers: retryHeaders(more.retryAfter) })
}

/** Takes the answer. */
export async function takeAddress(page: AddressPage, asked: PageRequest): Promise<Response> {
  const { open, visit } = asked
  const sent = sortParameters(asked.form)
  visit.checkForm(sent.one('csrf'), 'login')
  const typed = sent.one('email') ?? ''
  const email = readEmail(typed)
  if (email === undefined) return askAddress(page, asked, 422, { error: 'invalid', email: typed })
  try {
    await page.send(open, email, askingOf(asked))
  } catch (error) {
    const { status, ...problem } = mailProblem(error)
    return askAddress(page, asked, status, { ...problem, email })
  }
  return visit.page(200, page.write({ step: 'sent', email }, visit))
}
