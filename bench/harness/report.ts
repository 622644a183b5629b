/** Tables and pictures of what was measured. */

import type { Case, Row, Start } from './rounds.ts'
import { median } from './rounds.ts'

/** What is written to `bench/results/` for one case. */
export interface Result {
  readonly case: string
  readonly base: string
  readonly machine: string
  readonly date: string
  readonly about?: string
  readonly rows: readonly Row[]
}

const columns = [
  'contender',
  'ratio by CPU',
  'CPU s/10k',
  'req/s',
  'p50 ms',
  'p99 ms',
  'memory MiB: ready, after',
  'start ms',
  'others',
]

/** A table in Markdown, the best first. `ratio by CPU` is the figure to trust: see docs/performance.md. */
export function table({ rows, about, base }: Result): string {
  const measured = rows.filter(({ refused }) => refused === undefined)
  const [head, ...lines] = (
    measured.some(({ starts }) => starts !== undefined) ? startCells(measured) : roundCells(measured, base)
  ).map((cells) => `| ${cells.join(' | ')} |`)
  const rule = head?.replaceAll(/ [^|]+ (?=\|)/g, ' --: ').replace(' --: ', ' --- ')
  const notes = new Map<string, string[]>()
  for (const { name, notes: said, refused } of rows) {
    const all = [...said, ...(refused === undefined ? [] : [`left out: ${refused}`])]
    for (const note of all) notes.set(note, [...(notes.get(note) ?? []), name])
  }
  const list = [...notes].map(([note, names]) => `- ${names.join('; ')}: ${note}`)
  const words = about === undefined ? [] : ['', about]
  return [head, rule, ...lines, ...words, ...(list.length > 0 ? ['', ...list] : [])].join('\n')
}

function startCells(rows: readonly Row[]): string[][] {
  const middle = ({ starts = [] }: Row, pick: (start: Start) => number): number => median(starts.map(pick))
  const sorted = [...rows].sort(
    (one, other) =>
      middle(one, ({ milliseconds }) => milliseconds) - middle(other, ({ milliseconds }) => milliseconds),
  )
  const lines = sorted.map((row) => [
    row.name,
    middle(row, ({ milliseconds }) => milliseconds).toFixed(0),
    middle(row, ({ cpu }) => cpu * 1000).toFixed(0),
    middle(row, ({ memory }) => memory).toFixed(0),
  ])
  return [['contender', 'first answer ms', 'CPU ms until then', 'memory MiB then'], ...lines]
}

function roundCells(rows: readonly Row[], base: string): string[][] {
  const bare = rows.find(({ name }) => name === base)
  const sorted = [...rows].sort((one, other) => ratioOf(other, bare) - ratioOf(one, bare))
  const names = new Set(rows.flatMap(({ rounds }) => rounds.flatMap(({ extra = {} }) => Object.keys(extra))))
  const lines = sorted.map((row) => [
    ...cells(row, bare),
    ...[...names].map((name) => {
      const values = row.rounds.flatMap(({ extra = {} }) => extra[name] ?? [])
      return values.length === 0 ? '' : figure(median(values))
    }),
  ])
  return [[...columns, ...names], ...lines]
}

function figure(value: number): string {
  return value < 10 ? value.toFixed(3) : value.toFixed(0)
}

/**
 * CPU seconds for 10,000 requests while nobody was in the way: the lower quartile of the rounds. What else runs on a machine, or
 * beside it on the same host, makes a round dearer and never cheaper; with the middle one the table would show the neighbours.
 */
function undisturbed(rounds: Row['rounds']): number {
  const sorted = rounds.map(({ cpu }) => cpu).sort((one, other) => one - other)
  const at = (sorted.length - 1) / 4
  const [low = Number.NaN, high = low] = sorted.slice(Math.floor(at))
  return low + (high - low) * (at % 1)
}

/** By the base's rounds beside this row, where it had its own. */
function ratioOf(row: Row, base: Row | undefined): number {
  return undisturbed(row.beside ?? base?.rounds ?? []) / undisturbed(row.rounds)
}

function cells(row: Row, base: Row | undefined): string[] {
  const { name, rounds, ready, after, startup } = row
  const middle = (pick: (round: Row['rounds'][number]) => number): number => median(rounds.map(pick))
  return [
    name,
    ratioOf(row, base).toFixed(2),
    undisturbed(rounds).toFixed(3),
    Math.round(middle(({ requests, duration }) => requests / duration)).toLocaleString('en'),
    middle(({ p50 }) => p50).toFixed(2),
    middle(({ p99 }) => p99).toFixed(2),
    `${ready.toFixed(0)}, ${after.toFixed(0)}`,
    startup.toFixed(0),
    middle(({ others }) => others).toFixed(2),
  ]
}

/** Bars of the ratio by CPU, each with the span of its rounds. */
export function plot({ case: name, base, rows }: Result): string {
  const bare = rows.find((row) => row.name === base)
  const measured = rows
    .filter(({ refused }) => refused === undefined)
    .map((row) => ({
      name: row.name,
      ratio: ratioOf(row, bare),
      all: row.rounds.map(({ cpu }) => undisturbed(row.beside ?? bare?.rounds ?? []) / cpu),
    }))
  const sorted = measured.sort((one, other) => other.ratio - one.ratio)
  const largest = Math.max(1, ...measured.flatMap(({ all }) => all))
  const [left, width, height] = [320, 420, 26]
  const scale = width / largest
  const bars = sorted.map((row, at) => {
    const [y, ratio] = [44 + at * height, row.ratio]
    const [low, high] = [Math.min(...row.all) * scale, Math.max(...row.all) * scale]
    const own = row.name.startsWith('gatewright')
    return [
      `<text x="${left - 8}" y="${y + 13}" text-anchor="end">${row.name.replace('&', '&amp;')}</text>`,
      `<rect x="${left}" y="${y}" width="${(ratio * scale).toFixed(1)}" height="18" fill="${own ? '#0b6bcb' : '#9aa7b4'}"/>`,
      `<line x1="${(left + low).toFixed(1)}" x2="${(left + high).toFixed(1)}" y1="${y + 9}" y2="${y + 9}" stroke="#222"/>`,
      `<text x="${(left + Math.max(high, ratio * scale) + 6).toFixed(1)}" y="${y + 13}">${ratio.toFixed(2)}</text>`,
    ].join('\n')
  })
  const one = (left + scale).toFixed(1)
  const bottom = 50 + sorted.length * height
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 820 ${bottom + 10}" font-family="system-ui, sans-serif" font-size="13">
<rect width="100%" height="100%" fill="#fff"/>
<text x="8" y="20" font-size="15">${name}: requests by CPU second, in relation to the base</text>
<line x1="${one}" x2="${one}" y1="34" y2="${bottom}" stroke="#c33" stroke-dasharray="3 3"/>
${bars.join('\n')}
</svg>
`
}

/** The start of a result. */
export function resultOf(wanted: Case, rows: readonly Row[], on: string): Result {
  return {
    case: wanted.name,
    base: wanted.base,
    machine: on,
    date: new Date().toISOString().slice(0, 10),
    ...(wanted.about === undefined ? {} : { about: wanted.about }),
    rows,
  }
}

/** A result as it is kept: each row on a line of its own, and of each figure what can be told apart. */
export function written({ rows, ...about }: Result): string {
  const line = (value: unknown): string =>
    JSON.stringify(value, (_name, each: unknown) =>
      typeof each === 'number' ? Number(each.toPrecision(5)) : each,
    )
  return `${line(about).slice(0, -1)},"rows":[\n${rows.map(line).join(',\n')}\n]}\n`
}
