/** Input that is meant to harm: polluted prototypes, depth, size, header injection, odd text. */

import {
  accessTokens,
  api,
  apiKey,
  cookie,
  form,
  header,
  http,
  httpBasic,
  httpBearer,
  HttpError,
  json,
  passwordForm,
  path,
  query,
  reject,
  request,
  response,
  security,
} from 'gatewright'
import type { Schema } from 'gatewright'
import fc from 'fast-check'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { serve } from './served.ts'

const jsonType = { 'content-type': 'application/json' }
const formType = { 'content-type': 'application/x-www-form-urlencoded' }
const text = z.string().optional()

/** Takes everything everywhere and gives it back. */
const echo = api({ report: () => undefined, docs: false })
  .post('/json', { body: json(z.unknown()) }, ({ body }) => Object.assign({}, body))
  .post('/form', { body: form(z.looseObject({})) }, ({ body }) => Object.assign({}, body))
  .post('/token', { form: passwordForm }, ({ form }) => ({ ...form }))
  .get(
    '/all/{id}',
    {
      id: path(z.string()),
      isAdmin: query(text),
      polluted: cookie(text),
      xPolluted: header(text),
      constructor: query(text),
    },
    (values) => values,
  )

const payloads = [
  '{"__proto__":{"polluted":1,"scopes":["in"]}}',
  '{"constructor":{"prototype":{"polluted":1,"scopes":["in"]}}}',
  '{"a":{"__proto__":{"polluted":1}},"__proto__":null}',
  '{"\\u005f_proto__":{"polluted":1}}',
  '[{"__proto__":{"polluted":1}}]',
]
const forms = [
  '__proto__=1&polluted=1',
  '__proto__[polluted]=1',
  '__proto__.polluted=1',
  'constructor[prototype][polluted]=1',
  'constructor=1&toString=1&hasOwnProperty=1',
]

test('SECURITY 291, R21: no input changes a prototype, or a decision', async () => {
  const scheme = httpBearer({ scopes: { in: 'In' }, verify: () => ({}) })
  const guarded = api().get('/', { who: security(scheme, ['in']) }, () => 'in')
  const statuses: number[] = []
  const send = async (target: string, init?: RequestInit) =>
    statuses.push((await echo.request(target, init)).status)
  for (const body of payloads) await send('/json', { method: 'POST', body, headers: jsonType })
  for (const body of forms) {
    await send('/form', { method: 'POST', body, headers: formType })
    await send('/token', { method: 'POST', body: `${body}&username=a&password=b`, headers: formType })
    await send(`/all/__proto__?${body}`, {
      headers: { cookie: `${body.replaceAll('&', '; ')}; polluted=yes`, 'x-polluted': 'yes' },
    })
    const multipart = new FormData()
    for (const [name, value] of new URLSearchParams(body)) multipart.append(name, value)
    await send('/form', { method: 'POST', body: multipart })
  }
  expect(new Set(statuses)).toEqual(new Set([200]))
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  expect(({} as { scopes?: unknown }).scopes).toBeUndefined()
  expect(([] as { polluted?: unknown }).polluted).toBeUndefined()
  expect(Object.keys(Object.prototype)).toEqual([])
  const answer = await guarded.request('/', { headers: { authorization: 'Bearer x' } })
  expect(answer.status).toBe(403)
})

test('SECURITY 291: what is echoed has no prototype of the sender', async () => {
  for (const body of payloads) {
    const answer = await echo.request('/json', { method: 'POST', body, headers: jsonType })
    expect(await answer.text()).not.toContain('__proto__')
  }
})

test('SECURITY 291: a form has no field that a careless copy would make a prototype of', async () => {
  // whatever a validator does about it
  const asItIs: Schema<unknown, object> = {
    '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value: value as object }) },
  }
  const app = api().post('/', { body: form(asItIs) }, ({ body }) => Object.getOwnPropertyNames(body))
  const init = { method: 'POST', headers: formType, body: '__proto__=1&a=2&constructor=3' }
  expect(await (await app.request('/', init)).json()).toEqual(['a', 'constructor'])
})

