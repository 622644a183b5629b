/** The pages of signing out. */

import { html } from '../http/html.ts'
import type { Html } from '../http/html.ts'
import type { PageContext, SignOutPage } from '../server/interaction/pages.ts'
import { clientName, formOf, layout } from './layout.ts'
import type { Words } from './words.ts'

/** Writes the question, or what is said after it. */
export function signOutPage(page: SignOutPage, context: PageContext, words: Words): Html {
  if (page.step === 'confirm') {
    const { form, person } = page
    return layout(
      context,
      words.signOut,
      html`<h1>${words.signOut}</h1>
        ${page.client && html`<p class="quiet">${clientName(page.client)} ${words.asksToSignOut}</p>`}
        <p>${words.signOutQuestion(person.name ?? person.username)}</p>
        ${formOf(form, html`<button>${words.signOut}</button>`)}`,
    )
  }
  return layout(
    context,
    words.signedOut,
    html`<h1>${words.signedOut}</h1>
      <p class="quiet">${words.signedOutText}</p>
      ${
        page.back &&
        html`<p>
          <a href="${page.back.location}" rel="noreferrer">${words.backTo} ${clientName(page.back.client)}</a>
        </p>`
      }`,
  )
}
