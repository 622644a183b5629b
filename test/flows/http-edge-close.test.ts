/** How a listener stops, over real sockets: nothing that was begun is lost, nothing idle is waited for. */

import { connect, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { listen, type Listenable, type Listener } from '../../src/http/listen.ts'

const sockets: Socket[] = []

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
})

function wire(
  listener: Listener,
  sent: string,
): { socket: Socket; all: Promise<string>; first: Promise<void> } {
  const socket = connect(listener.port, '127.0.0.1')
  sockets.push(socket)
  let received = ''
  const first = new Promise<void>((resolve) => socket.once('data', () => resolve()))
  socket.on('data', (chunk) => (received += chunk.toString('latin1')))
  socket.on('error', () => undefined)
  socket.write(sent)
  return { socket, first, all: new Promise((resolve) => socket.on('close', () => resolve(received))) }
}

const get = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'
const hello: Listenable = { fetch: (_request, { Response: Answer = Response }) => new Answer('hello') }

test('idle connections do not keep it open: neither used ones nor those kept in reserve', async () => {
  const listener = await listen(hello, {
    port: 0,
    keepAliveTimeout: 600,
    headersTimeout: 600,
    requestTimeout: 600,
  })
  const used = wire(listener, get)
  await used.first
  const reserve = wire(listener, '')
  await new Promise((resolve) => reserve.socket.once('connect', resolve))
  // the grace is longer than the test may take: only a clean end can pass
  await listener.close({ grace: 600 })
  expect(await used.all).toContain('hello')
  expect(await reserve.all).toBe('')
})

test('SECURITY R13: a request in flight is answered, its connection then closed, and no new one is taken', async () => {
  const { promise: gate, resolve: open } = Promise.withResolvers<void>()
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  const listener = await listen(
    {
      async fetch() {
        begin()
        await gate
        return new Response('finished')
      },
    },
    { port: 0, keepAliveTimeout: 600 },
  )
  const { all } = wire(listener, get)
  await begun
  const closed = listener.close({ grace: 600 })
  await expect(fetch(listener.url)).rejects.toThrow()
  open()
  const text = await all
  expect(text).toContain('finished')
  expect(text).toMatch(/connection: close/i)
  await closed
})

test('a stream in flight is sent to its end', async () => {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  const body = new ReadableStream<Uint8Array>({ start: (given) => void (controller = given) })
  const listener = await listen({ fetch: () => new Response(body) }, { port: 0, keepAliveTimeout: 600 })
  const bytes = new TextEncoder()
  const { first, all } = wire(listener, get)
  controller?.enqueue(bytes.encode('one'))
  await first
  const closed = listener.close({ grace: 600 })
  controller?.enqueue(bytes.encode('two'))
  controller?.close()
  await closed
  expect(await all).toMatch(/one[^]*two[^]*\r\n0\r\n\r\n$/)
})

test('what is still open after the grace is cut', async () => {
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  const listener = await listen(
    {
      fetch() {
        begin()
        return new Promise(() => undefined)
      },
    },
    { port: 0 },
  )
  const { all } = wire(listener, get)
  await begun
  await listener.close({ grace: 0.2 })
  expect(await all).toBe('')
})

test('half a request is given the grace to become whole', async () => {
  const listener = await listen(hello, { port: 0 })
  const { socket, all } = wire(listener, 'GET / HTTP/1.1\r\n')
  // until the server has read the half
  await fetch(listener.url)
  const closed = listener.close({ grace: 600 })
  socket.write('Host: localhost\r\n\r\n')
  await closed
  expect(await all).toContain('hello')
})

test('a WebSocket that is asked for while it closes is refused with 503', async () => {
  let isOpen = false
  const listener = await listen(
    { ...hello, upgrade: () => ({ open: () => void (isOpen = true) }) },
    { port: 0 },
  )
  const { socket, all } = wire(listener, 'GET / HTTP/1.1\r\nHost: localhost\r\n')
  await fetch(listener.url)
  const closed = listener.close({ grace: 600 })
  socket.write(
    'Connection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  )
  expect(await all).toMatch(/^HTTP\/1\.1 503 [^]*retry-after: 1/i)
  await closed
  expect(isOpen).toBe(false)
})

test('work that was left to be done after the answer is waited for, within the grace', async () => {
  let isDone = false
  const { promise: gate, resolve: open } = Promise.withResolvers<void>()
  const listener = await listen(
    {
      fetch(_request, info) {
        info.waitUntil?.(gate.then(() => void (isDone = true)))
        return new Response('early')
      },
    },
    { port: 0 },
  )
  expect(await (await fetch(listener.url)).text()).toBe('early')
  const closed = listener.close({ grace: 600 })
  expect(isDone).toBe(false)
  open()
  await closed
  expect(isDone).toBe(true)
})

test('work that never ends does not keep it open for ever', async () => {
  const listener = await listen(
    {
      fetch(_request, info) {
        info.waitUntil?.(new Promise(() => undefined))
        return new Response('early')
      },
    },
    { port: 0 },
  )
  await (await fetch(listener.url)).text()
  await listener.close({ grace: 0.2 })
})

test('an open WebSocket is told that we are going away (1001)', async () => {
  const listener = await listen({ ...hello, upgrade: () => ({ open: () => undefined }) }, { port: 0 })
  const client = new WebSocket(listener.url.replace('http', 'ws'))
  const ended = new Promise<CloseEvent>((resolve) => client.addEventListener('close', resolve))
  await new Promise((resolve) => client.addEventListener('open', resolve))
  await listener.close({ grace: 600 })
  expect((await ended).code).toBe(1001)
})

test('a WebSocket that does not answer the farewell is cut after the grace', async () => {
  const listener = await listen({ ...hello, upgrade: () => ({ open: () => undefined }) }, { port: 0 })
  const { first, all } = wire(
    listener,
    'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  )
  await first
  await listener.close({ grace: 0.2 })
  // the close frame with 1001 (0x03e9) was sent all the same
  expect(await all).toContain('\x03\xe9Going away')
})

test('closing twice is closing once, and the port is free afterwards', async () => {
  const listener = await listen(hello, { port: 0 })
  await Promise.all([listener.close(), listener.close()])
  const again = await listen(hello, { port: listener.port })
  expect(await (await fetch(again.url)).text()).toBe('hello')
  await again.close()
})