test('SECURITY 291: scopes come from the principal alone, not from what a token is called', async () => {
  const scheme = httpBearer({ scopes: { in: 'In' }, verify: (token) => JSON.parse(atob(token)) as object })
  const app = api().get('/', { who: security(scheme, ['in']) }, () => 'in')
  const ask = async (claims: string) =>
    (await app.request('/', { headers: { authorization: `Bearer ${btoa(claims)}` } })).status
  expect(await ask('{"scopes":["in"]}')).toBe(200)
  for (const claims of [
    '{"__proto__":{"polluted":1}}',
    '{"scopes":{"includes":true,"length":1,"0":"in"}}',
    '{"scopes":"in"}',
    '{"scope":"in"}',
    '[]',
    '["in"]',
    '1',
  ]) {
    expect([claims, await ask(claims)]).toEqual([claims, 403])
  }
})

test('SECURITY 288, R19: JSON that is nested 10,000 deep, or just beyond the limit, is 400', async () => {
  const send = async (body: string) =>
    (await echo.request('/json', { method: 'POST', body, headers: jsonType })).status
  expect(await send('['.repeat(10_000) + ']'.repeat(10_000))).toBe(400)
  expect(await send('{"a":'.repeat(10_000) + '1' + '}'.repeat(10_000))).toBe(400)
  expect(await send('['.repeat(100_000))).toBe(400)
  expect(await send('['.repeat(65) + ']'.repeat(65))).toBe(400)
  expect(await send('['.repeat(64) + ']'.repeat(64))).toBe(200)
  // brackets in a text are no depth
  expect(await send(JSON.stringify('['.repeat(10_000)))).toBe(200)
})

test('SECURITY 288, R19: too many fields and too large a body are refused, chunked or not', async () => {
  await using served = await serve(echo)
  const post = (body: string, headers: Record<string, string>) =>
    served.send('/form', { method: 'POST', body, headers: { ...formType, ...headers } })
  expect((await post('a=1&'.repeat(10_000), {})).status).toBe(400)
  expect((await post('a='.padEnd(2_000_000, 'x'), {})).status).toBe(413)
  expect((await post('a='.padEnd(2_000_000, 'x'), { 'transfer-encoding': 'chunked' })).status).toBe(413)
  expect((await post('a=1', {})).status).toBe(200)
})

test('SECURITY 190, R19: a 10 MB header is 431 and does not end the server', async () => {
  const scheme = httpBearer({ verify: (token) => token })
  await using served = await serve(api().get('/', { scheme }, () => 'in'))
  const status = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(new URL(served.url).port), '127.0.0.1')
    let answer = ''
    socket.on('data', (chunk) => (answer += chunk.toString()))
    socket.on('close', () => resolve(answer.split('\r\n')[0] ?? ''))
    // the server closes while it is still being written to
    socket.on('error', () => resolve(answer.split('\r\n')[0] || 'cut'))
    socket.setTimeout(20_000, () => reject(new Error('no answer')))
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ')
    socket.write(Buffer.alloc(10_000_000, 'a'))
  })
  expect(status).toMatch(/431|cut/)
  expect((await served.send('/', { headers: { authorization: 'Bearer x' } })).status).toBe(200)
})

