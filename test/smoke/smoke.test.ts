/** One service, three runtimes, the same answers. */

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const app = fileURLToPath(new URL('app.ts', import.meta.url))
const bin = fileURLToPath(new URL('../../node_modules/.bin/', import.meta.url))

const runtimes: readonly (readonly [name: string, command: string, ...args: string[]])[] = [
  ['Node', process.execPath, app],
  ['Bun', `${bin}bun`, 'run', app],
  ['Deno', `${bin}deno`, 'run', '--allow-all', '--no-lock', '--cached-only', app],
]

describe.each(runtimes)('on %s', (_name, command, ...args) => {
  let child: ChildProcess
  let lines: AsyncIterator<string>
  let port: number
  let url: string

  beforeAll(async () => {
    child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, NO_COLOR: '1', DENO_NO_UPDATE_CHECK: '1' },
    })
    if (child.stdout === null) throw new Error('no output')
    lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const { value } = (await lines.next()) as { value: string }
    port = Number(value)
    url = `http://localhost:${port}`
  })

  afterAll(() => {
    child.kill()
  })

  async function tokenFor(scope: string): Promise<string> {
    const body = new URLSearchParams({ username: 'alice', password: 'right', scope })
    const answer = await fetch(`${url}/token`, { method: 'POST', body })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    return ((await answer.json()) as { access_token: string }).access_token
  }

  async function bearer(scope: string): Promise<{ headers: { authorization: string } }> {
    return { headers: { authorization: `Bearer ${await tokenFor(scope)}` } }
  }

  /** Everything a handshake was answered with before the connection closed. */
  async function handshake(authorization: string): Promise<string> {
    const socket = connect(port, '127.0.0.1')
    socket.write(
      `GET /talk HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n${authorization}\r\n`,
    )
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      // the answer has a body, so its end is not the end of the headers
      if (text.endsWith('}')) socket.end()
    })
    await once(socket, 'close')
    return text
  }

  test('an open route answers, and knows who asks', async () => {
    const answer = await fetch(`${url}/open`)
    expect([answer.status, await answer.json()]).toEqual([200, { address: '127.0.0.1' }])
  })

  test('no credentials are a 401 with a challenge, too few scopes a 403, enough a 200', async () => {
    const none = await fetch(`${url}/me`)
    expect([none.status, none.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringMatching(/^Bearer/),
    ])
    const few = await fetch(`${url}/me`, await bearer('talk'))
    expect([few.status, few.headers.get('www-authenticate')]).toEqual([
      403,
      expect.stringContaining('insufficient_scope'),
    ])
    const enough = await fetch(`${url}/me`, await bearer('me'))
    expect([enough.status, await enough.json()]).toEqual([200, { subject: 'alice' }])
  })

  test('a wrong password is what OAuth clients expect it to be', async () => {
    const body = new URLSearchParams({ username: 'alice', password: 'wrong' })
    const answer = await fetch(`${url}/token`, { method: 'POST', body })
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { error: 'invalid_grant', error_description: 'Wrong user name or password' },
    ])
  })

  test('JSON goes in and out; what is broken, of another type or too large does not', async () => {
    const post = (body: string, type: string): Promise<Response> =>
      fetch(`${url}/echo`, { method: 'POST', body, headers: { 'content-type': type } })
    expect(await (await post('{"a":["ä"]}', 'application/json')).json()).toEqual({ a: ['ä'] })
    expect((await post('{"a":', 'application/json')).status).toBe(422)
    expect((await post('{}', 'text/plain')).status).toBe(415)
    expect((await post('"'.padEnd(20_000_000, 'x'), 'application/json')).status).toBe(413)
    expect((await post('{}', 'application/json')).status).toBe(200)
  })

  test('two cookies are two headers', async () => {
    const answer = await fetch(`${url}/cookies`)
    expect(answer.headers.getSetCookie().map((cookie) => cookie.split(';')[0])).toEqual(['a=1', 'b=2'])
  })

  test('events are a stream', async () => {
    const answer = await fetch(`${url}/events`, await bearer('me'))
    expect(answer.headers.get('content-type')).toBe('text/event-stream')
    expect(await answer.text()).toBe('data: 1\n\ndata: 2\n\ndata: 3\n\n')
  })

  test('the document is served', async () => {
    expect(await (await fetch(`${url}/openapi.json`)).json()).toMatchObject({
      openapi: expect.stringMatching(/^3\.1/),
    })
  })

  test('headers of 32 KB are a 431', async () => {
    const answer = await fetch(`${url}/open`, { headers: { 'x-long': 'x'.repeat(32_768) } })
    expect(answer.status).toBe(431)
  })

  test('a WebSocket is refused as HTTP, with a challenge', async () => {
    expect(await handshake('')).toMatch(/^HTTP\/1\.1 401 [^]*www-authenticate: Bearer/i)
    const few = `Authorization: Bearer ${await tokenFor('me')}\r\n`
    expect(await handshake(few)).toMatch(/^HTTP\/1\.1 403 [^]*insufficient_scope/i)
  })

  test('a WebSocket talks, in text and in bytes, and ends as it was ended', async () => {
    const { headers } = await bearer('talk')
    // Node's WebSocket takes headers, which no browser does
    const socket = new WebSocket(`ws://localhost:${port}/talk`, { headers } as unknown as string)
    socket.binaryType = 'arraybuffer'
    const got: unknown[] = []
    const ended = new Promise<CloseEvent>((resolve) => socket.addEventListener('close', resolve))
    socket.addEventListener('message', ({ data }: MessageEvent<string | ArrayBuffer>) => {
      got.push(typeof data === 'string' ? data : new Uint8Array(data))
      if (got.length === 1) {
        socket.send('hällo')
        socket.send(Uint8Array.of(0, 255))
      }
      if (got.length === 3) socket.close(3000, 'enough')
    })
    expect((await ended).code).toBe(3000)
    expect(got).toEqual(['hello alice', 'hällo', Uint8Array.of(0, 255)])
  })

  test('it ends by itself when told, open WebSockets included', async () => {
    const { headers } = await bearer('talk')
    const socket = new WebSocket(`ws://localhost:${port}/talk`, { headers } as unknown as string)
    const ended = new Promise<CloseEvent>((resolve) => socket.addEventListener('close', resolve))
    await new Promise((resolve) => socket.addEventListener('message', resolve))
    child.stdin?.end()
    expect((await ended).code).toBe(1001)
    expect(await lines.next()).toMatchObject({ value: 'closed' })
    const [code] = child.exitCode === null ? ((await once(child, 'exit')) as [number]) : [child.exitCode]
    expect(code).toBe(0)
  })
})
