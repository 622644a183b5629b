import { expect, test } from 'vitest'
import { z } from 'zod'
import {
  api,
  dependency,
  fresh,
  HttpError,
  json,
  override,
  passwordBearer,
  query,
  reject,
  replace,
  requiredScopes,
  resource,
  security,
} from '../index.ts'

const people: Record<string, { subject: string; scopes: string[] }> = {
  alice: { subject: 'alice', scopes: ['me', 'items'] },
  mini: { subject: 'mini', scopes: ['me'] },
}
const auth = passwordBearer({
  tokenUrl: 'token',
  scopes: { me: 'You', items: 'Items' },
  verify: (token) => people[token] ?? (token === 'old' ? reject('The access token has expired') : undefined),
})
const currentUser = dependency({ token: auth }, ({ token }) => ({ name: token.subject }))
const as = (token: string, init: RequestInit = {}): RequestInit => ({
  ...init,
  headers: { authorization: `Bearer ${token}`, ...init.headers },
})

test('no credentials: 401, a challenge, no error code (RFC 6750 §3.1)', async () => {
  const app = api().get('/me', { user: currentUser }, ({ user }) => user)
  const response = await app.request('/me')
  expect(response.status).toBe(401)
  expect(response.headers.get('www-authenticate')).toBe('Bearer')
  expect(await response.json()).toEqual({ detail: 'Not authenticated' })
  expect(await (await app.request('/me', as('alice'))).json()).toEqual({ name: 'alice' })
})

test('bad credentials: 401 invalid_token with the reason; too few scopes: 403 naming all that are needed', async () => {
  const active = dependency({ user: security(currentUser, ['me']) }, ({ user }) => user)
  const app = api().get('/items', { user: security(active, ['items']) }, ({ user }) => user)
  const old = await app.request('/items', as('old'))
  expect([old.status, old.headers.get('www-authenticate')]).toEqual([
    401,
    'Bearer error="invalid_token", error_description="The access token has expired"',
  ])
  const mini = await app.request('/items', as('mini'))
  expect(mini.status).toBe(403)
  expect(mini.headers.get('www-authenticate')).toContain('error="insufficient_scope"')
  expect(mini.headers.get('www-authenticate')).toContain('scope="items me"')
  expect((await app.request('/items', as('alice'))).status).toBe(200)
  expect((await app.request('/items')).headers.get('www-authenticate')).toBe('Bearer scope="items me"')
})

test('a dependency runs once per request, also under different required scopes; fresh runs it again', async () => {
  let runs = 0
  const counted = dependency({ token: auth }, () => ++runs)
  const app = api().get(
    '/',
    { a: security(counted, ['me']), b: counted, c: security(counted, ['items']), d: fresh(counted) },
    (v) => v,
  )
  expect(await (await app.request('/', as('alice'))).json()).toEqual({ a: 1, b: 1, c: 1, d: 2 })
})

test('required scopes are those of the path, outermost first; siblings do not leak', async () => {
  const seen = dependency({ token: auth, required: requiredScopes }, ({ required }) => required.scopes)
  const inner = dependency({ seen: security(seen, ['me']) }, ({ seen }) => seen)
  const app = api().get(
    '/',
    { a: security(inner, ['items']), b: security(seen, ['me']), c: requiredScopes },
    (v) => v,
  )
  expect(await (await app.request('/', as('alice'))).json()).toEqual({
    a: ['items', 'me'],
    b: ['me'],
    c: { scopes: [], scope: '' },
  })
})

test('all validation errors are gathered; the body is not read before the credentials are good', async () => {
  const page = dependency({ page: query(z.number()) }, ({ page }) => page)
  const app = api().post(
    '/',
    {
      item: json(z.object({ name: z.string(), password: z.string().min(9) })),
      q: query(z.string()),
      page,
      user: currentUser,
    },
    (v) => v,
  )
  const body = JSON.stringify({ password: 'short' })
  const init = { method: 'POST', body, headers: { 'content-type': 'application/json' } }
  expect((await app.request('/', { ...init, body: '{' })).status).toBe(401)
  const response = await app.request('/?page=x', as('alice', init))
  expect(response.status).toBe(422)
  const { detail } = (await response.json()) as { detail: { loc: unknown[]; type: string; input: unknown }[] }
  expect(detail.map(({ loc, type }) => [loc, type])).toEqual([
    [['query', 'page'], 'invalid_type'],
    [['query', 'q'], 'missing'],
    [['body', 'name'], 'missing'],
    [['body', 'password'], 'too_small'],
  ])
  expect(JSON.stringify(detail)).not.toContain('short')
})

test('resources close last-in first-out, around background work, and are told of errors', async () => {
  const log: string[] = []
  const named = (name: string, lifetime: 'request' | 'handler') =>
    resource(
      {},
      async function* () {
        log.push(`open ${name}`)
        try {
          yield name
          log.push(`close ${name}`)
        } catch (error) {
          log.push(`${name}: ${String(error)}`)
          throw error
        }
      },
      { lifetime },
    )
  const a = named('a', 'request'),
    b = named('b', 'handler'),
    c = named('c', 'request')
  const app = api()
    .get('/ok', { a, b, c }, (v) => v)
    .get('/bad', { a, b, c }, () => {
      throw new HttpError(409, 'no')
    })
  await app.request('/ok')
  await app.idle()
  expect(log).toEqual(['open a', 'open b', 'open c', 'close b', 'close c', 'close a'])
  log.length = 0
  expect((await app.request('/bad')).status).toBe(409)
  expect(log.slice(3)).toEqual(['b: HttpError: no', 'c: HttpError: no', 'a: HttpError: no'])
})

test('overrides are a copy; an overridden scheme still enforces scopes; a replacement may ask for the original', async () => {
  const app = api().get('/', { user: security(currentUser, ['items']) }, ({ user }) => user)
  expect((await app.with(override(auth, { subject: 'x', scopes: ['me'] })).request('/')).status).toBe(403)
  expect(
    await (await app.with(override(auth, { subject: 'x', scopes: ['items'] })).request('/')).json(),
  ).toEqual({ name: 'x' })
  expect(await (await app.with(override(currentUser, { name: 'y' })).request('/')).json()).toEqual({
    name: 'y',
  })
  const loud = replace(
    currentUser,
    dependency({ user: currentUser }, ({ user }) => ({ name: `${user.name}!` })),
  )
  expect(await (await app.with(loud).request('/', as('alice'))).json()).toEqual({ name: 'alice!' })
  expect((await app.request('/')).status).toBe(401)
})

test('a 401 that a dependency throws carries the challenge of the scheme (RFC 9110 §15.5.2)', async () => {
  const closed = dependency({ token: auth }, () => {
    throw new HttpError(401, 'This account is closed')
  })
  const response = await api()
    .get('/', { closed }, () => 1)
    .request('/', as('alice'))
  expect(response.status).toBe(401)
  expect(response.headers.get('www-authenticate')).toBe(
    'Bearer error="invalid_token", error_description="This account is closed"',
  )
})
