/** The long run: the races and kills of the ordinary tests, many more times. It takes an hour or so. */

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = new URL('../', import.meta.url)
const results = ['sqlite', 'postgres'].map((dialect) => new URL(`test-results/kill-${dialect}.json`, root))
for (const file of results) rmSync(file, { force: true })

// 2 000 kills, half of them for each database, and races 100 times as often as in the ordinary run.
const settings = { TEST_KILLS: '1000', TEST_ROUNDS: '100' }
const vitest = fileURLToPath(new URL('node_modules/vitest/vitest.mjs', root))
const { status } = spawnSync(process.execPath, [vitest, 'run', 'test/server', '--testTimeout=7200000'], {
  cwd: fileURLToPath(root),
  stdio: 'inherit',
  env: { ...settings, ...process.env },
})

for (const file of results.filter((each) => existsSync(each))) {
  console.log(`\n${fileURLToPath(file)}\n${readFileSync(file, 'utf8')}`)
}
process.exitCode = status ?? 1
