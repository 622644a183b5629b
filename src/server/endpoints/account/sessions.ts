/** Where somebody is logged in, and the end of that. */

import { auditEvent } from '../../audit.ts'
import { readUserAgent } from '../../interaction/user-agent.ts'
import type { PageSite } from '../page-request.ts'
import { addAccountPage, doneWith } from './account-page.ts'
import type { AccountRequest } from './account-page.ts'

/** Adds `/account/sessions`. */
export function addSessionsPage(site: PageSite): void {
  addAccountPage(site, 'sessions', { shown: show, posted, needsRecent: 'forms' })
}

async function posted(asked: AccountRequest): Promise<Response> {
  const { open, visit, sent, session, account } = asked
  const { store, settings, tell } = open
  const { subject } = session
  const about = { subject, ...(visit.address === undefined ? {} : { address: visit.address }) }
  const id = sent.one('session')
  if (id === undefined) {
    if (sent.one('others') === undefined) return show(asked)
    const details = { except: session.id }
    const audit = [auditEvent('session.ended', settings.now(), { ...about, details })]
    if ((await store.endSessions(account.id, { except: session.id, audit })) > 0) tell(audit)
    return doneWith(asked, 'sessions', 'sessions')
  }
  if (!/^[\w-]{1,100}$/.test(id)) return show(asked)
  const audit = [auditEvent('session.ended', settings.now(), { ...about, details: { session: id } })]
  // The subject goes with the name: nobody ends the session of somebody else.
  if (await store.endSession(id, subject, audit)) tell(audit)
  return doneWith(asked, 'sessions', 'session')
}

async function show({ open, visit, session, frame }: AccountRequest): Promise<Response> {
  const found = await open.store.listSessions(session.subject, open.settings.now())
  const sessions = found.map(({ id, address, userAgent, authTime, lastSeenAt }) => ({
    id,
    address,
    startedAt: authTime,
    lastSeenAt,
    isThis: id === session.id,
    ...readUserAgent(userAgent),
  }))
  // This one first: what stands below it is what one looks for.
  const ordered = sessions.toSorted((one, other) => Number(other.isThis) - Number(one.isThis))
  const form = visit.form('/account/sessions', 'session')
  return visit.page(200, visit.pages.account.sessions({ frame, form, sessions: ordered }, visit.context))
}
