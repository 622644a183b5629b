/** The page for choosing an account. */

import { html } from '../http/html.ts'
import type { Html } from '../http/html.ts'
import type { ChooserPage } from '../server/interaction/chooser-page.ts'
import type { PageContext } from '../server/interaction/pages.ts'
import { clientName, formOf, layout } from './layout.ts'
import type { Words } from './words.ts'

/** Writes it. */
export function chooserPage(page: ChooserPage, context: PageContext, words: Words): Html {
  const { person, client } = page
  return layout(
    context,
    words.chooseAccount,
    html`<h1>${words.chooseAccount}</h1>
      <p class="quiet">${words.toContinueTo} ${clientName(client)}</p>
      ${formOf(
        page.form,
        html`<button name="decision" value="continue">
            ${words.continueAs} <bdi>${person.name ?? person.username}</bdi>
          </button>
          ${
            person.name !== undefined &&
            html`<p class="quiet under">${words.username}: <bdi>${person.username}</bdi></p>`
          }`,
      )}
      <p class="under"><a class="button other" href="${page.otherHref}">${words.otherAccount}</a></p>
      ${formOf(
        page.form,
        html`<button class="other" name="decision" value="cancel">${words.cancel}</button>`,
      )}`,
  )
}
