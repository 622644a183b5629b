/** The port of the page for a device's code: what each of its steps has to show. */

import type { PageClient, PageForm, PagePerson, PageScope } from './pages.ts'

/** The first step: which code is on the device? Field: `user_code`. */
export interface DeviceCodePage {
  readonly step: 'enter'
  readonly form: PageForm
  readonly person: PagePerson
  /** What is in the field: from a link or as it was typed. */
  readonly userCode?: string | undefined
  /** What went wrong the last time. `unknown`: no such code, or too old, or somebody else's; nobody is told which. */
  readonly error?: 'unknown' | 'too_many' | undefined
  /** With `too_many`: when to try again, in seconds. */
  readonly retryAfter?: number | undefined
}

/** The second step: is this your device, and may it? Fields: `user_code`, hidden; `decision` (`allow` or `deny`). */
export interface DeviceConsentPage {
  readonly step: 'confirm'
  readonly form: PageForm
  readonly client: PageClient
  readonly person: PagePerson
  /** As it is on the device, to be compared with it (RFC 8628 §3.3.1). */
  readonly userCode: string
  readonly scopes: readonly PageScope[]
  /** The APIs that it is for. */
  readonly resources: readonly string[]
  /** How long it lasts without asking again, in days; missing when it ends with the access token. */
  readonly days?: number | undefined
}

/** The end: the person goes back to the device. */
export interface DeviceDonePage {
  readonly step: 'done'
  readonly isAllowed: boolean
}

/** The page for a device's code (RFC 8628 §3.3). */
export type DevicePage = DeviceCodePage | DeviceConsentPage | DeviceDonePage
