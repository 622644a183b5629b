/** A disk that loses what was not synced, that cannot sync, and that is full: what was answered is there, and the rest is 503. */

import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { freshDatabase, freshFolder } from '../setup/database.ts'
import { openLedger } from './ledger.ts'
import { hash, mintCode, redeem, refresh, serverOptions } from './parties.ts'
import { startServer } from './running-server.ts'
import type { RunningServer } from './running-server.ts'

const has = (tool: string): boolean => spawnSync(tool, ['--version']).status === 0

/** A server on a file of its own, with the sessions of so many clients. */
async function withSessions(count: number) {
  const database = await freshDatabase('sqlite')
  const server = await startServer({
    options: serverOptions(database, 'http://127.0.0.1:9'),
    clock: { at: Date.now(), speed: 0 },
  })
  const subject = await server.call('createUser', 'anna', ['read'])
  const tokens: string[] = []
  for (let index = 0; index < count; index += 1) {
    const { body } = await redeem(server, await mintCode(server, subject))
    tokens.push(body.refresh_token ?? '')
  }
  return { file: database.slice('file:'.length), server, tokens }
}

async function isThere(file: string, tokens: readonly string[]): Promise<boolean[]> {
  await using ledger = await openLedger(`file:${file}`)
  expect(await ledger.rows(`pragma integrity_check`)).toEqual([{ integrity_check: 'ok' }])
  const known = await ledger.rows<{ hash: string }>(`select hash from gatewright_refresh_tokens`)
  const hashes = new Set(known.map((row) => row.hash))
  return tokens.map((token) => hashes.has(hash(token)))
}

test('SECURITY R5: whatever was answered is in the files at that moment, and they are whole', async () => {
  const { file, server, tokens } = await withSessions(5)
  await using running = server
  const folder = await freshFolder()
  const over = new AbortController()
  const working = tokens.map(async (_, index) => {
    while (!over.signal.aborted) {
      const { status, body } = await refresh(running, tokens[index] ?? '')
      expect(status).toBe(200)
      tokens[index] = body.refresh_token ?? ''
    }
  })
  for (let copy = 0; copy < 10; copy += 1) {
    await sleep(20 + Math.random() * 60)
    // Nothing of it moves while the files are copied, as when the power goes.
    process.kill(running.pid, 'SIGSTOP')
    const answered = [...tokens]
    const to = join(folder, `${copy}.db`)
    for (const suffix of ['', '-wal']) copyFileSync(file + suffix, to + suffix)
    process.kill(running.pid, 'SIGCONT')
    expect(await isThere(to, answered)).toEqual(answered.map(() => true))
  }
  over.abort()
  await Promise.all(working)
}, 60_000)

test.runIf(has('strace'))(
  'SECURITY R5, R6: where the disk cannot sync nothing is answered as done, and when it can again all goes on',
  async () => {
    const { file, server, tokens } = await withSessions(3)
    await using running = server
    const inject = ['-e', 'trace=fsync,fdatasync', '-e', 'inject=fsync,fdatasync:error=EIO']
    const tracer = spawn('strace', ['-f', '-qq', '-o', '/dev/null', '-p', String(running.pid), ...inject])
    const isTraced = () => !/TracerPid:\s+0\b/.test(readFileSync(`/proc/${running.pid}/status`, 'utf8'))
    await expect.poll(isTraced, { timeout: 10_000 }).toBe(true)
    for (let round = 0; round < 3; round += 1) {
      const statuses = await Promise.all(tokens.map(async (token) => (await refresh(running, token)).status))
      expect(statuses).toEqual([503, 503, 503])
    }
    tracer.kill('SIGINT')
    await once(tracer, 'close')
    await goesOn(running, file, tokens)
  },
  60_000,
)

test.runIf(has('prlimit'))(
  'SECURITY R6: while the disk is full there is 503 and nothing else, and when there is room again all goes on',
  async () => {
    const { file, server, tokens } = await withSessions(3)
    await using running = server
    const limit = (bytes: number | 'unlimited') =>
      execFileSync('prlimit', ['--pid', String(running.pid), `--fsize=${bytes}:`])
    // Not a byte more than there is.
    limit(Math.min(...['', '-wal'].map((suffix) => statSync(file + suffix).size)))
    for (let round = 0; round < 3; round += 1) {
      const statuses = await Promise.all(tokens.map(async (token) => (await refresh(running, token)).status))
      expect(statuses).toEqual([503, 503, 503])
    }
    expect((await fetch(`${running.url}/jwks`)).status).toBe(200)
    limit('unlimited')
    await goesOn(running, file, tokens)
  },
  60_000,
)

/** The process is the same, and so are the tokens: nothing had happened to them. */
async function goesOn(server: RunningServer, file: string, tokens: readonly string[]): Promise<void> {
  const replies = await Promise.all(tokens.map((token) => refresh(server, token)))
  expect(replies.map(({ status }) => status)).toEqual(tokens.map(() => 200))
  const next = replies.map(({ body }) => body.refresh_token ?? '')
  expect(await isThere(file, next)).toEqual(next.map(() => true))
}
