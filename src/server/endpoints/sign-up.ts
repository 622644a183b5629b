/** Making an account: an address is asked for, and a link goes there. Nobody learns here whether it has an account. */

import { askSignUp } from '../recovery.ts'
import { askAddress, takeAddress } from './address-page.ts'
import type { AddressPage } from './address-page.ts'
import { addPage } from './page-request.ts'
import type { PageSite } from './page-request.ts'

const page: AddressPage = {
  path: '/sign-up',
  write: (step, { pages, context }) => pages.signUp(step, context),
  send: askSignUp,
}

/** Adds `/sign-up`. The link leads to `/verify`. */
export function addSignUpPage(site: PageSite): void {
  addPage(site, page.path, {
    shown: async (asked) => askAddress(page, asked, 200),
    posted: (asked) => takeAddress(page, asked),
  })
}
