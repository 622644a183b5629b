/** The page of whatever went wrong. */

import { html } from '../http/html.ts'
import type { Html } from '../http/html.ts'
import type { ErrorPage, PageContext } from '../server/interaction/pages.ts'
import { layout } from './layout.ts'
import type { Words } from './words.ts'

/** Writes it. */
export function errorPage(page: ErrorPage, context: PageContext, words: Words): Html {
  const { problem, description, requestId } = page
  const hasMore = description !== undefined || requestId !== undefined
  return layout(
    context,
    words.errorTitle,
    html`<h1>${words.errorTitle}</h1>
      <p>${words.problems[problem]}</p>
      ${
        hasMore &&
        html`<dl>
          ${
            description !== undefined &&
            html`<dt>${words.detail}</dt>
              <dd lang="en">${description}</dd>`
          }
          ${
            requestId !== undefined &&
            html`<dt>${words.number}</dt>
              <dd><code>${requestId}</code></dd>`
          }
        </dl>`
      }`,
  )
}
