/** FASTAPI A5: scopes are required anywhere in the tree and add up on the way down to the scheme. */

import {
  allOf,
  anyOf,
  api,
  apiKey,
  dependency,
  httpBearer,
  optional,
  override,
  passwordBearer,
  requiredScopes,
  router,
  security,
  securityAny,
} from 'gatewright'
import type { Api } from 'gatewright'
import { describe, expect, test } from 'vitest'

/** A token is the list of its scopes. */
const auth = passwordBearer({
  tokenUrl: 'token',
  scopes: { app: '', include: '', router: '', route: '', param: '', me: '', items: '', read: '' },
  verify: (token) => ({ scopes: token === 'none' ? [] : token.split('+') }),
})
const user = dependency({ token: auth }, ({ token }) => token.scopes)
const seen = dependency({ auth, required: requiredScopes }, ({ required }) => required)

const ask = (app: Api, token: string, target = '/') =>
  app.request(target, { headers: { authorization: `Bearer ${token}` } })

test('a dependency sees the scopes of every edge from the root to itself, outermost first', async () => {
  const inner = dependency({ seen: security(seen, ['me']) }, ({ seen }) => seen)
  const outer = dependency({ inner: security(inner, ['items']) }, ({ inner }) => inner)
  const app = api().get('/', { value: security(outer, ['read']) }, ({ value }) => value)
  expect(await (await ask(app, 'me+items+read')).json()).toEqual({
    scopes: ['read', 'items', 'me'],
    scope: 'read items me',
  })
})

test('siblings do not leak into each other', async () => {
  const app = api().get(
    '/',
    { a: security(seen, ['me']), b: security(seen, ['items']), c: seen },
    ({ a, b, c }) => [a.scope, b.scope, c.scope],
  )
  expect(await (await ask(app, 'me+items')).json()).toEqual(['me', 'items', ''])
})

test('a scope that is required twice is named once', async () => {
  const inner = dependency({ seen: security(seen, ['me', 'me']) }, ({ seen }) => seen.scopes)
  const app = api().get('/', { value: security(inner, ['me']) }, ({ value }) => value)
  expect(await (await ask(app, 'me')).json()).toEqual(['me'])
})

test('in the handler itself there is nothing above: no scopes', async () => {
  const app = api({ guard: security(user, ['app']) }).get(
    '/',
    { required: requiredScopes },
    (v) => v.required,
  )
  expect(await (await ask(app, 'app')).json()).toEqual({ scopes: [], scope: '' })
})

test('each level is a chain of its own for those who read scopes, and all of them are enforced', async () => {
  const log: string[] = []
  const noting = dependency({ seen }, ({ seen }) => void log.push(seen.scope))
  const app = api({ guard: security(noting, ['app']), docs: false }).include(
    router({ guard: security(noting, ['router']) }).get(
      '/',
      { param: security(noting, ['param']) },
      { guard: security(noting, ['route']) },
      () => 'in',
    ),
    { guard: security(noting, ['include']) },
  )
  const all = ['app', 'include', 'router', 'route', 'param']
  expect((await ask(app, all.join('+'))).status).toBe(200)
  expect(log).toEqual(all)
  for (const left of all) {
    const answer = await ask(app, all.filter((scope) => scope !== left).join('+'))
    expect([left, answer.status]).toEqual([left, 403])
    expect(answer.headers.get('www-authenticate')).toContain('scope="app include router route param"')
  }
  expect(log).toHaveLength(5)
  const operation = app.openapi().paths['/'] as { get: { security: unknown } }
  expect(operation.get.security).toEqual([{ OAuth2PasswordBearer: all }])
})

test('scopes may be required of any kind of scheme', async () => {
  const options = { scopes: { me: 'You' }, verify: (key: string) => ({ scopes: key.split('+') }) }
  for (const [scheme, header] of [
    [httpBearer(options), 'authorization'],
    [apiKey({ header: 'x-key', ...options }), 'x-key'],
  ] as const) {
    const app = api().get('/', { caller: security(scheme, ['me']) }, () => 'in')
    const send = (key: string) =>
      app.request('/', { headers: { [header]: header === 'x-key' ? key : `Bearer ${key}` } })
    expect([(await send('me')).status, (await send('you')).status]).toEqual([200, 403])
  }
})

describe('SECURITY 182: scopes are whole words, compared with case', () => {
  const app = api().get('/', { user: security(user, ['read']) }, () => 'in')
  test.each(['readwrite', 'rea', 'Read', 'READ', 'read_', 'write', 'none'])(
    '%s is not read',
    async (token) => {
      expect((await ask(app, token)).status).toBe(403)
      expect((await ask(app, `${token}+read`)).status).toBe(200)
    },
  )

  test.each([
    ['one text of several words', { scopes: 'read write' }],
    ['the very text', { scopes: 'read' }],
    ['a no-break space', { scopes: ['read\u00a0write'] }],
    ['a space behind', { scopes: ['read '] }],
    ['a list in a list', { scopes: [['read']] }],
    ['an object', { scopes: { read: true } }],
    ['a set', { scopes: new Set(['read']) }],
    ['nothing', {}],
    ['null', { scopes: null }],
    ['another name', { scope: 'read', scp: ['read'] }],
    ['no object', 'read'],
  ])('granted as %s, nothing is granted', async (_, principal) => {
    const scheme = httpBearer({ scopes: { read: 'Read' }, verify: () => principal as object })
    const send = (needed: 'read'[]) =>
      ask(
        api().get('/', { scheme: security(scheme, needed) }, () => 'in'),
        'x',
      )
    expect([(await send(['read'])).status, (await send([])).status]).toEqual([403, 200])
  })
})

