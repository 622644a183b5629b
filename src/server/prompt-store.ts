/** The store of a server, in which whatever revokes also tells this process, before anybody hears that it is done. */

import type { GrantStore } from '../store/grant-store.ts'

/** The operations that append to the log of revocations. */
const revoking = [
  'revokeGrant',
  'revokeFamily',
  'revokeToken',
  'revokeClientGrants',
  'revokeSubject',
  'removeAuthenticators',
  'removeClient',
] as const

/**
 * A store whose revocations hold in this process at once.
 *
 * @param refresh Reads the log. When it fails what was asked for has been done, and the caller is told.
 */
export function promptStore(store: GrantStore, refresh: () => Promise<void>): GrantStore {
  const prompt = revoking.map((name) => {
    const revoke = store[name] as (...values: readonly unknown[]) => Promise<boolean>
    const then = async (...values: readonly unknown[]): Promise<boolean> => {
      const wasDone = await revoke(...values)
      await refresh()
      return wasDone
    }
    return [name, then]
  })
  return { ...store, ...Object.fromEntries(prompt) }
}
