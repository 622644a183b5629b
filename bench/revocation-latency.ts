/**
 * How long after a revocation another process refuses the token, and how many questions that takes.
 *
 *     node bench/revocation-latency.ts [--rounds 200] [--delay 40]
 *
 * The server and the one who refuses are processes of their own. Two hosts are simulated on one machine: every byte between
 * the two is held up by the delay, in milliseconds, and a new connection by two of them. Ends with 1 when a limit is missed.
 */

import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Client } from 'pg'
import type { TestProject } from 'vitest/node'
import { mintCode, post, present, redeem, serverOptions } from '../test/server/parties.ts'
import { startApi } from '../test/server/running-api.ts'
import { freePort, startServer } from '../test/server/running-server.ts'
import type { RunningServer } from '../test/server/running-server.ts'
import preparePostgres from '../test/setup/postgres.ts'
import { openSlowWire } from './slow-wire.ts'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '200' }, delay: { type: 'string', default: '40' } },
})
const rounds = Number(values.rounds)
const delay = Number(values.delay)

/** p99 has to be below these, in milliseconds. */
const limits = { oneHost: 1000, twoHosts: 3000 }

type Present = (token: string) => Promise<number>

/** Milliseconds from the moment that a revocation is sent to the first refusal, in order. */
async function measure(server: RunningServer, subject: string, present: Present): Promise<readonly number[]> {
  const times: number[] = []
  for (let round = 0; round < rounds; round++) {
    const token = (await redeem(server, await mintCode(server, subject))).body.access_token ?? ''
    if ((await present(token)) !== 200) throw new Error('A good token was refused')
    // Anywhere between two readings, not always just after one.
    await sleep(Math.random() * 500)
    const beganAt = performance.now()
    await post(`${server.url}/revoke`, { client_id: 'spa', token })
    while ((await present(token)) !== 401) await sleep(1)
    times.push(performance.now() - beganAt)
  }
  return times.toSorted((one, other) => one - other)
}

function print(name: string, times: readonly number[], limit: number): void {
  const at = (part: number): number => times[Math.ceil(times.length * part) - 1] ?? Infinity
  const words = [0.5, 0.99, 1].map((part) => `${at(part).toFixed(0).padStart(4)} ms`)
  const isKept = at(0.99) < limit
  if (!isKept) process.exitCode = 1
  console.log(
    `${name.padEnd(62)} p50 ${words[0]}  p99 ${words[1]}  max ${words[2]}  ${isKept ? 'below' : 'NOT BELOW'} ${limit} ms`,
  )
}

async function onOneHost(kind: string, database: string): Promise<void> {
  const port = await freePort()
  await using wire = await openSlowWire(port, 0)
  const issuer = `http://127.0.0.1:${wire.port}`
  const options = serverOptions(database, issuer)
  await using server = await startServer({ options, port })
  const subject = await server.call('createUser', 'anna', ['read'])
  await using neighbour = await startServer({ options })
  const shared = await measure(server, subject, (token) => present(neighbour, token))
  print(`${kind}: another process on the same database`, shared, limits.oneHost)
  await using api = await startApi({ issuer, audience: issuer })
  print(`${kind}: an API that follows the feed`, await measure(server, subject, api.status), limits.oneHost)
  count(wire.requests)
}

async function onTwoHosts(kind: string, database: string): Promise<void> {
  const port = await freePort()
  await using wire = await openSlowWire(port, delay)
  const issuer = `http://127.0.0.1:${wire.port}`
  await using server = await startServer({ options: serverOptions(database, issuer), port })
  const subject = await server.call('createUser', 'anna', ['read'])
  await using api = await startApi({ issuer, audience: issuer })
  const times = await measure(server, subject, api.status)
  print(`${kind}: an API ${2 * delay} ms away (there and back)`, times, limits.twoHosts)
  count(wire.requests)
}

/** What the API asked its issuer in all. */
function count(requests: ReadonlyMap<string, number>): void {
  const words = [...requests].map(([path, times]) => `${times} × ${path}`)
  const introspections = requests.get('/introspect') ?? 0
  console.log(`  asked by the API: ${words.join(', ')}; introspections: ${introspections}`)
  if (introspections > 0) process.exitCode = 1
}

const folder = await mkdtemp(join(tmpdir(), 'gatewright-bench-'))
let starter = 0
const stop = await preparePostgres({
  provide: (_: string, port: number) => (starter = port),
} as unknown as TestProject) // all that is used of it
try {
  await onOneHost('SQLite', `file:${join(folder, 'one.db')}`)
  await onTwoHosts('SQLite', `file:${join(folder, 'two.db')}`)
  const socket = connect(starter, '127.0.0.1')
  let answer = ''
  socket.on('data', (chunk) => (answer += chunk.toString()))
  await once(socket, 'end')
  const client = new Client({ connectionString: answer.replace(/^url /, '') })
  await client.connect()
  for (const [name, work] of Object.entries({ one: onOneHost, two: onTwoHosts })) {
    await client.query(`create database ${name}`)
    const url = new URL(answer.replace(/^url /, ''))
    url.pathname = `/${name}`
    await work('PostgreSQL', url.href)
  }
  await client.end()
} finally {
  await stop()
  await rm(folder, { recursive: true, force: true })
}
