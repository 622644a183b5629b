/** The page that sends an answer to an application by a form. */

import { html } from '../http/html.ts'
import type { Html } from '../http/html.ts'
import type { FormPostPage, PageContext } from '../server/interaction/pages.ts'
import { layout } from './layout.ts'
import type { Words } from './words.ts'

/** Writes it. */
export function formPostPage(
  { action, fields, script }: FormPostPage,
  context: PageContext,
  words: Words,
): Html {
  return layout(
    context,
    words.goOn,
    html`<h1>${words.goOn}</h1>
      <p class="quiet">${words.goOnText}</p>
      <form method="post" action="${action}">
        ${fields.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
        <button>${words.goOn}</button>
      </form>
      <script src="${script}"></script>`,
  )
}
