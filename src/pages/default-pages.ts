/** The pages that the authorization server has unless it is given others. */

import type { PageContext, PageSet } from '../server/interaction/pages.ts'
import { consentPage } from './consent.ts'
import { errorPage } from './error.ts'
import { formPostPage } from './form-post.ts'
import { loginPage } from './login.ts'
import { signOutPage } from './sign-out.ts'
import { stylesOf } from './styles.ts'
import type { Brand } from './styles.ts'
import { english, german } from './words.ts'
import type { Words } from './words.ts'

/** How the default pages look and speak. */
export interface DefaultPagesOptions {
  readonly brand?: Brand
  /** Other languages, or other words: by the language's tag (BCP 47). What is left out is said in English. */
  readonly translations?: Readonly<Record<string, Partial<Words>>>
}

/**
 * The default pages.
 *
 * @example
 *
 * ```ts
 * const pages = defaultPages({ brand: { accent: '#0a7d4f' } })
 * const own = { ...pages, pages: { ...pages.pages, login: myLoginPage } }
 * ```
 *
 * @throws {TypeError} When the accent is not a colour.
 */
export function defaultPages({ brand, translations = {} }: DefaultPagesOptions = {}): PageSet {
  const languages = new Map<string, Words>([
    ['en', english],
    ['de', german],
  ])
  for (const [language, words] of Object.entries(translations)) {
    languages.set(language, { ...(languages.get(language) ?? english), ...words })
  }
  const wordsOf = ({ language }: PageContext): Words => languages.get(language) ?? english
  return {
    pages: {
      login: (page, context) => loginPage(page, context, wordsOf(context)),
      consent: (page, context) => consentPage(page, context, wordsOf(context)),
      signOut: (page, context) => signOutPage(page, context, wordsOf(context)),
      formPost: (page, context) => formPostPage(page, context, wordsOf(context)),
      error: (page, context) => errorPage(page, context, wordsOf(context)),
    },
    languages: [...languages.keys()],
    styles: stylesOf(brand),
  }
}
