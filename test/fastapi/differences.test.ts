/** FASTAPI A12: the 24 places where gatewright differs from FastAPI on purpose. */

import {
  accessTokens,
  allOf,
  anyOf,
  api,
  apiKey,
  dependency,
  fresh,
  http,
  httpBasic,
  httpBearer,
  json,
  optional,
  passwordBearer,
  passwordForm,
  security,
  securityAny,
  socket,
} from 'gatewright'
import type { Api, Dependency } from 'gatewright'
import { accounts } from 'gatewright/server'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { serve } from './served.ts'

const scopes = { me: 'You', items: 'Items' }
const auth = passwordBearer({
  tokenUrl: 'token',
  scopes,
  verify: (token) => (token === 'bad' ? undefined : { token, scopes: token.split('+') }),
})

interface Operation {
  readonly security?: unknown
  readonly responses: Readonly<Record<string, { readonly headers?: Readonly<Record<string, unknown>> }>>
}

async function ask(app: Api, headers: Record<string, string> = {}, target = '/') {
  const answer = await app.request(target, { headers })
  return [answer.status, answer.headers.get('www-authenticate')] as const
}

function operationOf(app: Api, target = '/'): Operation {
  const item = app.openapi().paths[target] as unknown as { readonly get: Operation }
  return item.get
}

const withToken = api().get('/', { auth }, ({ auth }) => auth.token)
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

test('difference 1: Bearer without a token is no credential: 401, and no error code', async () => {
  expect(await ask(withToken, { authorization: 'Bearer' })).toEqual([401, 'Bearer'])
  expect(await ask(withToken, bearer(''))).toEqual([401, 'Bearer'])
  expect(await ask(withToken, bearer('x'))).toEqual([200, null])
})

test.each(['a b', 'a\tb', 'a,b', 'ä', '"a"', '=a', 'a=b', '{}'])(
  'difference 2: %o is no token by the grammar: 401 invalid_token',
  async (token) => {
    const [status, challenge] = await ask(withToken, { authorization: `Bearer ${token}` })
    expect(status).toBe(401)
    expect(challenge).toContain('error="invalid_token"')
  },
)

test('difference 3: too few scopes are 403 insufficient_scope, naming what is needed', async () => {
  const app = api().get('/', { auth: security(auth, ['me', 'items']) }, () => 'in')
  expect(await ask(app, bearer('me'))).toEqual([
    403,
    'Bearer error="insufficient_scope", error_description="This needs the scopes me items", scope="me items"',
  ])
  expect((await ask(app, bearer('me+items')))[0]).toBe(200)
})

test('difference 4: a bad token is invalid_token with a description; no token has no error code', async () => {
  expect(await ask(withToken, bearer('bad'))).toEqual([
    401,
    'Bearer error="invalid_token", error_description="Could not validate credentials"',
  ])
  expect(await ask(withToken)).toEqual([401, 'Bearer'])
})

const tokens = accessTokens({
  issuer: 'https://api.test',
  audience: 'https://api.test',
  secret: 'a secret of at least thirty-two bytes!',
  scopes,
})

async function tokenEndpoint() {
  const users = await accounts({ database: 'file::memory:', scopes })
  await users.create({ username: 'john', password: 'correct horse battery', scopes: ['me'] })
  const app = api().post('/token', { form: passwordForm }, async ({ form }) =>
    tokens.issue(await users.authenticate(form)),
  )
  const send = async (form: string, headers: Record<string, string> = {}) => {
    const answer = await app.request('/token', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: form,
    })
    const body = (await answer.json()) as Record<string, unknown>
    return { status: answer.status, body, cache: answer.headers.get('cache-control') }
  }
  return { send, [Symbol.asyncDispose]: () => users.close() }
}

const john = 'grant_type=password&username=john&password=correct+horse+battery'

test('difference 5: a token endpoint speaks RFC 6749 §5.2', async () => {
  await using endpoint = await tokenEndpoint()
  const { send } = endpoint
  expect(await send('grant_type=password')).toEqual({
    status: 400,
    body: { error: 'invalid_request', error_description: 'The parameter username is missing' },
    cache: 'no-store',
  })
  expect(await send(john.replace('correct', 'wrong'))).toMatchObject({
    status: 400,
    body: { error: 'invalid_grant' },
  })
})

