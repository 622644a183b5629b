/** Is this username and password right? The same answer, after the same time, whatever is wrong. */

import { HashingBusy } from '../../crypto/hashing-queue.ts'
import type { PasswordHasher } from '../../crypto/password-hash.ts'
import { HttpError } from '../../http/http-error.ts'
import { invalidGrant, invalidScope } from '../../protocol/oauth-error.ts'
import { DatabaseError } from '../../store/database-error.ts'
import { readUsername } from './names.ts'

type Awaitable<Value> = Value | Promise<Value>

/** The least that an account of your own has. */
export interface AccountLike {
  readonly id: string | number
  /** What the account may be granted; nothing unless told. */
  readonly scopes?: readonly string[]
  /** Whether it may not log in. */
  readonly disabled?: boolean
}

/** Where accounts come from: the whole port to a table of your own. */
export interface AccountSource<Account extends AccountLike = AccountLike> {
  /** The account with this username, as it was typed, and its password hash. */
  findByUsername(
    username: string,
  ): Awaitable<{ readonly account: Account; readonly passwordHash: string } | undefined>
  /** The account with this id. */
  findById(id: string): Awaitable<Account | undefined>
  /** Writes a new hash if the one before is still there, in one statement: `update … where id = $1 and hash = $2`. */
  replacePasswordHash(id: string, from: string, to: string): Awaitable<unknown>
}

/** What somebody sends to log in. `passwordForm()` gives this. */
export interface Credentials {
  readonly username: string
  readonly password: string
  /** The scopes that are asked for; all that the account has when there are none. */
  readonly scopes?: readonly string[]
}

/** Who logged in, and what that is good for: ready for `tokens.issue`. */
export interface Login<Account, Scope extends string = string> {
  readonly subject: string
  /** What is granted: what was asked for and the account has. */
  readonly scopes: readonly Scope[]
  readonly account: Account
}

/** Builds the check of one source. */
export function loginAgainst<Account extends AccountLike>(
  source: AccountSource<Account>,
  hasher: PasswordHasher,
  known: ReadonlySet<string> | undefined,
): (credentials: Credentials) => Promise<Login<Account>> {
  return async ({ username, password, scopes = [] }) => {
    if (typeof password !== 'string' || readUsername(username) === undefined) throw refusal()
    const found = await source.findByUsername(username)
    // Without an account the same work is done, so that time does not tell which usernames exist.
    const verdict = await busyIsUnavailable(hasher.verify(password, found?.passwordHash))
    // Only now: a disabled account takes as long, and reads the same, as a wrong password.
    if (found === undefined || verdict === 'wrong' || found.account.disabled === true) throw refusal()
    const { account, passwordHash } = found
    const subject = String(account.id)
    const granted = grant(scopes, account.scopes ?? [], known)
    if (verdict === 'outdated') await upgrade(source, hasher, subject, password, passwordHash)
    return { subject, scopes: granted, account }
  }
}

/** Hashing that would wait too long is a 503 with `Retry-After`: try again. */
export async function busyIsUnavailable<Value>(work: Promise<Value>): Promise<Value> {
  try {
    return await work
  } catch (cause) {
    if (!(cause instanceof HashingBusy)) throw cause
    throw new HttpError(503, 'Too many logins just now, try again', {
      headers: { 'retry-after': '1' },
      cause,
    })
  }
}

/** One text for an unknown username, a wrong password and a disabled account (RFC 6749 §5.2). */
function refusal(): Error {
  return invalidGrant('Incorrect username or password')
}

/** RFC 6749 §3.3: fewer scopes than asked for may be granted; a scope that does not exist, or none at all, is an error. */
function grant(
  requested: readonly string[],
  allowed: readonly string[],
  known: ReadonlySet<string> | undefined,
): readonly string[] {
  const grantable = known === undefined ? allowed : allowed.filter((scope) => known.has(scope))
  if (requested.length === 0) return grantable
  if (known !== undefined && requested.some((scope) => !known.has(scope))) {
    throw invalidScope('A requested scope does not exist')
  }
  const granted = grantable.filter((scope) => requested.includes(scope))
  if (granted.length === 0) throw invalidScope('None of the requested scopes may be granted')
  return granted
}

/** Makes the hash anew with today's parameters. The login is good without it: the next one tries again. */
async function upgrade(
  source: AccountSource,
  hasher: PasswordHasher,
  id: string,
  password: string,
  from: string,
): Promise<void> {
  try {
    const to = await hasher.hash(password)
    // Only in place of the hash that was verified: a password set in the meantime stays.
    await source.replacePasswordHash(id, from, to)
  } catch (error) {
    const isPassing =
      error instanceof HashingBusy || error instanceof DatabaseError || error instanceof HttpError
    if (!isPassing) throw error
  }
}
