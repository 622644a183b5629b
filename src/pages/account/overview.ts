/** The first page of the account, and the page of the name. */

import { html } from '../../http/html.ts'
import type { Html } from '../../http/html.ts'
import type { AccountOverviewPage, AccountProfilePage } from '../../server/interaction/account-pages.ts'
import type { PageContext } from '../../server/interaction/pages.ts'
import { formOf } from '../layout.ts'
import type { Words } from '../words.ts'
import { accountLayout, invalidIf, problemOf } from './layout.ts'

/** Writes the first page: who you are, and what there is. */
export function overviewPage({ frame }: AccountOverviewPage, context: PageContext, words: Words): Html {
  const { person, sections } = frame
  const { name, email, nobody, sections: titles } = words.accountPages
  return accountLayout(
    frame,
    context,
    words,
    html`<dl>
        <dt>${words.username}</dt>
        <dd><bdi>${person.username}</bdi></dd>
        <dt>${name}</dt>
        <dd>
          ${person.name === undefined ? html`<span class="quiet">${nobody}</span>` : html`<bdi>${person.name}</bdi>`}
        </dd>
        ${
          person.email !== undefined &&
          html`<dt>${email}</dt>
            <dd><bdi dir="ltr">${person.email}</bdi></dd>`
        }
      </dl>
      <ul class="rows sections">
        ${sections
          .filter((section) => section.name !== 'overview')
          .map(
            (section) =>
              html`<li>
                <a href="${section.href}">${titles[section.name].title}</a>
                <p class="quiet">${titles[section.name].text}</p>
              </li>`,
          )}
      </ul>`,
  )
}

/** Writes the page of the name. */
export function profilePage(page: AccountProfilePage, context: PageContext, words: Words): Html {
  const { frame, form, error } = page
  const { name, nameHint, wrongName, save } = words.accountPages
  return accountLayout(
    frame,
    context,
    words,
    html`${problemOf(error && wrongName)}
    ${formOf(
      form,
      html`<label for="name">${name}</label>
        <input
          type="text"
          id="name"
          name="name"
          value="${page.name ?? ''}"
          autocomplete="name"
          ${invalidIf(error !== undefined)}
        />
        <p class="hint">${nameHint}</p>
        <button>${save}</button>`,
    )}`,
  )
}
