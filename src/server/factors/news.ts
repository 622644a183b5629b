/** What people are told of their second factors: whoever changes them may not be their owner (ASVS 6.3.7). */

import type { Accounts } from '../accounts/types.ts'
import type { FactorChange } from '../interaction/messages.ts'
import { postLetters, resetAddress } from '../recovery.ts'
import type { Service } from '../service.ts'

/**
 * Tells the owner of an account, behind the answer, that its second factors are others now, or that a recovery code was used.
 * No name, code or key is in it.
 *
 * @param language Of the page on which it was done; the first of the pages unless told.
 */
export function tellFactorsChanged(
  service: Pick<Service, 'settings' | 'mail'> & { readonly accounts: Pick<Accounts, 'get'> },
  subject: string,
  change: FactorChange,
  language?: string,
): void {
  postLetters(service, 'factors_changed', language, async () => {
    const account = await service.accounts.get(subject)
    if (account?.email === undefined) return []
    const { username, email: to } = account
    const resetLink = resetAddress(service)
    return [{ to, message: { kind: 'factors_changed', change, username, resetLink } }]
  })
}
