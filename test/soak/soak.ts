/** A server in a process of its own under a mixed load, for as long as one likes, and what it holds in each span of that time. */

import { stat } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { openLedger } from '../server/ledger.ts'
import type { Ledger } from '../server/ledger.ts'
import { serverOptions } from '../server/parties.ts'
import { freePort, startServer } from '../server/running-server.ts'
import { least, median, most, quantile, trendOf } from './growth.ts'
import type { Trend } from './growth.ts'
import { startLoad } from './mixed-load.ts'

/** One span of the time: medians of what was looked at in it. */
export interface Span {
  readonly minutes: number
  readonly requests: number
  /** Not begun, or answered with 503. */
  readonly refused: number
  /** Of the requests of clients, in milliseconds. */
  readonly p50: number
  readonly p99: number
  /** In MiB, as the next two. */
  readonly resident: number
  readonly heap: number
  readonly database: number
  /** How many rows each table has at least: right after it was tidied. */
  readonly rows: ReadonlyMap<string, number>
}

/** What came of it. */
export interface Soaked {
  readonly spans: readonly Span[]
  /** How often each kind of thing was done. */
  readonly counts: ReadonlyMap<string, number>
  /** What was answered as it must not be, and what the server reported. */
  readonly complaints: readonly string[]
}

const spanCount = 16

/** Runs it. */
export async function soak(database: string, minutes: number, onSpan: (span: Span) => void): Promise<Soaked> {
  const issuer = `http://127.0.0.1:${await freePort()}`
  const seconds = (minutes * 60) / spanCount
  // Collecting garbage to see what is left is work too.
  const looksInSpan = seconds < 10 ? 1 : 6
  const { clock, options } = aging(seconds)
  await using server = await startServer({
    port: Number(new URL(issuer).port),
    withPages: true,
    clock,
    options: { ...serverOptions(database, issuer), ...options },
  })
  await using ledger = await openLedger(database)
  const tables = (await ledger.tables()).filter((name) => name.startsWith('gatewright_'))
  const load = await startLoad(server, (day * 1000) / clock.speed)
  const spans: Span[] = []
  const counts = new Map<string, number>()
  const complaints: string[] = []
  while (spans.length < spanCount) {
    const looks: Pick<Span, 'resident' | 'heap' | 'database' | 'rows'>[] = []
    while (looks.length < looksInSpan) {
      await pause((seconds * 1000) / looksInSpan)
      const { resident, heap } = await server.call('memory')
      looks.push({
        resident: resident / mib,
        heap: heap / mib,
        database: (await sizeOf(database, ledger)) / mib,
        rows: await rowsIn(ledger, tables),
      })
    }
    const done = load.take()
    for (const [kind, count] of done.counts) counts.set(kind, (counts.get(kind) ?? 0) + count)
    complaints.push(...done.complaints)
    const span: Span = {
      minutes: ((spans.length + 1) * seconds) / 60,
      requests: done.times.length,
      refused: done.refused,
      p50: quantile(done.times, 0.5),
      p99: quantile(done.times, 0.99),
      resident: median(looks.map(({ resident }) => resident)),
      heap: median(looks.map(({ heap }) => heap)),
      database: median(looks.map((each) => each.database)),
      rows: new Map(tables.map((name) => [name, least(looks.map(({ rows }) => rows.get(name) ?? 0))])),
    }
    spans.push(span)
    onSpan(span)
  }
  await load.stop()
  complaints.push(...load.take().complaints, ...(await server.call('reports')))
  return { spans, counts, complaints }
}

/** What grew, and what did not; less than the floor is no growth. */
export function trendsOf(spans: readonly Span[]): readonly Trend[] {
  const tables = [...(spans[0]?.rows.keys() ?? [])]
  return [
    trendOf({ name: 'resident MiB', values: spans.map(({ resident }) => resident), floor: 32 }),
    trendOf({ name: 'heap MiB', values: spans.map(({ heap }) => heap), floor: 8 }),
    trendOf({ name: 'database MiB', values: spans.map(({ database }) => database), floor: 8 }),
    // Whatever else the machine does makes this longer, so it has to be beyond all of what it was.
    trendOf({
      name: 'p99 ms',
      values: spans.map(({ p99 }) => p99),
      floor: 25,
      of: [most, least],
    }),
    ...tables.map((name) =>
      trendOf({
        name: `rows of ${name}`,
        values: spans.map(({ rows }) => rows.get(name) ?? 0),
        floor: 100,
        of: [least, least],
      }),
    ),
  ]
}

const mib = 1024 * 1024
const day = 86_400

/**
 * A span is 400 days on the server's clock: whatever is kept for a time comes to its end in each, the audit too. What
 * people and clients have to do in time is told in the seconds of the load.
 */
function aging(span: number) {
  const speed = (400 * day) / Math.max(span, 15)
  const real = (seconds: number): number => Math.min(seconds * speed, 3650 * day)
  const lifetimes = {
    accessToken: real(10),
    code: real(10),
    refreshIdle: real(10),
    refreshAbsolute: real(20),
    deviceCode: real(20),
    flow: real(10),
    consent: real(10),
    sessionIdle: real(10),
    sessionAbsolute: real(20),
  }
  const keys = { rotateEvery: 3650 * day, publishAhead: real(30) }
  return { clock: { at: Date.now(), speed }, options: { lifetimes, keys } }
}

async function rowsIn(ledger: Ledger, tables: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const rows = new Map<string, number>()
  for (const name of tables) rows.set(name, await ledger.count(`select count(*) from ${name}`))
  return rows
}

/** In bytes, with what is written ahead. */
async function sizeOf(database: string, ledger: Ledger): Promise<number> {
  if (!database.startsWith('file:')) return ledger.count('select pg_database_size(current_database())')
  const file = database.slice('file:'.length)
  const sizes = await Promise.all(
    [file, `${file}-wal`].map((path) =>
      stat(path).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  )
  return sizes.reduce((sum, each) => sum + each, 0)
}
