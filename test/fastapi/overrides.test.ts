/** FASTAPI A10: a dependency replaced in a test, and what stays as it is. */

import {
  anyOf,
  api,
  apiKey,
  dependency,
  fresh,
  header,
  httpBearer,
  optional,
  override,
  passwordBearer,
  query,
  replace,
  requiredScopes,
  resource,
  response,
  router,
  security,
} from 'gatewright'
import type { Api, Override } from 'gatewright'
import { expect, test } from 'vitest'
import { z } from 'zod'

interface User {
  readonly name: string
}

const auth = passwordBearer({
  tokenUrl: 'token',
  scopes: { me: 'You', items: 'Items' },
  verify: (token) => (token === 'bad' ? undefined : { subject: token, scopes: ['me'] as string[] }),
})
const currentUser = dependency({ token: auth }, ({ token }): User => ({ name: token.subject }))
const greeting = dependency({ user: currentUser }, ({ user }) => `Hello ${user.name}`)

const read = async (app: Api, target = '/', headers: Record<string, string> = {}) => {
  const answer = await app.request(target, { headers })
  return answer.status === 200 ? ((await answer.json()) as unknown) : answer.status
}

test('it is replaced at any depth, in a copy: the application itself is left as it is', async () => {
  const app = api().include(router({ prefix: '/x' }).get('/', { greeting, currentUser }, (v) => v))
  const copy = app.with(override(currentUser, { name: 'test' }))
  expect(await read(copy, '/x/')).toEqual({ greeting: 'Hello test', currentUser: { name: 'test' } })
  expect(await read(app, '/x/')).toBe(401)
  expect(await read(app, '/x/', { authorization: 'Bearer a' })).toMatchObject({ greeting: 'Hello a' })
})

test('a replacement may ask for parameters and dependencies of its own, and for the response', async () => {
  const named = dependency({ name: header(z.string()), response }, ({ name, response }): User => {
    response.headers.set('x-as', name)
    return { name }
  })
  const copy = api()
    .get('/', { greeting }, ({ greeting }) => greeting)
    .with(replace(currentUser, named))
  expect(await read(copy, '/', { name: 'eve' })).toBe('Hello eve')
  expect(await read(copy)).toBe(422)
  expect((await copy.request('/', { headers: { name: 'eve' } })).headers.get('x-as')).toBe('eve')
})

test('a replacement may be a resource', async () => {
  const log: string[] = []
  const open = resource({}, async function* (): AsyncGenerator<User, void, void> {
    log.push('open')
    yield { name: 'res' }
    log.push('close')
  })
  const copy = api()
    .get('/', { greeting }, ({ greeting }) => greeting)
    .with(replace(currentUser, open))
  expect(await read(copy)).toBe('Hello res')
  await copy.idle()
  expect(log).toEqual(['open', 'close'])
})

test('a replacement is told the scopes, also where it stands for a scheme', async () => {
  const telling = dependency({ required: requiredScopes }, ({ required }): User => ({
    name: required.scope,
  }))
  const app = api().get('/', { user: security(currentUser, ['items']) }, ({ user }) => user.name)
  expect(await read(app.with(replace(currentUser, telling)))).toBe('items')
  const scheme = dependency({ required: requiredScopes }, ({ required }) => ({
    subject: required.scope,
    scopes: [...required.scopes],
  }))
  expect(await read(app.with(replace(auth, scheme)))).toBe('items')
})

test('it is not followed twice: the replacement of a replacement is not looked up', async () => {
  const second = dependency({}, (): User => ({ name: 'second' }))
  const third = dependency({}, (): User => ({ name: 'third' }))
  const app = api().get('/', { greeting }, ({ greeting }) => greeting)
  const copy = app.with(replace(currentUser, second), replace(second, third))
  expect(await read(copy)).toBe('Hello second')
})

test('the newest replacement counts', async () => {
  const app = api().get('/', { greeting }, ({ greeting }) => greeting)
  const first = app.with(override(currentUser, { name: 'first' }))
  expect(await read(first.with(override(currentUser, { name: 'second' })))).toBe('Hello second')
  expect(await read(first)).toBe('Hello first')
})