test('difference 6: the answer of a token endpoint is that of RFC 6749 §5.1, and is not stored', async () => {
  await using endpoint = await tokenEndpoint()
  expect(await endpoint.send(john)).toEqual({
    status: 200,
    body: {
      access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      token_type: 'Bearer',
      expires_in: expect.any(Number),
      scope: 'me',
    },
    cache: 'no-store',
  })
})

test('difference 7: client credentials may come by HTTP Basic; both ways at once are refused', async () => {
  const app = api().post('/token', { form: passwordForm }, ({ form }) => form.clientId)
  const send = async (form: string) => {
    const answer = await app.request('/token', {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        authorization: `Basic ${btoa('c:s')}`,
      },
      body: form,
    })
    return (await answer.json()) as unknown
  }
  expect(await send(john)).toBe('c')
  expect(await send(`${john}&client_secret=s`)).toMatchObject({ error: 'invalid_request' })
})

test('difference 8: a parameter that is there twice is invalid_request', async () => {
  await using endpoint = await tokenEndpoint()
  const { status, body } = await endpoint.send(`${john}&username=john`)
  expect([status, body['error']]).toEqual([400, 'invalid_request'])
})

test('difference 9: two schemes are documented as both; anyOf as either', () => {
  const key = apiKey({ header: 'x-key', verify: () => 1 })
  expect(operationOf(api().get('/', { auth, key }, () => 1)).security).toEqual([
    { OAuth2PasswordBearer: [], APIKeyHeader: [] },
  ])
  expect(operationOf(api().get('/', { both: allOf(auth, key) }, () => 1)).security).toEqual([
    { OAuth2PasswordBearer: [], APIKeyHeader: [] },
  ])
  expect(operationOf(api().get('/', { either: anyOf(auth, key) }, () => 1)).security).toEqual([
    { OAuth2PasswordBearer: [] },
    { APIKeyHeader: [] },
  ])
})

test('difference 10: optional is documented as optional', () => {
  const { security: documented } = operationOf(api().get('/', { auth: optional(auth) }, () => 1))
  expect(documented).toEqual([{ OAuth2PasswordBearer: [] }, {}])
})

test('difference 11: two schemes of one name are an error at the start; without names they are numbered', async () => {
  const make = (name?: string) => (header: string) =>
    apiKey({ header, verify: () => 1, ...(name === undefined ? {} : { name }) })
  const [a, b] = ['x-a', 'x-b'].map(make('Key'))
  const twice = api().get('/', { a: a as Dependency<number>, b: b as Dependency<number> }, () => 1)
  await expect(twice.start()).rejects.toThrow(/both named "Key"/)
  await expect(twice.listen({ port: 0 })).rejects.toThrow(/both named "Key"/)
  const [c, d] = ['x-c', 'x-d'].map(make())
  const numbered = api().get('/', { c: c as Dependency<number>, d: d as Dependency<number> }, () => 1)
  expect(Object.keys(numbered.openapi().components?.securitySchemes ?? {})).toEqual([
    'APIKeyHeader',
    'APIKeyHeader2',
  ])
})

test('difference 12: a scope outside of the catalogue is an error when the route is added', () => {
  // @ts-expect-error the compiler says it first
  const misspelt = security(auth, ['itmes'])
  expect(() => api().get('/', { misspelt }, () => 1)).toThrow(
    'GET /: nothing declares the required scope "itmes"',
  )
})

test('difference 13: 401 and 403 are documented, with the challenge', () => {
  const { responses } = operationOf(api().get('/', { auth: security(auth, ['me']) }, () => 1))
  for (const status of ['401', '403']) {
    expect(responses[status]?.headers).toHaveProperty('WWW-Authenticate')
  }
  expect(operationOf(api().get('/', {}, () => 1)).responses).not.toHaveProperty('401')
})

