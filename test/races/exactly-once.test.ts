/** Two processes try to consume the same thing at the same moment, on both databases. */

import { describe, expect, test } from 'vitest'
import type { GrantStore } from '../../src/store/grant-store.ts'
import { dialects, freshDatabase } from '../setup/database.ts'
import { issuedBy, startedBy } from './issue.ts'
import { brokenRules } from './rows.ts'
import { prepared, startWorker } from './workers.ts'
import type { Worker } from './workers.ts'

const now = 1_800_000_000_000

/** Simultaneous callers, and in how many rounds. */
const sizes = [
  [2, 25],
  [5, 15],
  [20, 8],
  [100, 4],
] as const

describe.each(dialects)('%s', (dialect) => {
  test.each(sizes)(
    'SECURITY 51, 69, 106, 268, R4: of %i redemptions or rotations by two processes exactly one wins, in %i rounds',
    async (callers, rounds) => {
      const url = await freshDatabase(dialect)
      await using place = await prepared(url)
      const workers = [await startWorker(url), await startWorker(url)] as const
      const wins: Record<string, number[]> = { code: [], refresh: [], device: [] }
      for (let round = 0; round < rounds; round += 1) {
        for (const kind of ['code', 'refresh', 'device'] as const) {
          const me = `${callers}-${round}-${kind}`
          const target = await makeTarget(place.store, kind, me)
          const answers = await race(workers, { ...target, kind, callers, me })
          const winners = answers.filter(([, answer]) => answer === 'redeemed' || answer === 'rotated')
          wins[kind]?.push(winners.length)
          expect(answers.filter(([, answer]) => answer === 'spent')).toHaveLength(callers - 1)
          for (const [name, answer] of answers) {
            const isWinner = answer !== 'spent'
            const refresh = await place.store.findRefresh(`${name}-refresh`, now)
            const access = await place.store.findAccessToken(`${name}-access`, now)
            const expected = isWinner ? 'live' : undefined
            expect([refresh?.status, access?.status], name).toEqual([expected, expected])
          }
          const [winner] = winners
          if (kind === 'refresh') {
            // Inside the window all callers can give the same answer.
            const spent = await place.store.findRefresh(target.hash, now)
            expect(spent?.sealedAnswer).toBe(`${winner?.[0]}-answer`)
          }
          const events = await place.store.listAudit({ clientId: 'app', limit: callers + 2 })
          const mine = events.filter(({ requestId }) => requestId?.startsWith(`try-${me}-`))
          expect(mine.map(({ requestId }) => requestId)).toEqual([winner?.[0]])
        }
      }
      for (const worker of workers) await worker.end()
      for (const kind of ['code', 'refresh', 'device']) {
        expect(wins[kind], kind).toEqual(Array.from({ length: rounds }, () => 1))
      }
      const { 'a family comes of a spent code': families, ...broken } = await brokenRules(place.database)
      // Those of device codes have none.
      expect(families === undefined ? 0 : (families as readonly unknown[]).length).toBe(rounds)
      expect(broken).toEqual({})
    },
    180_000,
  )

  test('SECURITY 125: of what two processes rotate, nothing is alive once a third has revoked it', async () => {
    const url = await freshDatabase(dialect)
    await using place = await prepared(url)
    const workers = [await startWorker(url), await startWorker(url)] as const
    const lengths: number[] = []
    for (let round = 0; round < 60; round += 1) {
      const me = `revoked-${round}`
      const { grant, code } = startedBy(me, now)
      await place.store.saveCode(code, grant)
      await place.store.redeemCode(code.hash, now, issuedBy(me, { grantId: grant.id, now }))
      const at = Date.now() + 10
      const common = { hash: `${me}-refresh`, grantId: grant.id, familyId: `${me}-family`, at, now }
      for (const [index, worker] of workers.entries()) {
        worker.tell({ do: 'rotate until gone', ...common, name: `chain-${me}-${index}` })
      }
      await new Promise((resolve) => setTimeout(resolve, 10 + Math.random() * 15))
      const revoking = { now, until: now + 1 }
      const isGrant = round % 2 === 0
      const revoked = isGrant
        ? await place.store.revokeGrant(grant.id, revoking)
        : await place.store.revokeFamily(`${me}-family`, revoking)
      expect(revoked).toBe(true)
      // Both find the dead end by themselves: a rotation that succeeded after the revocation would keep a chain going.
      const chains = await Promise.all(workers.map((worker) => worker.next()))
      for (const hash of chains.flatMap(({ chain }) => chain ?? [])) {
        expect((await place.store.findRefresh(hash, now))?.status, hash).toBe('revoked')
        const access = await place.store.findAccessToken(hash.replace(/refresh$/, 'access'), now)
        expect(access?.status, hash).toBe('revoked')
      }
      lengths.push(Math.max(...chains.map(({ chain }) => chain?.length ?? 0)))
    }
    for (const worker of workers) await worker.end()
    // The revocations came in between, and not before everything.
    expect(lengths.filter((length) => length > 1).length).toBeGreaterThan(10)
    expect(await brokenRules(place.database)).toEqual({})
  }, 180_000)
})

interface Target {
  readonly hash: string
  readonly grantId: string
  readonly familyId?: string
}

async function makeTarget(
  store: GrantStore,
  kind: 'code' | 'device' | 'refresh',
  me: string,
): Promise<Target> {
  const { grant, code } = startedBy(me, now)
  const grantId = grant.id
  if (kind === 'device') {
    const device = {
      hash: `${me}-device`,
      userCodeHash: `${me}-user-code`,
      clientId: 'app',
      scopes: ['me'],
      resources: [],
      interval: 5000,
      createdAt: now,
      expiresAt: now + 60_000,
    }
    expect(await store.saveDevice(device)).toBe('saved')
    await store.claimDevice(device.userCodeHash, 'session', now)
    const decision = { approved: true, grant, authTime: now } as const
    expect(await store.decideDevice(device.userCodeHash, 'session', decision, now)).toBe('decided')
    return { hash: device.hash, grantId }
  }
  expect(await store.saveCode(code, grant)).toBe('saved')
  if (kind === 'code') return { hash: code.hash, grantId }
  expect(await store.redeemCode(code.hash, now, issuedBy(me, { grantId, now }))).toBe('redeemed')
  return { hash: `${me}-refresh`, grantId, familyId: `${me}-family` }
}

async function race(
  workers: readonly Worker[],
  order: Target & {
    readonly kind: 'code' | 'device' | 'refresh'
    readonly callers: number
    readonly me: string
  },
): Promise<readonly (readonly [string, string])[]> {
  const { callers, me, ...target } = order
  const at = Date.now() + 15
  for (const [index, worker] of workers.entries()) {
    const tries = index === 0 ? Math.ceil(callers / 2) : Math.floor(callers / 2)
    worker.tell({ do: 'race', ...target, tries, name: `try-${me}-${index}`, at, now })
  }
  const messages = await Promise.all(workers.map((worker) => worker.next()))
  return messages.flatMap(({ answers }) => answers ?? [])
}