test('SECURITY 190, R19: a token of a megabyte is 401 by every scheme that could read it', async () => {
  const tokens = accessTokens({ issuer: 'https://api.test', secret: 'thirty-two bytes or more of a secret' })
  const app = api({ docs: false })
    .get('/bearer', { scheme: httpBearer({ verify: tokens.verify }) }, () => 'in')
    .get('/basic', { scheme: httpBasic({ verify: () => undefined }) }, () => 'in')
    .get('/key', { scheme: apiKey({ header: 'x-key', verify: () => undefined }) }, () => 'in')
  for (const value of [
    '.'.repeat(1_000_000),
    'a'.repeat(1_000_000),
    `${'a'.repeat(999_999)} `,
    '='.repeat(1_000_000),
  ]) {
    for (const [target, headers] of [
      ['/bearer', { authorization: `Bearer ${value}` }],
      ['/basic', { authorization: `Basic ${value}` }],
      ['/key', { 'x-key': value }],
    ] as const) {
      expect((await app.request(target, { headers: { ...headers } })).status).toBe(401)
    }
  }
})

test('SECURITY 191: no word of a challenge can break out of it', async () => {
  const evil = 'a"b\\c\r\nSet-Cookie: x=1\u0000é, Basic realm="y'
  const scheme = httpBearer({
    realm: evil,
    scopes: { [evil]: 'Evil' },
    verify: (token) => (token === 'ok' ? { scopes: [] } : reject(evil)),
  })
  const app = api({ docs: false }).get('/', { who: security(scheme, [evil]) }, () => 'in')
  await using served = await serve(app)
  for (const headers of [{}, { authorization: 'Bearer bad' }, { authorization: 'Bearer ok' }]) {
    const answer = await served.send('/', { headers })
    const challenge = answer.headers['www-authenticate'] ?? ''
    expect([401, 403]).toContain(answer.status)
    expect(answer.headers['set-cookie']).toBeUndefined()
    // one challenge of quoted strings and nothing else (RFC 9110 §11.6.1)
    expect(challenge).toMatch(/^Bearer [a-z_]+="(?:[^"\\]|\\.)*"(?:, [a-z_]+="(?:[^"\\]|\\.)*")*$/)
    expect(challenge).toMatch(/^[\x20-\x7e]*$/)
  }
})

test('SECURITY 191: neither can a realm of HTTP Basic, nor a chosen challenge', async () => {
  const basic = api().get('/', { who: httpBasic({ realm: 'x"\r\ny: z', verify: () => 1 }) }, () => 'in')
  expect((await basic.request('/')).headers.get('www-authenticate')).toBe(
    'Basic realm="x\\"??y: z", charset="UTF-8"',
  )
  const all: unknown[] = []
  const chosen = api({ report: (error) => void all.push(error) }).get(
    '/',
    { who: apiKey({ header: 'k', challenge: 'Key\r\nSet-Cookie: x=1', verify: () => 1 }) },
    () => 'in',
  )
  const answer = await chosen.request('/')
  expect([answer.status, answer.headers.get('set-cookie')]).toEqual([500, null])
})

test('a handler that puts input into headers and cookies cannot be made to split the response', async () => {
  const app = api({ report: () => undefined })
    .get('/header', { to: query(z.string()), response }, ({ to, response }) => {
      response.headers.set('location', to)
      return 1
    })
    .get('/cookie', { value: query(z.string()), response }, ({ value, response }) => {
      response.setCookie('a', value)
      return 1
    })
    .get('/error', { to: query(z.string()) }, ({ to }) => {
      throw new HttpError(400, 'x', { headers: { 'x-to': to } })
    })
  const evil = encodeURIComponent('x\r\nSet-Cookie: admin=1')
  for (const target of [
    `/header?to=${evil}`,
    `/cookie?value=${evil}`,
    `/cookie?value=${encodeURIComponent('a; Domain=evil')}`,
    `/error?to=${evil}`,
  ]) {
    const answer = await app.request(target)
    expect([target, answer.status, answer.headers.get('set-cookie')]).toEqual([target, 500, null])
  }
  expect((await app.request('/header?to=/ok')).headers.get('location')).toBe('/ok')
})

