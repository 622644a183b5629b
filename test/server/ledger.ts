/** Looks into a server's database from outside: what is there, whether it fits together, what can be read in it. */

import { CompiledQuery } from 'kysely'
import type { Kysely } from 'kysely'
import { openDatabase } from '../../src/store/open.ts'

/** A database that is looked into. */
export interface Ledger extends AsyncDisposable {
  rows<Row>(sql: string): Promise<readonly Row[]>
  /** The one number that a query answers. */
  count(sql: string): Promise<number>
  /** The names of all tables. */
  tables(): Promise<readonly string[]>
}

/** Opens a connection of its own. */
export async function openLedger(url: string): Promise<Ledger> {
  const database = await openDatabase({ url, connections: 1 })
  const kysely = database.kysely as unknown as Kysely<unknown>
  async function rows<Row>(sql: string): Promise<readonly Row[]> {
    const result = await kysely.executeQuery<Row>(CompiledQuery.raw(sql))
    return result.rows
  }
  return {
    rows,
    async count(sql) {
      const [row = {}] = await rows<Record<string, unknown>>(sql)
      return Number(Object.values(row)[0])
    },
    async tables() {
      const found = await rows<{ name: string }>(
        database.dialect === 'sqlite'
          ? `select name from sqlite_schema where type = 'table'`
          : `select table_name as name from information_schema.tables where table_schema = 'public'`,
      )
      return found.map(({ name }) => name)
    },
    [Symbol.asyncDispose]: () => database.close(),
  }
}

/** What must not be in a database in which no family was revoked; every count is 0 when all is well. */
export interface Damage {
  /** Grants of one code with more than one family: two got tokens. */
  readonly doubleGrants: number
  /** Families with more than one refresh token that still works: two lines of tokens. */
  readonly doubleChildren: number
  /** Families without a refresh token that works: a crash took the login away. */
  readonly lostFamilies: number
  /** Rows that other rows of the same step are missing for. */
  readonly halfWritten: number
  readonly revokedFamilies: number
}

/** Counts what is damaged. */
export async function damage(ledger: Ledger): Promise<Damage> {
  const live = `select count(*) from gatewright_refresh_tokens r where r.family_id = f.id and r.used_at is null`
  const halfWritten = [
    // A code that is spent has its family, and one that is not has none.
    `select count(*) from gatewright_codes k where k.used_at is not null
       and not exists (select 1 from gatewright_families f where f.id = k.family_id and f.grant_id = k.grant_id)`,
    `select count(*) from gatewright_families f
       where not exists (select 1 from gatewright_codes k where k.family_id = f.id and k.used_at is not null)`,
    // A refresh token that is used has its successor, in the same family, and the answer for a retry.
    `select count(*) from gatewright_refresh_tokens r where r.used_at is not null and (r.sealed_answer is null
       or not exists (select 1 from gatewright_refresh_tokens s
         where s.hash = r.successor_hash and s.family_id = r.family_id))`,
    // Every token but the first of a family is the successor of exactly one.
    `select count(*) from (select s.family_id from gatewright_refresh_tokens s
       left join gatewright_refresh_tokens r on r.successor_hash = s.hash
       where r.hash is null group by s.family_id having count(*) <> 1) as x`,
    // Each has its line in the audit.
    `select abs((select count(*) from gatewright_codes where used_at is not null)
       - (select count(*) from gatewright_audit where type = 'code.redeemed'))`,
    `select abs((select count(*) from gatewright_refresh_tokens where used_at is not null)
       - (select count(*) from gatewright_audit where type = 'refresh_token.rotated'))`,
    `select abs((select count(*) from gatewright_codes)
       - (select count(*) from gatewright_audit where type = 'code.issued'))`,
  ]
  const half = await Promise.all(halfWritten.map((sql) => ledger.count(sql)))
  const [doubleGrants = 0, doubleChildren = 0, lostFamilies = 0, revokedFamilies = 0] = await Promise.all(
    [
      `select count(*) from (select grant_id from gatewright_families group by grant_id having count(*) > 1) as x`,
      `select count(*) from gatewright_families f where (${live}) > 1`,
      `select count(*) from gatewright_families f where (${live}) = 0`,
      `select count(*) from gatewright_families where revoked_at is not null`,
    ].map((sql) => ledger.count(sql)),
  )
  return {
    doubleGrants,
    doubleChildren,
    lostFamilies,
    revokedFamilies,
    halfWritten: half.reduce((sum, each) => sum + each, 0),
  }
}

/** No damage. */
export const undamaged: Damage = {
  doubleGrants: 0,
  doubleChildren: 0,
  lostFamilies: 0,
  halfWritten: 0,
  revokedFamilies: 0,
}
