/** Scopes, over HTTP: what each account may do, and what a caller is told who may not. */

import { beforeAll, expect, test } from 'vitest'
import { served } from './over-http.ts'
import type { Served } from './over-http.ts'
import { app } from './scopes.ts'

const password = 'correct horse battery staple'
let api: Served

beforeAll(async () => {
  api = await served(app)
})

test('all scopes of the account are granted when none are asked for', async () => {
  const answer = await api.send('POST', '/token', { form: { username: 'alice', password } })
  expect(answer.body).toMatchObject({ scope: 'me read:users write:posts' })
})

test('a token opens what its scopes are for', async () => {
  const token = await api.logIn('alice', password)
  expect((await api.send('GET', '/users/me', { token })).body).toMatchObject({ username: 'alice' })
  const users = await api.send('GET', '/users', { token })
  expect((users.body as { username: string }[]).map(({ username }) => username)).toEqual(['alice', 'bob'])
  const added = await api.send('POST', '/posts', { token, json: { title: 'Hello' } })
  expect(added).toMatchObject({ status: 201, body: { title: 'Hello', author: 'alice' } })
  expect((await api.send('GET', '/posts', { token })).body).toContainEqual({
    title: 'Hello',
    author: 'alice',
  })
})

test('too few scopes is a 403 that names what is missing, before the body is read', async () => {
  const token = await api.logIn('bob', password)
  const before = (await api.send('GET', '/posts', { token })).body
  const answer = await api.send('POST', '/posts', {
    token,
    headers: { 'content-type': 'text/plain' },
    json: 1,
  })
  expect(answer).toMatchObject({ status: 403, body: { detail: 'This needs the scope write:posts' } })
  const challenge = answer.headers.get('www-authenticate')
  expect(challenge).toContain('error="insufficient_scope"')
  expect(challenge).toContain('scope="write:posts"')
  expect((await api.send('GET', '/posts', { token })).body).toEqual(before)
})

test('a token carries fewer scopes when fewer were asked for', async () => {
  const token = await api.logIn('alice', password, 'me')
  expect((await api.send('GET', '/users/me', { token })).status).toBe(200)
  expect((await api.send('GET', '/users', { token })).status).toBe(403)
})

test('nobody is granted what the account does not have', async () => {
  const some = await api.send('POST', '/token', {
    form: { username: 'bob', password, scope: 'me write:posts' },
  })
  expect(some.body).toMatchObject({ scope: 'me' })
  const none = await api.send('POST', '/token', { form: { username: 'bob', password, scope: 'write:posts' } })
  expect(none).toMatchObject({ status: 400, body: { error: 'invalid_scope' } })
  const unknown = await api.send('POST', '/token', { form: { username: 'alice', password, scope: 'root' } })
  expect(unknown).toMatchObject({ status: 400, body: { error: 'invalid_scope' } })
})

test('the document shows what each route needs', async () => {
  const { body } = await api.send('GET', '/openapi.json')
  expect(body).toMatchObject({
    paths: {
      '/users': { get: { security: [{ OAuth2PasswordBearer: ['read:users'] }] } },
      '/posts': { post: { security: [{ OAuth2PasswordBearer: ['write:posts'] }] } },
    },
  })
  expect((await api.send('GET', '/status')).body).toEqual({ status: 'ok' })
})
