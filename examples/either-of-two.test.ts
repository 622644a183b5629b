/** Token or key, over HTTP. */

import { beforeAll, expect, test } from 'vitest'
import { app } from './either-of-two.ts'
import { served } from './over-http.ts'
import type { Served } from './over-http.ts'

let api: Served

beforeAll(async () => {
  api = await served(app)
})

test('a person comes in with a token', async () => {
  const token = await api.logIn('alice', 'correct horse battery staple')
  const { status, body } = await api.send('GET', '/reports', { token })
  expect(status).toBe(200)
  expect((body as { caller: string }).caller).toMatch(/^user /)
})

test('a machine comes in with a key', async () => {
  const answer = await api.send('GET', '/reports', { headers: { 'x-api-key': 'demo-key' } })
  expect(answer).toMatchObject({ status: 200, body: { caller: 'machine nightly-export' } })
})

test('with neither, both challenges are sent', async () => {
  const answer = await api.send('GET', '/reports')
  expect(answer.status).toBe(401)
  expect(answer.headers.get('www-authenticate')).toContain('Bearer')
  expect(answer.headers.get('www-authenticate')).toContain('APIKey')
})

test('a bad key is not saved by a missing token', async () => {
  expect((await api.send('GET', '/reports', { headers: { 'x-api-key': 'guessed' } })).status).toBe(401)
})

test('the document says either, not both', async () => {
  const { body } = await api.send('GET', '/openapi.json')
  expect(body).toMatchObject({
    paths: {
      '/reports': {
        get: {
          security: [{ OAuth2PasswordBearer: ['read:reports'] }, { APIKeyHeader: ['read:reports'] }],
        },
      },
    },
  })
})
