/** Authorization codes in SQL. */

import { codeFailureLimit } from '../ports/codes.ts'
import type { CodeStore, FoundCode, NewCode } from '../ports/codes.ts'
import { insertAudit } from './audit.ts'
import { inBatches, itemsOf, readInBatches } from './batch.ts'
import type { Batch, BatchDone } from './batch.ts'
import { given, json, parsed, words } from './columns.ts'
import type { Integer } from './columns.ts'
import { consumeFlow } from './flows.ts'
import { grantColumns, grantOf } from './grants.ts'
import type { GrantColumns } from './grants.ts'
import { holding, holdingOf, holdOrMakeGrant, holdStep, keptAfter, orGone, usingOf } from './holding.ts'
import { endOf, familyItemColumns, familyItems, insertFamilyOf, insertIssuedOf } from './issued.ts'
import { issuedColumns, issuedItems, issuedSteps } from './issued.ts'
import type { FamilyItems, IssuedItems } from './issued.ts'
import { grantIsAlive } from './liveness.ts'
import { consumePushed } from './pushed-requests.ts'
import type { Session } from './session.ts'
import { undo } from './session.ts'
import { statement, step } from './statement.ts'
import type { Subjects } from './subjects.ts'

/** The code operations of the store. */
export function codeStore(session: Session, subjects: Subjects): CodeStore {
  const reading = readInBatches<CodeRow>(session, select, selectMany)
  const redeeming = inBatches<Redeeming>(session, redeemMany)

  async function find(hash: string, now: number): Promise<FoundCode | undefined> {
    const row = await reading(hash)
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
      const isRedeemed = await redeeming?.({
        hash,
        now,
        kept_until: keptAfter(end),
        code_kept_until: end,
        family_id: issued.family?.id ?? null,
        ...familyItems(issued.family, now),
        ...issuedItems(issued),
      })
      if (isRedeemed === true) return 'redeemed'
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

const [hashes, areHashes] = itemsOf('hash text')

const selectMany = statement<Batch, CodeRow>`
  with asked as materialized (${hashes} ${'items'} ${areHashes})
  select k.*, ${grantColumns}, case when ${grantIsAlive('g')} then 1 else 0 end as is_alive
  from asked as a join gatewright_codes as k on k.hash = a.hash join gatewright_grants as g on g.id = k.grant_id`

const countFailure = statement<{ hash: string }, { failures: Integer }>`
  update gatewright_codes set failures = failures + 1
  where hash = ${'hash'} and used_at is null returning failures`

const hold = holding('select grant_id from gatewright_codes where used_at is null and hash =')

const redeem = statement<{ hash: string; now: number; familyId: string | null; end: number }>`
  update gatewright_codes set used_at = ${'now'}, family_id = ${'familyId'},
    kept_until = case when kept_until < ${'end'} then ${'end'} else kept_until end
  where hash = ${'hash'} and used_at is null and expires_at > ${'now'}
    and failures < ${() => String(codeFailureLimit)}`

/** A redemption in a batch. */
interface Redeeming extends FamilyItems, IssuedItems {
  readonly hash: string
  readonly now: number
  readonly kept_until: number
  readonly code_kept_until: number
  readonly family_id: string | null
}

const [redemptions, areRedemptions] = itemsOf(
  `hash text, now bigint, kept_until bigint, code_kept_until bigint, family_id text,
    ${familyItemColumns}, ${issuedColumns}`,
)

// The same gates as one alone: the grants are held, then the codes are used.
const redeemMany = statement<Batch, BatchDone>`
  with asked as materialized (${redemptions} ${'items'} ${areRedemptions}),
    ${holdingOf('select k.grant_id from asked as a join gatewright_codes as k on k.hash = a.hash')},
    redeemed as (
      update gatewright_codes as k set used_at = a.now, family_id = a.family_id,
        kept_until = greatest(k.kept_until, a.code_kept_until)
      from asked as a
      where k.hash = a.hash and k.used_at is null and k.expires_at > a.now
        and k.failures < ${() => String(codeFailureLimit)}
        and exists (select 1 from held as h where h.id = k.grant_id)
      returning a.n, a.now, a.kept_until, a.families, a.refreshes, a.tokens, a.audit, k.grant_id),
    ${usingOf('redeemed')},
    ${insertFamilyOf('redeemed')},
    ${insertIssuedOf('redeemed')}
  select string_agg(cast(n as text), ',') as done from redeemed`

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
