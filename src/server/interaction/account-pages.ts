/** The port of the account pages: what people see of their own account, and may change. */

import type { Html } from '../../http/html.ts'
import type { AccountFactorsPage } from './factor-pages.ts'
import type { PageClient, PageContext, PageForm, PagePerson, PageScope } from './pages.ts'

/** The parts of the account, each with a page of its own. */
export type AccountSectionName =
  'overview' | 'profile' | 'email' | 'password' | 'factors' | 'sessions' | 'applications' | 'removal'

/** What has just been done, to be said once. */
export type AccountNotice =
  'profile' | 'password' | 'session' | 'sessions' | 'application' | 'factor' | 'factor_removed'

/** Whose account it is. */
export interface AccountPerson extends PagePerson {
  readonly email?: string | undefined
}

/** What every account page shows besides its own part. */
export interface AccountFrame {
  readonly person: AccountPerson
  /** The parts that there are here, in the order of the navigation. */
  readonly sections: readonly { readonly name: AccountSectionName; readonly href: string }[]
  readonly current: AccountSectionName
  /** The address of the page for signing out. */
  readonly signOutHref: string
  readonly notice?: AccountNotice | undefined
}

/** The first page: who you are, and what there is. */
export interface AccountOverviewPage {
  readonly frame: AccountFrame
}

/** The name. Field: `name`; left empty there is none. */
export interface AccountProfilePage {
  readonly frame: AccountFrame
  readonly form: PageForm
  /** What is in the field. */
  readonly name?: string | undefined
  readonly error?: 'name' | undefined
}

/** What can be wrong with the password that proves who sits there. */
export type ProofProblem = 'current' | 'too_many' | 'busy'

/** The password. Fields: `password` (the current one), `new_password`, `repeated`. */
export interface AccountPasswordPage {
  readonly frame: AccountFrame
  readonly form: PageForm
  /** The least number of characters. */
  readonly minimumLength: number
  readonly error?:
    | ProofProblem
    | 'missing'
    | 'different'
    | 'too_short'
    | 'too_long'
    | 'common'
    | 'personal'
    | 'not_allowed'
    | undefined
  /** With `too_many`: when to try again, in seconds. */
  readonly retryAfter?: number | undefined
}

/** Another address is asked for. Fields: `email`, `password` (the current one). */
export interface AccountEmailQuestion {
  readonly step: 'ask'
  readonly frame: AccountFrame
  readonly form: PageForm
  /** Whether it was shown that the address in `frame.person` is theirs. */
  readonly isVerified: boolean
  /** What was typed. */
  readonly email?: string | undefined
  readonly error?: ProofProblem | 'invalid' | 'too_many_mails' | 'no_mail' | undefined
  /** With `too_many` and `too_many_mails`: when to try again, in seconds. */
  readonly retryAfter?: number | undefined
}

/** The e-mail address: the question, and what is said when a link was sent. It says nothing of whose address it is. */
export type AccountEmailPage =
  AccountEmailQuestion | { readonly step: 'sent'; readonly frame: AccountFrame; readonly email: string }

/** A browser that is logged in. */
export interface AccountSession {
  /** The value of the field that ends it. */
  readonly id: string
  /** Of the header that it sent at its login: a guess, missing where there is none. */
  readonly browser?: string | undefined
  readonly system?: string | undefined
  readonly address?: string | undefined
  /** When somebody last proved who they are there. Milliseconds since 1970. */
  readonly startedAt: number
  /** Milliseconds since 1970, to the minute. */
  readonly lastSeenAt: number
  /** It is the browser that shows this page. */
  readonly isThis: boolean
}

/** Where you are logged in. Fields: `session` with the id of one to end, or `others` to end all but this one. */
export interface AccountSessionsPage {
  readonly frame: AccountFrame
  readonly form: PageForm
  readonly sessions: readonly AccountSession[]
}

/** An application that has access. */
export interface AccountApplication {
  /** The value of the field that takes the access away. */
  readonly id: string
  readonly client: PageClient
  /** What it may do. */
  readonly scopes: readonly PageScope[]
  /** Milliseconds since 1970. */
  readonly since: number
  /** Milliseconds since 1970. */
  readonly lastUsedAt: number
}

/** The applications that have access. Field: `client` with the id of the one that loses it. */
export interface AccountApplicationsPage {
  readonly frame: AccountFrame
  readonly form: PageForm
  readonly applications: readonly AccountApplication[]
}

/** The end of the account: the question, with the field `password`; and what is said afterwards. */
export type AccountRemovalPage =
  | {
      readonly step: 'confirm'
      readonly frame: AccountFrame
      readonly form: PageForm
      readonly error?: ProofProblem | undefined
      readonly retryAfter?: number | undefined
    }
  | { readonly step: 'done' }

/** One function a page. Each gives the whole document. */
export interface AccountPages {
  readonly overview: (page: AccountOverviewPage, context: PageContext) => Html
  readonly profile: (page: AccountProfilePage, context: PageContext) => Html
  readonly email: (page: AccountEmailPage, context: PageContext) => Html
  readonly password: (page: AccountPasswordPage, context: PageContext) => Html
  readonly factors: (page: AccountFactorsPage, context: PageContext) => Html
  readonly sessions: (page: AccountSessionsPage, context: PageContext) => Html
  readonly applications: (page: AccountApplicationsPage, context: PageContext) => Html
  readonly removal: (page: AccountRemovalPage, context: PageContext) => Html
}
