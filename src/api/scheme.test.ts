import { expect, test } from 'vitest'
import { anyOf, api, apiKey, dependency, httpBearer, optional, reject, security } from '../index.ts'
import type { Api } from '../index.ts'

const bearer = { headers: { authorization: 'Bearer x' } }

/** Something that is no `Promise` and is waited for all the same, as the queries of database libraries are. */
function thenable(value: unknown): PromiseLike<unknown> {
  return {
    // oxlint-disable-next-line no-thenable -- that is the point
    then: (resolve) => {
      queueMicrotask(() => void resolve?.(value))
      return undefined as never
    },
  }
}

const ways: readonly (readonly [string, (value: unknown) => unknown])[] = [
  ['at once', (value) => value],
  ['by a promise', (value) => Promise.resolve(value)],
  ['by a promise of a promise', (value) => new Promise((resolve) => resolve(Promise.resolve(value)))],
  ['by a thenable', thenable],
  ['by a promise of a thenable', (value) => Promise.resolve(thenable(value))],
  ['by a callable thenable', (value) => Object.assign(() => 1, thenable(value))],
]

const nobody: readonly unknown[] = [undefined, null, false]

test.each(
  ways.flatMap(([way, give]) => nobody.map((value) => [String(value), way, () => give(value)] as const)),
)('SECURITY 186: a verifier that says %s %s lets nobody in', async (_, __, verify) => {
  const app = api().get('/', { who: httpBearer({ verify }) }, () => 'in')
  const answer = await app.request('/', bearer)
  expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
    401,
    'Bearer error="invalid_token", error_description="Could not validate credentials"',
  ])
  const lenient = api().get('/', { who: optional(httpBearer({ verify })) }, () => 'in')
  expect((await lenient.request('/', bearer)).status).toBe(401)
})

test.each(ways)('a principal given %s is what the handler gets', async (_, give) => {
  const scheme = httpBearer({
    scopes: { a: 'A' },
    verify: () => give({ scopes: ['a'] }) as { scopes: string[] },
  })
  const app = api().get('/', { who: security(scheme, ['a']) }, ({ who }) => who)
  expect(await (await app.request('/', bearer)).json()).toEqual({ scopes: ['a'] })
})

test.each(ways)('a rejection given %s is told in the challenge', async (_, give) => {
  const scheme = httpBearer({ verify: () => give(reject('It was revoked')) })
  const answer = await api()
    .get('/', { scheme }, () => 'in')
    .request('/', bearer)
  expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
    401,
    'Bearer error="invalid_token", error_description="It was revoked"',
  ])
  expect(await answer.json()).toEqual({ detail: 'It was revoked' })
})

const failures: readonly (readonly [string, () => unknown])[] = [
  ['throws', () => fail()],
  ['rejects', () => Promise.reject(new Error('the key server is away'))],
  ['rejects with nothing', () => Promise.reject(undefined)],
  // oxlint-disable-next-line no-thenable
  ['is a thenable that throws', () => ({ then: () => fail() })],
]

test.each(failures)('SECURITY 186: a verifier that %s fails closed: a bare 500', async (_, verify) => {
  const all: unknown[] = []
  const scheme = httpBearer({ verify })
  const key = apiKey({ header: 'x-key', verify: () => 'key' })
  const report = (error: unknown): void => void all.push(error)
  const apps: Api[] = [
    api({ report }).get('/', { scheme }, () => 'in'),
    api({ report }).get('/', { scheme: optional(scheme) }, () => 'in'),
    api({ report }).get('/', { user: dependency({ scheme }, () => 1) }, () => 'in'),
    api({ report, guard: scheme }).get('/', {}, () => 'in'),
    // another alternative is no way around a question that could not be answered
    api({ report }).get('/', { scheme: anyOf(scheme, key) }, () => 'in'),
  ]
  for (const app of apps) {
    const headers = { ...bearer.headers, 'x-key': 'k' }
    const answer = await app.request('/', { headers })
    expect([answer.status, await answer.text()]).toEqual([500, 'Internal Server Error'])
  }
  expect(all).toHaveLength(apps.length)
})

test('what is computed from a principal may be thenable as well, and is kept', async () => {
  let runs = 0
  const scheme = httpBearer({ verify: (token) => token })
  const user = dependency({ scheme }, () => {
    runs += 1
    return thenable('alice')
  })
  const app = api().get('/', { user, again: dependency({ user }, ({ user }) => user) }, (values) => values)
  expect(await (await app.request('/', bearer)).json()).toEqual({ user: 'alice', again: 'alice' })
  expect(runs).toBe(1)
})

test('a dependency that rejects by itself is a 401 with the challenge of its scheme', async () => {
  const scheme = httpBearer({ realm: 'Items', verify: (token) => token })
  const user = dependency({ scheme }, ({ scheme }) =>
    scheme === 'gone' ? reject('The account is gone') : scheme,
  )
  let handled = 0
  const app = api().get('/', { user }, () => ++handled)
  const gone = await app.request('/', { headers: { authorization: 'Bearer gone' } })
  expect([gone.status, gone.headers.get('www-authenticate')]).toEqual([
    401,
    'Bearer realm="Items", error="invalid_token", error_description="The account is gone"',
  ])
  expect([(await app.request('/', bearer)).status, handled]).toEqual([200, 1])
})

test('SECURITY 169: a token in the query, the form or a cookie is none', async () => {
  const seen: string[] = []
  const scheme = httpBearer({
    verify: (token) => {
      seen.push(token)
      return token
    },
  })
  const app = api()
    .get('/', { scheme }, () => 'in')
    .post('/', { scheme }, () => 'in')
  const cookie = { headers: { cookie: 'access_token=x; authorization=Bearer x' } }
  const body = new URLSearchParams({ access_token: 'x' })
  expect((await app.request('/?access_token=x&authorization=Bearer+x', cookie)).status).toBe(401)
  expect((await app.request('/', { method: 'POST', body })).status).toBe(401)
  expect(seen).toEqual([])
})

test('two Authorization headers are neither', async () => {
  const scheme = httpBearer({ verify: (token) => token })
  const app = api().get('/', { scheme }, ({ scheme }) => scheme)
  const headers = new Headers()
  headers.append('authorization', 'Bearer good')
  headers.append('authorization', 'Bearer bad')
  expect((await app.request('/', { headers })).status).toBe(401)
})

function fail(): never {
  throw new Error('the key server is away')
}
