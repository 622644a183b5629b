/** Browser applications at the token endpoint: those that are registered may read its answers, and nobody else. */

import { expect, test } from 'vitest'
import { authorizationServer } from 'gatewright/server'

test('SECURITY 64, 117: a registered origin may read the answers and the DPoP nonce, without credentials; others may not', async () => {
  const server = authorizationServer({
    issuer: 'http://localhost:8000',
    database: 'sqlite::memory:',
    scopes: { me: 'See your profile' },
    dpopNonces: true,
    clients: [
      { id: 'spa', redirectUris: ['https://spa.test/cb'] },
      { id: 'web', secret: 's'.repeat(40), redirectUris: ['https://web.test/cb'] },
    ],
  })
  await server.open()
  const preflight = (origin: string, path = '/token'): Promise<Response> =>
    server.app.request(path, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'dpop' },
    })
  for (const path of ['/token', '/revoke', '/par', '/device_authorization']) {
    const allowed = await preflight('https://spa.test', path)
    expect(allowed.status).toBe(204)
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://spa.test')
    expect(allowed.headers.get('access-control-allow-headers')).toContain('DPoP')
    expect(allowed.headers.get('access-control-allow-credentials')).toBeNull()
  }
  for (const origin of ['https://evil.test', 'https://web.test', 'https://spa.test.evil.test', 'null']) {
    expect((await preflight(origin)).headers.get('access-control-allow-origin')).toBeNull()
  }
  const post = (origin: string): Promise<Response> =>
    server.app.request('/token', {
      method: 'POST',
      headers: { origin },
      body: new URLSearchParams({ grant_type: 'authorization_code', code: 'x', client_id: 'spa' }),
    })
  const answer = await post('https://spa.test')
  expect(answer.status).toBe(400)
  expect(answer.headers.get('access-control-allow-origin')).toBe('https://spa.test')
  expect(answer.headers.get('access-control-expose-headers')).toContain('DPoP-Nonce')
  expect((await post('https://evil.test')).headers.get('access-control-allow-origin')).toBeNull()
  await server.close()
})

test('SECURITY 139: any page may read the metadata and the keys, also when it asks first', async () => {
  const server = authorizationServer({
    issuer: 'http://localhost:8000',
    database: 'sqlite::memory:',
    scopes: { me: 'See your profile' },
  })
  for (const path of ['/.well-known/oauth-authorization-server', '/jwks']) {
    const headers = { origin: 'https://any.test' }
    const asking = { ...headers, 'access-control-request-method': 'GET' }
    const preflight = await server.app.request(path, { method: 'OPTIONS', headers: asking })
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, '*'])
    const answer = await server.app.request(path, { headers })
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, '*'])
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
  }
  await server.close()
})
