/** The login page. */

import { html } from '../http/html.ts'
import type { Html, HtmlValue } from '../http/html.ts'
import type { LoginPage, PageContext } from '../server/interaction/pages.ts'
import { clientName, formOf, layout } from './layout.ts'
import { passkeyForm } from './passkey-form.ts'
import type { Words } from './words.ts'

/** Writes it. */
export function loginPage(page: LoginPage, context: PageContext, words: Words): Html {
  const { client, error } = page
  const isInvalid = error === 'credentials' || error === 'missing'
  const state = isInvalid ? html` aria-invalid="true" aria-describedby="problem"` : undefined
  return layout(
    context,
    words.logIn,
    html`<h1>${words.logInTo(context.serviceName)}</h1>
      ${client && html`<p class="quiet">${words.toContinueTo} ${clientName(client)}</p>`}
      ${error && html`<p class="alert" role="alert" id="problem">${sentence(page, words)}</p>`}
      ${formOf(
        page.form,
        html`<label for="username"
            >${page.recovery === undefined ? words.username : words.usernameOrEmail}</label
          >
          <input
            type="text"
            id="username"
            name="username"
            value="${page.username ?? ''}"
            autocomplete="${page.passkey === undefined ? 'username' : 'username webauthn'}"
            autocapitalize="none"
            spellcheck="false"
            required
            ${state}
          />
          <label for="password">${words.password}</label>
          <input
            type="password"
            id="password"
            name="password"
            autocomplete="current-password"
            required
            ${state}
          />
          <button>${words.logIn}</button>`,
      )}
      ${
        page.passkey &&
        passkeyForm(page.passkey, words, {
          label: words.logInWithPasskey,
          hasAutofill: true,
          isQuiet: true,
        })
      }
      ${
        page.cancel &&
        formOf(
          page.cancel,
          html`<button class="other" name="decision" value="cancel">${words.cancel}</button>`,
        )
      }
      ${otherWays(page, words)}`,
  )
}

function otherWays({ recovery, signUp }: LoginPage, words: Words): HtmlValue {
  if (recovery === undefined && signUp === undefined) return undefined
  return html`<footer>
    ${recovery && html`<a href="${recovery}">${words.forgotPassword}</a>`}
    ${signUp && html`<a href="${signUp}">${words.signUp}</a>`}
  </footer>`
}

function sentence({ error, retryAfter }: LoginPage, words: Words): HtmlValue {
  switch (error) {
    case 'too_many':
      return words.tooManyTries(retryAfter ?? 60)
    case 'busy':
      return words.busy
    case 'missing':
      return words.missing
    case 'passkey':
      return words.passkeyRefused
    default:
      return words.wrongCredentials
  }
}
