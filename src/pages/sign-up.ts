/** The pages of making an account. */

import { html } from '../http/html.ts'
import type { Html } from '../http/html.ts'
import type { PageContext, SignUpPage } from '../server/interaction/pages.ts'
import { addressForm, onward, passwordForm } from './account-fields.ts'
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
      return layout(
        context,
        words.lookIntoMailbox,
        html`<h1>${words.lookIntoMailbox}</h1>
          <p>${words.signUpSent(page.email)}</p>
          <p class="quiet">${words.noMail}</p>`,
      )
    case 'choose':
      return layout(
        context,
        words.choosePassword,
        html`<h1>${words.choosePassword}</h1>
          ${passwordForm(page, words.makeAccount, words)}`,
      )
    case 'taken':
      return layout(
        context,
        words.accountTaken,
        html`<h1>${words.accountTaken}</h1>
          <p>${words.accountTakenText}</p>
          ${onward(page.login, words.logIn)}`,
      )
    case 'done':
      return layout(
        context,
        words.accountMade,
        html`<h1>${words.accountMade}</h1>
          <p>${words.accountMadeText}</p>
          ${onward(page.login, words.logIn)}`,
      )
  }
}
