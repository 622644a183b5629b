/** The pages that ask for the current password: that of a new one, and that of the end. */

import { html } from '../../http/html.ts'
import type { Html } from '../../http/html.ts'
import type { AccountPasswordPage, AccountRemovalPage } from '../../server/interaction/account-pages.ts'
import type { PageContext } from '../../server/interaction/pages.ts'
import { formOf, layout } from '../layout.ts'
import type { Words } from '../words.ts'
import { accountLayout, invalidIf, problemOf } from './layout.ts'

/** Writes the page of the password. */
export function passwordPage(page: AccountPasswordPage, context: PageContext, words: Words): Html {
  const { frame, form, error, minimumLength } = page
  const own = words.accountPages
  const isNewWrong = error !== undefined && !['current', 'too_many', 'busy'].includes(error)
  return accountLayout(
    frame,
    context,
    words,
    html`<p class="quiet">${own.passwordEnds}</p>
      ${problemOf(sentence(page, words))}
      ${formOf(
        form,
        html`${usernameFor(frame.person.username)} ${currentPassword(error === 'current', words)}
          <label for="new_password">${own.newPassword}</label>
          <input
            type="password"
            id="new_password"
            name="new_password"
            autocomplete="new-password"
            required
            ${invalidIf(isNewWrong)}
          />
          <p class="hint">${own.passwordHint(minimumLength)}</p>
          <label for="repeated">${own.repeatPassword}</label>
          <input
            type="password"
            id="repeated"
            name="repeated"
            autocomplete="new-password"
            required
            ${invalidIf(error === 'different')}
          />
          <button>${own.changePassword}</button>`,
      )}`,
  )
}

/** Writes the question before the end of the account, or what is said after it. */
export function removalPage(page: AccountRemovalPage, context: PageContext, words: Words): Html {
  const { removed, removedText, removalText, remove } = words.accountPages
  if (page.step === 'done') {
    return layout(
      context,
      removed,
      html`<h1>${removed}</h1>
        <p class="quiet">${removedText}</p>`,
    )
  }
  const { frame, form, error } = page
  return accountLayout(
    frame,
    context,
    words,
    html`<p class="warning">${removalText}</p>
      ${problemOf(sentence(page, words))}
      ${formOf(
        form,
        html`${usernameFor(frame.person.username)} ${currentPassword(error === 'current', words)}
          <button class="danger">${remove}</button>`,
      )}`,
  )
}

/** So that password managers know whose password it is. */
export function usernameFor(username: string): Html {
  return html`<input type="text" name="username" value="${username}" autocomplete="username" hidden />`
}

/** The field of the password that there is. */
export function currentPassword(isWrong: boolean, words: Words): Html {
  return html`<label for="password">${words.accountPages.currentPassword}</label>
    <input
      type="password"
      id="password"
      name="password"
      autocomplete="current-password"
      required
      ${invalidIf(isWrong)}
    />`
}

function sentence(
  {
    error,
    retryAfter,
    minimumLength = 0,
  }: Pick<AccountPasswordPage, 'error' | 'retryAfter'> & { readonly minimumLength?: number },
  words: Words,
): string | undefined {
  if (error === undefined) return undefined
  if (error === 'too_many') return words.tooManyTries(retryAfter ?? 60)
  return error === 'busy' ? words.busy : words.accountPages.passwordProblems(minimumLength)[error]
}
