/** WebSockets at the edge, over real sockets: refused as HTTP, bounded once open. */

import { connect, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { listen, type Listener, type ListenOptions } from '../../src/http/listen.ts'
import type { Upgrade, WebSocketClosing, WebSocketConnection } from '../../src/http/websocket.ts'

const opened: (Listener | Socket)[] = []

afterEach(async () => {
  for (const each of opened.splice(0).toReversed()) {
    if ('url' in each) await each.close({ grace: 0.1 })
    else each.destroy()
  }
})

async function start(
  upgrade: (request: Request) => Upgrade | Promise<Upgrade>,
  options: ListenOptions = {},
): Promise<Listener> {
  const listener = await listen({ fetch: () => new Response('plain'), upgrade }, { port: 0, ...options })
  opened.push(listener)
  return listener
}

function serving(
  open: (connection: WebSocketConnection) => unknown,
  options?: ListenOptions,
): Promise<Listener> {
  return start(() => ({ open: (connection) => void open(connection) }), options)
}

async function echo(connection: WebSocketConnection): Promise<void> {
  for await (const message of connection) connection.send(message)
}

function client(listener: Listener, protocols: readonly string[] = []): Promise<WebSocket> {
  const socket = new WebSocket(`${listener.url.replace('http', 'ws')}/ws`, [...protocols])
  socket.binaryType = 'arraybuffer'
  return new Promise((resolve, reject) => {
    socket.addEventListener('open', () => resolve(socket))
    socket.addEventListener('error', () => reject(new Error('refused')))
  })
}

function ended(socket: WebSocket): Promise<CloseEvent> {
  return new Promise((resolve) => socket.addEventListener('close', resolve))
}

function message(socket: WebSocket): Promise<string | ArrayBuffer> {
  return new Promise((resolve) =>
    socket.addEventListener('message', (event: MessageEvent<string | ArrayBuffer>) => resolve(event.data), {
      once: true,
    }),
  )
}

function raw(
  listener: Listener,
  more = '',
  path = '/ws',
): { socket: Socket; all: Promise<string>; first: Promise<string> } {
  const socket = connect(listener.port, '127.0.0.1')
  opened.push(socket)
  let received = ''
  const first = new Promise<string>((resolve) =>
    socket.once('data', (chunk) => resolve(chunk.toString('latin1'))),
  )
  socket.on('data', (chunk) => (received += chunk.toString('latin1')))
  socket.on('error', () => undefined)
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n${more}\r\n`,
  )
  return { socket, first, all: new Promise((resolve) => socket.on('close', () => resolve(received))) }
}

test('text stays text, bytes stay bytes, both ways', async () => {
  const socket = await client(await serving((connection) => void echo(connection)))
  socket.send('hällo')
  expect(await message(socket)).toBe('hällo')
  socket.send(Uint8Array.of(0, 255))
  expect(new Uint8Array((await message(socket)) as ArrayBuffer)).toEqual(Uint8Array.of(0, 255))
  socket.send('')
  expect(await message(socket)).toBe('')
})

test('FASTAPI A10: a refusal is a real HTTP response with its challenge, before any upgrade', async () => {
  let isOpen = false
  const listener = await start((request) => {
    const isKnown = request.headers.get('authorization') === 'Bearer good'
    if (isKnown) return { open: () => void (isOpen = true) }
    return new Response('{"detail":"Not authenticated"}', {
      status: 401,
      headers: { 'www-authenticate': 'Bearer', 'content-type': 'application/json' },
    })
  })
  const refused = await raw(listener).all
  expect(refused).toMatch(/^HTTP\/1\.1 401 /)
  expect(refused).toMatch(/www-authenticate: Bearer\r\n/i)
  expect(refused).toMatch(/connection: close\r\n/i)
  expect(refused).toMatch(/\{"detail":"Not authenticated"\}$/)
  expect(isOpen).toBe(false)
  expect(await raw(listener, 'Authorization: Bearer good\r\n').first).toMatch(/^HTTP\/1\.1 101 /)
  await expect.poll(() => isOpen).toBe(true)
})

test('what follows a refused handshake is not served', async () => {
  const listener = await start(() => new Response(null, { status: 403 }))
  const { all } = raw(listener, '\r\nGET / HTTP/1.1\r\nHost: localhost\r\n')
  const text = await all
  expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1)
  expect(text).not.toContain('plain')
})

test('a refusal that throws is a bare 500', async () => {
  const errors: unknown[] = []
  const listener = await start(() => Promise.reject(new Error('secret')), {
    onError: (error) => errors.push(error),
  })
  const text = await raw(listener).all
  expect(text).toMatch(/^HTTP\/1\.1 500 /)
  expect(text).not.toContain('secret')
  expect(errors).toHaveLength(1)
})

test.each<[string, () => Upgrade]>([
  ['accepted', () => ({ open: () => undefined })],
  ['refused', () => new Response('x'.repeat(1_000_000), { status: 401 })],
])('SECURITY 278: a client that resets before it is %s does not end the process', async (_what, decision) => {
  const { promise: gate, resolve: decide } = Promise.withResolvers<void>()
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>()
  const listener = await start(async () => {
    ask()
    await gate
    return decision()
  })
  const { socket, all } = raw(listener)
  await asked
  socket.resetAndDestroy()
  await all
  // a round trip, after which the reset has arrived as well
  await fetch(listener.url)
  decide()
  expect(await (await fetch(listener.url)).text()).toBe('plain')
})

test('a subprotocol is agreed on only when it was offered', async () => {
  const connections: WebSocketConnection[] = []
  const listener = await start(() => ({
    protocol: 'chat',
    open: (connection) => void connections.push(connection),
  }))
  expect((await client(listener, ['other', 'chat'])).protocol).toBe('chat')
  expect((await client(listener)).protocol).toBe('')
  expect(connections.map(({ protocol }) => protocol)).toEqual(['chat', ''])
})

test('SECURITY 288: a message above the limit closes the connection with 1009 and is not handed on', async () => {
  const got: number[] = []
  const listener = await serving(
    async (connection) => {
      for await (const text of connection) got.push(text.length)
    },
    { maxMessageBytes: 1000 },
  )
  const socket = await client(listener)
  socket.send('x'.repeat(1000))
  socket.send('x'.repeat(1001))
  expect((await ended(socket)).code).toBe(1009)
  expect(got).toEqual([1000])
})

test('SECURITY 288: a message that only says that it is too large is refused before it comes', async () => {
  const listener = await serving(() => undefined, { maxMessageBytes: 1000 })
  const { socket, first, all } = raw(listener)
  await first
  // a text frame of 2^20 bytes, of which not one follows (RFC 6455 §5.2)
  socket.write(Uint8Array.of(0x81, 0xff, 0, 0, 0, 0, 0, 0x10, 0, 0, 1, 2, 3, 4))
  await expect.poll(() => socket.bytesRead).toBeGreaterThan(130)
  socket.destroy()
  // a close frame with 1009 (0x03f1)
  expect(await all).toContain('\x88\x02\x03\xf1')
})

test('SECURITY 288: what is sent faster than it is read waits in the network, and none of it is lost', async () => {
  const { promise: gate, resolve: open } = Promise.withResolvers<void>()
  let count = 0
  const listener = await serving(
    async (connection) => {
      await gate
      for await (const _ of connection) count++
    },
    { maxMessageBytes: 100_000 },
  )
  const socket = await client(listener)
  const total = 400
  for (let at = 0; at < total; at++) socket.send('x'.repeat(50_000))
  await new Promise((resolve) => setTimeout(resolve, 300))
  // 20 MB were sent; the client still holds most of them, because the server has stopped reading
  expect(socket.bufferedAmount).toBeGreaterThan(5_000_000)
  open()
  await expect.poll(() => count, { timeout: 20_000 }).toBe(total)
  expect(socket.readyState).toBe(WebSocket.OPEN)
})

test('SECURITY 289: a receiver that does not read is cut before it fills the memory', async () => {
  const { promise: closed, resolve } = Promise.withResolvers<WebSocketClosing>()
  const listener = await serving(
    async (connection) => {
      void connection.closed.then(resolve)
      for (let at = 0; at < 1000; at++) connection.send(new Uint8Array(100_000))
    },
    { maxMessageBytes: 100_000 },
  )
  const { socket, first } = raw(listener)
  await first
  socket.pause()
  expect((await closed).code).toBeGreaterThanOrEqual(1006)
})

test('SECURITY 289: a peer that does not answer pings is dropped', async () => {
  const { promise: closed, resolve } = Promise.withResolvers<WebSocketClosing>()
  const listener = await serving((connection) => void connection.closed.then(resolve), { pingTimeout: 0.2 })
  const { all } = raw(listener)
  await all
  expect((await closed).code).toBe(1006)
})

test('both sides learn how it ended, whoever ended it', async () => {
  const closings: Promise<WebSocketClosing>[] = []
  const listener = await serving((connection) => {
    closings.push(connection.closed)
    void (async () => {
      for await (const text of connection) if (text === 'bye') connection.close(4001, 'as you wish')
    })()
  })
  const one = await client(listener)
  one.send('bye')
  expect(await ended(one)).toMatchObject({ code: 4001, reason: 'as you wish' })
  const two = await client(listener)
  two.close(3000, 'enough')
  await expect(Promise.all(closings)).resolves.toEqual([
    { code: 4001, reason: expect.any(String) as string },
    { code: 3000, reason: 'enough' },
  ])
})

test('a handler that fails on opening closes with 1011 and says nothing of why', async () => {
  const errors: unknown[] = []
  const listener = await serving(
    () => {
      throw new Error('secret')
    },
    { onError: (error) => errors.push(error) },
  )
  const socket = new WebSocket(listener.url.replace('http', 'ws'))
  expect(await ended(socket)).toMatchObject({ code: 1011, reason: 'Internal error' })
  expect(errors).toHaveLength(1)
})

test('another upgrade than to WebSocket is served as the plain request that it also is', async () => {
  const listener = await serving(() => undefined)
  const socket = connect(listener.port, '127.0.0.1')
  opened.push(socket)
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n')
  let text = ''
  for await (const chunk of socket) text += String(chunk)
  expect(text).toMatch(/^HTTP\/1\.1 200 [^]*plain/)
})

test('a handshake that is none is refused with 400', async () => {
  const listener = await serving(() => undefined)
  const socket = connect(listener.port, '127.0.0.1')
  opened.push(socket)
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  let text = ''
  for await (const chunk of socket) text += String(chunk)
  expect(text).toMatch(/^HTTP\/1\.1 400 /)
})

test('an application without WebSockets serves the request as any other', async () => {
  const listener = await listen(
    { fetch: () => new Response('plain', { headers: { connection: 'close' } }) },
    { port: 0 },
  )
  opened.push(listener)
  expect(await raw(listener).all).toMatch(/^HTTP\/1\.1 200 [^]*plain/)
})
