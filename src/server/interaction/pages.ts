/** The port of the pages: what each has to show. What they look like stands on the other side, and can be replaced. */

import type { Html } from '../../http/html.ts'
import type { SecondFactorPage } from './factor-pages.ts'
import type { AccountPages } from './account-pages.ts'
import type { AdminPages } from './admin-pages.ts'
import type { ChooserPage } from './chooser-page.ts'
import type { DevicePage } from './device-page.ts'
import type { Message, MessageContext, WrittenMessage } from './messages.ts'

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
  /** The host whose document says that this is its application: more than the name, which anybody can choose. */
  readonly host?: string | undefined
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

/**
 * What a form for a passkey needs. It is sent by the script, and hidden without: see `passkey-script.ts` for its attributes.
 * Field: `credential`, hidden and empty.
 */
export interface PagePasskey {
  readonly form: PageForm
  /** The address of the script. */
  readonly script: string
  /** What the browser is asked for, as JSON. */
  readonly options: string
}

/** The login page. Fields: `username`, `password`. */
export interface LoginPage {
  readonly form: PageForm
  /** The application behind it; missing where somebody just logs in. */
  readonly client?: PageClient | undefined
  /** What is in the field for the username. */
  readonly username?: string | undefined
  /** What went wrong the last time. */
  readonly error?: 'credentials' | 'too_many' | 'busy' | 'missing' | 'passkey' | undefined
  /** With `too_many`: when to try again, in seconds. */
  readonly retryAfter?: number | undefined
  /** A link that ends without logging in. */
  readonly cancel?: PageForm | undefined
  /** The providers that people can log in with instead; each is a form without fields. */
  readonly providers?: readonly ProviderButton[] | undefined
  /** What went wrong at one of them. */
  readonly providerProblem?: ProviderProblem | undefined
  /** Where somebody without an account makes one; missing where that is not offered. */
  readonly signUp?: string | undefined
  /** Where somebody sets another password who has forgotten theirs; missing where no mail can be sent. */
  readonly recovery?: string | undefined
  /** Logging in with a passkey instead, where there are any. */
  readonly passkey?: PagePasskey | undefined
}

/** An address is asked for. Field: `email`. */
export interface AddressQuestion {
  readonly form: PageForm
  /** What is in the field. */
  readonly email?: string | undefined
  /** `link`: the one that was used is not good any more. */
  readonly error?: 'invalid' | 'too_many' | 'busy' | 'link' | undefined
  /** With `too_many`: when to try again, in seconds. */
  readonly retryAfter?: number | undefined
  /** The login page. */
  readonly login: string
}

/** A new password is asked for. Fields: `password`, and `repeat` with the same in it. */
export interface PasswordQuestion {
  readonly form: PageForm
  /** Whose it is: a password manager wants to know. */
  readonly username: string
  readonly minimumLength: number
  readonly error?: PasswordProblem | undefined
}

/** Why a password was not taken. */
export type PasswordProblem =
  'too_short' | 'too_long' | 'common' | 'personal' | 'not_allowed' | 'unchanged' | 'mismatch' | 'busy'

/** Making an account: an address, a mail, a password. After `sent` nothing tells whether there is an account already. */
export type SignUpPage =
  | ({ readonly step: 'ask' } & AddressQuestion)
  | { readonly step: 'sent'; readonly email: string }
  | ({ readonly step: 'choose' } & PasswordQuestion)
  /** The address became somebody's while the mail was on its way. */
  | { readonly step: 'taken'; readonly login: string }
  | { readonly step: 'done'; readonly login: string }

/** Setting another password without the old one. After `sent` nothing tells whether there is such an account. */
export type RecoveryPage =
  /** At a login: somebody else has chosen the password, or may know it. */
  | ({ readonly step: 'demanded' } & PasswordQuestion)
  | ({ readonly step: 'ask' } & AddressQuestion)
  | { readonly step: 'sent'; readonly email: string }
  | ({ readonly step: 'choose' } & PasswordQuestion)
  | { readonly step: 'done'; readonly login: string }

/** Another address for an account, by the link that went there. `confirm` has no fields. */
export type EmailPage =
  | { readonly step: 'confirm'; readonly form: PageForm; readonly email: string; readonly username: string }
  | { readonly step: 'taken'; readonly account: string }
  /** `account` is the address of the account pages. */
  | { readonly step: 'done'; readonly email: string; readonly account: string }

/** A button that leads to another provider. */
export interface ProviderButton {
  /** Of the provider. */
  readonly name: string
  readonly form: PageForm
}

/** What can go wrong with another provider. */
export interface ProviderProblem {
  readonly problem:
    | 'cancelled'
    | 'refused'
    | 'unavailable'
    | 'account_exists'
    | 'unknown'
    | 'disabled'
    | 'taken'
    | 'full'
    | 'last'
    | 'expired'
    | 'not_allowed'
  /** Of the provider. */
  readonly name: string
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
  /** `expired`: the way on is to begin again at the application. `link`: a link from a mail is not good any more. */
  readonly problem: 'request' | 'expired' | 'link' | 'cross_site' | 'unavailable' | 'unexpected'
  /** For the developer of the application, in English. */
  readonly description?: string | undefined
  /** The number under which the log has it. */
  readonly requestId?: string | undefined
}

export type {
  AccountFactor,
  AccountFactorsList,
  AccountFactorsPage,
  SecondFactorPage,
} from './factor-pages.ts'

/** One function a page. Each gives the whole document. */
export interface Pages {
  readonly login: (page: LoginPage, context: PageContext) => Html
  readonly secondFactor: (page: SecondFactorPage, context: PageContext) => Html
  readonly consent: (page: ConsentPage, context: PageContext) => Html
  readonly account: AccountPages
  readonly chooser: (page: ChooserPage, context: PageContext) => Html
  readonly device: (page: DevicePage, context: PageContext) => Html
  readonly signOut: (page: SignOutPage, context: PageContext) => Html
  readonly signUp: (page: SignUpPage, context: PageContext) => Html
  readonly recovery: (page: RecoveryPage, context: PageContext) => Html
  readonly email: (page: EmailPage, context: PageContext) => Html
  readonly formPost: (page: FormPostPage, context: PageContext) => Html
  readonly error: (page: ErrorPage, context: PageContext) => Html
}

/** Everything the server needs of its pages. */
export interface PageSet {
  readonly pages: Pages
  /** What is sent by mail. */
  readonly messages: (message: Message, context: MessageContext) => WrittenMessage
  /** The pages of the administration, loaded when somebody wants to see them; without, there is only the API. */
  readonly admin?: () => Promise<AdminPages>
  /** The languages there are words in; the first is used where none fits. */
  readonly languages: readonly string[]
  /** One style sheet for all of them, the brand's colours included. */
  readonly styles: string
}
