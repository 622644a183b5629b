/** The page of the e-mail address. */

import { html } from '../../http/html.ts'
import type { Html } from '../../http/html.ts'
import type { AccountEmailPage, AccountEmailQuestion } from '../../server/interaction/account-pages.ts'
import type { PageContext } from '../../server/interaction/pages.ts'
import { addressProblem } from '../account-fields.ts'
import { formOf } from '../layout.ts'
import type { Words } from '../words.ts'
import { accountLayout, invalidIf, problemOf } from './layout.ts'
import { currentPassword, usernameFor } from './password.ts'

/** Writes the question for another address, or where the link went. */
export function emailPage(page: AccountEmailPage, context: PageContext, words: Words): Html {
  const { frame } = page
  if (page.step === 'ask') return accountLayout(frame, context, words, question(page, words))
  return accountLayout(
    frame,
    context,
    words,
    html`<p class="notice" role="status">${words.emailSent(page.email)}</p>
      <p class="quiet last">${words.noMail}</p>`,
  )
}

function question(page: AccountEmailQuestion, words: Words): Html {
  const { frame, form, isVerified, email, error } = page
  const current = frame.person.email
  return html`<p class="quiet">
      ${current === undefined ? words.emailNone : words.emailCurrent(current)}
      ${current !== undefined && !isVerified && words.emailUnverified}
    </p>
    ${problemOf(error && sentence(page, words))}
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
          ${invalidIf(error === 'invalid')}
        />
        ${usernameFor(frame.person.username)} ${currentPassword(error === 'current', words)}
        <button>${words.sendLink}</button>`,
    )}`
}

function sentence({ error, retryAfter }: AccountEmailQuestion, words: Words): string {
  switch (error) {
    case 'current':
      return words.accountPages.passwordProblems(0).current
    case 'too_many':
      return words.tooManyTries(retryAfter ?? 60)
    case 'busy':
      return words.busy
    case 'too_many_mails':
      return addressProblem({ error: 'too_many', retryAfter }, words)
    case 'no_mail':
      return addressProblem({ error: 'busy' }, words)
    default:
      return addressProblem({ error }, words)
  }
}
