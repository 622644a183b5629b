/** The accounts of a service: made, looked up, changed, and logged in to. */

import { passwordHasher } from '../crypto/password-hash.ts'
import type { HashingOptions, PasswordHasher } from '../crypto/password-hash.ts'
import { HttpError } from '../http/http-error.ts'
import type { AnyDatabase } from '../store/database.ts'
import { DatabaseError } from '../store/database-error.ts'
import { openDatabase } from '../store/open.ts'
import type { DatabaseOptions } from '../store/open.ts'
import { sqlAccountStore } from '../store/sql/accounts.ts'
import type { AccountChanges, AccountStore, StoredAccount } from '../store/store.ts'
import { AccountError } from './accounts-error.ts'
import { accountId, isAccountId } from './accounts-id.ts'
import { busyIsUnavailable, loginAgainst } from './accounts-login.ts'
import type { AccountLike, AccountSource, Credentials, Login } from './accounts-login.ts'
import { parseEmail, parseName, parseScopes, parseUsername, readUsername } from './accounts-names.ts'
import { passwordPolicy } from './accounts-password-policy.ts'
import type { CheckPassword, PasswordOwner, PasswordPolicy } from './accounts-password-policy.ts'

/** An account as the rest of the program sees it. The password hash is not part of it. */
export interface Account<Scope extends string = string> {
  readonly id: string
  readonly username: string
  readonly name?: string
  readonly email?: string
  /** What the account may be granted. */
  readonly scopes: readonly Scope[]
  readonly disabled: boolean
  readonly createdAt: Date
}

/** A new account, with a password or with a hash that other software made. */
export type NewAccount<Scope extends string = string> = {
  readonly username: string
  readonly name?: string
  readonly email?: string
  readonly scopes?: readonly Scope[]
  readonly disabled?: boolean
} & (
  | { readonly password: string; readonly passwordHash?: never }
  | {
      /** As written by passlib, pwdlib or Django; replaced by one of ours at the first login. */
      readonly passwordHash: string
      readonly password?: never
    }
)

/** What to change about an account. What is not mentioned stays; `null` takes a field away. */
export interface AccountPatch<Scope extends string = string> {
  readonly username?: string | undefined
  readonly name?: string | null | undefined
  readonly email?: string | null | undefined
  readonly scopes?: readonly Scope[] | undefined
  readonly disabled?: boolean | undefined
}

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
export interface SourceAccounts<Own extends AccountLike, Scope extends string = string>
  extends CommonOptions<Scope> {
  readonly store: AccountSource<Own>
}

/** Logging in, on any kind of accounts. */
export interface LoginAccounts<Own, Scope extends string = string> extends AsyncDisposable {
  /**
   * Checks a username and a password.
   *
   * @throws OAuthError `invalid_grant` with one text for an unknown username, a wrong password and a disabled account;
   * `invalid_scope` when none of the requested scopes may be granted or one does not exist (RFC 6749 §5.2).
   * @throws HttpError 503 with `Retry-After` when too many logins wait, or the database does not answer.
   */
  authenticate(credentials: Credentials): Promise<Login<Own, Scope>>
  /** The account with this id, disabled or not. */
  get(id: string): Promise<Own | undefined>
  /**
   * Checks a password against the policy and hashes it, for a table of your own.
   *
   * @throws AccountError when the policy refuses it.
   */
  hashPassword(password: string, owner: PasswordOwner): Promise<string>
  /** Closes the database, if this opened it. */
  close(): Promise<void>
}

/** Logging in, and keeping the accounts. */
export interface Accounts<Scope extends string = string> extends LoginAccounts<Account<Scope>, Scope> {
  /** Adds an account. @throws AccountError for example `username_taken`, whichever process was first. */
  create(account: NewAccount<Scope>): Promise<Account<Scope>>
  /** The account with this username, in any case. */
  find(username: string): Promise<Account<Scope> | undefined>
  /** A page of accounts, oldest first: up to 50 unless told, 1,000 at most, those after the one with a given id. */
  list(page?: { readonly after?: string; readonly limit?: number }): Promise<readonly Account<Scope>[]>
  /** Changes an account. @throws AccountError `no_such_account`, `username_taken` and what `create` throws. */
  update(id: string, patch: AccountPatch<Scope>): Promise<Account<Scope>>
  /** Sets another password. @throws AccountError `no_such_account`, or when the policy refuses the password. */
  setPassword(id: string, password: string): Promise<void>
  /** Removes an account. Answers whether there was one; its id is never used again. */
  remove(id: string): Promise<boolean>
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
  const hasher = await passwordHasher(options.hashing)
  if ('store' in options && !isManaged(options.store)) return loginAccounts(options.store, hasher, known, check)
  const { store, close } = await openStore(options as DatabaseAccounts | StoreAccounts)
  return { ...managedAccounts(store, hasher, known, check), close, [Symbol.asyncDispose]: close }
}

