/** What the admin pages have in common: the navigation, what was done or went wrong, and the parts that come again. */

import { html } from '../../http/html.ts'
import type { Html, HtmlValue } from '../../http/html.ts'
import type { AdminFrame } from '../../server/interaction/admin-pages.ts'
import type { PageContext, PageForm } from '../../server/interaction/pages.ts'
import { formOf, layout } from '../layout.ts'
import type { AdminWords } from './words.ts'

/** A page of the administration around its own part. */
export function adminLayout(
  frame: AdminFrame,
  context: PageContext,
  words: AdminWords,
  body: HtmlValue,
  title: string = words.sections[frame.current].title,
): Html {
  const { notice, problem } = frame
  return layout(
    context,
    title,
    html`<div class="admin">
      <h1><bdi>${title}</bdi></h1>
      ${notice && html`<p class="done" role="status">${words.notices[notice]}</p>`}
      ${
        problem &&
        html`<div class="alert" role="alert" id="problem">
          ${words.problems[problem.code]}
          ${problem.detail !== undefined && html`<span lang="en">${problem.detail}</span>`}
        </div>`
      }
      ${body}
    </div>`,
    { navigation: navigationOf(frame, words) },
  )
}

function navigationOf({ sections, current, signOutHref, person }: AdminFrame, words: AdminWords): Html {
  return html`<nav class="admin-nav" aria-label="${words.navigation}">
    <ul>
      ${sections.map(
        ({ name, href }) =>
          html`<li>
            <a href="${href}" ${name === current && html`aria-current="page"`}
              >${words.sections[name].title}</a
            >
          </li>`,
      )}
    </ul>
    <p>
      ${words.loggedInAs} <bdi>${person.name ?? person.username}</bdi> ·
      <a href="${signOutHref}">${words.signOut}</a>
    </p>
  </nav>`
}

/** A moment. The server does not know the clock of whoever reads it, so it says which one this is. */
export function moment(at: number, { language }: PageContext): Html {
  const date = new Date(at)
  const text = date.toLocaleString(language, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })
  return html`<time datetime="${date.toISOString()}">${text} UTC</time>`
}

/** A form whose fields say what is to be done. */
export function actionOf(form: PageForm, action: string, fields: HtmlValue): Html {
  return formOf(form, html`<input type="hidden" name="action" value="${action}" />${fields}`)
}

/** A text field with its label. */
export function field(
  name: string,
  label: string,
  value: string | undefined,
  { hint, isRequired = false }: { readonly hint?: string; readonly isRequired?: boolean } = {},
): Html {
  return html`<label for="${name}">${label}</label>
    <input
      type="text"
      id="${name}"
      name="${name}"
      value="${value ?? ''}"
      autocomplete="off"
      autocapitalize="none"
      spellcheck="false"
      ${isRequired && html`required`}
      ${hint !== undefined && html`aria-describedby="${name}-hint"`}
    />
    ${hint !== undefined && html`<p class="tip" id="${name}-hint">${hint}</p>`}`
}

/** A box to tick. */
export function tick(
  name: string,
  value: string,
  label: HtmlValue,
  { isSet = false, isLocked = false }: { readonly isSet?: boolean; readonly isLocked?: boolean } = {},
): Html {
  return html`<label class="tick">
    <input
      type="checkbox"
      name="${name}"
      value="${value}"
      ${isSet && html`checked`}
      ${isLocked && html`disabled`}
    />
    <span>${label}</span>
  </label>`
}

/** The end of something, behind what has to be typed for it. */
export function removal(form: PageForm, text: string, confirm: string, words: AdminWords): Html {
  return html`<details class="danger">
    <summary>${words.remove}</summary>
    <p>${text}</p>
    ${actionOf(
      form,
      'remove',
      html`${field('confirm', words.typeToConfirm(confirm), undefined, { isRequired: true })}
        <button class="danger">${words.remove}</button>`,
    )}
  </details>`
}

/** The way to the next page of a list. */
export function more(href: string | undefined, words: AdminWords): HtmlValue {
  return href !== undefined && html`<p class="more"><a href="${href}" rel="next">${words.more}</a></p>`
}
