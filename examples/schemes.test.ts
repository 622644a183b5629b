/** Every scheme over HTTP: nothing, something wrong, something right; and one on a WebSocket. */

import { once } from 'node:events'
import { beforeAll, expect, test } from 'vitest'
import { served } from './over-http.ts'
import type { Served } from './over-http.ts'
import { app } from './schemes.ts'

let api: Served

beforeAll(async () => {
  api = await served(app)
})

const basic = (credentials: string) => ({ authorization: `Basic ${btoa(credentials)}` })

test.each([
  ['/header', { 'x-api-key': 'good' }, { 'x-api-key': 'bad' }, 'APIKey'],
  ['/query?key=good', {}, undefined, 'APIKey'],
  ['/cookie', { cookie: 'key=good' }, { cookie: 'key=bad' }, 'APIKey'],
  ['/basic', basic('alice:good'), basic('alice:bad'), 'Basic realm="operators", charset="UTF-8"'],
  ['/bearer', { authorization: 'Bearer good' }, { authorization: 'Bearer bad' }, 'Bearer'],
  ['/custom', { authorization: 'Signature good' }, { authorization: 'Signature bad' }, 'Signature'],
  ['/password', { authorization: 'bearer good' }, { authorization: 'Bearer bad' }, 'Bearer'],
  ['/code', { authorization: 'Bearer good' }, { authorization: 'Bearer bad' }, 'Bearer'],
  ['/machine', { authorization: 'Bearer good' }, { authorization: 'Bearer bad' }, 'Bearer'],
  ['/general', { authorization: 'Any good' }, { authorization: 'Any bad' }, 'Bearer'],
  ['/open-id', { authorization: 'Any good' }, { authorization: 'Any bad' }, 'Bearer'],
] as [string, Record<string, string>, Record<string, string> | undefined, string][])(
  '%s takes its own credentials and no others',
  async (path, good, bad, challenge) => {
    expect(await api.send('GET', path, { headers: good })).toMatchObject({
      status: 200,
      body: { name: 'alice' },
    })

    const without = await api.send('GET', path.split('?')[0] ?? '')
    expect(without).toMatchObject({ status: 401, body: { detail: 'Not authenticated' } })
    expect(without.headers.get('www-authenticate')).toBe(challenge)

    const wrong = await api.send('GET', bad === undefined ? '/query?key=bad' : path, { headers: bad ?? {} })
    expect(wrong).toMatchObject({ status: 401, body: { detail: 'Could not validate credentials' } })
    expect(wrong.headers.get('www-authenticate')).toMatch(new RegExp(`^${challenge.split(' ')[0]}`))
  },
)

test('a refusal may say why', async () => {
  const answer = await api.send('GET', '/bearer', { headers: { authorization: 'Bearer expired' } })
  expect(answer).toMatchObject({ status: 401, body: { detail: 'The key has expired' } })
  expect(answer.headers.get('www-authenticate')).toBe(
    'Bearer error="invalid_token", error_description="The key has expired"',
  )
})

test('the same scheme guards a WebSocket', async () => {
  const url = api.url.replace('http', 'ws')
  const refused = new WebSocket(`${url}/echo?key=bad`)
  await once(refused, 'error')

  const connection = new WebSocket(`${url}/echo?key=good`)
  await once(connection, 'open')
  connection.send('hello')
  const [{ data }] = (await once(connection, 'message')) as [MessageEvent<string>]
  connection.close()
  expect(data).toBe('alice: hello')
})

test('the document has them all', async () => {
  const { body } = await api.send('GET', '/openapi.json')
  const { securitySchemes } = (body as { components: { securitySchemes: Record<string, { type: string }> } })
    .components
  const types = Object.values(securitySchemes).map(({ type }) => type)
  expect(types.toSorted()).toEqual([
    ...Array.from({ length: 3 }, () => 'apiKey'),
    ...Array.from({ length: 3 }, () => 'http'),
    ...Array.from({ length: 4 }, () => 'oauth2'),
    'openIdConnect',
  ])
})
