/** FASTAPI A6: resources, what closes when, and who is told of which error. */

import {
  api,
  anyOf,
  apiKey,
  background,
  dependency,
  HttpError,
  httpBearer,
  json,
  query,
  replace,
  resource,
  security,
  socket,
  stream,
} from 'gatewright'
import type { Dependency } from 'gatewright'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { serve } from './served.ts'

type Lifetime = 'request' | 'handler'

/** A resource that writes down what happens to it. */
function noted(
  log: string[],
  name: string,
  lifetime: Lifetime = 'request',
  needs: Record<string, Dependency<unknown>> = {},
): Dependency<string> {
  return resource(
    needs,
    async function* () {
      log.push(`open ${name}`)
      try {
        yield name
      } catch (error) {
        log.push(`${name} hears ${error instanceof Error ? error.message : String(error)}`)
        throw error
      }
      log.push(`close ${name}`)
    },
    { lifetime },
  )
}

/** Reports of what nobody is waiting for. */
function reports(): { readonly all: unknown[]; readonly report: (error: unknown) => void } {
  const all: unknown[] = []
  return { all, report: (error) => void all.push(error) }
}

test('a request-long resource ends after the response and after background work', async () => {
  const log: string[] = []
  const app = api().get('/', { a: noted(log, 'a'), background }, ({ background }) => {
    background.add(async () => {
      await Promise.resolve()
      log.push('background 1')
    })
    background.add(() => void log.push('background 2'))
    log.push('handler')
    return 'body'
  })
  const answer = await app.request('/')
  log.push('response')
  expect(await answer.json()).toBe('body')
  await app.idle()
  expect(log).toEqual(['open a', 'handler', 'response', 'background 1', 'background 2', 'close a'])
})

test('a handler-long one ends before the response, and what it throws then still changes it', async () => {
  const broken = resource(
    {},
    async function* () {
      yield 1
      throw new HttpError(409, 'Could not commit')
    },
    { lifetime: 'handler' },
  )
  const log: string[] = []
  const app = api().get('/', { a: noted(log, 'a', 'handler'), outer: noted(log, 'outer'), broken }, () => {
    log.push('handler')
    return 'lost'
  })
  const answer = await app.request('/')
  expect([answer.status, await answer.json()]).toEqual([409, { detail: 'Could not commit' }])
  expect(log).toEqual([
    'open a',
    'open outer',
    'handler',
    'a hears Could not commit',
    'outer hears Could not commit',
  ])
})

test('the last that began is the first to end, and handler-long ones end before request-long ones', async () => {
  const log: string[] = []
  const a = noted(log, 'a')
  const b = noted(log, 'b', 'handler', { a })
  const c = noted(log, 'c')
  const d = noted(log, 'd', 'handler')
  const app = api().get('/', { a, b, c, d }, () => 1)
  await app.request('/')
  await app.idle()
  expect(log.slice(4)).toEqual(['close d', 'close b', 'close c', 'close a'])
})

const failures: readonly (readonly [string, Dependency<unknown>, () => unknown, number, string])[] = [
  ['an HTTP error of the handler', query(z.string().optional()), () => refuse(404, 'gone'), 404, 'gone'],
  ['an error nobody foresaw', query(z.string().optional()), () => refuse(0, 'boom'), 500, 'boom'],
  ['the failure of a later dependency', dependency({}, () => refuse(409, 'later')), () => 1, 409, 'later'],
  ['gathered validation errors', query(z.number()), () => 1, 422, 'The request does not fit the route'],
  [
    'a result that cannot be written',
    query(z.string().optional()),
    () => 10n,
    500,
    'Do not know how to serialize a BigInt',
  ],
]

test.each(failures)('%s is thrown into everything that is open, innermost first', async (...row) => {
  const [, last, handler, status, message] = row
  const log: string[] = []
  const { report } = reports()
  const app = api({ report }).get(
    '/',
    { a: noted(log, 'a'), b: noted(log, 'b', 'handler'), c: noted(log, 'c'), last },
    handler,
  )
  expect((await app.request('/')).status).toBe(status)
  const innermostFirst = status === 500 && message !== 'boom' ? ['c', 'a'] : ['b', 'c', 'a']
  expect(log.filter((line) => line.includes('hears'))).toEqual(
    innermostFirst.map((name) => `${name} hears ${message}`),
  )
})

