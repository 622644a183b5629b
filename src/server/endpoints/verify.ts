/** Where the links lead that show that an address is somebody's. Mail scanners open links: only the button does anything. */

import { sortParameters } from '../../protocol/parameters.ts'
import type { PasswordQuestion } from '../interaction/pages.ts'
import { changeEmail, findLink, signUp } from '../recovery.ts'
import type { Link } from '../recovery.ts'
import {
  askingOf,
  linkGone,
  nextLogin,
  passwordProblem,
  passwordQuestion,
  sentPassword,
  tokenIn,
} from './link-page.ts'
import { addPage } from './page-request.ts'
import type { PageRequest, PageSite } from './page-request.ts'

/** Adds `/verify`. */
export function addVerifyPage(site: PageSite): void {
  addPage(site, '/verify', {
    shown: (asked) => withLink(asked, show),
    posted: async (asked) => {
      asked.visit.checkForm(sortParameters(asked.form).one('csrf'), 'login')
      return withLink(asked, (_, link) =>
        link.purpose === 'sign_up' ? signedUp(asked, link) : emailChanged(asked, link),
      )
    },
  })
}

async function withLink(
  asked: PageRequest,
  work: (asked: PageRequest, link: Link) => Promise<Response>,
): Promise<Response> {
  const { settings } = asked.open
  // Where sign-up was closed since, the links that are on their way are as well.
  const link = await findLink(asked.open, tokenIn(asked), settings.signUp ? ['sign_up', 'email'] : ['email'])
  return link === undefined ? linkGone(asked) : work(asked, link)
}

async function show(asked: PageRequest, link: Link): Promise<Response> {
  if (link.purpose === 'sign_up') return choose(asked, link, 200)
  const { open, visit } = asked
  const account = await open.accounts.get(link.subject ?? '')
  const form = visit.form(`/verify?token=${tokenIn(asked)}`, 'login')
  const page = { step: 'confirm', form, email: link.email, username: account?.username ?? '' } as const
  return visit.page(200, visit.pages.email(page, visit.context))
}

async function signedUp(asked: PageRequest, link: Link): Promise<Response> {
  const { open, visit } = asked
  const { pages, context } = visit
  const { password, problem } = sentPassword(asked)
  if (problem !== undefined) return choose(asked, link, 422, { error: problem })
  let outcome: Awaited<ReturnType<typeof signUp>>
  try {
    outcome = await signUp(open, link, password, visit.address)
  } catch (error) {
    const { status, ...why } = passwordProblem(error)
    return choose(asked, link, status, why)
  }
  if (outcome === 'spent') return linkGone(asked)
  const login = await nextLogin(asked, link.flow)
  return outcome === 'taken'
    ? visit.page(409, pages.signUp({ step: 'taken', login }, context))
    : visit.page(200, pages.signUp({ step: 'done', login }, context))
}

async function emailChanged(asked: PageRequest, link: Link): Promise<Response> {
  const { open, visit } = asked
  const { pages, context } = visit
  const outcome = await changeEmail(open, link, askingOf(asked))
  if (outcome === 'spent') return linkGone(asked)
  const account = `${open.settings.basePath}/account`
  return outcome === 'taken'
    ? visit.page(409, pages.email({ step: 'taken', account }, context))
    : visit.page(200, pages.email({ step: 'done', email: link.email, account }, context))
}

async function choose(
  asked: PageRequest,
  { email }: Link,
  status: number,
  more: Partial<PasswordQuestion> = {},
): Promise<Response> {
  const { pages, context } = asked.visit
  const question = passwordQuestion(asked, '/verify', tokenIn(asked), email)
  return asked.visit.page(status, pages.signUp({ step: 'choose', ...question, ...more }, context))
}