test('difference 14: no body is read before the credentials are good', async () => {
  let pulled = 0
  const app = api().post('/', { item: json(z.unknown()), auth: security(auth, ['me']) }, () => 'in')
  const send = async (headers: Record<string, string>) => {
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          pulled += 1
          controller.enqueue(new TextEncoder().encode('{'))
          if (pulled > 3) controller.close()
        },
      },
      { highWaterMark: 0 },
    )
    const init: RequestInit & { duplex: 'half' } = {
      method: 'POST',
      body,
      duplex: 'half',
      headers: { 'content-type': 'application/json', ...headers },
    }
    return (await app.request('/', init)).status
  }
  expect([await send({}), await send(bearer('bad')), await send(bearer('items')), pulled]).toEqual([
    401, 401, 403, 0,
  ])
  expect([await send(bearer('me')), pulled > 0]).toEqual([422, true])
})

test('difference 14: over a socket, a large upload is refused before it has arrived', async () => {
  const app = api().post('/', { item: json(z.unknown()), auth }, () => 'in')
  await using served = await serve(app)
  const headers = { 'content-type': 'application/json', 'content-length': String(50_000_000) }
  const { request } = await import('node:http')
  const status = await new Promise((resolve, reject) => {
    const outgoing = request(`${served.url}/`, { method: 'POST', headers }, (incoming) => {
      resolve(incoming.statusCode)
      outgoing.destroy()
    })
    outgoing.on('error', reject)
    outgoing.write('{')
  })
  expect(status).toBe(401)
})

test('difference 15: a 422 does not repeat what is secret', async () => {
  const login = z.object({ username: z.string(), password: z.string(), age: z.number() })
  const answer = await api()
    .post('/', { login: json(login) }, () => 1)
    .request('/', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"password":"hunter2","age":"x"}',
    })
  expect(answer.status).toBe(422)
  expect(await answer.text()).not.toContain('hunter2')
})

test('difference 16: HTTP Basic is UTF-8, strict base64, and its realm is always there and quoted', async () => {
  const make = (realm?: string) =>
    api().get(
      '/',
      { user: httpBasic({ verify: (given) => given, ...(realm === undefined ? {} : { realm }) }) },
      ({ user }) => user,
    )
  const utf8 = Buffer.from('jürgen:пароль:2').toString('base64')
  const answer = await make().request('/', { headers: { authorization: `Basic ${utf8}` } })
  expect(await answer.json()).toEqual({ username: 'jürgen', password: 'пароль:2' })
  const sloppy = [
    'am9objpzZWNyZXQ',
    'am9objpz ZWNyZXQ=',
    'am9objpzZWNyZXQ=x',
    'am9o*bjpzZWNyZXQ=',
    'am9obg==',
  ]
  for (const given of [...sloppy, btoa('j\xfcrgen:x'), btoa('a\nb:x'), btoa('a:\0')]) {
    expect([given, (await ask(make(), { authorization: `Basic ${given}` }))[0]]).toEqual([given, 401])
  }
  expect((await ask(make()))[1]).toBe('Basic realm="gatewright", charset="UTF-8"')
  expect((await ask(make('a "b" \\ c')))[1]).toBe('Basic realm="a \\"b\\" \\\\ c", charset="UTF-8"')
})

test('difference 17: another scheme compares the word, and writes it as it is written', async () => {
  const app = api().get(
    '/',
    { proof: http({ scheme: 'DPoP', verify: (text) => text }) },
    ({ proof }) => proof,
  )
  expect(await ask(app)).toEqual([401, 'DPoP'])
  expect(await ask(app, bearer('x'))).toEqual([401, 'DPoP'])
  expect((await ask(app, { authorization: 'dpop x' }))[0]).toBe(200)
})

test('difference 18: every scheme works on a WebSocket', async () => {
  const app = api().webSocket('/', { auth, socket }, ({ auth, socket }) => socket.send(auth.token))
  await using served = await serve(app)
  expect((await served.handshake('/')).status).toBe(401)
  expect((await served.converse('/', bearer('x'))).messages).toEqual(['x'])
})

