/** The consent page. */

import { html } from '../http/html.ts'
import type { Html, HtmlValue } from '../http/html.ts'
import type { ConsentPage, PageClient, PageContext, PageScope } from '../server/interaction/pages.ts'
import { clientName, formOf, layout, unverifiedMark } from './layout.ts'
import type { Words } from './words.ts'

/** Writes it. */
export function consentPage(page: ConsentPage, context: PageContext, words: Words): Html {
  const { client, person } = page
  return layout(
    context,
    words.consentTitle,
    html`<h1>${words.consentTitle}</h1>
      <p>${clientName(client)} ${words.asksFor}</p>
      ${unverifiedMark(client, words)}
      ${page.isLoopback && isStrange(client) && html`<p class="warning">${words.loopbackText}</p>`}
      ${page.scopes.length > 0 && html`<h2>${words.willBeAbleTo}</h2>`}
      ${scopeList(page.scopes, page.agreed, words)}
      <dl>
        <dt>${words.account}</dt>
        <dd><bdi>${person.name ?? person.username}</bdi></dd>
        <dt>${words.forApi}</dt>
        <dd>${page.resources.map((resource, index) => html`${index > 0 && ', '}<bdi>${resource}</bdi>`)}</dd>
        <dt>${words.goesTo}</dt>
        <dd>
          ${page.isLoopback && html`${words.loopback} &ndash; `}<bdi dir="ltr">${page.redirectHost}</bdi>
        </dd>
        <dt>${words.lasts}</dt>
        <dd>${page.days === undefined ? words.once : words.days(page.days)}</dd>
      </dl>
      ${formOf(
        page.form,
        html`<div class="buttons">
          <button name="decision" value="allow">${words.allow}</button>
          <button class="other" name="decision" value="deny">${words.deny}</button>
        </div>`,
      )}
      ${links(page, words)}`,
  )
}

/** Any program on the computer can listen there, and say that it is this one: no host can tell them apart. */
function isStrange({ isUnverified, host }: PageClient): boolean {
  return isUnverified || host !== undefined
}

/** More of them nobody reads who wants to go on. */
const mostOperations = 12

/** Scopes in words; where some were agreed to before, the others are marked as new. */
export function scopeList(scopes: readonly PageScope[], agreed: readonly string[], words: Words): HtmlValue {
  const isAgain = agreed.length > 0
  return (
    scopes.length > 0 &&
    html`<ul class="scopes">
      ${scopes.map((scope) => scopeItem(scope, isAgain && !agreed.includes(scope.name), words))}
    </ul>`
  )
}

function scopeItem(
  { name, text: given, isIdentity, operations }: PageScope,
  isNew: boolean,
  words: Words,
): Html {
  const text = (isIdentity ? words.identity[name] : undefined) ?? given
  const shown = operations.slice(0, mostOperations)
  const more = operations.length - shown.length
  return html`<li>
    ${text} ${isNew && html`<span class="mark">${words.isNew}</span>`}
    ${
      operations.length > 0 &&
      html`<details>
        <summary>${words.opens}</summary>
        <ul>
          ${shown.map(({ summary, operation }) => html`<li>${summary} <code>${operation}</code></li>`)}
          ${more > 0 && html`<li>${words.more(more)}</li>`}
        </ul>
      </details>`
    }
  </li>`
}

function links({ client: { policyUri, termsUri } }: ConsentPage, words: Words): HtmlValue {
  if (policyUri === undefined && termsUri === undefined) return undefined
  return html`<footer>
    ${policyUri && html`<a href="${policyUri}" rel="noreferrer noopener">${words.privacyPolicy}</a>`}
    ${termsUri && html`<a href="${termsUri}" rel="noreferrer noopener">${words.terms}</a>`}
  </footer>`
}
