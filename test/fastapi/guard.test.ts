/** Attempts to get past a guard: by other spellings of a path, other methods, mounts, and what is open beside it. */

import { api, httpBearer, json, path, router, security } from 'gatewright'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { serve } from './served.ts'

const scheme = httpBearer({
  scopes: { in: 'Come in' },
  verify: (token) => (token === 'good' ? { scopes: ['in'] } : token === 'poor' ? { scopes: [] } : undefined),
})
const good = { authorization: 'Bearer good' }
const poor = { authorization: 'Bearer poor' }
const text = path(z.string())

const reached: string[] = []
const reach = (what: string) => (): string => {
  reached.push(what)
  return what
}

const app = api({ guard: security(scheme, ['in']) })
  .get('/', {}, reach('root'))
  .get('/users', {}, reach('users'))
  .get('/users/{id}', { id: text }, reach('user'))
  .post('/users', { user: json(z.unknown()) }, reach('post'))
  .get('/open', {}, { open: true }, reach('open'))
  .get('/open/{id}', { id: text }, { open: true }, reach('open id'))
  .delete('/open', {}, reach('delete'))
  .mount('/api', () => new Response(reach('mount')()))
  .mount('/inner', api().get('/x', {}, reach('inner')))
  .include(router({ prefix: '/admin' }).get('/{rest:path}', { rest: text }, reach('admin')))

const paths = [
  '/',
  '//',
  '/users',
  '/users/',
  '//users',
  '/users//',
  '/./users',
  '/open/../users',
  '/open/%2e%2e/users',
  '/%75sers',
  '/USERS',
  '/users;jsessionid=1',
  '/users/%2e%2e',
  '/users/%00',
  '/users/%zz',
  '/users/%ff',
  '/%zz',
  '/users/a%2fb',
  '/users?open=1',
  '/users?/open',
  '/users#/open',
  '/api',
  '/api/',
  '/api/x',
  '/apix',
  '/api%2fx',
  '/%61pi',
  '//api/x',
  '/inner/x',
  '/inner//x',
  '/innerx',
  '/inner/docs',
  '/inner/openapi.json',
  '/inner/nowhere',
  '/admin',
  '/admin/a/b',
  '/docs',
  '/docs/',
  '/docs/swagger-ui-bundle.js',
  '/docs/../openapi.json',
  '/openapi.json',
  '/open/1/2',
  '/openx',
  '/nowhere',
  '/favicon.ico',
  '/__proto__',
  '/constructor',
] as const

test.each(paths)('SECURITY 183: without credentials %s reaches nothing', async (target) => {
  await using served = await serve(app)
  const before = reached.length
  for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'PROPFIND']) {
    // a fragment never leaves a client; here it is part of the path
    const answer = await served.send(target, { method })
    expect([method, target, answer.status]).toEqual([method, target, 401])
    expect(answer.headers['www-authenticate']).toBe('Bearer scope="in"')
    expect((await served.send(target, { method, headers: poor })).status).toBe(403)
  }
  expect(reached).toHaveLength(before)
})

test('the same requests with credentials are let through, so that it was the guard that stopped them', async () => {
  await using served = await serve(app)
  const statuses: Record<string, number> = {}
  for (const target of paths) statuses[target] = (await served.send(target, { headers: good })).status
  expect(Object.values(statuses)).not.toContain(401)
  expect(statuses).toMatchObject({
    '/': 200,
    '/users': 200,
    '/users/': 200,
    '/users/%zz': 400,
    '/api/x': 200,
    '/apix': 404,
    '/inner/x': 200,
    '/inner/docs': 200,
    '/docs': 200,
    '/admin/a/b': 200,
    '/nowhere': 404,
  })
})

test('what says open is open, in either spelling, and nothing beside it', async () => {
  await using served = await serve(app)
  for (const target of ['/open', '/open/', '/open/1']) {
    for (const method of ['GET', 'HEAD']) {
      expect([target, (await served.send(target, { method })).status]).toEqual([target, 200])
    }
  }
  const before = reached.length
  expect((await served.send('/open', { method: 'DELETE' })).status).toBe(401)
  expect(reached).toHaveLength(before)
  expect((await served.send('/open', { method: 'DELETE', headers: good })).status).toBe(200)
})

test('an encoded slash is a part of its segment: it leads to no other route', async () => {
  await using served = await serve(app)
  const before = reached.length
  expect((await served.send('/open/..%2fusers')).status).toBe(200)
  expect((await served.send('/open/%2e%2e%2fusers')).status).toBe(200)
  expect(reached.slice(before)).toEqual(['open id', 'open id'])
})

test('a body is not read for a caller that the guard turns away', async () => {
  const init = { method: 'POST', body: '{', headers: { 'content-type': 'application/json' } }
  expect((await app.request('/users', init)).status).toBe(401)
  expect((await app.request('/users', { ...init, headers: { ...init.headers, ...good } })).status).toBe(422)
})

test('the guard of a router is for its routes, that of a route for itself', async () => {
  const guard = security(scheme, ['in'])
  const parts = api({ docs: false })
    .include(
      router({ prefix: '/guarded', guard })
        .get('/a', {}, () => 1)
        .get('/b', {}, { open: true }, () => 1),
    )
    .get('/single', {}, { guard }, () => 1)
    .get('/free', {}, () => 1)
  const statuses = async (headers: Record<string, string>) =>
    Promise.all(
      ['/guarded/a', '/guarded/b', '/single', '/free'].map(
        async (target) => (await parts.request(target, { headers })).status,
      ),
    )
  expect(await statuses({})).toEqual([401, 200, 401, 200])
  expect(await statuses(poor)).toEqual([403, 200, 403, 200])
  expect(await statuses(good)).toEqual([200, 200, 200, 200])
})

test("open takes a route out of the guards above it, not out of its own record's", async () => {
  const open = api({ guard: scheme, docs: false }).get(
    '/',
    { who: security(scheme, ['in']) },
    { open: true },
    () => 1,
  )
  expect((await open.request('/')).status).toBe(401)
  expect((await open.request('/', { headers: poor })).status).toBe(403)
})

test('a guard in front of a mount does not lend its credentials to what is behind another', async () => {
  const inner = api({ guard: security(httpBearer({ verify: () => undefined }), []), docs: false }).get(
    '/',
    {},
    () => 1,
  )
  const outer = api({ guard: security(scheme, ['in']), docs: false }).mount('/inner', inner)
  expect((await outer.request('/inner/', { headers: good })).status).toBe(401)
})

test('the docs may be open while everything else is not', async () => {
  const open = api({ guard: scheme, docs: { open: true } }).get('/', {}, () => 1)
  expect((await open.request('/docs')).status).toBe(200)
  expect((await open.request('/openapi.json')).status).toBe(200)
  expect((await open.request('/')).status).toBe(401)
  expect((await open.request('/docsx')).status).toBe(401)
})

test('the list of routes says which are open', () => {
  expect(
    app
      .routes()
      .filter(({ isOpen }) => isOpen)
      .map(({ method, path }) => `${method} ${path}`),
  ).toEqual(['GET /open', 'GET /open/{id}'])
})
