/** The ports of the store: what gatewright keeps, as operations that the database makes atomic. */

/** An account as it is stored. */
export interface StoredAccount {
  /** Never used for another account again. */
  readonly id: string
  /** As its owner writes it. */
  readonly username: string
  /** What the username is compared by, so that `Alice` and `alice` are one account. */
  readonly usernameKey: string
  readonly name?: string
  readonly email?: string
  /** Whether somebody has shown that the address is theirs. Of all accounts with an address one may have. */
  readonly emailVerified: boolean
  /** What the account may be granted. */
  readonly scopes: readonly string[]
  readonly disabled: boolean
  readonly passwordHash: string
  /** Whether this password opens nothing until it is changed. Missing means no. */
  readonly mustChangePassword?: boolean
  readonly createdAt: Date
}

/** What may change about an account. `undefined` takes an optional field away; what is not mentioned stays. */
export interface AccountChanges {
  readonly username?: string
  readonly usernameKey?: string
  readonly name?: string | undefined
  readonly email?: string | undefined
  readonly emailVerified?: boolean
  readonly scopes?: readonly string[]
  readonly disabled?: boolean
  /** With it a change that was demanded is done, unless `mustChangePassword` says otherwise. */
  readonly passwordHash?: string
  readonly mustChangePassword?: boolean
}

/** A page of a list. */
export interface AccountPage {
  /** The id of the last account of the page before. */
  readonly after?: string
  readonly limit: number
  /**
   * Only those with this text in their username, name or e-mail address, in any case. Every character stands for itself. A
   * store may take letters beyond ASCII in names as they are written.
   */
  readonly search?: string
}

/**
 * Where accounts are kept. Each operation is one step for everybody else: two callers never both succeed at what only
 * one may do. Every store passes the suite in `conformance.ts`.
 */
export interface AccountStore {
  /** Adds an account. Answers `false`, and adds nothing, when its id, username key or verified address is taken. */
  create(account: StoredAccount): Promise<boolean>
  /** The account with this id. */
  get(id: string): Promise<StoredAccount | undefined>
  /** The account with this username key. */
  find(usernameKey: string): Promise<StoredAccount | undefined>
  /**
   * The accounts with this address, compared by `emailKey`: the one that has verified it first, then the others, oldest
   * first; at most 10.
   */
  findByEmail(email: string): Promise<readonly StoredAccount[]>
  /** Accounts in the order of their ids, those after a given one. */
  list(page: AccountPage): Promise<readonly StoredAccount[]>
  /** Writes a hash if the one before is still there. Answers whether it was. */
  replacePasswordHash(id: string, from: string, to: string): Promise<boolean>
  /**
   * Writes another password hash if a change is demanded and the account is not disabled, and takes the demand away: of
   * several at once one is answered `true`. Links are worth nothing then, as with `update`.
   */
  replaceDemandedPassword(id: string, passwordHash: string): Promise<boolean>
  /**
   * Changes an account. Answers what it is now, `undefined` without such an account, `taken` for a username or a
   * verified address in use. Links that were sent for the account are worth nothing once its password, address or state changes.
   */
  update(id: string, changes: AccountChanges): Promise<StoredAccount | 'taken' | undefined>
  /** Removes an account. Answers whether there was one. */
  remove(id: string): Promise<boolean>
  /** Gives back what the store holds open. */
  close(): Promise<void>
}
