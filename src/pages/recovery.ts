/** The pages of setting another password without the old one. */

import { html } from '../http/html.ts'
import type { Html } from '../http/html.ts'
import type { PageContext, RecoveryPage } from '../server/interaction/pages.ts'
import { addressForm, mailboxPage, onward, outcomePage, passwordForm } from './account-fields.ts'
import { layout } from './layout.ts'
import type { Words } from './words.ts'

/** Writes the step that it is at. */
export function recoveryPage(page: RecoveryPage, context: PageContext, words: Words): Html {
  switch (page.step) {
    case 'ask':
      return layout(
        context,
        words.recoveryTitle,
        html`<h1>${words.recoveryTitle}</h1>
          <p class="quiet">${words.recoveryText}</p>
          ${addressForm(page, words)}`,
      )
    case 'sent':
      return mailboxPage(words.recoverySent(page.email), context, words)
    case 'choose':
      return layout(
        context,
        words.choosePassword,
        html`<h1>${words.choosePassword}</h1>
          ${passwordForm(page, words.setPassword, words)}`,
      )
    case 'demanded':
      return layout(
        context,
        words.choosePassword,
        html`<h1>${words.choosePassword}</h1>
          <p>${words.passwordDemanded}</p>
          ${passwordForm(page, words.setPasswordAndGoOn, words)}`,
      )
    case 'done':
      return outcomePage(context, words.passwordSet, words.passwordSetText, onward(page.login, words.logIn))
  }
}
