/** FASTAPI A4: what depends on what, in which order, how often, and what happens when something is wrong. */

import {
  api,
  dependency,
  fresh,
  HttpError,
  json,
  optional,
  passwordBearer,
  path,
  query,
  requiredScopes,
  resource,
  response,
  router,
  security,
} from 'gatewright'
import type { Dependency } from 'gatewright'
import { expect, test } from 'vitest'
import { z } from 'zod'

const auth = passwordBearer({
  tokenUrl: 'token',
  scopes: { a: 'A', b: 'B' },
  verify: (token) => (token === 'bad' ? undefined : { subject: token, scopes: ['a', 'b'] as const }),
})
const alice = { headers: { authorization: 'Bearer alice' } }
const number = z.number()

/** A dependency that writes down that it ran. */
function noted(
  log: string[],
  name: string,
  needs: Record<string, Dependency<unknown>> = {},
): Dependency<string> {
  return dependency(needs, async () => {
    log.push(`${name} begins`)
    await Promise.resolve()
    log.push(`${name} ends`)
    return name
  })
}

test('levels run one after another: application, include, router, route, record, handler', async () => {
  const log: string[] = []
  const app = api({ guard: [noted(log, 'app 1'), noted(log, 'app 2')], docs: false }).include(
    router({ guard: noted(log, 'router') }).get(
      '/',
      { first: noted(log, 'first'), second: noted(log, 'second') },
      { guard: noted(log, 'route') },
      () => void log.push('handler'),
    ),
    { guard: noted(log, 'include') },
  )
  await app.request('/')
  const order = ['app 1', 'app 2', 'include', 'router', 'route', 'first', 'second']
  expect(log).toEqual([...order.flatMap((name) => [`${name} begins`, `${name} ends`]), 'handler'])
})

test('routers in routers: the outer guard comes first, and the prefix parameters reach the inner routes', async () => {
  const log: string[] = []
  // Widened: the inner router's own path has no {user}, which a bare path parameter would have to be in.
  const user: Dependency<string> = path(z.string())
  const inner = router({ prefix: '/posts', guard: noted(log, 'inner') }).get(
    '/{post}',
    { user, post: path(number) },
    (values) => values,
  )
  const app = api().include(router({ prefix: '/users/{user}', guard: noted(log, 'outer') }).include(inner))
  const answer = await app.request('/users/alice/posts/7')
  expect(await answer.json()).toEqual({ user: 'alice', post: 7 })
  expect(log.filter((line) => line.endsWith('begins'))).toEqual(['outer begins', 'inner begins'])
})

test('the value of a guard is thrown away, what it refuses counts', async () => {
  const teapot = dependency({ brew: query(z.string().optional()) }, ({ brew }) => {
    if (brew !== undefined) throw new HttpError(418, 'short and stout')
    return 'unseen'
  })
  const app = api({ guard: teapot, docs: false }).get('/', {}, (values) => values)
  expect(await (await app.request('/')).json()).toEqual({})
  expect((await app.request('/?brew=tea')).status).toBe(418)
})

test('children come before their parent, and their values under the names they were asked for', async () => {
  const log: string[] = []
  const c = noted(log, 'c')
  const b = noted(log, 'b', { c })
  const a = dependency({ left: b, right: c }, (values) => values)
  const app = api().get('/', { a }, ({ a }) => a)
  expect(await (await app.request('/')).json()).toEqual({ left: 'b', right: 'c' })
  expect(log).toEqual(['c begins', 'c ends', 'b begins', 'b ends'])
})

test('a dependency runs once per request, however deep it is asked for, and anew for the next', async () => {
  let runs = 0
  const counted = dependency({}, () => ++runs)
  const deep = dependency({ again: dependency({ counted }, ({ counted }) => counted) }, ({ again }) => again)
  const app = api().get('/', { counted, deep, too: counted }, (values) => values)
  expect(await (await app.request('/')).json()).toEqual({ counted: 1, deep: 1, too: 1 })
  expect(await (await app.request('/')).json()).toEqual({ counted: 2, deep: 2, too: 2 })
})

test.each([null, undefined])('%s is a value like any other: it is kept too', async (nothing) => {
  let runs = 0
  const none = dependency({}, () => {
    runs += 1
    return nothing
  })
  const app = api().get('/', { a: none, b: dependency({ none }, () => 1), c: none }, () => 1)
  await app.request('/')
  expect(runs).toBe(1)
})

