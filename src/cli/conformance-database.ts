/** A database that is the suites' for a while: their tables are made, emptied before each case, and taken away. */

import type { AccountStore } from '../store/store.ts'
import type { AccountTokenStores } from '../store/account-token-conformance.ts'
import type { GrantStorePlace } from '../store/grant-conformance.ts'
import { openDatabase } from '../store/open.ts'
import { sqlAccountTokenStore } from '../store/sql/account-tokens.ts'
import { sqlAccountStore } from '../store/sql/accounts.ts'
import { sqlGrantStore } from '../store/sql/grant-store.ts'
import { CommandError } from './command-error.ts'
import { counted } from './terminal.ts'
import { dropTables, emptyTables, ourTables } from './our-tables.ts'

/** What the suites are run on. */
export interface PreparedDatabase {
  readonly dialect: string
  /** Each call opens connections of its own, as another process would have. */
  readonly openAccounts: () => Promise<AccountStore>
  readonly openAccountTokens: () => Promise<AccountTokenStores>
  readonly grants: GrantStorePlace
  readonly empty: () => Promise<void>
  /** Leaves the database as it was: without tables, where there were none. */
  readonly close: () => Promise<void>
}

/**
 * Makes the tables.
 *
 * @param mayErase Whether what is in tables that are there may be deleted.
 * @throws {CommandError} When there are tables, and it may not.
 */
export async function preparedDatabase(url: string, mayErase: boolean): Promise<PreparedDatabase> {
  const database = await openDatabase(url)
  try {
    const found = await ourTables(database)
    if (found.length > 0 && !mayErase) {
      throw new CommandError(
        `this database has ${counted(found.length, 'table')} of gatewright, and the suites would delete what is in them: use an empty one, or --dangerously-erase`,
      )
    }
    const accounts = await sqlAccountStore(database, Date.now())
    const tables = await ourTables(database)
    return {
      dialect: database.dialect === 'sqlite' ? 'SQLite' : 'PostgreSQL',
      async openAccounts() {
        const own = await openDatabase({ url, connections: 3 })
        return { ...(await sqlAccountStore(own, Date.now())), close: () => own.close() }
      },
      async openAccountTokens() {
        const own = await openDatabase({ url, connections: 3 })
        return {
          accounts: await sqlAccountStore(own, Date.now()),
          tokens: await sqlAccountTokenStore(own, Date.now()),
          grants: await sqlGrantStore(own, Date.now()),
          close: () => own.close(),
        }
      },
      grants: {
        async open() {
          const own = await openDatabase({ url, connections: 3 })
          return { ...(await sqlGrantStore(own, Date.now())), close: () => own.close() }
        },
        addSubject: async (id) => void (await accounts.create(subject(id))),
        disableSubject: async (id, disabled) => void (await accounts.update(id, { disabled })),
        removeSubject: async (id) => void (await accounts.remove(id)),
      },
      empty: () => emptyTables(database, tables),
      async close() {
        await (found.length === 0 ? dropTables(database) : emptyTables(database, tables))
        await database.close()
      },
    }
  } catch (error) {
    await database.close()
    throw error
  }
}

function subject(id: string): Parameters<AccountStore['create']>[0] {
  return {
    id,
    username: id,
    usernameKey: id,
    scopes: [],
    emailVerified: false,
    disabled: false,
    passwordHash: 'none',
    createdAt: new Date(1),
  }
}
