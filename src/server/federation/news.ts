/** What people are told of the providers of their account: whoever links one may not be its owner (ASVS 6.3.7). */

import { postLetters, resetAddress } from '../recovery.ts'
import type { Service } from '../service.ts'

/**
 * Tells the owner of an account, behind the answer, that it was linked with a provider, or is not any more.
 *
 * @param provider What people call it.
 * @param language Of the page on which it was done; the first of the pages unless told.
 */
export function tellProviderChanged(
  service: Service,
  subject: string,
  { change, provider }: { readonly change: 'linked' | 'unlinked'; readonly provider: string },
  language?: string,
): void {
  postLetters(service, 'provider_changed', language, async () => {
    const account = await service.accounts.get(subject)
    if (account?.email === undefined) return []
    const { username, email: to } = account
    const resetLink = resetAddress(service)
    return [{ to, message: { kind: 'provider_changed', change, provider, username, resetLink } }]
  })
}