test('a resource may make another error of it, which then decides', async () => {
  const converting = resource({}, async function* () {
    try {
      yield 1
    } catch {
      throw new HttpError(503, 'The database is away')
    }
  })
  const log: string[] = []
  const { report } = reports()
  const app = api({ report }).get('/', { outer: noted(log, 'outer'), converting }, () =>
    refuse(0, 'connection lost'),
  )
  const answer = await app.request('/')
  expect([answer.status, await answer.json()]).toEqual([503, { detail: 'The database is away' }])
  expect(log).toEqual(['open outer', 'outer hears The database is away'])
})

test('one that swallows an error makes it a bare 500, and the author is told', async () => {
  const swallowing = resource({}, async function* () {
    try {
      yield 1
    } catch {
      // and nothing else
    }
  })
  const { all, report } = reports()
  const app = api({ report }).get('/', { swallowing }, () => refuse(404, 'gone'))
  const answer = await app.request('/')
  expect([answer.status, await answer.text()]).toEqual([500, 'Internal Server Error'])
  expect(String(all[0])).toMatch(/swallowed the error/)
  expect((all[0] as Error).cause).toBeInstanceOf(HttpError)
})

test('what a request-long one throws at its end comes too late for the client and is reported', async () => {
  const late = resource({}, async function* () {
    yield 1
    throw new Error('too late')
  })
  const log: string[] = []
  const { all, report } = reports()
  const app = api({ report }).get('/', { outer: noted(log, 'outer'), late }, () => 'body')
  expect((await app.request('/')).status).toBe(200)
  await app.idle()
  expect(all.map(String)).toEqual(['Error: too late'])
  expect(log).toEqual(['open outer', 'outer hears too late'])
})

test.each([
  ['nothing', async function* () {}, /must yield its value once/],
  [
    'twice',
    async function* () {
      yield 1
      yield 2
    },
    /must yield once/,
  ],
])('one that yields %s is a fault of the application', async (_, open, message) => {
  const { all, report } = reports()
  const made = resource<Record<never, never>, unknown>({}, open)
  const app = api({ report }).get('/', { made }, () => 1)
  await app.request('/')
  await app.idle()
  expect(String(all[0])).toMatch(message)
})

test('a plain generator does as well', async () => {
  const log: string[] = []
  const plain = resource({}, function* () {
    try {
      yield 7
    } finally {
      log.push('closed')
    }
  })
  const app = api().get('/', { plain }, ({ plain }) => plain)
  expect(await (await app.request('/')).json()).toBe(7)
  await app.idle()
  expect(log).toEqual(['closed'])
})

test('while a body streams a request-long one stays open, a handler-long one is closed before the first piece', async () => {
  const log: string[] = []
  const app = api().get('/', { a: noted(log, 'a'), b: noted(log, 'b', 'handler') }, () => {
    async function* pieces() {
      log.push('first')
      yield 'one '
      log.push('second')
      yield 'two'
    }
    return stream(pieces(), 'text/plain')
  })
  const answer = await app.request('/')
  expect(await answer.text()).toBe('one two')
  await app.idle()
  expect(log).toEqual(['open a', 'open b', 'close b', 'first', 'second', 'close a'])
})

test('a stream that breaks is thrown into what was opened for it, and reported', async () => {
  const log: string[] = []
  const { all, report } = reports()
  const app = api({ report }).get('/', { a: noted(log, 'a') }, () => {
    async function* pieces() {
      yield 'one '
      throw new Error('the disk is gone')
    }
    return stream(pieces(), 'text/plain')
  })
  await expect((await app.request('/')).text()).rejects.toThrow('the disk is gone')
  await app.idle()
  expect(log).toEqual(['open a', 'a hears the disk is gone'])
  expect(all.map(String)).toEqual(['Error: the disk is gone'])
})

test('a stream that breaks with nothing open for it is reported too, and the server lives on', async () => {
  const { all, report } = reports()
  const app = api({ report })
    .get('/', {}, () => {
      async function* pieces() {
        yield 'one '
        throw new Error('the disk is gone')
      }
      return stream(pieces(), 'text/plain')
    })
    .get('/next', {}, () => 'next')
  await using served = await serve(app)
  await expect(served.send('/')).rejects.toThrow()
  expect(all.map(String)).toEqual(['Error: the disk is gone'])
  expect((await served.send('/next')).body).toBe('next')
})