test('difference 19: a guard covers everything that is served, but what says open', async () => {
  const app = api({ guard: auth })
    .get('/', {}, () => 'in')
    .get('/open', {}, { open: true }, () => 'in')
    .mount('/mounted', () => new Response('mounted'))
    .mount('/inner', api())
  const targets = [
    '/',
    '/docs',
    '/openapi.json',
    '/docs/swagger-ui.css',
    '/docs/oauth2-redirect.html',
    '/mounted',
    '/mounted/x',
    '/inner/docs',
    '/inner/openapi.json',
    '/nowhere',
    '/docs/nowhere',
  ]
  for (const target of targets) {
    expect([target, (await ask(app, {}, target))[0]]).toEqual([target, 401])
  }
  for (const method of ['POST', 'PUT', 'OPTIONS', 'HEAD', 'TRACEX']) {
    const answer = await app.fetch(new Request('http://localhost/', { method }))
    expect([method, answer.status]).toEqual([method, 401])
  }
  expect((await ask(app, {}, '/open'))[0]).toBe(200)
  expect((await ask(app, bearer('x'), '/docs'))[0]).toBe(200)
  expect((await ask(app, bearer('x'), '/mounted'))[0]).toBe(200)
})

test('difference 20: scopes are enforced by the layer, all or any of them', async () => {
  const app = api()
    .get('/all', { auth: security(auth, ['me', 'items']) }, () => 'in')
    .get('/any', { auth: securityAny(auth, ['me', 'items']) }, () => 'in')
  const statuses = async (token: string) => [
    (await ask(app, bearer(token), '/all'))[0],
    (await ask(app, bearer(token), '/any'))[0],
  ]
  expect(await statuses('me+items')).toEqual([200, 200])
  expect(await statuses('me')).toEqual([403, 200])
  expect(await statuses('x')).toEqual([403, 403])
})

test('difference 21: what is granted is what was asked for and may be had; nothing of it is invalid_scope', async () => {
  await using endpoint = await tokenEndpoint()
  const { send } = endpoint
  expect((await send(`${john}&scope=me+items`)).body['scope']).toBe('me')
  expect(await send(`${john}&scope=items`)).toMatchObject({ status: 400, body: { error: 'invalid_scope' } })
  expect(await send(`${john}&scope=admin`)).toMatchObject({ status: 400, body: { error: 'invalid_scope' } })
})

test('difference 22: a token without exp, or with the wrong issuer, audience or algorithm, is refused', async () => {
  const { SignJWT } = await import('jose')
  const key = new TextEncoder().encode('a secret of at least thirty-two bytes!')
  const app = api().get('/', { token: httpBearer({ verify: tokens.verify }) }, () => 'in')
  const base = { sub: 'john', iss: 'https://api.test', aud: 'https://api.test', client_id: 'c', jti: 'j' }
  const sign = (claims: object, exp = true, alg = 'HS256') => {
    const now = Math.floor(Date.now() / 1000)
    const all = { ...base, iat: now, ...(exp ? { exp: now + 60 } : {}), ...claims }
    return new SignJWT(all).setProtectedHeader({ alg, typ: 'at+jwt' }).sign(key)
  }
  expect((await ask(app, bearer(await sign({}))))[0]).toBe(200)
  for (const token of [
    await sign({}, false),
    await sign({ iss: 'https://other.test' }),
    await sign({ aud: 'https://other.test' }),
    await sign({}, true, 'HS512'),
  ]) {
    const [status, challenge] = await ask(app, bearer(token))
    expect([status, challenge]).toEqual([401, expect.stringContaining('error="invalid_token"')])
  }
})

test('difference 23: a child is resolved only if its parent is, and a value has one place in the cache', async () => {
  const runs = { child: 0, parent: 0 }
  const child = dependency({}, () => ++runs.child)
  const parent = dependency({ child: fresh(child) }, () => ++runs.parent)
  const app = api().get('/', { a: parent, b: parent, c: dependency({ parent }, () => 1) }, () => 1)
  await app.request('/')
  expect(runs).toEqual({ child: 1, parent: 1 })
})

test('difference 24: the challenge of an API key is APIKey unless another is chosen', async () => {
  const make = (challenge?: string) =>
    api().get(
      '/',
      { key: apiKey({ header: 'x', verify: () => 1, ...(challenge === undefined ? {} : { challenge }) }) },
      () => 1,
    )
  expect((await ask(make()))[1]).toBe('APIKey')
  expect((await ask(make('Key realm="items"')))[1]).toBe('Key realm="items"')
})