test('two functions that do the same are two dependencies', async () => {
  let runs = 0
  const make = () => dependency({}, () => ++runs)
  const app = api().get('/', { a: make(), b: make() }, (values) => values)
  expect(await (await app.request('/')).json()).toEqual({ a: 1, b: 2 })
})

test('a fresh one runs again for that mention; the first value stays the shared one', async () => {
  let runs = 0
  const counted = dependency({}, () => ++runs)
  const app = api().get('/', { a: counted, b: fresh(counted), c: fresh(counted), d: counted }, (v) => v)
  expect(await (await app.request('/')).json()).toEqual({ a: 1, b: 2, c: 3, d: 1 })
})

test('required scopes make two values only of what reads them', async () => {
  const runs = { plain: 0, reading: 0 }
  const plain = dependency({ auth }, () => ++runs.plain)
  const reading = dependency({ auth, required: requiredScopes }, () => ++runs.reading)
  const app = api().get(
    '/',
    {
      a: security(plain, ['a']),
      b: security(plain, ['b']),
      c: security(reading, ['a']),
      d: security(reading, ['b']),
      e: security(reading, ['a']),
    },
    () => 1,
  )
  expect((await app.request('/', alice)).status).toBe(200)
  expect(runs).toEqual({ plain: 1, reading: 2 })
})

test('requests do not share values', async () => {
  const gates: (() => void)[] = []
  const slow = dependency({ n: query(number) }, async ({ n }) => {
    await new Promise<void>((resolve) => gates.push(resolve))
    return n
  })
  const again = dependency({ slow, n: query(number) }, ({ slow, n }) => [slow, n])
  const app = api().get('/', { again, n: query(number), token: auth }, ({ again, n, token }) => [
    ...again,
    n,
    token.subject,
  ])
  const answers = [1, 2, 3, 4].map((n) =>
    app.request(`/?n=${n}`, { headers: { authorization: `Bearer user${n}` } }),
  )
  await expect.poll(() => gates.length).toBe(4)
  for (const open of gates.toReversed()) open()
  const bodies = await Promise.all(answers.map(async (answer) => (await answer).json()))
  expect(bodies).toEqual([1, 2, 3, 4].map((n) => [n, n, n, `user${n}`]))
})

test('a thrown error ends the request at once: the first in order wins, nothing later runs', async () => {
  const log: string[] = []
  const failing = (status: number) =>
    dependency({}, () => {
      log.push(`failing ${status}`)
      throw new HttpError(status)
    })
  const app = api().get(
    '/',
    { a: noted(log, 'a'), b: failing(409), c: failing(410), d: noted(log, 'd') },
    () => void log.push('handler'),
  )
  expect((await app.request('/')).status).toBe(409)
  expect(log).toEqual(['a begins', 'a ends', 'failing 409'])
})

test('what is not valid skips its parents; siblings still run; all errors come in one 422, the handler never', async () => {
  const log: string[] = []
  const leaf = dependency({ leaf: query(number) }, () => void log.push('leaf'))
  const parent = dependency({ leaf, other: query(number) }, () => void log.push('parent'))
  const app = api().post(
    '/{id}',
    {
      body: json(z.object({ name: z.string() })),
      own: query(number),
      id: path(number),
      parent,
      sibling: noted(log, 'sibling'),
    },
    () => void log.push('handler'),
  )
  const answer = await app.request('/x?leaf=x&other=y&own=z', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  })
  expect(answer.status).toBe(422)
  const { detail } = (await answer.json()) as { detail: { loc: unknown[] }[] }
  // dependencies first in running order, then the route's own: path, query, header, cookie, body
  expect(detail.map(({ loc }) => loc)).toEqual([
    ['query', 'leaf'],
    ['query', 'other'],
    ['path', 'id'],
    ['query', 'own'],
    ['body', 'name'],
  ])
  expect(log).toEqual(['sibling begins', 'sibling ends'])
})

test('an error that is thrown wins over what was gathered before it', async () => {
  const conflict = dependency({}, () => {
    throw new HttpError(409)
  })
  const app = api().get('/', { n: query(number), conflict }, () => 1)
  expect((await app.request('/?n=x')).status).toBe(409)
})

