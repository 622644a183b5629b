/** Optional login, over HTTP. */

import { beforeAll, expect, test } from 'vitest'
import { app } from './optional-login.ts'
import { served } from './over-http.ts'
import type { Served } from './over-http.ts'

let api: Served

beforeAll(async () => {
  api = await served(app)
})

test('everybody may read the feed', async () => {
  expect(await api.send('GET', '/feed')).toMatchObject({ status: 200, body: { greeting: 'Hello, stranger' } })
})

test('who is signed in is greeted by name', async () => {
  const token = await api.logIn('alice', 'correct horse battery staple')
  expect((await api.send('GET', '/feed', { token })).body).toEqual({ greeting: 'Hello, alice' })
})

test('a broken token is not anonymity', async () => {
  const answer = await api.send('GET', '/feed', { token: 'broken' })
  expect(answer.status).toBe(401)
  expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer error="invalid_token"/)
})

test('the document offers no login as one of the ways', async () => {
  const { body } = await api.send('GET', '/openapi.json')
  expect(body).toMatchObject({
    paths: { '/feed': { get: { security: [{ OAuth2PasswordBearer: [] }, {}] } } },
  })
})
