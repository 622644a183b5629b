/** An account as the row that it is added by. */

import { emailKey } from '../email-key.ts'
import type { StoredAccount } from '../store.ts'
import type { AccountRow } from './schema.ts'
import { statement } from './statement.ts'
import type { Statement } from './statement.ts'

// The unique indexes decide who was first, so nobody needs to look beforehand.
export const insertAccount: Statement<AccountRow, Record<never, never>> = statement<AccountRow>`
  insert into gatewright_accounts (id, username, username_key, name, email, email_key, email_verified, scopes, disabled,
    password_hash, password_change, created_at)
  values (${'id'}, ${'username'}, ${'username_key'}, ${'name'}, ${'email'}, ${'email_key'}, ${'email_verified'},
    ${'scopes'}, ${'disabled'}, ${'password_hash'}, ${'password_change'},
    ${'created_at'})
  on conflict do nothing`

/** The row of an account. */
export function accountRow(account: StoredAccount): AccountRow {
  return {
    id: account.id,
    username: account.username,
    username_key: account.usernameKey,
    name: account.name ?? null,
    email: account.email ?? null,
    email_key: account.email === undefined ? null : emailKey(account.email),
    email_verified: account.emailVerified ? 1 : 0,
    scopes: account.scopes.join(' '),
    disabled: account.disabled ? 1 : 0,
    password_hash: account.passwordHash,
    password_change: account.mustChangePassword === true ? 1 : 0,
    created_at: account.createdAt.getTime(),
  }
}
