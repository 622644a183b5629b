/** The official conformance suite of MCP, against the example: as a server of tools, as an authorization server, and as a program. */

import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, request as httpRequest } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { browserOf } from '../../test/flows/browser-jar.ts'
import { everything, everythingToken } from '../../test/setup/mcp-everything.ts'
import { freePort } from '../../test/setup/free-port.ts'
import { toolsAt } from './client.ts'
import type { Kept } from './permission.ts'
import { service } from './service.ts'

const suite = installed('@modelcontextprotocol/conformance/dist/index.js')
const program = fileURLToPath(new URL('../../test/setup/mcp-program.ts', import.meta.url))
const password = 'correct horse battery staple'

const cleanUps: (() => Promise<unknown>)[] = []

afterAll(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

/** It is large, and asked for when the example or the SDK changes: `npm install --no-save` and its name. */
function installed(name: string): string | undefined {
  try {
    return createRequire(import.meta.url).resolve(name)
  } catch {
    return undefined
  }
}

/** Runs it. What it prints is looked at while it comes. */
async function conformance(args: readonly string[], look: (printed: string) => void = () => undefined) {
  const child = spawn(process.execPath, [suite ?? '', ...args], {
    cwd: tmpdir(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (piece: string) => {
      printed += piece
      look(printed)
    })
  }
  const status = await new Promise<number | null>((ended) => child.once('close', ended))
  return { status, printed }
}

/** Passes on what comes to a port, with a token where there is none: the suite has none for a server of tools. */
async function inFront(port: number, behind: number, token: () => string | undefined): Promise<void> {
  const server = createServer((request, response) => {
    const headers = { ...request.headers }
    const known = token()
    if (known !== undefined && request.url === '/mcp') headers.authorization ??= `Bearer ${known}`
    const { method, url: path } = request
    const sent = httpRequest({ host: 'localhost', port: behind, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      response.flushHeaders()
      answer.on('error', () => response.destroy()).pipe(response)
    })
    sent.on('error', () => response.destroy())
    response.on('close', () => sent.destroy())
    request.pipe(sent)
  }).listen(port, 'localhost')
  await new Promise((ready) => server.once('listening', ready))
  cleanUps.push(async () => {
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))
  })
}

/** The service, and somebody who allows what is asked. */
async function guarded() {
  const [front, back] = [await freePort(), await freePort()]
  const address = `http://localhost:${front}`
  const { app, server } = service({ address, database: 'sqlite::memory:' })
  const { accounts, clients } = await server.open()
  await accounts.create({ username: 'alice', password })
  const listening = await app.listen({ port: back, hostname: 'localhost' })
  cleanUps.push(() => listening.close())
  const kept: Kept = {}
  await inFront(front, back, () => kept.tokens?.access_token)

  /** Logs in and allows what is asked. Where the browser then goes. */
  async function allow(page: string): Promise<URL> {
    const browser = browserOf(app, address)
    const login = await browser.open(page)
    const consent = await browser.submit(login, { username: 'alice', password })
    const { location = '' } = await browser.submit(consent, { decision: 'allow' })
    return new URL(location)
  }
  return { address, url: `${address}/mcp`, clients, kept, allow }
}

describe.runIf(suite)('the suite of MCP', () => {
  test.each(['server-initialize', 'ping', 'tools-list', 'dns-rebinding-protection'])(
    'as a server of tools: %s',
    async (scenario) => {
      const { url, kept, allow } = await guarded()
      const redirectUrl = 'http://127.0.0.1:53682/callback'
      const ask = async (page: URL) => (await allow(page.href)).searchParams
      await (await toolsAt(url, { redirectUrl, kept, ask })).close()
      const { status, printed } = await conformance(['server', '--url', url, '--scenario', scenario])
      expect(status, printed).toBe(0)
      expect(printed).toMatch(/ 0 failed, 0 warnings/)
    },
    60_000,
  )

  test('as a server of many tools, with sessions, streams and questions to the program', async () => {
    const [front, back] = [await freePort(), await freePort()]
    const listening = await everything(`http://localhost:${front}`).listen({
      port: back,
      hostname: 'localhost',
    })
    cleanUps.push(() => listening.close())
    await inFront(front, back, () => everythingToken)
    const url = `http://localhost:${front}/mcp`
    // The SDK writes the schemas of tools from zod, without the keywords that this one looks for.
    const folder = await mkdtemp(join(tmpdir(), 'gatewright-mcp-'))
    cleanUps.push(() => rm(folder, { recursive: true }))
    const known = join(folder, 'known.yml')
    await writeFile(known, 'server:\n  - json-schema-2020-12\n')
    const all = ['--suite', 'all', '--spec-version', '2025-11-25', '--expected-failures', known]
    const { status, printed } = await conformance(['server', '--url', url, ...all])
    expect(status, printed).toBe(0)
    expect(printed).toMatch(/Total: 7\d passed, 1 failed\n/)
  }, 180_000)

  test('as an authorization server', async () => {
    const { address, url, clients, allow } = await guarded()
    const port = await freePort()
    await clients.add({
      id: 'conformance',
      applicationType: 'native',
      redirectUris: [`http://127.0.0.1:${port}/callback`],
      tokenEndpointAuthMethod: 'none',
    })
    let asked = false
    const { status, printed } = await conformance(
      [
        'authorization',
        '--url',
        address,
        '--client-id',
        'conformance',
        '--resource',
        url,
        '--port',
        `${port}`,
      ],
      (soFar) => {
        const [page] = /^http\S+response_type=code\S+$/m.exec(soFar) ?? []
        if (asked || page === undefined || !soFar.includes('Waiting')) return
        asked = true
        void allow(page).then(async (back) => fetch(back))
      },
    )
    expect(status, printed).toBe(0)
    expect(printed).toMatch(/Total: 3 passed, 0 failed\n/)
  }, 60_000)

  test('as a program', async () => {
    const command = `${process.execPath} --conditions=gatewright-source ${program}`
    const { status, printed } = await conformance(['client', '--suite', 'auth', '--command', command])
    expect(status, printed.slice(printed.indexOf('SUITE SUMMARY'))).toBe(0)
    expect(printed).toMatch(/Total: \d{3} passed, 0 failed, 0 warnings/)
  }, 180_000)
})
