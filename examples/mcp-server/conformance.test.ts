/** The official conformance suite of MCP, against the example: as a server of tools, as an authorization server, and as a program. */

import { spawn } from 'node:child_process'
import { createServer, request as httpRequest } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { browserOf } from '../../test/flows/browser-jar.ts'
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

/** The service, at an address where whoever comes without a token gets one: the suite has none for a server of tools. */
async function guarded() {
  const [front, back] = [await freePort(), await freePort()]
  const address = `http://localhost:${front}`
  const { app, server } = service({ address, database: 'sqlite::memory:' })
  const { accounts, clients } = await server.open()
  await accounts.create({ username: 'alice', password })
  const listening = await app.listen({ port: back, hostname: 'localhost' })
  cleanUps.push(() => listening.close())
  const kept: Kept = {}
  const inFront = createServer((request, response) => {
    const headers = { ...request.headers }
    if (kept.tokens && request.url === '/mcp') headers.authorization ??= `Bearer ${kept.tokens.access_token}`
    const { method, url: path } = request
    const sent = httpRequest({ host: 'localhost', port: back, method, path, headers }, (answer: IncomingMessage) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    }) // prettier-ignore
    request.pipe(sent)
  }).listen(front, 'localhost')
  await new Promise((ready) => inFront.once('listening', ready))
  cleanUps.push(() => new Promise((closed) => inFront.close(closed)))

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
