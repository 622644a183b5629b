/** What the pages of second factors have to show. */

import type { AccountFrame } from './account-pages.ts'
import type { PageClient, PageForm, PagePasskey, PagePerson } from './pages.ts'

/**
 * The page after a right password. Fields, each in a form of its own: `code` of an app, `recovery_code`, and the passkey's.
 */
export interface SecondFactorPage {
  readonly form: PageForm
  readonly person: PagePerson
  readonly client?: PageClient | undefined
  readonly hasApp: boolean
  readonly hasRecoveryCodes: boolean
  readonly passkey?: PagePasskey | undefined
  /** What was wrong the last time. */
  readonly error?: 'app' | 'recovery' | 'passkey' | 'too_many' | undefined
  /** With `too_many`: when to try again, in seconds. */
  readonly retryAfter?: number | undefined
  /** Ends without logging in. */
  readonly cancel?: PageForm | undefined
}

/** A second factor in the list of its owner. */
export interface AccountFactor {
  readonly id: string
  readonly kind: 'totp' | 'passkey'
  /** Its owner's own text. */
  readonly name: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly lastUsedAt?: number | undefined
}

/** The part of the account in which a person keeps their second factors. */
export type AccountFactorsPage =
  | AccountFactorsList
  | {
      /** Setting up an authenticator app. Fields: `code`, `name`. */
      readonly step: 'app'
      readonly frame: AccountFrame
      readonly form: PageForm
      /** For apps, as an address that they open. */
      readonly uri: string
      /** For apps, to be typed in: Base32. */
      readonly seed: string
      /** The same address as a QR code: the modules, row by row, `true` for black. Missing where it is too long for one. */
      readonly qrCode?: readonly (readonly boolean[])[] | undefined
      readonly name?: string | undefined
      readonly error?: 'app' | undefined
      readonly back: string
    }
  | {
      /** Recovery codes, shown this once. */
      readonly step: 'codes'
      readonly frame: AccountFrame
      readonly codes: readonly string[]
      readonly next: string
    }

/**
 * The list. Fields of its forms: `action` (`app`, `passkey`, `rename`, `remove`, `codes`), `id` and `name` for those that are
 * about one factor.
 */
export interface AccountFactorsList {
  readonly step: 'list'
  readonly frame: AccountFrame
  readonly form: PageForm
  readonly factors: readonly AccountFactor[]
  /** How many are left. */
  readonly recoveryCodes: number
  /** Making a passkey, where there can be any. Field besides: `name`. */
  readonly passkey?: PagePasskey | undefined
  /** `last`: nobody could log in to the account without the passkey that was to be removed. */
  readonly error?: 'passkey' | 'full' | 'last' | undefined
  /** Why the person is here: nothing goes on without a second factor. */
  readonly isNeeded: boolean
  /** Where it goes on, once there is one. */
  readonly next?: string | undefined
}
