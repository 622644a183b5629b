/** The account store in SQL, the same for SQLite and PostgreSQL. */

import { sql } from 'kysely'
import type { Expression, Kysely, SqlBool } from 'kysely'
import type { AnyDatabase } from '../database.ts'
import { DatabaseError } from '../database-error.ts'
import { emailKey } from '../email-key.ts'
import type { AccountChanges, AccountStore, StoredAccount } from '../store.ts'
import { accountRow } from './account-row.ts'
import { migrate } from './migrations.ts'
import type { AccountRow, Tables } from './schema.ts'

/**
 * Opens the accounts in a database, creating the tables where they are missing.
 *
 * @param database Stays open when the store is closed: who opened it closes it.
 * @param now Milliseconds since 1970.
 * @throws DatabaseError when the tables cannot be made.
 */
export async function sqlAccountStore(database: AnyDatabase, now: number): Promise<AccountStore> {
  await migrate(database, now)
  // The cast: an app's database is typed by its own tables, and ours are beside them.
  const kysely = database.kysely as Kysely<Tables>

  async function get(id: string): Promise<StoredAccount | undefined> {
    const query = kysely.selectFrom('gatewright_accounts').selectAll().where('id', '=', id)
    return accountOf(await query.executeTakeFirst())
  }

  async function removeLinks(subject: string): Promise<void> {
    await kysely.deleteFrom('gatewright_account_tokens').where('subject', '=', subject).execute()
  }

  return {
    async create(account) {
      // The unique index decides who was first, so nobody needs to look beforehand.
      const { numInsertedOrUpdatedRows } = await kysely
        .insertInto('gatewright_accounts')
        .values(accountRow(account))
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst()
      return numInsertedOrUpdatedRows === 1n
    },
    get,
    async find(usernameKey) {
      const query = kysely
        .selectFrom('gatewright_accounts')
        .selectAll()
        .where('username_key', '=', usernameKey)
      return accountOf(await query.executeTakeFirst())
    },
    async findByEmail(email) {
      const query = kysely
        .selectFrom('gatewright_accounts')
        .selectAll()
        .where('email_key', '=', emailKey(email))
      const rows = await query.orderBy('email_verified', 'desc').orderBy('id').limit(10).execute()
      return rows.map((row) => accountOf(row)).filter((account) => account !== undefined)
    },
    async list({ after = '', limit, search }) {
      const all = kysely.selectFrom('gatewright_accounts').selectAll().where('id', '>', after)
      const query = search === undefined ? all : all.where(has(search))
      const rows = await query.orderBy('id').limit(limit).execute()
      return rows.map((row) => accountOf(row)).filter((account) => account !== undefined)
    },
    async replacePasswordHash(id, from, to) {
      const { numUpdatedRows } = await kysely
        .updateTable('gatewright_accounts')
        .set({ password_hash: to })
        .where('id', '=', id)
        .where('password_hash', '=', from)
        .executeTakeFirst()
      return numUpdatedRows === 1n
    },
    async replaceDemandedPassword(id, passwordHash) {
      return kysely.transaction().execute(async (transaction) => {
        const { numUpdatedRows } = await transaction
          .updateTable('gatewright_accounts')
          .set({ password_hash: passwordHash, password_change: 0 })
          .where('id', '=', id)
          .where('disabled', '=', 0)
          .where('password_change', '<>', 0)
          .executeTakeFirst()
        if (numUpdatedRows === 0n) return false
        await transaction.deleteFrom('gatewright_account_tokens').where('subject', '=', id).execute()
        return true
      })
    },
    async update(id, changes) {
      const set = rowChanges(changes)
      if (Object.keys(set).length === 0) return get(id)
      // Before, not after: what was sent for the account as it was must not outlive the change, should the process die between.
      if (endsLinks(changes)) await removeLinks(id)
      try {
        const query = kysely.updateTable('gatewright_accounts').set(set).where('id', '=', id).returningAll()
        return accountOf(await query.executeTakeFirst())
      } catch (error) {
        if (error instanceof DatabaseError && error.code === 'conflict') return 'taken'
        throw error
      }
    },
    async remove(id) {
      return kysely.transaction().execute(async (transaction) => {
        await transaction.deleteFrom('gatewright_account_tokens').where('subject', '=', id).execute()
        await transaction.deleteFrom('gatewright_authenticators').where('subject', '=', id).execute()
        const query = transaction.deleteFrom('gatewright_accounts').where('id', '=', id)
        return (await query.executeTakeFirst()).numDeletedRows === 1n
      })
    },
    async close() {},
  }
}

function endsLinks(changes: AccountChanges): boolean {
  return changes.passwordHash !== undefined || 'email' in changes || changes.disabled !== undefined
}

function has(search: string): Expression<SqlBool> {
  const within = (text: string): string => `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`
  const key = within(search.normalize('NFKC').toLowerCase())
  // The last is for SQLite, which knows the lower case of ASCII alone.
  return sql<SqlBool>`(
    username_key like ${key} escape '\\'
    or lower(email) like ${key} escape '\\'
    or lower(name) like ${key} escape '\\'
    or name like ${within(search)} escape '\\'
  )`
}

function rowChanges(changes: AccountChanges): Partial<AccountRow> {
  return {
    ...(changes.username !== undefined && { username: changes.username }),
    ...(changes.usernameKey !== undefined && { username_key: changes.usernameKey }),
    ...('name' in changes && { name: changes.name ?? null }),
    ...('email' in changes && {
      email: changes.email ?? null,
      email_key: changes.email === undefined ? null : emailKey(changes.email),
    }),
    ...(changes.emailVerified !== undefined && { email_verified: changes.emailVerified ? 1 : 0 }),
    ...(changes.scopes !== undefined && { scopes: changes.scopes.join(' ') }),
    ...(changes.disabled !== undefined && { disabled: changes.disabled ? 1 : 0 }),
    ...(changes.passwordHash !== undefined && { password_hash: changes.passwordHash, password_change: 0 }),
    ...(changes.mustChangePassword !== undefined && {
      password_change: changes.mustChangePassword ? 1 : 0,
    }),
  }
}

function accountOf(row: AccountRow | undefined): StoredAccount | undefined {
  if (row === undefined) return undefined
  return {
    id: row.id,
    username: row.username,
    usernameKey: row.username_key,
    ...(row.name !== null && { name: row.name }),
    ...(row.email !== null && { email: row.email }),
    emailVerified: Number(row.email_verified) === 1,
    scopes: row.scopes.split(' ').filter((scope) => scope !== ''),
    // A value that nobody writes means that the row was touched by hand: better locked out than let in.
    disabled: Number(row.disabled) !== 0,
    passwordHash: row.password_hash,
    ...(Number(row.password_change) !== 0 && { mustChangePassword: true }),
    createdAt: new Date(Number(row.created_at)),
  }
}
