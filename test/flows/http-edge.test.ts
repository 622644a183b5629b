/** What the edge does with requests that nobody well-meaning sends, over real sockets. */

import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readText } from '../../src/http/body.ts'
import { HttpError } from '../../src/http/http-error.ts'
import { readJson } from '../../src/http/json-body.ts'
import { asNative } from '../../src/http/node-request.ts'
import { listen, type Listenable, type Listener, type ListenOptions } from '../../src/http/listen.ts'

const opened: (Listener | Socket)[] = []

afterEach(async () => {
  for (const each of opened.splice(0).toReversed()) {
    if ('url' in each) await each.close({ grace: 0.1 })
    else each.destroy()
  }
})

let served = 0
let isLight = false

/** Reads what comes and says how much it was. */
const echo: Listenable = {
  async fetch(request, info) {
    const Answer = info.Response ?? Response
    try {
      const text = await readText(request, 1000)
      served++
      return new Answer(`${request.method} ${new URL(request.url).pathname} ${text.length}`)
    } catch (error) {
      if (!(error instanceof HttpError)) throw error
      return new Answer(JSON.stringify(error), { status: error.status })
    }
  },
}

async function start(target: Listenable = echo, options: ListenOptions = {}): Promise<Listener> {
  const listener = await listen({ ...target, takesLightRequests: isLight }, { port: 0, ...options })
  opened.push(listener)
  served = 0
  return listener
}

interface Wire {
  readonly socket: Socket
  /** Everything that was received until the other side closed. */
  readonly all: Promise<string>
  /** Everything received so far, once it contains this. */
  readonly until: (text: string) => Promise<string>
}

function wire(listener: Listener, sent = ''): Wire {
  const socket = connect(listener.port, '127.0.0.1')
  opened.push(socket)
  let received = ''
  const waiting = new Set<() => void>()
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1')
    for (const look of waiting) look()
  })
  socket.on('error', () => undefined)
  const all = new Promise<string>((resolve) => socket.on('close', () => resolve(received)))
  socket.write(sent)
  return {
    socket,
    all,
    until: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (received.includes(text)) resolve(received)
        }
        waiting.add(look)
        look()
        socket.on('close', () => reject(new Error(`closed before ${text}: ${received}`)))
      }),
  }
}

const get = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'

