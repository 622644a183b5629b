/** Processes die at random points while they redeem and rotate, on both databases; what they leave is whole. */

import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { dialects, freshDatabase } from '../setup/database.ts'
import { issuedBy, rotationBy, startedBy } from './issue.ts'
import { brokenRules } from './rows.ts'
import { prepared, startWorker } from './workers.ts'

/** How many processes die; `KILL_CYCLES` asks for more. */
const cycles = Number(process.env['KILL_CYCLES'] ?? 100)

describe.each(dialects)('%s', (dialect) => {
  test(`SECURITY R1, R2, 78: ${cycles} processes are killed in their work, nothing is half-written or lost, and another works on`, async () => {
    const url = await freshDatabase(dialect)
    await using place = await prepared(url)
    const committed: string[] = []
    // The next process starts while the one before works.
    let next = startWorker(url)
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      const worker = await next
      if (cycle < cycles - 1) next = startWorker(url)
      worker.tell({ do: 'work', name: `cycle-${cycle}`, loops: 3 })
      // After some of its commits, however fast the machine is; then anywhere.
      const signs = 1 + Math.floor(Math.random() * 8)
      for (let sign = 0; sign < signs; sign += 1) committed.push((await worker.next()).done ?? '')
      await sleep(Math.random() * 10)
      // The survivor works beside the dying one, and holds what it holds.
      const [, survivor] = await Promise.all([worker.kill(), survive(cycle)])
      expect(survivor).toEqual(['redeemed', 'rotated'])
      committed.push(...worker.said.flatMap(({ done }) => done ?? []))
      if (cycle % 25 === 24) expect(await brokenRules(place.database), `cycle ${cycle}`).toEqual({})
    }
    expect(await brokenRules(place.database)).toEqual({})
    expect(committed.length).toBeGreaterThanOrEqual(cycles)
    for (const hash of committed) {
      const found = await place.store.findRefresh(hash, Date.now())
      expect(['live', 'spent'], hash).toContain(found?.status)
    }

    async function survive(cycle: number): Promise<readonly string[]> {
      const me = `survivor-${cycle}`
      const now = Date.now()
      const { grant, code } = startedBy(me, now)
      await place.store.saveCode(code, grant)
      const where = { grantId: grant.id, familyId: `${me}-family`, now }
      return [
        await place.store.redeemCode(code.hash, now, issuedBy(me, where)),
        await place.store.rotateRefresh(`${me}-refresh`, now, rotationBy(`${me}.1`, where)),
      ]
    }
  }, 600_000)
})
