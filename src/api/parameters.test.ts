import * as v from 'valibot'
import { type } from 'arktype'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { api, cookie, dependency, files, form, header, json, path, query } from '../index.ts'
import type { Schema } from '../index.ts'

const text = z.string().optional()

test('a parameter is called what its key is called, or what it is told', async () => {
  const app = api().get(
    '/{id}',
    {
      id: path(z.string()),
      page: query(text),
      size: query(text, { name: 'page-size' }),
      xRequestId: header(text),
      x_other: header(text),
      agent: header(text, { name: 'User-Agent' }),
      theme: cookie(text),
      session: cookie(text, { name: '__Host-session' }),
    },
    (values) => values,
  )
  const answer = await app.request('/7?page=1&page-size=2&xRequestId=no', {
    headers: {
      'X-Request-Id': 'r',
      'x-other': 'o',
      'user-agent': 'a',
      cookie: 'theme=dark; __Host-session=s',
    },
  })
  expect(await answer.json()).toEqual({
    id: '7',
    page: '1',
    size: '2',
    xRequestId: 'r',
    x_other: 'o',
    agent: 'a',
    theme: 'dark',
    session: 's',
  })
})

test('one parameter under two names is two; under one name it is validated once', async () => {
  let runs = 0
  const number = query(
    z.number().refine(() => {
      runs += 1
      return true
    }),
  )
  const sum = dependency({ b: number }, ({ b }) => b)
  const app = api().get('/', { a: number, sum, again: dependency({ a: number }, ({ a }) => a) }, (v) => v)
  runs = 0
  expect(await (await app.request('/?a=1&b=2')).json()).toEqual({ a: 1, sum: 2, again: 1 })
  expect(runs).toBe(2)
})

const lists: readonly (readonly [string, Schema, Schema])[] = [
  ['Zod', z.array(z.number()), z.number()],
  ['Valibot', v.array(v.number()), v.number()],
  ['ArkType', type('number[]'), type('number')],
]

test.each(lists)(
  '%s: a list takes every value, everything else the last, as numbers',
  async (_, list, one) => {
    const app = api().get('/', { n: query(list), m: query(one) }, (values) => values)
    expect(await (await app.request('/?n=1&n=2&m=3&m=4')).json()).toEqual({ n: [1, 2], m: 4 })
    expect(await (await app.request('/?n=1&m=3')).json()).toEqual({ n: [1], m: 3 })
    expect((await app.request('/?n=x&m=0x1')).status).toBe(422)
  },
)

test('defaults, and what is missing', async () => {
  const app = api().get('/', { page: query(z.number().default(1)), q: query(z.string()) }, (values) => values)
  expect(await (await app.request('/?q=')).json()).toEqual({ page: 1, q: '' })
  expect((await app.request('/?page=2')).status).toBe(422)
})

test('an asynchronous schema is waited for', async () => {
  const known = z.string().refine(async (name) => Promise.resolve(name === 'alice'))
  const app = api().get('/{name}', { name: path(known) }, ({ name }) => name)
  expect(await (await app.request('/alice')).json()).toBe('alice')
  expect((await app.request('/eve')).status).toBe(422)
})

test('a schema that throws is a fault of the application: 500', async () => {
  const app = api({ report: () => undefined }).get(
    '/',
    {
      n: query(
        z.string().transform(() => {
          throw new Error('x')
        }),
      ),
    },
    () => 1,
  )
  expect((await app.request('/?n=1')).status).toBe(500)
})

test('a form is an object of its fields: empty ones are absent, of several the last counts or all', async () => {
  const shape = z.object({
    name: z.string(),
    note: z.string().optional(),
    age: z.number().optional(),
    tags: z.array(z.string()).default([]),
  })
  const app = api().post('/', { form: form(shape) }, ({ form }) => form)
  const send = async (body: string | FormData) => (await app.request('/', { method: 'POST', body })).json()
  const urlencoded = new URLSearchParams('name=a&name=b&note=&age=7&tags=x&tags=y').toString()
  const multipart = new FormData()
  for (const [name, value] of new URLSearchParams(urlencoded)) multipart.append(name, value)
  const expected = { name: 'b', age: 7, tags: ['x', 'y'] }
  expect(await send(multipart)).toEqual(expected)
  const init = {
    method: 'POST',
    body: urlencoded,
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' },
  }
  expect(await (await app.request('/', init)).json()).toEqual(expected)
})

test('files: how many, how large, of which type, and the fields beside them', async () => {
  const app = api().post(
    '/',
    {
      photos: files({ max: 2, bytes: 4, types: ['image/png'] }),
      form: form(z.object({ album: z.string() })),
    },
    ({ photos, form }) => [photos.map(({ name, size }) => [name, size]), form.album],
  )
  const send = async (...sent: File[]) => {
    const body = new FormData()
    body.append('album', 'Summer')
    for (const file of sent) body.append('photos', file)
    const answer = await app.request('/', { method: 'POST', body })
    const { detail } = (await answer.clone().json()) as { detail?: { type: string; loc: unknown }[] }
    return [answer.status, detail?.[0]?.type ?? (await answer.json())]
  }
  const png = (size: number, kind = 'image/png') => new File(['x'.repeat(size)], 'a.png', { type: kind })
  expect(await send(png(4), png(1))).toEqual([
    200,
    [
      [
        ['a.png', 4],
        ['a.png', 1],
      ],
      'Summer',
    ],
  ])
  expect(await send()).toEqual([422, 'missing'])
  expect(await send(png(1), png(1), png(1))).toEqual([422, 'too_many_files'])
  expect(await send(png(5))).toEqual([422, 'file_too_large'])
  expect(await send(png(1, 'text/html'))).toEqual([422, 'file_type'])
})

test('a body is JSON or a form and not both; a parameter of the path stands in the path', () => {
  const body = json(z.unknown())
  expect(() => api().post('/', { body, form: form(z.unknown()) }, () => 1)).toThrow(/as JSON and as a form/)
  expect(() => api().post('/', { body, photos: files() }, () => 1)).toThrow(/as JSON and as a form/)
  const deep = dependency({ id: path(z.string()) }, ({ id }) => id)
  expect(() => api().get('/x', { deep }, () => 1)).toThrow('GET /x has no {id} in its path')
})

test('the limits of a route go before those of the application', async () => {
  const app = api({ limits: { body: 10 } })
    .post('/small', { body: json(z.unknown()) }, () => 1)
    .post('/large', { body: json(z.unknown()) }, { limits: { body: 100 } }, () => 1)
    .post('/flat', { body: json(z.unknown()) }, { limits: { depth: 1, body: 100 } }, () => 1)
  const send = async (target: string, body: string) => {
    const headers = { 'content-type': 'application/json' }
    return (await app.request(target, { method: 'POST', body, headers })).status
  }
  const twenty = JSON.stringify('x'.repeat(18))
  expect([await send('/small', twenty), await send('/large', twenty)]).toEqual([413, 200])
  expect([await send('/flat', '[]'), await send('/flat', '[[]]')]).toEqual([200, 400])
})
