/** Answers that are lost, databases that are gone or locked, clocks that are wrong: what was promised still holds. */

import { setTimeout as sleep } from 'node:timers/promises'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { dialects, freshDatabase } from '../setup/database.ts'
import { damage, openLedger, undamaged } from './ledger.ts'
import { mintCode, post, present, redeem, refresh, secrets, serverOptions } from './parties.ts'
import type { Reply } from './parties.ts'
import { openProxy } from './proxy.ts'
import type { Proxy } from './proxy.ts'
import { startServer } from './running-server.ts'
import type { RunningServer } from './running-server.ts'

const still = { at: Date.now(), speed: 0 }

function wire(server: RunningServer): Promise<Proxy> {
  return openProxy(Number(new URL(server.url).port))
}

const through = (proxy: Proxy): { readonly url: string } => ({ url: `http://127.0.0.1:${proxy.port}` })

/** The same again until the server answers, as a client does that knows what 503 means. */
async function persistently(ask: () => Promise<Reply>, seen: Set<number>): Promise<Reply> {
  for (;;) {
    const reply = await ask().catch(() => undefined)
    if (reply !== undefined) seen.add(reply.status)
    if (reply !== undefined && reply.status < 500) return reply
    await sleep(50)
  }
}

describe.each(dialects)('%s', (dialect) => {
  test('SECURITY R3: an answer to a refresh that is lost on the way comes again, identical, for as long as the window is open', async () => {
    const database = await freshDatabase(dialect)
    const options = serverOptions(database, 'http://127.0.0.1:9')
    await using server = await startServer({ options, clock: still })
    await using proxy = await wire(server)
    await using ledger = await openLedger(database)
    const subject = await server.call('createUser', 'anna', ['read'])

    for (let round = 0; round < 10; round += 1) {
      const first = await redeem(server, await mintCode(server, subject))
      const token = first.body.refresh_token ?? ''
      const swallowed = proxy.swallow(1)
      await expect(refresh(through(proxy), token)).rejects.toThrow()
      await swallowed
      const again = await refresh(through(proxy), token)
      expect(again.status).toBe(200)
      expect(await refresh(server, token)).toEqual(again)
      expect((await refresh(server, again.body.refresh_token ?? '')).status).toBe(200)
    }
    expect(await damage(ledger)).toEqual(undamaged)

    // A little too late: now it may be a thief who comes second.
    const first = await redeem(server, await mintCode(server, subject))
    const token = first.body.refresh_token ?? ''
    const answer = await refresh(server, token)
    await server.call('advance', 10_000)
    expect((await refresh(server, token)).body.error).toBeDefined()
    await server.call('advance', 1)
    expect((await refresh(server, token)).body.error).toBe('invalid_grant')
    expect((await refresh(server, answer.body.refresh_token ?? '')).body.error).toBe('invalid_grant')
  })

  test('SECURITY R3: an answer to a redemption that is lost on the way is lost, and costs nothing else', async () => {
    const database = await freshDatabase(dialect)
    const options = serverOptions(database, 'http://127.0.0.1:9')
    await using server = await startServer({ options, clock: still })
    await using proxy = await wire(server)
    await using ledger = await openLedger(database)
    const subject = await server.call('createUser', 'anna', ['read'])
    const bystander = await redeem(server, await mintCode(server, subject))

    const redemption = await mintCode(server, subject)
    const swallowed = proxy.swallow(1)
    await expect(redeem(through(proxy), redemption)).rejects.toThrow()
    await swallowed
    expect((await redeem(through(proxy), redemption)).body.error).toBe('invalid_grant')
    expect(await damage(ledger)).toEqual(undamaged)
    expect((await refresh(server, bystander.body.refresh_token ?? '')).status).toBe(200)
  })

  test('SECURITY R10: a clock that is set back brings nothing to life: no used code, no used token, nothing revoked', async () => {
    const options = serverOptions(await freshDatabase(dialect), 'http://127.0.0.1:9')
    await using server = await startServer({ options, clock: still })
    const subject = await server.call('createUser', 'anna', ['read'])
    const hour = 3_600_000

    const redemption = await mintCode(server, subject)
    const first = await redeem(server, redemption)
    const second = await refresh(server, first.body.refresh_token ?? '')
    const revoked = await redeem(server, await mintCode(server, subject))
    const form = { client_id: 'spa', token: revoked.body.refresh_token ?? '' }
    expect((await post(`${server.url}/revoke`, form)).status).toBe(200)
    await server.call('advance', 20_000)
    await server.call('advance', -hour)

    expect((await redeem(server, redemption)).body.error).toBe('invalid_grant')
    expect((await refresh(server, first.body.refresh_token ?? '')).body.error).toBe('invalid_grant')
    expect((await refresh(server, revoked.body.refresh_token ?? '')).body.error).toBe('invalid_grant')
    expect(await present(server, revoked.body.access_token ?? '')).toBe(401)
    // Right again: whoever did nothing wrong goes on, and what had ended has ended.
    await server.call('advance', hour)
    expect((await redeem(server, await mintCode(server, subject))).status).toBe(200)
    const late = await mintCode(server, subject)
    await server.call('advance', 60_000)
    expect((await redeem(server, late)).body.error).toBe('invalid_grant')
    expect(second.status).toBe(200)
  })

  test('SECURITY R10: two processes whose clocks are half a minute apart work together', async () => {
    const options = serverOptions(await freshDatabase(dialect), 'http://127.0.0.1:9')
    await using early = await startServer({ options, clock: { at: still.at - 15_000, speed: 0 } })
    await using late = await startServer({ options, clock: { at: still.at + 15_000, speed: 0 } })
    const subject = await early.call('createUser', 'anna', ['read'])
    for (const [one, other] of [
      [early, late],
      [late, early],
    ] as const) {
      const first = await redeem(other, await mintCode(one, subject))
      expect(first.status).toBe(200)
      expect(await present(one, first.body.access_token ?? '')).toBe(200)
      expect(await present(other, first.body.access_token ?? '')).toBe(200)
      const second = await refresh(other, first.body.refresh_token ?? '')
      expect(second.status).toBe(200)
      expect((await refresh(one, second.body.refresh_token ?? '')).status).toBe(200)
      expect(await present(one, second.body.access_token ?? '')).toBe(200)
    }
  })
})

