/** Refresh tokens and their rotation in SQL. */

import type { FoundRefreshToken, RefreshTokenStore } from '../ports/refresh-tokens.ts'
import { inBatches, itemsOf, readInBatches } from './batch.ts'
import type { Batch, BatchDone } from './batch.ts'
import { given } from './columns.ts'
import type { Integer } from './columns.ts'
import { familyColumns, familyOf, grantColumns, grantOf } from './grants.ts'
import type { FamilyColumns, GrantColumns } from './grants.ts'
import { holding, holdingOf, holdStep, keptAfter, usingOf } from './holding.ts'
import { endOf, insertIssuedOf, issuedColumns, issuedItems, issuedSteps, successorStep } from './issued.ts'
import type { IssuedItems } from './issued.ts'
import { grantIsAlive } from './liveness.ts'
import type { Session } from './session.ts'
import { statement, step } from './statement.ts'
import type { Fragment } from './statement.ts'
import type { Subjects } from './subjects.ts'

/** The refresh-token operations of the store. */
export function refreshTokenStore(session: Session, subjects: Subjects): RefreshTokenStore {
  const rotating = inBatches<Rotating>(session, rotateMany)
  const reading = readInBatches<RefreshTokenRow>(session, select, selectMany)

  async function find(hash: string, now: number): Promise<FoundRefreshToken | undefined> {
    const row = await reading(hash)
    return row && refreshTokenOf(row, now, await subjects.isAlive(row.g_subject))
  }

  return {
    findRefresh: find,
    async rotateRefresh(hash, now, { successor, sealedAnswer, sealedUntil, issued = {} }) {
      if (!(await subjects.isAliveIn(async () => (await find(hash, now))?.grant))) return 'gone'
      const end = endOf(issued, now)
      const isRotated = await rotating?.({
        hash,
        now,
        kept_until: keptAfter(end),
        successor: successor.hash,
        successor_end: successor.expiresAt,
        sealed_answer: sealedAnswer ?? null,
        sealed_until: sealedAnswer === undefined ? null : (sealedUntil ?? now),
        ...issuedItems(issued),
      })
      if (isRotated === true) return 'rotated'
      const gates = [
        holdStep(hold, { hash, now, end }),
        step(rotate, {
          hash,
          now,
          successor: successor.hash,
          sealedAnswer: sealedAnswer ?? null,
          sealedUntil: sealedAnswer === undefined ? null : (sealedUntil ?? now),
        }),
      ]
      const writes = [successorStep(hash, successor, now), ...issuedSteps(issued, undefined, now)]
      if (await session.consume(gates, writes)) return 'rotated'
      return (await find(hash, now))?.status === 'spent' ? 'spent' : 'gone'
    },
  }
}

interface RefreshTokenRow extends GrantColumns, FamilyColumns {
  readonly hash: string
  readonly created_at: Integer
  readonly expires_at: Integer
  readonly used_at: Integer | null
  readonly successor_hash: string | null
  readonly successor_used_at: Integer | null
  readonly sealed_answer: string | null
  readonly sealed_until: Integer | null
  readonly is_alive: Integer
}

const columns: Fragment = (flavor) =>
  `r.hash, r.created_at, r.expires_at, r.used_at, r.successor_hash, r.sealed_answer, r.sealed_until,
    s.used_at as successor_used_at, ${familyColumns(flavor)}, ${grantColumns(flavor)},
    case when f.revoked_at is null and ${grantIsAlive('g')(flavor)} then 1 else 0 end as is_alive`

const [hashes, areHashes] = itemsOf('hash text')

const selectMany = statement<Batch, RefreshTokenRow>`
  with asked as materialized (${hashes} ${'items'} ${areHashes})
  select ${columns} from asked as a
    join gatewright_refresh_tokens as r on r.hash = a.hash
    join gatewright_families as f on f.id = r.family_id
    join gatewright_grants as g on g.id = f.grant_id
    left join gatewright_refresh_tokens as s on s.hash = r.successor_hash`

