/** Signing keys in SQL. */

import type { NewSigningKey, SigningKeyStore, StoredSigningKey } from '../ports/signing-keys.ts'
import { given } from './columns.ts'
import type { Integer } from './columns.ts'
import type { Session } from './session.ts'
import { undo } from './session.ts'
import { statement } from './statement.ts'

/** The signing-key operations of the store. */
export function signingKeyStore(session: Session): SigningKeyStore {
  return {
    async listKeys(now) {
      return (await session.rows(list, { now })).map(keyOf)
    },
    rotateKeys: ({ key, after, predecessorRemovedAt }) =>
      session.transact(async (runner) => {
        // The unique pair of algorithm and predecessor decides who was first.
        if ((await runner.changes(insert, { ...key, predecessor: after ?? '' })) === 0) return undo(false)
        if (after === undefined) return true
        const retiring = { id: after, from: key.signsFrom, removedAt: predecessorRemovedAt ?? null }
        return (await runner.changes(retire, retiring)) === 1 || undo(false)
      }),
    async removeKey(id, now) {
      return (await session.changes(remove, { id, now })) === 1
    },
    async replacePrivateKey(id, from, to) {
      return (await session.changes(replacePrivate, { id, from, to })) === 1
    },
  }
}

const list = statement<{ now: number }, KeyRow>`
  select * from gatewright_signing_keys where removed_at is null or removed_at > ${'now'}
  order by signs_from, id`

const insert = statement<NewSigningKey & { predecessor: string }>`
  insert into gatewright_signing_keys
    (id, algorithm, predecessor, public_key, private_key, published_at, signs_from)
  values (${'id'}, ${'algorithm'}, ${'predecessor'}, ${'publicKey'}, ${'privateKey'}, ${'publishedAt'}, ${'signsFrom'})
  on conflict do nothing`

const retire = statement<{ id: string; from: number; removedAt: number | null }>`
  update gatewright_signing_keys set
    retired_at = case when retired_at is null or retired_at > ${'from'} then ${'from'} else retired_at end,
    removed_at = case when removed_at is null then ${'removedAt'} else removed_at end
  where id = ${'id'}`

// Its place in the chain becomes free, for the key that follows instead.
const remove = statement<{ id: string; now: number }>`
  update gatewright_signing_keys set removed_at = ${'now'}, predecessor = 'removed ' || id,
    retired_at = case when retired_at is null or retired_at > ${'now'} then ${'now'} else retired_at end
  where id = ${'id'} and (removed_at is null or removed_at > ${'now'})`

const replacePrivate = statement<{ id: string; from: string; to: string }>`
  update gatewright_signing_keys set private_key = ${'to'} where id = ${'id'} and private_key = ${'from'}`

interface KeyRow {
  readonly id: string
  readonly algorithm: string
  readonly predecessor: string
  readonly public_key: string
  readonly private_key: string
  readonly published_at: Integer
  readonly signs_from: Integer
  readonly retired_at: Integer | null
  readonly removed_at: Integer | null
}

function keyOf(row: KeyRow): StoredSigningKey {
  return {
    id: row.id,
    algorithm: row.algorithm,
    ...given('predecessor', row.predecessor === '' ? null : row.predecessor),
    publicKey: row.public_key,
    privateKey: row.private_key,
    publishedAt: Number(row.published_at),
    signsFrom: Number(row.signs_from),
    ...given('retiredAt', row.retired_at, Number),
    ...given('removedAt', row.removed_at, Number),
  }
}
