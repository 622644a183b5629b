import { expect, test } from 'vitest'
import { z } from 'zod'
import {
  anyOf,
  api,
  apiKey,
  dependency,
  httpBasic,
  httpBearer,
  optional,
  passwordForm,
  query,
  reject,
  security,
} from '../index.ts'
import type { Api } from '../index.ts'

interface Principal {
  readonly by: string
  readonly name: string
  readonly scopes: readonly string[]
}

/** A credential is a name and its scopes: `alice:read+write`; `bad` is none. */
const verified =
  (by: string) =>
  (credential: string): Principal | undefined => {
    const [name = '', scopes = ''] = credential.split('.')
    return name === 'bad' ? undefined : { by, name, scopes: scopes.split('+') }
  }
const scopes = { read: 'Read', write: 'Write' }
const token = httpBearer({ scopes, verify: verified('token') })
const key = apiKey({ header: 'x-key', scopes, verify: verified('key') })

const send = async (app: Api, tokenText?: string, keyText?: string) => {
  const answer = await app.request('/', {
    headers: {
      ...(tokenText === undefined ? {} : { authorization: `Bearer ${tokenText}` }),
      ...(keyText === undefined ? {} : { 'x-key': keyText }),
    },
  })
  const body = (await answer.json()) as unknown
  return { status: answer.status, body, challenge: answer.headers.get('www-authenticate') }
}
const by = (p: Principal): string => `${p.name} by ${p.by}`

test('the value is of the alternative that passed the check, never of another', async () => {
  const app = api().get('/', { who: security(anyOf(token, key), ['write']) }, ({ who }) => by(who))
  const rows = [
    ['alice.write', undefined, 200, 'alice by token'],
    [undefined, 'robot.write', 200, 'robot by key'],
    ['alice.write', 'robot.write', 200, 'alice by token'],
    // alice's token is good and may not write: it is the key that may, so it is the robot that writes
    ['alice.read', 'robot.write', 200, 'robot by key'],
    ['bad.write', 'robot.write', 200, 'robot by key'],
    ['alice.write', 'bad.write', 200, 'alice by token'],
    ['alice.read', 'robot.read', 403, undefined],
    ['alice.read', 'bad.write', 403, undefined],
    ['bad.write', 'robot.read', 403, undefined],
    ['bad.write', 'bad.write', 401, undefined],
    [undefined, undefined, 401, undefined],
  ] as const
  for (const [first, second, status, who] of rows) {
    const { status: actual, body } = await send(app, first, second)
    expect([first, second, actual, actual === 200 ? body : undefined]).toEqual([first, second, status, who])
  }
})

test('the scopes of two credentials do not add up', async () => {
  const app = api().get('/', { who: security(anyOf(token, key), ['read', 'write']) }, ({ who }) => by(who))
  expect((await send(app, 'alice.read', 'robot.write')).status).toBe(403)
  expect((await send(app, 'alice.read+write', 'robot.read')).body).toBe('alice by token')
})

test('each mention chooses for itself, and none is let in by the choice of another', async () => {
  const caller = anyOf(token, key)
  const app = api().get('/', { writer: security(caller, ['write']), anybody: caller }, (values) => [
    by(values.writer),
    by(values.anybody),
  ])
  expect((await send(app, 'alice.read', 'robot.write')).body).toEqual(['robot by key', 'alice by token'])
  expect((await send(app, 'alice.read', 'robot.read')).status).toBe(403)
  expect((await send(app, 'alice.write')).body).toEqual(['alice by token', 'alice by token'])
})

test('a guard of either does not open a route of the other', async () => {
  const app = api({ guard: security(anyOf(token, key), ['read']), docs: false }).get(
    '/',
    { who: security(token, ['write']) },
    ({ who }) => by(who),
  )
  expect((await send(app, undefined, 'robot.read+write')).status).toBe(401)
  expect((await send(app, 'alice.read', 'robot.read+write')).status).toBe(403)
  expect((await send(app, 'alice.write', 'robot.read')).body).toBe('alice by token')
})

test('the most telling refusal wins, with every challenge that would help', async () => {
  const basic = httpBasic({ verify: () => undefined })
  const app = api().get('/', { who: security(anyOf(token, key), ['read']) }, () => 'in')
  expect((await send(app)).challenge).toBe('Bearer scope="read", APIKey')
  expect((await send(app, 'bad')).challenge).toContain('error="invalid_token"')
  const short = await send(app, 'alice.write', 'bad')
  expect([short.status, short.challenge]).toEqual([
    403,
    'Bearer error="insufficient_scope", error_description="This needs the scope read", scope="read"',
  ])
  const either = api().get('/', { who: anyOf(token, basic) }, () => 'in')
  expect((await send(either)).challenge).toBe('Bearer, Basic realm="gatewright", charset="UTF-8"')
})