test('a client that goes away ends the stream and closes what was opened for it', async () => {
  const log: string[] = []
  const app = api().get('/', { a: noted(log, 'a') }, () => {
    async function* pieces() {
      try {
        for (;;) {
          yield 'x'.repeat(10_000)
          await new Promise((resolve) => setTimeout(resolve, 1))
        }
      } finally {
        log.push('stream ends')
      }
    }
    return stream(pieces())
  })
  await using served = await serve(app)
  const leaving = new AbortController()
  const answer = await fetch(`${served.url}/`, { signal: leaving.signal })
  await answer.body?.getReader().read()
  leaving.abort()
  await app.idle()
  expect(log).toEqual(['open a', 'stream ends', 'close a'])
})

test('a HEAD request runs the handler of GET and closes what it opened', async () => {
  const log: string[] = []
  const app = api().get('/', { a: noted(log, 'a') }, () => {
    async function* pieces() {
      yield 'never sent'
    }
    return stream(pieces())
  })
  const answer = await app.request('/', { method: 'HEAD' })
  expect([answer.status, answer.body]).toEqual([200, null])
  await app.idle()
  expect(log).toEqual(['open a', 'close a'])
})

test('on a WebSocket both lifetimes end with the handler, the short ones first', async () => {
  const log: string[] = []
  const app = api().webSocket(
    '/ws',
    { a: noted(log, 'a'), b: noted(log, 'b', 'handler'), socket },
    async ({ socket }) => {
      socket.send('hello')
      log.push('handler')
    },
  )
  await using served = await serve(app)
  expect(await served.converse('/ws')).toEqual({ messages: ['hello'], code: 1000 })
  await app.idle()
  expect(log).toEqual(['open a', 'open b', 'handler', 'close b', 'close a'])
})

test('what a WebSocket handler throws is thrown into them, reported, and closes with 1011', async () => {
  const log: string[] = []
  const { all, report } = reports()
  const app = api({ report }).webSocket('/ws', { a: noted(log, 'a'), socket }, () => refuse(0, 'boom'))
  await using served = await serve(app)
  expect((await served.converse('/ws')).code).toBe(1011)
  await app.idle()
  expect(log).toEqual(['open a', 'a hears boom'])
  expect(all.map(String)).toEqual(['Error: boom'])
})

test('a handshake that is refused closes what was opened for it', async () => {
  const log: string[] = []
  const app = api().webSocket('/ws', { a: noted(log, 'a'), n: query(z.number()), socket }, () => 1)
  await using served = await serve(app)
  expect((await served.handshake('/ws?n=x')).status).toBe(422)
  expect(log).toEqual(['open a', 'a hears The request does not fit the route'])
})

test('what an alternative opened is closed when another scheme then turns the caller away', async () => {
  const log: string[] = []
  const token = httpBearer({ verify: (text) => text })
  const key = apiKey({ header: 'x-key', verify: (text) => text })
  const strict = apiKey({ header: 'x-strict', verify: (text) => text })
  const withSession = dependency({ token, session: noted(log, 'session') }, ({ session }) => session)
  const needs = { caller: anyOf(withSession, key), strict }
  const app = api()
    .get('/', needs, ({ caller }) => caller)
    .webSocket('/ws', { ...needs, socket }, () => 1)
  await using served = await serve(app)
  const headers = { authorization: 'Bearer t' }
  expect((await served.send('/', { headers })).status).toBe(401)
  expect((await served.handshake('/ws', headers)).status).toBe(401)
  const once = ['open session', 'session hears Not authenticated']
  expect(log).toEqual([...once, ...once])
  expect((await served.send('/', { headers: { ...headers, 'x-strict': 's' } })).body).toBe('session')
})

test('nothing is opened for a caller without credentials', async () => {
  const log: string[] = []
  const token = httpBearer({ verify: (text) => text })
  const app = api().post('/', { a: noted(log, 'a'), token, body: json(z.unknown()) }, ({ token }) => token)
  expect((await app.request('/', { method: 'POST' })).status).toBe(401)
  expect(log).toEqual([])
})

test('a scheme replaced by a resource is closed when it refuses', async () => {
  const log: string[] = []
  const scheme = httpBearer({ scopes: { me: 'You' }, verify: () => ({ scopes: ['me'] as string[] }) })
  const app = api().get('/', { scheme: security(scheme, ['me']) }, () => 1)
  const stand = resource({ note: noted(log, 'stand') }, async function* () {
    yield { scopes: [] as string[] }
  })
  const copy = app.with(replace(scheme, stand))
  expect((await copy.request('/')).status).toBe(403)
  await copy.idle()
  expect(log).toEqual(['open stand', 'stand hears This needs the scope me'])
})

function refuse(status: number, message: string): never {
  throw status === 0 ? new Error(message) : new HttpError(status, message)
}
