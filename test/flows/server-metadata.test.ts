import { expect, test } from 'vitest'
import * as oauth from 'oauth4webapi'
import { createLocalJWKSet, createRemoteJWKSet, customFetch, jwtVerify } from 'jose'
import { api, security } from '../../src/index.ts'
import { authorizationServer } from '../../src/server/authorization-server.ts'
import type { AuthorizationServerOptions } from '../../src/server/options.ts'
import { dialects } from '../setup/database.ts'
import { apiA, apiB, bodyOf, issuer, serverOptions, world } from './server-world.ts'

/** A server whose database is never opened. */
function closed(more: Partial<AuthorizationServerOptions>) {
  return authorizationServer<Record<string, string>>(serverOptions('file:never-opened.db', more))
}

const get = (server: { app: { request: typeof fetch } }, url: string, headers: Record<string, string> = {}) =>
  (server.app.request as (path: string, init: RequestInit) => Promise<Response>)(url, { headers })

test('SECURITY 132: an issuer without a path has its metadata at both well-known names', async () => {
  const server = closed({})
  for (const name of ['oauth-authorization-server', 'openid-configuration']) {
    const answer = await server.app.request(`${issuer}/.well-known/${name}`)
    expect(answer.status).toBe(200)
    expect((await bodyOf(answer))['issuer']).toBe(issuer)
  }
  // RFC 8414 §3.1: the path of another issuer is another document.
  expect((await server.app.request(`${issuer}/.well-known/openid-configuration/t`)).status).toBe(404)
})

test('SECURITY 132: an issuer with a path has its metadata at three addresses, and its endpoints below the path', async () => {
  const server = closed({ issuer: 'https://auth.test/tenant/one' })
  for (const path of [
    '/.well-known/oauth-authorization-server/tenant/one',
    '/.well-known/openid-configuration/tenant/one',
    '/tenant/one/.well-known/openid-configuration',
  ]) {
    const answer = await server.app.request(`https://auth.test${path}`)
    expect(answer.status).toBe(200)
    expect(await bodyOf(answer)).toMatchObject({
      issuer: 'https://auth.test/tenant/one',
      token_endpoint: 'https://auth.test/tenant/one/token',
      jwks_uri: 'https://auth.test/tenant/one/jwks',
    })
  }
  expect((await server.app.request('https://auth.test/.well-known/openid-configuration')).status).toBe(404)
})

test('SECURITY 138: the issuer and the links are those of the options, whatever a request says of its host', async () => {
  const server = closed({})
  const honest = await (await server.app.request(`${issuer}/.well-known/openid-configuration`)).text()
  const forged = await server.app.request('https://evil.test/.well-known/openid-configuration', {
    headers: {
      host: 'evil.test',
      forwarded: 'host=evil.test;proto=http',
      'x-forwarded-host': 'evil.test',
      'x-forwarded-proto': 'http',
      'x-forwarded-prefix': '/evil',
    },
  })
  expect(await forged.text()).toBe(honest)
  expect(honest).not.toContain('evil')
})

test('SECURITY 139: the metadata is cacheable, has an ETag, and is for every page without credentials', async () => {
  const server = closed({})
  for (const path of ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']) {
    const answer = await server.app.request(issuer + path, { headers: { origin: 'https://page.test' } })
    const etag = answer.headers.get('etag') ?? ''
    expect(etag).toMatch(/^"[\w-]+"$/)
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(answer.headers.get('cache-control')).toMatch(/^public, max-age=\d+$/)
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
    expect(answer.headers.get('set-cookie')).toBeNull()
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await get(server as never, issuer + path, { 'if-none-match': known })
      expect(again.status).toBe(304)
      expect(again.headers.get('etag')).toBe(etag)
      expect(await again.text()).toBe('')
    }
    expect((await get(server as never, issuer + path, { 'if-none-match': '"other"' })).status).toBe(200)
  }
})

