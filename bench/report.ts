/** Writes the tables of `bench/results/` into docs/performance.md, between its two marks: `npm run bench:report`. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { format, resolveConfig } from 'prettier'
import { issuingCases } from './cases/issuing.ts'
import { resourceCases } from './cases/resource.ts'
import { table } from './harness/report.ts'
import type { Result } from './harness/report.ts'

const page = fileURLToPath(new URL('../docs/performance.md', import.meta.url))
const [begin, end] = ['<!-- results -->', '<!-- end of the results -->']

const parts: string[] = []
// One line for all cases of a run, above the first of them.
let said = ''
for (const [title, cases] of [
  ['Guarding an API', resourceCases],
  ['Issuing tokens', issuingCases(true)],
] as const) {
  const results = Object.keys(cases).flatMap((name) => resultOf(name) ?? [])
  if (results.length > 0) parts.push(`## ${title}`)
  for (const result of results) {
    const run = `${result.date}, ${result.machine}.`
    if (run !== said) parts.push(run)
    said = run
    parts.push(`### ${result.case.slice(0, 1).toUpperCase()}${result.case.slice(1)}`)
    if (result.base !== '') parts.push(`The base of the ratio: ${result.base}.`)
    parts.push(table(result))
  }
}

const [before, rest] = readFileSync(page, 'utf8').split(begin)
const after = rest?.split(end)[1]
if (before === undefined || after === undefined) throw new Error(`${page} needs ${begin} and ${end}`)
const text = [before + begin, ...parts, end + after].join('\n\n')
writeFileSync(page, await format(text, { ...(await resolveConfig(page)), filepath: page }))
console.log(`${parts.filter((part) => part.startsWith('###')).length} tables written`)

function resultOf(name: string): Result | undefined {
  const file = new URL(`results/${name}.json`, import.meta.url)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Result) : undefined
}
