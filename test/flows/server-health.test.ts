/** What load balancers ask: whether the database answers and whether this process goes on, in two words. */

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { DatabaseSync } from 'node:sqlite'
import { sql } from 'kysely'
import type { KyselyPlugin } from 'kysely'
import { api } from 'gatewright'
import { describe, expect, test, vi } from 'vitest'
import { authorizationServer } from '../../src/server/authorization-server.ts'
import type { AuthorizationServer } from '../../src/server/authorization-server.ts'
import type { AuthorizationServerOptions } from '../../src/server/options.ts'
import type { AnyDatabase } from '../../src/store/database.ts'
import { openDatabase } from '../../src/store/open.ts'
import { dialects, freshDatabase, postgresServer } from '../setup/database.ts'
import type { Dialect } from '../setup/database.ts'
import { basic, bodyOf, issuer, secrets, serverOptions, world } from './server-world.ts'

function serverOn(database: string, more: Partial<AuthorizationServerOptions> = {}): AuthorizationServer {
  return authorizationServer(
    serverOptions(database, { report: () => undefined, ...more }) as AuthorizationServerOptions,
  )
}

const ask = (server: AuthorizationServer) => server.app.request(`${issuer}/health`)
const statusOf = async (server: AuthorizationServer) => (await ask(server)).status

/** All that a stranger learns. */
async function told(answer: Response) {
  const { status, headers } = answer
  return [status, await answer.text(), headers.get('retry-after'), headers.get('cache-control')]
}

const fine = [200, '{"status":"ok"}', null, 'no-store']
const unavailable = [503, '{"status":"unavailable"}', '1', 'no-store']

/** Has the database of a server hang: it takes what it is asked, and does not answer. */
async function hangingDatabase(dialect: Dialect, server: AuthorizationServer, url: string) {
  if (dialect === 'sqlite') {
    // Whoever reads is not disturbed by another program, but waits behind whoever writes here and is.
    const other = new DatabaseSync(url.replace(/^file:/, ''))
    other.exec('begin immediate')
    const waiting = server.app.request(`${issuer}/token`, {
      method: 'POST',
      headers: { authorization: basic('machine', secrets['machine'] ?? '') },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    })
    return async () => {
      other.exec('rollback')
      other.close()
      expect((await waiting).status).toBe(200)
    }
  }
  await using database = await openDatabase(url)
  const { rows } = await sql<{ pid: number }>`
    select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`.execute(
    database.kysely,
  )
  // All there are: this is the only server with this database.
  for (const { pid } of rows) process.kill(pid, 'SIGSTOP')
  return async () => {
    for (const { pid } of rows) process.kill(pid, 'SIGCONT')
  }
}