test('optional: nobody at all is undefined; a bad credential is refused whichever it was', async () => {
  const app = api().get('/', { who: optional(anyOf(token, key)) }, ({ who }) => who?.name)
  expect((await send(app)).body).toBe(null)
  expect((await send(app, 'bad')).status).toBe(401)
  expect((await send(app, undefined, 'bad')).status).toBe(401)
  expect((await send(app, 'bad', 'robot')).body).toBe('robot')
})

test('optional: a bad credential is refused before anything else is done for the request', async () => {
  const log: string[] = []
  const side = dependency({}, () => void log.push('side'))
  const app = api().get('/', { side, who: optional(anyOf(token, key)) }, () => 1)
  expect((await send(app, 'bad')).status).toBe(401)
  expect(log).toEqual([])
  expect((await send(app)).status).toBe(200)
  expect(log).toEqual(['side'])
})

test('a choice made for one requirement is not handed to another of the same name', async () => {
  const caller = anyOf(token, key)
  const anybody = dependency({ caller }, ({ caller }) => by(caller))
  const writer = dependency({ caller: security(caller, ['write']) }, ({ caller }) => by(caller))
  for (const needs of [
    { anybody, writer },
    { writer, anybody },
  ]) {
    const app = api().get('/', needs, (values) => [values.anybody, values.writer])
    expect((await send(app, 'alice.read', 'robot.write')).body).toEqual(['alice by token', 'robot by key'])
    expect((await send(app, 'alice.read', 'robot.read')).status).toBe(403)
  }
})

test('alternatives may be computed, and nested', async () => {
  const user = dependency({ token }, ({ token }) => `user ${token.name}`)
  const machine = dependency({ key }, ({ key }) => `machine ${key.name}`)
  const guest = apiKey({ query: 'guest', verify: (name) => `guest ${name}` })
  const app = api().get('/', { who: anyOf(anyOf(user, machine), guest) }, ({ who }) => who)
  expect((await send(app, 'alice')).body).toBe('user alice')
  expect((await send(app, undefined, 'robot')).body).toBe('machine robot')
  expect(await (await app.request('/?guest=g')).json()).toBe('guest g')
  expect((await send(app)).status).toBe(401)
})

test('an alternative without a scheme lets everybody in: it says so in the types and the document', async () => {
  const anybody = dependency({}, () => 'anybody')
  const app = api().get('/', { who: anyOf(token, anybody) }, ({ who }) => who)
  expect((await send(app)).body).toBe('anybody')
  expect(app.routes()).toMatchObject([{ isOpen: true }])
})

test('an alternative that rejects by itself leaves it to the next', async () => {
  const known = dependency({ token }, ({ token }) =>
    token.name === 'alice' ? 'alice' : reject('No such account'),
  )
  const app = api().get(
    '/',
    {
      who: anyOf(
        known,
        dependency({ key }, () => 'robot'),
      ),
    },
    ({ who }) => who,
  )
  expect((await send(app, 'bob', 'robot')).body).toBe('robot')
  expect((await send(app, 'bob')).status).toBe(401)
})

test('an input that is not valid is 422, and no reason to try the next alternative', async () => {
  const paged = dependency({ token, page: query(z.number()) }, ({ page }) => page)
  const app = api().get(
    '/',
    {
      who: anyOf(
        paged,
        dependency({ key }, () => 'robot'),
      ),
    },
    ({ who }) => who,
  )
  expect((await send(app, 'alice', 'robot')).status).toBe(422)
  expect((await send(app, undefined, 'robot')).body).toBe('robot')
})

test('a form among the alternatives is read only when its turn comes', async () => {
  const login = dependency({ form: passwordForm }, ({ form }) => `form ${form.username}`)
  const user = dependency({ token }, ({ token }) => `token ${token.name}`)
  const app = api().post('/', { who: anyOf(user, login) }, ({ who }) => who)
  const body = new URLSearchParams({ username: 'john', password: 'x' })
  const headers = { authorization: 'Bearer alice' }
  expect(await (await app.request('/', { method: 'POST', body })).json()).toBe('form john')
  expect(await (await app.request('/', { method: 'POST', headers })).json()).toBe('token alice')
  // not before the other credentials are good: what is in it is nobody's business yet
  const strict = api().post('/', { who: anyOf(user, login), key }, ({ who }) => who)
  const broken = new URLSearchParams({ username: 'john' })
  expect((await strict.request('/', { method: 'POST', body: broken })).status).toBe(401)
  const withKey = { method: 'POST', body: broken, headers: { 'x-key': 'robot' } }
  expect((await strict.request('/', withKey)).status).toBe(400)
})
