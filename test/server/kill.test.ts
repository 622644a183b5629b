/** `kill -9` under load: nothing is granted twice, nothing is half there, and every client gets on. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { dialects, freshDatabase, freshFolder } from '../setup/database.ts'
import { failpointNames } from './failpoints.ts'
import { killCycles } from './kill-cycles.ts'
import { undamaged } from './ledger.ts'
import { freePort } from './running-server.ts'

/** Kills of each database; `TEST_KILLS` of them in a long run. */
const cycles = Number(process.env['TEST_KILLS'] ?? 100)

describe.concurrent.each(dialects)('%s', (dialect) => {
  test(
    `SECURITY 268: a server is killed ${cycles} times while it redeems and refreshes: no grant is double, no row half written, no login lost`,
    { timeout: cycles * 10_000 },
    async () => {
      const figures = await killCycles({
        database: await freshDatabase(dialect),
        issuer: `http://127.0.0.1:${await freePort()}`,
        cycles,
        compileCache: await freshFolder(),
      })
      mkdirSync('test-results', { recursive: true })
      writeFileSync(`test-results/kill-${dialect}.json`, `${JSON.stringify(figures, null, 2)}\n`)

      expect(figures.complaints).toEqual([])
      expect(figures).toMatchObject({ ...undamaged, serverErrors: 0, missed: 0 })
      // The load was there, and the kills came where they should.
      expect(figures.recoveredRefreshes).toBeGreaterThan(0)
      expect(figures.recoveredCodes).toBeGreaterThan(0)
      expect(figures.kills.random).toBe(Math.ceil(cycles / 2))
      for (const name of failpointNames) expect(figures.kills[name]).toBeGreaterThan(0)
    },
  )
})
