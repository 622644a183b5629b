/** The first steps, over HTTP. */

import { beforeAll, expect, test } from 'vitest'
import { app } from './first-steps.ts'
import { served } from './over-http.ts'
import type { Served } from './over-http.ts'

let api: Served

beforeAll(async () => {
  api = await served(app)
})

test('a token from the form opens the route', async () => {
  const answer = await api.send('POST', '/token', { form: { username: 'alice', password: 'whatever' } })
  expect(answer.status).toBe(200)
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect(answer.body).toEqual({ access_token: expect.any(String), token_type: 'Bearer', expires_in: 300 })

  const { access_token: token } = answer.body as { access_token: string }
  expect(await api.send('GET', '/my_data/', { token })).toMatchObject({
    status: 200,
    body: { owner: 'alice' },
  })
})

test.each([{}, { authorization: 'Bearer' }, { authorization: 'Bearer ' }, { authorization: 'Basic YTpi' }])(
  'without a bearer token it is a 401 with a bare challenge: %o',
  async (headers: Record<string, string>) => {
    const answer = await api.send('GET', '/my_data/', { headers })
    expect(answer).toMatchObject({ status: 401, body: { detail: 'Not authenticated' } })
    expect(answer.headers.get('www-authenticate')).toBe('Bearer')
  },
)

test.each(['made-up', 'a.b.c', 'two words'])(
  'a token of nobody is a 401 invalid_token: %s',
  async (token) => {
    const answer = await api.send('GET', '/my_data/', { token })
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer error="invalid_token"/)
  },
)

test('a token with one character changed is a 401 invalid_token', async () => {
  const token = await api.logIn('alice', 'whatever')
  const middle = token.indexOf('.') + 10
  const changed = `${token.slice(0, middle)}${token[middle] === 'A' ? 'B' : 'A'}${token.slice(middle + 1)}`
  const answer = await api.send('GET', '/my_data/', { token: changed })
  expect(answer.status).toBe(401)
  expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer error="invalid_token"/)
})

test.each([
  [{ username: 'alice' }, 'invalid_request'],
  [{ password: 'x' }, 'invalid_request'],
  [{ username: 'alice', password: 'x', grant_type: 'refresh_token' }, 'unsupported_grant_type'],
])('a form that is not right is told as OAuth clients expect it: %o', async (form, error) => {
  const answer = await api.send('POST', '/token', { form })
  expect(answer).toMatchObject({ status: 400, body: { error } })
})

test('the document has the lock and where the token comes from', async () => {
  const { body } = await api.send('GET', '/openapi.json')
  expect(body).toMatchObject({
    components: { securitySchemes: { OAuth2PasswordBearer: { flows: { password: { tokenUrl: 'token' } } } } },
    paths: { '/my_data/': { get: { security: [{ OAuth2PasswordBearer: [] }] } } },
  })
  expect((await api.send('GET', '/docs')).status).toBe(200)
})
