import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { freshDatabase } from '../../../test/setup/database.ts'
import type { Database } from '../database.ts'
import type { GrantStore } from '../grant-store.ts'
import { client, code, grant, issuedFor, login, start, unique } from '../grant-conformance/world.ts'
import { openDatabase } from '../open.ts'
import { sqlGrantStore } from './grant-store.ts'

const subjects = async (): Promise<boolean> => true

async function open(connections: number): Promise<{ database: Database; store: GrantStore }> {
  const database = await openDatabase({ url: await freshDatabase('postgres'), connections })
  const store = await sqlGrantStore(database, start, { subjects })
  await store.createClient(client('app'))
  return { database, store }
}

/** Of how many transactions the events of a type are. */
async function transactionsOf({ kysely }: Database, type: string): Promise<readonly [number, number]> {
  const { rows } = await sql<{ events: string; transactions: string }>`
    select count(*) as events, count(distinct cast(xmin as text)) as transactions
    from gatewright_audit where type = ${type}`.execute(kysely)
  return [Number(rows[0]?.events), Number(rows[0]?.transactions)]
}

/** Twenty events, and most of them came along with others. */
async function expectFewTransactions(database: Database, type: string): Promise<void> {
  const [events, transactions] = await transactionsOf(database, type)
  expect(events).toBe(20)
  expect(transactions).toBeLessThan(8)
}

/** The hash of a code, and the id of its grant. */
async function newCode(store: GrantStore): Promise<readonly [string, string]> {
  const of = grant()
  const made = code(of)
  await store.saveCode(made, of)
  return [made.hash, of.id]
}

function rotation(type = 'rotated') {
  const successor = { hash: unique('refresh'), expiresAt: start + 1000 }
  return { successor, issued: { audit: [{ at: start, type }] } }
}

test('redemptions that come at the same moment share a commit, and so do rotations and tokens for clients', async () => {
  const { database, store } = await open(3)
  const made = await Promise.all(Array.from({ length: 20 }, () => newCode(store)))
  const issued = made.map(([, id]) => issuedFor(id))
  const redeemed = made.map(([hash], at) => store.redeemCode(hash, start, issued[at] ?? {}))
  expect(new Set(await Promise.all(redeemed))).toEqual(new Set(['redeemed']))
  await expectFewTransactions(database, 'code.redeemed')
  const rotated = issued.map(({ family }) =>
    store.rotateRefresh(family.refreshToken?.hash ?? '', start, rotation()),
  )
  expect(new Set(await Promise.all(rotated))).toEqual(new Set(['rotated']))
  await expectFewTransactions(database, 'rotated')
  const given = made.map(() =>
    store.issue({ clientId: 'app', now: start, audit: [{ at: start, type: 'issued' }] }),
  )
  expect(new Set(await Promise.all(given))).toEqual(new Set(['issued']))
  await expectFewTransactions(database, 'issued')
  await database.close()
})

test('whoever has to wait for somebody else waits alone, and is told what is true afterwards', async () => {
  const { database, store } = await open(4)
  const [free, held, revoked] = [await login(store), await login(store), await login(store)]
  let others: Promise<unknown>[] = []
  await database.kysely.transaction().execute(async (transaction) => {
    await sql`update gatewright_grants set last_used_at = 1 where id = ${held.grant.id}`.execute(transaction)
    await sql`update gatewright_grants set revoked_at = 1 where id = ${revoked.grant.id}`.execute(transaction)
    // The first is one alone, so that the rest are together.
    const first = store.rotateRefresh('nothing', start, rotation())
    others = [held, revoked].map(({ refresh }) => store.rotateRefresh(refresh, start, rotation()))
    expect(await store.rotateRefresh(free.refresh, start, rotation())).toBe('rotated')
    expect(await first).toBe('gone')
    expect((await store.findRefresh(held.refresh, start))?.status).toBe('live')
  })
  expect(await Promise.all(others)).toEqual(['rotated', 'gone'])
  expect((await store.findRefresh(revoked.refresh, start))?.usedAt).toBeUndefined()
  expect(await transactionsOf(database, 'rotated')).toEqual([2, 2])
  await database.close()
})

test('what the database refuses for one who is among many is refused to that one, and written for the others', async () => {
  const { database, store } = await open(3)
  const logins = await Promise.all(Array.from({ length: 6 }, () => login(store)))
  const answers = await Promise.allSettled(
    logins.map(({ refresh }, at) =>
      store.rotateRefresh(refresh, start, rotation(at === 3 ? 'no \0 text' : 'rotated')),
    ),
  )
  expect(answers.map(({ status }) => status)).toEqual(
    logins.map((_, at) => (at === 3 ? 'rejected' : 'fulfilled')),
  )
  const found = await Promise.all(logins.map(({ refresh }) => store.findRefresh(refresh, start)))
  expect(found.map((each) => each?.status)).toEqual(logins.map((_, at) => (at === 3 ? 'live' : 'spent')))
  expect(await transactionsOf(database, 'rotated')).toEqual([5, expect.any(Number)])
  await database.close()
})

test('one token among many that comes twice is used once', async () => {
  const { database, store } = await open(3)
  const made = await Promise.all([newCode(store), newCode(store), newCode(store)])
  const asked = [...made, ...made].map(([hash, id]) => store.redeemCode(hash, start, issuedFor(id)))
  const answers = await Promise.all(asked)
  expect(answers.toSorted()).toEqual(['redeemed', 'redeemed', 'redeemed', 'spent', 'spent', 'spent'])
  expect((await transactionsOf(database, 'code.redeemed'))[0]).toBe(3)
  await database.close()
})

test('a batch looks into indexes however small the tables were when it was planned', async () => {
  const { database, store } = await open(1)
  const { refresh } = await login(store)
  await store.findRefresh(refresh, start)
  await store.rotateRefresh(refresh, start, rotation())
  const { rows: prepared } = await sql<{ name: string }>`
    select name from pg_prepared_statements where statement like '%json_to_recordset%'`.execute(
    database.kysely,
  )
  expect(prepared.length).toBe(4)
  await sql`set plan_cache_mode = force_generic_plan`.execute(database.kysely)
  for (const { name } of prepared) {
    const { rows } = await sql<Record<string, string>>`explain execute ${sql.id(name)} ('[]')`.execute(
      database.kysely,
    )
    const plan = rows.flatMap((row) => Object.values(row)).join('\n')
    expect(plan).toContain('Index')
    expect(plan).not.toContain('Seq Scan on gatewright')
  }
  await database.close()
})
