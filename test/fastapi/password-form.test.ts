/** FASTAPI A7: the form of the password grant, in both strictnesses. */

import { api, HttpError, invalidGrant, passwordForm, passwordFormStrict } from 'gatewright'
import type { Dependency, PasswordRequest } from 'gatewright'
import { describe, expect, test } from 'vitest'
import { serve } from './served.ts'

const app = api()
  .post('/token', { form: passwordForm }, ({ form }) => form)
  .post('/strict', { form: passwordFormStrict }, ({ form }) => form)
  .post('/denied', { form: passwordForm }, () => {
    throw invalidGrant('Incorrect username or password')
  })

const encoded = { 'content-type': 'application/x-www-form-urlencoded' }

async function ask(
  path: string,
  body: string | FormData | undefined,
  headers: Record<string, string> = encoded,
) {
  const answer = await app.request(path, { method: 'POST', headers, ...(body === undefined ? {} : { body }) })
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as unknown }
}

const good = 'grant_type=password&username=john&password=secret'
const john = { username: 'john', password: 'secret', scopes: [] }

describe.each(['/token', '/strict'])('%s', (target) => {
  test.each([
    [
      'scopes in order, doubled ones kept, split at any white space',
      '&scope=b%20a%09b%0Aa',
      { scopes: ['b', 'a', 'b', 'a'] },
    ],
    ['an empty scope', '&scope=', {}],
    ['a client by form', '&client_id=c&client_secret=s', { clientId: 'c', clientSecret: 's' }],
    ['an empty client', '&client_id=&client_secret=', {}],
    ['unknown fields, also several times', '&color=red&color=blue&__proto__=x', {}],
  ])('takes %s', async (_, more, expected) => {
    expect(await ask(target, good + more)).toMatchObject({ status: 200, body: { ...john, ...expected } })
    const { body } = await ask(target, good + more)
    expect(body).toEqual({ ...john, ...expected })
  })

  test('takes multipart too', async () => {
    const form = new FormData()
    for (const [name, value] of new URLSearchParams(good)) form.append(name, value)
    expect((await ask(target, form, {})).body).toEqual(john)
  })

  test.each([
    ['no username', good.replace('username=john&', ''), 'The parameter username is missing'],
    ['an empty username', good.replace('john', ''), 'The parameter username is missing'],
    ['no password', 'grant_type=password&username=john', 'The parameter password is missing'],
    ['an empty password', good.replace('secret', ''), 'The parameter password is missing'],
    ['a doubled username', `${good}&username=jane`, 'The parameter username is there twice'],
    ['a doubled password', `${good}&password=x`, 'The parameter password is there twice'],
    ['a doubled scope', `${good}&scope=a&scope=b`, 'The parameter scope is there twice'],
  ])('RFC 6749 §5.2: %s is invalid_request', async (_, form, description) => {
    const { status, headers, body } = await ask(target, form)
    expect([status, body]).toEqual([400, { error: 'invalid_request', error_description: description }])
    expect(headers.get('cache-control')).toBe('no-store')
  })

  test.each(['PASSWORD', 'password ', 'passwordx', 'authorization_code'])(
    'RFC 6749 §5.2: the grant type %o is unsupported_grant_type',
    async (grant) => {
      const form = good.replace('=password', `=${encodeURIComponent(grant)}`)
      expect(await ask(target, form)).toMatchObject({
        status: 400,
        body: { error: 'unsupported_grant_type' },
      })
    },
  )

  test.each([
    ['JSON', JSON.stringify(john), { 'content-type': 'application/json' }],
    ['text', good, { 'content-type': 'text/plain' }],
    ['nothing', undefined, {}],
  ])('%s is a form without fields', async (_, body, headers) => {
    const answer = await ask(target, body, headers)
    expect([answer.status, (answer.body as { error: string }).error]).toEqual([400, 'invalid_request'])
  })

  test('RFC 6749 §2.3.1: the client may authenticate by HTTP Basic, form-encoded', async () => {
    const headers = { ...encoded, authorization: `Basic ${btoa('my%3Aclient:s%20e+c')}` }
    expect((await ask(target, good, headers)).body).toEqual({
      ...john,
      clientId: 'my:client',
      clientSecret: 's e c',
    })
  })

  test('RFC 6749 §2.3: two ways to authenticate the client are one too many', async () => {
    const headers = { ...encoded, authorization: `Basic ${btoa('c:s')}` }
    expect(await ask(target, `${good}&client_secret=s`, headers)).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    })
    expect(await ask(target, `${good}&client_id=other`, headers)).toMatchObject({ status: 400 })
    expect(await ask(target, `${good}&client_id=c`, headers)).toMatchObject({ status: 200 })
  })

  test('RFC 6749 §5.2: client credentials that cannot be read are invalid_client, with a challenge', async () => {
    const { status, headers, body } = await ask(target, good, { ...encoded, authorization: 'Basic ???' })
    expect([status, (body as { error: string }).error]).toEqual([401, 'invalid_client'])
    expect(headers.get('www-authenticate')).toMatch(/^Basic realm=/)
  })

  test('a file is no parameter', async () => {
    const form = new FormData()
    form.append('username', new File(['john'], 'john.txt'))
    expect(await ask(target, form, {})).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
  })
})

