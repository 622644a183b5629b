/** The admin pages over HTTP: who sees them, what their forms do, and what they do not do; on both databases. */

import { describe, expect, test } from 'vitest'
import { dialects } from '../setup/database.ts'
import type { Dialect } from '../setup/database.ts'
import { adminWorld, allAdminScopes, password } from './admin-world.ts'
import { browserOf } from './browser-jar.ts'
import type { Arrived, JarBrowser } from './browser-jar.ts'
import { issuer } from './server-world.ts'

const hostile = '<img src=x onerror=alert(1)>"\'&'

/** The page with nothing on it but the form that does this. */
function form(page: Arrived, action: string): Arrived {
  const body = (page.body.match(/<form[\s\S]*?<\/form>/g) ?? []).find((each) =>
    each.includes(`value="${action}"`),
  )
  if (body === undefined)
    throw new Error(`There is no form for ${action} on ${page.path}: ${String(page.status)}`)
  return { ...page, body }
}

/** Logs in on the way to a page. */
async function loggedIn(browser: JarBrowser, username: string, path = '/admin'): Promise<Arrived> {
  const login = await browser.open(issuer + path)
  expect(login.path).toBe('/login')
  return browser.submit(login, { username, password })
}

async function admin(dialect: Dialect) {
  const at = await adminWorld(dialect)
  const browser = browserOf(at.server.app)
  const page = await loggedIn(browser, 'root')
  const open = (path: string): Promise<Arrived> => browser.open(issuer + path)
  return { at, browser, page, open }
}

