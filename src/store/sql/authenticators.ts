/** Authenticators in SQL. */

import { authenticatorLimit } from '../ports/authenticators.ts'
import type { AuthenticatorKind, AuthenticatorStore, StoredAuthenticator } from '../ports/authenticators.ts'
import { insertAudit } from './audit.ts'
import { given } from './columns.ts'
import type { Integer } from './columns.ts'
import { subjectIsAlive } from './liveness.ts'
import { revokeSubjectIn } from './revocations.ts'
import { undo } from './session.ts'
import type { Session } from './session.ts'
import { statement } from './statement.ts'
import type { Subjects } from './subjects.ts'
import { isOpenWithout } from './ways-in.ts'

/** The authenticator operations of the store. */
export function authenticatorStore(session: Session, subjects: Subjects): AuthenticatorStore {
  return {
    async addAuthenticator({ lookup, ...rest }, audit) {
      const { subject } = rest
      if (!(await subjects.isAlive(subject))) return 'gone'
      return session.transact(async (runner) => {
        if (Number((await runner.row(count, { subject }))?.count) >= authenticatorLimit)
          return 'full' as const
        if ((await runner.changes(insert, { ...rest, lookup: lookup ?? null })) === 0) {
          const other = lookup === undefined ? undefined : await runner.row(known, { lookup })
          return undo(other === undefined ? ('gone' as const) : ('taken' as const))
        }
        await insertAudit(runner, audit)
        return 'added' as const
      })
    },
    async listAuthenticators(subject) {
      if (!(await subjects.isAlive(subject))) return []
      return (await session.rows(list, { subject })).map(authenticatorOf)
    },
    async findAuthenticator(lookup) {
      const row = await session.row(select, { lookup })
      return row !== undefined && (await subjects.isAlive(row.subject)) ? authenticatorOf(row) : undefined
    },
    async advanceAuthenticator(id, counter, now) {
      return (await session.changes(advance, { id, counter, now })) === 1
    },
    async renameAuthenticator(id, subject, name) {
      return (await session.changes(rename, { id, subject, name })) === 1
    },
    async removeAuthenticator(id, subject, { ways, audit } = {}) {
      return session.transact(async (runner) => {
        // First, so that it waits for whoever takes another way in away just now.
        const isOpen = ways === undefined || (await isOpenWithout(runner, subject, id, ways)) !== false
        const removed = await runner.row(remove, { id, subject })
        if (removed === undefined) return undo('gone' as const)
        if (!isOpen && removed.kind === 'passkey') return undo('last' as const)
        await insertAudit(runner, audit)
        return 'removed' as const
      })
    },
    async removeAuthenticators(subject, revoking) {
      return session.transact(async (runner) => {
        await runner.changes(removeAll, { subject })
        await insertAudit(runner, revoking.audit)
        await revokeSubjectIn(runner, subject, revoking)
        return true
      })
    },
    async useRecoveryCode(lookup, subject, audit) {
      if (!(await subjects.isAlive(subject))) return false
      return session.transact(async (runner) => {
        if ((await runner.changes(consumeRecovery, { lookup, subject })) === 0) return false
        await insertAudit(runner, audit)
        return true
      })
    },
    async replaceRecoveryCodes(subject, codes, audit) {
      if (!(await subjects.isAlive(subject))) return 'gone'
      return session.transact(async (runner) => {
        await runner.changes(removeRecovery, { subject })
        for (const { lookup, ...rest } of codes) {
          const values = { ...rest, lookup: lookup ?? null }
          if ((await runner.changes(insert, values)) === 0) return undo('gone' as const)
        }
        await insertAudit(runner, audit)
        return 'replaced' as const
      })
    },
  }
}

interface InsertValues {
  readonly id: string
  readonly subject: string
  readonly kind: string
  readonly name: string
  readonly lookup: string | null
  readonly data: string
  readonly counter: number
  readonly createdAt: number
}

const insert = statement<InsertValues>`
  insert into gatewright_authenticators (id, subject, kind, name, lookup, data, counter, created_at)
  select n.id, n.subject, n.kind, n.name, n.lookup, n.data, n.counter, n.created_at
  from (select cast(${'id'} as text) as id, cast(${'subject'} as text) as subject, cast(${'kind'} as text) as kind,
    cast(${'name'} as text) as name, cast(${'lookup'} as text) as lookup, cast(${'data'} as text) as data,
    cast(${'counter'} as bigint) as counter, cast(${'createdAt'} as bigint) as created_at) as n
  where ${subjectIsAlive('n.subject')}
  on conflict do nothing`

const known = statement<{ lookup: string }, { id: string }>`
  select id from gatewright_authenticators where lookup = ${'lookup'}`

const count = statement<{ subject: string }, { count: Integer }>`
  select count(*) as count from gatewright_authenticators where subject = ${'subject'} and kind <> 'recovery'`

interface AuthenticatorRow {
  readonly id: string
  readonly subject: string
  readonly kind: AuthenticatorKind
  readonly name: string
  readonly lookup: string | null
  readonly data: string
  readonly counter: Integer
  readonly created_at: Integer
  readonly last_used_at: Integer | null
}

const select = statement<{ lookup: string }, AuthenticatorRow>`
  select f.* from gatewright_authenticators as f
  where f.lookup = ${'lookup'} and ${subjectIsAlive('f.subject')}`

const list = statement<{ subject: string }, AuthenticatorRow>`
  select f.* from gatewright_authenticators as f
  where f.subject = ${'subject'} and ${subjectIsAlive('f.subject')} order by f.created_at, f.id`

// Of two that come with one number the second waits for the first, and finds the number reached.
const advance = statement<{ id: string; counter: number; now: number }>`
  update gatewright_authenticators set counter = ${'counter'}, last_used_at = ${'now'}
  where id = ${'id'} and ${subjectIsAlive('gatewright_authenticators.subject')}
    and (counter < ${'counter'} or (kind = 'passkey' and counter = 0 and cast(${'counter'} as bigint) = 0))`

const rename = statement<{ id: string; subject: string; name: string }>`
  update gatewright_authenticators set name = ${'name'} where id = ${'id'} and subject = ${'subject'}`

const remove = statement<{ id: string; subject: string }, { kind: AuthenticatorKind }>`
  delete from gatewright_authenticators where id = ${'id'} and subject = ${'subject'} returning kind`

const removeAll = statement<{ subject: string }>`
  delete from gatewright_authenticators where subject = ${'subject'}`

const consumeRecovery = statement<{ lookup: string; subject: string }>`
  delete from gatewright_authenticators where lookup = ${'lookup'} and subject = ${'subject'} and kind = 'recovery'
    and ${subjectIsAlive('gatewright_authenticators.subject')}`

const removeRecovery = statement<{ subject: string }>`
  delete from gatewright_authenticators where subject = ${'subject'} and kind = 'recovery'`

function authenticatorOf(row: AuthenticatorRow): StoredAuthenticator {
  return {
    id: row.id,
    subject: row.subject,
    kind: row.kind,
    name: row.name,
    ...given('lookup', row.lookup),
    data: row.data,
    counter: Number(row.counter),
    createdAt: Number(row.created_at),
    ...given('lastUsedAt', row.last_used_at, Number),
  }
}
