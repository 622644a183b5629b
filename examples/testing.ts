/** Testing an application: no socket, no login, and the scopes are enforced all the same. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { api, dependency, override, passwordBearer, security } from 'gatewright'

const verify = (token: string) =>
  token === 'alice' ? { subject: 'alice', scopes: ['read:users'] } : undefined
const auth = passwordBearer({ tokenUrl: 'token', scopes: { 'read:users': 'List all accounts' }, verify })
const now = dependency({}, () => new Date())

const app = api().get('/users', { token: security(auth, ['read:users']), now }, ({ token, now }) => ({
  caller: token.subject,
  at: now,
}))

await test('a caller with the scope reads the users', async () => {
  const bob = { subject: 'bob', scopes: ['read:users'] }
  const response = await app.with(override(auth, bob), override(now, new Date(0))).request('/users')
  assert.deepEqual(await response.json(), { caller: 'bob', at: '1970-01-01T00:00:00.000Z' })
})

await test('an overridden scheme still enforces scopes', async () => {
  const response = await app.with(override(auth, { subject: 'bob', scopes: [] })).request('/users')
  assert.equal(response.status, 403)
})

await test('the application itself is as it was', async () => {
  assert.equal((await app.request('/users')).status, 401)
})
