/** Authorization codes in SQL. */

import { codeFailureLimit } from '../ports/codes.ts'
import type { CodeStore, FoundCode, NewCode } from '../ports/codes.ts'
import { insertAudit } from './audit.ts'
import { given, json, parsed, words } from './columns.ts'
import type { Integer } from './columns.ts'
import { consumeFlow } from './flows.ts'
import { grantColumns, grantOf } from './grants.ts'
import type { GrantColumns } from './grants.ts'
import { holding, holdOrMakeGrant, holdStep, orGone } from './holding.ts'
import { endOf, issuedSteps } from './issued.ts'
import { grantIsAlive } from './liveness.ts'
import { consumePushed } from './pushed-requests.ts'
import type { Session } from './session.ts'
import { undo } from './session.ts'
import { statement, step } from './statement.ts'
import type { Subjects } from './subjects.ts'

/** The code operations of the store. */
export function codeStore(session: Session, subjects: Subjects): CodeStore {
  async function find(hash: string, now: number): Promise<FoundCode | undefined> {
    const row = await session.row(select, { hash })
    return row && codeOf(row, now, await subjects.isAlive(row.g_subject))
  }

  return {
    async saveCode(code, grant, { pushedRequest, flow, keepGrantUntil = 0, audit } = {}) {
      if (!(await subjects.isAlive(grant.subject))) return 'gone'
      const now = code.createdAt
      return orGone(
        session.transact(async (runner) => {
          // The grant goes first, as everywhere: two transactions that lock in one order do not stop each other.
          if (!(await holdOrMakeGrant(runner, grant, now, Math.max(code.expiresAt, keepGrantUntil))))
            return undo('gone')
          if (pushedRequest !== undefined) {
            const request = { hash: pushedRequest, clientId: grant.clientId, now }
            if ((await runner.changes(consumePushed, request)) === 0) return undo('gone')
          }
          if (flow !== undefined && (await runner.changes(consumeFlow, { ...flow, now })) === 0)
            return undo('gone')
          await runner.changes(insert, rowOf(code, grant.id))
          await insertAudit(runner, audit)
          return 'saved' as const
        }),
      )
    },
    findCode: find,
    async countCodeFailure(hash) {
      const row = await session.row(countFailure, { hash })
      return row && Number(row.failures)
    },
    async redeemCode(hash, now, issued) {
      if (!(await subjects.isAliveIn(async () => (await find(hash, now))?.grant))) return 'gone'
      const end = endOf(issued, now)
      const gates = [
        holdStep(hold, { hash, now, end }),
        step(redeem, { hash, now, familyId: issued.family?.id ?? null, end }),
      ]
      const writes = issuedSteps(issued, { by: 'code', value: hash }, now)
      if (await session.consume(gates, writes)) return 'redeemed'
      return (await find(hash, now))?.status === 'spent' ? 'spent' : 'gone'
    },
  }
}

interface NewRow {
  readonly hash: string
  readonly grant_id: string
  readonly redirect_uri: string
  readonly code_challenge: string | null
  readonly scopes: string
  readonly resources: string
  readonly nonce: string | null
  readonly dpop_jkt: string | null
  readonly auth_time: Integer
  readonly session_id: string | null
  readonly data: string | null
  readonly created_at: Integer
  readonly expires_at: Integer
}

interface CodeRow extends NewRow, GrantColumns {
  readonly failures: Integer
  readonly used_at: Integer | null
  readonly family_id: string | null
  readonly is_alive: Integer
}

const insert = statement<NewRow>`
  insert into gatewright_codes (hash, grant_id, redirect_uri, code_challenge, scopes, resources, nonce, dpop_jkt,
    auth_time, session_id, data, created_at, expires_at, failures, kept_until)
  values (${'hash'}, ${'grant_id'}, ${'redirect_uri'}, ${'code_challenge'}, ${'scopes'}, ${'resources'}, ${'nonce'},
    ${'dpop_jkt'}, ${'auth_time'}, ${'session_id'}, ${'data'}, ${'created_at'}, ${'expires_at'}, 0, ${'expires_at'})`

const select = statement<{ hash: string }, CodeRow>`
  select k.*, ${grantColumns}, case when ${grantIsAlive('g')} then 1 else 0 end as is_alive
  from gatewright_codes as k join gatewright_grants as g on g.id = k.grant_id where k.hash = ${'hash'}`

const countFailure = statement<{ hash: string }, { failures: Integer }>`
  update gatewright_codes set failures = failures + 1
  where hash = ${'hash'} and used_at is null returning failures`

const hold = holding('select grant_id from gatewright_codes where used_at is null and hash =')

const redeem = statement<{ hash: string; now: number; familyId: string | null; end: number }>`
  update gatewright_codes set used_at = ${'now'}, family_id = ${'familyId'},
    kept_until = case when kept_until < ${'end'} then ${'end'} else kept_until end
  where hash = ${'hash'} and used_at is null and expires_at > ${'now'}
    and failures < ${() => String(codeFailureLimit)}`

function rowOf(code: NewCode, grantId: string): NewRow {
  return {
    hash: code.hash,
    grant_id: grantId,
    redirect_uri: code.redirectUri,
    code_challenge: code.codeChallenge ?? null,
    scopes: code.scopes.join(' '),
    resources: code.resources.join(' '),
    nonce: code.nonce ?? null,
    dpop_jkt: code.dpopJkt ?? null,
    auth_time: code.authTime,
    session_id: code.sessionId ?? null,
    data: json(code.data),
    created_at: code.createdAt,
    expires_at: code.expiresAt,
  }
}

function codeOf(row: CodeRow, now: number, subjectIsAlive: boolean): FoundCode {
  const grant = grantOf(row)
  return {
    hash: row.hash,
    grantId: grant.id,
    clientId: grant.clientId,
    subject: grant.subject,
    redirectUri: row.redirect_uri,
    ...given('codeChallenge', row.code_challenge),
    scopes: words(row.scopes),
    resources: words(row.resources),
    ...given('nonce', row.nonce),
    ...given('dpopJkt', row.dpop_jkt),
    authTime: Number(row.auth_time),
    ...given('sessionId', row.session_id),
    createdAt: Number(row.created_at),
    expiresAt: Number(row.expires_at),
    ...given('data', row.data, parsed),
    failures: Number(row.failures),
    ...given('usedAt', row.used_at, Number),
    ...given('familyId', row.family_id),
    grant,
    status: statusOf(row, now, subjectIsAlive),
  }
}

function statusOf(row: CodeRow, now: number, subjectIsAlive: boolean): FoundCode['status'] {
  if (Number(row.is_alive) !== 1 || !subjectIsAlive) return 'revoked'
  if (row.used_at !== null) return 'spent'
  if (Number(row.failures) >= codeFailureLimit) return 'failed'
  return Number(row.expires_at) > now ? 'live' : 'expired'
}
