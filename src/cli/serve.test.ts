/** `gatewright serve` as a process: it answers, stops in order, and says in one line why it cannot start. */

import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { freshFolder } from '../../test/setup/database.ts'
import { freePort } from '../../test/setup/free-port.ts'
import { until } from '../../test/setup/until.ts'

const main = fileURLToPath(new URL('main.ts', import.meta.url))
const running: ChildProcess[] = []
let folder: string

beforeAll(async () => {
  folder = await freshFolder()
  await mkdir(join(folder, 'node_modules'))
  await symlink(fileURLToPath(new URL('../..', import.meta.url)), join(folder, 'node_modules', 'gatewright'))
})

afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL')
})

const slowApp = `
import { api } from 'gatewright'
export const app = api({ title: 'Served' })
  .get('/slow', {}, () => new Promise((answer) => setTimeout(() => answer('answered'), 500)))
  .onStop(() => void console.error('stop hook'))
`

function serverOf(issuer: string, database: string): string {
  return `
import { authorizationServer } from 'gatewright/server'
export const server = authorizationServer({
  issuer: ${JSON.stringify(issuer)},
  database: ${JSON.stringify(database)},
  scopes: { read: 'Read' },
})
`
}

function started(parameters: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const child = spawn('node', ['--conditions=gatewright-source', main, 'serve', ...parameters], {
    cwd: folder,
    env: { ...process.env, GATEWRIGHT_SECRET_KEY: '', ...environment },
  })
  running.push(child)
  const output = { stdout: '', stderr: '' }
  const url = Promise.withResolvers<string>()
  child.stdout.on('data', (chunk: Buffer) => {
    output.stdout += chunk.toString()
    const found = /^Listening on (\S+?)(?:,.*)?\n/.exec(output.stdout)
    if (found?.[1] !== undefined) url.resolve(found[1])
  })
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()))
  const ended = once(child, 'close').then(([code]) => {
    url.reject(new Error(`It ended: ${output.stderr}`))
    return { code: code as number | null, ...output }
  })
  url.promise.catch(() => {})
  return { child, url: url.promise, ended }
}

test.each(['SIGINT', 'SIGTERM'] as const)(
  'an app is served until %s, and what has begun is answered',
  async (signal) => {
    await writeFile(join(folder, 'slow.ts'), slowApp)
    const { child, url, ended } = started(['slow.ts', '--port', '0'])
    const answer = fetch(`${await url}/slow`)
    // The request is there before the signal: this one behind it is answered already.
    expect((await fetch(`${await url}/openapi.json`)).status).toBe(200)
    child.kill(signal)
    expect(await (await answer).json()).toBe('answered')
    expect(await ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/\nStopped\.\n$/) as string })
    expect((await ended).stderr).toContain('stop hook')
  },
)

test('a server is served at the port of its issuer', async () => {
  const port = await freePort()
  await writeFile(join(folder, 'server.ts'), serverOf(`http://localhost:${port}`, 'file:served.db'))
  const { child, url, ended } = started(['server.ts'])
  expect(await url).toBe(`http://localhost:${port}`)
  const metadata = await fetch(`${await url}/.well-known/oauth-authorization-server`)
  expect(await metadata.json()).toMatchObject({ issuer: `http://localhost:${port}` })
  const refused = await fetch(`${await url}/token`, { method: 'POST' })
  expect(refused.status).toBe(400)
  child.kill('SIGTERM')
  expect(await ended).toMatchObject({ code: 0, stderr: '' })
})

test('an app goes before the server that is mounted in it', async () => {
  const both = `${serverOf('http://localhost:8000', 'file:both.db')}
import { api } from 'gatewright'
export const app = api({ title: 'Both' }).mount(server).get('/mine', {}, () => 'mine')
`
  await writeFile(join(folder, 'both.ts'), both)
  const { child, url, ended } = started(['both.ts', '--port', '0', '--trust-proxy', 'loopback'])
  expect(await (await fetch(`${await url}/mine`)).json()).toBe('mine')
  expect((await fetch(`${await url}/jwks`)).status).toBe(200)
  child.kill('SIGTERM')
  expect((await ended).code).toBe(0)
})

test.each([
  ['nothing.ts', 'export const other = 1', 'nothing.ts exports nothing to serve'],
  ['far.ts', serverOf('https://auth.example', 'file:far.db'), 'GATEWRIGHT_SECRET_KEY'],
  [
    'down.ts',
    serverOf('http://localhost:8000', 'postgres://a:hidden@127.0.0.1:1/x'),
    'no PostgreSQL server answers',
  ],
  [
    'http.ts',
    serverOf('http://auth.example', 'file:http.db'),
    'is not an https address|only a host on this computer',
  ],
])('what cannot start is one line and exit code 1: %s', async (file, text, expected) => {
  await writeFile(join(folder, file), text)
  const { code, stdout, stderr } = await started([file]).ended
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(new RegExp(expected))
  expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  expect(stderr).not.toContain('hidden')
})

test('a port in use is one line and exit code 1', async () => {
  const other = createServer().listen(0, 'localhost')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  await writeFile(join(folder, 'slow.ts'), slowApp)
  const { code, stderr } = await started(['slow.ts', '--port', String(port)]).ended
  other.close()
  expect([code, stderr]).toEqual([1, `stop hook\ngatewright: port ${port} is already in use\n`])
})

test('SECURITY R13: with a delay it goes on when it is told to stop, not well, and a second signal does not wait', async () => {
  await writeFile(join(folder, 'delayed.ts'), serverOf('http://localhost:8000', 'file:delayed.db'))
  const { child, url, ended } = started(['delayed.ts', '--port', '0', '--shutdown-delay', '600'])
  const health = `${await url}/health`
  expect((await fetch(health)).status).toBe(200)
  child.kill('SIGTERM')
  await until(async () => (await fetch(health)).status === 503)
  expect((await fetch(`${await url}/jwks`)).status).toBe(200)
  child.kill('SIGTERM')
  expect((await ended).code).toBe(null)

  const short = started(['delayed.ts', '--port', '0', '--shutdown-delay', '1'])
  await short.url
  short.child.kill('SIGTERM')
  expect(await short.ended).toMatchObject({ code: 0, stderr: '' })

  const wrong = await started(['delayed.ts', '--shutdown-delay', 'soon']).ended
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('--shutdown-delay')])
})

test('outside development a server is served with its secret key', async () => {
  await writeFile(join(folder, 'far.ts'), serverOf('https://auth.example', 'file:far.db'))
  const key = 'a-secret-key-that-is-only-for-tests-0123456789'
  const { child, url, ended } = started(['far.ts', '--port', '0'], { GATEWRIGHT_SECRET_KEY: key })
  expect((await fetch(`${await url}/jwks`)).status).toBe(200)
  child.kill('SIGTERM')
  expect((await ended).code).toBe(0)
})
