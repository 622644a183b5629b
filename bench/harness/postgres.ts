/** The PostgreSQL of a run: durable as its defaults are, off the CPU of the contenders, gone with the run. */

import { randomBytes } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { Client } from 'pg'
import { startPostgres } from '../../test/setup/postgres.ts'
import type { Postgres } from '../../test/setup/postgres.ts'
import { aside } from './machine.ts'

let running: Promise<Postgres> | undefined

/** The URL of a new, empty database. The server starts for the first one. */
export async function newDatabase(): Promise<string> {
  const { url } = await server()
  const name = `bench_${randomBytes(6).toString('hex')}`
  await ask(url, `create database ${name}`)
  const own = new URL(url)
  own.pathname = `/${name}`
  return own.href
}

/** Runs statements on one connection; answers the rows of the last. */
export async function ask(
  url: string,
  ...statements: readonly string[]
): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    let rows: readonly Record<string, unknown>[] = []
    for (const statement of statements) rows = (await client.query<Record<string, unknown>>(statement)).rows
    return rows
  } finally {
    await client.end()
  }
}

/** CPU seconds of the server and of all its processes; `undefined` where there is no `/proc`, or the server is not ours. */
export async function postgresCpu(): Promise<(() => number) | undefined> {
  const { pid } = await server()
  if (pid === undefined || process.platform !== 'linux') return undefined
  return () => ticksOf(pid) / 100
}

/** Stops the server, if it runs. */
export async function stopPostgres(): Promise<void> {
  await running?.then(
    (postgres) => postgres.stop(),
    () => undefined,
  )
  running = undefined
}

function server(): Promise<Postgres> {
  // Room for all contenders at once; the rest is as it comes, so a commit is on the disk when it is told.
  running ??= startPostgres({ settings: ['max_connections=200', 'max_wal_size=4GB'], command: aside })
  return running
}

/** Its own, those of its children that ended, and those of its children that run. */
function ticksOf(parent: number): number {
  let ticks = 0
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const fields = fieldsOf(name)
    const isParent = Number(name) === parent
    if (!isParent && Number(fields[1]) !== parent) continue
    const own = [11, 12, ...(isParent ? [13, 14] : [])]
    ticks += own.reduce((sum, at) => sum + Number(fields[at]), 0)
  }
  return ticks
}

function fieldsOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
  } catch {
    // It has ended meanwhile, and is in its parent's sum.
    return []
  }
}
