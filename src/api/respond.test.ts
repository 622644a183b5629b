import { expect, test } from 'vitest'
import {
  api,
  background,
  dependency,
  events,
  HttpError,
  httpBearer,
  OAuthError,
  resource,
  response,
  signal,
  stream,
  ValidationError,
  query,
} from '../index.ts'
import { z } from 'zod'

const quiet = { report: () => undefined }

test("a handler's result is JSON, and undefined is null", async () => {
  const results: readonly unknown[] = [
    undefined,
    null,
    0,
    '',
    false,
    [],
    {},
    'text',
    [undefined],
    { a: undefined },
  ]
  for (const result of results) {
    const answer = await api()
      .get('/', {}, () => result)
      .request('/')
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(await answer.text()).toBe(JSON.stringify(result) ?? 'null')
  }
})

test('a result that is no JSON is a bare 500', async () => {
  const circle: { self?: unknown } = {}
  circle.self = circle
  for (const result of [10n, circle, { toJSON: () => fail('x') }]) {
    const answer = await api(quiet)
      .get('/', {}, () => result)
      .request('/')
    expect([answer.status, await answer.text()]).toEqual([500, 'Internal Server Error'])
  }
})

test('text and bytes are streamed as they are made', async () => {
  async function* pieces() {
    yield 'a'
    yield new Uint8Array([98])
  }
  const app = api()
    .get('/stream', {}, () => stream(pieces(), 'text/plain'))
    .get('/generator', {}, () => pieces())
    .get('/readable', {}, () => new Blob(['ab']).stream())
  for (const [target, type] of [
    ['/stream', 'text/plain'],
    ['/generator', 'application/octet-stream'],
    ['/readable', 'application/octet-stream'],
  ] as const) {
    const answer = await app.request(target)
    expect([answer.headers.get('content-type'), await answer.text()]).toEqual([type, 'ab'])
  }
})

test('server-sent events: no line of data or name can begin a field of its own', async () => {
  async function* ticks() {
    yield { data: { n: 1 } }
    yield { data: 'two\nlines\r\nand\rmore', event: 'x\nevent: y', id: '7\n\ndata: z', retry: 1500.5 }
    yield { data: undefined }
  }
  const answer = await api()
    .get('/', {}, () => events(ticks()))
    .request('/')
  expect(answer.headers.get('content-type')).toBe('text/event-stream')
  expect(answer.headers.get('cache-control')).toBe('no-cache')
  expect(await answer.text()).toBe(
    [
      'data: {"n":1}',
      '',
      'event: x event: y',
      'id: 7  data: z',
      'retry: 1500',
      'data: two',
      'data: lines',
      'data: and',
      'data: more',
      '',
      'data: null',
      '',
      '',
    ].join('\n'),
  )
})

test('the newest error handler that fits decides; what none wants goes its usual way', async () => {
  class Mine extends Error {}
  class Special extends Mine {}
  const app = api(quiet)
    .onError(Mine, () => ({ by: 'older' }))
    .onError(Mine, (error) => (error.message === 'pass' ? undefined : new Response('newer', { status: 400 })))
    .onError(Special, () => {
      throw new HttpError(409, 'special')
    })
    .get('/mine', {}, () => fail(new Mine('x')))
    .get('/pass', {}, () => fail(new Mine('pass')))
    .get('/special', {}, () => fail(new Special('x')))
    .get('/other', {}, () => fail(new Error('x')))
  const ask = async (target: string) => {
    const answer = await app.request(target)
    return [answer.status, await answer.text()]
  }
  expect(await ask('/mine')).toEqual([400, 'newer'])
  expect(await ask('/pass')).toEqual([500, '{"by":"older"}'])
  expect(await ask('/special')).toEqual([409, '{"detail":"special"}'])
  expect(await ask('/other')).toEqual([500, 'Internal Server Error'])
})

test('refusals, validation errors and what is not there can be worded anew as well', async () => {
  const scheme = httpBearer({ verify: (token) => (token === 'good' ? token : undefined) })
  const app = api({ docs: false, report: () => undefined })
    .onError(HttpError, (error, { url }) =>
      Response.json({ problem: error.status, at: new URL(url).pathname }, { status: error.status }),
    )
    .onError(ValidationError, ({ issues }) => Response.json({ issues: issues.length }, { status: 400 }))
    .get('/', { scheme, n: query(z.number()) }, () => 1)
  const ask = async (target: string, token?: string) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const answer = await app.request(target, { headers })
    return [answer.status, await answer.json()]
  }
  expect(await ask('/')).toEqual([401, { problem: 401, at: '/' }])
  expect(await ask('/', 'bad')).toEqual([401, { problem: 401, at: '/' }])
  expect(await ask('/?n=x', 'good')).toEqual([400, { issues: 1 }])
})

