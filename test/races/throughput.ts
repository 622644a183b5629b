/**
 * How many redemptions and rotations a second the store does: `node --conditions=gatewright-source
 * test/races/throughput.ts [seconds] [postgres://…]`. Without a URL it starts a PostgreSQL of its own, which unlike a real
 * one does not wait for the disk; SQLite does.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import type { GrantStore } from '../../src/store/grant-store.ts'
import { openDatabase } from '../../src/store/open.ts'
import { sqlGrantStore } from '../../src/store/sql/grant-store.ts'
import setup from '../setup/postgres.ts'
import { issuedBy, rotationBy, startedBy } from './issue.ts'
import { prepared } from './workers.ts'

const [, , seconds = '5', given] = process.argv
const folder = mkdtempSync(join(tmpdir(), 'gatewright-throughput-'))
let stop = async (): Promise<void> => {}
try {
  await measure(`file:${join(folder, 'test.db')}`, 'SQLite', 20)
  await measure(given ?? (await ownPostgres()), 'PostgreSQL', 20)
} finally {
  await stop()
  rmSync(folder, { recursive: true, force: true })
}

async function measure(url: string, name: string, callers: number): Promise<void> {
  {
    await using _ = await prepared(url)
  }
  const database = await openDatabase({ url, connections: 10 })
  const store = await sqlGrantStore(database, 1)
  const codes: string[] = []
  const now = Date.now()
  const run = `${process.pid}`
  for (let index = 0; index < 200 * Number(seconds); index += 1) codes.push(`${run}-${name}-${index}`)
  await rate(callers, codes, async (me) => {
    const { grant, code } = startedBy(me, now)
    await store.saveCode(code, grant)
  })
  const redeemed = await rate(callers, codes, (me) =>
    store.redeemCode(`${me}-code`, now, issuedBy(me, { grantId: `${me}-grant`, now })),
  )
  const rotated = await rate(callers, codes, (me) => rotate(store, me, `${me}.1`))
  const found = await rate(callers, codes, (me) => store.findRefresh(`${me}-refresh`, now))
  console.log(
    `${name}: ${redeemed} redemptions/s, ${rotated} rotations/s, ${found} look-ups of a refresh token/s`,
    `(${callers} callers, each with a reference token and an event)`,
  )
  await database.close()

  function rotate(on: GrantStore, me: string, next: string): Promise<string> {
    const where = { grantId: `${me}-grant`, familyId: `${me}-family`, now }
    return on.rotateRefresh(`${me}-refresh`, now, rotationBy(next, where))
  }
}

async function rate(
  callers: number,
  names: readonly string[],
  work: (name: string) => Promise<unknown>,
): Promise<number> {
  const begun = performance.now()
  const rest = names.values()
  await Promise.all(
    Array.from({ length: callers }, async () => {
      for (const name of rest) await work(name)
    }),
  )
  return Math.round((names.length / (performance.now() - begun)) * 1000)
}

async function ownPostgres(): Promise<string> {
  let port = 0
  // The cast: the set-up of the tests only provides the port.
  const project = { provide: (_: string, value: number) => (port = value) } as unknown as TestProject
  stop = await setup(project)
  return new Promise((resolve, reject) => {
    let answer = ''
    connect(port, '127.0.0.1')
      .on('data', (chunk) => (answer += chunk.toString()))
      .on('error', reject)
      .on('end', () => resolve(answer.replace(/^url /, '')))
  })
}
