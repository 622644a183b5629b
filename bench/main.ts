/**
 * Measures gatewright beside what else one could use: `npm run bench`, or with names, `npm run bench -- items no-token`.
 * `--rounds 9` is how often each contender has its turn, `--large` makes the tables of some cases as large as they get. See docs/performance.md for how to read what it prints.
 * `--only gatewright` leaves out the contenders whose name has no such part, the base excepted; the figures are not kept.
 * `--quick` sends a tenth of the requests, to see whether everything works; its figures mean nothing, and are not kept.
 */

import { mkdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { issuingCases } from './cases/issuing.ts'
import { resourceCases } from './cases/resource.ts'
import { machine, stepAside } from './harness/machine.ts'
import { stopPostgres } from './harness/postgres.ts'
import { plot, resultOf, table, written } from './harness/report.ts'
import { run } from './harness/rounds.ts'
import { runStarts } from './harness/starts.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '9' },
    large: { type: 'boolean', default: false },
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    list: { type: 'boolean' },
  },
})
const cases = { ...resourceCases, ...issuingCases(values.large) }
const unknown = positionals.filter((name) => !(name in cases))
if (values.list === true || unknown.length > 0) {
  if (unknown.length > 0) console.error(`There is no case ${unknown.join(', ')}.`)
  console.log(`Cases: ${Object.keys(cases).join(', ')}`)
  process.exit(unknown.length > 0 ? 2 : 0)
}

const on = machine()
const results = new URL('results/', import.meta.url)
mkdirSync(results, { recursive: true })
console.log(`${on}\n`)
stepAside()
for (const name of positionals.length > 0 ? positionals : Object.keys(cases)) {
  const whole = cases[name]?.()
  if (whole === undefined) continue
  const { only = '' } = values
  const contenders = whole.contenders.filter((each) => each.name === whole.base || each.name.includes(only))
  const wanted = { ...whole, contenders }
  console.log(`${wanted.name} (${name})`)
  const measure = wanted.isStart === true ? runStarts : run
  const rows = await measure(
    wanted,
    Number(values.rounds),
    (line) => console.log(line),
    values.quick ? 0.1 : 1,
  )
  const result = resultOf(wanted, rows, on)
  console.log(`\n${table(result)}\n`)
  if (values.quick || only !== '') continue
  writeFileSync(new URL(`${name}.json`, results), written(result))
  if (wanted.isStart !== true) writeFileSync(new URL(`${name}.svg`, results), plot(result))
}
await stopPostgres()
process.exit(0)
