/** The port of the pages: what each has to show. What they look like stands on the other side, and can be replaced. */

import type { Html } from '../../http/html.ts'
import type { AccountPages } from './account-pages.ts'
import type { ChooserPage } from './chooser-page.ts'
import type { DevicePage } from './device-page.ts'

/** What every page knows. */
export interface PageContext {
  /** BCP 47: `en`, `de-CH`. The first that the person asked for and there are words in. */
  readonly language: string
  /** What the service is called. */
  readonly serviceName: string
  /** The address of the style sheet. */
  readonly stylesheet: string
}

/** A form of a page: where it goes, and what shows that it is ours. */
export interface PageForm {
  /** Its `action`, a path of this server. The method is always `post`. */
  readonly action: string
  /** The value of the hidden field `csrf`. */
  readonly csrf: string
}

/** The application that asks. All of it comes from the client: show it as text, and trust none of it. */
export interface PageClient {
  readonly name: string
  readonly policyUri?: string | undefined
  readonly termsUri?: string | undefined
  /** Nobody has vouched for it: it registered itself. */
  readonly isUnverified: boolean
}

/** Who is logged in. */
export interface PagePerson {
  readonly username: string
  readonly name?: string | undefined
}

/** The login page. Fields: `username`, `password`. */
export interface LoginPage {
  readonly form: PageForm
  /** The application behind it; missing where somebody just logs in. */
  readonly client?: PageClient | undefined
  /** What is in the field for the username. */
  readonly username?: string | undefined
  /** What went wrong the last time. */
  readonly error?: 'credentials' | 'too_many' | 'busy' | 'missing' | undefined
  /** With `too_many`: when to try again, in seconds. */
  readonly retryAfter?: number | undefined
  /** A link that ends without logging in. */
  readonly cancel?: PageForm | undefined
}

/** An operation of an API. */
export interface PageOperation {
  /** What it does, in the words of the API; may be empty. */
  readonly summary: string
  /** `GET /items`. */
  readonly operation: string
}

/** A scope on the consent page. */
export interface PageScope {
  readonly name: string
  /** What it means, in a sentence. */
  readonly text: string
  /** It tells the application who the person is, instead of letting it do something. */
  readonly isIdentity: boolean
  /** The operations of the APIs that it opens: all of them, which may be many. */
  readonly operations: readonly PageOperation[]
}

/** The consent page. Fields: `decision` (`allow` or `deny`). */
export interface ConsentPage {
  readonly form: PageForm
  readonly client: PageClient
  readonly person: PagePerson
  /** The host that the browser will be sent to, as it is shown in an address bar; or the scheme of an app's own. */
  readonly redirectHost: string
  /** The browser goes to a program on this computer. */
  readonly isLoopback: boolean
  readonly scopes: readonly PageScope[]
  /** The APIs that it is for. */
  readonly resources: readonly string[]
  /** How long it lasts without asking again, in days; missing when it ends with the access token. */
  readonly days?: number | undefined
  /** Agreed to before: only what is new has to be looked at. */
  readonly agreed: readonly string[]
}

/** The page after a logout, and the question before one that nobody here began. */
export type SignOutPage =
  | {
      readonly step: 'confirm'
      readonly form: PageForm
      readonly person: PagePerson
      /** The application that asks for it. */
      readonly client?: PageClient | undefined
    }
  | {
      readonly step: 'done'
      /** A way back, to be chosen: the address is one that the application has registered. */
      readonly back?: { readonly client: PageClient; readonly location: string } | undefined
    }

/** The page that takes an answer to an application by a form (OAuth 2.0 Form Post Response Mode): it sends itself. */
export interface FormPostPage {
  /** The application's address. Not ours: the form has none of our fields. */
  readonly action: string
  readonly fields: readonly (readonly [name: string, value: string])[]
  /** The address of the script that sends it; without scripts a person presses the button. */
  readonly script: string
}

/** The page of whatever went wrong. Nothing of the request is on it but what is named here. */
export interface ErrorPage {
  readonly status: number
  /** `expired`: the way on is to begin again at the application. */
  readonly problem: 'request' | 'expired' | 'cross_site' | 'unavailable' | 'unexpected'
  /** For the developer of the application, in English. */
  readonly description?: string | undefined
  /** The number under which the log has it. */
  readonly requestId?: string | undefined
}

/** One function a page. Each gives the whole document. */
export interface Pages {
  readonly login: (page: LoginPage, context: PageContext) => Html
  readonly consent: (page: ConsentPage, context: PageContext) => Html
  readonly account: AccountPages
  readonly chooser: (page: ChooserPage, context: PageContext) => Html
  readonly device: (page: DevicePage, context: PageContext) => Html
  readonly signOut: (page: SignOutPage, context: PageContext) => Html
  readonly formPost: (page: FormPostPage, context: PageContext) => Html
  readonly error: (page: ErrorPage, context: PageContext) => Html
}

/** Everything the server needs of its pages. */
export interface PageSet {
  readonly pages: Pages
  /** The languages there are words in; the first is used where none fits. */
  readonly languages: readonly string[]
  /** One style sheet for all of them, the brand's colours included. */
  readonly styles: string
}
