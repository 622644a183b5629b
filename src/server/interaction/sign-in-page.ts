/** The port of the sign-in page of an app that keeps no accounts. */

import type { Html } from '../../http/html.ts'
import type { PageContext, ProviderButton, ProviderProblem } from './pages.ts'

/** The page with the buttons of the providers. */
export interface SignInPage {
  readonly providers: readonly ProviderButton[]
  readonly problem?: ProviderProblem | undefined
}

/** How it is written. */
export interface SignInPages {
  readonly page: (page: SignInPage, context: PageContext) => Html
  /** The languages it speaks, the usual one first. */
  readonly languages: readonly string[]
  readonly styles: string
}
