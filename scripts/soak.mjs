/**
 * The long run: hours of mixed load on a server of its own, on each database in turn. It ends with a table, and with
 * exit code 1 when something grew. `SOAK_MINUTES` says how long for each, 480 unless told; `sqlite` or `postgres` as
 * argument means that one alone.
 */

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = new URL('../', import.meta.url)
const only = process.argv[2]
const dialects = ['sqlite', 'postgres'].filter((dialect) => only === undefined || dialect === only)
const minutes = Number(process.env['SOAK_MINUTES'] ?? 480)
if (dialects.length === 0 || !(minutes >= 4)) {
  console.error('Usage: SOAK_MINUTES=480 node scripts/soak.mjs [sqlite|postgres]; 4 minutes or more')
  process.exit(2)
}
const results = dialects.map((dialect) => new URL(`test-results/soak-${dialect}.txt`, root))
for (const file of results) rmSync(file, { force: true })

const vitest = fileURLToPath(new URL('node_modules/vitest/vitest.mjs', root))
const words = ['run', 'test/soak/soak.test.ts', '--disable-console-intercept']
const { status } = spawnSync(
  process.execPath,
  [vitest, ...words, ...(only === undefined ? [] : ['-t', only])],
  { cwd: fileURLToPath(root), stdio: 'inherit', env: { ...process.env, SOAK_MINUTES: String(minutes) } },
)

for (const file of results.filter((each) => existsSync(each))) {
  console.log(`\n${fileURLToPath(file)}\n${readFileSync(file, 'utf8')}`)
}
process.exitCode = status ?? 1
