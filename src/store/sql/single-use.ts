/** What was seen once, in SQL. */

import type { SingleUseStore } from '../ports/single-use.ts'
import type { Session } from './session.ts'
import { statement } from './statement.ts'

/** The single-use operations of the store. */
export function singleUseStore(session: Session): SingleUseStore {
  return {
    async useOnce(kind, hash, expiresAt, now) {
      return (await session.changes(use, { kind, hash, expiresAt, now })) === 1
    },
  }
}

const use = statement<{ kind: string; hash: string; expiresAt: number; now: number }>`
  insert into gatewright_single_use as u (kind, hash, expires_at) values (${'kind'}, ${'hash'}, ${'expiresAt'})
  on conflict (kind, hash) do update set expires_at = excluded.expires_at where u.expires_at <= ${'now'}`
