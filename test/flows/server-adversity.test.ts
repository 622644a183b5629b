/** What the server does when its database hangs, changes, is damaged or comes back, and when it is flooded; over both databases. */

import { sql } from 'kysely'
import type { Kysely } from 'kysely'
import { SignJWT, generateKeyPair } from 'jose'
import { api, security } from 'gatewright'
import { describe, expect, test, vi } from 'vitest'
import { defaultPages } from '../../src/pages/default-pages.ts'
import { authorizationServer } from '../../src/server/authorization-server.ts'
import type { AuthorizationServerOptions } from '../../src/server/options.ts'
import type { AnyDatabase } from '../../src/store/database.ts'
import { openDatabase } from '../../src/store/open.ts'
import { dialects } from '../setup/database.ts'
import { browserOf, requestUrl } from './browser-jar.ts'
import { apiA, basic, bodyOf, issuer, secrets, serverOptions, world } from './server-world.ts'
import type { World } from './server-world.ts'

const grant = { grant_type: 'client_credentials' }
const often = { points: 1_000_000, seconds: 60 }
const password = 'correct horse battery'

async function run(database: AnyDatabase, text: string): Promise<readonly Record<string, unknown>[]> {
  const { rows } = await sql.raw<Record<string, unknown>>(text).execute(database.kysely as Kysely<unknown>)
  return rows
}

/** The sessions of PostgreSQL that work for a server with this database. */
async function backends(at: World): Promise<readonly number[]> {
  await using database = await openDatabase(at.url)
  const rows = await run(
    database,
    `select pid from pg_stat_activity where datname = current_database() and application_name = 'gatewright' and pid <> pg_backend_pid()`,
  )
  return rows.map(({ pid }) => Number(pid))
}

/** How many rows each table has that strangers can fill. What is audited stays as long as the operator says. */
async function sizes(at: World): Promise<ReadonlyMap<string, number>> {
  await using database = await openDatabase(at.url)
  const tables = await run(
    database,
    database.dialect === 'sqlite'
      ? `select name from sqlite_schema where type = 'table' and name like 'gatewright%'`
      : `select table_name as name from information_schema.tables where table_schema = 'public'`,
  )
  const found = new Map<string, number>()
  for (const { name } of tables) {
    const [row] = await run(database, `select count(*) as count from ${String(name)}`)
    found.set(String(name).replace('gatewright_', ''), Number(row?.['count']))
  }
  return found
}

async function purged(at: World): Promise<void> {
  while ((await at.store.purge(at.clock.now, 500, { auditBefore: at.clock.now })) > 0);
}

