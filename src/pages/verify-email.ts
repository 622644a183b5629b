/** Where the link leads that makes an address that of an account. */

import { html } from '../http/html.ts'
import type { Html } from '../http/html.ts'
import type { EmailPage, PageContext } from '../server/interaction/pages.ts'
import { onward, outcomePage } from './account-fields.ts'
import { formOf, layout } from './layout.ts'
import type { Words } from './words.ts'

/** Writes the step that it is at. */
export function verifyEmailPage(page: EmailPage, context: PageContext, words: Words): Html {
  switch (page.step) {
    case 'confirm':
      return layout(
        context,
        words.emailConfirm,
        html`<h1>${words.emailConfirm}</h1>
          <p>${words.emailConfirmText(page.email, page.username)}</p>
          ${formOf(page.form, html`<button>${words.emailConfirmButton}</button>`)}`,
      )
    case 'taken':
      return outcomePage(
        context,
        words.emailTaken,
        words.emailTakenText,
        onward(page.account, words.accountPages.navigation),
      )
    case 'done':
      return outcomePage(
        context,
        words.emailDone,
        words.emailDoneText(page.email),
        onward(page.account, words.accountPages.navigation),
      )
  }
}
