/** Revocation in SQL, and its log. */

import type { Revocation, RevocationKind, RevocationStore, Revoking } from '../ports/revocations.ts'
import { insertAudit } from './audit.ts'
import type { Listen } from '../database.ts'
import type { Integer } from './columns.ts'
import { forgetProofs } from './flows.ts'
import { forUpdate } from './liveness.ts'
import type { Runner, Session } from './session.ts'
import { undo } from './session.ts'
import { removeOf } from './sessions.ts'
import { statement } from './statement.ts'
import type { Statement } from './statement.ts'

/** The revocation operations of the store. */
export function revocationStore(session: Session, listen: Listen | undefined): RevocationStore {
  async function revoke(
    kind: RevocationKind,
    revoking: Revoking,
    mark: (runner: Runner) => Promise<string | undefined>,
  ): Promise<boolean> {
    return session.transact(async (runner) => {
      const value = await mark(runner)
      if (value === undefined) return undo(false)
      await insertAudit(runner, revoking.audit)
      return (await appendRevocation(runner, kind, value, revoking)) || undo(false)
    })
  }

  return {
    revokeGrant: (id, revoking) =>
      revoke('grant', revoking, async (runner) => {
        return (await runner.row(markGrant, { id, now: revoking.now }))?.id
      }),
    revokeFamily: (id, revoking) =>
      revoke('family', revoking, async (runner) => {
        return (await runner.row(markFamily, { id, now: revoking.now }))?.id
      }),
    revokeToken: (token, revoking) =>
      revoke('token', revoking, async (runner) => {
        if ('id' in token) return token.id
        return (await runner.row(markToken, { hash: token.hash, now: revoking.now }))?.id
      }),
    revokeClientGrants: (clientId, revoking) =>
      revoke('client', revoking, async (runner) => {
        await runner.changes(markGrantsOfClient, { clientId, now: revoking.now })
        return clientId
      }),
    revokeSubject: (subject, revoking) =>
      revoke('subject', revoking, async (runner) => {
        await endAllOf(runner, subject, revoking.now)
        return subject
      }),
    async revocationsAfter(cursor, limit) {
      return (await session.rows(after, { cursor, limit })).map(revocationOf)
    },
    watchRevocations(onChange) {
      const listening = listen?.(channel, onChange)
      return async () => listening?.stop()
    },
    async isRevoked(token) {
      const row = await session.row(find, {
        token: token.id ?? null,
        familyId: token.familyId ?? null,
        grantId: token.grantId ?? null,
        clientId: token.clientId ?? null,
        subject: token.subject ?? null,
        issuedAt: token.issuedAt,
      })
      return row !== undefined
    },
  }
}

/** Where PostgreSQL tells that the log has grown. */
const channel = 'gatewright_revocations'

/** Revokes all that a subject was given, in the transaction of something else, as the last thing it does. */
export async function revokeSubjectIn(runner: Runner, subject: string, revoking: Revoking): Promise<void> {
  await endAllOf(runner, subject, revoking.now)
  await appendRevocation(runner, 'subject', subject, revoking)
}

/** Makes every link that was sent for an account worthless. */
export const removeAccountTokensOf: Statement<{ subject: string }, Record<never, never>> = statement<{
  subject: string
}>`delete from gatewright_account_tokens where subject = ${'subject'}`

async function endAllOf(runner: Runner, subject: string, now: number): Promise<void> {
  await runner.changes(markGrantsOfSubject, { subject, now })
  await runner.changes(forgetProofs, { subject })
  await runner.changes(removeOf, { subject, except: '' })
  await runner.changes(removeAccountTokensOf, { subject })
}

/** Any number will do, as long as it is always the same. */
const logLock = 7_429_138_207

/**
 * Appends to the log, as the last thing that a transaction does. Answers whether it did: a token id, a family and a grant
 * are logged once.
 */
export async function appendRevocation(
  runner: Runner,
  kind: RevocationKind,
  value: string,
  { now, until }: Revoking,
): Promise<boolean> {
  // PostgreSQL gives out numbers before the commit. Without this lock, held to the commit, entry 5 could be seen before entry
  // 4, and whoever reads on from 5 would never see 4.
  if (runner.flavor.dialect === 'postgres') await runner.rows(lockLog, {})
  const repeats = kind === 'client' || kind === 'subject' ? 1 : 0
  return (await runner.changes(append, { kind, value, now, until, repeats })) === 1
}

// The notice goes out with the commit, and not at all without one.
const lockLog = statement`
  select pg_advisory_xact_lock(${() => String(logLock)}), pg_notify(${() => `'${channel}'`}, '')`

const append = statement<{ kind: string; value: string; now: number; until: number; repeats: number }>`
  insert into gatewright_revocations (kind, value, at, expires_at)
  select cast(${'kind'} as text), cast(${'value'} as text), cast(${'now'} as bigint), cast(${'until'} as bigint)
  where cast(${'repeats'} as bigint) = 1
    or not exists (select 1 from gatewright_revocations where kind = ${'kind'} and value = ${'value'})`

interface Mark {
  readonly id: string
  readonly now: number
}

const markGrant = statement<Mark, { id: string }>`
  update gatewright_grants set revoked_at = ${'now'} where id = ${'id'} and revoked_at is null returning id`

const markFamily = statement<Mark, { id: string }>`
  update gatewright_families set revoked_at = ${'now'} where id = ${'id'} and revoked_at is null returning id`

const markToken = statement<{ hash: string; now: number }, { id: string }>`
  update gatewright_access_tokens set revoked_at = ${'now'}
  where hash = ${'hash'} and revoked_at is null and expires_at > ${'now'} returning id`

// Both in the order of the ids, so that two of them never wait for each other.
const markGrantsOfClient = statement<{ clientId: string; now: number }>`
  update gatewright_grants set revoked_at = ${'now'} where id in
    (select id from gatewright_grants where client_id = ${'clientId'} and revoked_at is null order by id ${forUpdate})`

const markGrantsOfSubject = statement<{ subject: string; now: number }>`
  update gatewright_grants set revoked_at = ${'now'} where id in
    (select id from gatewright_grants where subject = ${'subject'} and revoked_at is null order by id ${forUpdate})`

interface RevocationRow {
  readonly cursor: Integer
  readonly kind: RevocationKind
  readonly value: string
  readonly at: Integer
  readonly expires_at: Integer
}

const after = statement<{ cursor: number; limit: number }, RevocationRow>`
  select * from gatewright_revocations where cursor > ${'cursor'} order by cursor limit ${'limit'}`

interface TokenValues {
  readonly token: string | null
  readonly familyId: string | null
  readonly grantId: string | null
  readonly clientId: string | null
  readonly subject: string | null
  readonly issuedAt: number
}

const find = statement<TokenValues, { cursor: Integer }>`
  select cursor from gatewright_revocations
  where (value = ${'token'} and kind = 'token')
    or (value = ${'familyId'} and kind = 'family')
    or (value = ${'grantId'} and kind = 'grant')
    or (value = ${'clientId'} and kind = 'client' and at >= ${'issuedAt'})
    or (value = ${'subject'} and kind = 'subject' and at >= ${'issuedAt'})
  limit 1`

function revocationOf(row: RevocationRow): Revocation {
  return {
    cursor: Number(row.cursor),
    kind: row.kind,
    value: row.value,
    at: Number(row.at),
    expiresAt: Number(row.expires_at),
  }
}
