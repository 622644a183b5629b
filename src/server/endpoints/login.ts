/** The login page: who are you? Everything that needs a person to be logged in leads here and goes on from here. */

import { HttpError } from '../../http/http-error.ts'
import { OAuthError } from '../../protocol/oauth-error.ts'
import { sortParameters } from '../../protocol/parameters.ts'
import { findFlow, refuse } from '../interaction/flow.ts'
import type { Flow } from '../interaction/flow.ts'
import { pageClient } from '../interaction/page-client.ts'
import type { LoginPage } from '../interaction/pages.ts'
import { logIn } from '../login.ts'
import { flowIdIn } from './authorization.ts'
import { addPage, expired } from './page-request.ts'
import type { PageRequest, PageSite } from './page-request.ts'

/** Adds `/login`. */
export function addLoginPage(site: PageSite): void {
  addPage(site, '/login', {
    shown: async (asked) => {
      const flow = await findFlow(asked.open, asked.visit, flowIdIn(asked.query))
      return flow === undefined ? expired(asked) : show(asked, flow, 200)
    },
    posted,
  })
}

async function posted(asked: PageRequest): Promise<Response> {
  const { open, visit, form } = asked
  const sent = sortParameters(form)
  visit.checkForm(sent.one('csrf'), 'login')
  const flow = await findFlow(open, visit, flowIdIn(asked.query))
  if (flow === undefined) return expired(asked)
  const { basePath } = open.settings
  if (sent.one('decision') === 'cancel') {
    return visit.redirect(await refuse(open, visit, flow, 'access_denied', 'The person did not log in'))
  }
  const username = sent.one('username')
  const password = form.find(([name]) => name === 'password')?.[1] ?? ''
  if (username === undefined || password === '') return show(asked, flow, 422, { error: 'missing', username })
  const cookie = await loggedIn(asked, flow, username, password)
  if (typeof cookie !== 'string') return show(asked, flow, cookie.status, { ...cookie.page, username })
  visit.keepSession(cookie)
  return visit.redirect(`${basePath}/authorize/continue?flow=${flow.id}`)
}

/** What the new session's cookie holds; or what the page says instead. */
async function loggedIn(
  { open, visit }: PageRequest,
  { pending }: Flow,
  username: string,
  password: string,
): Promise<string | { readonly status: number; readonly page: Partial<LoginPage> }> {
  const { address } = visit
  const origin = address === undefined ? {} : { address }
  try {
    const login = await logIn(open, { username, password }, { clientId: pending.client.id, origin })
    const cookie = await open.sessions.start({
      subject: login.subject,
      methods: ['pwd'],
      replaces: visit.session,
      address,
      userAgent: visit.request.headers.get('user-agent') ?? undefined,
    })
    // Disabled since the password was looked at: the same words as for a wrong one.
    return cookie ?? { status: 401, page: { error: 'credentials' } }
  } catch (error) {
    if (error instanceof OAuthError && error.code === 'invalid_grant') {
      return { status: 401, page: { error: 'credentials' } }
    }
    if (error instanceof HttpError && error.status === 429) {
      return { status: 429, page: { error: 'too_many', retryAfter: Number(error.headers['retry-after']) } }
    }
    if (error instanceof HttpError && error.status === 503) return { status: 503, page: { error: 'busy' } }
    throw error
  }
}

function show(
  { visit }: PageRequest,
  { id, pending }: Flow,
  status: number,
  more: Partial<LoginPage> = {},
): Response {
  const form = visit.form(`/login?flow=${id}`, 'login')
  const page: LoginPage = {
    form,
    client: pageClient(pending.client),
    cancel: form,
    ...more,
    username: more.username ?? pending.request.loginHint,
  }
  const retry = more.retryAfter === undefined ? {} : { 'retry-after': String(more.retryAfter) }
  return visit.page(status, visit.pages.login(page, visit.context), {
    formTarget: pending.request.redirectUri,
    headers: retry,
  })
}
