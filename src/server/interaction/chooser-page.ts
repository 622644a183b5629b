/** The port of the page for choosing an account (`prompt=select_account`). */

import type { PageClient, PageForm, PagePerson } from './pages.ts'

/** Somebody is logged in, and the application wants them to say who goes on. Field: `decision` (`continue` or `cancel`). */
export interface ChooserPage {
  readonly form: PageForm
  readonly client: PageClient
  readonly person: PagePerson
  /** Leads to the login page, with nobody's name in it. */
  readonly otherHref: string
}
