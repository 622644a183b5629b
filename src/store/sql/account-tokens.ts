/** The tokens of links in SQL, used up in the transaction that does what they are for. */

import type { AnyDatabase } from '../database.ts'
import { DatabaseError } from '../database-error.ts'
import { emailKey } from '../email-key.ts'
import type { AccountTokenPurpose, AccountTokenStore, NewAccountToken } from '../ports/account-tokens.ts'
import { accountRow, insertAccount } from './account-row.ts'
import { insertAudit } from './audit.ts'
import { given, parsed } from './columns.ts'
import type { Integer } from './columns.ts'
import { migrate } from './migrations.ts'
import { removeAccountTokensOf, revokeSubjectIn } from './revocations.ts'
import { sessionOf, undo } from './session.ts'
import type { Runner } from './session.ts'
import { statement } from './statement.ts'

/**
 * Opens the tokens of links, in the database that has the accounts and everything that was granted to them.
 *
 * @param database Stays open: who opened it closes it.
 * @param now Milliseconds since 1970, for the record of what was created.
 * @throws DatabaseError when the tables cannot be made.
 */
export async function sqlAccountTokenStore(database: AnyDatabase, now: number): Promise<AccountTokenStore> {
  await migrate(database, now)
  const session = sessionOf(database, true)
  return {
    async saveAccountToken({ subject, data, ...token }) {
      const values = {
        ...token,
        subject: subject ?? null,
        slot: subject ?? emailKey(token.email),
        data: JSON.stringify(data),
      }
      return (await session.changes(save, values)) === 1
    },
    async findAccountToken(hash, purposes, now) {
      const row = await session.row(select, { hash, now })
      return row !== undefined && purposes.includes(row.purpose) ? tokenOf(row) : undefined
    },
    async signUp(hash, now, account, audit) {
      return session.transact(async (runner) => {
        const token = await used(runner, hash, 'sign_up', now)
        if (token === undefined) return undo('spent' as const)
        // The address is theirs: the link that they have used went there.
        const values = accountRow({ ...account, email: token.email, emailVerified: true })
        if ((await runner.changes(insertAccount, values)) === 0) return undo('taken' as const)
        await insertAudit(runner, audit)
        return 'done' as const
      })
    },
    async resetPassword(hash, passwordHash, revoking) {
      return session.transact(async (runner) => {
        const token = await used(runner, hash, 'reset', revoking.now)
        if (token?.subject === undefined) return undo('spent' as const)
        const { subject } = token
        const values = { subject, passwordHash, emailKey: emailKey(token.email) }
        if ((await runner.changes(setPasswordHash, values)) === 0) return undo('spent' as const)
        await insertAudit(runner, revoking.audit)
        await revokeSubjectIn(runner, subject, revoking)
        return 'done' as const
      })
    },
    async changeEmail(hash, now, audit) {
      try {
        return await session.transact(async (runner) => {
          const token = await used(runner, hash, 'email', now)
          if (token?.subject === undefined) return undo('spent' as const)
          const { subject, email } = token
          const values = { subject, email, emailKey: emailKey(email) }
          if ((await runner.changes(setEmail, values)) === 0) return undo('spent' as const)
          await runner.changes(removeAccountTokensOf, { subject })
          await insertAudit(runner, audit)
          return 'done' as const
        })
      } catch (error) {
        // The unique index of verified addresses, or that of usernames.
        if (error instanceof DatabaseError && error.code === 'conflict') return 'taken'
        throw error
      }
    },
  }
}

/** Uses a token up: whoever deletes its row was first. */
async function used(
  runner: Runner,
  hash: string,
  purpose: AccountTokenPurpose,
  now: number,
): Promise<NewAccountToken | undefined> {
  const row = await runner.row(consume, { hash, purpose, now })
  return row && tokenOf(row)
}

interface SaveValues {
  readonly hash: string
  readonly purpose: string
  readonly slot: string
  readonly subject: string | null
  readonly email: string
  readonly data: string
  readonly createdAt: number
  readonly expiresAt: number
}

const save = statement<SaveValues>`
  insert into gatewright_account_tokens as t (hash, purpose, slot, subject, email, data, created_at, expires_at)
  select n.hash, n.purpose, n.slot, n.subject, n.email, n.data, n.created_at, n.expires_at
  from (select cast(${'hash'} as text) as hash, cast(${'purpose'} as text) as purpose, cast(${'slot'} as text) as slot,
    cast(${'subject'} as text) as subject, cast(${'email'} as text) as email, cast(${'data'} as text) as data,
    cast(${'createdAt'} as bigint) as created_at, cast(${'expiresAt'} as bigint) as expires_at) as n
  where n.subject is null
    or exists (select 1 from gatewright_accounts as a where a.id = n.subject and a.disabled = 0)
  on conflict (purpose, slot) do update set hash = excluded.hash, subject = excluded.subject, email = excluded.email,
    data = excluded.data, created_at = excluded.created_at, expires_at = excluded.expires_at`

interface TokenRow {
  readonly hash: string
  readonly purpose: AccountTokenPurpose
  readonly subject: string | null
  readonly email: string
  readonly data: string
  readonly created_at: Integer
  readonly expires_at: Integer
}

const select = statement<{ hash: string; now: number }, TokenRow>`
  select t.* from gatewright_account_tokens as t where t.hash = ${'hash'} and t.expires_at > ${'now'}
    and (t.subject is null
      or exists (select 1 from gatewright_accounts as a where a.id = t.subject and a.disabled = 0))`

const consume = statement<{ hash: string; purpose: string; now: number }, TokenRow>`
  delete from gatewright_account_tokens
  where hash = ${'hash'} and purpose = ${'purpose'} and expires_at > ${'now'} returning *`

const setPasswordHash = statement<{ subject: string; passwordHash: string; emailKey: string }>`
  update gatewright_accounts set password_hash = ${'passwordHash'}, password_change = 0
  where id = ${'subject'} and disabled = 0 and email_key = ${'emailKey'}`

// Whoever logs in with the address logs in with the new one from then on.
const setEmail = statement<{ subject: string; email: string; emailKey: string }>`
  update gatewright_accounts set
    username = case when username_key = email_key then ${'email'} else username end,
    username_key = case when username_key = email_key then ${'emailKey'} else username_key end,
    email = ${'email'}, email_key = ${'emailKey'}, email_verified = 1
  where id = ${'subject'} and disabled = 0`

function tokenOf(row: TokenRow): NewAccountToken {
  return {
    hash: row.hash,
    purpose: row.purpose,
    ...given('subject', row.subject),
    email: row.email,
    data: parsed(row.data),
    createdAt: Number(row.created_at),
    expiresAt: Number(row.expires_at),
  }
}
