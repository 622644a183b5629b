/** The port of the mails: what each has to say. The words stand on the other side, beside those of the pages. */

import type { Html } from '../../http/html.ts'

/** What was done with the second factors of an account. */
export type FactorChange =
  | 'app_added'
  | 'passkey_added'
  | 'app_removed'
  | 'passkey_removed'
  | 'codes_renewed'
  /** A recovery code took somebody in. */
  | 'code_used'
  /** All of them were taken away, by those who run the server. */
  | 'reset'

/** What is said to somebody by mail. Every link is an address of this server, and its host is that of the issuer. */
export type Message =
  /** Somebody wants an account with this address. Only the link makes one. */
  | { readonly kind: 'sign_up'; readonly link: string; readonly minutes: number }
  /** Somebody wants an account with this address, which has one already. */
  | {
      readonly kind: 'sign_up_known'
      readonly username: string
      readonly loginLink: string
      readonly resetLink: string
    }
  /** Somebody has forgotten the password. */
  | { readonly kind: 'reset'; readonly username: string; readonly link: string; readonly minutes: number }
  /** An administrator asks for another password. */
  | {
      readonly kind: 'reset_sent'
      readonly username: string
      readonly link: string
      readonly minutes: number
    }
  /** To a new address: is it theirs? */
  | { readonly kind: 'email'; readonly username: string; readonly link: string; readonly minutes: number }
  /** To the address there was: another one was asked for. */
  | {
      readonly kind: 'email_asked'
      readonly username: string
      readonly email: string
      readonly resetLink: string
    }
  /** To the address there was: it is another one now. */
  | { readonly kind: 'email_changed'; readonly username: string; readonly email: string }
  /** The password is another one now. */
  | { readonly kind: 'password_changed'; readonly username: string; readonly resetLink: string }
  /** The second factors are others now. */
  | {
      readonly kind: 'factors_changed'
      readonly change: FactorChange
      readonly username: string
      readonly resetLink: string
    }
  /** Another provider logs in to the account now, or one does not any more. */
  | {
      readonly kind: 'provider_changed'
      readonly change: 'linked' | 'unlinked'
      /** What people call it. */
      readonly provider: string
      readonly username: string
      readonly resetLink: string
    }

/** What every mail knows. */
export interface MessageContext {
  /** BCP 47: that of the person, as far as it is known. */
  readonly language: string
  readonly serviceName: string
}

/** A mail, written. */
export interface WrittenMessage {
  readonly subject: string
  readonly text: string
  /** The whole document. */
  readonly html: Html
}
