/** The login page: who are you? Everything that needs a person to be logged in leads here and goes on from here. */

import { HttpError } from '../../http/http-error.ts'
import { OAuthError } from '../../protocol/oauth-error.ts'
import { sortParameters } from '../../protocol/parameters.ts'
import { passkeyRequest, provenPasskey } from '../factors/passkeys.ts'
import { afterFirstFactor, afterLogin } from '../interaction/first-factor.ts'
import { beginPageFlow, findAnyFlow, refuse } from '../interaction/flow.ts'
import type { Flow, PageFlow } from '../interaction/flow.ts'
import { localPage } from '../interaction/local-page.ts'
import { pageClient } from '../interaction/page-client.ts'
import type { LoginPage } from '../interaction/pages.ts'
import { passkeyScriptPath } from '../interaction/passkey-script.ts'
import { startSession } from '../interaction/session-start.ts'
import { logIn } from '../login.ts'
import { canMail } from '../mail/mailroom.ts'
import type { Settings } from '../settings.ts'
import { flowIdIn } from './authorization.ts'
import { addPage, expired } from './page-request.ts'
import type { PageRequest, PageSite } from './page-request.ts'
import { providerButtons, providerProblemIn, providerTarget } from './sign-in-with.ts'

/** Adds `/login`: with `flow` for an authorization request, with `next` for a page of this server. */
export function addLoginPage(site: PageSite): void {
  addPage(site, '/login', {
    shown: async (asked) => {
      const { open, visit, query } = asked
      // Whoever comes by no link wants to see their account.
      const next = query.length === 0 ? '/account' : localPage(sortParameters(query).one('next'))
      if (next !== undefined) return show(asked, await beginPageFlow(open, visit, next), 200)
      const flow = await findAnyFlow(open, visit, flowIdIn(query))
      if (flow === undefined) return expired(asked)
      // Another account than the one that is there: nobody's name is in the field.
      const isOther = sortParameters(query).one('other') !== undefined
      const providerProblem = providerProblemIn(asked)
      return show(asked, flow, 200, { providerProblem, ...(isOther ? { username: '' } : {}) })
    },
    posted,
  })
}

async function posted(asked: PageRequest): Promise<Response> {
  const { open, visit, form } = asked
  const sent = sortParameters(form)
  visit.checkForm(sent.one('csrf'), 'login')
  const flow = await findAnyFlow(open, visit, flowIdIn(asked.query))
  if (flow === undefined) return expired(asked)
  if (sent.one('decision') === 'cancel' && flow.pending !== undefined) {
    return visit.answer(await refuse(open, visit, flow, 'access_denied', 'The person did not log in'))
  }
  const credential = sent.one('credential')
  if (credential !== undefined) return byPasskey(asked, flow, credential)
  const username = sent.one('username')
  const password = form.find(([name]) => name === 'password')?.[1] ?? ''
  if (username === undefined || password === '') return show(asked, flow, 422, { error: 'missing', username })
  const next = await loggedIn(asked, flow, username, password)
  if (typeof next !== 'string') return show(asked, flow, next.status, { ...next.page, username })
  return visit.redirect(next)
}

/** A passkey that has asked for a finger or a PIN is two factors by itself. */
async function byPasskey(asked: PageRequest, flow: Flow | PageFlow, credential: string): Promise<Response> {
  const { open, visit } = asked
  await open.limits.passkeys(visit.address)
  const passkey = await provenPasskey(open, credential, 'login', visit.browserHash)
  const isStarted =
    passkey !== undefined &&
    (await startSession(open, visit, { subject: passkey.subject, methods: ['pop', 'user', 'mfa'] }))
  if (!isStarted) return show(asked, flow, 401, { error: 'passkey' })
  return visit.redirect(await afterLogin(open, visit, flow))
}

/** Where it goes on; or what the page says instead. */
async function loggedIn(
  { open, visit }: PageRequest,
  flow: Flow | PageFlow,
  username: string,
  password: string,
): Promise<string | { readonly status: number; readonly page: Partial<LoginPage> }> {
  const { address } = visit
  const { pending } = flow
  const about = {
    origin: address === undefined ? {} : { address },
    ...(pending === undefined ? {} : { clientId: pending.client.id }),
  }
  try {
    const { subject } = await logIn(open, { username, password }, about)
    const next = await afterFirstFactor(open, visit, flow, { subject, methods: ['pwd'] })
    // Disabled since the password was looked at: the same words as for a wrong one.
    return next ?? { status: 401, page: { error: 'credentials' } }
  } catch (error) {
    if (error instanceof OAuthError && error.code === 'invalid_grant') {
      return { status: 401, page: { error: 'credentials' } }
    }
    if (error instanceof HttpError && error.status === 429) {
      return { status: 429, page: { error: 'too_many', retryAfter: Number(error.headers['retry-after']) } }
    }
    if (error instanceof HttpError && error.status === 503) {
      open.settings.report(error)
      return { status: 503, page: { error: 'busy' } }
    }
    throw error
  }
}

async function show(
  { open, visit }: PageRequest,
  { id, pending }: Flow | PageFlow,
  status: number,
  more: Partial<LoginPage> = {},
): Promise<Response> {
  const form = visit.form(`/login?flow=${id}`, 'login')
  // Somebody who is there already is asked once more: it is most likely the same person.
  const present = visit.session && (await open.accounts.get(visit.session.subject))
  const options = await passkeyRequest(open.settings, 'login', visit.browserHash)
  const page: LoginPage = {
    form,
    ...(pending === undefined ? {} : { client: pageClient(pending.client), cancel: form }),
    ...otherWays(open.settings, id),
    providers: providerButtons(open.settings, visit, id),
    ...(options === undefined
      ? {}
      : { passkey: { form, options, script: passkeyScriptPath(open.settings) } }),
    ...more,
    username: more.username ?? pending?.request.loginHint ?? present?.username,
  }
  const retry = more.retryAfter === undefined ? {} : { 'retry-after': String(more.retryAfter) }
  return visit.page(status, visit.pages.login(page, visit.context), {
    formTarget: [pending?.request.redirectUri, providerTarget(open.settings)],
    hasScript: options !== undefined,
    headers: retry,
  })
}

/** For who has no account yet, or has forgotten the password. */
function otherWays(settings: Settings, flow: string): Partial<LoginPage> {
  if (!canMail(settings)) return {}
  const { basePath, signUp } = settings
  const recovery = `${basePath}/forgot-password?flow=${flow}`
  return signUp ? { recovery, signUp: `${basePath}/sign-up?flow=${flow}` } : { recovery }
}
