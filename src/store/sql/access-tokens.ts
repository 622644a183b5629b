/** Reference access tokens in SQL. `issued.ts` writes them. */

import type { AccessTokenStore, FoundAccessToken } from '../ports/access-tokens.ts'
import { given, parsed, words } from './columns.ts'
import type { Integer } from './columns.ts'
import type { AccessTokenRow } from './issued.ts'
import { clientIsAlive, grantIsAlive } from './liveness.ts'
import type { Session } from './session.ts'
import { statement } from './statement.ts'
import type { Subjects } from './subjects.ts'

/** The reference-token operations of the store. */
export function accessTokenStore(session: Session, subjects: Subjects): AccessTokenStore {
  return {
    async findAccessToken(hash, now) {
      const row = await session.row(select, { hash })
      if (row === undefined) return undefined
      return tokenOf(row, now, row.grant_id === null || (await subjects.isAlive(row.subject)))
    },
  }
}

interface TokenRow extends AccessTokenRow {
  readonly is_alive: Integer
}

// What was revoked by its client or subject as a whole has no mark of its own: the log knows it for as long as it could live.
const select = statement<{ hash: string }, TokenRow>`
  select t.*,
    case when t.revoked_at is null and ${clientIsAlive('t.client_id')}
      and (t.grant_id is null or exists
        (select 1 from gatewright_grants as g where g.id = t.grant_id and ${grantIsAlive('g')}))
      and (t.family_id is null or exists
        (select 1 from gatewright_families as f where f.id = t.family_id and f.revoked_at is null))
      and not exists (select 1 from gatewright_revocations as v
        where (v.value = t.id and v.kind = 'token')
          or (v.value = t.client_id and v.kind = 'client' and v.at >= t.issued_at)
          or (v.value = t.subject and v.kind = 'subject' and v.at >= t.issued_at))
    then 1 else 0 end as is_alive
  from gatewright_access_tokens as t where t.hash = ${'hash'}`

function tokenOf(row: TokenRow, now: number, subjectIsAlive: boolean): FoundAccessToken {
  const isAlive = Number(row.is_alive) === 1 && subjectIsAlive
  return {
    hash: row.hash,
    id: row.id,
    clientId: row.client_id,
    ...given('grantId', row.grant_id),
    ...given('familyId', row.family_id),
    subject: row.subject,
    scopes: words(row.scopes),
    audience: words(row.audience),
    ...given('dpopJkt', row.dpop_jkt),
    issuedAt: Number(row.issued_at),
    expiresAt: Number(row.expires_at),
    ...given('data', row.data, parsed),
    status: !isAlive ? 'revoked' : Number(row.expires_at) > now ? 'live' : 'expired',
  }
}