describe.each([
  ['native requests', false],
  ['light requests', true],
])('with %s', (_kind, light) => {
  beforeEach(() => {
    isLight = light
  })

  test.each([
    [
      'both Transfer-Encoding and Content-Length',
      'Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n',
    ],
    ['both, the other way round', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['two different lengths', 'Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!'],
    ['the same length twice', 'Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello'],
    ['two lengths in one header', 'Content-Length: 5, 5\r\n\r\nhello'],
    ['a length that is no number', 'Content-Length: 5x\r\n\r\nhello'],
    ['a signed length', 'Content-Length: +5\r\n\r\nhello'],
    ['an unknown transfer coding', 'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n'],
    ['a chunked that is not last', 'Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n'],
    ['a space before the colon', 'Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n'],
    ['a folded header', 'X: a\r\n b: c\r\nContent-Length: 0\r\n\r\n'],
    ['a bare line feed', 'Content-Length: 0\nX: y\r\n\r\n'],
    ['a NUL in a value', 'X: a\0b\r\nContent-Length: 0\r\n\r\n'],
  ])(
    'SECURITY 290: %s is refused with 400, the connection closed, what follows not served',
    async (_what, rest) => {
      const listener = await start()
      const answer = await wire(listener, `POST / HTTP/1.1\r\nHost: localhost\r\n${rest}${get}`).all
      expect(answer).toMatch(/^HTTP\/1\.1 400 /)
      expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1)
      expect(served).toBe(0)
    },
  )

  test.each([
    ['a size that is no number', 'zz\r\nhello\r\n0\r\n\r\n'],
    ['a size with a sign', '-5\r\nhello\r\n0\r\n\r\n'],
    ['data longer than its size', '3\r\nhello\r\n0\r\n\r\n'],
    ['a size beyond every number', 'ffffffffffffffffff\r\nhello'],
    ['a bare line feed after the size', '5\nhello\r\n0\r\n\r\n'],
  ])('SECURITY 290: a chunk with %s ends the connection with 400', async (_what, chunk) => {
    const listener = await start()
    const answer = await wire(
      listener,
      `POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}${get}`,
    ).all
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1)
  })

  test('a request without a host, or with two, is refused', async () => {
    const listener = await start()
    const close = 'Connection: close\r\n\r\n'
    for (const hosts of [
      '',
      'Host: a\r\nHost: b\r\n',
      'Host: a, b\r\n',
      'Host: a/b\r\n',
      'Host: x@a\r\n',
      'Host: a:99999\r\n',
    ]) {
      expect(await wire(listener, `GET / HTTP/1.1\r\n${hosts}${close}`).all).toMatch(/^HTTP\/1\.1 400 /)
    }
    expect(served).toBe(0)
  })

  test('a chunked body in pieces is put together', async () => {
    const listener = await start()
    const { until } = wire(
      listener,
      'POST /x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n',
    )
    expect(await until('POST /x 5')).toContain('200 OK')
  })

  test('SECURITY 288, R19: 32 KB of headers get 431 and no handler runs', async () => {
    const listener = await start()
    const many = `GET / HTTP/1.1\r\nHost: localhost\r\n${'X-A: aaaaaaaaaaaaaaaaaaaaaaaa\r\n'.repeat(1100)}\r\n`
    expect(await wire(listener, many).all).toMatch(/^HTTP\/1\.1 431 /)
    const one = `GET / HTTP/1.1\r\nHost: localhost\r\nX-A: ${'a'.repeat(32_768)}\r\n\r\n`
    expect(await wire(listener, one).all).toMatch(/^HTTP\/1\.1 431 /)
    const path = `GET /${'a'.repeat(32_768)} HTTP/1.1\r\nHost: localhost\r\n\r\n`
    expect(await wire(listener, path).all).toMatch(/^HTTP\/1\.1 431 /)
    expect(served).toBe(0)
  })

  test('SECURITY 288: a length of 1 MB is answered with 413 although not a byte of it was sent', async () => {
    const listener = await start()
    const { until, all } = wire(
      listener,
      'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n',
    )
    expect(await until('Content Too Large')).toContain('HTTP/1.1 413 ')
    // what never comes is not waited for
    await all
  })

  test('SECURITY 288, R19: a chunked body is cut off with 413 as soon as it is too long', async () => {
    const listener = await start()
    const { socket, until, all } = wire(
      listener,
      'POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n',
    )
    socket.write(`3e9\r\n${'a'.repeat(1001)}\r\n`)
    expect(await until('Content Too Large')).toContain('HTTP/1.1 413 ')
    await all
  })

  test.each([
    ['known length', `Content-Length: 500000\r\n\r\n${'a'.repeat(500_000)}`],
    ['chunks', `Transfer-Encoding: chunked\r\n\r\n${`1000\r\n${'a'.repeat(4096)}\r\n`.repeat(100)}0\r\n\r\n`],
  ])(
    'a client that is still sending (%s) gets its 413, and may use the connection again',
    async (_how, body) => {
      const listener = await start()
      const { until } = wire(listener, `POST / HTTP/1.1\r\nHost: localhost\r\n${body}${get}`)
      expect(await until('GET / 0')).toMatch(/^HTTP\/1\.1 413 /)
    },
  )

  test('a body is read once: the second reader is told so, and the client gets a bare 500', async () => {
    const errors: unknown[] = []
    const listener = await start(
      {
        async fetch(request) {
          await readText(request, 1000)
          return new Response(await readText(request, 1000))
        },
      },
      { onError: (error) => errors.push(error) },
    )
    const answer = await fetch(listener.url, { method: 'POST', body: 'hello' })
    expect([answer.status, await answer.text()]).toEqual([500, 'Internal Server Error'])
    expect(String(errors)).toContain('already read')
  })

  test('a body that a wrapper has wrapped, cloned or peeked at is still read', async () => {
    const listener = await start({
      async fetch(request, info) {
        const kind = new URL(request.url).pathname
        if (kind === '/clone') await request.clone().text()
        if (kind === '/peek') void request.body
        return echo.fetch(
          kind === '/wrap' ? new Request(asNative(request), { headers: { x: 'y' } }) : request,
          info,
        )
      },
    })
    for (const kind of ['/clone', '/peek', '/wrap']) {
      const answer = await fetch(listener.url + kind, { method: 'POST', body: 'hello' })
      expect(await answer.text()).toBe(`POST ${kind} 5`)
    }
  })

  test('SECURITY 289, R18: headers that come a byte at a time are cut in the set time, while others are served', async () => {
    const listener = await start(echo, { headersTimeout: 0.4 })
    const slow = Array.from({ length: 50 }, () =>
      wire(listener, 'GET / HTTP/1.1\r\nHost: localhost\r\nX-A: '),
    )
    const drip = setInterval(() => slow.forEach(({ socket }) => socket.write('a')), 50)
    const answer = await fetch(listener.url)
    expect(answer.status).toBe(200)
    const ends = await Promise.all(slow.map(({ all }) => all))
    clearInterval(drip)
    expect(new Set(ends.map((text) => text.slice(0, 12)))).toEqual(new Set(['HTTP/1.1 408']))
    expect(served).toBe(1)
  })

  test('SECURITY 289, R18: a body that comes a byte at a time is cut in the set time', async () => {
    const listener = await start(echo, { headersTimeout: 0.3, requestTimeout: 0.5 })
    const { socket, all } = wire(
      listener,
      'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\n',
    )
    const drip = setInterval(() => socket.write('a'), 50)
    expect(await all).toMatch(/^(HTTP\/1\.1 408|$)/)
    clearInterval(drip)
  })

  test('SECURITY 289, R18: a connection that says nothing is closed', async () => {
    const listener = await start(echo, { headersTimeout: 0.3 })
    await wire(listener).all
  })

  test('SECURITY 289, R18: a reader that does not read is cut after the idle time', async () => {
    let stopped: (() => void) | undefined
    const cancelled = new Promise<void>((resolve) => (stopped = resolve))
    const endless: Listenable = {
      fetch: () =>
        new Response(
          new ReadableStream({
            pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
            cancel: () => stopped?.(),
          }),
        ),
    }
    const listener = await start(endless, { idleTimeout: 0.5 })
    const { socket } = wire(listener, get)
    socket.pause()
    await cancelled
  })

  test('an idle connection is kept for the set time and then closed', async () => {
    const listener = await start(echo, { keepAliveTimeout: 0.2 })
    const { all } = wire(listener, get)
    expect((await all).match(/HTTP\/1\.1 200/g)).toHaveLength(1)
  })

  test('SECURITY R15: requests beyond the limit get 503 and Retry-After, and none is lost for the others', async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>()
    const listener = await start(
      {
        async fetch() {
          await gate
          return new Response('late')
        },
      },
      { maxRequests: 2 },
    )
    const first = [wire(listener, get), wire(listener, get)]
    await expect.poll(() => fetch(listener.url).then(({ status }) => status)).toBe(503)
    const refused = await fetch(listener.url)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1'])
    open()
    for (const { until } of first) expect(await until('late')).toContain('200 OK')
    expect((await fetch(listener.url)).status).toBe(200)
  })

  test('SECURITY R18: connections beyond the limit are closed, and free again when others leave', async () => {
    const listener = await start(echo, { maxConnections: 2, maxConnectionsPerAddress: 2 })
    const [one, two] = [wire(listener, get), wire(listener, get)]
    await Promise.all([one.until('GET / 0'), two.until('GET / 0')])
    expect(await wire(listener, get).all).toBe('')
    one.socket.destroy()
    await one.all
    expect(await wire(listener, get).until('GET / 0')).toContain('200 OK')
  })

  test('SECURITY R18: one address cannot take all connections, and gets its own back when they end', async () => {
    const listener = await start(echo, { maxConnections: 4 })
    const own = [wire(listener, get), wire(listener, get)]
    await Promise.all(own.map(({ until }) => until('GET / 0')))
    expect(await wire(listener, get).all).toBe('')
    // Somebody else is served all the same.
    const other = connect({ port: listener.port, host: '127.0.0.1', localAddress: '127.0.0.2' })
    opened.push(other)
    const answer = new Promise<string>((resolve) => other.on('data', (chunk) => resolve(chunk.toString())))
    other.write(get)
    expect(await answer).toMatch(/^HTTP\/1\.1 200 /)
    for (const { socket } of own) socket.destroy()
    // The listener hears of it a moment later.
    const again = async (): Promise<number> => {
      const two = [wire(listener, get), wire(listener, get)]
      const texts = await Promise.all(
        two.map(({ until, all }) => Promise.race([until('GET / 0').catch(() => ''), all])),
      )
      for (const { socket } of two) socket.destroy()
      return texts.filter((text) => text.includes('200 OK')).length
    }
    await expect.poll(again, { timeout: 5000 }).toBe(2)
  })

  test('behind a proxy that is trusted all connections may come from it', async () => {
    const listener = await start(echo, { maxConnections: 2, trustProxy: 'loopback' })
    const own = [wire(listener, get), wire(listener, get)]
    for (const { until } of own) expect(await until('GET / 0')).toContain('200 OK')
  })

  test('SECURITY 278: what a handler throws, now or later, is a bare 500; the cause goes to the log', async () => {
    const errors: unknown[] = []
    const listener = await start(
      {
        fetch(request) {
          if (request.url.endsWith('/now')) throw new Error('secret one')
          return Promise.reject(new Error('secret two'))
        },
      },
      { onError: (error) => errors.push(error) },
    )
    for (const path of ['/now', '/later']) {
      const answer = await fetch(listener.url + path)
      expect([answer.status, await answer.text()]).toEqual([500, 'Internal Server Error'])
    }
    expect(errors.map(String)).toEqual(['Error: secret one', 'Error: secret two'])
  })

  test('SECURITY 278: a response that cannot be written is a 500 and the listener lives on', async () => {
    const listener = await start(
      {
        fetch: (request, { Response: Answer = Response }) =>
          request.url.endsWith('/bad')
            ? new Answer('x', { headers: { 'x-bad': 'a\r\nb: c' } })
            : new Answer('good'),
      },
      { onError: () => undefined },
    )
    expect((await fetch(`${listener.url}/bad`)).status).toBe(500)
    expect(await (await fetch(listener.url)).text()).toBe('good')
  })

  test.each(['TRACE', 'CONNECT', 'TRACK', 'FOO'])(
    'SECURITY 294: %s is refused and echoes nothing',
    async (method) => {
      const listener = await start()
      const text = await wire(
        listener,
        `${method} /x HTTP/1.1\r\nHost: localhost\r\nCookie: a=secret\r\nConnection: close\r\n\r\n`,
      ).all
      // what the parser does not know is a 400; a CONNECT is hung up on
      expect(text).toMatch(method === 'TRACE' ? /^HTTP\/1\.1 405 [^]*allow: GET/i : /^(HTTP\/1\.1 400 |$)/)
      expect(text).not.toContain('secret')
      expect(served).toBe(0)
    },
  )

  test('SECURITY 294: a header does not change the method', async () => {
    const listener = await start()
    const headers = {
      'x-http-method-override': 'DELETE',
      'x-method-override': 'DELETE',
      'x-http-method': 'DELETE',
    }
    const answer = await fetch(`${listener.url}/x?_method=DELETE`, { method: 'POST', headers })
    expect(await answer.text()).toBe('POST /x 0')
  })

  test('SECURITY 293: a hostile URL or host reaches the application as a URL and nothing else', async () => {
    const urls: string[] = []
    const listener = await start({
      fetch(request) {
        urls.push(new URL(request.url).href)
        return new Response('ok')
      },
    })
    for (const line of [
      '//evil.example/x',
      '/%00',
      '/a/../../b',
      '/\\\\evil',
      'http://other.example/x',
      '/?a=%',
    ]) {
      expect(await wire(listener, `GET ${line} HTTP/1.1\r\nHost: localhost\r\n\r\n`).until('ok')).toContain(
        '200',
      )
    }
    for (const host of ['evil.example/..', 'a b', 'user@evil.example', 'localhost:99999']) {
      const answer = await wire(listener, `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`).all
      expect(answer).toMatch(/^HTTP\/1\.1 (200|400)/)
    }
    expect(urls.filter((url) => !URL.canParse(url))).toEqual([])
    expect(urls.slice(0, 4).every((url) => url.startsWith('http://localhost/'))).toBe(true)
  })

  test('the address of the client is known, and a header cannot change it unless its sender is trusted', async () => {
    const who: Listenable = {
      fetch: (request, info) => new Response(`${info.address} ${new URL(request.url).protocol}`),
    }
    const forged = { headers: { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https' } }
    const listener = await start(who)
    expect(await (await fetch(listener.url, forged)).text()).toBe('127.0.0.1 http:')
    const behindProxy = await start(who, { trustProxy: 'loopback' })
    expect(await (await fetch(behindProxy.url, forged)).text()).toBe('203.0.113.9 https:')
  })

  test('a stream leaves piece by piece, and stops when the reader goes away', async () => {
    const { promise: gone, resolve: cancelled } = Promise.withResolvers<void>()
    let push: (text: string) => void = () => undefined
    const listener = await start({
      fetch: (_request, { Response: Answer = Response }) =>
        new Answer(
          new ReadableStream({
            start(controller) {
              push = (text) => controller.enqueue(new TextEncoder().encode(text))
              push('data: 1\n\n')
            },
            cancel: () => cancelled(),
          }),
          { headers: { 'content-type': 'text/event-stream' } },
        ),
    })
    const { socket, until } = wire(listener, get)
    await until('data: 1')
    push('data: 2\n\n')
    await until('data: 2')
    socket.destroy()
    await gone
  })

  test('a handler learns that its client has gone', async () => {
    const { promise: aborted, resolve } = Promise.withResolvers<void>()
    const listener = await start(
      {
        fetch: (request) =>
          new Promise((_resolve, reject) => {
            request.signal.addEventListener('abort', () => {
              resolve()
              reject(new Error('gone'))
            })
          }),
      },
      { onError: () => undefined },
    )
    const { socket } = wire(listener, get)
    await new Promise((ready) => socket.once('connect', ready))
    setTimeout(() => socket.destroy(), 100)
    await aborted
  })

  test('a sender who leaves in the middle of a body is an error of theirs, and nothing is reported', async () => {
    const { promise: told, resolve } = Promise.withResolvers<unknown>()
    const reported: unknown[] = []
    const listener = await start(
      {
        async fetch(request) {
          resolve(await readJson(request, { bytes: 1000, depth: 10 }).catch((error: unknown) => error))
          return new Response('late')
        },
      },
      { onError: (error) => reported.push(error), maxRequests: 1 },
    )
    const { socket } = wire(
      listener,
      'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"a"',
    )
    await new Promise((ready) => socket.once('connect', ready))
    setTimeout(() => socket.destroy(), 100)
    expect(await told).toMatchObject({ status: 400, message: 'The body could not be read' })
    // It counts no longer as one in flight: the only place is free.
    const next = await fetch(listener.url, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    })
    expect(await next.text()).toBe('late')
    expect(reported).toEqual([])
  })

  test('JSON over the wire is bounded like everything else', async () => {
    const listener = await start({
      async fetch(request) {
        try {
          return Response.json(await readJson(request, { bytes: 1000, depth: 10 }))
        } catch (error) {
          return Response.json(error, { status: (error as HttpError).status })
        }
      },
    })
    const post = (body: string, type = 'application/json'): Promise<Response> =>
      fetch(listener.url, { method: 'POST', body, headers: { 'content-type': type } })
    expect(await (await post('{"a":[1]}')).json()).toEqual({ value: { a: [1] } })
    expect((await post('['.repeat(900))).status).toBe(400)
    expect((await post('"'.padEnd(1001, 'x'))).status).toBe(413)
    expect((await post('{}', 'text/plain')).status).toBe(415)
  })

  test('a taken port gives one line that names it', async () => {
    const listener = await start()
    const error = await listen(echo, { port: listener.port }).catch((thrown: unknown) => thrown)
    expect((error as Error).message).toBe(`Port ${listener.port} is already in use`)
  })

  test.each([-1, 65_536, 1.5, Number.NaN])(
    'the port %s is refused with what would be right',
    async (port) => {
      await expect(listen(echo, { port })).rejects.toThrow('port must be a whole number from 0 to 65535')
    },
  )

  test('a limit that is none is refused with its name', async () => {
    await expect(listen(echo, { port: 0, requestTimeout: 0 })).rejects.toThrow(
      'requestTimeout must be a number above 0',
    )
  })

  test('an address of another machine is refused with one line', async () => {
    await expect(listen(echo, { port: 0, hostname: '192.0.2.1' })).rejects.toThrow(
      '192.0.2.1 is not an address of this machine',
    )
  })

  test('localhost is answered under its name and its number', async () => {
    const listener = await start()
    expect(listener.url).toBe(`http://localhost:${listener.port}`)
    for (const host of ['localhost', '127.0.0.1']) {
      expect((await fetch(`http://${host}:${listener.port}/`)).status).toBe(200)
    }
  })

  test('a native request whose body was read as a light one says so', async () => {
    const listener = await start({
      async fetch(request) {
        await readText(request, 1000)
        const again = await asNative(request).text().catch(String)
        return new Response(again)
      },
    })
    const answer = await fetch(listener.url, { method: 'POST', body: 'hello' })
    expect(await answer.text()).toMatch(/already (been )?read/)
  })
})
