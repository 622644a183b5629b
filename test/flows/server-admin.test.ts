/** The admin API over HTTP: each subject of it, on both databases. */

import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, test } from 'vitest'
import { defaultPages } from '../../src/pages/default-pages.ts'
import { adminScopes } from '../../src/server/admin/scopes.ts'
import { dialects } from '../setup/database.ts'
import { adminWorld, password } from './admin-world.ts'
import type { AdminWorld } from './admin-world.ts'
import { browserOf, requestUrl } from './browser-jar.ts'
import { apiA, basic, issuer, secrets, world } from './server-world.ts'

type Item = Readonly<Record<string, unknown>>

/** The last event of this type that is in the log. */
async function lastEvent(at: AdminWorld, type: string) {
  const [event] = await at.store.listAudit({ limit: 1, type })
  return event
}

describe.each(dialects)('%s', (dialect) => {
  test('accounts: added, listed, read, changed, removed, each with the administrator in the audit log', async () => {
    const at = await adminWorld(dialect)
    const user = { username: 'Bob', name: 'Bob B.', email: 'bob@example.com', scopes: ['read'] }
    const added = await at.call('POST', '/users', { body: user })
    expect(added.status).toBe(201)
    expect(added.headers.get('cache-control')).toBe('no-store')
    const { user: bob, password: first } = added.body as { readonly user: Item; readonly password: string }
    expect(bob).toEqual({
      ...user,
      id: expect.any(String),
      disabled: false,
      email_verified: false,
      must_change_password: true,
      created_at: expect.any(String),
    })
    const id = String(bob['id'])
    expect(await at.accounts.authenticate({ username: 'bob', password: first })).toMatchObject({
      subject: id,
    })
    const by = { by: at.root, with: 'web2' }
    expect(await lastEvent(at, 'account.created')).toMatchObject({ subject: id, details: by })

    expect((await at.call('POST', '/users', { body: user })).status).toBe(409)
    expect((await at.call('GET', `/users/${id}`)).body).toEqual(bob)
    expect((await at.call('GET', '/users?username=BOB')).body).toEqual({ items: [bob] })
    expect((await at.call('GET', '/users?username=nobody')).body).toEqual({ items: [] })

    const changed = await at.call('PATCH', `/users/${id}`, { body: { name: 'Robert', email: null } })
    const { email: _, ...rest } = bob as { readonly email: string }
    expect(changed).toMatchObject({ status: 200, body: { ...rest, name: 'Robert' } })
    expect(changed.body).not.toHaveProperty('email')
    expect(await lastEvent(at, 'account.updated')).toMatchObject({
      subject: id,
      details: { ...by, fields: ['name', 'email'] },
    })
    expect((await at.call('PATCH', `/users/${id}`, { body: { username: 'alice' } })).status).toBe(409)

    expect((await at.call('DELETE', `/users/${id}`)).status).toBe(204)
    expect(await at.accounts.get(id)).toBeUndefined()
    expect(await lastEvent(at, 'account.removed')).toMatchObject({ subject: id, details: by })
    for (const [method, path] of [
      ['GET', ''],
      ['PATCH', ''],
      ['DELETE', ''],
      ['GET', '/sessions'],
      ['DELETE', '/sessions'],
      ['DELETE', '/sessions/x'],
      ['POST', '/revoke'],
    ] as const) {
      const body = method === 'PATCH' ? { body: { name: 'x' } } : {}
      expect([method, path, (await at.call(method, `/users/${id}${path}`, body)).status]).toEqual([
        method,
        path,
        404,
      ])
    }
  })

  test('SECURITY 229: no administrator chooses a password', async () => {
    const at = await adminWorld(dialect)
    const body = { username: 'bob', password: 'chosen by somebody else' }
    const added = await at.call('POST', '/users', { body })
    expect(added.status).toBe(422)
    expect(JSON.stringify(added.body)).not.toContain('chosen')
    expect(await at.accounts.find('bob')).toBeUndefined()
    for (const field of ['password', 'password_hash', 'passwordHash']) {
      const changed = await at.call('PATCH', `/users/${at.alice}`, {
        body: { [field]: 'chosen by somebody else' },
      })
      expect([field, changed.status]).toEqual([field, 422])
    }
    expect(await at.accounts.authenticate({ username: 'alice', password })).toMatchObject({
      subject: at.alice,
    })
  })

  test('SECURITY 199, 201: an administrator ends one session, all of them, or everything', async () => {
    const at = await adminWorld(dialect)
    const browsers = [browserOf(at.server.app), browserOf(at.server.app)] as const
    for (const browser of browsers) {
      await browser.submit(await browser.open(requestUrl(at, 'web')), { username: 'alice', password })
    }
    const isIn = async (index: 0 | 1): Promise<boolean> =>
      (await browsers[index].open(requestUrl(at, 'web'))).path === '/consent'
    expect([await isIn(0), await isIn(1)]).toEqual([true, true])
    const path = `/users/${at.alice}/sessions`
    const sessions = (await at.call('GET', path)).body['items'] as readonly Item[]
    expect(sessions).toHaveLength(2)
    expect(Object.keys(sessions[0] ?? {}).toSorted()).toEqual([
      'auth_time',
      'created_at',
      'id',
      'last_seen_at',
      'methods',
    ])
    // The session of one account under the name of another.
    expect(
      (await at.call('DELETE', `/users/${at.root}/sessions/${String(sessions[0]?.['id'])}`)).status,
    ).toBe(404)
    expect((await at.call('DELETE', `${path}/${String(sessions[0]?.['id'])}`)).status).toBe(204)
    expect([await isIn(0), await isIn(1)].toSorted()).toEqual([false, true])
    expect(await lastEvent(at, 'session.ended')).toMatchObject({
      subject: at.alice,
      details: { by: at.root },
    })
    expect((await at.call('DELETE', path)).status).toBe(204)
    expect([await isIn(0), await isIn(1)]).toEqual([false, false])

    const tokens = await at.tokens('web')
    expect((await at.call('POST', `/users/${at.alice}/revoke`)).status).toBe(204)
    expect((await at.refresh('web', tokens.refresh_token)).status).toBe(400)
    expect(await lastEvent(at, 'account.tokens_revoked')).toMatchObject({ subject: at.alice })
    expect(await at.accounts.authenticate({ username: 'alice', password })).toMatchObject({
      subject: at.alice,
    })
  })

  test('a disabled account loses what it was given, and cannot log in until it is enabled', async () => {
    const at = await adminWorld(dialect)
    const tokens = await at.tokens('web')
    expect((await at.call('PATCH', `/users/${at.alice}`, { body: { disabled: true } })).status).toBe(200)
    expect((await at.refresh('web', tokens.refresh_token)).status).toBe(400)
    await expect(at.accounts.authenticate({ username: 'alice', password })).rejects.toThrow('Incorrect')
    expect(await lastEvent(at, 'account.disabled')).toMatchObject({ details: { by: at.root } })
    await at.call('PATCH', `/users/${at.alice}`, { body: { disabled: false } })
    expect(await at.accounts.authenticate({ username: 'alice', password })).toMatchObject({
      subject: at.alice,
    })
  })

  test('clients: added with a secret that is shown once, read, changed, rotated, removed', async () => {
    const at = await adminWorld(dialect)
    const body = {
      client_id: 'shop',
      client_name: 'Shop <b>',
      redirect_uris: ['https://shop.test/cb'],
      grant_types: ['authorization_code', 'refresh_token'],
      scope: 'read',
    }
    const added = await at.call('POST', '/clients', { body })
    expect(added.status).toBe(201)
    const { client, client_secret: first } = added.body as {
      readonly client: Item
      readonly client_secret: string
    }
    expect(client).toMatchObject({
      ...body,
      source: 'admin',
      first_party: false,
      disabled: false,
      secrets: [{}],
    })
    expect((await at.call('POST', '/clients', { body })).status).toBe(409)
    const read = await at.call('GET', '/clients/shop')
    expect(read.body).toEqual(client)
    expect(JSON.stringify(read.body)).not.toContain(first)
    expect(await lastEvent(at, 'client.created')).toMatchObject({
      clientId: 'shop',
      details: { by: at.root },
    })

    const isAccepted = async (secret: string): Promise<boolean> => {
      const answer = await at.post('/token', { grant_type: 'refresh_token', refresh_token: 'x' }, undefined, {
        authorization: basic('shop', secret),
      })
      return ((await answer.json()) as Item)['error'] !== 'invalid_client'
    }
    expect(await isAccepted(first)).toBe(true)
    const rotated = await at.call('POST', '/clients/shop/rotate-secret', { body: { overlap: 60 } })
    const second = String(rotated.body['client_secret'])
    expect([await isAccepted(first), await isAccepted(second)]).toEqual([true, true])
    at.clock.now += 60_000
    expect([await isAccepted(first), await isAccepted(second)]).toEqual([false, true])
    expect(await lastEvent(at, 'client.secret_rotated')).toMatchObject({
      clientId: 'shop',
      details: { by: at.root },
    })

    const change = { client_name: null, redirect_uris: ['https://shop.test/new'], first_party: true }
    const changed = await at.call('PATCH', '/clients/shop', { body: change })
    expect(changed).toMatchObject({
      status: 200,
      body: { redirect_uris: change.redirect_uris, first_party: true },
    })
    expect(changed.body).not.toHaveProperty('client_name')
    expect(await isAccepted(second)).toBe(true)
    expect(await lastEvent(at, 'client.updated')).toMatchObject({
      clientId: 'shop',
      details: { by: at.root },
    })

    expect((await at.call('DELETE', '/clients/shop')).status).toBe(204)
    expect(await at.clients.get('shop')).toBeUndefined()
    expect(await lastEvent(at, 'client.removed')).toMatchObject({
      clientId: 'shop',
      details: { by: at.root },
    })
    for (const [method, path] of [
      ['GET', ''],
      ['PATCH', ''],
      ['DELETE', ''],
      ['POST', '/rotate-secret'],
    ] as const) {
      const answer = await at.call(method, `/clients/shop${path}`, {
        ...(method === 'PATCH' && { body: {} }),
      })
      expect([method, answer.status]).toEqual([method, 404])
    }
  })

  test('a client has its keys and its sector behind addresses, which it shows', async () => {
    const at = await adminWorld(dialect)
    const keyed = {
      client_id: 'keyed',
      redirect_uris: ['https://one.test/cb', 'https://two.test/cb'],
      jwks_uri: 'http://localhost:8000/keys',
      subject_type: 'pairwise',
      sector_identifier_uri: 'https://group.test/sector',
    }
    const added = await at.call('POST', '/clients', { body: keyed })
    expect(added.status).toBe(201)
    expect(added.body).not.toHaveProperty('client_secret')
    expect(added.body['client']).toMatchObject({ ...keyed, token_endpoint_auth_method: 'private_key_jwt' })
    const jwks_uri = 'https://keyed.test/keys'
    expect((await at.call('PATCH', '/clients/keyed', { body: { jwks_uri } })).body).toMatchObject({
      jwks_uri,
    })
    // Without keys it could not authenticate, and without a sector its hosts are two.
    for (const body of [{ jwks_uri: null }, { sector_identifier_uri: null }]) {
      expect((await at.call('PATCH', '/clients/keyed', { body })).status).toBe(422)
    }
    expect((await at.call('GET', '/clients/keyed')).body).toMatchObject({ ...keyed, jwks_uri })
  })

  test('SECURITY 142, 147: a client is checked as a whole, when it is made and after each change', async () => {
    const at = await adminWorld(dialect)
    const wrong = [
      { redirect_uris: ['javascript:alert(1)'] },
      { redirect_uris: ['http://shop.test/cb'] },
      { grant_types: ['authorization_code'] },
      { scope: 'read  write' },
      { scope: 'nothing-we-have' },
      { client_credentials_scope: 'nothing-we-have' },
      { token_endpoint_auth_method: 'private_key_jwt' },
      { jwks: { keys: 'none' } },
      { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'http://app.test/keys' },
      { sector_identifier_uri: 'http://localhost/sector' },
      { client_id: 'https://client.test/id' },
      { client_id: at.alice },
      { client_secret: 'a-secret-of-my-own-choosing-000000000' },
      { grant_types: ['implicit'] },
    ]
    for (const body of wrong) {
      const answer = await at.call('POST', '/clients', { body: { client_name: 'x', ...body } })
      expect([body, answer.status]).toEqual([body, 422])
    }
    const good = { client_id: 'shop', redirect_uris: ['https://shop.test/cb'] }
    await at.call('POST', '/clients', { body: good })
    for (const body of [
      { redirect_uris: [] },
      { redirect_uris: ['data:x'] },
      { grant_types: ['refresh_token'] },
      { token_endpoint_auth_method: 'none' },
      { client_id: 'other' },
      { source: 'code' },
    ]) {
      expect([body, (await at.call('PATCH', '/clients/shop', { body })).status]).toEqual([body, 422])
    }
    expect((await at.clients.get('shop'))?.metadata.redirectUris).toEqual(good.redirect_uris)
    const ids = (await at.clients.list({ limit: 100 })).map(({ id }) => id)
    expect(ids.toSorted()).toEqual(['api-a', 'api-b', 'machine', 'shop', 'spa', 'web', 'web2'])
  })

  test('a disabled client gets nothing, and what it had is dead for good', async () => {
    const at = await adminWorld(dialect)
    await at.call('POST', '/clients', {
      body: {
        client_id: 'phone',
        token_endpoint_auth_method: 'none',
        redirect_uris: ['https://phone.test/cb'],
        grant_types: ['authorization_code', 'refresh_token'],
      },
    })
    const tokens = await at.tokens('phone')
    const auth = at.server.bearer({ audience: apiA })
    const { api, security } = await import('../../src/index.ts')
    const app = api().get('/', { token: security(auth, ['read']) }, () => 'in')
    const tried = async (): Promise<number> =>
      (await app.request('/', { headers: { authorization: `Bearer ${tokens.access_token}` } })).status
    expect(await tried()).toBe(200)
    expect((await at.call('PATCH', '/clients/phone', { body: { disabled: true } })).body).toMatchObject({
      disabled: true,
    })
    expect(await tried()).toBe(401)
    expect((await at.refresh('phone', tokens.refresh_token)).status).toBeGreaterThanOrEqual(400)
    await at.call('PATCH', '/clients/phone', { body: { disabled: false } })
    expect((await at.refresh('phone', tokens.refresh_token)).status).toBe(400)
  })

  test('a client of the options is changed there: 409, and it is as it was', async () => {
    const at = await adminWorld(dialect)
    const before = await at.clients.get('web')
    expect((await at.call('PATCH', '/clients/web', { body: { disabled: true } })).status).toBe(409)
    expect((await at.call('POST', '/clients/web/rotate-secret', { body: {} })).status).toBe(409)
    expect(await at.clients.get('web')).toEqual(before)
  })

  test('grants: listed by account and by client, revoked once', async () => {
    const at = await adminWorld(dialect)
    const tokens = await at.tokens('web')
    await at.tokens('spa')
    const mine = await at.call('GET', `/grants?subject=${at.alice}`)
    expect((mine.body['items'] as readonly Item[]).map((grant) => grant['client_id']).toSorted()).toEqual([
      'spa',
      'web',
    ])
    const [grant] = (await at.call('GET', `/grants?subject=${at.alice}&client_id=web`)).body[
      'items'
    ] as readonly Item[]
    expect(grant).toMatchObject({
      subject: at.alice,
      client_id: 'web',
      scopes: ['read', 'write'],
      resources: [apiA],
    })
    const path = `/grants/${String(grant?.['id'])}`
    expect((await at.call('DELETE', path)).status).toBe(204)
    expect((await at.refresh('web', tokens.refresh_token)).status).toBe(400)
    expect(await lastEvent(at, 'grant.revoked')).toMatchObject({
      subject: at.alice,
      clientId: 'web',
      details: { by: at.root },
    })
    expect((await at.call('DELETE', path)).status).toBe(404)
    expect((await at.call('GET', `/grants?subject=${at.alice}&client_id=web`)).body).toEqual({ items: [] })
  })

  test('SECURITY 136: keys are listed by their public parts, rotated and taken out of use', async () => {
    const at = await adminWorld(dialect)
    const [first] = (await at.call('GET', '/keys')).body['items'] as readonly Item[]
    expect(first).toMatchObject({ alg: 'ES256', state: 'signs' })
    expect(Object.keys(first?.['public_key'] as Item)).not.toContain('d')
    expect(JSON.stringify(first)).not.toContain('private')
    const rotated = await at.call('POST', '/keys/rotate')
    expect(rotated).toMatchObject({ status: 201, body: { state: 'next' } })
    const kid = String(rotated.body['kid'])
    expect(await lastEvent(at, 'key.rotated')).toMatchObject({ details: { kid, by: at.root } })
    const jwks = await (await at.server.app.request(`${issuer}/jwks`)).json()
    expect((jwks as { readonly keys: readonly Item[] }).keys.map((key) => key['kid'])).toContain(kid)
    expect((await at.call('DELETE', `/keys/${kid}`)).status).toBe(204)
    expect(await lastEvent(at, 'key.removed')).toMatchObject({ details: { kid, by: at.root } })
    expect((await at.call('DELETE', `/keys/${kid}`)).status).toBe(404)
    const kept = (await at.call('GET', '/keys')).body['items'] as readonly Item[]
    expect(kept.map((key) => key['kid'])).not.toContain(kid)
    expect(kept.map((key) => key['kid'])).toContain(first?.['kid'])
  })

  test('the audit log: newest first, by type, account, client and time, page by page', async () => {
    const at = await adminWorld(dialect)
    await at.tokens('web')
    at.clock.now += 10_000
    const middle = new Date(at.clock.now).toISOString()
    await at.call('PATCH', `/users/${at.alice}`, { body: { name: 'A' } })
    const all = (await at.call('GET', '/audit')).body['items'] as readonly (Item & {
      readonly number: number
    })[]
    expect(all[0]).toMatchObject({ type: 'account.updated', subject: at.alice, details: { by: at.root } })
    expect(all.map(({ number }) => number)).toEqual(all.map(({ number }) => number).toSorted((a, b) => b - a))
    const found = async (query: string): Promise<readonly Item[]> =>
      (await at.call('GET', `/audit?${query}`)).body['items'] as readonly Item[]
    expect(await found('type=account.updated')).toEqual([all[0]])
    expect((await found(`subject=${at.alice}&client_id=web`)).map((event) => event['type'])).toEqual([
      'code.redeemed',
      'code.issued',
    ])
    expect(await found(`from=${middle}&subject=${at.alice}`)).toEqual([all[0]])
    expect(await found(`to=${middle}`)).toEqual(all.filter((event) => String(event['at']) < middle))
    const paged: Item[] = []
    for (let cursor = ''; ;) {
      const { body } = await at.call('GET', `/audit?limit=2${cursor}`)
      paged.push(...(body['items'] as readonly Item[]))
      if (body['next'] === undefined) break
      cursor = `&cursor=${String(body['next'])}`
    }
    expect(paged).toEqual(all)
  })

  test('SECURITY 269: pages are whole and in order; forged cursors and hostile text are refused or found nowhere', async () => {
    const at = await adminWorld(dialect)
    for (const username of ['u1', 'u2', 'u3']) await at.accounts.create({ username, password })
    const names: string[] = []
    let cursor = ''
    for (;;) {
      const { body } = await at.call('GET', `/users?limit=2${cursor}`)
      names.push(...(body['items'] as readonly Item[]).map((user) => String(user['username'])))
      if (body['next'] === undefined) break
      cursor = `&cursor=${String(body['next'])}`
    }
    expect(names).toEqual(['alice', 'root', 'u1', 'u2', 'u3'])
    for (const query of [
      'limit=0',
      'limit=201',
      'limit=x',
      'limit=1e2',
      'cursor=',
      `cursor=${'x'.repeat(300)}`,
    ]) {
      expect([query, (await at.call('GET', `/users?${query}`)).status]).toEqual([query, 422])
    }
    for (const query of [
      'cursor=-1',
      'cursor=1;drop',
      'cursor=9999999999999999',
      'from=yesterday',
      'to=2026-13-01T00:00:00Z',
    ]) {
      expect([query, (await at.call('GET', `/audit?${query}`)).status]).toEqual([query, 422])
    }
    for (const hostile of [
      `' or 1=1 --`,
      '"; drop table gatewright_accounts; --',
      '\u0000',
      '%00',
      '..%2f',
      '\u202E',
      '%',
      '_',
    ]) {
      const text = encodeURIComponent(hostile)
      for (const path of [`/users/${text}`, `/clients/${text}`, `/users/${text}/sessions`]) {
        expect([path, (await at.call('GET', path)).status]).toEqual([path, 404])
      }
      for (const path of ['users', 'clients', 'grants', 'keys']) {
        expect([path, (await at.call('DELETE', `/${path}/${text}`)).status]).toEqual([path, 404])
      }
      for (const path of [`/users?username=${text}`, `/audit?type=${text}`, `/grants?subject=${text}`]) {
        expect((await at.call('GET', path)).body).toEqual({ items: [] })
      }
    }
    expect(await at.accounts.list()).toHaveLength(5)
  })
})

