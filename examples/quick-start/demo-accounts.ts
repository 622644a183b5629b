/** The three accounts to try the service with. */

import { AccountError } from 'gatewright/server'
import type { Accounts, Login, NewAccount } from 'gatewright/server'
import type { Scope } from './scopes.ts'
import { StartError } from './settings.ts'

/** The password of all three. Everybody can read it here, so the service is for this machine only. */
export const password = 'open-the-gate-please'

export const demoAccounts = [
  { username: 'writer', name: 'Wanda Writer', scopes: ['me', 'read:users', 'write:posts'] },
  { username: 'reader', name: 'Rhea Reader', scopes: ['me', 'read:users'] },
  { username: 'disabled', name: 'Dora Disabled', scopes: ['me'], disabled: true },
] as const satisfies readonly Omit<NewAccount<Scope>, 'password' | 'passwordHash'>[]

/**
 * Adds the accounts that are missing and logs in as the writer. Those that exist are left as they are.
 *
 * @throws StartError when the database has a writer of its own.
 */
export async function addDemoAccounts(users: Accounts<Scope>): Promise<Login<unknown, Scope>> {
  for (const account of demoAccounts) {
    if ((await users.find(account.username)) === undefined) await add(users, { ...account, password })
  }
  try {
    return await users.authenticate({ username: 'writer', password })
  } catch (cause) {
    throw new StartError(
      'this database has an account `writer` with another password. Set DATABASE_URL to another database.',
      { cause },
    )
  }
}

async function add(users: Accounts<Scope>, account: NewAccount<Scope>): Promise<void> {
  try {
    await users.create(account)
  } catch (error) {
    // A second process that starts at the same time was first.
    if (!(error instanceof AccountError && error.code === 'username_taken')) throw error
  }
}
