/** The authorization endpoint (RFC 6749 §3.1): a browser comes with a request, and goes with a code or to a page. */

import { AuthorizationError } from '../../protocol/authorization-error.ts'
import type { AuthorizationStep } from '../../protocol/authorization-step.ts'
import { looksLikeAddress } from '../../protocol/client-id-document.ts'
import type { SentParameters } from '../../protocol/parameters.ts'
import { beginFlow, findFlow, finish, refuse, stepOf } from '../interaction/flow.ts'
import type { Flow } from '../interaction/flow.ts'
import { interactionOf } from '../interaction/interaction.ts'
import { addPage, expired } from './page-request.ts'
import type { PageRequest, PageSite } from './page-request.ts'

/** Adds `GET` and `POST /authorize`, and the way back to it after a login. */
export function addAuthorizationEndpoint(site: PageSite): void {
  addPage(site, '/authorize', {
    shown: (asked) => authorize(asked, asked.query),
    // OpenID Connect Core §3.1.2.1: the same by POST. Nothing of ours is decided here, so any site may send it.
    posted: (asked) => authorize(asked, asked.form),
  })
  addPage(site, '/authorize/continue', {
    shown: async (asked) => {
      const flow = await findFlow(asked.open, asked.visit, flowIdIn(asked.query))
      return flow === undefined ? expired(asked) : proceed(asked, flow)
    },
  })
}

/** What a person has to do, and the flow waits for. */
const pageSteps: ReadonlySet<AuthorizationStep> = new Set([
  'login',
  'select_account',
  'second_factor',
  'set_up_factor',
  'consent',
])

/** The name of the flow in an address. */
export function flowIdIn(query: SentParameters): string | undefined {
  return query.find(([name]) => name === 'flow')?.[1]
}

async function authorize(asked: PageRequest, parameters: SentParameters): Promise<Response> {
  const { open, visit } = asked
  try {
    const pending = await interactionOf(open).begin(parameters, visit.address)
    const sessionBefore = visit.session?.hash
    const { step } = await stepOf(open, visit.session, { pending, sessionBefore })
    const isAnswered = !pageSteps.has(step)
    // What needs no page needs no flow either.
    return await proceed(
      asked,
      isAnswered ? { sessionBefore, pending } : await beginFlow(open, visit, pending),
    )
  } catch (error) {
    throw await shownFirst(asked, parameters, error)
  }
}

async function proceed(
  asked: PageRequest,
  flow: Pick<Flow, 'pending' | 'sessionBefore'> & Partial<Flow>,
): Promise<Response> {
  const { open, visit } = asked
  const { session } = visit
  const { step, remembered } = await stepOf(open, session, flow)
  const { basePath } = open.settings
  switch (step) {
    case 'login':
    case 'select_account':
    case 'consent':
      return visit.redirect(`${basePath}/${step}?flow=${flow.id ?? ''}`)
    case 'second_factor':
      return visit.redirect(`${basePath}/login/second-factor?flow=${flow.id ?? ''}`)
    case 'set_up_factor':
      return visit.redirect(`${basePath}/account/security?flow=${flow.id ?? ''}`)
    case 'login_required':
      return visit.answer(await refuse(open, visit, flow, step, 'Nobody is logged in'))
    case 'interaction_required':
      return visit.answer(await refuse(open, visit, flow, step, 'The person has to set up a second factor'))
    case 'unmet_authentication_requirements':
      return visit.answer(
        await refuse(open, visit, flow, step, 'The person cannot log in as strongly as this'),
      )
    case 'consent_required':
      return visit.answer(await refuse(open, visit, flow, step, 'The person has to agree first'))
    case 'issue': {
      // The step says so only of a person who is logged in.
      if (session === undefined) return expired(asked)
      return visit.answer(await finish(open, visit, flow, session, { remembered }))
    }
  }
}

/**
 * RFC 9700 §4.11.2: whoever registered by itself, or wrote a document, could use this server as a redirector. Its errors are shown, unless
 * somebody is logged in.
 */
async function shownFirst(
  { open, visit }: PageRequest,
  parameters: SentParameters,
  error: unknown,
): Promise<unknown> {
  if (!(error instanceof AuthorizationError) || error.target === undefined || visit.session !== undefined) {
    return error
  }
  if (parameters.some(([name, value]) => name === 'prompt' && value === 'none')) return error
  const clientId = parameters.find(([name]) => name === 'client_id')?.[1] ?? ''
  const isStrangers =
    looksLikeAddress(clientId) || (await open.clients.get(clientId))?.source === 'registered'
  return isStrangers ? new AuthorizationError(error.code, error.message) : error
}
