/** The page of the providers that log in to the account. */

import { html } from '../../http/html.ts'
import type { Html } from '../../http/html.ts'
import type { AccountProvider, AccountProvidersPage } from '../../server/interaction/account-pages.ts'
import type { PageContext } from '../../server/interaction/pages.ts'
import { formOf } from '../layout.ts'
import { providerProblem } from '../provider-buttons.ts'
import type { Words } from '../words.ts'
import { accountLayout, moment } from './layout.ts'

/** Writes it. */
export function providersPage(page: AccountProvidersPage, context: PageContext, words: Words): Html {
  const { frame, form, linked, offered, problem } = page
  return accountLayout(
    frame,
    context,
    words,
    html`<p class="quiet">${words.providersText}</p>
      ${providerProblem(problem, words)}
      ${
        linked.length === 0
          ? html`<p>${words.noProviders}</p>`
          : html`<ul class="rows">
              ${linked.map((each) => row(each, page, context, words))}
            </ul>`
      }
      ${
        offered.length > 0 &&
        html`<h2>${words.addProvider}</h2>
          ${formOf(
            form,
            html`<div class="buttons">
              ${offered.map(
                ({ id, name }) =>
                  html`<button class="other" name="link" value="${id}">${words.linkProvider(name)}</button>`,
              )}
            </div>`,
          )}`
      }`,
  )
}

function row(
  { id, name, label, createdAt, lastUsedAt }: AccountProvider,
  { form }: AccountProvidersPage,
  context: PageContext,
  words: Words,
): Html {
  const own = words.accountPages
  const called = label === undefined ? name : `${name}: ${label}`
  return html`<li>
    <h2>${name}</h2>
    ${label !== undefined && html`<p class="quiet"><bdi>${label}</bdi></p>`}
    <dl>
      <dt>${own.since}</dt>
      <dd>${moment(createdAt, context)}</dd>
      <dt>${own.lastUsed}</dt>
      <dd>${moment(lastUsedAt, context)}</dd>
    </dl>
    ${formOf(
      form,
      html`<button class="other" name="unlink" value="${id}" aria-label="${words.unlinkProvider}: ${called}">
        ${words.unlinkProvider}
      </button>`,
    )}
  </li>`
}
