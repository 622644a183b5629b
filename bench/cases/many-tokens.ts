/** Fills gatewright's tables with live refresh tokens, each of a grant and a family of its own, as years of logins would. */

import { setTimeout } from 'node:timers/promises'
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
  const list = `'["items:read","items:write"]'`
  const { before, after, numbers, id, hash } = dialects[store]
  const statements: string[] = []
  for (let from = 0; from < count; from += step) {
    const many = numbers(from + 1, Math.min(count, from + step))
    statements.push(
      `insert into gatewright_grants (id, client_id, subject, scopes, resources, created_at, last_used_at, kept_until)
       ${many} select ${id}, '${clientId}', ${id}, ${list}, '[]', ${now}, ${now}, ${later} from many`,
      `insert into gatewright_families (id, grant_id, scopes, resources, created_at, expires_at)
       ${many} select ${id}, ${id}, ${list}, '[]', ${now}, ${later} from many`,
      `insert into gatewright_refresh_tokens (hash, family_id, created_at, expires_at)
       ${many} select ${hash}, ${id}, ${now}, ${later} from many`,
    )
  }
  await place.sql(...before, ...statements, ...after)
  // SQLite works in this process, for minutes, and connections that were closed meanwhile are noticed only now.
  await setTimeout(100)
}

/** `many` has a number in each row; hashes are spread over their index as real ones are. References need no check here. */
const dialects = {
  sqlite: {
    before: ['pragma foreign_keys = off', 'pragma synchronous = off', 'pragma cache_size = -2000000'],
    after: ['pragma wal_checkpoint(truncate)'],
    numbers: (from: number, to: number) =>
      `with recursive many (n) as (select ${from} union all select n + 1 from many where n < ${to})`,
    id: `printf('many-%09d', n)`,
    hash: `substr(lower(hex(randomblob(22))), 1, 43)`,
  },
  postgres: {
    before: ['set session_replication_role = replica', 'set synchronous_commit = off'],
    after: ['checkpoint', 'vacuum analyze'],
    numbers: (from: number, to: number) => `with many (n) as (select * from generate_series(${from}, ${to}))`,
    id: `'many-' || lpad(n::text, 9, '0')`,
    hash: `md5(random()::text) || substr(md5(n::text), 1, 11)`,
  },
}
