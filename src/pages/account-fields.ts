/** The parts that sign-up and recovery have in common: asking for an address and for a new password, and what comes of it. */

import { html } from '../http/html.ts'
import type { Html, HtmlValue } from '../http/html.ts'
import type { AddressQuestion, PageContext, PasswordQuestion } from '../server/interaction/pages.ts'
import { formOf, layout } from './layout.ts'
import type { Words } from './words.ts'

/** The form that asks for an address. */
export function addressForm(page: AddressQuestion, words: Words): Html {
  const { form, email, error, login } = page
  return html`${alert(error && addressProblem(page, words))}
    ${formOf(
      form,
      html`<label for="email">${words.emailAddress}</label>
        <input
          type="email"
          id="email"
          name="email"
          value="${email ?? ''}"
          autocomplete="email"
          required
          ${error === 'invalid' && invalid}
        />
        <button>${words.sendLink}</button>`,
    )}
    <footer><a href="${login}">${words.backToLogin}</a></footer>`
}

/** The form that asks for a new password. */
export function passwordForm(page: PasswordQuestion, button: string, words: Words): Html {
  const { form, username, minimumLength, error } = page
  const state = error !== undefined && error !== 'busy' && invalid
  return html`<p class="quiet">${words.choosePasswordText(username)}</p>
    ${alert(error && words.passwordProblems(error, minimumLength))}
    ${formOf(
      form,
      html`<input type="text" name="username" value="${username}" autocomplete="username" hidden readonly />
        <label for="password">${words.newPassword}</label>
        <input
          type="password"
          id="password"
          name="password"
          autocomplete="new-password"
          required
          ${state || html` aria-describedby="hint"`}
        />
        <p class="hint" id="hint">${words.passwordHint(minimumLength)}</p>
        <label for="repeat">${words.repeatPassword}</label>
        <input type="password" id="repeat" name="repeat" autocomplete="new-password" required />
        <button>${button}</button>`,
    )}`
}

/** The page that sends people to their mailbox. */
export function mailboxPage(text: string, context: PageContext, words: Words): Html {
  return layout(
    context,
    words.lookIntoMailbox,
    html`<h1>${words.lookIntoMailbox}</h1>
      <p>${text}</p>
      <p class="quiet">${words.noMail}</p>`,
  )
}

/** A page that says how it ended. */
export function outcomePage(context: PageContext, title: string, text: string, next: Html): Html {
  return layout(
    context,
    title,
    html`<h1>${title}</h1>
      <p>${text}</p>
      ${next}`,
  )
}

/** What went wrong, to be read first. */
export function alert(text: HtmlValue): HtmlValue {
  return text && html`<p class="alert" role="alert" id="problem">${text}</p>`
}

/** On a field that is meant by the alert. */
export const invalid: Html = html` aria-invalid="true" aria-describedby="problem"`

/** A link that looks like a button. */
export function onward(href: string, text: string): Html {
  return html`<a class="button primary" href="${href}">${text}</a>`
}

/** The sentence for what is wrong with an address, or with asking for it. */
export function addressProblem(
  { error, retryAfter }: { readonly error?: string | undefined; readonly retryAfter?: number | undefined },
  words: Words,
): string {
  if (error === 'too_many') return words.tooManyMails(Math.max(1, Math.ceil((retryAfter ?? 60) / 60)))
  if (error === 'link') return words.problems.link
  return error === 'busy' ? words.mailBusy : words.invalidEmail
}
