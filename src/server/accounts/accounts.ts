/** The accounts of a service: in a database of ours, or in a table of your own. */

import { passwordHasher } from '../../crypto/password-hash.ts'
import type { HashingOptions } from '../../crypto/password-hash.ts'
import type { AnyDatabase } from '../../store/database.ts'
import { openDatabase } from '../../store/open.ts'
import type { DatabaseOptions } from '../../store/open.ts'
import { sqlAccountStore } from '../../store/sql/accounts.ts'
import type { AccountStore } from '../../store/store.ts'
import type { AccountLike, AccountSource } from './login.ts'
import { loginAccounts, managedAccounts } from './managed.ts'
import { passwordPolicy } from './password-policy.ts'
import type { PasswordPolicy } from './password-policy.ts'
import type { Accounts, LoginAccounts } from './types.ts'

/** What all kinds of accounts have in common. */
interface CommonOptions<Scope extends string> {
  /** The scopes there are: names, or names with their descriptions. Anything is a scope unless told. */
  readonly scopes?: readonly Scope[] | Readonly<Record<Scope, string>>
  /** How passwords are hashed, and how many at once. */
  readonly hashing?: HashingOptions
  /** Which passwords may be set. */
  readonly passwords?: PasswordPolicy
}

/** Accounts in a database of ours. */
export interface DatabaseAccounts<Scope extends string = string> extends CommonOptions<Scope> {
  /** `file:app.db`, `postgres://…`, the same with options, or a database that is open already. */
  readonly database: string | DatabaseOptions | AnyDatabase
}

/** Accounts in a store of another kind, which passes the suite of `gatewright/store/conformance`. */
export interface StoreAccounts<Scope extends string = string> extends CommonOptions<Scope> {
  readonly store: AccountStore
}

/** Accounts in a table of your own, which you keep yourself. */
export interface SourceAccounts<
  Own extends AccountLike,
  Scope extends string = string,
> extends CommonOptions<Scope> {
  readonly store: AccountSource<Own>
}

/**
 * Opens the accounts of a service: in a database of ours, or in a table of your own through three small functions.
 *
 * @example
 *
 * ```ts
 * const users = await accounts({ database: 'file:app.db' })
 * await users.create({ username: 'alice', password: 'correct horse battery staple', scopes: ['me'] })
 * const { subject, scopes } = await users.authenticate({ username: 'Alice', password: 'correct horse battery staple' })
 * ```
 *
 * @throws DatabaseError in one sentence when the database cannot be opened.
 * @throws TypeError naming an option that is wrong.
 */
export async function accounts<const Scope extends string = string>(
  options: DatabaseAccounts<Scope> | StoreAccounts<Scope>,
): Promise<Accounts<Scope>>
export async function accounts<Own extends AccountLike, const Scope extends string = string>(
  options: SourceAccounts<Own, Scope>,
): Promise<LoginAccounts<Own, Scope>>
export async function accounts(
  options: DatabaseAccounts | StoreAccounts | SourceAccounts<AccountLike>,
): Promise<LoginAccounts<AccountLike>> {
  const known = knownScopes(options.scopes)
  const check = passwordPolicy(options.passwords)
  const hasher = passwordHasher(options.hashing)
  if ('store' in options && !isManaged(options.store))
    return loginAccounts(options.store, hasher, known, check)
  const { store, close } = await openStore(options as DatabaseAccounts | StoreAccounts)
  return { ...managedAccounts(store, hasher, known, check), close, [Symbol.asyncDispose]: close }
}

async function openStore(
  options: DatabaseAccounts | StoreAccounts,
): Promise<{ readonly store: AccountStore; readonly close: () => Promise<void> }> {
  if ('store' in options) return { store: options.store, close: () => options.store.close() }
  const { database } = options
  const isOpen = typeof database === 'object' && 'kysely' in database
  const opened = isOpen ? database : await openDatabase(database)
  try {
    const store = await sqlAccountStore(opened, Date.now())
    // Who opens closes: a database that was handed in may be used for more than accounts.
    return { store, close: () => (isOpen ? store.close() : opened.close()) }
  } catch (error) {
    if (!isOpen) await opened.close()
    throw error
  }
}

function isManaged(store: AccountStore | AccountSource): store is AccountStore {
  return 'create' in store
}

function knownScopes(scopes: CommonOptions<string>['scopes']): ReadonlySet<string> | undefined {
  if (scopes === undefined) return undefined
  return new Set(Array.isArray(scopes) ? (scopes as readonly string[]) : Object.keys(scopes))
}
