/** Sessions without an account, and the logins elsewhere that lead to them, in SQL. */

import type { AnyDatabase } from '../database.ts'
import type { VisitorSession, VisitorStore } from '../ports/identities.ts'
import { parsed } from './columns.ts'
import type { Integer } from './columns.ts'
import { loginAttempts } from './login-attempts.ts'
import { migrate } from './migrations.ts'
import { sessionOf } from './session.ts'
import { statement } from './statement.ts'

/**
 * Opens the sessions of visitors.
 *
 * @param database Stays open: who opened it closes it.
 * @param now Milliseconds since 1970, for the record of what was created.
 * @throws DatabaseError when the tables cannot be made.
 */
export async function sqlVisitorStore(database: AnyDatabase, now: number): Promise<VisitorStore> {
  await migrate(database, now)
  const session = sessionOf(database, true)
  return {
    ...loginAttempts(session),
    async startVisit(visit, replaces) {
      await session.transact(async (runner) => {
        if (replaces !== undefined) await runner.changes(remove, { hash: replaces })
        await runner.changes(insert, { ...visit, person: JSON.stringify(visit.person) })
      })
    },
    async findVisit(hash, at) {
      const row = await session.row(select, { hash, now: at })
      return row && visitOf(row)
    },
    async touchVisit(hash, idleUntil) {
      await session.changes(touch, { hash, idleUntil })
    },
    endVisit: async (hash) => (await session.changes(remove, { hash })) === 1,
  }
}

interface VisitRow {
  readonly hash: string
  readonly person: string
  readonly created_at: Integer
  readonly idle_until: Integer
  readonly expires_at: Integer
}

const select = statement<{ hash: string; now: number }, VisitRow>`
  select * from gatewright_visitor_sessions
  where hash = ${'hash'} and idle_until > ${'now'} and expires_at > ${'now'}`

const insert = statement<Omit<VisitorSession, 'person'> & { readonly person: string }>`
  insert into gatewright_visitor_sessions (hash, person, created_at, idle_until, expires_at)
  values (${'hash'}, ${'person'}, ${'createdAt'}, ${'idleUntil'}, ${'expiresAt'})`

const touch = statement<{ hash: string; idleUntil: number }>`
  update gatewright_visitor_sessions set idle_until = ${'idleUntil'} where hash = ${'hash'}`

const remove = statement<{ hash: string }>`
  delete from gatewright_visitor_sessions where hash = ${'hash'}`

function visitOf(row: VisitRow): VisitorSession {
  return {
    hash: row.hash,
    person: parsed(row.person),
    createdAt: Number(row.created_at),
    idleUntil: Number(row.idle_until),
    expiresAt: Number(row.expires_at),
  }
}
