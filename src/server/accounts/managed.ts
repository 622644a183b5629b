/** Logging in to accounts, and keeping them in a store. */

import type { PasswordHasher } from '../../crypto/password-hash.ts'
import { HttpError } from '../../http/http-error.ts'
import { DatabaseError } from '../../store/database-error.ts'
import type { AccountChanges, AccountStore, StoredAccount } from '../../store/store.ts'
import { AccountError } from './error.ts'
import { accountId, isAccountId } from './id.ts'
import { busyIsUnavailable, loginAgainst } from './login.ts'
import type { AccountLike, AccountSource } from './login.ts'
import { parseEmail, readEmail, parseName, parseScopes, parseUsername, readUsername } from './names.ts'
import type { CheckPassword, PasswordOwner } from './password-policy.ts'
import type { Account, AccountPatch, Accounts, LoginAccounts, NewAccount } from './types.ts'

/** Logging in to accounts that somebody else keeps. */
export function loginAccounts<Own extends AccountLike>(
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

/** Logging in, and everything else, on a store. */
export function managedAccounts(
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
    if (changed === 'taken') throw await taken(changes.usernameKey, id)
    return accountOf(changed)
  }

  /** Which of the two it was is only looked up for the sentence. */
  async function taken(usernameKey: string | undefined, id: string): Promise<AccountError> {
    const holder = usernameKey === undefined ? undefined : await reached(store.find(usernameKey))
    return holder === undefined || holder.id === id ? emailTaken() : usernameTaken()
  }

  return {
    ...login,
    async create(account) {
      const owner = ownerOf(account)
      const scopes = parseScopes(account.scopes ?? [], known)
      const passwordHash =
        account.passwordHash === undefined
          ? await login.hashPassword(account.password, owner)
          : await imported(account.passwordHash, hasher)
      const now = Date.now()
      const { disabled = false, emailVerified = false, mustChangePassword = false } = account
      const stored = {
        id: accountId(now),
        ...owner,
        emailVerified: emailVerified && owner.email !== undefined,
        scopes,
        disabled,
        passwordHash,
        ...(mustChangePassword && { mustChangePassword }),
        createdAt: new Date(now),
      }
      if (!(await reached(store.create(stored)))) throw await taken(stored.usernameKey, stored.id)
      return accountOf(stored)
    },
    async find(username) {
      const stored = await lookUp(username)
      return stored && accountOf(stored)
    },
    async findByEmail(email) {
      const address = readEmail(email)
      return address === undefined ? [] : (await reached(store.findByEmail(address))).map(accountOf)
    },
    async list({ after, limit = 50, search } = {}) {
      if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
        throw new AccountError('invalid_page', 'limit is a whole number from 1 to 1000')
      }
      if (after !== undefined && !isAccountId(after)) {
        throw new AccountError('invalid_page', 'after is the id of an account')
      }
      // What can be in no name is found nowhere, and gets to no database.
      const text = search === undefined ? undefined : readUsername(search)?.username
      if (search !== undefined && text === undefined) return []
      const page = await reached(
        store.list({
          limit,
          ...(after !== undefined && { after }),
          ...(text !== undefined && { search: text }),
        }),
      )
      return page.map(accountOf)
    },
    update: async (id, patch) => change(id, changesOf(patch, known)),
    async setPassword(id, password, { mustChange = false } = {}) {
      const account = await login.get(id)
      if (account === undefined) throw noSuchAccount()
      const passwordHash = await login.hashPassword(password, account)
      await change(id, { passwordHash, mustChangePassword: mustChange })
    },
    async replaceDemandedPassword(id, password) {
      const stored = isAccountId(id) ? await reached(store.get(id)) : undefined
      if (stored?.mustChangePassword !== true || stored.disabled) return false
      const passwordHash = await login.hashPassword(password, accountOf(stored))
      if ((await busyIsUnavailable(hasher.verify(password, stored.passwordHash))) !== 'wrong') {
        throw new AccountError('password_unchanged', 'This is the password that has to be changed')
      }
      return reached(store.replaceDemandedPassword(id, passwordHash))
    },
    remove: async (id) => isAccountId(id) && (await reached(store.remove(id))),
  }
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
  const { username, name, email, emailVerified, scopes, disabled, mustChangePassword } = patch
  return {
    ...(username !== undefined && parseUsername(username)),
    ...(name !== undefined && { name: name === null ? undefined : parseName(name) }),
    ...(email !== undefined && {
      email: email === null ? undefined : parseEmail(email),
      emailVerified: false,
    }),
    // No address is never a verified one.
    ...(emailVerified !== undefined && { emailVerified: emailVerified && email !== null }),
    ...(scopes !== undefined && { scopes: parseScopes(scopes, known) }),
    ...(disabled !== undefined && { disabled }),
    ...(mustChangePassword !== undefined && { mustChangePassword }),
  }
}

/** Written out field by field: what the store may hold besides, the hash above all, does not pass. */
function accountOf(stored: StoredAccount): Account {
  const { id, username, name, email, emailVerified, scopes, disabled, mustChangePassword, createdAt } = stored
  return {
    id,
    username,
    ...(name !== undefined && { name }),
    ...(email !== undefined && { email }),
    emailVerified,
    scopes,
    disabled,
    ...(mustChangePassword === true && { mustChangePassword }),
    createdAt,
  }
}

async function imported(passwordHash: string, hasher: PasswordHasher): Promise<string> {
  if (await hasher.canVerify(passwordHash)) return passwordHash
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

function emailTaken(): AccountError {
  return new AccountError('email_taken', 'This address belongs to another account')
}

function usernameTaken(): AccountError {
  return new AccountError('username_taken', 'This username is taken')
}
