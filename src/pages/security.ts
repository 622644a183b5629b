/** The pages on which people keep their second factors. */

import { html } from '../http/html.ts'
import type { Html, HtmlValue } from '../http/html.ts'
import type { PageFactor, SecurityOverview } from '../server/interaction/factor-pages.ts'
import type { PageContext, PageForm, SecurityPage } from '../server/interaction/pages.ts'
import { formOf, layout } from './layout.ts'
import { passkeyForm } from './passkey-form.ts'
import type { Words } from './words.ts'

/** Writes the one that it is. */
export function securityPage(page: SecurityPage, context: PageContext, words: Words): Html {
  switch (page.step) {
    case 'list':
      return layout(context, words.securityTitle, overview(page, words))
    case 'app':
      return layout(context, words.addApp, appSetup(page, words))
    case 'codes':
      return layout(context, words.codesTitle, codesOnce(page, words))
  }
}

function overview(page: SecurityOverview, words: Words): Html {
  const { form, factors, passkey, next } = page
  return html`<h1>${words.securityTitle}</h1>
    <p class="quiet">${words.securityText}</p>
    ${page.isNeeded && html`<p class="warning">${words.factorNeeded}</p>`}
    ${
      page.error &&
      html`<p class="alert" role="alert">
        ${page.error === 'full' ? words.tooManyFactors : words.passkeyRefused}
      </p>`
    }
    ${next && html`<p><a class="button" href="${next}">${words.goOn}</a></p>`}
    ${
      factors.length === 0
        ? html`<p>${words.noFactors}</p>`
        : html`<ul class="scopes">
            ${factors.map((factor) => factorItem(factor, form, words))}
          </ul>`
    }
    <h2>${words.addApp}</h2>
    <p class="quiet">${words.addAppText}</p>
    ${formOf(form, html`<button class="other" name="action" value="app">${words.addApp}</button>`)}
    ${
      passkey &&
      html`<h2>${words.addPasskey}</h2>
        <p class="quiet">${words.addPasskeyText}</p>
        ${passkeyForm(
          passkey,
          words,
          { label: words.addPasskey, isNew: true, isQuiet: true },
          html`<input type="hidden" name="action" value="passkey" />
            <label for="passkey-name">${words.factorName}</label>
            <input type="text" id="passkey-name" name="name" maxlength="60" value="${words.passkeyKind}" />`,
        )}`
    }
    ${
      factors.length > 0 &&
      html`<h2>${words.recoveryCodes}</h2>
        <p class="quiet">${words.recoveryCodesLeft(page.recoveryCodes)}</p>
        ${formOf(form, html`<button class="other" name="action" value="codes">${words.newRecoveryCodes}</button>`)}`
    }
    <footer><a href="${page.account}">${words.backToAccount}</a></footer>`
}

function factorItem(
  { id, kind, name, createdAt, lastUsedAt }: PageFactor,
  form: PageForm,
  words: Words,
): Html {
  const used = lastUsedAt === undefined ? words.never : `${words.usedOn} ${words.date(lastUsedAt)}`
  return html`<li>
    <bdi><strong>${name}</strong></bdi>
    <p class="quiet">
      ${kind === 'passkey' ? words.passkeyKind : words.appKind}, ${words.addedOn} ${words.date(createdAt)},
      ${used}
    </p>
    <details>
      <summary>${words.renameNamed(name)}</summary>
      ${formOf(
        form,
        html`${hidden('action', 'rename')} ${hidden('id', id)}
          <label for="name-${id}">${words.factorName}</label>
          <input type="text" id="name-${id}" name="name" maxlength="60" value="${name}" />
          <button class="other">${words.rename}</button>`,
      )}
    </details>
    <details>
      <summary>${words.removeNamed(name)}</summary>
      ${formOf(
        form,
        html`${hidden('action', 'remove')} ${hidden('id', id)}
          <button class="other">${words.remove}</button>`,
      )}
    </details>
  </li>`
}

function appSetup(page: Extract<SecurityPage, { readonly step: 'app' }>, words: Words): Html {
  const isWrong = page.error === 'app'
  const state = isWrong ? html` aria-invalid="true" aria-describedby="problem"` : undefined
  return html`<h1>${words.addApp}</h1>
    <p>${words.appStepScan} ${words.appStepType}</p>
    <p class="key" dir="ltr"><code>${grouped(page.seed)}</code></p>
    <p><a href="${page.uri}">${words.openInApp}</a></p>
    ${isWrong && html`<p class="alert" role="alert" id="problem">${words.wrongAppCode}</p>`}
    ${formOf(
      page.form,
      html`<label for="name">${words.factorName}</label>
        <input type="text" id="name" name="name" maxlength="60" value="${page.name ?? words.appKind}" />
        <label for="code">${words.appStepCode}</label>
        <input
          type="text"
          id="code"
          name="code"
          class="code"
          inputmode="numeric"
          autocomplete="one-time-code"
          maxlength="9"
          required
          ${state}
        />
        <button>${words.addApp}</button>`,
    )}
    <footer><a href="${page.back}">${words.back}</a></footer>`
}

function codesOnce({ codes, next }: Extract<SecurityPage, { readonly step: 'codes' }>, words: Words): Html {
  return html`<h1>${words.codesTitle}</h1>
    <p>${words.codesText}</p>
    <ol class="codes" dir="ltr">
      ${codes.map((code) => html`<li><code>${code}</code></li>`)}
    </ol>
    <p><a class="button" href="${next}">${words.codesKept}</a></p>`
}

/** In fours, as one reads it aloud. */
function grouped(seed: string): string {
  return seed.replaceAll(/.{4}(?=.)/g, '$& ')
}

function hidden(name: string, value: string): HtmlValue {
  return html`<input type="hidden" name="${name}" value="${value}" />`
}
