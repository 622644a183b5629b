/** Holding a grant: the lock that everything under it goes through, and the gate that only an alive one opens. */

import type { NewGrant } from '../ports/grants.ts'
import { clientIsAlive, grantIsAlive, subjectIsAlive } from './liveness.ts'
import type { Runner } from './session.ts'
import { isForeignKeyError } from './session.ts'
import { statement, step } from './statement.ts'
import type { Fragment, Statement, Step } from './statement.ts'

/** How long a grant is kept after the last thing under it has ended, in milliseconds: JWTs may still name it. */
const slack = 86_400_000

/**
 * Holds a grant that is there, or makes it. Answers whether it is the client's and the subject's and alive. From here to
 * the end of the transaction nobody else does anything under it.
 *
 * @param end Until when something under it may be alive, in milliseconds since 1970.
 */
export async function holdOrMakeGrant(
  runner: Runner,
  grant: NewGrant,
  now: number,
  end: number,
): Promise<boolean> {
  const values = {
    id: grant.id,
    clientId: grant.clientId,
    subject: grant.subject,
    scopes: grant.scopes.join(' '),
    resources: grant.resources.join(' '),
    now,
    keptUntil: keptAfter(end),
  }
  // Most grants are new. Where one is there nothing is inserted; then it is renewed, if it may be.
  if ((await runner.changes(insert, values)) === 1) return true
  return (await runner.changes(renew, values)) === 1
}

/** How long a grant is kept at least, in milliseconds since 1970, when something under it may be alive until `end`. */
export function keptAfter(end: number): number {
  return end + slack
}

/** A gate that holds the grant of something with a hash: it opens when the grant is alive. */
export function holdStep(
  hold: HoldStatement,
  values: { readonly hash: string; readonly now: number; readonly end: number },
): Step {
  const { hash, now, end } = values
  return step(hold, { hash, now, keptUntil: keptAfter(end) })
}

/**
 * The part of a `with` for many that holds the grants with these ids, as far as they are alive. One that somebody else holds is left
 * out: so nobody waits here, and two who hold several never for each other. One that was changed meanwhile is looked at again.
 *
 * @param ids A select.
 */
export function holdingOf(ids: string): Fragment {
  const alive = grantIsAlive('g')
  return (flavor) =>
    `held as materialized (select g.id from gatewright_grants as g where g.id in (${ids}) and ${alive(flavor)}
      for no key update of g skip locked)`
}

/** The part after it that notes the use of those grants, by rows with `grant_id`, `now` and `kept_until`. */
export function usingOf(rows: string): Fragment {
  return () =>
    `used as (update gatewright_grants as g
      set last_used_at = u.now, kept_until = greatest(g.kept_until, u.kept_until)
      from (select grant_id, max(now) as now, max(kept_until) as kept_until from ${rows} group by grant_id) as u
      where g.id = u.grant_id)`
}

/** A statement of {@link holding}. */
export type HoldStatement = Statement<HoldValues, Record<never, never>>

/**
 * The statement that holds the grant of something that has a hash. On PostgreSQL it waits for whoever holds the grant, and
 * looks at it again afterwards.
 *
 * @param selectId Selects the id of the grant, up to the hash: `select grant_id from … where hash =`.
 */
export function holding(selectId: string): HoldStatement {
  return statement<HoldValues>`
    update gatewright_grants as g set last_used_at = ${'now'},
      kept_until = case when g.kept_until < ${'keptUntil'} then ${'keptUntil'} else g.kept_until end
    where g.id = (${() => selectId} ${'hash'}) and ${grantIsAlive('g')}`
}

/** When a client is removed just as something is made for it, the database refuses what would refer to nothing. */
export async function orGone<Answer>(work: Promise<Answer>): Promise<Answer | 'gone'> {
  try {
    return await work
  } catch (error) {
    if (isForeignKeyError(error)) return 'gone'
    throw error
  }
}

interface HoldValues {
  readonly hash: string
  readonly now: number
  readonly keptUntil: number
}

interface GrantValues {
  readonly id: string
  readonly clientId: string
  readonly subject: string
  readonly scopes: string
  readonly resources: string
  readonly now: number
  readonly keptUntil: number
}

const insert = statement<GrantValues>`
  insert into gatewright_grants
    (id, client_id, subject, scopes, resources, created_at, last_used_at, kept_until)
  select n.id, n.client_id, n.subject, n.scopes, n.resources, n.at, n.at, n.kept_until
  from (select cast(${'id'} as text) as id, cast(${'clientId'} as text) as client_id,
    cast(${'subject'} as text) as subject, cast(${'scopes'} as text) as scopes,
    cast(${'resources'} as text) as resources, cast(${'now'} as bigint) as at,
    cast(${'keptUntil'} as bigint) as kept_until) as n
  where ${clientIsAlive('n.client_id')} and ${subjectIsAlive('n.subject')}
  on conflict do nothing`

const renew = statement<GrantValues>`
  update gatewright_grants as g set scopes = ${'scopes'}, resources = ${'resources'}, last_used_at = ${'now'},
    kept_until = case when g.kept_until < ${'keptUntil'} then ${'keptUntil'} else g.kept_until end
  where g.id = ${'id'} and g.client_id = ${'clientId'} and g.subject = ${'subject'} and ${grantIsAlive('g')}`
