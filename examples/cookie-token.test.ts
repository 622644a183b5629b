/** A token in a cookie, over HTTP: as the own page, as another site, and as curl. */

import { beforeAll, expect, test } from 'vitest'
import { app } from './cookie-token.ts'
import { served } from './over-http.ts'
import type { Served } from './over-http.ts'

const credentials = { username: 'alice', password: 'correct horse battery staple' }
let api: Served

beforeAll(async () => {
  api = await served(app)
})

async function logIn(): Promise<string> {
  const answer = await api.send('POST', '/login', { form: credentials })
  expect(answer.status).toBe(204)
  return (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
}

test('SECURITY 197: the token is in a cookie that no script and no other site can use', async () => {
  const answer = await api.send('POST', '/login', { form: credentials })
  expect(answer.body).toBe('')
  expect(answer.headers.get('set-cookie')).toMatch(
    /^__Host-token=[\w.-]+; Max-Age=3600; Path=\/; Secure; HttpOnly; SameSite=Strict$/,
  )
})

test('the cookie opens the routes, and the header does not', async () => {
  const cookie = await logIn()
  const added = await api.send('POST', '/notes', { headers: { cookie }, json: { text: 'Buy milk' } })
  expect(added).toMatchObject({ status: 201, body: { text: 'Buy milk' } })
  const { body } = await api.send('GET', '/notes', { headers: { cookie } })
  expect(body).toContainEqual(added.body)
  const token = cookie.slice(cookie.indexOf('=') + 1)
  expect((await api.send('GET', '/notes', { token })).status).toBe(401)
})

test.each([
  { origin: 'https://evil.example' },
  { origin: 'null' },
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-site' },
])('SECURITY 202: another site changes nothing, cookie or not: %o', async (from: Record<string, string>) => {
  const cookie = await logIn()
  const before = (await api.send('GET', '/notes', { headers: { cookie } })).body
  const answer = await api.send('POST', '/notes', { headers: { cookie, ...from }, json: { text: 'Forged' } })
  expect(answer).toMatchObject({ status: 403, body: { detail: 'Another site began this request' } })
  expect((await api.send('GET', '/notes', { headers: { cookie } })).body).toEqual(before)
})

test('SECURITY 205: another site cannot log a visitor in under a name of its choice', async () => {
  const answer = await api.send('POST', '/login', {
    headers: { origin: 'https://evil.example' },
    form: credentials,
  })
  expect(answer.status).toBe(403)
  expect(answer.headers.get('set-cookie')).toBeNull()
})

test('the own page may: %s', async () => {
  const cookie = await logIn()
  for (const from of [{ origin: api.url }, { 'sec-fetch-site': 'same-origin', origin: api.url }]) {
    const headers: Record<string, string> = { cookie, ...from }
    expect((await api.send('POST', '/notes', { headers, json: { text: 'Mine' } })).status).toBe(201)
  }
})

test('logging out takes the cookie away', async () => {
  const cookie = await logIn()
  const answer = await api.send('POST', '/logout', { headers: { cookie } })
  expect(answer.status).toBe(204)
  expect(answer.headers.get('set-cookie')).toMatch(/^__Host-token=; Max-Age=0;/)
  expect((await api.send('GET', '/notes')).status).toBe(401)
})

test('a wrong password sets no cookie', async () => {
  const answer = await api.send('POST', '/login', { form: { ...credentials, password: 'wrong' } })
  expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
  expect(answer.headers.get('set-cookie')).toBeNull()
})