test('SECURITY 134 and 135: the lists say what is there, and none of what is not', async () => {
  const document = await bodyOf(await closed({}).app.request(`${issuer}/.well-known/openid-configuration`))
  expect(document['scopes_supported']).toEqual(['read', 'write', 'admin'])
  expect(document['protected_resources']).toEqual([apiA, apiB])
  expect(document['token_endpoint_auth_methods_supported']).toContain('private_key_jwt')
  for (const [name, value] of Object.entries(document)) {
    if (!name.includes('_alg_values_')) continue
    expect(value).not.toContain('none')
    expect(value).not.toContain('HS256')
  }
  expect(document).not.toHaveProperty('registration_endpoint')
  expect(document).not.toHaveProperty('id_token_signing_alg_values_supported')
})

test.each(dialects)(
  'SECURITY 134: every endpoint and grant that is advertised is served (%s)',
  async (dialect) => {
    const { server, post } = await world(dialect)
    const document = await bodyOf(
      await server.app.request(`${issuer}/.well-known/oauth-authorization-server`),
    )
    for (const [name, address] of Object.entries(document)) {
      if (!name.endsWith('_endpoint')) continue
      const path = String(address).slice(issuer.length)
      expect((await post(path, {}, 'web')).status, name).not.toBe(404)
    }
    expect((await server.app.request(String(document['jwks_uri']))).status).toBe(200)
    for (const grant of document['grant_types_supported'] as string[]) {
      const { error } = await bodyOf(await post('/token', { grant_type: grant }, 'web'))
      expect(error, grant).not.toBe('unsupported_grant_type')
    }
    const other = await post('/token', { grant_type: 'implicit' }, 'web')
    expect(await bodyOf(other)).toMatchObject({ error: 'unsupported_grant_type' })
  },
)

test.each(dialects)(
  'SECURITY 136: the key set has public members only, names, uses and algorithms (%s)',
  async (dialect) => {
    for (const algorithm of ['ES256', 'RS256', 'EdDSA'] as const) {
      const { server, keys } = await world(dialect, { keys: { algorithm } })
      await keys.rotate()
      const answer = await server.app.request(`${issuer}/jwks`, { headers: { origin: 'https://page.test' } })
      expect(answer.headers.get('access-control-allow-origin')).toBe('*')
      expect(answer.headers.get('etag')).not.toBeNull()
      const { keys: published } = (await answer.json()) as { keys: Record<string, string>[] }
      expect(published).toHaveLength(2)
      expect(new Set(published.map(({ kid }) => kid)).size).toBe(2)
      for (const key of published) {
        expect(key).toMatchObject({ use: 'sig', alg: algorithm, kid: expect.any(String) })
        for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'])
          expect(key).not.toHaveProperty(secret)
        if (algorithm === 'RS256')
          expect(Buffer.from(key['n'] ?? '', 'base64url').length).toBeGreaterThanOrEqual(256)
        if (algorithm === 'ES256') expect(key['crv']).toBe('P-256')
      }
    }
  },
)

test.each(dialects)(
  'SECURITY 137: whoever keeps the key set as long as allowed verifies every token (%s)',
  async (dialect) => {
    const { server, post, keys, clock } = await world(dialect, {
      keys: { publishAhead: 400, rotateEvery: 900 },
    })
    const token = async () =>
      String(
        (await bodyOf(await post('/token', { grant_type: 'client_credentials' }, 'machine')))['access_token'],
      )
    let kept: { readonly set: ReturnType<typeof createLocalJWKSet>; readonly until: number } | undefined
    const names = new Set<string>()
    let last = await token()
    for (let step = 0; step < 200; step++) {
      clock.now += 30_000
      if (step === 100) await keys.rotate()
      if (kept === undefined || clock.now >= kept.until) {
        const answer = await server.app.request(`${issuer}/jwks`)
        const age = Number(/max-age=(\d+)/.exec(answer.headers.get('cache-control') ?? '')?.[1])
        expect(age).toBeGreaterThan(0)
        expect(age).toBeLessThan(400)
        kept = { set: createLocalJWKSet(await answer.json()), until: clock.now + age * 1000 }
      }
      const fresh = await token()
      for (const each of [fresh, last]) {
        const checked = await jwtVerify(each, kept.set, { issuer, currentDate: new Date(clock.now) })
        names.add(String(checked.protectedHeader.kid))
      }
      last = fresh
    }
    expect(names.size).toBeGreaterThan(3)
  },
  60_000,
)

