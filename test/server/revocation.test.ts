/** What is revoked in one process is refused in others: on the same database, and somewhere else. Real processes, real sockets. */

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { describe, expect, test } from 'vitest'
import { dialects, freshDatabase } from '../setup/database.ts'
import type { Dialect } from '../setup/database.ts'
import { until } from '../setup/until.ts'
import { mintCode, post, present, redeem, refresh, serverOptions } from './parties.ts'
import type { TokenBody } from './parties.ts'
import { openProxy } from './proxy.ts'
import { startApi } from './running-api.ts'
import { freePort, startServer } from './running-server.ts'
import type { RunningServer } from './running-server.ts'

/** A server behind a wire, under whose address everybody knows it; another node; an API that is somewhere else. */
async function scene(dialect: Dialect) {
  const database = await freshDatabase(dialect)
  const port = await freePort()
  await using stack = new AsyncDisposableStack()
  const wire = stack.use(await openProxy(port))
  const issuer = `http://127.0.0.1:${wire.port}`
  const options = { ...serverOptions(database, issuer), retryWindow: 0 }
  const server = stack.use(await startServer({ options, port }))
  const neighbour = stack.use(await startServer({ options }))
  const far = stack.use(await startApi({ issuer, audience: issuer, revocation: { maxAge: 4 } }))
  const subject = await server.call('createUser', 'anna', ['read'])
  const tokens = async (): Promise<Required<Pick<TokenBody, 'access_token' | 'refresh_token'>>> => {
    const { body } = await redeem(server, await mintCode(server, subject))
    return { access_token: body.access_token ?? '', refresh_token: body.refresh_token ?? '' }
  }
  const scene = stack.move()
  return {
    database,
    issuer,
    wire,
    server,
    neighbour,
    far,
    tokens,
    statuses: async (token: string) =>
      (await Promise.all([present(server, token), present(neighbour, token), far.status(token)])).join(' '),
    [Symbol.asyncDispose]: () => scene.disposeAsync(),
  }
}

const command = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const is = (wanted: string | number) => (answer: unknown) => answer === wanted
const giveBack = ({ url }: { readonly url: string }, token: string) =>
  post(`${url}/revoke`, { client_id: 'spa', token })

const ways: Readonly<
  Record<string, (server: RunningServer, tokens: Awaited<ReturnType<Awaited<ReturnType<typeof scene>>['tokens']>>) => Promise<unknown>>
> = {
  'an access token': (server, { access_token: token }) => giveBack(server, token),
  'a refresh token': (server, { refresh_token: token }) => giveBack(server, token),
  'a refresh token that came twice': async (server, { refresh_token: token }) => {
    await refresh(server, token)
    expect((await refresh(server, token)).status).toBe(400)
  },
} // prettier-ignore

describe.each(dialects)('%s', (dialect) => {
  test('SECURITY R27: what one process revokes is refused by all, and what it did not is not', async () => {
    await using here = await scene(dialect)
    const other = await here.tokens()
    for (const [name, way] of Object.entries(ways)) {
      // On either node.
      for (const server of [here.server, here.neighbour]) {
        const tokens = await here.tokens()
        expect(await here.statuses(tokens.access_token), name).toBe('200 200 200')
        await way(server, tokens)
        expect(await present(server, tokens.access_token), name).toBe(401)
        await until(() => here.statuses(tokens.access_token), is('401 401 401'))
      }
    }
    expect(await here.statuses(other.access_token)).toBe('200 200 200')

    // Who comes later knows of it from the first request on.
    const late = await here.tokens()
    await giveBack(here.server, late.access_token)
    await using comer = await startApi({ issuer: here.issuer, audience: here.issuer })
    expect(await comer.status(late.access_token)).toBe(401)

    // An administrator at a terminal, who talks to the database alone.
    await promisify(execFile)('node', [command, 'users', 'disable', 'anna', '--database', here.database])
    await until(() => here.statuses(other.access_token), is('401 401 401'))
    expect((await refresh(here.server, other.refresh_token)).status).toBe(400)
  })

  test('SECURITY R27: an API that is cut off refuses to write, and knows everything when it is back', async () => {
    await using here = await scene(dialect)
    const [dead, alive] = [await here.tokens(), await here.tokens()]
    expect([await here.far.status(dead.access_token), await here.far.status(alive.access_token, 'PUT')]).toEqual([
      200, 200,
    ]) // prettier-ignore
    here.wire.cut()
    await giveBack(here.server, dead.access_token)
    expect(await present(here.server, dead.access_token)).toBe(401)
    await until(() => here.far.status(alive.access_token, 'PUT'), is(503))
    expect(await here.far.status(dead.access_token, 'PUT')).toBe(503)
    expect(await here.far.status(alive.access_token)).toBe(200)
    here.wire.mend()
    await until(() => here.far.status(alive.access_token, 'PUT'), is(200))
    expect(await here.far.status(dead.access_token)).toBe(401)
  })
})

test('who listens to PostgreSQL and is thrown out goes on by asking, and listens again', async () => {
  await using here = await scene('postgres')
  const client = new Client({ connectionString: here.database })
  await client.connect()
  const listening = `from pg_stat_activity where application_name = 'gatewright listening' and datname = current_database()`
  const count = async () =>
    (await client.query<{ count: string }>(`select count(*) ${listening}`)).rows[0]?.count
  try {
    await until(count, is('2'))
    await client.query(`select pg_terminate_backend(pid) ${listening}`)
    const tokens = await here.tokens()
    await giveBack(here.server, tokens.access_token)
    await until(() => here.statuses(tokens.access_token), is('401 401 401'))
    await until(count, is('2'))
  } finally {
    await client.end()
  }
})

test.each([
  ['refuse', 503],
  ['refuse-writes', 200],
] as const)(
  'a node whose database is gone: who chose %s answers a look with %i',
  async (whenStale, status) => {
    const database = await freshDatabase('postgres')
    const url = new URL(database)
    await using wire = await openProxy(Number(url.port === '' ? 5432 : url.port))
    url.host = `127.0.0.1:${wire.port}`
    const issuer = `http://127.0.0.1:${await freePort()}`
    const options = { ...serverOptions(url.href, issuer), revocation: { maxAge: 4, whenStale } }
    await using server = await startServer({ options })
    const subject = await server.call('createUser', 'anna', ['read'])
    const token = (await redeem(server, await mintCode(server, subject))).body.access_token ?? ''
    const feedAge = async (): Promise<number> => {
      const page = await (await fetch(`${server.url}/revocations`)).text()
      const { current } = JSON.parse(Buffer.from(page.split('.')[1] ?? '', 'base64url').toString()) as { readonly current: number } // prettier-ignore
      return -current
    }
    expect(await present(server, token)).toBe(200)
    wire.cut()
    // What it tells others is not younger than what it knows.
    await until(feedAge, (age) => Number(age) > 4000)
    await until(() => present(server, token), is(status))
    wire.mend()
    await until(() => present(server, token), is(200))
    await giveBack(server, token)
    await until(() => present(server, token), is(401))
  },
)
