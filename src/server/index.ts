/** `gatewright/server`: accounts, and logging in to them. */

export { accounts } from './accounts/accounts.ts'
export type { DatabaseAccounts, SourceAccounts, StoreAccounts } from './accounts/accounts.ts'
export type { Account, AccountPatch, Accounts, LoginAccounts, NewAccount } from './accounts/types.ts'
export { AccountError } from './accounts/error.ts'
export type { AccountErrorCode } from './accounts/error.ts'
export type { AccountLike, AccountSource, Credentials, Login } from './accounts/login.ts'
export type { PasswordOwner, PasswordPolicy } from './accounts/password-policy.ts'
export type { HashingOptions } from '../crypto/password-hash.ts'
export type { HashingLimits } from '../crypto/hashing-queue.ts'
export type { Pepper } from '../crypto/password-hash.ts'
