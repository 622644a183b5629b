/** What a long run measured, as a table to read. */

import type { Trend } from './growth.ts'
import type { Soaked, Span } from './soak.ts'

/** The head of the columns. */
export const heading = 'minutes requests refused p50 ms p99 ms resident MiB heap MiB database MiB rows'

/** One span, under the heading. */
export function line({ rows, ...span }: Span): string {
  const all = [...rows.values()].reduce((sum, each) => sum + each, 0)
  const { minutes, requests, refused, p50, p99, resident, heap, database } = span
  const values = [minutes, requests, refused, p50, p99, resident, heap, database, all]
  const names = heading.split(/ (?!ms|MiB)/)
  const digits = [1, 0, 0, 1, 1, 1, 1, 1, 0]
  return values
    .map((value, index) => value.toFixed(digits[index]).padStart(names[index]?.length ?? 0))
    .join(' ')
}

/** Something that was measured, in the second quarter of the time and in the last. */
export function trendLine({ name, before, after, grows }: Trend): string {
  const change =
    before === 0 ? '' : ` (${after >= before ? '+' : ''}${((after / before - 1) * 100).toFixed(1)} %)`
  return `${name}: ${before.toFixed(1)} -> ${after.toFixed(1)}${change}${grows ? '  IT GROWS' : ''}`
}

/** Everything. */
export function report({ spans, counts, complaints }: Soaked, trends: readonly Trend[]): string {
  const done = [...counts].map(([kind, count]) => `${kind} ${count}`).join(', ')
  const moved = trends.filter(({ before, after }) => before + after > 0).map(trendLine)
  return [heading, ...spans.map(line), done, ...complaints, ...moved, ''].join('\n')
}
