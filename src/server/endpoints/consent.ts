/** The consent page: who asks, for what, and where the browser goes. The person decides. */

import { sortParameters } from '../../protocol/parameters.ts'
import { redirectUriShape } from '../../protocol/redirect-uri.ts'
import type { StoredSession } from '../../store/grant-store.ts'
import { heldScopes } from '../admin/scopes.ts'
import { auditEvent } from '../audit.ts'
import { findFlow, finish, refuse, stepOf } from '../interaction/flow.ts'
import type { Flow } from '../interaction/flow.ts'
import { pageClient } from '../interaction/page-client.ts'
import { pageScopes } from '../interaction/page-scopes.ts'
import type { PagePerson } from '../interaction/pages.ts'
import type { Service } from '../service.ts'
import { flowIdIn } from './authorization.ts'
import { addPage, expired } from './page-request.ts'
import type { PageRequest, PageSite } from './page-request.ts'

/** Adds `/consent`. */
export function addConsentPage(site: PageSite): void {
  addPage(site, '/consent', { shown: (asked) => withPerson(asked, show), posted })
}

/** Whoever is not logged in, not any more, or not in the way that is asked for, does that first, and the flow goes on after it. */
async function withPerson(
  asked: PageRequest,
  work: (asked: PageRequest, flow: Flow, session: StoredSession) => Promise<Response>,
): Promise<Response> {
  const { open, visit } = asked
  const flow = await findFlow(open, visit, flowIdIn(asked.query))
  if (flow === undefined) return expired(asked)
  const { step } = await stepOf(open, visit.session, flow)
  if (visit.session === undefined || (step !== 'consent' && step !== 'issue')) {
    return visit.redirect(`${open.settings.basePath}/authorize/continue?flow=${flow.id}`)
  }
  return work(asked, flow, visit.session)
}

async function posted(asked: PageRequest): Promise<Response> {
  const sent = sortParameters(asked.form)
  asked.visit.checkForm(sent.one('csrf'), 'session')
  return withPerson(asked, async ({ open, visit }, flow, session) => {
    // Anything but a clear yes is a no.
    if (sent.one('decision') !== 'allow') {
      const answer = await refuse(open, visit, flow, 'access_denied', 'The person did not agree')
      const about = { clientId: flow.pending.client.id, subject: session.subject }
      await open.audit([auditEvent('consent.denied', open.settings.now(), about)])
      return visit.answer(answer)
    }
    const { remembered } = await stepOf(open, session, flow)
    return visit.answer(await finish(open, visit, flow, session, { remembered }))
  })
}

async function show({ open, visit }: PageRequest, flow: Flow, session: StoredSession): Promise<Response> {
  const { id, pending } = flow
  const { client, request, resources } = pending
  const { remembered } = await stepOf(open, session, flow)
  const { settings } = open
  const shape = redirectUriShape(request.redirectUri)
  const isRefreshed = client.metadata.grantTypes.includes('refresh_token')
  const page = {
    form: visit.form(`/consent?flow=${id}`, 'session'),
    client: pageClient(client),
    person: await personOf(open, session),
    redirectHost:
      shape === 'private-use' ? request.redirectUri.replace(/:.*$/s, ':') : new URL(request.redirectUri).host,
    isLoopback: shape === 'loopback' || shape === 'localhost',
    scopes: pageScopes(open, await heldScopes(open, session.subject, pending.agreement), resources),
    resources: resources.map((resource) => settings.resources.get(resource)?.name ?? resource),
    agreed: remembered?.scopes ?? [],
    ...(isRefreshed ? { days: Math.floor(settings.lifetimes.refreshAbsolute / 86_400) } : {}),
  }
  return visit.page(200, visit.pages.consent(page, visit.context), { formTarget: request.redirectUri })
}

/** Who is logged in, as the pages show them. */
export async function personOf({ accounts }: Service, { subject }: StoredSession): Promise<PagePerson> {
  const account = await accounts.get(subject)
  return { username: account?.username ?? '', name: account?.name }
}
