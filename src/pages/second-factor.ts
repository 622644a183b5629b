/** The page of the second factor. */

import { html } from '../http/html.ts'
import type { Html, HtmlValue } from '../http/html.ts'
import type { PageContext, SecondFactorPage } from '../server/interaction/pages.ts'
import { clientName, formOf, layout } from './layout.ts'
import { passkeyForm } from './passkey-form.ts'
import type { Words } from './words.ts'

/** Writes it. */
export function secondFactorPage(page: SecondFactorPage, context: PageContext, words: Words): Html {
  const { client, error, person } = page
  return layout(
    context,
    words.secondFactorTitle,
    html`<h1>${words.secondFactorTitle}</h1>
      <p class="quiet">
        <bdi>${person.name ?? person.username}</bdi
        >${client && html` · ${words.toContinueTo} ${clientName(client)}`}
      </p>
      ${error && html`<p class="alert" role="alert" id="problem">${sentence(page, words)}</p>`}
      ${page.hasApp && appForm(page, words)}
      ${page.passkey && passkeyForm(page.passkey, words, { label: words.usePasskey, isQuiet: page.hasApp })}
      ${page.hasRecoveryCodes && recoveryForm(page, words)}
      ${page.passkey && !page.hasApp && html`<noscript><p class="warning">${words.noFactorHere}</p></noscript>`}
      ${
        page.cancel &&
        formOf(
          page.cancel,
          html`<button class="other" name="decision" value="cancel">${words.cancel}</button>`,
        )
      }`,
  )
}

function appForm({ form, error }: SecondFactorPage, words: Words): Html {
  const state = error === 'app' ? html` aria-invalid="true" aria-describedby="problem"` : undefined
  return formOf(
    form,
    html`<label for="code">${words.appCode}</label>
      <input
        type="text"
        id="code"
        name="code"
        class="code"
        inputmode="numeric"
        autocomplete="one-time-code"
        maxlength="9"
        ${error !== 'recovery' && html`autofocus`}
        required
        ${state}
      />
      <button>${words.continue}</button>`,
  )
}

function recoveryForm({ form, error, hasApp, passkey }: SecondFactorPage, words: Words): Html {
  const state = error === 'recovery' ? html` aria-invalid="true" aria-describedby="problem"` : undefined
  const isOpen = error === 'recovery' || (!hasApp && passkey === undefined)
  return html`<details class="way" ${isOpen && html`open`}>
    <summary>${words.useRecoveryCode}</summary>
    ${formOf(
      form,
      html`<label for="recovery">${words.recoveryCode}</label>
        <input
          type="text"
          id="recovery"
          name="recovery_code"
          class="code"
          autocomplete="off"
          autocapitalize="none"
          spellcheck="false"
          maxlength="40"
          ${error === 'recovery' && html`autofocus`}
          required
          ${state}
        />
        <button class="other">${words.continue}</button>`,
    )}
  </details>`
}

function sentence({ error, retryAfter }: SecondFactorPage, words: Words): HtmlValue {
  switch (error) {
    case 'too_many':
      return words.tooManyTries(retryAfter ?? 60)
    case 'passkey':
      return words.passkeyRefused
    case 'recovery':
      return words.wrongRecoveryCode
    default:
      return words.wrongAppCode
  }
}
