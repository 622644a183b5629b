/** The page for a device's code. */

import { html } from '../http/html.ts'
import type { Html } from '../http/html.ts'
import type { DeviceCodePage, DeviceConsentPage, DevicePage } from '../server/interaction/device-page.ts'
import type { PageContext } from '../server/interaction/pages.ts'
import { scopeList } from './consent.ts'
import { clientName, formOf, layout, unverifiedMark } from './layout.ts'
import type { Words } from './words.ts'

/** Writes one of its steps. */
export function devicePage(page: DevicePage, context: PageContext, words: Words): Html {
  if (page.step === 'enter') return enterPage(page, context, words)
  if (page.step === 'confirm') return confirmPage(page, context, words)
  const { allowed, allowedText, denied, deniedText } = words.devicePage
  const title = page.isAllowed ? allowed : denied
  return layout(
    context,
    title,
    html`<h1>${title}</h1>
      <p class="quiet">${page.isAllowed ? allowedText : deniedText}</p>`,
  )
}

function enterPage(page: DeviceCodePage, context: PageContext, words: Words): Html {
  const { error, person } = page
  const { title, intro, code, goOn, unknown } = words.devicePage
  const state = error === 'unknown' ? html` aria-invalid="true" aria-describedby="problem"` : undefined
  return layout(
    context,
    title,
    html`<h1>${title}</h1>
      <p class="quiet">${intro}</p>
      ${
        error &&
        html`<p class="alert" role="alert" id="problem">
          ${error === 'too_many' ? words.tooManyTries(page.retryAfter ?? 60) : unknown}
        </p>`
      }
      ${formOf(
        page.form,
        html`<label for="user_code">${code}</label>
          <input
            type="text"
            id="user_code"
            name="user_code"
            class="code"
            value="${page.userCode ?? ''}"
            autocomplete="off"
            autocapitalize="characters"
            autocorrect="off"
            spellcheck="false"
            maxlength="64"
            dir="ltr"
            required
            ${state}
          />
          <button>${goOn}</button>`,
      )}
      <dl>
        <dt>${words.account}</dt>
        <dd><bdi>${person.name ?? person.username}</bdi></dd>
      </dl>`,
  )
}

function confirmPage(page: DeviceConsentPage, context: PageContext, words: Words): Html {
  const { client, person, scopes } = page
  const { confirmTitle, isYours, compare, notYours } = words.devicePage
  return layout(
    context,
    confirmTitle,
    html`<h1>${confirmTitle}</h1>
      <p>${clientName(client)} ${words.asksFor}</p>
      ${unverifiedMark(client, words)}
      <h2 id="code">${isYours}</h2>
      <p class="code" dir="ltr" aria-labelledby="code">${page.userCode}</p>
      <p>${compare} ${notYours}</p>
      ${scopes.length > 0 && html`<h2>${words.willBeAbleTo}</h2>`} ${scopeList(scopes, [], words)}
      <dl>
        <dt>${words.account}</dt>
        <dd><bdi>${person.name ?? person.username}</bdi></dd>
        <dt>${words.forApi}</dt>
        <dd>${page.resources.map((resource, index) => html`${index > 0 && ', '}<bdi>${resource}</bdi>`)}</dd>
        <dt>${words.lasts}</dt>
        <dd>${page.days === undefined ? words.once : words.days(page.days)}</dd>
      </dl>
      ${formOf(
        page.form,
        html`<input type="hidden" name="user_code" value="${page.userCode}" />
          <div class="buttons">
            <button name="decision" value="allow">${words.allow}</button>
            <button class="other" name="decision" value="deny">${words.deny}</button>
          </div>`,
      )}`,
  )
}
