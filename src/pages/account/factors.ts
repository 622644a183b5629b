/** The part of the account in which people keep their second factors. */

import { html } from '../../http/html.ts'
import type { Html, HtmlValue } from '../../http/html.ts'
import type {
  AccountFactor,
  AccountFactorsList,
  AccountFactorsPage,
} from '../../server/interaction/factor-pages.ts'
import type { PageContext } from '../../server/interaction/pages.ts'
import { formOf } from '../layout.ts'
import { passkeyForm } from '../passkey-form.ts'
import type { Words } from '../words.ts'
import { accountLayout, invalidIf, moment, problemOf } from './layout.ts'
import { qrCode } from './qr-code.ts'

/** Writes the one that it is. */
export function factorsPage(page: AccountFactorsPage, context: PageContext, words: Words): Html {
  switch (page.step) {
    case 'list':
      return accountLayout(page.frame, context, words, list(page, context, words))
    case 'app':
      return accountLayout(page.frame, context, words, appSetup(page, words))
    case 'codes':
      return accountLayout(page.frame, context, words, codesOnce(page, words))
  }
}

function list(page: AccountFactorsList, context: PageContext, words: Words): Html {
  const { form, factors, passkey, next, error } = page
  return html`${page.isNeeded && html`<p class="warning">${words.factorNeeded}</p>`}
    ${problemOf(error && problems(words)[error])}
    ${next && html`<p><a class="button strong" href="${next}">${words.goOn}</a></p>`}
    <p class="quiet">${words.securityText}</p>
    ${
      factors.length === 0
        ? html`<p>${words.noFactors}</p>`
        : html`<ul class="rows">
            ${factors.map((factor) => factorRow(factor, page, context, words))}
          </ul>`
    }
    ${
      factors.length > 0 &&
      html`<section>
        <h2>${words.recoveryCodes}</h2>
        <p class="quiet">${words.recoveryCodesLeft(page.recoveryCodes)}</p>
        ${formOf(form, html`<button class="other" name="action" value="codes">${words.newRecoveryCodes}</button>`)}
      </section>`
    }
    <section>
      <h2>${words.addApp}</h2>
      <p class="quiet">${words.addAppText}</p>
      ${formOf(form, html`<button class="other" name="action" value="app">${words.addApp}</button>`)}
    </section>
    ${
      passkey &&
      html`<section>
        <h2>${words.addPasskey}</h2>
        <p class="quiet">${words.addPasskeyText}</p>
        ${passkeyForm(
          passkey,
          words,
          { label: words.addPasskey, isNew: true, isQuiet: true },
          html`<input type="hidden" name="action" value="passkey" />
            <label for="passkey-name">${words.factorName}</label>
            <input type="text" id="passkey-name" name="name" maxlength="60" value="${words.passkeyKind}" />`,
        )}
      </section>`
    }`
}

function problems(words: Words): Readonly<Record<NonNullable<AccountFactorsList['error']>, string>> {
  return { full: words.tooManyFactors, passkey: words.passkeyRefused, last: words.lastWayIn }
}

function factorRow(
  { id, kind, name, createdAt, lastUsedAt }: AccountFactor,
  { form }: AccountFactorsList,
  context: PageContext,
  words: Words,
): Html {
  const kindName = kind === 'passkey' ? words.passkeyKind : words.appKind
  return html`<li>
    <h2><bdi>${name}</bdi> ${name !== kindName && html`<span class="mark">${kindName}</span>`}</h2>
    <dl>
      <dt>${words.addedOn}</dt>
      <dd>${moment(createdAt, context)}</dd>
      <dt>${words.usedOn}</dt>
      <dd>${lastUsedAt === undefined ? words.never : moment(lastUsedAt, context)}</dd>
    </dl>
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
          <p class="quiet">${words.removeText}</p>
          <button class="danger">${words.remove}</button>`,
      )}
    </details>
  </li>`
}

function appSetup(page: Extract<AccountFactorsPage, { readonly step: 'app' }>, words: Words): Html {
  const isWrong = page.error === 'app'
  return html`<h2>${words.addApp}</h2>
    <p>${words.appStepScan}</p>
    ${page.qrCode && qrCode(page.qrCode, words.qrCode)}
    <p>${words.appStepType}</p>
    <p class="key" dir="ltr"><code>${grouped(page.seed)}</code></p>
    <p><a href="${page.uri}">${words.openInApp}</a></p>
    ${problemOf(isWrong ? words.wrongAppCode : undefined)}
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
          ${invalidIf(isWrong)}
        />
        <button>${words.addApp}</button>`,
    )}
    <footer><a href="${page.back}">${words.back}</a></footer>`
}

function codesOnce(
  { codes, next }: Extract<AccountFactorsPage, { readonly step: 'codes' }>,
  words: Words,
): Html {
  return html`<h2>${words.codesTitle}</h2>
    <p>${words.codesText}</p>
    <ol class="codes" dir="ltr">
      ${codes.map((code) => html`<li><code>${code}</code></li>`)}
    </ol>
    <p><a class="button strong" href="${next}">${words.codesKept}</a></p>`
}

/** In fours, as one reads it aloud. */
function grouped(seed: string): string {
  return seed.replaceAll(/.{4}(?=.)/g, '$& ')
}

function hidden(name: string, value: string): HtmlValue {
  return html`<input type="hidden" name="${name}" value="${value}" />`
}
