/** The current user, over HTTP. */

import { beforeAll, expect, test } from 'vitest'
import { app } from './current-user.ts'
import { served } from './over-http.ts'
import type { Served } from './over-http.ts'

let api: Served

beforeAll(async () => {
  api = await served(app)
})

test('whoever logs in sees their own account, without a password hash', async () => {
  const token = await api.logIn('alice', 'correct horse battery staple')
  const { status, body } = await api.send('GET', '/users/me', { token })
  expect(status).toBe(200)
  expect(body).toMatchObject({ username: 'alice', name: 'Alice', disabled: false })
  expect(JSON.stringify(body)).not.toMatch(/hash|argon2/)
})

test.each([
  ['alice', 'wrong'],
  ['nobody', 'correct horse battery staple'],
])('the wrong password and the unknown name read the same: %s', async (username, password) => {
  const answer = await api.send('POST', '/token', { form: { username, password } })
  expect(answer).toMatchObject({
    status: 400,
    body: { error: 'invalid_grant', error_description: 'Incorrect username or password' },
  })
})

test('without a token there is no current user', async () => {
  expect((await api.send('GET', '/users/me')).status).toBe(401)
})
