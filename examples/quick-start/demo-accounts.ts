/** The three accounts to try the service with. */

import type { Api } from 'gatewright'
import { AccountError } from 'gatewright/server'
import type { Accounts, NewAccount } from 'gatewright/server'
import type { Scope } from './scopes.ts'
import { StartError } from './settings.ts'

/** The password of all three. Everybody can read it here, so the service is for this machine only. */
export const password = 'open-the-gate-please'

export const demoAccounts = [
  { username: 'writer', name: 'Wanda Writer', scopes: ['me', 'read:users', 'write:posts'] },
  { username: 'reader', name: 'Rhea Reader', scopes: ['me', 'read:users'] },
  { username: 'disabled', name: 'Dora Disabled', scopes: ['me'], disabled: true },
] as const satisfies readonly Omit<NewAccount<Scope>, 'password' | 'passwordHash'>[]

/** Adds the accounts that are missing. Those that exist are left as they are. */
export async function addDemoAccounts(users: Accounts): Promise<void> {
  for (const account of demoAccounts) {
    if ((await users.find(account.username)) === undefined) await add(users, { ...account, password })
  }
}

/**
 * Logs the writer in as `curl` would: the password grant of the client `terminal`.
 *
 * @throws StartError when the database has a writer of its own.
 */
export async function writersToken(service: Api): Promise<string> {
  const form = { grant_type: 'password', client_id: 'terminal', username: 'writer', password }
  const answer = await service.request('/token', { method: 'POST', body: new URLSearchParams(form) })
  const { access_token: token, error } = (await answer.json()) as Readonly<Record<string, string>>
  if (token !== undefined) return token
  const why = error === 'invalid_grant' ? 'an account `writer` with another password' : `no login: ${error}`
  throw new StartError(`this database has ${why}. Set DATABASE_URL to another database.`)
}

async function add(users: Accounts, account: NewAccount): Promise<void> {
  try {
    await users.create(account)
  } catch (error) {
    // A second process that starts at the same time was first.
    if (!(error instanceof AccountError && error.code === 'username_taken')) throw error
  }
}
