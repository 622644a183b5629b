/** Closes a test run with one plain line, `N passed, N failed, N skipped`, and keeps it for scripts. */

import { mkdirSync, writeFileSync } from 'node:fs'
import type { Reporter, TestModule } from 'vitest/node'

/** Counts the tests of a run. A module that could not be loaded counts as one that failed. */
export class Tally implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const count = { passed: 0, failed: unhandled.length, skipped: 0 }
    for (const module of modules) {
      if (module.errors().length > 0) count.failed += 1
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        count[state === 'pending' ? 'failed' : state] += 1
      }
    }
    const line = `${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`
    mkdirSync('test-results', { recursive: true })
    writeFileSync('test-results/tally.txt', `${line}\n`)
    console.log(`\n${line}`)
  }
}
