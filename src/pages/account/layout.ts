/** What the account pages have in common: the navigation, what has just been done, and how times are written. */

import { html } from '../../http/html.ts'
import type { Html, HtmlValue } from '../../http/html.ts'
import type { AccountFrame } from '../../server/interaction/account-pages.ts'
import type { PageContext } from '../../server/interaction/pages.ts'
import { layout } from '../layout.ts'
import type { Words } from '../words.ts'

/** A page of the account around its own part. */
export function accountLayout(
  frame: AccountFrame,
  context: PageContext,
  words: Words,
  body: HtmlValue,
): Html {
  const { sections, notices } = words.accountPages
  const { title } = sections[frame.current]
  return layout(
    context,
    title,
    html`<h1>${title}</h1>
      ${frame.notice && html`<p class="notice" role="status">${notices[frame.notice]}</p>`} ${body}`,
    { navigation: navigationOf(frame, words) },
  )
}

function navigationOf({ person, sections, current, signOutHref }: AccountFrame, words: Words): Html {
  const { accountPages } = words
  return html`<nav aria-label="${accountPages.navigation}">
    <p class="quiet"><bdi>${person.name ?? person.username}</bdi></p>
    <ul>
      ${sections.map(
        ({ name, href }) =>
          html`<li>
            <a href="${href}" ${name === current && html`aria-current="page"`}
              >${accountPages.sections[name].link}</a
            >
          </li>`,
      )}
      <li><a href="${signOutHref}">${words.signOut}</a></li>
    </ul>
  </nav>`
}

/** A moment. The server does not know the clock of whoever reads it, so it says which one this is. */
export function moment(at: number, { language }: PageContext): Html {
  const date = new Date(at)
  const text = date.toLocaleString(language, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })
  return html`<time datetime="${date.toISOString()}">${text} UTC</time>`
}

/** Says what is wrong, where something is. */
export function problemOf(text: string | undefined): HtmlValue {
  return text !== undefined && html`<p class="alert" role="alert" id="problem">${text}</p>`
}

/** Joins a field to what is wrong with it. */
export function invalidIf(isWrong: boolean): HtmlValue {
  return isWrong && html` aria-invalid="true" aria-describedby="problem"`
}
