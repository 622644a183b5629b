/** The pages that the authorization server has unless it is given others. */

import type { PageContext, PageSet } from '../server/interaction/pages.ts'
import { emailPage } from './account/email.ts'
import { factorsPage } from './account/factors.ts'
import { applicationsPage, sessionsPage } from './account/lists.ts'
import { overviewPage, profilePage } from './account/overview.ts'
import { passwordPage, removalPage } from './account/password.ts'
import { adminStyles } from './admin/styles.ts'
import { chooserPage } from './chooser.ts'
import { consentPage } from './consent.ts'
import { devicePage } from './device.ts'
import { verifyEmailPage } from './verify-email.ts'
import { errorPage } from './error.ts'
import { formPostPage } from './form-post.ts'
import { loginPage } from './login.ts'
import { messageOf } from './message.ts'
import { recoveryPage } from './recovery.ts'
import { secondFactorPage } from './second-factor.ts'
import { signOutPage } from './sign-out.ts'
import { signUpPage } from './sign-up.ts'
import { stylesOf } from './styles.ts'
import type { Brand } from './styles.ts'
import { english, german, translated } from './words.ts'
import type { Translation, Words } from './words.ts'

/** How the default pages look and speak. */
export interface DefaultPagesOptions {
  readonly brand?: Brand
  /** Other languages, or other words: by the language's tag (BCP 47). What is left out is said in English. */
  readonly translations?: Readonly<Record<string, Translation>>
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
 * @throws {TypeError} When the accent is not a colour, or a language has no tag.
 */
export function defaultPages({ brand, translations = {} }: DefaultPagesOptions = {}): PageSet {
  const languages = new Map<string, Words>([
    ['en', english],
    ['de', german],
  ])
  for (const [language, words] of Object.entries(translations)) {
    if (!isLanguage(language)) {
      throw new TypeError(
        `defaultPages: ${JSON.stringify(language)} in translations is no language tag, such as fr`,
      )
    }
    languages.set(language, translated(languages.get(language) ?? english, words))
  }
  const wordsOf = ({ language }: Pick<PageContext, 'language'>): Words => languages.get(language) ?? english
  return {
    pages: {
      login: (page, context) => loginPage(page, context, wordsOf(context)),
      secondFactor: (page, context) => secondFactorPage(page, context, wordsOf(context)),
      consent: (page, context) => consentPage(page, context, wordsOf(context)),
      account: {
        overview: (page, context) => overviewPage(page, context, wordsOf(context)),
        profile: (page, context) => profilePage(page, context, wordsOf(context)),
        email: (page, context) => emailPage(page, context, wordsOf(context)),
        password: (page, context) => passwordPage(page, context, wordsOf(context)),
        factors: (page, context) => factorsPage(page, context, wordsOf(context)),
        sessions: (page, context) => sessionsPage(page, context, wordsOf(context)),
        applications: (page, context) => applicationsPage(page, context, wordsOf(context)),
        removal: (page, context) => removalPage(page, context, wordsOf(context)),
      },
      chooser: (page, context) => chooserPage(page, context, wordsOf(context)),
      device: (page, context) => devicePage(page, context, wordsOf(context)),
      signOut: (page, context) => signOutPage(page, context, wordsOf(context)),
      signUp: (page, context) => signUpPage(page, context, wordsOf(context)),
      recovery: (page, context) => recoveryPage(page, context, wordsOf(context)),
      email: (page, context) => verifyEmailPage(page, context, wordsOf(context)),
      formPost: (page, context) => formPostPage(page, context, wordsOf(context)),
      error: (page, context) => errorPage(page, context, wordsOf(context)),
    },
    messages: (message, context) => messageOf(message, context, wordsOf(context)),
    languages: [...languages.keys()],
    admin: async () => (await import('./admin/pages.ts')).adminPages,
    styles: stylesOf(brand) + adminStyles,
  }
}

/** Dates are written by this tag as well. */
function isLanguage(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1
  } catch {
    return false
  }
}
