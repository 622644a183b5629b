/** `sameOrigin`, as a guard and in a route's own record. */

import { expect, test } from 'vitest'
import { api } from './api.ts'
import { sameOrigin } from './csrf.ts'
import type { SameOriginOptions } from './csrf.ts'

function counter(options?: SameOriginOptions) {
  const state = { changes: 0 }
  const app = api({ guard: sameOrigin(options) })
    .post('/change', {}, () => ++state.changes)
    .get('/change', {}, () => state.changes)
  const post = (headers: Record<string, string>) => app.request('/change', { method: 'POST', headers })
  return { state, app, post }
}

test.each([
  { origin: 'https://evil.example' },
  { origin: 'null' },
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-site', origin: 'http://other.localhost' },
])(
  'SECURITY 202: what another site began is a 403 and changes nothing: %o',
  async (headers: Record<string, string>) => {
    const { state, post } = counter()
    const response = await post(headers)
    expect([response.status, await response.json()]).toEqual([
      403,
      { detail: 'Another site began this request' },
    ])
    expect(state.changes).toBe(0)
  },
)

test.each([
  {},
  { origin: 'http://localhost' },
  { 'sec-fetch-site': 'same-origin', origin: 'http://localhost' },
  { 'sec-fetch-site': 'none' },
])('what the own pages or no page began passes: %o', async (headers: Record<string, string>) => {
  const { state, post } = counter()
  expect((await post(headers)).status).toBe(200)
  expect(state.changes).toBe(1)
})

test('reading is nobody’s harm', async () => {
  const { app } = counter()
  const headers = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
  expect((await app.request('/change', { headers })).status).toBe(200)
})

test('an allowed origin passes, and only it', async () => {
  const { state, post } = counter({ allowedOrigins: ['https://app.example.com'] })
  expect((await post({ origin: 'https://app.example.com', 'sec-fetch-site': 'cross-site' })).status).toBe(200)
  expect((await post({ origin: 'https://app.example.com.evil.example' })).status).toBe(403)
  expect(state.changes).toBe(1)
})

test('SECURITY 202: with its origin told, what is for another host is refused, whatever it says that it is', async () => {
  const { state, app } = counter({ origin: 'http://localhost:8000' })
  const at = async (host: string, method: string, headers: Record<string, string> = {}): Promise<number> =>
    (await app.request(`http://${host}/change`, { method, headers })).status
  // DNS rebinding: the page of evil.example, whose name is an address of this computer now.
  const rebound = { 'sec-fetch-site': 'same-origin', origin: 'http://evil.example:8000' }
  expect(await at('evil.example:8000', 'POST', rebound)).toBe(403)
  expect(await at('evil.example:8000', 'GET', rebound)).toBe(403)
  expect(await at('localhost:8000', 'POST', { origin: 'http://evil.example:8000' })).toBe(403)
  expect(await at('localhost:8001', 'POST')).toBe(403)
  expect(state.changes).toBe(0)
  expect(await at('localhost:8000', 'POST', { origin: 'http://localhost:8000' })).toBe(200)
  expect(await at('localhost:8000', 'POST')).toBe(200)
  expect(await at('localhost:8000', 'GET')).toBe(200)
  for (const origin of ['localhost:8000', 'http://localhost:8000/']) {
    expect(() => sameOrigin({ origin })).toThrow(/origin/)
  }
})

test('strict wants every request to say where it comes from', async () => {
  const { state, post } = counter({ strict: true })
  expect((await post({})).status).toBe(403)
  expect(state.changes).toBe(0)
})

test('a route may ask for it by itself', async () => {
  const app = api().post('/change', { own: sameOrigin() }, () => 'changed')
  const headers = { origin: 'https://evil.example' }
  expect((await app.request('/change', { method: 'POST', headers })).status).toBe(403)
})

test.each(['app.example.com', 'https://app.example.com/', 'https://app.example.com/path', '*', ''])(
  'an origin that is none is an error at the start: %s',
  (origin) => {
    expect(() => sameOrigin({ allowedOrigins: [origin] })).toThrow(/allowedOrigins/)
  },
)
