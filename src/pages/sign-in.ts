/** The sign-in page of an app that keeps no accounts: the buttons of the providers, and nothing to type. */

import { html } from '../http/html.ts'
import type { SignInPages } from '../server/interaction/sign-in-page.ts'
import { layout } from './layout.ts'
import { buttons, providerProblem } from './provider-buttons.ts'
import { stylesOf } from './styles.ts'
import type { Brand } from './styles.ts'
import { english, german } from './words.ts'

/**
 * Writes it, in English and German.
 *
 * @throws {TypeError} When the accent is not a colour.
 */
export function signInPages(brand?: Brand): SignInPages {
  return {
    page({ providers, problem }, context) {
      const words = context.language === 'de' ? german : english
      return layout(
        context,
        words.logIn,
        html`<h1>${words.logInTo(context.serviceName)}</h1>
          ${providerProblem(problem, words)} ${buttons(providers, words)}`,
      )
    },
    languages: ['en', 'de'],
    styles: stylesOf(brand),
  }
}
