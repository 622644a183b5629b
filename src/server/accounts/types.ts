/** What accounts are, and what can be done with them. */

import type { Credentials, Login } from './login.ts'
import type { PasswordOwner } from './password-policy.ts'

/** An account as the rest of the program sees it. The password hash is not part of it. */
export interface Account<Scope extends string = string> {
  readonly id: string
  readonly username: string
  readonly name?: string
  readonly email?: string
  /** Whether somebody has shown that the address is theirs. */
  readonly emailVerified: boolean
  /** What the account may be granted. */
  readonly scopes: readonly Scope[]
  readonly disabled: boolean
  /**
   * Whether the password has to be changed before it opens anything: somebody else has chosen it, or may know it. Missing
   * means no. What logs people in by {@link LoginAccounts.authenticate} alone looks at it there.
   */
  readonly mustChangePassword?: boolean
  readonly createdAt: Date
}

/** A new account, with a password or with a hash that other software made. */
export type NewAccount<Scope extends string = string> = {
  readonly username: string
  readonly name?: string | undefined
  readonly email?: string | undefined
  /** That the address is the person's. `false` unless told; only one account can have a verified address. */
  readonly emailVerified?: boolean | undefined
  readonly scopes?: readonly Scope[] | undefined
  readonly disabled?: boolean | undefined
  /** Whether its owner has to change the password at the first login: for one that somebody else has chosen. */
  readonly mustChangePassword?: boolean | undefined
} & (
  | { readonly password: string; readonly passwordHash?: undefined }
  | {
      /** As written by passlib, pwdlib or Django; replaced by one of ours at the first login. */
      readonly passwordHash: string
      readonly password?: undefined
    }
)

/** What to change about an account. What is not mentioned stays; `null` takes a field away. */
export interface AccountPatch<Scope extends string = string> {
  readonly username?: string | undefined
  readonly name?: string | null | undefined
  /** Another address is not verified, unless `emailVerified` says so. */
  readonly email?: string | null | undefined
  readonly emailVerified?: boolean | undefined
  readonly scopes?: readonly Scope[] | undefined
  readonly disabled?: boolean | undefined
  /** `true` when somebody else may know the password: it opens nothing until it is changed, and the server ends what it has opened. */
  readonly mustChangePassword?: boolean | undefined
}

/** About a password that is set. */
export interface PasswordChoice {
  /** Whether somebody else than its owner has chosen it: the owner changes it at the next login. `false` unless told. */
  readonly mustChange?: boolean
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
  /** Adds an account. @throws AccountError for example `username_taken` or `email_taken`, whichever process was first. */
  create(account: NewAccount<Scope>): Promise<Account<Scope>>
  /** The account with this username, in any case. */
  find(username: string): Promise<Account<Scope> | undefined>
  /** The accounts with this address, the one that has verified it first; at most 10. */
  findByEmail(email: string): Promise<readonly Account<Scope>[]>
  /**
   * A page of accounts, oldest first: up to 50 unless told, 1,000 at most, those after the one with a given id. With
   * `search` those that have this text in their username, name or e-mail address, in any case.
   */
  list(page?: {
    readonly after?: string
    readonly limit?: number
    readonly search?: string
  }): Promise<readonly Account<Scope>[]>
  /** Changes an account. @throws AccountError `no_such_account`, `username_taken` and what `create` throws. */
  update(id: string, patch: AccountPatch<Scope>): Promise<Account<Scope>>
  /** Sets another password. @throws AccountError `no_such_account`, or when the policy refuses the password. */
  setPassword(id: string, password: string, options?: PasswordChoice): Promise<void>
  /**
   * Sets the password of an account that has to have another one. Answers whether it had to: of several at once one is `true`.
   *
   * @throws AccountError when the policy refuses the password, or it is the one there is.
   */
  replaceDemandedPassword(id: string, password: string): Promise<boolean>
  /** Removes an account. Answers whether there was one; its id is never used again. */
  remove(id: string): Promise<boolean>
}
