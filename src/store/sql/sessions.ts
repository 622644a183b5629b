/** Login sessions in SQL. */

import type { SessionStore, StoredSession } from '../ports/sessions.ts'
import { insertAudit } from './audit.ts'
import { given, words } from './columns.ts'
import type { Integer } from './columns.ts'
import { useProof } from './flows.ts'
import { passwordIsUsable, subjectIsAlive } from './liveness.ts'
import { undo } from './session.ts'
import type { Session } from './session.ts'
import { statement } from './statement.ts'
import type { Statement } from './statement.ts'
import type { Subjects } from './subjects.ts'

/** How much later a use is written down, in milliseconds. */
const touchEvery = 60_000

/** The session operations of the store. */
export function sessionStore(session: Session, subjects: Subjects): SessionStore {
  return {
    async startSession(
      { address, userAgent, methods, ...rest },
      { replaces, isContinued = false, proof, audit } = {},
    ) {
      if (!(await subjects.isAlive(rest.subject))) return 'gone'
      const values = {
        ...rest,
        methods: methods.join(' '),
        byPassword: methods.includes('pwd') && !isContinued ? 1 : 0,
        address: address ?? null,
        userAgent: userAgent ?? null,
      }
      return session.transact(async (runner) => {
        // Before the session is written: whoever takes the person's rights away waits here, and then finds the session.
        if (proof !== undefined) {
          const used = { ...proof, subject: rest.subject, now: rest.createdAt }
          if ((await runner.changes(useProof, used)) === 0) return undo('gone' as const)
        }
        const replaced = replaces === undefined ? 0 : await runner.changes(removeByHash, { hash: replaces })
        if (isContinued && replaced === 0) return undo('gone' as const)
        if ((await runner.changes(insert, values)) === 0) return undo('gone' as const)
        await insertAudit(runner, audit)
        return 'started' as const
      })
    },
    async findSession(hash, now) {
      const row = await session.row(select, { hash, now })
      return row !== undefined && (await subjects.isAlive(row.subject)) ? sessionOf(row) : undefined
    },
    async touchSession(hash, now, idleUntil) {
      await session.changes(touch, { hash, now, idleUntil, before: now - touchEvery })
    },
    async listSessions(subject, now) {
      if (!(await subjects.isAlive(subject))) return []
      return (await session.rows(list, { subject, now })).map(sessionOf)
    },
    async endSession(id, subject, audit) {
      return session.transact(async (runner) => {
        if ((await runner.changes(removeById, { id, subject })) === 0) return false
        await insertAudit(runner, audit)
        return true
      })
    },
    async endSessions(subject, { except = '', audit } = {}) {
      return session.transact(async (runner) => {
        const count = await runner.changes(removeOf, { subject, except })
        if (count > 0) await insertAudit(runner, audit)
        return count
      })
    },
  }
}

/** Ends the sessions of a subject but one; an empty `except` spares none. */
export const removeOf: Statement<{ subject: string; except: string }, Record<never, never>> = statement<{
  subject: string
  except: string
}>`delete from gatewright_sessions where subject = ${'subject'} and id <> ${'except'}`

interface InsertValues {
  readonly hash: string
  readonly id: string
  readonly subject: string
  readonly createdAt: number
  readonly authTime: number
  readonly methods: string
  readonly byPassword: number
  readonly idleUntil: number
  readonly expiresAt: number
  readonly address: string | null
  readonly userAgent: string | null
}

const insert = statement<InsertValues>`
  insert into gatewright_sessions (hash, id, subject, created_at, last_seen_at, auth_time, methods, idle_until,
    expires_at, address, user_agent)
  select n.hash, n.id, n.subject, n.created_at, n.created_at, n.auth_time, n.methods, n.idle_until, n.expires_at,
    n.address, n.user_agent
  from (select cast(${'hash'} as text) as hash, cast(${'id'} as text) as id, cast(${'subject'} as text) as subject,
    cast(${'createdAt'} as bigint) as created_at, cast(${'authTime'} as bigint) as auth_time,
    cast(${'methods'} as text) as methods, cast(${'idleUntil'} as bigint) as idle_until,
    cast(${'expiresAt'} as bigint) as expires_at, cast(${'address'} as text) as address,
    cast(${'userAgent'} as text) as user_agent) as n
  where ${subjectIsAlive('n.subject')}
    and (cast(${'byPassword'} as bigint) = 0 or ${passwordIsUsable('n.subject')})`

interface SessionRow {
  readonly hash: string
  readonly id: string
  readonly subject: string
  readonly created_at: Integer
  readonly last_seen_at: Integer
  readonly auth_time: Integer
  readonly methods: string
  readonly idle_until: Integer
  readonly expires_at: Integer
  readonly address: string | null
  readonly user_agent: string | null
}

const select = statement<{ hash: string; now: number }, SessionRow>`
  select s.* from gatewright_sessions as s where s.hash = ${'hash'} and s.idle_until > ${'now'}
    and s.expires_at > ${'now'} and ${subjectIsAlive('s.subject')}`

const list = statement<{ subject: string; now: number }, SessionRow>`
  select s.* from gatewright_sessions as s where s.subject = ${'subject'} and s.idle_until > ${'now'}
    and s.expires_at > ${'now'} and ${subjectIsAlive('s.subject')}
  order by s.last_seen_at desc, s.id limit 100`

const touch = statement<{ hash: string; now: number; idleUntil: number; before: number }>`
  update gatewright_sessions set last_seen_at = ${'now'}, idle_until = ${'idleUntil'}
  where hash = ${'hash'} and idle_until > ${'now'} and expires_at > ${'now'} and last_seen_at <= ${'before'}`

const removeByHash = statement<{ hash: string }>`delete from gatewright_sessions where hash = ${'hash'}`

const removeById = statement<{ id: string; subject: string }>`
  delete from gatewright_sessions where id = ${'id'} and subject = ${'subject'}`

function sessionOf(row: SessionRow): StoredSession {
  return {
    hash: row.hash,
    id: row.id,
    subject: row.subject,
    createdAt: Number(row.created_at),
    lastSeenAt: Number(row.last_seen_at),
    authTime: Number(row.auth_time),
    methods: words(row.methods),
    idleUntil: Number(row.idle_until),
    expiresAt: Number(row.expires_at),
    ...given('address', row.address),
    ...given('userAgent', row.user_agent),
  }
}
