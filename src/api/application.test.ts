import { expect, test } from 'vitest'
import { z } from 'zod'
import { api, clientAddress, DeclarationError, path, query, request, router } from '../index.ts'

const text = path(z.string())

test('a static path wins over one with a parameter, whichever came first', async () => {
  const app = api()
    .get('/users/{id}', { id: text }, ({ id }) => `id ${id}`)
    .get('/users/me', {}, () => 'me')
    .get('/files/{rest:path}', { rest: text }, ({ rest }) => `rest ${rest}`)
    .get('/files/readme', {}, () => 'readme')
    .get('/v/{a}-{b}.json', { a: text, b: text }, ({ a, b }) => `${a} ${b}`)
  const ask = async (target: string) => (await app.request(target)).json()
  expect(await ask('/users/me')).toBe('me')
  expect(await ask('/users/you')).toBe('id you')
  expect(await ask('/files/readme')).toBe('readme')
  expect(await ask('/files/a/b%2Fc')).toBe('rest a/b/c')
  expect(await ask('/v/1-2.json')).toBe('1 2')
})

test.each([
  ['a path without a slash', () => api().get('users' as never, {}, () => 1), /does not begin with a slash/],
  ['a parameter without a name', () => api().get('/{}', {}, () => 1), /no usable name/],
  ['a parameter of another kind', () => api().get('/{id:int}', {}, () => 1), /no usable name/],
  ['a name that is there twice', () => api().get('/{a}/{a}', {}, () => 1), /each name once/],
  [
    'a route that is there twice',
    () =>
      api()
        .get('/a', {}, () => 1)
        .get('/a/', {}, () => 1),
    /two routes for GET/,
  ],
  [
    'a route that differs in a name alone',
    () =>
      api()
        .get('/{a}', {}, () => 1)
        .get('/{b}', {}, () => 1),
    /two routes for GET/,
  ],
  ['a parameter the path has not', () => api().get('/a', { id: text } as never, () => 1), /has no \{id\}/],
  ['a prefix with a slash at its end', () => router({ prefix: '/a/' }), /prefix/],
  ['a mount with a slash at its end', () => api().mount('/a/', () => new Response()), /The mount "\/a\/"/],
  ['a mount of everything', () => api().mount('/', () => new Response()), /The mount/],
  [
    'a limit that is no number',
    () => api({ limits: { body: '1mb' as never } }).get('/', {}, () => 1),
    /body/,
  ],
  ['a limit below nothing', () => api().get('/', {}, { limits: { timeout: -1 } }, () => 1), /timeout/],
])('%s is refused when it is declared', (_, declare, message) => {
  expect(declare).toThrow(DeclarationError)
  expect(declare).toThrow(message)
})

test('another application of ours is served below a path, and takes the prefix off itself', async () => {
  const inner = api({ title: 'Inner' })
    .get('/', {}, () => 'inner root')
    .get('/users/{id}', { id: text, q: query(z.string().optional()), request }, ({ id, q, request }) => [
      id,
      q,
      new URL(request.url).pathname,
    ])
  const app = api()
    .mount('/v1', api().mount('/deep', inner))
    .get('/v1x', {}, () => 'not the mount')
  const ask = async (target: string) => (await app.request(target)).json()
  expect(await ask('/v1/deep/')).toBe('inner root')
  expect(await ask('/v1/deep')).toBe('inner root')
  expect(await ask('/v1/deep/users/a%2Fb?q=1')).toEqual(['a/b', '1', '/v1/deep/users/a%2Fb'])
  expect(await ask('/v1x')).toBe('not the mount')
  expect((await app.request('/v1/deepest')).status).toBe(404)
})

test('anything with a fetch is served below a path, and sees its own part of the URL, the method and the body', async () => {
  const other = {
    fetch: async (given: Request) =>
      Response.json({
        method: given.method,
        url: given.url,
        header: given.headers.get('x-a'),
        body: await given.text(),
      }),
  }
  const app = api()
    .mount('/other', other)
    .mount('/other/longer', () => new Response('"longer"'))
  const init = { method: 'PUT', body: 'hello', headers: { 'x-a': '1' } }
  expect(await (await app.request('/other/a/b?c=d', init)).json()).toEqual({
    method: 'PUT',
    url: 'http://localhost/a/b?c=d',
    header: '1',
    body: 'hello',
  })
  expect(await (await app.request('/other')).json()).toMatchObject({ url: 'http://localhost/' })
  expect(await (await app.request('/other/longer/x')).json()).toBe('longer')
  expect(await (await app.request('/other/longerx')).json()).toMatchObject({
    url: 'http://localhost/longerx',
  })
})

test('a route goes before a mount', async () => {
  const app = api()
    .mount('/a', () => new Response('"mount"'))
    .get('/a/b', {}, () => 'route')
  expect(await (await app.request('/a/b')).json()).toBe('route')
  expect(await (await app.request('/a/c')).json()).toBe('mount')
})

test('below a base path that a host has matched, the routes are as they were declared', async () => {
  const app = api().get('/users', { clientAddress }, ({ clientAddress }) => clientAddress)
  const ask = async (target: string, basePath?: string) =>
    (await app.fetch(new Request(`http://localhost${target}`), { basePath, address: '192.0.2.1' })).status
  expect(await ask('/api/users', '/api')).toBe(200)
  expect(await ask('/users', '/api')).toBe(200)
  expect(await ask('/apix/users', '/api')).toBe(404)
  expect(await ask('/api/users')).toBe(404)
})

test('a HEAD never has a body, whatever the route answers with', async () => {
  async function* endless() {
    for (;;) yield 'x'
  }
  const app = api({ report: () => undefined })
    .get('/stream', {}, () => endless())
    .get('/error', {}, () => Promise.reject(new Error('x')))
    .get(
      '/stuck',
      {},
      () =>
        new ReadableStream({
          cancel: () => new Promise(() => undefined),
        }),
    )
    .get(
      '/fails',
      {},
      () =>
        new ReadableStream({
          cancel: () => Promise.reject(new Error('cannot stop')),
        }),
    )
  for (const [target, status] of [
    ['/stream', 200],
    ['/stuck', 200],
    ['/fails', 200],
    ['/error', 500],
    ['/nowhere', 404],
  ] as const) {
    const answer = await app.request(target, { method: 'HEAD' })
    expect([target, answer.status, answer.body]).toEqual([target, status, null])
  }
})

test('an application is not changed by its copies, nor a router by including it twice', async () => {
  const shared = router().get('/x', {}, () => 'x')
  const app = api().include(shared, { prefix: '/a' }).include(shared, { prefix: '/b' })
  const copy = app.with()
  copy.get('/only', {}, () => 1)
  expect((await app.request('/only')).status).toBe(404)
  expect((await copy.request('/only')).status).toBe(200)
  expect((await app.request('/a/x')).status).toBe(200)
  expect((await app.request('/b/x')).status).toBe(200)
})
