/** FASTAPI A8: the bodies of errors, to the letter. */

import { api, cookie, dependency, form, header, HttpError, json, path, query } from 'gatewright'
import type { Api } from 'gatewright'
import { type } from 'arktype'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { serve } from './served.ts'

const number = z.number()
const login = z.object({ username: z.string(), password: z.string().min(8), age: z.number().optional() })

async function answer(app: Api, target: string, init?: RequestInit) {
  const response = await app.request(target, init)
  const text = await response.text()
  return { status: response.status, headers: response.headers, text }
}

const post = (body: string, type = 'application/json'): RequestInit => ({
  method: 'POST',
  body,
  headers: { 'content-type': type },
})

describe('an HTTP error', () => {
  test.each([
    [new HttpError(404), 404, '{"detail":"Not Found"}'],
    [new HttpError(404, 'No such item'), 404, '{"detail":"No such item"}'],
    [new HttpError(400, { code: 7, why: ['a', null] }), 400, '{"detail":{"code":7,"why":["a",null]}}'],
    [new HttpError(418, null), 418, '{"detail":"Bad Request"}'],
    [new HttpError(503), 503, '{"detail":"Service Unavailable"}'],
    [new HttpError(304), 304, ''],
    [new HttpError(204), 204, ''],
  ])('%s is its status and its detail', async (error, status, body) => {
    const app = api({ report: () => undefined }).get('/', {}, () => {
      throw error
    })
    const { headers, ...rest } = await answer(app, '/')
    expect([rest.status, rest.text]).toEqual([status, body])
    expect(headers.get('content-type')).toBe(body === '' ? null : 'application/json')
  })

  test('brings its headers, from a dependency as well', async () => {
    const busy = dependency({}, () => {
      throw new HttpError(429, 'Later', { headers: { 'Retry-After': '7', 'X-Why': 'busy' } })
    })
    const { headers, status } = await answer(
      api().get('/', { busy }, () => 1),
      '/',
    )
    expect([status, headers.get('retry-after'), headers.get('x-why')]).toEqual([429, '7', 'busy'])
  })

  test.each([
    ['a line break in a header', new HttpError(400, 'x', { headers: { 'x-user': 'a\r\nset-cookie: b=1' } })],
    ['a header name that is none', new HttpError(400, 'x', { headers: { 'x user': 'a' } })],
    ['a status that is none', new HttpError(42, 'x')],
  ])('with %s is a bare 500 and reported', async (_, error) => {
    const all: unknown[] = []
    const app = api({ report: (each) => void all.push(each) }).get('/', {}, () => {
      throw error
    })
    const { status, text, headers } = await answer(app, '/')
    expect([status, text, headers.get('set-cookie')]).toEqual([500, 'Internal Server Error', null])
    expect(all).toHaveLength(1)
  })
})

test('what nobody foresaw is the text Internal Server Error, and nothing about it leaves', async () => {
  const all: unknown[] = []
  const app = api({ report: (error) => void all.push(error) })
    .get('/error', {}, () => {
      throw new Error('password hunter2 at /srv/app.ts')
    })
    .get('/text', {}, () => {
      // oxlint-disable-next-line no-throw-literal -- whatever libraries throw
      throw 'hunter2'
    })
    .get('/nothing', {}, () => Promise.reject(undefined))
  for (const target of ['/error', '/text', '/nothing']) {
    const { status, text, headers } = await answer(app, target)
    expect([status, text, headers.get('content-type')]).toEqual([500, 'Internal Server Error', 'text/plain'])
  }
  expect(all).toHaveLength(3)
})