test('an error handler that fails itself is a bare 500 and lets nobody through', async () => {
  const all: unknown[] = []
  const scheme = httpBearer({ verify: () => undefined })
  const app = api({ report: (error) => void all.push(error) })
    .onError(HttpError, () => fail(new Error('handler broke')))
    .get('/', { scheme }, () => 'in')
  const answer = await app.request('/')
  expect([answer.status, await answer.text(), all.map(String)]).toEqual([
    500,
    'Internal Server Error',
    ['Error: handler broke'],
  ])
})

test('what the server is at fault for is reported, what the caller is at fault for is not', async () => {
  const all: string[] = []
  const app = api({ report: (error) => void all.push(String(error)) })
    .get('/404', {}, () => fail(new HttpError(404)))
    .get('/503', {}, () => fail(new HttpError(503)))
    .get('/grant', {}, () => fail(new OAuthError('invalid_grant', 'no')))
    .get('/server', {}, () => fail(new OAuthError('server_error', 'ours')))
  for (const target of ['/404', '/503', '/grant', '/server', '/nowhere']) await app.request(target)
  expect(all).toEqual(['Outage: Service Unavailable', 'OAuthError: ours'])
})

test('after its time a route answers 503, aborts its signal, and its late result changes nothing', async () => {
  const log: string[] = []
  const transaction = resource(
    {},
    async function* () {
      try {
        yield 1
        log.push('commit')
      } catch {
        log.push('rollback')
        throw new Error('rolled back')
      }
    },
    { lifetime: 'handler' },
  )
  const app = api({ ...quiet, limits: { timeout: 0.02 } }).get(
    '/',
    { signal, transaction },
    ({ signal }) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          log.push('aborted')
          resolve('late')
        })
      }),
  )
  const answer = await app.request('/')
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1'])
  await expect.poll(() => log).toEqual(['aborted', 'rollback'])
})

test('a route may have a time of its own, or none', async () => {
  const wait = () => new Promise((resolve) => setTimeout(resolve, 60, 'done'))
  const app = api({ limits: { timeout: 0.02 } }).get('/', {}, { limits: { timeout: 0 } }, wait)
  expect((await app.request('/')).status).toBe(200)
})

test('background work runs in order after the response; what it throws is reported and stops nothing', async () => {
  const log: string[] = []
  const app = api({ report: (error) => void log.push(String(error)) })
    .get('/', { background }, ({ background }) => {
      background.add(() => fail(new Error('one')))
      background.add(async () => {
        await Promise.resolve()
        log.push('two')
        background.add(() => void log.push('three'))
      })
      return 'body'
    })
    .get('/fails', { background }, ({ background }) => {
      background.add(() => void log.push('never'))
      return fail(new HttpError(400))
    })
  expect(await (await app.request('/')).json()).toBe('body')
  expect(log).toEqual([])
  await app.idle()
  expect(log).toEqual(['Error: one', 'two', 'three'])
  await app.request('/fails')
  await app.idle()
  expect(log).not.toContain('never')
})

test('start hooks run once before the first request, stop hooks once after the last, newest first', async () => {
  const log: string[] = []
  const app = api()
    .onStart(async () => {
      await new Promise((resolve) => setTimeout(resolve, 5))
      log.push('start')
    })
    .onStop(() => void log.push('first in'))
    .onStop(() => void log.push('last in'))
    .get('/', { background }, ({ background }) => {
      log.push('request')
      background.add(() => void log.push('background'))
    })
  await Promise.all([app.request('/'), app.request('/')])
  await app.stop()
  await app.stop()
  expect(log).toEqual(['start', 'request', 'request', 'background', 'background', 'last in', 'first in'])
})

test('what a dependency throws before the handler is an error like any other', async () => {
  const broken = dependency({ response }, ({ response }) => {
    response.headers.set('x-lost', '1')
    return fail(new Error('broken'))
  })
  const answer = await api(quiet)
    .get('/', { broken }, () => 1)
    .request('/')
  expect([answer.status, answer.headers.get('x-lost')]).toEqual([500, null])
})

function fail(error: unknown): never {
  throw error
}

test('an error that says it is transient is 503 with Retry-After, and is reported', async () => {
  const reported: unknown[] = []
  const away = Object.assign(new Error('connection to db.internal lost'), { isTransient: true })
  const app = api({ report: (error) => reported.push(error) }).get('/', {}, () => {
    throw away
  })
  const response = await app.request('/')
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1'])
  expect(await response.json()).toEqual({ detail: 'Service Unavailable' })
  expect(reported).toEqual([expect.objectContaining({ name: 'Outage', message: away.message, cause: away })])
})
