/** The pages of another address for an account. */

import { html } from '../http/html.ts'
import type { Html } from '../http/html.ts'
import type { EmailPage, PageContext } from '../server/interaction/pages.ts'
import { addressProblem, alert, invalid } from './account-fields.ts'
import { formOf, layout } from './layout.ts'
import type { Words } from './words.ts'

/** Writes the step that it is at. */
export function emailPage(page: EmailPage, context: PageContext, words: Words): Html {
  switch (page.step) {
    case 'ask':
      return layout(context, words.emailTitle, question(page, words))
    case 'sent':
      return layout(
        context,
        words.lookIntoMailbox,
        html`<h1>${words.lookIntoMailbox}</h1>
          <p>${words.emailSent(page.email)}</p>
          <p class="quiet">${words.noMail}</p>`,
      )
    case 'confirm':
      return layout(
        context,
        words.emailConfirm,
        html`<h1>${words.emailConfirm}</h1>
          <p>${words.emailConfirmText(page.email, page.username)}</p>
          ${formOf(page.form, html`<button>${words.emailConfirmButton}</button>`)}`,
      )
    case 'taken':
      return layout(
        context,
        words.emailTaken,
        html`<h1>${words.emailTaken}</h1>
          <p>${words.emailTakenText}</p>`,
      )
    case 'done':
      return layout(
        context,
        words.emailDone,
        html`<h1>${words.emailDone}</h1>
          <p>${words.emailDoneText(page.email)}</p>`,
      )
  }
}

function question(page: Extract<EmailPage, { readonly step: 'ask' }>, words: Words): Html {
  const { form, person, current, isVerified, email, error } = page
  const problem = error === 'credentials' ? words.wrongPassword : addressProblem(page, words)
  return html`<h1>${words.emailTitle}</h1>
    <p class="quiet">
      ${current === undefined ? words.emailNone : words.emailCurrent(current)}
      ${current !== undefined && !isVerified && words.emailUnverified}
    </p>
    ${alert(error && problem)}
    ${formOf(
      form,
      html`<label for="email">${words.newEmail}</label>
        <input
          type="email"
          id="email"
          name="email"
          value="${email ?? (isVerified ? '' : (current ?? ''))}"
          autocomplete="email"
          required
          ${error === 'invalid' && invalid}
        />
        <input
          type="text"
          name="username"
          value="${person.username}"
          autocomplete="username"
          hidden
          readonly
        />
        ${page.hasPassword && currentPassword(error, words)}
        <button>${words.sendLink}</button>`,
    )}`
}

function currentPassword(error: Extract<EmailPage, { readonly step: 'ask' }>['error'], words: Words): Html {
  return html`<label for="password">${words.currentPassword}</label>
    <input
      type="password"
      id="password"
      name="password"
      autocomplete="current-password"
      required
      ${error === 'credentials' && invalid}
    />`
}