describe('validation', () => {
  const app = api()
    .get(
      '/all/{id}',
      { id: path(number), page: query(number), xRequestId: header(number), theme: cookie(number) },
      () => 1,
    )
    .post('/login', { login: json(login) }, () => 1)
    .post('/form', { login: form(login) }, () => 1)
    .post('/any', { any: json(z.unknown()) }, ({ any }) => any)

  test('names the place first; header names are as on the wire; what is missing says so', async () => {
    const { status, text } = await answer(app, '/all/x?page=y', { headers: { 'x-request-id': 'z' } })
    expect(status).toBe(422)
    const { detail } = JSON.parse(text) as { detail: Record<string, unknown>[] }
    const type = 'invalid_type'
    const msg = 'Invalid input: expected number, received string'
    expect(detail).toEqual([
      { type, loc: ['path', 'id'], msg, input: 'x' },
      { type, loc: ['query', 'page'], msg, input: 'y' },
      { type, loc: ['header', 'x-request-id'], msg, input: 'z' },
      { type: 'missing', loc: ['cookie', 'theme'], msg: 'Field required', input: null },
    ])
  })

  test('a missing value is to the letter what FastAPI says', async () => {
    const { text } = await answer(
      api().get('/', { q: query(z.string()) }, () => 1),
      '/',
    )
    expect(text).toBe(
      '{"detail":[{"type":"missing","loc":["query","q"],"msg":"Field required","input":null}]}',
    )
  })

  test.each([
    ['{"a":', 5],
    ['', undefined],
    ['nonsense', 0],
    ['{"a":1}}', 7],
    ["{'a':1}", 1],
    ['\ufeff{"a":1', 6],
  ])('broken JSON %o says where', async (body, position) => {
    const { status, text } = await answer(app, '/login', post(body))
    expect(status).toBe(422)
    const { detail } = JSON.parse(text) as { detail: { type: string; loc: unknown[]; msg: string }[] }
    if (position === undefined) expect(detail[0]).toMatchObject({ type: 'missing', loc: ['body'] })
    else {
      expect(detail).toEqual([
        {
          type: 'json_invalid',
          loc: ['body', position],
          msg: 'JSON decode error',
          input: {},
          ctx: { error: expect.any(String) },
        },
      ])
    }
  })

  test('a secret is not repeated, neither by itself nor in what holds it', async () => {
    const secret = 'hunter2'
    for (const [target, init] of [
      ['/login', post(JSON.stringify({ password: secret, age: 'x' }))],
      ['/login', post(JSON.stringify([{ password: secret }]))],
      ['/login', post(`{"password":"${secret}"`)],
      ['/form', post(`password=${secret}&age=x`, 'application/x-www-form-urlencoded')],
    ] as const) {
      const { status, text } = await answer(app, target, init)
      expect([target, status]).toEqual([target, 422])
      expect(text).not.toContain(secret)
    }
  })

  test.each([
    'password',
    'newPassword',
    'api_key',
    'access_token',
    'client_secret',
    'pin',
    'code',
    'sessionId',
    'refreshToken',
  ])('what is called %s is never shown', async (name) => {
    const strict = api()
      .get('/', { [name]: query(z.string().regex(/^[0-9]{99}$/)) }, () => 1)
      .post('/', { body: json(z.object({ deep: z.object({ [name]: z.number() }) })) }, () => 1)
    const plain = await answer(strict, `/?${name}=hunter2`)
    const deep = await answer(strict, '/', post(JSON.stringify({ deep: { [name]: 'hunter2' } })))
    for (const { status, text } of [plain, deep]) {
      expect(status).toBe(422)
      expect(text).toContain('"input":null')
      expect(text).not.toContain('hunter2')
    }
  })

  test('nor is it quoted by a library that quotes', async () => {
    const strict = api().post('/', { body: json(type({ password: '/^[0-9]+$/', color: "'red'" })) }, () => 1)
    const { text } = await answer(strict, '/', post('{"password":"hunter2","color":"blue"}'))
    expect(text).not.toContain('hunter2')
    expect(text).toContain('blue')
  })

  test('an option says what is secret where the name does not, and the other way round', async () => {
    const word = z.string().max(1)
    const strict = api().get(
      '/',
      { animal: query(word, { secret: true }), token: query(word, { secret: false }) },
      () => 1,
    )
    const { text } = await answer(strict, '/?animal=hunter2&token=shown')
    expect(text).not.toContain('hunter2')
    expect(text).toContain('"input":"shown"')
  })

  test('long texts and objects are not echoed', async () => {
    const { text } = await answer(app, `/all/1?page=${'x'.repeat(201)}`)
    expect(text).not.toContain('xxx')
    expect((await answer(app, '/login', post('{"username":{"deep":"value"}}'))).text).not.toContain('value')
  })

  test('a form of another type is a form without fields', async () => {
    for (const type of ['application/json', 'text/plain']) {
      const { status, text } = await answer(app, '/form', post('username=a&password=12345678', type))
      expect(status).toBe(422)
      expect(text).toContain(
        '{"type":"missing","loc":["body","username"],"msg":"Field required","input":null}',
      )
    }
  })

  test.each([
    ['text/plain', 415],
    ['application/x-www-form-urlencoded', 415],
    ['application/jsonx', 415],
    ['application/json\tx', 415],
    ['text/json', 415],
    ['application/json, text/plain', 415],
    ['application/json', 200],
    ['Application/JSON; charset=utf-8', 200],
    ['application/json ;a=b', 200],
    ['application/problem+json', 200],
  ])('SECURITY 292: a JSON body sent as %o is answered with %i', async (type, status) => {
    expect((await answer(app, '/any', post('{"a":1}', type))).status).toBe(status)
  })

  test('SECURITY 292: a JSON body without a content type is refused', async () => {
    const body = new TextEncoder().encode('{"a":1}')
    expect((await answer(app, '/any', { method: 'POST', body })).status).toBe(415)
    await using served = await serve(app)
    expect((await served.send('/any', { method: 'POST', body })).status).toBe(415)
  })

  test.each([
    ['multipart/form-data', 'x', 'Missing boundary in multipart.'],
    ['multipart/form-data; boundary=b', 'nonsense', 'There was an error parsing the body'],
    ['multipart/form-data; boundary=b', '--b\r\ncontent-disp', 'There was an error parsing the body'],
  ])('broken multipart is 400: %s', async (type, body, detail) => {
    const { status, text } = await answer(app, '/form', post(body, type))
    expect([status, JSON.parse(text)]).toEqual([400, { detail }])
  })
})