test('inside of its replacement the original stands for itself, and only there', async () => {
  const loud = dependency({ greeting, user: currentUser }, ({ greeting, user }): User => ({
    name: `${user.name}! (${greeting})`,
  }))
  const expected = 'Hello a! (Hello a)'
  const headers = { authorization: 'Bearer a' }
  for (const needs of [
    { greeting, user: currentUser },
    { user: currentUser, greeting },
  ]) {
    const app = api().get('/', needs, ({ greeting }) => greeting)
    expect(await read(app.with(replace(currentUser, loud)), '/', headers)).toBe(expected)
  }
})

test('guards and optional, fresh and either-of mentions are replaced too', async () => {
  const key = apiKey({ header: 'x-key', verify: (name) => ({ name }) })
  const app = api({ guard: currentUser, docs: false }).get(
    '/',
    { a: optional(currentUser), b: fresh(currentUser), c: anyOf(currentUser, key) },
    (values) => values,
  )
  const name = 'test'
  expect(await read(app.with(override(currentUser, { name })))).toEqual({
    a: { name },
    b: { name },
    c: { name },
  })
})

test('a replaced scheme still refuses: with its challenge, for want of scopes, and what it rejects', async () => {
  const app = api().get('/', { user: security(currentUser, ['items']) }, ({ user }) => user)
  const as = async (replacement: Override) => {
    const answer = await app.with(replacement).request('/')
    return [answer.status, answer.headers.get('www-authenticate')]
  }
  expect(await as(override(auth, { subject: 'x', scopes: [] }))).toEqual([
    403,
    'Bearer error="insufficient_scope", error_description="This needs the scope items", scope="items"',
  ])
  expect(await as(override(auth, undefined as never))).toEqual([403, expect.anything()])
  expect(await as(override(auth, { subject: 'x', scopes: ['items'] }))).toEqual([200, null])
})

test('a replaced scheme whose own input is not valid says 422, and not that scopes are missing', async () => {
  const stand = dependency({ as: query(z.string()) }, ({ as }) => ({ subject: as, scopes: ['items'] }))
  const copy = api()
    .get('/', { user: security(currentUser, ['items']) }, ({ user }) => user)
    .with(replace(auth, stand))
  expect(await read(copy)).toBe(422)
  expect(await read(copy, '/?as=x')).toEqual({ name: 'x' })
})

test('a mounted application keeps its own dependencies', async () => {
  const inner = api().get('/', { greeting }, ({ greeting }) => greeting)
  const outer = api()
    .mount('/inner', inner)
    .with(override(currentUser, { name: 'test' }))
  expect(await read(outer, '/inner/')).toBe(401)
  const replaced = api().mount('/inner', inner.with(override(currentUser, { name: 'test' })))
  expect(await read(replaced, '/inner/')).toBe('Hello test')
})

test('the document describes the application, not its test', () => {
  const app = api().get('/', { user: security(currentUser, ['items']) }, ({ user }) => user)
  expect(app.with(override(currentUser, { name: 'x' })).openapi()).toEqual(app.openapi())
})

test('hooks, error handlers and mounts come along', async () => {
  class Gone extends Error {}
  const log: string[] = []
  const app = api()
    .onStart(() => void log.push('start'))
    .onError(Gone, () => new Response('handled', { status: 410 }))
    .mount('/m', () => new Response('"mounted"'))
    .get('/', { greeting }, () => {
      throw new Gone()
    })
  const copy = app.with(override(currentUser, { name: 'x' }))
  expect(await read(copy)).toBe(410)
  expect(await read(copy, '/m/x')).toBe('mounted')
  expect(log).toEqual(['start'])
})

test('replacing a scheme does not open what another scheme guards', async () => {
  const other = httpBearer({ verify: () => undefined })
  const app = api({ guard: other, docs: false }).get('/', { user: currentUser }, ({ user }) => user)
  expect(await read(app.with(override(auth, { subject: 'x', scopes: [] })))).toBe(401)
})
