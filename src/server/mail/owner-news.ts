/** What people are told of their account: whoever changes it may not be its owner (ASVS 6.3.7). */

import type { Accounts } from '../accounts/types.ts'
import type { FactorChange, Message } from '../interaction/messages.ts'
import type { Service } from '../service.ts'
import { postLetters, resetAddress } from './letters.ts'

/** What it takes to reach an owner. */
type Reach = Pick<Service, 'settings' | 'mail'> & { readonly accounts: Pick<Accounts, 'get'> }

/**
 * Tells the owner of an account, behind the answer, that its password is another one now, whoever has set it.
 *
 * @param language Of the page on which it was done; the first of the pages unless told.
 */
export function tellPasswordChanged(reach: Reach, subject: string, language?: string): void {
  tell(reach, subject, { kind: 'password_changed' }, language)
}

/**
 * Tells the owner of an account, behind the answer, that its second factors are others now, or that a recovery code was used.
 * No name, code or key is in it.
 *
 * @param language As for {@link tellPasswordChanged}.
 */
export function tellFactorsChanged(
  reach: Reach,
  subject: string,
  change: FactorChange,
  language?: string,
): void {
  tell(reach, subject, { kind: 'factors_changed', change }, language)
}

/**
 * Tells the owner of an account, behind the answer, that it was linked with a provider, or is not any more.
 *
 * @param provider What people call it.
 * @param language As for {@link tellPasswordChanged}.
 */
export function tellProviderChanged(
  reach: Reach,
  subject: string,
  { change, provider }: { readonly change: 'linked' | 'unlinked'; readonly provider: string },
  language?: string,
): void {
  tell(reach, subject, { kind: 'provider_changed', change, provider }, language)
}

/** What all of them say besides. */
interface Common {
  readonly username: string
  readonly resetLink: string
}

type Without<Of> = Of extends Common ? Omit<Of, keyof Common> : never

type OwnerNews = Without<
  Extract<Message, { readonly kind: 'password_changed' | 'factors_changed' | 'provider_changed' }>
>

function tell(reach: Reach, subject: string, news: OwnerNews, language: string | undefined): void {
  postLetters(reach, news.kind, language, async () => {
    const account = await reach.accounts.get(subject)
    if (account?.email === undefined) return []
    const { username, email: to } = account
    return [{ to, message: { ...news, username, resetLink: resetAddress(reach) } }]
  })
}
