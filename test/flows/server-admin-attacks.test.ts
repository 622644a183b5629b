/** What administrators must not be able to do, and what must not leave the server: over both databases. */

import { generateKeyPair, exportJWK } from 'jose'
import { describe, expect, test } from 'vitest'
import { dialects } from '../setup/database.ts'
import { adminResource, adminWorld, allAdminScopes, password } from './admin-world.ts'
import type { AdminWorld } from './admin-world.ts'
import { browserOf, requestUrl } from './browser-jar.ts'
import type { Arrived, JarBrowser } from './browser-jar.ts'
import { bodyOf, issuer, secrets, verifier } from './server-world.ts'

type Item = Readonly<Record<string, unknown>>

/** A browser of somebody who has just logged in, before a page. */
async function loggedIn(at: AdminWorld, username: string, path = '/admin'): Promise<[JarBrowser, Arrived]> {
  const browser = browserOf(at.server.app)
  const login = await browser.open(issuer + path)
  return [browser, await browser.submit(login, { username, password })]
}

/** A form of a page that says something else: its token is right. */
function forged(
  page: Arrived,
  path: string,
  csrf = /name="csrf" value="([^"]*)"/.exec(page.body)?.[1] ?? '',
): Arrived {
  const body = `<form action="${path}"><input type="hidden" name="csrf" value="${csrf}"></form>`
  return { ...page, body }
}

/** A refresh token that an OpenID client got in the session of this browser, and not for longer. */
async function inSession(at: AdminWorld, browser: JarBrowser): Promise<string> {
  const url = requestUrl(at, 'web', { scope: 'openid read', prompt: 'consent' })
  const answer = await browser.submit(await browser.open(url), { decision: 'allow' })
  const code = new URL(answer.location ?? '').searchParams.get('code') ?? ''
  const form = { code, redirect_uri: at.redirectUri('web'), code_verifier: verifier }
  const redeemed = await at.post('/token', { grant_type: 'authorization_code', ...form }, 'web')
  return String((await bodyOf(redeemed))['refresh_token'])
}

