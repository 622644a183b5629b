/** Where somebody is logged in, and the end of that. */

import type { StoredSession } from '../../../store/grant-store.ts'
import { readUserAgent } from '../../interaction/user-agent.ts'
import type { PageSite } from '../page-request.ts'
import { addAccountPage, doneWith } from './account-page.ts'
import type { AccountRequest } from './account-page.ts'

/** Adds `/account/sessions`. */
export function addSessionsPage(site: PageSite): void {
  addAccountPage(site, 'sessions', { shown: show, posted, needsRecent: 'forms' })
}

async function posted(asked: AccountRequest): Promise<Response> {
  const { visit, sent } = asked
  const id = sent.one('session')
  if (id !== undefined) {
    // From the list of this account, so nobody ends the session of somebody else; what is not there has ended already.
    const found = (await listed(asked)).find((each) => each.id === id)
    if (found !== undefined) await asked.open.sessions.end(found, visit.address)
    return doneWith(asked, 'sessions', 'session')
  }
  if (sent.one('others') === undefined) return show(asked)
  for (let round = 0; round < mostRounds; round++) {
    const others = (await listed(asked)).filter((each) => each.id !== asked.session.id)
    for (const each of others) await asked.open.sessions.end(each, visit.address)
    if (others.length === 0) break
  }
  return doneWith(asked, 'sessions', 'sessions')
}

/** The store lists a hundred at a time. */
const mostRounds = 20

async function listed({ open, session }: AccountRequest): Promise<readonly StoredSession[]> {
  return open.store.listSessions(session.subject, open.settings.now())
}

async function show(asked: AccountRequest): Promise<Response> {
  const { visit, session, frame } = asked
  const found = await listed(asked)
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