test('the API is documented like any other: OpenAPI that is valid, and a page that needs nothing from elsewhere', async () => {
  const at = await adminWorld('sqlite')
  const get = (path: string): Promise<Response> => at.server.app.request(`${issuer}${path}`)
  const document = (await (await get('/admin/openapi.json')).json()) as {
    readonly paths: Readonly<
      Record<string, Readonly<Record<string, { readonly security?: readonly unknown[] }>>>
    >
  }
  expect(await new Validator().validate(document as never)).toMatchObject({ valid: true })
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path))
  expect(operations).toHaveLength(23)
  expect(operations.every(({ security }) => security?.length === 1)).toBe(true)
  const page = await get('/admin/docs')
  expect(page.status).toBe(200)
  expect(page.headers.get('content-security-policy')).toContain("script-src 'self'")
  const script = /src="([^"]*initializer[^"]*)"/.exec(await page.text())?.[1] ?? ''
  expect(await (await get(`/admin/${script}`)).text()).toContain(`${issuer}/admin`)
  expect((await get('/admin/docs/nothing-of-ours')).status).toBe(404)
})

test('below the path of an issuer everything is there, and nothing is at the root', async () => {
  const at = await world('sqlite', { issuer: `${issuer}/tenant`, admin: true, pages: defaultPages() })
  await at.accounts.create({ username: 'root', password, scopes: Object.keys(adminScopes) })
  const get = (path: string): Promise<Response> => at.server.app.request(`${issuer}${path}`)
  const document = (await (await get('/tenant/admin/openapi.json')).json()) as {
    readonly servers: unknown
    readonly paths: Readonly<Record<string, unknown>>
  }
  expect(document.servers).toEqual([{ url: issuer }])
  const paths = Object.keys(document.paths)
  expect(paths.filter((path) => !path.startsWith('/tenant/admin/api/'))).toEqual([])
  expect((await get('/tenant/admin/api/users')).status).toBe(401)
  for (const path of ['/admin', '/admin/api/users', '/admin/docs', '/admin/openapi.json']) {
    expect([path, (await get(path)).status]).toEqual([path, 404])
  }
  const browser = browserOf(at.server.app)
  const page = await browser.submit(await browser.open(`${issuer}/tenant/admin/users`), {
    username: 'root',
    password,
  })
  expect([page.status, page.path]).toEqual([200, '/tenant/admin/users'])
  const links = [...page.body.matchAll(/(?:href|action)="(\/[^"]*)"/g)].map(([, link]) => link ?? '')
  expect(links.length).toBeGreaterThan(5)
  expect(links.filter((link) => !link.startsWith('/tenant/'))).toEqual([])
})

test('without a word of the options there is no admin API, and no scope of it', async () => {
  const at = await world('sqlite')
  for (const path of ['/admin', '/admin/api/users', '/admin/docs', '/admin/openapi.json']) {
    expect([path, (await at.server.app.request(issuer + path)).status]).toEqual([path, 404])
  }
  await expect(
    at.accounts.create({ username: 'x', password, scopes: ['admin:users:read'] }),
  ).rejects.toMatchObject({ code: 'invalid_scope' })
  const answer = await at.post(
    '/token',
    { grant_type: 'client_credentials', scope: 'admin:users:read', resource: `${issuer}/admin` },
    'machine',
  )
  expect(answer.status).toBe(400)
  expect(secrets['machine']).toBeDefined()
})