describe.each(dialects)('%s', (dialect) => {
  test('SECURITY R7: while a table is locked every request is 503 within the set time, and afterwards all is well', async () => {
    const at = await world(dialect, { report: () => undefined })
    const slow = authorizationServer(
      serverOptions(at.url, {
        database: { url: at.url, statementTimeout: 1, connectTimeout: 1, connections: 2 },
        now: () => at.clock.now,
        report: () => undefined,
      }) as AuthorizationServerOptions,
    )
    const ask = () =>
      slow.app.request(`${issuer}/token`, {
        method: 'POST',
        headers: { authorization: basic('machine', secrets['machine'] ?? '') },
        body: new URLSearchParams(grant),
      })
    expect((await ask()).status).toBe(200)
    await using other = await openDatabase(at.url)
    await other.transaction(async (transaction) => {
      if (dialect === 'postgres')
        await sql`lock table gatewright_audit in access exclusive mode`.execute(transaction)
      else await sql`update gatewright_accounts set name = null`.execute(transaction)
      // More than there are connections: nobody waits behind those who wait.
      const answers = await Promise.all(Array.from({ length: 12 }, ask))
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 503))
      for (const { headers } of answers) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
      // What needs no database is answered all the while.
      expect((await slow.app.request(`${issuer}/.well-known/oauth-authorization-server`)).status).toBe(200)
    })
    const after = await Promise.all(Array.from({ length: 12 }, ask))
    expect(after.map(({ status }) => status)).toEqual(after.map(() => 200))
    await slow.close()
  }, 60_000)

  test.runIf(dialect === 'postgres')(
    'SECURITY R7: backends that hang are given up, and others take their place',
    async () => {
      const at = await world(dialect)
      const slow = authorizationServer(
        serverOptions(at.url, {
          database: { url: at.url, statementTimeout: 1, connectTimeout: 1, connections: 2 },
          report: () => undefined,
        }) as AuthorizationServerOptions,
      )
      const before = new Set(await backends(at))
      const ask = async () =>
        (
          await slow.app.request(`${issuer}/token`, {
            method: 'POST',
            headers: { authorization: basic('machine', secrets['machine'] ?? '') },
            body: new URLSearchParams(grant),
          })
        ).status
      expect(await Promise.all([ask(), ask(), ask()])).toEqual([200, 200, 200])
      const hanging = (await backends(at)).filter((pid) => !before.has(pid))
      expect(hanging.length).toBeGreaterThan(0)
      for (const pid of hanging) process.kill(pid, 'SIGSTOP')
      try {
        // A bounded wait, and then a new connection: they are never woken while this goes on.
        await vi.waitFor(async () => expect(await ask()).toBe(200), { timeout: 30_000 })
        expect(await Promise.all([ask(), ask(), ask()])).toEqual([200, 200, 200])
      } finally {
        for (const pid of hanging) process.kill(pid, 'SIGCONT')
      }
      await slow.close()
    },
    90_000,
  )

  test('SECURITY R14: a newer version may change the tables under this one, and both serve every request', async () => {
    const at = await world(dialect, { pages: defaultPages(), resources: { [apiA]: {} } })
    let { refresh_token: token } = await at.tokens('web')
    const statuses: number[] = []
    const state = { isDone: false }
    const working = (async () => {
      while (!state.isDone) {
        const answer = await at.refresh('web', token)
        statuses.push(answer.status, (await at.post('/token', grant, 'machine')).status)
        token = String((await bodyOf(answer))['refresh_token'])
      }
    })()
    const begun = async () =>
      vi.waitFor(() => expect(statuses.length).toBeGreaterThan(6), { timeout: 20_000 })
    await begun()
    // What a next version does: it adds, and notes that it has. Nothing that is there is taken away or renamed.
    await using next = await openDatabase(at.url)
    for (const table of [
      'accounts',
      'clients',
      'grants',
      'families',
      'refresh_tokens',
      'sessions',
      'audit',
    ]) {
      await run(
        next,
        `alter table gatewright_${table} add column of_the_next_version integer not null default 0`,
      )
    }
    await run(next, `create table gatewright_of_the_next_version (id text primary key)`)
    await run(next, `insert into gatewright_migrations (id, applied_at) values ('9999-next', 1)`)
    // A process of this version that starts now leaves all that alone.
    const late = authorizationServer(
      serverOptions(at.url, { now: () => at.clock.now }) as AuthorizationServerOptions,
    )
    const opened = await late.open()
    expect(await opened.accounts.create({ username: 'late', password })).toMatchObject({ username: 'late' })
    statuses.length = 0
    await begun()
    state.isDone = true
    await working
    expect(new Set(statuses)).toEqual(new Set([200]))
    expect(await run(next, `select id from gatewright_migrations where id = '9999-next'`)).toHaveLength(1)
    await late.close()
  }, 60_000)

  test('SECURITY R14: what the version before has written is read by this one', async () => {
    const at = await world(dialect)
    await at.server.close()
    await using database = await openDatabase(at.url)
    await run(database, `alter table gatewright_accounts drop column password_change`)
    await run(database, `delete from gatewright_migrations where id = '0011-password-changes'`)
    const opened = await at.server.open()
    expect(await opened.accounts.authenticate({ username: 'alice', password })).toMatchObject({
      account: expect.not.objectContaining({ mustChangePassword: true }),
    })
    expect((await at.post('/token', grant, 'machine')).status).toBe(200)
  })

  test('SECURITY R16: a flood of wrong logins is refused in part, and everything else is answered meanwhile', async () => {
    const reports: unknown[] = []
    const at = await world(dialect, {
      pages: defaultPages(),
      rateLimits: { token: often, login: often, introspection: often },
      report: (error) => reports.push(error),
    })
    const browser = browserOf(at.server.app)
    const page = await browser.open(`${issuer}/login?next=/account`)
    let { refresh_token: token, access_token: access } = await at.tokens('web')
    const flood = { pending: 0, statuses: [] as number[] }
    const all = Promise.all(
      Array.from({ length: 150 }, async (_, index) => {
        flood.pending += 1
        const { status } = await browser.submit(page, {
          username: `nobody${index}`,
          password: 'wrong wrong wrong',
        })
        flood.statuses.push(status)
        flood.pending -= 1
      }),
    )
    for (let round = 0; round < 5; round += 1) {
      const refreshed = await at.refresh('web', token)
      expect(refreshed.status).toBe(200)
      token = String((await bodyOf(refreshed))['refresh_token'])
      const introspected = await at.post('/introspect', { token: access }, 'api-a')
      expect([introspected.status, (await bodyOf(introspected))['active']]).toEqual([200, true])
      expect((await at.server.app.request(`${issuer}/jwks`)).status).toBe(200)
    }
    // They were not behind the logins: many of those still wait.
    expect(flood.pending).toBeGreaterThan(10)
    await all
    expect(new Set(flood.statuses)).toEqual(new Set([401, 503]))
    // One that runs, and as many as may wait; no hash more.
    expect(flood.statuses.filter((status) => status === 503).length).toBeGreaterThan(50)
    expect(reports.map(String)).toContain('Outage: Too many logins just now, try again')
    expect(await at.store.listSessions(at.alice, at.clock.now)).toEqual([])
    const right = browserOf(at.server.app)
    const login = await right.open(`${issuer}/login?next=/account`)
    expect((await right.submit(login, { username: 'alice', password })).path).toBe('/account')
  }, 60_000)

  test('SECURITY R17, R29: what strangers make the server remember goes away by itself, round after round, and nothing else does', async () => {
    const at = await world(dialect, {
      pages: defaultPages(),
      resources: { [apiA]: {} },
      rateLimits: { token: often, clientFailures: often },
    })
    const auth = at.server.bearer({ audience: apiA })
    const app = api({ docs: false }).get('/me', { token: security(auth, ['read']) }, () => 'in')
    const foreign = await generateKeyPair('ES256')
    let { refresh_token: token } = await at.tokens('web')
    at.clock.now += 2 * 86_400_000
    await purged(at)
    const before = await sizes(at)
    for (let round = 0; round < 3; round += 1) {
      const one = async (index: number): Promise<void> => {
        const name = `${round}-${index}`
        const stranger = browserOf(at.server.app)
        const page = await stranger.open(requestUrl(at, 'web', { state: name }))
        await stranger.submit(page, {
          username: `nobody ${name}`,
          password: index % 10 === 0 ? 'wrong wrong' : '',
        })
        await at.post('/token', grant, `unknown-${name}`)
        await at.post('/token', { ...grant, client_secret: name }, 'spa')
        const pushed = Object.fromEntries(new URL(requestUrl(at, 'web', { state: name })).searchParams)
        expect((await at.post('/par', pushed, 'web')).status).toBe(201)
        const kid = await new SignJWT({ jti: name })
          .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: name })
          .sign(foreign.privateKey)
        expect((await app.request('/me', { headers: { authorization: `Bearer ${kid}` } })).status).toBe(401)
      }
      for (let index = 0; index < 60; index += 10)
        await Promise.all(Array.from({ length: 10 }, (_, each) => one(index + each)))
      const flooded = await sizes(at)
      for (const table of ['flows', 'pushed_requests'])
        expect([table, (flooded.get(table) ?? 0) > 50]).toEqual([table, true])
      expect((flooded.get('rate_limits') ?? 0) + (flooded.get('failures') ?? 0)).toBeGreaterThan(5)
      at.clock.now += 2 * 86_400_000
      await purged(at)
      // The chain of the one who is there has a token more in each round, to know it when it is used again.
      const own = new Map(before).set('refresh_tokens', round + 1)
      expect(await sizes(at)).toEqual(own)
      // Who was there before is there still.
      const answer = await at.refresh('web', token)
      expect(answer.status).toBe(200)
      token = String((await bodyOf(answer))['refresh_token'])
    }
  }, 120_000)

  test('SECURITY R21: no request changes what another one is answered', async () => {
    const at = await world(dialect, { pages: defaultPages(), registration: { open: true } })
    const bodies = [
      '{"__proto__":{"active":true,"scopes":["admin"],"disabled":false,"isAdmin":true}}',
      '{"constructor":{"prototype":{"active":true,"firstParty":true}}}',
      '{"redirect_uris":["https://x.test/cb"],"__proto__":{"firstParty":true}}',
    ]
    const fields = [
      '__proto__',
      '__proto__[active]',
      'constructor.prototype.active',
      'constructor[prototype][scope]',
      'toString',
    ]
    for (const path of [
      '/register',
      '/token',
      '/par',
      '/introspect',
      '/revoke',
      '/device_authorization',
      '/login',
      '/userinfo',
    ]) {
      for (const body of bodies) {
        const headers = { 'content-type': 'application/json' }
        const { status } = await at.server.app.request(issuer + path, { method: 'POST', headers, body })
        expect([path, status < 500]).toEqual([path, true])
      }
      const form = Object.fromEntries(fields.map((name) => [name, 'true']))
      for (const as of ['web', 'spa', undefined]) {
        expect([path, (await at.post(path, form, as)).status < 500]).toEqual([path, true])
      }
    }
    for (const name of fields) {
      const query = `${encodeURIComponent(name)}=true`
      await at.server.app.request(
        `${requestUrl(at, 'web')}&${query}&claims=${encodeURIComponent(bodies[0] ?? '')}`,
      )
      await at.server.app.request(`${issuer}/account?${query}`, { headers: { cookie: `${name}=true` } })
      await at.post('/introspect', { token: name }, 'api-a')
    }
    // The canaries: nobody is anybody, and nothing is allowed that was not.
    expect(Object.keys(Object.prototype)).toEqual([])
    for (const name of ['active', 'scopes', 'firstParty', 'disabled', 'isAdmin', 'scope']) {
      expect(({} as Readonly<Record<string, unknown>>)[name]).toBeUndefined()
    }
    expect(await bodyOf(await at.post('/introspect', { token: 'x' }, 'api-a'))).toEqual({ active: false })
    const refused = await at.post('/token', { ...grant, scope: 'admin' }, 'machine')
    expect([refused.status, (await bodyOf(refused))['error']]).toEqual([400, 'invalid_scope'])
    expect(
      (await at.post('/token', { grant_type: 'password', username: 'alice', password }, 'web')).status,
    ).toBe(400)
    expect((await at.server.app.request(`${issuer}/account`)).status).toBe(303)
    expect((await at.post('/token', grant, 'machine')).status).toBe(200)
  })

  test('SECURITY R23: rows that somebody damaged open nothing, and everybody else is served', async () => {
    const at = await world(dialect, { pages: defaultPages(), report: () => undefined })
    await using database = await openDatabase(at.url)
    const good = await at.tokens('web')
    const cases: readonly (readonly [string, string, () => Promise<Response>])[] = [
      ['families', `set data = 'not JSON'`, () => at.refresh('spa', victim.refresh_token)],
      ['families', `set expires_at = -1`, () => at.refresh('spa', victim.refresh_token)],
      ['refresh_tokens', `set hash = 'x' || hash`, () => at.refresh('spa', victim.refresh_token)],
      ['grants', `set subject = 'nobody'`, () => at.refresh('spa', victim.refresh_token)],
      ['grants', `set client_id = 'web2'`, () => at.refresh('spa', victim.refresh_token)],
    ]
    let victim = good
    for (const [table, change, ask] of cases) {
      victim = await at.tokens('spa')
      const client = `client_id = 'spa'`
      const of =
        table === 'grants'
          ? client
          : table === 'families'
            ? `grant_id in (select id from gatewright_grants where ${client})`
            : `family_id in (select f.id from gatewright_families as f join gatewright_grants as g on g.id = f.grant_id where g.${client})`
      await run(database, `update gatewright_${table} ${change} where ${of}`).catch((error: unknown) => {
        throw new Error(`${table} ${change}`, { cause: error })
      })
      const answer = await ask()
      expect([table, change, answer.status >= 400]).toEqual([table, change, true])
      expect(await answer.text()).not.toContain('access_token')
    }
    // A session with methods and times that nobody writes, and a flow that is no JSON.
    const browser = browserOf(at.server.app)
    const login = await browser.open(`${issuer}/login?next=/account`)
    await run(database, `update gatewright_flows set data = '{"next":7}'`)
    expect((await browser.submit(login, { username: 'alice', password })).path).not.toBe('/account')
    const again = await browser.open(`${issuer}/login?next=/account`)
    expect((await browser.submit(again, { username: 'alice', password })).path).toBe('/account')
    await run(database, `update gatewright_sessions set subject = 'nobody', methods = '__proto__ mfa'`)
    expect((await browser.open(`${issuer}/account`)).path).toBe('/login')
    expect((await at.refresh('web', good.refresh_token)).status).toBe(200)
    expect((await at.post('/token', grant, 'machine')).status).toBe(200)
  })
})
