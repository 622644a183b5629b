/** The admin pages that the server has unless it is given others; loaded when somebody wants to see one. */

import type { Html } from '../../http/html.ts'
import type { AdminPages } from '../../server/interaction/admin-pages.ts'
import type { PageContext } from '../../server/interaction/pages.ts'
import { clientPage, clientsPage } from './clients.ts'
import { auditPage, keysPage, oncePage, overviewPage, refusalPage } from './others.ts'
import { userPage, usersPage } from './users.ts'
import { englishAdmin, germanAdmin } from './words.ts'
import type { AdminWords } from './words.ts'

/** The default admin pages, in English and German. */
export const adminPages: AdminPages = {
  overview: spoken(overviewPage),
  users: spoken(usersPage),
  user: spoken(userPage),
  clients: spoken(clientsPage),
  client: spoken(clientPage),
  once: spoken(oncePage),
  keys: spoken(keysPage),
  audit: spoken(auditPage),
  refusal: spoken(refusalPage),
}

/** In the language that was asked for, where it is one of the two. */
function spoken<Page>(
  write: (page: Page, context: PageContext, words: AdminWords) => Html,
): (page: Page, context: PageContext) => Html {
  return (page, context) => {
    const { language } = context
    if (/^de\b/.test(language)) return write(page, context, germanAdmin)
    return write(page, { ...context, language: /^en\b/.test(language) ? language : 'en' }, englishAdmin)
  }
}
