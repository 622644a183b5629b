/** Fills gatewright's tables with live refresh tokens, each of a grant and a family of its own, as years of logins would. */

import type { Place } from '../harness/places.ts'
import { clientId } from './token-endpoint.ts'

const step = 100_000

/** @param count How many to add. */
export async function fillWithTokens(
  place: Place,
  store: 'sqlite' | 'postgres',
  count: number,
): Promise<void> {
  const now = Date.now()
  const later = now + 30 * 86_400_000
  for (let from = 0; from < count; from += step) {
    const to = Math.min(count, from + step)
    const { numbers, hash } = dialects[store](from, to)
    const list = `'["items:read","items:write"]'`
    for (const statement of [
      `insert into gatewright_grants (id, client_id, subject, scopes, resources, created_at, last_used_at, kept_until)
       ${numbers} select 'many-' || n, '${clientId}', 'subject-' || n, ${list}, '[]', ${now}, ${now}, ${later} from many`,
      `insert into gatewright_families (id, grant_id, scopes, resources, created_at, expires_at)
       ${numbers} select 'many-' || n, 'many-' || n, ${list}, '[]', ${now}, ${later} from many`,
      `insert into gatewright_refresh_tokens (hash, family_id, created_at, expires_at)
       ${numbers} select ${hash}, 'many-' || n, ${now}, ${later} from many`,
    ]) {
      await place.sql(statement)
    }
  }
  await place.sql(store === 'sqlite' ? 'pragma wal_checkpoint(truncate)' : 'vacuum analyze')
}

/** `many` with a number in each row, and something that is spread over the index like hashes are. */
const dialects = {
  sqlite: (from: number, to: number) => ({
    numbers: `with recursive many (n) as (select ${from + 1} union all select n + 1 from many where n < ${to})`,
    hash: `substr(lower(hex(randomblob(22))), 1, 43)`,
  }),
  postgres: (from: number, to: number) => ({
    numbers: `with many (n) as (select * from generate_series(${from + 1}, ${to}))`,
    hash: `md5(random()::text) || substr(md5(n::text), 1, 11)`,
  }),
}
