/** The buttons that lead to other providers: their names, and no pictures from elsewhere. */

import { html } from '../http/html.ts'
import type { Html, HtmlValue } from '../http/html.ts'
import type { LoginPage, ProviderButton, ProviderProblem } from '../server/interaction/pages.ts'
import { formOf } from './layout.ts'
import type { Words } from './words.ts'

/** Writes them, below the form for the password. */
export function providerButtons({ providers = [] }: LoginPage, words: Words): HtmlValue {
  if (providers.length === 0) return undefined
  return html`<p class="or"><span>${words.orWith}</span></p>
    ${buttons(providers, words)}`
}

/** The buttons alone. */
export function buttons(providers: readonly ProviderButton[], words: Words): readonly Html[] {
  return providers.map(({ name, form }) =>
    formOf(form, html`<button class="other">${words.logInWith(name)}</button>`),
  )
}

/** Says what went wrong at one of them. What somebody has decided is no fault. */
export function providerProblem(problem: ProviderProblem | undefined, words: Words): Html | undefined {
  if (problem === undefined) return undefined
  const text = words.providerProblem(problem.name)[problem.problem]
  return problem.problem === 'cancelled'
    ? html`<p class="notice" role="status">${text}</p>`
    : html`<p class="alert" role="alert">${text}</p>`
}
