/** The providers that somebody can log in with: linking one takes a login there and a recent one here. */

import { auditEvent } from '../../audit.ts'
import { waysIn } from '../../factors/change.ts'
import { linkOf } from '../../federation/tokens.ts'
import type { ProviderProblem } from '../../interaction/pages.ts'
import { tellProviderChanged } from '../../mail/owner-news.ts'
import type { PageSite } from '../page-request.ts'
import { beginLink, providerProblemIn, providerTarget } from '../sign-in-with.ts'
import { addAccountPage, doneWith } from './account-page.ts'
import type { AccountRequest } from './account-page.ts'

/** Adds `/account/providers`. */
export function addProvidersPage(site: PageSite): void {
  addAccountPage(site, 'providers', {
    shown: (asked) => show(asked, providerProblemIn(asked)),
    posted,
    needsRecent: 'forms',
  })
}

async function posted(asked: AccountRequest): Promise<Response> {
  const { open, sent, session } = asked
  const provider = open.settings.providers.get(sent.one('link') ?? '')
  if (provider !== undefined) return beginLink(asked, provider, session)
  const id = sent.one('unlink')
  return id === undefined ? show(asked, undefined) : unlink(asked, id)
}

async function unlink(asked: AccountRequest, id: string): Promise<Response> {
  const { open, visit, session } = asked
  const { identities, settings, tell } = open
  const { subject } = session
  // From the list of this account: what is not there is nobody's, or was taken away a moment ago.
  const found = (await identities.listIdentities(subject)).find((each) => each.id === id)
  if (found === undefined) return doneWith(asked, 'providers', 'provider_unlinked')
  const from = visit.address === undefined ? {} : { address: visit.address }
  const about = { subject, details: { provider: found.provider }, ...from }
  const audit = [auditEvent('account.provider_unlinked', settings.now(), about)]
  const outcome = await identities.unlinkIdentity(id, subject, { ways: await waysIn(open), audit })
  if (outcome === 'last') return show(asked, { problem: 'last', name: nameOf(asked, found.provider) })
  if (outcome === 'unlinked') {
    tell(audit)
    const change = { change: 'unlinked', provider: nameOf(asked, found.provider) } as const
    tellProviderChanged(open, subject, change, visit.context.language)
  }
  return doneWith(asked, 'providers', 'provider_unlinked')
}

async function show(asked: AccountRequest, problem: ProviderProblem | undefined): Promise<Response> {
  const { open, visit, session, frame } = asked
  const identities = await open.identities.listIdentities(session.subject)
  const linked = identities.map((identity) => {
    const { provider, ...link } = linkOf(identity)
    return { ...link, name: nameOf(asked, provider) }
  })
  const offered = [...open.settings.providers.values()].map(({ id, name }) => ({ id, name }))
  const form = visit.form('/account/providers', 'session')
  const page = visit.pages.account.providers({ frame, form, linked, offered, problem }, visit.context)
  return visit.page(problem === undefined ? 200 : 409, page, {
    formTarget: providerTarget(open.settings),
  })
}

/** One that is not set up any more is called what it was. */
function nameOf({ open }: AccountRequest, id: string): string {
  return open.settings.providers.get(id)?.name ?? id
}