describe('paths and methods', () => {
  const app = api()
    .get('/items', {}, () => 1)
    .post('/items', {}, () => 1)
    .delete('/items/{id}', { id: path(z.string()) }, () => 1)

  test('an unknown path is 404, an unknown method 405 with what there is', async () => {
    expect(await answer(app, '/nowhere')).toMatchObject({ status: 404, text: '{"detail":"Not Found"}' })
    for (const [target, method, allow] of [
      ['/items', 'PUT', 'GET, POST, HEAD, OPTIONS'],
      ['/items/', 'PATCH', 'GET, POST, HEAD, OPTIONS'],
      ['/items/1', 'GET', 'DELETE, OPTIONS'],
      ['/items/1', 'HEAD', 'DELETE, OPTIONS'],
      ['/items', 'PROPFIND', 'GET, POST, HEAD, OPTIONS'],
    ] as const) {
      const { status, text, headers } = await answer(app, target, { method })
      expect([method, status, headers.get('allow')]).toEqual([method, 405, allow])
      expect(text).toBe(method === 'HEAD' ? '' : '{"detail":"Method Not Allowed"}')
    }
  })

  test('SECURITY 294: override headers and odd methods change nothing', async () => {
    await using served = await serve(app)
    const headers = { 'x-http-method-override': 'DELETE', 'x-method-override': 'DELETE' }
    expect((await served.send('/items/1', { method: 'POST', headers })).status).toBe(405)
    expect((await served.send('/items', { method: 'TRACE' })).status).toBe(405)
    for (const method of ['constructor', '__proto__', 'hasOwnProperty', 'WEBSOCKET', 'toString']) {
      const request = new Request('http://localhost/items', { method })
      expect([method, (await app.fetch(request)).status]).toEqual([method, 405])
    }
  })

  test('HEAD and OPTIONS need no route of their own', async () => {
    const head = await app.request('/items', { method: 'HEAD' })
    expect([head.status, head.body, head.headers.get('content-type')]).toEqual([
      200,
      null,
      'application/json',
    ])
    const options = await app.request('/items', { method: 'OPTIONS' })
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, POST, HEAD, OPTIONS'])
    expect((await app.request('/nowhere', { method: 'OPTIONS' })).status).toBe(404)
  })

  test('a trailing slash reaches the route and is not redirected', async () => {
    for (const target of ['/items', '/items/']) expect((await app.request(target)).status).toBe(200)
    const slashed = api().get('/items/', {}, () => 1)
    for (const target of ['/items', '/items/']) expect((await slashed.request(target)).status).toBe(200)
  })
})

test('a WebSocket route says 422 to a handshake that does not fit', async () => {
  const app = api().webSocket('/ws', { n: query(number) }, () => 1)
  await using served = await serve(app)
  const { status, body } = await served.handshake('/ws?n=x')
  expect(status).toBe(422)
  expect(body).toMatchObject({ detail: [{ loc: ['query', 'n'] }] })
  expect((await served.handshake('/ws?n=1')).status).toBe(101)
})
