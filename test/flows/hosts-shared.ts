/** What must hold in every host, told once. */

import { connect } from 'node:net'
import { expect, test } from 'vitest'
import type { Probe } from './hosts-app.ts'

/** A framework with the application mounted at `/api`, listening. */
export interface Host {
  readonly url: string
  close(): Promise<void>
}

/** Adds the tests. `start` mounts at `/api`; with `parsers` the framework has read the body before. */
export function testHost(
  name: string,
  start: (app: Probe, parsers: boolean) => Promise<Host>,
  app: () => Probe,
): void {
  async function within(use: (host: Host, app: Probe) => Promise<void>, parsers = false): Promise<void> {
    const mounted = app()
    const host = await start(mounted, parsers)
    try {
      await use(host, mounted)
    } finally {
      await host.close()
    }
  }

  test(`${name}: the application gets the public URL, and how much of it is not its own`, async () => {
    await within(async ({ url }) => {
      const answer = await fetch(`${url}/api/users/me?x=%2F&y`)
      expect(await answer.json()).toEqual({
        method: 'GET',
        url: `${url}/api/users/me?x=%2F&y`,
        below: '/users/me',
        basePath: '/api',
        address: '127.0.0.1',
      })
      expect(await (await fetch(`${url}/api`)).json()).toMatchObject({ below: '', basePath: '/api' })
    })
  })

  test(`${name}: every method comes through, HEAD without a body`, async () => {
    await within(async ({ url }) => {
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
        expect(await (await fetch(`${url}/api/x`, { method })).json()).toMatchObject({ method })
      }
      const head = await fetch(`${url}/api/x`, { method: 'HEAD' })
      expect([head.status, await head.text()]).toEqual([200, ''])
    })
  })

  test(`${name}: SECURITY 294: TRACE echoes nothing`, async () => {
    await within(async ({ url }) => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1')
      socket.write(
        'TRACE /api/x HTTP/1.1\r\nHost: localhost\r\nCookie: a=secret\r\nConnection: close\r\n\r\n',
      )
      let text = ''
      for await (const piece of socket) text += String(piece)
      expect(text).toMatch(/^HTTP\/1\.1 40[045] /)
      expect(text).not.toContain('secret')
    })
  })

  test.each([false, true])(`${name}: JSON arrives (a parser has read it before: %s)`, async (parsers) => {
    await within(async ({ url }) => {
      const body = '{"a":[1,"ä",null],"b":{"c":true}}'
      const headers = { 'content-type': 'application/json; charset=utf-8' }
      const answer = await fetch(`${url}/api/json`, { method: 'POST', body, headers })
      expect(await answer.json()).toEqual({ value: JSON.parse(body) as unknown })
    }, parsers)
  })

  test.each([false, true])(`${name}: a form arrives (a parser has read it before: %s)`, async (parsers) => {
    await within(async ({ url }) => {
      const body = new URLSearchParams('username=ä+%26&scope=a+b&empty=&list=1&list=2')
      const answer = await fetch(`${url}/api/form`, { method: 'POST', body })
      expect(await answer.json()).toEqual([...body])
    }, parsers)
  })

  test.each([false, true])(`${name}: text arrives (a parser has read it before: %s)`, async (parsers) => {
    await within(async ({ url }) => {
      const answer = await fetch(`${url}/api/bytes`, { method: 'POST', body: 'hällo' })
      expect(await answer.text()).toBe('hällo')
    }, parsers)
  })

  test.each([false, true])(`${name}: an empty body arrives as one (parsers: %s)`, async (parsers) => {
    await within(async ({ url }) => {
      const answer = await fetch(`${url}/api/bytes`, { method: 'POST' })
      expect([answer.status, await answer.text()]).toEqual([200, ''])
    }, parsers)
  })

  test(`${name}: a multipart form with a file arrives`, async () => {
    await within(async ({ url }) => {
      const body = new FormData()
      body.append('title', 'ä')
      body.append('file', new File(['content'], 'a.txt', { type: 'text/x-test' }))
      const answer = await fetch(`${url}/api/form`, { method: 'POST', body })
      expect(await answer.json()).toEqual([
        ['title', 'ä'],
        ['file', 'a.txt text/x-test content'],
      ])
    })
  })

  test(`${name}: bytes arrive as they are`, async () => {
    await within(async ({ url }) => {
      const body = Uint8Array.from({ length: 100_000 }, (_, at) => at % 256)
      const headers = { 'content-type': 'application/octet-stream' }
      const answer = await fetch(`${url}/api/bytes`, { method: 'POST', body, headers })
      expect(await answer.bytes()).toEqual(body)
    })
  })

  test(`${name}: SECURITY 288: a body above the application's limit gets its 413`, async () => {
    await within(async ({ url }) => {
      const headers = { 'content-type': 'application/json' }
      const answer = await fetch(`${url}/api/json`, { method: 'POST', body: '"'.padEnd(5000, 'x'), headers })
      expect(answer.status).toBe(413)
      expect((await fetch(`${url}/api/x`)).status).toBe(200)
    })
  })

  test(`${name}: cookies go in, several come out, each whole`, async () => {
    await within(async ({ url }) => {
      const answer = await fetch(`${url}/api/cookies`, { headers: { cookie: 'x=1; y=2' } })
      expect(answer.status).toBe(201)
      expect(answer.headers.get('x-got')).toBe('x=1; y=2')
      expect(answer.headers.getSetCookie()).toEqual([
        'a=1; Path=/; Expires=Thu, 01 Jan 2037 00:00:00 GMT',
        'b=2; Path=/',
      ])
    })
  })

  test(`${name}: events leave one by one, and the application learns when the reader has gone`, async () => {
    await within(async ({ url }, { push, gone }) => {
      const abort = new AbortController()
      const answer = await fetch(`${url}/api/events`, { signal: abort.signal })
      expect(answer.headers.get('content-type')).toBe('text/event-stream')
      const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
      for (const event of ['data: 1\n\n', 'data: 2\n\n']) {
        push(event)
        // the second is only sent once the first has come: a buffer in between would stop here
        expect(await reader?.read()).toEqual({ done: false, value: event })
      }
      abort.abort()
      await gone
    })
  })

  test(`${name}: the application learns when a client gives up`, async () => {
    await within(async ({ url }, { gone }) => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1')
      socket.on('error', () => undefined)
      socket.write('GET /api/hang HTTP/1.1\r\nHost: localhost\r\n\r\n')
      setTimeout(() => socket.destroy(), 200)
      await gone
    })
  })
}

/** Where the connection is the application's to keep; Hono's own listener closes it after an unread body. */
export function testReuse(
  name: string,
  start: (app: Probe, parsers: boolean) => Promise<Host>,
  app: () => Probe,
): void {
  test(`${name}: a client that is still sending gets its 413, and may use the connection again`, async () => {
    const host = await start(app(), false)
    const { url } = host
    try {
      const socket = connect(Number(new URL(url).port), '127.0.0.1')
      const chunk = `1000\r\n${'x'.repeat(4096)}\r\n`
      socket.write(
        'POST /api/json HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' +
          `Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(500)}0\r\n\r\n` +
          'GET /api/again HTTP/1.1\r\nHost: localhost\r\n\r\n',
      )
      let text = ''
      for await (const piece of socket) {
        text += String(piece)
        if (text.includes('/again')) break
      }
      expect(text).toMatch(/^HTTP\/1\.1 413 [^]*HTTP\/1\.1 200 /)
    } finally {
      await host.close()
    }
  })
}