test.each(dialects)(
  'a token verifies with the key set that an independent library reads (%s)',
  async (dialect) => {
    const { server, tokens } = await world(dialect)
    const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`), {
      [customFetch]: (url: string, init: RequestInit) => server.app.request(url, init),
    })
    const { access_token: token } = await tokens('web')
    const { payload } = await jwtVerify(token, keys, { issuer, audience: apiA, typ: 'at+jwt' })
    // SECURITY 133: byte by byte what the metadata says
    expect(payload.iss).toBe(issuer)
  },
)

test('SECURITY 140: an API on the host of the server has its metadata where RFC 9728 §3.1 says', async () => {
  const server = closed({
    resources: {
      'https://auth.test/v1/items': { name: 'Items', scopes: ['read'] },
      'https://auth.test/v1/items/': { scopes: ['write'] },
      'https://auth.test/v1/items?tenant=2': { scopes: ['admin'] },
      'https://auth.test': {},
      'https://elsewhere.test/api': {},
      'urn:api': {},
    },
  })
  const at = (path: string) =>
    server.app.request(`https://auth.test/.well-known/oauth-protected-resource${path}`)
  const answer = await at('/v1/items')
  expect(answer.headers.get('access-control-allow-origin')).toBe('*')
  expect(answer.headers.get('etag')).not.toBeNull()
  expect(await bodyOf(answer)).toMatchObject({
    resource: 'https://auth.test/v1/items',
    authorization_servers: [issuer],
    scopes_supported: ['read'],
    resource_name: 'Items',
    bearer_methods_supported: ['header'],
  })
  expect((await bodyOf(await at('/v1/items/')))['resource']).toBe('https://auth.test/v1/items/')
  expect((await bodyOf(await at('/v1/items?tenant=2')))['resource']).toBe(
    'https://auth.test/v1/items?tenant=2',
  )
  expect((await bodyOf(await at('')))['resource']).toBe('https://auth.test')
  expect((await at('/v1/items?tenant=3')).status).toBe(404)
  expect((await at('/api')).status).toBe(404)
  expect((await at('/v1')).status).toBe(404)
  for (const resource of [
    'https://auth.test/v1/items',
    'https://auth.test/v1/items?tenant=2',
    'https://auth.test',
  ]) {
    const address = new URL(resource)
    const found = await oauth.resourceDiscoveryRequest(address, {
      [oauth.customFetch]: (url: string, init: object) => server.app.request(url, init),
    })
    await oauth.processResourceDiscoveryResponse(address, found)
  }
})

test('SECURITY 140: the challenge of an API leads to its metadata, and that to the server', async () => {
  const url = 'http://localhost'
  const server = authorizationServer({ issuer: url, database: 'file::memory:', scopes: { me: 'You' } })
  const app = api()
    .include(server)
    .get('/me', { token: security(server.bearer(), ['me']) }, ({ token }) => token.subject)
  const refused = await app.request('/me')
  expect(refused.status).toBe(401)
  const address = /resource_metadata="([^"]+)"/.exec(refused.headers.get('www-authenticate') ?? '')?.[1]
  const { resource, authorization_servers: servers } = await bodyOf(await app.request(address ?? ''))
  expect(resource).toBe(url)
  expect(servers).toEqual([url])
  const found = await app.request(`${url}/.well-known/oauth-authorization-server`)
  expect((await bodyOf(found))['issuer']).toBe(url)
  await server.close()
})

test('SECURITY 91: authentication by a key is offered, with the algorithms it may use, and no shared-secret JWT', async () => {
  const { server } = await world('sqlite')
  const answer = await server.app.request(`${issuer}/.well-known/oauth-authorization-server`)
  const document = (await answer.json()) as Record<string, readonly string[]>
  expect(document['token_endpoint_auth_methods_supported']).toContain('private_key_jwt')
  expect(document['token_endpoint_auth_methods_supported']).not.toContain('client_secret_jwt')
  const algorithms = document['token_endpoint_auth_signing_alg_values_supported'] ?? []
  expect(algorithms).toEqual(expect.arrayContaining(['ES256', 'EdDSA']))
  expect(algorithms.filter((algorithm) => /^HS|^none$/i.test(algorithm))).toEqual([])
})
