/** Logging in with another provider: a button leads there, and the provider sends the browser back. */

import { postedForm } from '../../api/posted-form.ts'
import { sortParameters } from '../../protocol/parameters.ts'
import type { StoredSession } from '../../store/grant-store.ts'
import { auditEvent } from '../audit.ts'
import { beginAttempt, returnedAttempt } from '../federation/attempts.ts'
import type { AttemptWorld } from '../federation/attempts.ts'
import { forwarded } from '../federation/posted-answer.ts'
import { ProviderError } from '../federation/provider.ts'
import type { Provider, ProviderLogin } from '../federation/provider.ts'
import { linkedTo, signedIn } from '../federation/sign-in.ts'
import type { Whereabouts } from '../federation/sign-in.ts'
import { afterFirstFactor } from '../interaction/first-factor.ts'
import { findAnyFlow } from '../interaction/flow.ts'
import type { Flow, PageFlow } from '../interaction/flow.ts'
import type { ProviderButton, ProviderProblem } from '../interaction/pages.ts'
import { pageHeaders } from '../interaction/visit.ts'
import type { Visit } from '../interaction/visit.ts'
import type { Service } from '../service.ts'
import type { Settings } from '../settings.ts'
import { flowIdIn } from './authorization.ts'
import { addPage, expired } from './page-request.ts'
import type { PageRequest, PageSite } from './page-request.ts'

/** What an attempt is for. */
type Purpose =
  | { readonly kind: 'login'; readonly flow: string }
  | { readonly kind: 'link'; readonly subject: string; readonly session: string }

/** Adds `/login/with/{provider}`, which the buttons lead to, and `/login/callback/{provider}`. */
export function addProviderPages(site: PageSite): void {
  for (const provider of site.settings.providers.values()) {
    addPage(site, `/login/with/${provider.id}`, {
      // SECURITY: a link from elsewhere begins nothing.
      shown: async (asked) => {
        const flow = await findAnyFlow(asked.open, asked.visit, flowIdIn(asked.query))
        return flow === undefined
          ? expired(asked)
          : asked.visit.redirect(loginPath(asked.open.settings, flow.id))
      },
      posted: (asked) => posted(asked, provider),
    })
    addPage(site, `/login/callback/${provider.id}`, { shown: (asked) => cameBack(asked, provider) })
    if (provider.postsAnswer === true) addPostedAnswers(site, provider)
  }
}

/** Without a visit, which would give the browser another cookie: this request never has the one that counts. */
function addPostedAnswers({ routes, settings }: PageSite, provider: Provider): void {
  routes.post(
    `/login/callback/${provider.id}`,
    { form: postedForm },
    { open: true, hidden: true, limits: { body: 65_536, fields: 20 } },
    async ({ form }) => {
      const location = forwarded(settings.secretKey, callbackOf(settings, provider), await form())
      return new Response(null, { status: 303, headers: { ...pageHeaders(settings), location } })
    },
  )
}

function callbackOf({ issuer }: Settings, { id }: Provider): string {
  // SECURITY: of the settings, whatever host the request says that it is for.
  return `${issuer.replace(/\/$/, '')}/login/callback/${id}`
}

/** The buttons of the login page. */
export function providerButtons(
  { providers }: Settings,
  visit: Visit,
  flow: string,
): readonly ProviderButton[] {
  return [...providers.values()].map(({ id, name }) => ({
    name,
    form: visit.form(`/login/with/${id}?flow=${flow}`, 'login'),
  }))
}

/** What the address of a page says went wrong with a provider: nothing else is repeated there. */
export function providerProblemIn({ open, query }: PageRequest): ProviderProblem | undefined {
  const sent = sortParameters(query)
  const problem = problems.find((each) => each === sent.one('problem'))
  const provider = open.settings.providers.get(sent.one('provider') ?? '')
  return problem === undefined || provider === undefined ? undefined : { problem, name: provider.name }
}

const problems: readonly ProviderProblem['problem'][] = [
  'cancelled',
  'refused',
  'unavailable',
  'account_exists',
  'unknown',
  'disabled',
  'taken',
  'full',
  'last',
]

/** An address that forms may end up at besides our own, where there are providers. */
export function providerTarget({ providers, isDevelopment }: Settings): string | undefined {
  if (providers.size === 0) return undefined
  return isDevelopment ? 'http://localhost' : 'https://elsewhere'
}

/** Begins to link a provider to the account of a session: its login was shown to be recent. */
export async function beginLink(
  { open, visit }: PageRequest,
  provider: Provider,
  { subject, id: session }: StoredSession,
): Promise<Response> {
  return begin(open, visit, provider, { kind: 'link', subject, session }, false)
}