test('SECURITY R9: on sqlite, another program that holds the write lock makes everybody wait, and nobody fail', async () => {
  const database = await freshDatabase('sqlite')
  const options = serverOptions(database, 'http://127.0.0.1:9')
  await using first = await startServer({ options })
  await using second = await startServer({ options })
  const subject = await first.call('createUser', 'anna', ['read'])
  const servers = [first, second]
  const redemptions = await Promise.all(Array.from({ length: 32 }, () => mintCode(first, subject)))
  const foreign = new DatabaseSync(database.slice('file:'.length))
  try {
    foreign.exec('begin immediate')
    const waiting = redemptions.map((redemption, index) =>
      redeem(index % 2 === 0 ? first : second, redemption),
    )
    await sleep(1500)
    // Who only reads is served all the while.
    expect((await fetch(`${first.url}/jwks`)).status).toBe(200)
    foreign.exec('commit')
    const replies = await Promise.all(waiting)
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]))
  } finally {
    foreign.close()
  }
  for (const server of servers) expect(await server.call('reports')).toEqual([])
})

test('SECURITY R8: on postgres, while the database is gone there is 503 and nothing else, and afterwards every login is still there', async () => {
  const direct = new URL(await freshDatabase('postgres'))
  await using proxy = await openProxy(Number(direct.port))
  await using ledger = await openLedger(direct.href)
  const url = new URL(direct)
  url.port = String(proxy.port)
  const options = serverOptions(url.href, 'http://127.0.0.1:9')
  // No retry is too late, however long this machine takes.
  await using server = await startServer({ options, clock: still })
  const subject = await server.call('createUser', 'anna', ['read'])
  const seen = new Set<number>()

  interface Session {
    token: string
  }
  const sessions = await Promise.all(
    Array.from({ length: 10 }, async (): Promise<Session> => {
      const { body } = await redeem(server, await mintCode(server, subject))
      return { token: body.refresh_token ?? '' }
    }),
  )
  const over = new AbortController()
  const working = sessions.map(async (session) => {
    while (!over.signal.aborted) {
      const reply = await persistently(() => refresh(server, session.token), seen)
      expect(reply.status).toBe(200)
      session.token = reply.body.refresh_token ?? ''
    }
  })
  const machine = { grant_type: 'client_credentials', client_id: 'post', client_secret: secrets.post }
  for (let outage = 0; outage < 5; outage += 1) {
    await sleep(150)
    proxy.cut()
    const refused = await post(`${server.url}/token`, machine)
    expect(refused.status).toBe(503)
    await sleep(100)
    proxy.mend()
    const reply = await persistently(() => post(`${server.url}/token`, machine), seen)
    expect(reply.status).toBe(200)
  }
  over.abort()
  await Promise.all(working)
  expect([...seen].filter((status) => status !== 200 && status !== 503)).toEqual([])
  expect(seen).toContain(503)
  expect(await damage(ledger)).toEqual(undamaged)
})
