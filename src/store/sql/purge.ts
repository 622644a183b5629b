/** Taking away what can mean nothing any more, in steps that are short and wait for nobody. */

import { setImmediate as turn } from 'node:timers/promises'
import type { GrantStore } from '../grant-store.ts'
import { forUpdateSkipLocked } from './liveness.ts'
import type { Session } from './session.ts'
import { statement } from './statement.ts'
import type { Statement } from './statement.ts'

/** The purge of the store. */
export function purgeOf(session: Session): GrantStore['purge'] {
  return async (now, limit = 500, { auditBefore } = {}) => {
    let count = 0
    for (const step of steps) {
      // SQLite answers at once, so without this no request would be served before all steps are done.
      await turn()
      const unusedSince = now - documentClientAge
      const registeredBy = now - registeredClientAge
      count += await session.changes(step, { now, nowMicros: now * 1000, unusedSince, registeredBy, limit })
    }
    if (auditBefore !== undefined) count += await session.changes(audit, { before: auditBefore, limit })
    return count
  }
}

interface Values {
  readonly now: number
  /** Rate limits count in microseconds. */
  readonly nowMicros: number
  readonly unusedSince: number
  readonly registeredBy: number
  readonly limit: number
}

// Selected first and `materialized`: PostgreSQL might otherwise run the selection several times and delete more than asked.
function rows(
  table: string,
  key: string,
  time: string,
  value: 'now' | 'nowMicros',
): Statement<Values, object> {
  const select = `with doomed as materialized (select ${key} from ${table} where ${time} <=`
  const remove = `delete from ${table} where (${key}) in (select ${key} from doomed)`
  return statement<Values>`${() => select} ${value} order by ${() => time} limit ${'limit'} ${forUpdateSkipLocked})
    ${() => remove}`
}

/** Used tokens stay to the absolute end, so that their reuse is noticed. A family goes when its last token has gone. */
const refreshTokens = statement<Values>`
  with doomed as materialized (select r.hash from gatewright_refresh_tokens as r
    join gatewright_families as f on f.id = r.family_id where f.expires_at <= ${'now'} limit ${'limit'})
  delete from gatewright_refresh_tokens where hash in (select hash from doomed)`

const families = statement<Values>`
  with doomed as materialized (select f.id from gatewright_families as f where f.expires_at <= ${'now'}
    and not exists (select 1 from gatewright_refresh_tokens as r where r.family_id = f.id)
    order by f.expires_at limit ${'limit'} ${forUpdateSkipLocked})
  delete from gatewright_families where id in (select id from doomed)`

/** One that somebody renews just now is locked, and left; what is under a grant goes first, so that this step stays short. */
const grants = statement<Values>`
  with doomed as materialized (select g.id from gatewright_grants as g where g.kept_until <= ${'now'}
    and not exists (select 1 from gatewright_families as f where f.grant_id = g.id)
    order by g.kept_until limit ${'limit'} ${forUpdateSkipLocked})
  delete from gatewright_grants where id in (select id from doomed)`

/** How long a client that came by itself stays when nobody has granted it anything, in milliseconds. */
const documentClientAge = 7 * 86_400_000

/** How long a client that registered itself stays when nobody ever used it, in milliseconds (RFC 7591 §5). */
const registeredClientAge = 30 * 86_400_000

const registeredClients = statement<Values>`
  with doomed as materialized (select c.id from gatewright_clients as c
    where c.source = 'registered' and c.disabled = 0 and c.last_used_at is null and c.created_at <= ${'registeredBy'}
    and not exists (select 1 from gatewright_grants as g where g.client_id = c.id)
    order by c.created_at limit ${'limit'} ${forUpdateSkipLocked})
  delete from gatewright_clients where id in (select id from doomed)`

/** They come again by themselves. One that an administrator has disabled stays, or it would come again as a free one. */
const documentClients = statement<Values>`
  with doomed as materialized (select c.id from gatewright_clients as c
    where c.source = 'document' and c.disabled = 0 and coalesce(c.last_used_at, c.created_at) <= ${'unusedSince'}
    and not exists (select 1 from gatewright_grants as g where g.client_id = c.id)
    order by c.id limit ${'limit'} ${forUpdateSkipLocked})
  delete from gatewright_clients where id in (select id from doomed)`

/** Nobody gets them after the window anyway; what is gone cannot be stolen. */
const sealedAnswers = statement<Values>`
  with doomed as materialized (select hash from gatewright_refresh_tokens
    where sealed_until is not null and sealed_until <= ${'now'} limit ${'limit'} ${forUpdateSkipLocked})
  update gatewright_refresh_tokens set sealed_answer = null, sealed_until = null
  where hash in (select hash from doomed)`

const steps: readonly Statement<Values, object>[] = [
  sealedAnswers,
  rows('gatewright_codes', 'hash', 'kept_until', 'now'),
  rows('gatewright_access_tokens', 'hash', 'expires_at', 'now'),
  refreshTokens,
  families,
  rows('gatewright_device_codes', 'hash', 'kept_until', 'now'),
  grants,
  documentClients,
  registeredClients,
  rows('gatewright_pushed_requests', 'hash', 'expires_at', 'now'),
  rows('gatewright_sessions', 'hash', 'idle_until', 'now'),
  rows('gatewright_sessions', 'hash', 'expires_at', 'now'),
  rows('gatewright_flows', 'number', 'expires_at', 'now'),
  rows('gatewright_login_attempts', 'number', 'expires_at', 'now'),
  rows('gatewright_visitor_sessions', 'hash', 'idle_until', 'now'),
  rows('gatewright_account_tokens', 'hash', 'expires_at', 'now'),
  rows('gatewright_single_use', 'kind, hash', 'expires_at', 'now'),
  rows('gatewright_revocations', 'cursor', 'expires_at', 'now'),
  rows('gatewright_signing_keys', 'id', 'removed_at', 'now'),
  rows('gatewright_rate_limits', 'key', 'full_at', 'nowMicros'),
  rows('gatewright_failures', 'key', 'forget_at', 'now'),
]

/** Only the oldest rows are looked at, so a log without old events costs nothing. */
const audit = statement<{ before: number; limit: number }>`
  with doomed as materialized (select number from
    (select number, at from gatewright_audit order by number limit ${'limit'}) as oldest where at < ${'before'})
  delete from gatewright_audit where number in (select number from doomed)`