async function posted(asked: PageRequest, provider: Provider): Promise<Response> {
  const { open, visit } = asked
  visit.checkForm(sortParameters(asked.form).one('csrf'), 'login')
  const flow = await findAnyFlow(open, visit, flowIdIn(asked.query))
  if (flow === undefined) return expired(asked)
  const isAgain =
    visit.session !== undefined ||
    flow.pending?.request.prompt.includes('login') === true ||
    flow.pending?.request.maxAge !== undefined
  return begin(open, visit, provider, { kind: 'login', flow: flow.id }, isAgain)
}

async function begin(
  open: Service,
  visit: Visit,
  provider: Provider,
  purpose: Purpose,
  isAgain: boolean,
): Promise<Response> {
  await open.limits.providers(visit.address)
  try {
    const location = await beginAttempt(worldOf(open), provider, {
      browserHash: visit.browserHash,
      redirectUri: callbackOf(open.settings, provider),
      purpose,
      isAgain,
    })
    return visit.redirect(location)
  } catch (error) {
    return failed(open, visit, provider, purpose, error)
  }
}

async function cameBack(asked: PageRequest, provider: Provider): Promise<Response> {
  const { open, visit, query } = asked
  const attempt = await returnedAttempt<Purpose>(worldOf(open), provider, visit.browserHash, query)
  if (attempt === undefined) return expired(asked)
  const { purpose } = attempt
  if (purpose.kind === 'link') {
    // SECURITY: linked to whoever began it, in the session in which they showed who they are.
    const { session } = visit
    if (session?.id !== purpose.session || session.subject !== purpose.subject) return expired(asked)
  }
  const flow = purpose.kind === 'login' ? await findAnyFlow(open, visit, purpose.flow) : undefined
  if (purpose.kind === 'login' && flow === undefined) return expired(asked)
  let login: ProviderLogin
  try {
    login = await attempt.login()
  } catch (error) {
    return failed(open, visit, provider, purpose, error)
  }
  if (purpose.kind === 'link') return link(asked, provider, purpose, login)
  return flow === undefined ? expired(asked) : logIn(asked, provider, flow, login)
}

async function logIn(
  asked: PageRequest,
  provider: Provider,
  flow: Flow | PageFlow,
  login: ProviderLogin,
): Promise<Response> {
  const { open, visit } = asked
  const found = await signedIn(open, provider, login, whereaboutsOf(visit))
  const purpose: Purpose = { kind: 'login', flow: flow.id }
  if (found.outcome !== 'known') return refused(open, visit, provider, purpose, found.outcome)
  const next = await afterFirstFactor(open, visit, flow, { subject: found.subject, methods: ['fed'] })
  return next === undefined
    ? refused(open, visit, provider, purpose, 'disabled', found.subject)
    : visit.redirect(next)
}

async function link(
  { open, visit }: PageRequest,
  provider: Provider,
  purpose: Extract<Purpose, { readonly kind: 'link' }>,
  login: ProviderLogin,
): Promise<Response> {
  const outcome = await linkedTo(open, provider, login, purpose.subject, whereaboutsOf(visit))
  if (outcome === 'linked') {
    return visit.redirect(`${open.settings.basePath}/account/providers?done=provider_linked`)
  }
  return problemAt(open, visit, provider, purpose, outcome === 'gone' ? 'disabled' : outcome)
}

async function failed(
  open: Service,
  visit: Visit,
  provider: Provider,
  purpose: Purpose,
  error: unknown,
): Promise<Response> {
  if (!(error instanceof ProviderError)) throw error
  // What a person chose is no trouble of whoever runs this.
  if (error.fault !== 'cancelled') open.settings.report(error)
  return refused(open, visit, provider, purpose, error.fault)
}

async function refused(
  open: Service,
  visit: Visit,
  provider: Provider,
  purpose: Purpose,
  problem: ProviderProblem['problem'],
  subject?: string,
): Promise<Response> {
  if (purpose.kind === 'login' && problem !== 'cancelled') {
    const event = auditEvent('login.failed', open.settings.now(), {
      details: { provider: provider.id, problem },
      ...(subject === undefined ? {} : { subject }),
      ...(visit.address === undefined ? {} : { address: visit.address }),
    })
    await open.audit([event])
  }
  return problemAt(open, visit, provider, purpose, problem)
}

/** Back to where the button was, with what went wrong. Nothing of what the provider has written is shown. */
function problemAt(
  { settings }: Service,
  visit: Visit,
  { id }: Provider,
  purpose: Purpose,
  problem: ProviderProblem['problem'],
): Response {
  const told = `problem=${problem}&provider=${id}`
  return visit.redirect(
    purpose.kind === 'login'
      ? `${loginPath(settings, purpose.flow)}&${told}`
      : `${settings.basePath}/account/providers?${told}`,
  )
}

function whereaboutsOf({ address, context }: Visit): Whereabouts {
  return { address, language: context.language }
}

function loginPath({ basePath }: Settings, flow: string): string {
  return `${basePath}/login?flow=${flow}`
}

function worldOf({ settings, identities }: Service): AttemptWorld {
  const { now, isDevelopment, secretKey } = settings
  return { now, isDevelopment, secretKey, store: identities }
}