test('authentication wins over validation, wherever the scheme stands', async () => {
  const app = api().get('/', { n: query(number), user: dependency({ auth }, () => 1) }, () => 1)
  expect((await app.request('/?n=x')).status).toBe(401)
  expect((await app.request('/?n=x', { headers: { authorization: 'Bearer bad' } })).status).toBe(401)
  expect((await app.request('/?n=x', alice)).status).toBe(422)
  expect((await app.request('/?n=1', alice)).status).toBe(200)
})

test('what needs no body comes before the body, which is not read when it ends the request', async () => {
  const conflict = dependency({}, () => {
    throw new HttpError(409)
  })
  let pulled = 0
  const body = new ReadableStream(
    {
      pull(controller) {
        pulled += 1
        controller.close()
      },
    },
    { highWaterMark: 0 },
  )
  const app = api().post('/', { body: json(z.unknown()), conflict }, () => 1)
  const init: RequestInit & { duplex: 'half' } = {
    method: 'POST',
    body,
    duplex: 'half',
    headers: { 'content-type': 'application/json' },
  }
  expect([(await app.request('/', init)).status, pulled]).toEqual([409, 0])
})

test('what dependencies set on the response is merged into it', async () => {
  const marked = dependency({ response }, ({ response }) => {
    response.headers.set('x-seen', 'yes')
    response.setCookie('seen', '1')
    response.status = 201
  })
  const app = api().get('/', { marked, response }, ({ response }) => {
    response.setCookie('also', '2')
    return 'body'
  })
  const answer = await app.request('/')
  expect([answer.status, answer.headers.get('x-seen'), await answer.json()]).toEqual([201, 'yes', 'body'])
  expect(answer.headers.getSetCookie().map((cookie) => cookie.split(';')[0])).toEqual(['seen=1', 'also=2'])
})

test('it is lost when the handler throws or returns a response of its own', async () => {
  const marked = dependency({ response }, ({ response }) => {
    response.headers.set('x-seen', 'yes')
    response.status = 201
  })
  const app = api()
    .get('/throws', { marked }, () => {
      throw new HttpError(404)
    })
    .get('/own', { marked }, () => new Response('own'))
  for (const [target, status] of [
    ['/throws', 404],
    ['/own', 200],
  ] as const) {
    const answer = await app.request(target)
    expect([answer.status, answer.headers.get('x-seen')]).toEqual([status, null])
  }
})

test('a dependency may be asked for optionally together with its scheme', async () => {
  const user = dependency({ token: auth }, ({ token }) => token.subject)
  const app = api().get('/', { user: optional(user) }, ({ user }) => user)
  expect(await (await app.request('/')).json()).toBe(null)
  expect(await (await app.request('/', alice)).json()).toBe('alice')
  expect((await app.request('/', { headers: { authorization: 'Bearer bad' } })).status).toBe(401)
})

test('a resource of a request may not stand on one that closes with the handler, also not through others', () => {
  async function* open() {
    yield 1
  }
  const short = resource({}, open, { lifetime: 'handler' })
  const between = dependency({ short }, ({ short }) => short)
  const add = (needs: Record<string, Dependency<unknown>>) => () =>
    api().get('/', { it: resource(needs, open) }, () => 1)
  expect(add({ short })).toThrow(/GET \/: a resource that lives as long as the request needs "short"/)
  expect(add({ between })).toThrow(/needs "short"/)
  expect(() => api().get('/', { between }, () => 1)).not.toThrow()
})

test('no body at all is a missing body, or none where it is optional, and not one of the wrong type', async () => {
  const item = z.object({ name: z.string() })
  const app = api()
    .post('/needed', { item: json(item) }, ({ item }) => item)
    .post('/optional', { item: json(item.optional()) }, ({ item }) => item ?? 'none')
  const send = (target: string) => app.request(target, { method: 'POST' })
  expect([(await send('/optional')).status, await (await send('/optional')).json()]).toEqual([200, 'none'])
  const needed = await send('/needed')
  expect(needed.status).toBe(422)
  expect(await needed.json()).toEqual({
    detail: [{ type: 'missing', loc: ['body'], msg: 'Field required', input: null }],
  })
})