test('SECURITY 185: headers that claim to be somebody are only headers', async () => {
  const scheme = httpBearer({ verify: (token) => ({ name: token }) })
  const app = api().get('/', { scheme, request }, ({ scheme }) => scheme.name)
  const headers = {
    authorization: 'Bearer alice',
    'x-user-id': 'admin',
    'x-forwarded-user': 'admin',
    'proxy-authorization': 'Bearer admin',
    'x-authorization': 'Bearer admin',
  }
  expect(await (await app.request('/', { headers })).json()).toBe('alice')
  const { authorization: _, ...without } = headers
  expect((await app.request('/', { headers: without })).status).toBe(401)
})

test('weird paths are answered, and what is in them stays text', async () => {
  const app = api({ docs: false }).get('/users/{id}', { id: path(z.string()) }, ({ id }) => id)
  await using served = await serve(app)
  const rows = [
    ['/users/%00', 200, '\0'],
    ['/users/%2e%2e', 404, undefined],
    ['/users/..%2f..%2fetc', 200, '../../etc'],
    ['/users/a%252fb', 200, 'a%2fb'],
    ['/users/%F0%9F%98%80', 200, '😀'],
    ['/users/+', 200, '+'],
    ['/users/__proto__', 200, '__proto__'],
    ['/users/%zz', 400, { detail: 'The path is not valid' }],
    ['/users/%c3%28', 400, { detail: 'The path is not valid' }],
    ['/users/%', 400, { detail: 'The path is not valid' }],
    ['//users/1', 404, undefined],
    ['/users//1', 404, undefined],
    ['/users/', 404, undefined],
  ] as const
  for (const [target, status, body] of rows) {
    const answer = await served.send(target)
    expect([target, answer.status]).toEqual([target, status])
    if (body !== undefined) expect(answer.body).toEqual(body)
  }
})

test('SECURITY 278: whatever comes in a header or a parameter, there is an answer and it is no 500', async () => {
  const app = api({
    docs: false,
    report: (error) => {
      throw error
    },
  })
    .get(
      '/{id}',
      {
        id: path(z.string()),
        n: query(z.number().optional()),
        list: query(z.array(z.coerce.number()).optional()),
        c: cookie(z.boolean().optional()),
        bearer: httpBearer({ verify: (token) => token }),
      },
      () => 'in',
    )
    .get('/basic/{id}', { basic: httpBasic({ verify: (given) => given }) }, () => 'in')
    .get('/other/{id}', { other: http({ scheme: 'X', verify: (given) => given }) }, () => 'in')
  const latin = fc.string({
    unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('', 'basic/', 'other/'),
      fc.constantFrom('Bearer ', 'Basic ', 'X ', ''),
      latin,
      latin,
      async (word, prefix, scheme, credential, jar) => {
        const id = encodeURIComponent(word.toWellFormed()) || 'x'
        const answer = await app.request(`/${prefix}${id}?n=${id}&list=${id}&list=1&${id}`, {
          headers: { authorization: scheme + credential, cookie: `c=${jar}` },
        })
        expect([200, 401, 404, 422]).toContain(answer.status)
      },
    ),
    { numRuns: 500 },
  )
})

test('a request takes the form of none other: concurrent bodies and users are kept apart', async () => {
  const scheme = httpBearer({ verify: async (token) => ({ name: token }) })
  const app = api().post(
    '/{id}',
    { id: path(z.string()), who: scheme, body: json(z.looseObject({})) },
    (v) => v,
  )
  await using served = await serve(app)
  const all = await Promise.all(
    Array.from({ length: 100 }, async (_, index) => {
      const { body } = await served.send(`/i${index}`, {
        method: 'POST',
        headers: { ...jsonType, authorization: `Bearer user${index}` },
        body: JSON.stringify({ index }),
      })
      return body
    }),
  )
  expect(all).toEqual(
    Array.from({ length: 100 }, (_, index) => ({
      id: `i${index}`,
      who: { name: `user${index}` },
      body: { index },
    })),
  )
})