describe.each(dialects)('%s', (dialect) => {
  test('whoever is not logged in logs in first, and comes back to the page they asked for', async () => {
    const at = await adminWorld(dialect)
    for (const path of [
      '/admin',
      '/admin/users',
      `/admin/users/${at.alice}`,
      '/admin/clients',
      '/admin/clients/web',
      '/admin/keys',
      '/admin/audit?type=login.failed',
    ]) {
      const browser = browserOf(at.server.app)
      const page = await loggedIn(browser, 'root', path)
      expect([path, page.status, page.path]).toEqual([path, 200, path.replace(/\?.*/, '')])
      expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
      expect(page.headers.get('cache-control')).toBe('no-store')
      expect(page.body).not.toContain('<script')
    }
  })

  test('SECURITY 185: an ordinary person sees nothing and changes nothing, whatever they send', async () => {
    const { at, browser: root, open } = await admin(dialect)
    const user = await open(`/admin/users/${at.alice}`)
    const browser = browserOf(at.server.app)
    const page = await loggedIn(browser, 'alice')
    expect([page.status, page.path]).toEqual([403, '/admin'])
    for (const path of [
      '/admin',
      '/admin/users',
      `/admin/users/${at.alice}`,
      '/admin/clients',
      '/admin/clients/web',
      '/admin/keys',
      '/admin/audit',
    ]) {
      const seen = await browser.open(issuer + path)
      expect([path, seen.status]).toEqual([path, 403])
      expect(seen.body).not.toContain('root')
      expect(seen.body).not.toContain('<form')
    }
    // With a form of her own session: its token is right, she is not.
    const own = await browser.open(`${issuer}/logout`)
    const csrf = /name="csrf" value="([^"]*)"/.exec(own.body)?.[1] ?? ''
    for (const [path, fields] of [
      ['/admin/users', { action: 'create', username: 'bob' }],
      [`/admin/users/${at.alice}`, { action: 'change', username: 'alice', scope: 'admin:users:write' }],
      [`/admin/users/${at.root}`, { action: 'remove', confirm: 'root' }],
      ['/admin/clients', { action: 'create', kind: 'machine' }],
      ['/admin/clients/web', { action: 'remove', confirm: 'web' }],
      ['/admin/keys', { action: 'rotate' }],
    ] as const) {
      const body = `<form action="${path}"><input type="hidden" name="csrf" value="${csrf}"></form>`
      const answer = await browser.submit({ ...own, body }, fields)
      expect([path, answer.status]).toEqual([path, 403])
    }
    // Nor with that of an administrator.
    expect((await browser.submit(form(user, 'remove'), { confirm: 'alice' })).status).toBe(403)
    expect(await at.accounts.list()).toHaveLength(2)
    expect((await at.accounts.get(at.alice))?.scopes).toEqual([])
    expect(await at.clients.get('web')).toBeDefined()
    expect(await at.store.listKeys(at.clock.now)).toHaveLength(1)
    expect((await root.open(`${issuer}/admin`)).status).toBe(200)
  })

  test('an administrator sees the parts they have the scopes for, and no forms without the scope for them', async () => {
    const at = await adminWorld(dialect)
    await at.accounts.create({
      username: 'helper',
      password,
      scopes: ['admin:users:read', 'admin:audit:read'],
    })
    const browser = browserOf(at.server.app)
    const page = await loggedIn(browser, 'helper')
    expect(page.body).toContain('/admin/users')
    expect(page.body).toContain('/admin/audit')
    expect(page.body).not.toContain('/admin/keys')
    for (const path of ['/admin/keys', '/admin/clients', '/admin/clients/web']) {
      expect([path, (await browser.open(issuer + path)).status]).toEqual([path, 403])
    }
    expect(() => form(page, 'create')).toThrow()
    const user = await browser.open(`${issuer}/admin/users/${at.alice}`)
    expect(user.status).toBe(200)
    for (const action of ['change', 'remove', 'revoke']) expect(() => form(user, action)).toThrow()
    const csrf = /name="csrf" value="([^"]*)"/.exec((await browser.open(`${issuer}/logout`)).body)?.[1] ?? ''
    for (const [action, fields] of [
      ['change', { username: 'alice', disabled: 'yes' }],
      ['remove', { confirm: 'alice' }],
      ['revoke', {}],
      ['end_sessions', {}],
      ['end_session', { session: 'x' }],
      ['revoke_grant', { grant: 'x' }],
    ] as const) {
      const body = `<form action="/admin/users/${at.alice}"><input type="hidden" name="csrf" value="${csrf}"></form>`
      const answer = await browser.submit({ ...user, body }, { action, ...fields })
      expect([action, answer.status]).toEqual([action, 403])
      expect(answer.body).toContain('role="alert"')
    }
    expect(await at.accounts.get(at.alice)).toMatchObject({ disabled: false })
  })

  test('an administrator who may only look changes nothing, whatever they send', async () => {
    const at = await adminWorld(dialect)
    const scopes = allAdminScopes.filter((scope) => scope.endsWith(':read'))
    await at.accounts.create({ username: 'reader', password, scopes })
    const browser = browserOf(at.server.app)
    const page = await loggedIn(browser, 'reader')
    const csrf = /name="csrf" value="([^"]*)"/.exec((await browser.open(`${issuer}/logout`)).body)?.[1] ?? ''
    for (const [path, fields] of [
      ['/admin/users', { action: 'create', username: 'bob' }],
      ['/admin/clients', { action: 'create', client_id: 'mine', kind: 'machine' }],
      ['/admin/clients/web', { action: 'remove', confirm: 'web' }],
      ['/admin/keys', { action: 'rotate' }],
      ['/admin/keys', { action: 'remove', kid: (await at.store.listKeys(at.clock.now))[0]?.id ?? '' }],
    ] as const) {
      expect((await browser.open(issuer + path)).body).not.toContain('method="post"')
      const body = `<form action="${path}"><input type="hidden" name="csrf" value="${csrf}"></form>`
      const answer = await browser.submit({ ...page, body }, fields)
      expect([path, answer.status]).toEqual([path, 403])
    }
    expect(await at.accounts.find('bob')).toBeUndefined()
    expect(await at.clients.get('mine')).toBeUndefined()
    expect(await at.clients.get('web')).toBeDefined()
    expect(await at.store.listKeys(at.clock.now)).toHaveLength(1)
  })

  test('accounts: found, added with a password that is shown once, changed, removed', async () => {
    const { at, browser, open } = await admin(dialect)
    const users = await open('/admin/users')
    expect(users.body).toContain('alice')
    const found = await open('/admin/users?search=LIC')
    expect(found.body).toContain(`/admin/users/${at.alice}`)
    expect(found.body).not.toContain(`/admin/users/${at.root}`)

    const added = await browser.submit(form(users, 'create'), { username: 'bob', name: 'Bob', scope: 'read' })
    expect(added.status).toBe(201)
    const first = /class="once"><code>([^<]+)</.exec(added.body)?.[1] ?? ''
    const { subject: bob } = await at.accounts.authenticate({ username: 'bob', password: first })
    expect(await at.accounts.get(bob)).toMatchObject({ username: 'bob', name: 'Bob', scopes: ['read'] })
    expect((await open(`/admin/users/${bob}`)).body).not.toContain(first)

    const again = await browser.submit(form(users, 'create'), { username: 'bob', email: 'x' })
    expect(again.status).toBe(422)
    expect(again.body).toContain('name@example.com')
    const taken = await browser.submit(form(users, 'create'), { username: 'bob' })
    expect([taken.status, taken.body.includes('This username is taken.')]).toEqual([409, true])
    expect((await browser.submit(form(users, 'create'), { username: '' })).status).toBe(422)

    const page = await open(`/admin/users/${bob}`)
    const fields = {
      username: 'bobby',
      name: '',
      email: 'bob@example.com',
      scope: 'admin:audit:read',
      disabled: 'yes',
    }
    const changed = await browser.submit(form(page, 'change'), fields)
    expect([changed.status, changed.body.includes('Saved.')]).toEqual([200, true])
    const { name: _, ...rest } = { ...(await at.accounts.get(bob)), name: undefined }
    expect(rest).toMatchObject({
      username: 'bobby',
      email: 'bob@example.com',
      scopes: ['admin:audit:read'],
      disabled: true,
    })
    const [event] = await at.store.listAudit({ limit: 1, type: 'account.updated' })
    expect(event).toMatchObject({ subject: bob, details: { by: at.root, with: 'pages' } })

    const wrong = await browser.submit(form(page, 'remove'), { confirm: 'bob' })
    expect(wrong.status).toBe(422)
    expect(await at.accounts.get(bob)).toBeDefined()
    const removed = await browser.submit(form(page, 'remove'), { confirm: 'bobby' })
    expect([removed.path, removed.body.includes('Removed.')]).toEqual(['/admin/users', true])
    expect(await at.accounts.get(bob)).toBeUndefined()
    expect((await open(`/admin/users/${bob}`)).status).toBe(404)
    expect((await browser.submit(form(page, 'change'), { username: 'x' })).status).toBe(404)
  })

  test('SECURITY 201: sessions and what was allowed are ended from the page of the account', async () => {
    const { at, browser, open } = await admin(dialect)
    const tokens = await at.tokens('web')
    const other = browserOf(at.server.app)
    await loggedIn(other, 'alice')
    const path = `/admin/users/${at.alice}`
    const page = await open(path)
    const ended = await browser.submit(form(page, 'end_session'), {})
    expect(ended.body).toContain('Ended.')
    expect((await other.open(`${issuer}/admin`)).path).toBe('/login')
    await browser.submit(form(page, 'revoke_grant'), {})
    expect((await at.refresh('web', tokens.refresh_token)).status).toBe(400)

    const more = await at.tokens('spa')
    await loggedIn(browserOf(at.server.app), 'alice')
    await browser.submit(form(await open(path), 'revoke'), {})
    expect((await at.refresh('spa', more.refresh_token)).status).toBe(400)
    expect(await at.store.listSessions(at.alice, at.clock.now)).toEqual([])
  })

  test('clients: added with a secret that is shown once, changed, rotated, removed; those of the options stay', async () => {
    const { at, browser, open } = await admin(dialect)
    const clients = await open('/admin/clients')
    const fields = {
      client_id: 'shop',
      kind: 'confidential',
      redirect_uris: 'https://shop.test/cb\r\nhttps://shop.test/2',
    }
    const added = await browser.submit(form(clients, 'create'), fields)
    expect(added.status).toBe(201)
    expect(added.body).toMatch(/gws_/)
    expect((await at.clients.get('shop'))?.metadata.redirectUris).toEqual([
      'https://shop.test/cb',
      'https://shop.test/2',
    ])
    const bad = await browser.submit(form(clients, 'create'), {
      ...fields,
      client_id: 'bad',
      redirect_uris: 'javascript:alert(1)',
    })
    expect(bad.status).toBe(422)
    expect(await at.clients.get('bad')).toBeUndefined()
    expect((await browser.submit(form(clients, 'create'), fields)).status).toBe(409)
    for (const [kind, more] of [
      ['public', { redirect_uris: 'https://spa.test/cb' }],
      ['native', { redirect_uris: 'com.example.app:/cb' }],
      ['machine', { scope: 'read' }],
    ] as const) {
      await browser.submit(form(clients, 'create'), { client_id: kind, kind, ...more })
      expect(await at.clients.get(kind)).toMatchObject({ isConfidential: kind === 'machine' })
    }

    const page = await open('/admin/clients/shop')
    expect(page.body).not.toMatch(/gws_/)
    const changed = await browser.submit(form(page, 'change'), {
      client_name: hostile,
      redirect_uris: 'https://shop.test/new',
      scope: 'read write',
      first_party: 'yes',
    })
    expect(changed.status).toBe(200)
    expect(await at.clients.get('shop')).toMatchObject({
      metadata: { redirectUris: ['https://shop.test/new'], scopes: ['read', 'write'] },
      privileges: { firstParty: true },
    })
    const rotated = await browser.submit(form(page, 'rotate'), { leaked: 'yes' })
    expect(rotated.body).toMatch(/gws_/)
    expect((await at.clients.get('shop'))?.secrets[1]?.expiresAt).toBe(at.clock.now)
    expect((await browser.submit(form(page, 'remove'), { confirm: 'web' })).status).toBe(422)
    await browser.submit(form(page, 'remove'), { confirm: 'shop' })
    expect(await at.clients.get('shop')).toBeUndefined()
    expect((await open('/admin/clients/shop')).status).toBe(404)

    const own = await open('/admin/clients/web')
    for (const action of ['change', 'rotate']) expect(() => form(own, action)).toThrow()
    const sent = { ...form(own, 'remove') }
    expect(
      (await browser.submit(sent, { action: 'change', redirect_uris: 'https://evil.test/cb' })).status,
    ).toBe(409)
    expect((await browser.submit(sent, { action: 'rotate' })).status).toBe(409)
    expect((await at.clients.get('web'))?.metadata.redirectUris).toContain('https://web.test/cb')
  })

  test('keys are rotated, and the audit log is read, from their pages', async () => {
    const { at, browser, open } = await admin(dialect)
    const keys = await browser.submit(form(await open('/admin/keys'), 'rotate'), {})
    expect(keys.body).toContain('Signs next')
    const both = (await at.store.listKeys(at.clock.now)).toSorted((a, b) => a.signsFrom - b.signsFrom)
    const [signing, made] = both
    expect(made).toBeDefined()
    const row = keys.body.slice(keys.body.indexOf(made?.id ?? ''))
    const removed = await browser.submit(form({ ...keys, body: row }, 'remove'), {})
    expect(removed.body).toContain('Removed.')
    expect((await at.store.listKeys(at.clock.now)).map(({ id }) => id)).toEqual([signing?.id])
    const [event] = await at.store.listAudit({ limit: 1, type: 'key.removed' })
    expect(event).toMatchObject({ details: { kid: made?.id, by: at.root, with: 'pages' } })
    expect((await browser.submit(form(removed, 'remove'), { kid: 'x' })).status).toBe(404)
    for (let index = 0; index < 60; index++) {
      await at.store.appendAudit([{ at: at.clock.now, type: 'login.failed', subject: at.alice }])
    }
    const all = await open(`/admin/audit?type=login.failed&subject=${at.alice}`)
    expect(all.body.match(/login\.failed<\/strong>/g)).toHaveLength(50)
    const next = /href="([^"]*)" rel="next"/.exec(all.body)?.[1]?.replaceAll('&amp;', '&') ?? ''
    expect((await open(next)).body.match(/login\.failed<\/strong>/g)).toHaveLength(10)
    expect((await open('/admin/audit?before=x&type=%00&subject=%27')).status).toBe(200)
  })

  test('SECURITY 202–204: forms of other sites, without a token, of another session or of another type do nothing', async () => {
    const { at, browser, open } = await admin(dialect)
    const page = form(await open(`/admin/users/${at.alice}`), 'remove')
    const confirm = { confirm: 'alice' }
    for (const headers of [{ origin: 'https://evil.test' }, { origin: 'null' }]) {
      expect([headers, (await browser.submit(page, confirm, headers)).status]).toEqual([headers, 403])
    }
    expect(
      (await browser.submit({ ...page, body: page.body.replace(/value="[^"]*"/, 'value="x"') }, confirm))
        .status,
    ).toBe(403)
    expect((await browser.submit(page, { ...confirm, csrf: '' })).status).toBe(403)
    const other = browserOf(at.server.app)
    await loggedIn(other, 'root')
    expect((await other.submit(page, confirm)).status).toBe(403)
    for (const type of ['text/plain', 'application/json', '']) {
      expect([type, (await browser.submit(page, confirm, { 'content-type': type })).status]).toEqual([
        type,
        415,
      ])
    }
    for (const path of [
      `/admin/users/${at.alice}?action=remove&confirm=alice`,
      '/admin/keys?action=rotate',
    ]) {
      expect((await open(path)).status).toBe(200)
    }
    expect(await at.accounts.get(at.alice)).toBeDefined()
    expect(await at.store.listKeys(at.clock.now)).toHaveLength(1)
  })

  test('SECURITY 208: what changes something needs a login of the last 15 minutes', async () => {
    const { at, browser, open } = await admin(dialect)
    const path = `/admin/users/${at.alice}`
    at.clock.now += 15 * 60_000
    const page = await open(path)
    expect(
      (
        await browser.submit(form(page, 'change'), {
          username: 'alicia',
        })
      ).path,
    ).toBe(path)
    expect((await at.accounts.get(at.alice))?.username).toBe('alicia')
    at.clock.now += 1
    expect((await open(path)).status).toBe(200)
    const asked = await browser.submit(form(page, 'change'), { username: 'malice' })
    expect(asked.path).toBe('/login')
    expect((await at.accounts.get(at.alice))?.username).toBe('alicia')
    const back = await browser.submit(asked, { username: 'root', password })
    expect(back.path).toBe(path)
    await browser.submit(form(back, 'change'), { username: 'alice' })
    expect((await at.accounts.get(at.alice))?.username).toBe('alice')
  })

  test('SECURITY 258: names, ids, browsers and details are text, wherever they stand', async () => {
    const { at, browser, open } = await admin(dialect)
    const { id } = await at.accounts.create({ username: hostile, name: hostile, password })
    await at.clients.add({ id: `x"><b>`, clientName: hostile, redirectUris: ['https://x.test/cb'] })
    await at.store.startSession({
      hash: 'h',
      id: 's',
      subject: id,
      createdAt: at.clock.now,
      authTime: at.clock.now,
      methods: ['pwd'],
      idleUntil: at.clock.now + 1000,
      expiresAt: at.clock.now + 1000,
      address: hostile,
      userAgent: hostile,
    })
    await at.store.appendAudit([
      {
        at: at.clock.now,
        type: hostile,
        subject: hostile,
        clientId: hostile,
        address: hostile,
        details: { x: hostile },
      },
    ])
    const encoded = encodeURIComponent(hostile)
    for (const path of [
      '/admin/users',
      `/admin/users/${id}`,
      `/admin/users?search=${encoded}`,
      '/admin/clients',
      `/admin/clients/${encodeURIComponent('x"><b>')}`,
      '/admin/audit',
      `/admin/audit?type=${encoded}`,
    ]) {
      const { status, body } = await open(path)
      expect([path, status]).toEqual([path, 200])
      expect(body).not.toMatch(/<img|onerror=alert\(1\)>"|<b>/)
    }
    const failed = await browser.submit(form(await open('/admin/users'), 'create'), {
      username: hostile,
      name: hostile,
    })
    expect(failed.status).toBe(409)
    expect(failed.body).not.toContain('<img')
    const clients = await open('/admin/clients')
    const refused = await browser.submit(form(clients, 'create'), {
      client_id: hostile,
      redirect_uris: hostile,
      scope: hostile,
    })
    expect(refused.status).toBe(422)
    expect(refused.body).not.toContain('<img')
  })

  test('an administrator of the pages gives no more than they have either', async () => {
    const at = await adminWorld(dialect)
    const few = ['admin:users:read', 'admin:users:write']
    await at.accounts.create({ username: 'helper', password, scopes: few })
    const browser = browserOf(at.server.app)
    await loggedIn(browser, 'helper')
    const users = await browser.open(`${issuer}/admin/users`)
    // A box that is locked and sent all the same counts for nothing.
    await browser.submit(form(users, 'create'), { username: 'bob', scope: 'admin:keys:write' })
    expect(await at.accounts.find('bob')).toMatchObject({ scopes: [] })
    const root = await browser.open(`${issuer}/admin/users/${at.root}`)
    expect(() => form(root, 'change')).toThrow()
    const csrf = /name="csrf" value="([^"]*)"/.exec(users.body)?.[1] ?? ''
    const body = `<form action="/admin/users/${at.root}"><input type="hidden" name="csrf" value="${csrf}"></form>`
    const answer = await browser.submit(
      { ...root, body },
      { action: 'change', username: 'root', email: 'h@example.com' },
    )
    expect(answer.status).toBe(403)
    expect((await browser.submit({ ...root, body }, { action: 'remove', confirm: 'root' })).status).toBe(403)
    expect((await at.accounts.get(at.root))?.email).toBeUndefined()
    expect((await at.accounts.get(at.root))?.scopes).toEqual(allAdminScopes)
  })
})

test('the pages speak German to those who ask for it', async () => {
  const { at } = await admin('sqlite')
  const browser = browserOf(at.server.app)
  await loggedIn(browser, 'root')
  const headers = { cookie: browser.header(), 'accept-language': 'de-CH,en' }
  const page = await (await at.server.app.request(`${issuer}/admin`, { headers })).text()
  expect(page).toContain('<html lang="de">')
  expect(page).toContain('Verwaltung')
})
