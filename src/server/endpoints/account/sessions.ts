/** Where somebody is logged in, and the end of that. */

import { readUserAgent } from '../../interaction/user-agent.ts'
import type { PageSite } from '../page-request.ts'
import { addAccountPage, doneWith } from './account-page.ts'
import type { AccountRequest } from './account-page.ts'

/** Adds `/account/sessions`. */
export function addSessionsPage(site: PageSite): void {
  addAccountPage(site, 'sessions', { shown: show, posted, needsRecent: 'forms' })
}

async function posted(asked: AccountRequest): Promise<Response> {
  const { open, visit, sent, session } = asked
  const id = sent.one('session')
  if (id === undefined && sent.one('others') === undefined) return show(asked)
  // Out of their own ones: nobody ends the session of somebody else, whose name an application may know.
  const own = await open.store.listSessions(session.subject, open.settings.now())
  const wanted = own.filter((each) => (id === undefined ? each.id !== session.id : each.id === id))
  for (const each of wanted) await open.sessions.end(each, visit.address)
  return doneWith(asked, 'sessions', id === undefined ? 'sessions' : 'session')
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
