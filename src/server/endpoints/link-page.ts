/** What the pages have in common on which accounts look after themselves. */

import { HttpError } from '../../http/http-error.ts'
import { sortParameters } from '../../protocol/parameters.ts'
import { AccountError } from '../accounts/error.ts'
import { usualMinimumLength } from '../accounts/password-policy.ts'
import { findAnyFlow } from '../interaction/flow.ts'
import type { AddressQuestion, PasswordProblem, PasswordQuestion } from '../interaction/pages.ts'
import type { Asking } from '../recovery.ts'
import { flowIdIn } from './authorization.ts'
import type { PageRequest } from './page-request.ts'

/** Who asks, with the flow that the address names. */
export function askingOf({ visit, query }: PageRequest): Asking {
  const { language } = visit.context
  return { language, address: visit.address, flow: flowId(flowIdIn(query)) }
}

/** An address with the flow behind it. */
export function withFlow(path: string, flow: string | undefined): string {
  return flow === undefined ? path : `${path}?flow=${flow}`
}

/** What the form asks for an address with. */
export function addressQuestion(asked: PageRequest, path: string): AddressQuestion {
  const { flow } = askingOf(asked)
  return { form: asked.visit.form(withFlow(path, flow), 'login'), login: loginAddress(asked, flow) }
}

/** Where somebody goes on with the flow that they came from; where that is over, to the account. */
export async function nextLogin(asked: PageRequest, flow: string | undefined): Promise<string> {
  const { open, visit } = asked
  // Whatever is wrong with it is told to who begins it again.
  const found = await findAnyFlow(open, visit, flow).catch(() => undefined)
  return loginAddress(asked, found?.id)
}

/** What the form asks for a password with. */
export function passwordQuestion(
  { open, visit }: PageRequest,
  path: string,
  token: string,
  username: string,
): PasswordQuestion {
  return {
    form: visit.form(`${path}?token=${token}`, 'login'),
    username,
    minimumLength: open.settings.passwords.minimumLength ?? usualMinimumLength,
  }
}

/** The password that was sent, or why it is none. What was typed is taken as it is: spaces count. */
export function sentPassword({ form }: PageRequest): {
  readonly password: string
  readonly problem: PasswordProblem | undefined
} {
  const field = (wanted: string): string => form.find(([name]) => name === wanted)?.[1] ?? ''
  const password = field('password')
  return { password, problem: password === field('repeat') ? undefined : 'mismatch' }
}

/** What a page says of a password that was refused; anything else is thrown on. */
export function passwordProblem(error: unknown): {
  readonly status: number
  readonly error: PasswordProblem
} {
  if (error instanceof HttpError && error.status === 503) return { status: 503, error: 'busy' }
  if (!(error instanceof AccountError)) throw error
  const problem = problems[error.code]
  if (problem === undefined) throw error
  return { status: 422, error: problem }
}

const problems: Partial<Readonly<Record<AccountError['code'], PasswordProblem>>> = {
  invalid_password: 'not_allowed',
  password_too_short: 'too_short',
  password_too_long: 'too_long',
  password_common: 'common',
  password_personal: 'personal',
  password_not_allowed: 'not_allowed',
  password_unchanged: 'unchanged',
}

/** What a page says when no mail is sent for now; anything else is thrown on. */
export function mailProblem(error: unknown): {
  readonly status: number
  readonly error: 'too_many' | 'busy'
  readonly retryAfter: number
} {
  const isPassing = error instanceof HttpError && (error.status === 429 || error.status === 503)
  if (!isPassing) throw error
  const retryAfter = Number(error.headers['retry-after'] ?? 1)
  return { status: error.status, error: error.status === 429 ? 'too_many' : 'busy', retryAfter }
}

/** The headers of a page that says when to try again. */
export function retryHeaders(retryAfter: number | undefined): Readonly<Record<string, string>> {
  return retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }
}

/** What is in the address of a link. */
export function tokenIn({ query }: PageRequest): string {
  return sortParameters(query).one('token') ?? ''
}

/** The page for a link that is not good any more, or never was. */
export function linkGone({ visit }: PageRequest): Response {
  return visit.page(410, visit.pages.error({ status: 410, problem: 'link' }, visit.context))
}

function loginAddress({ open }: PageRequest, flow: string | undefined): string {
  const { basePath } = open.settings
  return flow === undefined ? `${basePath}/login?next=/account` : `${basePath}/login?flow=${flow}`
}

/** Only what can be the name of one goes into addresses and into the database. */
function flowId(text: string | undefined): string | undefined {
  return text !== undefined && /^[\w-]{22}$/.test(text) ? text : undefined
}