test('grant_type may be left out, but not from the strict form', async () => {
  const form = 'username=john&password=secret'
  for (const given of [form, `${form}&grant_type=`]) {
    expect((await ask('/token', given)).body).toEqual(john)
    expect((await ask('/strict', given)).body).toEqual({
      error: 'invalid_request',
      error_description: 'The parameter grant_type is missing',
    })
  }
})

test('RFC 6749 §5.1: no answer of the route is cached, good or bad', async () => {
  for (const [target, form] of [
    ['/token', good],
    ['/token', ''],
    ['/denied', good],
  ] as const) {
    expect((await ask(target, form)).headers.get('cache-control')).toBe('no-store')
  }
})

test('RFC 6749 §5.2: a wrong password is 400 invalid_grant', async () => {
  expect(await ask('/denied', good)).toMatchObject({
    status: 400,
    body: { error: 'invalid_grant', error_description: 'Incorrect username or password' },
  })
})

test('a form that is broken or too large is no 500', async () => {
  const small = api({ limits: { body: 100 } }).post('/token', { form: passwordForm }, ({ form }) => form)
  await using served = await serve(small)
  const large = await served.send('/token', {
    method: 'POST',
    headers: encoded,
    body: good + '&x='.padEnd(200, 'x'),
  })
  expect(large.status).toBe(413)
  const broken = await served.send('/token', {
    method: 'POST',
    headers: { 'content-type': 'multipart/form-data' },
    body: good,
  })
  expect([broken.status, broken.body]).toEqual([
    400,
    { error: 'invalid_request', error_description: 'Missing boundary in multipart.' },
  ])
})

test('no value that was sent is repeated in an error', async () => {
  const secret = 'hunter2'
  for (const form of [`password=${secret}`, `${good}&password=${secret}`, `grant_type=${secret}`]) {
    expect(JSON.stringify((await ask('/token', form)).body)).not.toContain(secret)
  }
})

test.each([
  ['passwordForm', passwordForm, ['username', 'password']],
  ['passwordFormStrict', passwordFormStrict, ['grant_type', 'username', 'password']],
] satisfies [string, Dependency<PasswordRequest>, string[]][])(
  '%s is documented with passwords that do not show',
  (_, form, required) => {
    const { paths } = api()
      .post('/token', { form }, () => {
        throw new HttpError(500)
      })
      .openapi()
    const text = JSON.stringify(paths)
    expect(text).toContain(JSON.stringify(required))
    expect(text.match(/"format":"password"/g)).toHaveLength(2)
  },
)
