/** Who may administer: only those who hold a scope get it, use it and give it on; on both databases. */

import { decodeJwt } from 'jose'
import { describe, expect, test } from 'vitest'
import { dialects } from '../setup/database.ts'
import { adminResource, adminWorld, allAdminScopes, password } from './admin-world.ts'
import { browserOf, requestUrl } from './browser-jar.ts'
import { apiA, apiB, bodyOf, issuer, verifier } from './server-world.ts'

const users = 'admin:users:read'

describe.each(dialects)('%s', (dialect) => {
  test('SECURITY 178: without a token, with one for another API, or for more than this one, nothing is there', async () => {
    const at = await adminWorld(dialect)
    const none = await at.server.app.request(`${issuer}/admin/api/users`)
    expect(none.status).toBe(401)
    expect(none.headers.get('www-authenticate')).toContain(`scope="${users}"`)
    const { access_token: other } = await at.tokens('web2', { scope: `read ${users}`, resource: apiA })
    expect((await at.call('GET', '/users', { token: other })).status).toBe(401)
    const { access_token: opaque } = await at.tokens('web', { scope: 'read', resource: apiB })
    expect((await at.call('GET', '/users', { token: opaque })).status).toBe(401)
    expect((await at.call('GET', '/users', { token: 'nonsense' })).status).toBe(401)
    // A session is not a token.
    const browser = browserOf(at.server.app)
    await browser.submit(await browser.open(requestUrl(at, 'web')), { username: 'root', password })
    const cookie = { headers: { cookie: browser.header() } }
    expect((await at.server.app.request(`${issuer}/admin/api/users`, cookie)).status).toBe(401)
    const both = await tokenFor(
      at,
      [
        ['resource', adminResource],
        ['resource', apiA],
        ['scope', `read ${users}`],
      ],
      at.root,
    )
    expect([decodeJwt(both).aud].flat().toSorted()).toEqual([apiA, adminResource])
    expect((await at.call('GET', '/users', { token: both })).status).toBe(403)
  })

  test('every route needs its own scope: with all others it is 403, and nothing has changed', async () => {
    const at = await adminWorld(dialect)
    await at.tokens('web')
    const [grant] = await at.store.listGrants({ subject: at.alice, limit: 1, now: at.clock.now })
    const [key] = await at.store.listKeys(at.clock.now)
    await at.clients.add({ id: 'shop' })
    const routes = [
      ['GET', '/users', users],
      ['POST', '/users', 'admin:users:write', { username: 'bob' }],
      ['GET', `/users/${at.alice}`, users],
      ['PATCH', `/users/${at.alice}`, 'admin:users:write', { disabled: true }],
      ['DELETE', `/users/${at.alice}`, 'admin:users:write'],
      ['POST', `/users/${at.alice}/revoke`, 'admin:grants:write'],
      ['POST', `/users/${at.alice}/revoke`, 'admin:sessions:write'],
      ['GET', `/users/${at.alice}/sessions`, 'admin:sessions:read'],
      ['DELETE', `/users/${at.alice}/sessions`, 'admin:sessions:write'],
      ['DELETE', `/users/${at.alice}/sessions/x`, 'admin:sessions:write'],
      ['GET', '/clients', 'admin:clients:read'],
      ['POST', '/clients', 'admin:clients:write', { client_id: 'new' }],
      ['GET', '/clients/shop', 'admin:clients:read'],
      ['PATCH', '/clients/shop', 'admin:clients:write', { disabled: true }],
      ['POST', '/clients/shop/rotate-secret', 'admin:clients:write', {}],
      ['DELETE', '/clients/shop', 'admin:clients:write'],
      ['GET', '/grants', 'admin:grants:read'],
      ['DELETE', `/grants/${grant?.id ?? ''}`, 'admin:grants:write'],
      ['GET', '/keys', 'admin:keys:read'],
      ['POST', '/keys/rotate', 'admin:keys:write'],
      ['DELETE', `/keys/${key?.id ?? ''}`, 'admin:keys:write'],
      ['GET', '/audit', 'admin:audit:read'],
    ] as const
    const without = new Map<string, string>()
    for (const [, , scope] of routes) {
      if (!without.has(scope)) {
        without.set(scope, await at.token(allAdminScopes.filter((each) => each !== scope)))
      }
    }
    const events = at.events.length
    for (const [method, path, scope, body] of routes) {
      const token = without.get(scope) ?? ''
      const answer = await at.call(method, path, { token, ...(body === undefined ? {} : { body }) })
      expect([method, path, answer.status]).toEqual([method, path, 403])
      expect(answer.headers.get('www-authenticate')).toContain('insufficient_scope')
    }
    expect(at.events).toHaveLength(events)
    expect(await at.accounts.get(at.alice)).toMatchObject({ disabled: false })
    expect(await at.accounts.find('bob')).toBeUndefined()
    expect(await at.clients.get('shop')).toMatchObject({ disabled: false, version: 1 })
    expect(await at.clients.get('new')).toBeUndefined()
    expect((await at.store.getGrant(grant?.id ?? ''))?.revokedAt).toBeUndefined()
    expect(await at.store.listKeys(at.clock.now)).toHaveLength(1)
  })

  test('an ordinary person who agrees to everything gives no admin scope away', async () => {
    const at = await adminWorld(dialect)
    const browser = browserOf(at.server.app)
    const more = { scope: `read ${users} admin:users:write`, resource: adminResource }
    const login = await browser.open(requestUrl(at, 'web2', more))
    const consent = await browser.submit(login, { username: 'alice', password })
    expect(consent.path).toBe('/consent')
    expect(consent.body).not.toContain('Admin: see all accounts')
    const code = new URL(
      (await browser.submit(consent, { decision: 'allow' })).location ?? '',
    ).searchParams.get('code')
    const answer = await bodyOf(
      await at.post(
        '/token',
        { grant_type: 'authorization_code', code: code ?? '', code_verifier: verifier },
        'web2',
      ),
    )
    expect(answer['scope']).toBeUndefined()
    expect((await at.call('GET', '/users', { token: String(answer['access_token']) })).status).toBe(403)
    const [grant] = await at.store.listGrants({ subject: at.alice, limit: 10, now: at.clock.now })
    expect(grant?.scopes).toEqual(['read'])
    // What is left of it was agreed to, and is not asked again.
    const again = await browser.open(requestUrl(at, 'web2', more))
    expect(new URL(again.location ?? '').searchParams.has('code')).toBe(true)

    const other = browserOf(at.server.app)
    const only = await other.submit(
      await other.open(requestUrl(at, 'web2', { scope: users, resource: adminResource, prompt: 'consent' })),
      { username: 'alice', password },
    )
    const denied = new URL((await other.submit(only, { decision: 'allow' })).location ?? '')
    expect(denied.searchParams.get('error')).toBe('access_denied')
    expect(denied.searchParams.has('code')).toBe(false)
  })

  test('an administrator sees on the consent page what it is, and gets it', async () => {
    const at = await adminWorld(dialect)
    const browser = browserOf(at.server.app)
    const login = await browser.open(requestUrl(at, 'web2', { scope: users, resource: adminResource }))
    const consent = await browser.submit(login, { username: 'root', password })
    expect(consent.body).toContain('Admin: see all accounts')
    expect(consent.body).toContain('Administration')
    const code = new URL(
      (await browser.submit(consent, { decision: 'allow' })).location ?? '',
    ).searchParams.get('code')
    const answer = await bodyOf(
      await at.post(
        '/token',
        { grant_type: 'authorization_code', code: code ?? '', code_verifier: verifier },
        'web2',
      ),
    )
    expect(answer['scope']).toBe(users)
    expect((await at.call('GET', '/users', { token: String(answer['access_token']) })).status).toBe(200)
  })

  test('a client may ask for an admin scope only if it is registered for it by name', async () => {
    const at = await adminWorld(dialect)
    const browser = browserOf(at.server.app)
    const asked = await browser.open(requestUrl(at, 'web', { scope: `read ${users}` }))
    expect(new URL(asked.location ?? '').searchParams.get('error')).toBe('invalid_scope')
    // Whoever asks for nothing in particular gets everything but that.
    const pending = await at.interaction.begin([
      ['client_id', 'web'],
      ['redirect_uri', 'https://web.test/cb'],
      ['response_type', 'code'],
      ['resource', adminResource],
      ['code_challenge', 'x'.repeat(43)],
      ['code_challenge_method', 'S256'],
    ])
    expect(pending.scopes).toEqual(['read', 'write', 'admin'])
    const metadata = await bodyOf(
      await at.server.app.request(`${issuer}/.well-known/oauth-authorization-server`),
    )
    const supported = metadata['scopes_supported'] as readonly string[]
    expect(supported).toEqual(expect.arrayContaining(['read', 'write', 'admin']))
    expect(supported.filter((scope) => allAdminScopes.includes(scope))).toEqual([])
  })

  test('no other way leads to an admin scope: password, device, refresh, registration, client credentials', async () => {
    const own = {
      id: 'own',
      secret: 'own-secret-that-has-more-than-32-characters',
      firstParty: true,
      grantTypes: ['password', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
    } as const
    const at = await adminWorld(dialect, { registration: { open: true } })
    await at.clients.add(own)
    const headers = { authorization: `Basic ${btoa(`own:${own.secret}`)}` }
    const login = { grant_type: 'password', username: 'root', password, resource: adminResource }
    const all = await bodyOf(await at.post('/token', login, undefined, headers))
    expect(all['scope']).toBeUndefined()
    const asked = await at.post('/token', { ...login, scope: users }, undefined, headers)
    expect([asked.status, (await bodyOf(asked))['error']]).toEqual([400, 'invalid_scope'])
    const device = await at.post(
      '/device_authorization',
      { scope: users, resource: adminResource },
      undefined,
      headers,
    )
    expect([device.status, (await bodyOf(device))['error']]).toEqual([400, 'invalid_scope'])
    const register = { redirect_uris: ['https://evil.test/cb'], scope: users }
    const refused = await at.server.app.request(`${issuer}/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(register),
    })
    expect(refused.status).toBe(400)
    const machine = await at.post(
      '/token',
      { grant_type: 'client_credentials', scope: 'admin:users:write', resource: adminResource },
      'machine',
    )
    expect((await bodyOf(machine))['error']).toBe('invalid_scope')
  })

  test('a device gets of the person only what the person has', async () => {
    const at = await adminWorld(dialect)
    await at.clients.add({
      id: 'tv',
      tokenEndpointAuthMethod: 'none',
      grantTypes: ['urn:ietf:params:oauth:grant-type:device_code'],
      scopes: ['read', users],
    })
    const started = await bodyOf(
      await at.post('/device_authorization', { scope: `read ${users}`, resource: adminResource }, 'tv'),
    )
    const person = { subject: at.alice, sessionId: 's', authTime: at.clock.now }
    const shown = await at.devices.claim(String(started['user_code']), person)
    expect(shown?.scopes).toEqual(['read'])
    expect(await at.devices.approve(String(started['user_code']), person)).toBe(true)
    const form = {
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: String(started['device_code']),
    }
    const answer = await bodyOf(await at.post('/token', form, 'tv'))
    expect(answer['access_token']).toBeDefined()
    expect(answer['scope']).toBeUndefined()
    const [grant] = await at.store.listGrants({ subject: at.alice, limit: 1, now: at.clock.now })
    expect(grant?.scopes).toEqual(['read'])
  })

  test('a client that acts for itself has the admin scopes it was given by name, and loses them with it', async () => {
    const at = await adminWorld(dialect)
    const form = { grant_type: 'client_credentials', scope: users, resource: adminResource }
    const { client, secret } = await at.clients.add({ id: 'sync', clientCredentialsScopes: [users] })
    const headers = { authorization: `Basic ${btoa(`${client.id}:${secret ?? ''}`)}` }
    const token = String((await bodyOf(await at.post('/token', form, undefined, headers)))['access_token'])
    expect((await at.call('GET', '/users', { token })).status).toBe(200)
    expect((await at.call('POST', '/users', { token, body: { username: 'bob' } })).status).toBe(403)
    await at.clients.change('sync', { clientCredentialsScopes: [] })
    expect((await at.call('GET', '/users', { token })).status).toBe(403)
  })

  test('a scope that is taken away is gone at once, from tokens that are out as well', async () => {
    const at = await adminWorld(dialect)
    const { id } = await at.accounts.create({ username: 'helper', password, scopes: [users] })
    const token = await at.token([users], id)
    expect((await at.call('GET', '/users', { token })).status).toBe(200)
    await at.accounts.update(id, { scopes: [] })
    const refused = await at.call('GET', '/users', { token })
    expect(refused.status).toBe(403)
    expect(refused.headers.get('www-authenticate')).toContain('insufficient_scope')
    // Nor is it in what is refreshed, of somebody who was given it before.
    await at.accounts.update(at.alice, { scopes: [users] })
    const before = await at.tokens('web2', { scope: users, resource: adminResource })
    expect(decodeJwt(before.access_token)['scope']).toBe(users)
    await at.accounts.update(at.alice, { scopes: [] })
    const after = await bodyOf(await at.refresh('web2', before.refresh_token))
    expect(decodeJwt(String(after['access_token']))['scope']).toBeUndefined()
    // A disabled one is not let in at all.
    await at.accounts.update(id, { scopes: [users] })
    expect((await at.call('GET', '/users', { token })).status).toBe(200)
    await at.accounts.update(id, { disabled: true })
    expect((await at.call('GET', '/users', { token })).status).toBe(401)
  })

  test('nobody gives more than they have, nor changes who has more', async () => {
    const at = await adminWorld(dialect)
    const few = ['admin:users:read', 'admin:users:write', 'admin:clients:read', 'admin:clients:write']
    const { id: helper } = await at.accounts.create({ username: 'helper', password, scopes: few })
    const token = await at.token(few, helper)
    const more = 'admin:keys:write'
    await at.clients.add({ id: 'console', redirectUris: ['https://console.test/cb'], scopes: [more] })
    await at.clients.add({ id: 'robot', clientCredentialsScopes: [more] })
    const attempts = [
      ['POST', '/users', { username: 'bob', scopes: [more] }],
      ['PATCH', `/users/${at.alice}`, { scopes: [more] }],
      ['PATCH', `/users/${helper}`, { scopes: [...few, more] }],
      ['PATCH', `/users/${at.root}`, { email: 'helper@example.com' }],
      ['PATCH', `/users/${at.root}`, { scopes: [] }],
      ['DELETE', `/users/${at.root}`, undefined],
      ['POST', '/clients', { client_id: 'mine', client_credentials_scope: more }],
      ['POST', '/clients', { client_id: 'mine', scope: more }],
      ['POST', '/clients', { client_id: 'mine', exchange: { scope: more } }],
      ['PATCH', '/clients/console', { redirect_uris: ['https://evil.test/cb'] }],
      ['POST', '/clients/robot/rotate-secret', {}],
      ['PATCH', '/clients/robot', { client_credentials_scope: '' }],
      ['DELETE', '/clients/robot', undefined],
    ] as const
    for (const [method, path, body] of attempts) {
      const answer = await at.call(method, path, { token, ...(body === undefined ? {} : { body }) })
      expect([method, path, body, answer.status]).toEqual([method, path, body, 403])
    }
    expect(await at.accounts.find('bob')).toBeUndefined()
    expect((await at.accounts.get(at.alice))?.scopes).toEqual([])
    expect((await at.accounts.get(helper))?.scopes).toEqual(few)
    const root = await at.accounts.get(at.root)
    expect([root?.email, root?.scopes]).toEqual([undefined, allAdminScopes])
    expect(await at.clients.get('mine')).toBeUndefined()
    expect((await at.clients.get('console'))?.version).toBe(1)
    expect((await at.clients.get('robot'))?.version).toBe(1)
    // What they have they may give.
    const given = await at.call('PATCH', `/users/${at.alice}`, { token, body: { scopes: [users] } })
    expect(given).toMatchObject({ status: 200, body: { scopes: [users] } })
  })
})

test('options that take the place of the admin API are refused by name', async () => {
  const { authorizationServer } = await import('../../src/server.ts')
  const options = { issuer, database: 'file:unused.db', secretKey: 'x'.repeat(32), admin: true, scopes: {} }
  expect(() => authorizationServer({ ...options, scopes: { [users]: 'Mine' } })).toThrow(
    `${users} belongs to`,
  )
  expect(() => authorizationServer({ ...options, resources: { [adminResource]: {} } })).toThrow('admin API')
  expect(() => authorizationServer({ ...options, registration: { scopes: [users] as never[] } })).toThrow(
    'registration',
  )
})

/** A token of an authorization request with these parameters. */
async function tokenFor(
  at: Awaited<ReturnType<typeof adminWorld>>,
  more: readonly (readonly [string, string])[],
  subject: string,
): Promise<string> {
  const url = new URL(requestUrl(at, 'web2'))
  const usual = [...url.searchParams].filter(([name]) => name !== 'scope')
  const pending = await at.interaction.begin([...usual, ...more])
  const { location } = await at.interaction.approve(pending, { subject, authTime: at.clock.now })
  const code = new URL(location).searchParams.get('code') ?? ''
  const form = { grant_type: 'authorization_code', code, code_verifier: verifier }
  return String((await bodyOf(await at.post('/token', form, 'web2')))['access_token'])
}