describe.each(dialects)('%s', (dialect) => {
  test('nobody takes their own rights away, so the last administrator stays one', async () => {
    const at = await adminWorld(dialect)
    const attempts = [
      ['PATCH', { disabled: true }],
      ['PATCH', { scopes: [] }],
      ['PATCH', { scopes: allAdminScopes.slice(1) }],
      ['PATCH', { scopes: allAdminScopes, disabled: true }],
      ['DELETE', undefined],
    ] as const
    for (const [method, body] of attempts) {
      const answer = await at.call(method, `/users/${at.root}`, body === undefined ? {} : { body })
      expect([method, body, answer.status]).toEqual([method, body, 409])
    }
    const [browser, page] = await loggedIn(at, 'root', `/admin/users/${at.root}`)
    expect(page.body).not.toContain('name="disabled"')
    expect(page.body).not.toContain('value="remove"')
    const path = `/admin/users/${at.root}`
    const change = { action: 'change', username: 'root' }
    expect((await browser.submit(forged(page, path), { ...change, disabled: 'yes' })).status).toBe(409)
    const removed = await browser.submit(forged(page, path), { action: 'remove', confirm: 'root' })
    expect([removed.status, removed.body.includes('your own rights')]).toEqual([409, true])
    // Their own boxes are locked: what is not ticked in a forged form stays.
    expect((await browser.submit(forged(page, path), { ...change, name: 'Rosa' })).status).toBe(200)
    const root = await at.accounts.get(at.root)
    expect(root).toMatchObject({ name: 'Rosa', disabled: false })
    expect(root?.scopes.toSorted()).toEqual([...allAdminScopes].toSorted())
    expect((await at.call('GET', '/users')).status).toBe(200)
    // Somebody else may: an administrator who goes is not there for ever.
    const { id } = await at.accounts.create({ username: 'second', password, scopes: allAdminScopes })
    const token = await at.token(allAdminScopes, id)
    expect((await at.call('PATCH', `/users/${at.root}`, { token, body: { scopes: [] } })).status).toBe(200)
  })

  test('a program that administers does not take its own rights away either', async () => {
    const at = await adminWorld(dialect)
    const scopes = ['admin:clients:read', 'admin:clients:write'] as const
    const { secret } = await at.clients.add({ id: 'robot', clientCredentialsScopes: scopes })
    const headers = { authorization: `Basic ${btoa(`robot:${secret ?? ''}`)}` }
    const form = { grant_type: 'client_credentials', scope: scopes.join(' '), resource: adminResource }
    const token = String((await bodyOf(await at.post('/token', form, undefined, headers)))['access_token'])
    for (const [method, body] of [
      ['PATCH', { disabled: true }],
      ['PATCH', { client_credentials_scope: 'admin:clients:read' }],
      ['PATCH', { client_credentials_scope: null }],
      ['DELETE', undefined],
    ] as const) {
      const answer = await at.call(method, '/clients/robot', { token, ...(body && { body }) })
      expect([method, body, answer.status]).toEqual([method, body, 409])
    }
    expect(await at.clients.get('robot')).toMatchObject({
      disabled: false,
      privileges: { clientCredentialsScopes: scopes },
    })
    const named = await at.call('PATCH', '/clients/robot', { token, body: { client_name: 'Robot' } })
    expect(named.status).toBe(200)
  })

  test('SECURITY 201: with a session that an administrator ends goes what was issued for as long as it lasts', async () => {
    const at = await adminWorld(dialect)
    const [first] = await loggedIn(at, 'alice', '/account')
    const tokens = [await inSession(at, first)]
    const [one] = await at.store.listSessions(at.alice, at.clock.now)
    const [second] = await loggedIn(at, 'alice', '/account')
    tokens.push(await inSession(at, second))
    await loggedIn(at, 'root')
    // Whichever is the last of the list: the other one stays.
    const ending = (await at.store.listSessions(at.alice, at.clock.now)).at(-1)?.id ?? ''
    const [dies = '', lives = ''] = ending === one?.id ? tokens : tokens.toReversed()
    // The session of one account under the name of another: nothing ends, not even what was issued in it.
    expect((await at.call('DELETE', `/users/${at.root}/sessions/${ending}`)).status).toBe(404)
    const rotated = await bodyOf(await at.refresh('web', dies))
    expect(rotated['error']).toBeUndefined()
    expect((await at.call('DELETE', `/users/${at.alice}/sessions/${ending}`)).status).toBe(204)
    expect((await at.refresh('web', String(rotated['refresh_token']))).status).toBe(400)
    expect((await at.refresh('web', lives)).status).toBe(200)
    const [third] = await loggedIn(at, 'alice', '/account')
    const last = await inSession(at, third)
    expect((await at.call('DELETE', `/users/${at.alice}/sessions`)).status).toBe(204)
    expect((await at.refresh('web', last)).status).toBe(400)
    expect(await at.store.listSessions(at.alice, at.clock.now)).toEqual([])
    const events = await at.store.listAudit({ limit: 10, type: 'session.ended' })
    expect(events.map(({ details }) => details?.['by'])).toEqual([at.root, at.root, at.root])
  })

  test('people are found by a part of any name, page by page, and every character stands for itself', async () => {
    const at = await adminWorld(dialect)
    await at.accounts.create({
      username: 'Bob',
      name: 'Robert <b> 100%',
      email: 'bob@shop.example',
      password,
    })
    for (const number of [1, 2, 3]) {
      await at.accounts.create({ username: `seller-${number}`, email: `s${number}@shop.example`, password })
    }
    const found = async (search: string): Promise<readonly unknown[]> => {
      const { body } = await at.call('GET', `/users?search=${encodeURIComponent(search)}`)
      return (body['items'] as readonly Item[]).map((user) => user['username'])
    }
    expect(await found('oBER')).toEqual(['Bob'])
    expect(await found('SHOP.example')).toEqual(['Bob', 'seller-1', 'seller-2', 'seller-3'])
    expect(await found('0%')).toEqual(['Bob'])
    for (const text of ['%', '_', '\\', `' or 1=1 --`, '\0', '\u202E', 'nobody']) {
      expect([text, await found(text)]).toEqual([text, text === '%' ? ['Bob'] : []])
    }
    expect((await at.call('GET', `/users?search=${'x'.repeat(101)}`)).status).toBe(422)
    expect((await at.call('GET', '/users?search=')).status).toBe(422)
    const first = (await at.call('GET', '/users?search=seller&limit=2')).body
    const next = (await at.call('GET', `/users?search=seller&limit=2&cursor=${String(first['next'])}`)).body
    expect((next['items'] as readonly Item[]).map((user) => user['username'])).toEqual(['seller-3'])
    expect(next).not.toHaveProperty('next')
    const [browser] = await loggedIn(at, 'root')
    const page = await browser.open(`${issuer}/admin/users?search=${encodeURIComponent('<b> 100%')}`)
    expect(page.body).toContain('Robert &lt;b&gt; 100%')
    expect(page.body).toContain('value="&lt;b&gt; 100%"')
    expect(page.body).not.toContain('seller-1')
    for (const text of ['%00', '%E2%80%AE', '%ED%A0%80']) {
      expect((await browser.open(`${issuer}/admin/users?search=${text}&after=x`)).status).toBe(200)
    }
  })

  test('no secret, no hash and no private key is in any answer or on any page', async () => {
    const at = await adminWorld(dialect)
    const tokens = await at.tokens('web')
    const { secret } = await at.clients.add({ id: 'shop', redirectUris: ['https://shop.test/cb'] })
    const [browser] = await loggedIn(at, 'alice', '/account')
    const cookie = browser.header().split('=').at(-1) ?? ''
    const [session] = await at.store.listSessions(at.alice, at.clock.now)
    const [key] = await at.store.listKeys(at.clock.now)
    const shop = await at.clients.get('shop')
    const [grant] = await at.store.listGrants({ subject: at.alice, limit: 1, now: at.clock.now })
    const secretTexts = [
      password,
      tokens.refresh_token,
      tokens.access_token,
      secret,
      secrets['web'],
      cookie,
      session?.hash,
      key?.privateKey,
      shop?.secrets[0]?.hash,
      '$argon2',
      '$scrypt',
      'passwordHash',
      'password_hash',
      'registrationTokenHash',
    ].filter((text) => text !== undefined)
    expect(secretTexts).toHaveLength(14)
    const texts: [string, string][] = []
    for (const path of [
      '/users',
      `/users/${at.alice}`,
      `/users/${at.alice}/sessions`,
      '/clients',
      '/clients/shop',
      '/clients/web',
      '/grants',
      '/keys',
      '/audit?limit=200',
    ]) {
      const { status, body } = await at.call('GET', path)
      expect([path, status]).toEqual([path, 200])
      texts.push([path, JSON.stringify(body)])
    }
    const changed = await at.call('PATCH', `/users/${at.alice}`, { body: { name: 'Alice' } })
    texts.push(['PATCH user', JSON.stringify(changed.body)])
    const patched = await at.call('PATCH', '/clients/shop', { body: { client_name: 'Shop' } })
    texts.push(['PATCH client', JSON.stringify(patched.body)])
    const [root] = await loggedIn(at, 'root')
    for (const path of [
      '/admin',
      '/admin/users',
      `/admin/users/${at.alice}`,
      '/admin/clients',
      '/admin/clients/shop',
      '/admin/clients/web',
      '/admin/keys',
      '/admin/audit',
    ]) {
      const page = await root.open(issuer + path)
      expect([path, page.status]).toEqual([path, 200])
      texts.push([path, page.body])
    }
    expect(grant).toBeDefined()
    for (const [path, text] of texts) {
      for (const hidden of secretTexts)
        expect([path, hidden, text.includes(hidden)]).toEqual([path, hidden, false])
    }
  })

  test('a private key that somebody sends by mistake is refused, not kept and not repeated', async () => {
    const at = await adminWorld(dialect)
    const { privateKey } = await generateKeyPair('ES256', { extractable: true })
    const jwk = await exportJWK(privateKey)
    const body = {
      client_id: 'keyed',
      token_endpoint_auth_method: 'private_key_jwt',
      redirect_uris: ['https://keyed.test/cb'],
      jwks: { keys: [{ ...jwk, alg: 'ES256', kid: '1' }] },
    }
    const answer = await at.call('POST', '/clients', { body })
    expect(answer.status).toBe(422)
    expect(JSON.stringify(answer.body)).not.toContain(jwk.d)
    expect(await at.clients.get('keyed')).toBeUndefined()
    const { d: _, ...publicJwk } = jwk
    const good = { ...body, jwks: { keys: [{ ...publicJwk, alg: 'ES256', kid: '1' }] } }
    const added = await at.call('POST', '/clients', {
      body: { ...good, backchannel_logout_uri: 'https://keyed.test/out' },
    })
    expect(added.status).toBe(201)
    expect(added.body).not.toHaveProperty('client_secret')
    expect(added.body['client']).toMatchObject({ backchannel_logout_uri: 'https://keyed.test/out' })
    const changed = await at.call('PATCH', '/clients/keyed', { body: { jwks: body.jwks } })
    expect(changed.status).toBe(422)
    expect(JSON.stringify((await at.clients.get('keyed'))?.metadata.jwks)).not.toContain(jwk.d)
  })

  test('a form with a client that cannot be says why, and keeps what was typed', async () => {
    const at = await adminWorld(dialect)
    const [browser, page] = await loggedIn(at, 'root', '/admin/clients')
    const sent = {
      action: 'create',
      client_id: 'phone',
      kind: 'native',
      redirect_uris: 'javascript:alert(1)',
    }
    const refused = await browser.submit(forged(page, '/admin/clients'), sent)
    expect(refused.status).toBe(422)
    expect(refused.body).toMatch(/value="phone"/)
    expect(refused.body).toMatch(/value="native" +selected/)
    expect(refused.body).not.toMatch(/value="confidential" +selected/)
    expect(await at.clients.get('phone')).toBeUndefined()
  })
})
