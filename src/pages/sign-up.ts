/** The pages of making an account. */

import { html } from '../http/html.ts'
import type { Html } from '../http/html.ts'
import type { PageContext, SignUpPage } from '../server/interaction/pages.ts'
import { addressForm, mailboxPage, onward, outcomePage, passwordForm } from './account-fields.ts'
import { layout } from './layout.ts'
import type { Words } from './words.ts'

/** Writes the step that it is at. */
export function signUpPage(page: SignUpPage, context: PageContext, words: Words): Html {
  switch (page.step) {
    case 'ask':
      return layout(
        context,
        words.signUp,
        html`<h1>${words.signUpAt(context.serviceName)}</h1>
          <p class="quiet">${words.signUpText}</p>
          ${addressForm(page, words)}`,
      )
    case 'sent':
      return mailboxPage(words.signUpSent(page.email), context, words)
    case 'choose':
      return layout(
        context,
        words.choosePassword,
        html`<h1>${words.choosePassword}</h1>
          ${passwordForm(page, words.makeAccount, words)}`,
      )
    case 'taken':
      return outcomePage(context, words.accountTaken, words.accountTakenText, onward(page.login, words.logIn))
    case 'done':
      return outcomePage(context, words.accountMade, words.accountMadeText, onward(page.login, words.logIn))
  }
}
