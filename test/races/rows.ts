/** Looks for rows that a transaction left half-written, straight in the tables. */

import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import type { AnyDatabase } from '../../src/store/database.ts'

/** A rule, and a select that finds what breaks it. */
const rules: Readonly<Record<string, string>> = {
  'a spent code has the family it made': `select hash from gatewright_codes as c where used_at is not null
    and not exists (select 1 from gatewright_families as f where f.id = c.family_id and f.grant_id = c.grant_id)`,
  'a family comes of a spent code': `select id from gatewright_families as f
    where (select count(*) from gatewright_codes as c where c.family_id = f.id and c.used_at is not null) <> 1`,
  'a family has its grant': `select id from gatewright_families as f
    where not exists (select 1 from gatewright_grants as g where g.id = f.grant_id)`,
  'a spent token has its successor in the same family': `select hash from gatewright_refresh_tokens as r
    where used_at is not null and not exists
      (select 1 from gatewright_refresh_tokens as s where s.hash = r.successor_hash and s.family_id = r.family_id)`,
  'no token follows two': `select successor_hash from gatewright_refresh_tokens where successor_hash is not null
    group by successor_hash having count(*) > 1`,
  'a family has one token that is not spent': `select f.id from gatewright_families as f
    where (select count(*) from gatewright_refresh_tokens as r where r.family_id = f.id and r.used_at is null) <> 1`,
  'every refresh token came with an access token': `select f.id from gatewright_families as f
    where (select count(*) from gatewright_refresh_tokens as r where r.family_id = f.id)
      <> (select count(*) from gatewright_access_tokens as t where t.family_id = f.id)`,
  'every redemption and rotation has one event': `select g.id from gatewright_grants as g
    where (select count(*) from gatewright_refresh_tokens as r join gatewright_families as f on f.id = r.family_id
        where f.grant_id = g.id)
      <> (select count(*) from gatewright_audit as a where a.grant_id = g.id)`,
}

/** What is broken, by rule. Nothing should be. */
export async function brokenRules(database: AnyDatabase): Promise<Readonly<Record<string, unknown>>> {
  // The cast: the selects are text.
  const kysely = database.kysely as Kysely<Record<never, never>>
  const broken: Record<string, unknown> = {}
  for (const [rule, select] of Object.entries(rules)) {
    const { rows } = await sql.raw(select).execute(kysely)
    if (rows.length > 0) broken[rule] = rows
  }
  return broken
}