test('securityAny wants one of several, beside what is wanted above it', async () => {
  const either = dependency({ user: securityAny(user, ['items', 'read']) }, ({ user }) => user)
  const app = api().get('/', { either: security(either, ['me']) }, () => 'in')
  for (const [token, status] of [
    ['me+items', 200],
    ['me+read', 200],
    ['me', 403],
    ['items+read', 403],
    ['none', 403],
  ] as const) {
    expect([token, (await ask(app, token)).status]).toEqual([token, status])
  }
})

test('an optional dependency with scopes: nobody is undefined, somebody without the scope is refused', async () => {
  const app = api().get('/', { user: optional(security(user, ['me'])) }, ({ user }) => user)
  expect(await (await app.request('/')).json()).toBe(null)
  expect((await ask(app, 'items')).status).toBe(403)
  expect(await (await ask(app, 'me')).json()).toEqual(['me'])
})

describe('two schemes beneath one dependency', () => {
  const admin = apiKey({
    header: 'x-admin',
    scopes: { admin: 'All', me: 'You' },
    verify: (key) => ({ scopes: key.split('+') }),
  })
  const send = (app: Api, token: string | undefined, key: string | undefined) =>
    app.request('/', {
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(key === undefined ? {} : { 'x-admin': key }),
      },
    })

  test('each must grant what it declares', async () => {
    const both = dependency({ auth, admin }, () => 'in')
    const app = api().get('/', { both: security(both, ['admin', 'items', 'me']) }, ({ both }) => both)
    expect((await send(app, 'items+me', 'admin+me')).status).toBe(200)
    for (const [token, key, status] of [
      ['items+me', undefined, 401],
      [undefined, 'admin+me', 401],
      ['items+me', 'me', 403],
      ['items', 'admin+me', 403],
      ['items+me', 'admin', 403],
      // what only one declares is not granted by the other
      ['me+admin', 'items+me', 403],
    ] as const) {
      expect([token, key, (await send(app, token, key)).status]).toEqual([token, key, status])
    }
  })

  test('allOf is the same, with a tuple', async () => {
    const app = api().get('/', { both: security(allOf(auth, admin), ['admin']) }, ({ both }) =>
      both.map(({ scopes }) => scopes),
    )
    expect(await (await send(app, 'x', 'admin')).json()).toEqual([['x'], ['admin']])
    expect((await send(app, 'admin', 'x')).status).toBe(403)
    expect((await send(app, 'x', undefined)).status).toBe(401)
  })

  test('anyOf: whichever passes, and a scope is wanted of whichever it is', async () => {
    const app = api().get(
      '/',
      { either: security(anyOf(auth, admin), ['me']) },
      ({ either }) => either.scopes,
    )
    expect(await (await send(app, 'me', undefined)).json()).toEqual(['me'])
    expect(await (await send(app, undefined, 'me+admin')).json()).toEqual(['me', 'admin'])
    expect(await (await send(app, 'items', 'me')).json()).toEqual(['me'])
    expect((await send(app, 'items', 'admin')).status).toBe(403)
    const none = await send(app, undefined, undefined)
    expect([none.status, none.headers.get('www-authenticate')]).toEqual([401, 'Bearer scope="me", APIKey'])
  })
})

test('a scope that nothing beneath declares is refused when the route is added', () => {
  const required = { scopes: [['mee']], logins: [] }
  const impossible = { ...user, definition: { kind: 'security' as const, inner: user, required } }
  expect(() => api().get('/', { impossible }, () => 1)).toThrow(/nothing declares the required scope "mee"/)
})

test('an overridden scheme still enforces scopes, at every level', async () => {
  const app = api({ guard: security(user, ['app']), docs: false }).get(
    '/',
    { user: security(user, ['me']) },
    () => 'in',
  )
  for (const [scopes, status] of [
    [['app', 'me'], 200],
    [['app'], 403],
    [['me'], 403],
    [[], 403],
  ] as const) {
    const as = app.with(override(auth, { scopes: [...scopes] }))
    expect([scopes, (await as.request('/')).status]).toEqual([scopes, status])
  }
})

test('one scope without its brackets is found where no compiler looks', () => {
  const word = 'read' as unknown as readonly 'read'[]
  expect(() => security(auth, word)).toThrow("the scopes are a list, as in security(scheme, ['items:read'])")
  expect(() => securityAny(auth, word)).toThrow('securityAny: the scopes are a list')
})