const select = statement<{ hash: string }, RefreshTokenRow>`
  select ${columns} from gatewright_refresh_tokens as r
    join gatewright_families as f on f.id = r.family_id
    join gatewright_grants as g on g.id = f.grant_id
    left join gatewright_refresh_tokens as s on s.hash = r.successor_hash
  where r.hash = ${'hash'}`

const hold = holding(
  `select f.grant_id from gatewright_refresh_tokens as r join gatewright_families as f on f.id = r.family_id
   where r.used_at is null and r.hash =`,
)

interface RotateValues {
  readonly hash: string
  readonly now: number
  readonly successor: string
  readonly sealedAnswer: string | null
  readonly sealedUntil: number | null
}

const rotate = statement<RotateValues>`
  update gatewright_refresh_tokens set used_at = ${'now'}, successor_hash = ${'successor'},
    sealed_answer = ${'sealedAnswer'}, sealed_until = ${'sealedUntil'}
  where hash = ${'hash'} and used_at is null and expires_at > ${'now'} and exists
    (select 1 from gatewright_families as f where f.id = gatewright_refresh_tokens.family_id
      and f.revoked_at is null and f.expires_at > ${'now'})`

/** A rotation in a batch. */
interface Rotating extends IssuedItems {
  readonly hash: string
  readonly now: number
  readonly kept_until: number
  readonly successor: string
  readonly successor_end: number
  readonly sealed_answer: string | null
  readonly sealed_until: number | null
}

const [rotations, areRotations] = itemsOf(
  `hash text, now bigint, kept_until bigint, successor text, successor_end bigint, sealed_answer text,
    sealed_until bigint, ${issuedColumns}`,
)

// The same gates as one alone: the grants are held, then the tokens are used.
const rotateMany = statement<Batch, BatchDone>`
  with asked as materialized (${rotations} ${'items'} ${areRotations}),
    ${holdingOf(`select f.grant_id from asked as a join gatewright_refresh_tokens as r on r.hash = a.hash
      join gatewright_families as f on f.id = r.family_id`)},
    rotated as (
      update gatewright_refresh_tokens as r set used_at = a.now, successor_hash = a.successor,
        sealed_answer = a.sealed_answer, sealed_until = a.sealed_until
      from asked as a, gatewright_families as f
      where r.hash = a.hash and r.used_at is null and r.expires_at > a.now
        and f.id = r.family_id and f.revoked_at is null and f.expires_at > a.now
        and exists (select 1 from held as h where h.id = f.grant_id)
      returning a.n, a.now, a.kept_until, a.successor, a.successor_end, a.tokens, a.audit, r.family_id, f.grant_id),
    ${usingOf('rotated')},
    successors as (
      insert into gatewright_refresh_tokens (hash, family_id, created_at, expires_at)
      select w.successor, w.family_id, w.now, w.successor_end from rotated as w),
    ${insertIssuedOf('rotated')}
  select string_agg(cast(n as text), ',') as done from rotated`

function refreshTokenOf(row: RefreshTokenRow, now: number, subjectIsAlive: boolean): FoundRefreshToken {
  const isOpen = row.sealed_until !== null && Number(row.sealed_until) > now && row.successor_used_at === null
  return {
    hash: row.hash,
    createdAt: Number(row.created_at),
    expiresAt: Number(row.expires_at),
    ...given('usedAt', row.used_at, Number),
    ...given('successor', row.successor_hash, (hash) => ({
      hash,
      ...given('usedAt', row.successor_used_at, Number),
    })),
    ...given('sealedAnswer', isOpen ? row.sealed_answer : null),
    family: familyOf(row),
    grant: grantOf(row),
    status: statusOf(row, now, subjectIsAlive),
  }
}

function statusOf(row: RefreshTokenRow, now: number, subjectIsAlive: boolean): FoundRefreshToken['status'] {
  if (Number(row.is_alive) !== 1 || !subjectIsAlive) return 'revoked'
  if (Number(row.f_expires_at) <= now) return 'expired'
  if (row.used_at !== null) return 'spent'
  return Number(row.expires_at) > now ? 'live' : 'expired'
}
