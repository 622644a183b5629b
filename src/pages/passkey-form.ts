/** The form of a passkey: hidden until the script has found that this browser has passkeys. */

import { html } from '../http/html.ts'
import type { Html, HtmlValue } from '../http/html.ts'
import type { PagePasskey } from '../server/interaction/pages.ts'
import type { Words } from './words.ts'

/** What differs from page to page. */
export interface PasskeyFormOptions {
  /** Whether a passkey is made, and not used. */
  readonly isNew?: boolean
  /** Whether passkeys are offered in the list under the field for the username as well. */
  readonly hasAutofill?: boolean
  readonly label: string
  readonly isQuiet?: boolean
}

/** Writes it, and the script with it. */
export function passkeyForm(
  { form, script, options }: PagePasskey,
  words: Words,
  { isNew = false, hasAutofill = false, isQuiet = false, label }: PasskeyFormOptions,
  fields?: HtmlValue,
): Html {
  return html`<form
      method="post"
      action="${form.action}"
      data-passkey="${isNew ? 'create' : 'get'}"
      data-options="${options}"
      ${hasAutofill && html`data-autofill`}
      hidden
    >
      <input type="hidden" name="csrf" value="${form.csrf}" />
      <input type="hidden" name="credential" value="" />
      ${fields}
      <p class="alert" role="alert" data-failed hidden>${words.passkeyFailed}</p>
      <button ${isQuiet && html`class="other"`}>${label}</button>
    </form>
    <script src="${script}" defer></script>`
}
