/**
 * Measures gatewright beside what else one could use: `npm run bench`, or with names, `npm run bench -- items no-token`.
 * `--rounds 5` is how often each contender has its turn. See docs/performance.md for how to read what it prints.
 */

import { mkdirSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { resourceCases } from './cases/resource.ts'
import { machine, stepAside } from './harness/machine.ts'
import { plot, resultOf, table } from './harness/report.ts'
import { run } from './harness/rounds.ts'

const cases = { ...resourceCases }
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '5' }, list: { type: 'boolean' } },
})
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
  const wanted = cases[name]?.()
  if (wanted === undefined) continue
  console.log(`${wanted.name} (${name})`)
  const result = resultOf(wanted, await run(wanted, Number(values.rounds), (line) => console.log(line)), on)
  console.log(`\n${table(result)}\n`)
  writeFileSync(new URL(`${name}.json`, results), `${JSON.stringify(result, undefined, 1)}\n`)
  writeFileSync(new URL(`${name}.svg`, results), plot(result))
}
process.exit(0)
