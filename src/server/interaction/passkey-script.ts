/** The script of the pages with passkeys: it asks the browser for a passkey, and sends the answer as a form. */

import type { Settings } from '../settings.ts'
import { assetPath } from './assets.ts'

/** The path of the script. */
export function passkeyScriptPath(settings: Pick<Settings, 'basePath'>): string {
  return assetPath(settings, passkeyScript, 'js')
}

/**
 * Serves `<form data-passkey="get|create" data-options="…" hidden>` with a hidden field `credential` and an element with
 * `data-failed`. Without it, and in browsers without passkeys, the form stays hidden. `data-autofill` also offers passkeys in
 * the list under a field with `autocomplete="… webauthn"`.
 */
export const passkeyScript: string = `'use strict'
const isKnown =
  typeof PublicKeyCredential === 'function' &&
  typeof PublicKeyCredential.parseRequestOptionsFromJSON === 'function' &&
  typeof PublicKeyCredential.parseCreationOptionsFromJSON === 'function'
if (isKnown) for (const form of document.querySelectorAll('form[data-passkey]')) serve(form)

function serve(form) {
  const isNew = form.dataset.passkey === 'create'
  const field = form.querySelector('[name=credential]')
  const failed = form.querySelector('[data-failed]')
  let waiting
  form.hidden = false
  form.addEventListener('submit', (event) => {
    if (field.value !== '') return
    event.preventDefault()
    failed.hidden = true
    ask({}).catch(() => {
      failed.hidden = false
    })
  })
  if ('autofill' in form.dataset && PublicKeyCredential.isConditionalMediationAvailable) {
    PublicKeyCredential.isConditionalMediationAvailable()
      .then((isThere) => (isThere ? ask({ mediation: 'conditional' }) : undefined))
      .catch(() => {})
  }

  async function ask(how) {
    waiting?.abort()
    waiting = new AbortController()
    const options = JSON.parse(form.dataset.options)
    const { signal } = waiting
    const credential = isNew
      ? await navigator.credentials.create({
          publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options),
          signal,
        })
      : await navigator.credentials.get({
          publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options),
          signal,
          ...how,
        })
    field.value = JSON.stringify(credential)
    form.submit()
  }
}
`
