import { openIdConnect } from 'gatewright'
import { beforeAll, expect, test, vi } from 'vitest'
import { audience, foreignIssuer } from '../test/setup/foreign-issuer.ts'
import type { ForeignIssuer } from '../test/setup/foreign-issuer.ts'
import {
  auth0,
  both,
  entra,
  inside,
  itemsApi,
  keycloak,
  lightweight,
  opaque,
} from './tokens-from-anywhere.ts'

let issuer: ForeignIssuer
beforeAll(async () => {
  issuer = await foreignIssuer()
})

const scopes = { 'items:read': 'See the items', 'items:write': 'Change the items' }
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })

test('the API takes the tokens of its issuer, for what they are granted', async () => {
  const app = itemsApi(openIdConnect({ issuer: issuer.issuer, audience, scopes, now: issuer.now }))
  const reading = bearer(await issuer.token({ scope: 'items:read' }))
  const writing = bearer(await issuer.token({ scope: 'items:read items:write' }))
  expect(await (await app.request('/items', reading)).json()).toEqual({ of: 'alice' })
  expect((await app.request('/items', { method: 'PUT', ...reading })).status).toBe(403)
  expect(await (await app.request('/items', { method: 'PUT', ...writing })).json()).toEqual({ by: 'app' })
  const old = await app.request('/items', { method: 'DELETE', ...writing })
  expect([old.status, old.headers.get('www-authenticate')]).toEqual([
    401,
    expect.stringContaining('error="insufficient_user_authentication"'),
  ])
  const claims = { scope: 'items:write', auth_time: issuer.clock.now / 1000 - 10 }
  const fresh = bearer(await issuer.token(claims))
  expect((await app.request('/items', { method: 'DELETE', ...fresh })).status).toBe(200)
})

test('every declaration starts without its issuer, and names it in the document and to clients', async () => {
  for (const auth of [auth0, entra, keycloak, lightweight, inside, opaque, both]) {
    const app = itemsApi(auth)
    await app.start()
    expect((await app.request('/items')).status).toBe(401)
    const { OpenIdConnect: scheme } = app.openapi().components?.securitySchemes ?? {}
    expect(scheme).toMatchObject({
      type: 'openIdConnect',
      openIdConnectUrl: expect.stringMatching(/\/\.well-known\/openid-configuration$/) as string,
    })
  }
  const metadata = await itemsApi(both).request('/.well-known/oauth-protected-resource')
  expect(await metadata.json()).toMatchObject({
    resource: 'https://api.example.com',
    authorization_servers: ['https://id.example.com', 'https://tenant.eu.auth0.com/'],
  })
})

test('the same guard in Express, Fastify, Hono and Next', async () => {
  vi.stubEnv('ISSUER', issuer.issuer)
  const { GET, expressApp, fastifyApp, guard, honoApp } = await import('./guarded-elsewhere.ts')
  const claims = {
    aud: 'https://api.example.com', scope: 'items:read', iat: 1, exp: Math.floor(Date.now() / 1000) + 60,
  } // prettier-ignore
  const good = bearer(await issuer.token(claims))
  const server = expressApp.listen(0, 'localhost')
  await new Promise((ready) => server.once('listening', ready))
  const { port } = server.address() as { readonly port: number }
  const answers = [
    await fetch(`http://localhost:${port}/items`, good),
    await fetch(`${await fastifyApp.listen({ port: 0, host: 'localhost' })}/items`, good),
    await honoApp.request('/items', good),
    await GET(new Request('https://api.example.com/items', good)),
  ]
  for (const answer of answers) expect(await answer.json()).toEqual({ of: 'alice' })
  expect((await honoApp.request('/items')).status).toBe(401)
  expect((await GET(new Request('https://api.example.com/items'))).status).toBe(401)
  expect(
    guard.metadata(new Request('https://api.example.com/.well-known/oauth-protected-resource'))?.status,
  ).toBe(200)
  await fastifyApp.close()
  server.closeAllConnections()
  server.close()
  vi.unstubAllEnvs()
})