describe.each(dialects)('%s', (dialect) => {
  test('a server whose database answers is well, and says nothing else', async () => {
    const { server } = await world(dialect)
    const answer = await server.app.request(`${issuer}/health`, { headers: { origin: 'https://page.test' } })
    expect(Object.fromEntries(answer.headers)).toEqual({
      'content-type': 'application/json',
      'cache-control': 'no-store',
    })
    expect(await told(answer)).toEqual(fine)
    const head = await server.app.request(`${issuer}/health`, { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
    expect((await server.app.request(`${issuer}/health`, { method: 'POST' })).status).toBe(405)
    expect(Object.keys(server.app.openapi().paths ?? {})).not.toContain('/health')
  })

  test('it opens a server that nobody has asked anything yet, below the path of the issuer', async () => {
    const server = serverOn(await freshDatabase(dialect), { issuer: `${issuer}/tenant` })
    expect((await server.app.request(`${issuer}/health`)).status).toBe(404)
    expect(await told(await server.app.request(`${issuer}/tenant/health`))).toEqual(fine)
    await server.close()
  })

  test('SECURITY R7: a database that hangs shows as 503 in bounded time, and when it answers again as 200', async () => {
    const url = await freshDatabase(dialect)
    // Longer than the test may take: only a bound of its own can make it answer.
    const server = serverOn(url, { database: { url, statementTimeout: 600, connections: 2 } })
    expect(await statusOf(server)).toBe(200)
    const goOn = await hangingDatabase(dialect, server, url)
    try {
      await vi.waitFor(async () => expect(await told(await ask(server))).toEqual(unavailable), {
        timeout: 30_000,
      })
      // What needs no database is answered all the while.
      const metadata = `${issuer}/.well-known/oauth-authorization-server`
      expect((await server.app.request(metadata)).status).toBe(200)
    } finally {
      await goOn()
    }
    await vi.waitFor(async () => expect(await told(await ask(server))).toEqual(fine), { timeout: 30_000 })
    await server.close()
  }, 90_000)

  test('SECURITY R7: a thousand questions are a few for the database, and nothing is written for them', async () => {
    await using database = await openDatabase(await freshDatabase(dialect))
    let asked = 0
    const counting: KyselyPlugin = {
      transformQuery: ({ node }) => node,
      async transformResult({ result }) {
        asked += 1
        return result
      },
    }
    const counted: AnyDatabase = {
      ...database,
      kysely: database.kysely.withPlugin(counting),
      ...(database.direct && {
        direct: (text, parameters) => {
          asked += 1
          return database.direct?.(text, parameters) ?? { rows: [], changes: 0 }
        },
      }),
    }
    const server = serverOn('', { database: counted })
    await server.open()
    expect(asked).toBeGreaterThan(0)
    asked = 0
    // One after the other: those that come at once might share an answer, and nothing else.
    for (let count = 0; count < 1000; count += 1) expect(await statusOf(server)).toBe(200)
    // Each second's reading of what was revoked is among them.
    expect(asked).toBeLessThan(100)
    await server.close()
  })

  test('SECURITY R13: a server that is about to stop says so at once, whatever its database says, and answers the rest', async () => {
    const { server } = await world(dialect)
    expect(await told(await server.health())).toEqual(fine)
    server.app.drain()
    expect(await told(await ask(server))).toEqual(unavailable)
    expect((await server.app.request(`${issuer}/jwks`)).status).toBe(200)
    await server.close()
    // Whoever uses it again has it again.
    expect(await told(await ask(server))).toEqual(fine)
    // While it closes the question does not open it once more.
    const closed = server.close()
    expect(await statusOf(server)).toBe(503)
    await closed
  })

  test('SECURITY R13: a connection that is there when the listener closes is told 503 and closed', async () => {
    const { server } = await world(dialect)
    const listener = await server.app.listen({ port: 0 })
    const begun = connect(listener.port, '127.0.0.1')
    let received = ''
    begun.on('data', (chunk) => (received += chunk.toString()))
    begun.write('GET /health HTTP/1.1\r\n')
    // Until the server has read the half.
    const before = await fetch(`${listener.url}/health`)
    expect([before.status, await bodyOf(before)]).toEqual([200, { status: 'ok' }])
    const closed = listener.close({ grace: 600 })
    await expect(fetch(`${listener.url}/health`)).rejects.toThrow()
    begun.write('Host: localhost\r\n\r\n')
    await once(begun, 'close')
    await closed
    expect(received).toMatch(/^HTTP\/1\.1 503 [^]*"unavailable"/)
    expect(received).toMatch(/connection: close/i)
  })

  test('a server that is mounted leaves the path to the application, which may answer with its health', async () => {
    const { server } = await world(dialect)
    const own = () => ({ status: 'mine' })
    for (const app of [
      api().get('/health', {}, { open: true }, own).mount(server),
      api().mount(server).get('/health', {}, { open: true }, own),
    ])
      expect(await bodyOf(await app.request('/health'))).toEqual({ status: 'mine' })
    expect((await api().mount(server).request('/health')).status).toBe(404)

    const inner = api()
      .mount(server)
      .get('/health', {}, { open: true }, () => server.health())
    const outer = api().mount('/inner', inner)
    for (const stopping of [inner, outer, inner.with(), outer.with()]) {
      expect(await told(await outer.request('/inner/health'))).toEqual(fine)
      stopping.drain()
      expect(await told(await outer.request('/inner/health'))).toEqual(unavailable)
      await server.close()
    }
  })
})

test('SECURITY R7: a server that cannot open its database is not well, says once why, and opens when it can', async () => {
  const there = new URL(await postgresServer())
  const url = new URL(there)
  url.pathname = `/gatewright_test_${randomBytes(6).toString('hex')}`
  const reports: unknown[] = []
  const server = serverOn(url.href, { report: (error) => reports.push(error) })
  for (let count = 0; count < 30; count += 1) expect(await told(await ask(server))).toEqual(unavailable)
  expect(reports.map(String)).toEqual([expect.stringContaining(url.pathname.slice(1))])
  await using administration = await openDatabase(there.href)
  const administrate = (text: string) => sql.raw(text).execute(administration.kysely)
  await administrate(`create database ${url.pathname.slice(1)}`)
  await vi.waitFor(async () => expect(await told(await ask(server))).toEqual(fine), { timeout: 30_000 })
  expect(reports).toHaveLength(1)
  await server.close()
  await administrate(`drop database ${url.pathname.slice(1)} with (force)`)
}, 60_000)

test('SECURITY R7: a server that waits for its database to open does not let others wait', async () => {
  const sockets: Socket[] = []
  const silent = createServer((socket) => void sockets.push(socket)).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  const url = `postgres://somebody@127.0.0.1:${port}/somewhere`
  const server = serverOn(url, { database: { url, connectTimeout: 600, statementTimeout: 600 } })
  expect(await told(await ask(server))).toEqual(unavailable)
  expect(sockets).toHaveLength(1)
  expect(await told(await ask(server))).toEqual(unavailable)
  // The second question has not opened it once more.
  expect(sockets).toHaveLength(1)
  for (const socket of sockets) socket.destroy()
  silent.close()
  await server.close()
}, 60_000)
