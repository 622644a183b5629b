/** Signing out: a question, as a link from elsewhere must not end a session, and then the end of it. */

import { sortParameters } from '../../protocol/parameters.ts'
import { addPage } from './page-request.ts'
import type { PageRequest, PageSite } from './page-request.ts'

/** Adds `/logout`. */
export function addSignOutPage(site: PageSite): void {
  addPage(site, '/logout', {
    shown: async (asked) => {
      const { open, visit } = asked
      const { session, pages, context } = visit
      if (session === undefined) return done(asked)
      const account = await open.accounts.get(session.subject)
      const form = visit.form('/logout', 'session')
      const person = { username: account?.username ?? '', name: account?.name }
      return visit.page(200, pages.signOut({ step: 'confirm', form, person }, context))
    },
    posted: async (asked) => {
      const { open, visit, form } = asked
      visit.checkForm(sortParameters(form).one('csrf'), 'session')
      if (visit.session !== undefined) await open.sessions.end(visit.session, visit.address)
      visit.keepSession(undefined)
      return done(asked)
    },
  })
}

function done({ visit }: PageRequest): Response {
  return visit.page(200, visit.pages.signOut({ step: 'done' }, visit.context))
}
