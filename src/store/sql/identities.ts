/** Identities in SQL. */

import type { AnyDatabase } from '../database.ts'
import { emailKey } from '../email-key.ts'
import { identityLimit, noPassword } from '../ports/identities.ts'
import type { IdentityKey, IdentityStore, NewIdentity, StoredIdentity } from '../ports/identities.ts'
import { accountRow, insertAccount } from './account-row.ts'
import { insertAudit } from './audit.ts'
import { given, parsed } from './columns.ts'
import type { Integer } from './columns.ts'
import { forUpdate } from './liveness.ts'
import { loginAttempts } from './login-attempts.ts'
import { migrate } from './migrations.ts'
import { isForeignKeyError, sessionOf, undo } from './session.ts'
import { statement } from './statement.ts'
import { isOpenWithout } from './ways-in.ts'

/**
 * Opens the identities, in the database that has the accounts.
 *
 * @param database Stays open: who opened it closes it.
 * @param now Milliseconds since 1970, for the record of what was created.
 * @throws DatabaseError when the tables cannot be made.
 */
export async function sqlIdentityStore(database: AnyDatabase, now: number): Promise<IdentityStore> {
  await migrate(database, now)
  const session = sessionOf(database, true)
  return {
    async findIdentity(key) {
      const row = await session.row(select, { ...key })
      return row && identityOf(row)
    },
    async listIdentities(subject) {
      return (await session.rows(list, { subject })).map(identityOf)
    },
    async useIdentity(id, { now: at, profile, tokens }) {
      await session.changes(use, { id, now: at, profile: JSON.stringify(profile), tokens: tokens ?? null })
    },
    async replaceIdentityTokens(id, from, to) {
      return (await session.changes(replaceTokens, { id, from, to })) === 1
    },
    async linkIdentity(identity, { condition = {}, audit } = {}) {
      const { subject } = identity
      const verifiedKey = condition.verifiedEmail === undefined ? null : emailKey(condition.verifiedEmail)
      try {
        return await session.transact(async (runner) => {
          // Held to the commit: whatever else happens to the account waits.
          const account = await runner.row(holdAlive, { subject, verifiedKey })
          if (account === undefined) return undo('gone' as const)
          const others = await runner.rows(list, { subject })
          if (others.length >= identityLimit) return undo('full' as const)
          if ((await runner.changes(insert, rowOf(identity))) === 0) return undo('taken' as const)
          await insertAudit(runner, audit)
          return 'linked' as const
        })
      } catch (error) {
        if (isForeignKeyError(error)) return 'gone'
        throw error
      }
    },
    async createWithIdentity(account, identity, audit) {
      return session.transact(async (runner) => {
        if ((await runner.changes(insertAccount, accountRow(account))) === 0) {
          return undo('account_taken' as const)
        }
        if ((await runner.changes(insert, rowOf(identity))) === 0) return undo('taken' as const)
        await insertAudit(runner, audit)
        return 'created' as const
      })
    },
    async unlinkIdentity(id, subject, { ways, audit }) {
      return session.transact(async (runner) => {
        // Of two that each take the last but one away, the second waits here and sees what the first has left.
        const isOpen = await isOpenWithout(runner, subject, id, ways)
        if (isOpen === undefined) return undo('gone' as const)
        if ((await runner.changes(remove, { id, subject })) === 0) return undo('gone' as const)
        if (!isOpen) return undo('last' as const)
        await insertAudit(runner, audit)
        return 'unlinked' as const
      })
    },
    async hasPassword(subject) {
      const row = await session.row(passwordOf, { subject })
      return row !== undefined && row.password_hash !== noPassword
    },
    ...loginAttempts(session),
  }
}

interface IdentityRow {
  readonly id: string
  readonly subject: string
  readonly provider: string
  readonly issuer: string
  readonly provider_subject: string
  readonly profile: string
  readonly tokens: string | null
  readonly created_at: Integer
  readonly last_used_at: Integer
}

const select = statement<IdentityKey & Record<never, never>, IdentityRow>`
  select * from gatewright_identities
  where provider = ${'provider'} and issuer = ${'issuer'} and provider_subject = ${'providerSubject'}`

const list = statement<{ subject: string }, IdentityRow>`
  select * from gatewright_identities where subject = ${'subject'} order by created_at, id`

const use = statement<{ id: string; now: number; profile: string; tokens: string | null }>`
  update gatewright_identities set last_used_at = ${'now'}, profile = ${'profile'},
    tokens = coalesce(cast(${'tokens'} as text), tokens)
  where id = ${'id'}`

const replaceTokens = statement<{ id: string; from: string; to: string }>`
  update gatewright_identities set tokens = ${'to'} where id = ${'id'} and tokens = ${'from'}`

const remove = statement<{ id: string; subject: string }>`
  delete from gatewright_identities where id = ${'id'} and subject = ${'subject'}`

const passwordOf = statement<{ subject: string }, { password_hash: string }>`
  select password_hash from gatewright_accounts where id = ${'subject'}`

const holdAlive = statement<{ subject: string; verifiedKey: string | null }, { id: string }>`
  select id from gatewright_accounts where id = ${'subject'} and disabled = 0
    and (cast(${'verifiedKey'} as text) is null or (email_key = ${'verifiedKey'} and email_verified = 1)) ${forUpdate}`

interface InsertValues extends Omit<NewIdentity, 'profile' | 'tokens'> {
  readonly profile: string
  readonly tokens: string | null
}

const insert = statement<InsertValues>`
  insert into gatewright_identities
    (id, subject, provider, issuer, provider_subject, profile, tokens, created_at, last_used_at)
  values (${'id'}, ${'subject'}, ${'provider'}, ${'issuer'}, ${'providerSubject'}, ${'profile'}, ${'tokens'},
    ${'createdAt'}, ${'createdAt'})
  on conflict do nothing`

function rowOf(identity: NewIdentity): InsertValues {
  return { ...identity, profile: JSON.stringify(identity.profile), tokens: identity.tokens ?? null }
}

function identityOf(row: IdentityRow): StoredIdentity {
  return {
    id: row.id,
    subject: row.subject,
    provider: row.provider,
    issuer: row.issuer,
    providerSubject: row.provider_subject,
    profile: parsed(row.profile),
    ...given('tokens', row.tokens),
    createdAt: Number(row.created_at),
    lastUsedAt: Number(row.last_used_at),
  }
}
