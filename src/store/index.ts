/** `gatewright/store`: the database, and the ports of what is kept in it. */

export type { AnyDatabase, Database } from './database.ts'
export { DatabaseError } from './database-error.ts'
export type { DatabaseErrorCode } from './database-error.ts'
export { openDatabase } from './open.ts'
export type { DatabaseOptions } from './open.ts'
export { sqlAccountStore } from './sql/accounts.ts'
export { sqlAccountTokenStore } from './sql/account-tokens.ts'
export type {
  AccountTokenPurpose,
  AccountTokenStore,
  AccountTokenUse,
  NewAccountToken,
  SignedUpAccount,
} from './ports/account-tokens.ts'
export type { AccountChanges, AccountPage, AccountStore, StoredAccount } from './store.ts'
export type { GrantStore } from './grant-store.ts'
export { sqlGrantStore } from './sql/grant-store.ts'
export type { SqlGrantStoreOptions } from './sql/grant-store.ts'