function loginAccounts<Own extends AccountLike>(
  source: AccountSource<Own>,
  hasher: PasswordHasher,
  known: ReadonlySet<string> | undefined,
  check: CheckPassword,
): LoginAccounts<Own> {
  const close = async (): Promise<void> => {}
  return {
    authenticate: loginAgainst(source, hasher, known),
    get: async (id) => source.findById(id),
    async hashPassword(password, owner) {
      await check(password, owner)
      return busyIsUnavailable(hasher.hash(password))
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

function managedAccounts(
  store: AccountStore,
  hasher: PasswordHasher,
  known: ReadonlySet<string> | undefined,
  check: CheckPassword,
): Accounts {
  const source: AccountSource<Account> = {
    async findByUsername(username) {
      const stored = await lookUp(username)
      return stored && { account: accountOf(stored), passwordHash: stored.passwordHash }
    },
    async findById(id) {
      const stored = isAccountId(id) ? await reached(store.get(id)) : undefined
      return stored && accountOf(stored)
    },
    replacePasswordHash: (id, from, to) => reached(store.replacePasswordHash(id, from, to)),
  }
  const login = loginAccounts(source, hasher, known, check)

  async function lookUp(username: string): Promise<StoredAccount | undefined> {
    const key = readUsername(username)?.usernameKey
    return key === undefined ? undefined : reached(store.find(key))
  }

  async function change(id: string, changes: AccountChanges): Promise<Account> {
    const changed = isAccountId(id) ? await reached(store.update(id, changes)) : undefined
    if (changed === undefined) throw noSuchAccount()
    if (changed === 'taken') throw usernameTaken()
    return accountOf(changed)
  }

  return {
    ...login,
    async create(account) {
      const owner = ownerOf(account)
      const scopes = parseScopes(account.scopes ?? [], known)
      const passwordHash =
        account.passwordHash === undefined
          ? await login.hashPassword(account.password, owner)
          : imported(account.passwordHash, hasher)
      const now = Date.now()
      const { disabled = false } = account
      const stored = { id: accountId(now), ...owner, scopes, disabled, passwordHash, createdAt: new Date(now) }
      if (!(await reached(store.create(stored)))) throw usernameTaken()
      return accountOf(stored)
    },
    async find(username) {
      const stored = await lookUp(username)
      return stored && accountOf(stored)
    },
    async list({ after, limit = 50 } = {}) {
      if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
        throw new AccountError('invalid_page', 'limit is a whole number from 1 to 1000')
      }
      if (after !== undefined && !isAccountId(after)) {
        throw new AccountError('invalid_page', 'after is the id of an account')
      }
      const page = await reached(store.list({ limit, ...(after !== undefined && { after }) }))
      return page.map(accountOf)
    },
    update: async (id, patch) => change(id, changesOf(patch, known)),
    async setPassword(id, password) {
      const account = await login.get(id)
      if (account === undefined) throw noSuchAccount()
      await change(id, { passwordHash: await login.hashPassword(password, account) })
    },
    remove: async (id) => isAccountId(id) && (await reached(store.remove(id))),
  }
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

/** Reads who the account is for, in the form it is kept in. */
function ownerOf(account: NewAccount): PasswordOwner & { readonly usernameKey: string } {
  return {
    ...parseUsername(account.username),
    ...(account.name !== undefined && { name: parseName(account.name) }),
    ...(account.email !== undefined && { email: parseEmail(account.email) }),
  }
}

function changesOf(patch: AccountPatch, known: ReadonlySet<string> | undefined): AccountChanges {
  const { username, name, email, scopes, disabled } = patch
  return {
    ...(username !== undefined && parseUsername(username)),
    ...(name !== undefined && { name: name === null ? undefined : parseName(name) }),
    ...(email !== undefined && { email: email === null ? undefined : parseEmail(email) }),
    ...(scopes !== undefined && { scopes: parseScopes(scopes, known) }),
    ...(disabled !== undefined && { disabled }),
  }
}

/** Written out field by field: what the store may hold besides, the hash above all, does not pass. */
function accountOf(stored: StoredAccount): Account {
  const { id, username, name, email, scopes, disabled, createdAt } = stored
  return {
    id,
    username,
    ...(name !== undefined && { name }),
    ...(email !== undefined && { email }),
    scopes,
    disabled,
    createdAt,
  }
}

function imported(passwordHash: string, hasher: PasswordHasher): string {
  if (hasher.canVerify(passwordHash)) return passwordHash
  throw new AccountError(
    'unsupported_password_hash',
    'This password hash cannot be verified here: it is of an unknown kind, too costly, or its package is not installed',
  )
}

/** A database that does not answer is a 503 with `Retry-After`; what it said is for the log. */
async function reached<Value>(work: Promise<Value>): Promise<Value> {
  try {
    return await work
  } catch (cause) {
    if (!(cause instanceof DatabaseError)) throw cause
    throw new HttpError(503, 'The accounts cannot be reached just now, try again', {
      headers: { 'retry-after': '1' },
      cause,
    })
  }
}

function noSuchAccount(): AccountError {
  return new AccountError('no_such_account', 'There is no such account')
}

function usernameTaken(): AccountError {
  return new AccountError('username_taken', 'This username is taken')
}
