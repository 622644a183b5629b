/** Measures how long programs take from nothing to their first right answer, each in a new process every time. */

import type { Case, Row, Start } from './rounds.ts'
import { start } from './contender.ts'
import { reasonOf } from './rounds.ts'

/** Runs a case whose `load` sends one request. */
export async function runStarts(
  wanted: Case,
  rounds: number,
  tell: (line: string) => void,
): Promise<readonly Row[]> {
  const starts = new Map<string, Start[]>()
  const refusals = new Map<string, string>()
  // The first of each reads its files from the disk, and is not counted.
  for (let round = 0; round <= rounds; round++) {
    for (const contender of wanted.contenders) {
      if (refusals.has(contender.name)) continue
      const began = performance.now()
      try {
        const running = await (wanted.start?.(contender) ?? start(contender, wanted.environment))
        try {
          await wanted.load(running, 1)
          const milliseconds = performance.now() - began
          const { cpu, memory } = await running.usage()
          const own = starts.get(contender.name) ?? []
          if (round > 0) own.push({ milliseconds, cpu, memory })
          starts.set(contender.name, own)
        } finally {
          await running.stop()
        }
      } catch (fault) {
        const refused = reasonOf(fault)
        tell(`  ${contender.name}: left out: ${refused}`)
        refusals.set(contender.name, refused)
      }
    }
    if (round > 0) tell(`  start ${round} of ${rounds}`)
  }
  return wanted.contenders.map(({ name }) => {
    const refused = refusals.get(name)
    const empty = { name, rounds: [], ready: 0, after: 0, startup: 0, notes: [] }
    return { ...empty, starts: starts.get(name) ?? [], ...(refused === undefined ? {} : { refused }) }
  })
}
