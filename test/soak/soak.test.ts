/** A long run: the same mixed load, hour after hour, and nothing of the server that grows. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { dialects, freshDatabase } from '../setup/database.ts'
import { loadKinds } from './mixed-load.ts'
import { soak, trendsOf } from './soak.ts'
import { heading, line, report, trendLine } from './table.ts'

/** For each database. An ordinary run has a few seconds: whether the load is answered as it should be, and no verdict. */
const minutes = Number(process.env['SOAK_MINUTES'] ?? 0.1)
const isLong = minutes >= 4

describe.each(dialects)('%s', (dialect) => {
  test(
    isLong
      ? `SECURITY R29: under a mixed load of ${minutes} minutes nothing grows: no memory, no table, no file, no waiting`
      : 'SECURITY R29: the load of the long run is answered as it should be',
    { timeout: minutes * 60_000 + 120_000 },
    async () => {
      const database = await freshDatabase(dialect)
      if (isLong) console.log(`${dialect}\n${heading}`)
      const soaked = await soak(database, minutes, (span) => {
        if (isLong) console.log(line(span))
      })
      const trends = trendsOf(soaked.spans)
      if (isLong) {
        mkdirSync('test-results', { recursive: true })
        writeFileSync(`test-results/soak-${dialect}.txt`, report(soaked, trends))
      }

      expect(soaked.complaints).toEqual([])
      const done = [...soaked.counts.keys()]
      if (!isLong) return expect(done).toContain('client credentials')
      expect(done.toSorted()).toEqual(loadKinds.toSorted())
      const sum = (of: 'requests' | 'refused'): number =>
        soaked.spans.reduce((all, span) => all + span[of], 0)
      expect(sum('refused')).toBeLessThan(sum('requests') / 100)
      expect(trends.filter(({ grows }) => grows).map(trendLine)).toEqual([])
    },
  )
})
