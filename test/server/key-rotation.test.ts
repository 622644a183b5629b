/** Signing keys change every few seconds under load, on two processes: no verifier ever refuses a good token. */

import { createRemoteJWKSet, jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import { dialects, freshDatabase } from '../setup/database.ts'
import { openLedger } from './ledger.ts'
import { post, present, secrets, serverOptions } from './parties.ts'
import { freePort, startServer } from './running-server.ts'
import type { RunningServer } from './running-server.ts'
import { timeOn } from './server-process.ts'
import type { Clock } from './server-process.ts'

interface Rotation {
  readonly clock: Clock
  /** All in seconds of the servers' clock. */
  readonly keys: { readonly rotateEvery: number; readonly publishAhead: number }
  readonly lifetime: number
  readonly rotations: number
}

/** In real time, with verifiers that keep nothing, as the key set tells them when keys are published so late. */
const quick: Omit<Rotation, 'clock'> = {
  keys: { rotateEvery: 2, publishAhead: 1 },
  lifetime: 5,
  rotations: 4,
}

/** With clocks that go fast, so that there is something to keep, and verifiers keep it as long as they are told. */
const cached: Omit<Rotation, 'clock'> = {
  keys: { rotateEvery: 720, publishAhead: 480 },
  lifetime: 300,
  rotations: 3,
}

interface Figures {
  readonly tokens: number
  readonly verifications: number
  readonly failures: readonly string[]
  readonly signers: ReadonlySet<string>
}

async function rotateUnderLoad(database: string, rotation: Rotation): Promise<Figures> {
  const issuer = `http://127.0.0.1:${await freePort()}`
  const { clock, keys, lifetime, rotations } = rotation
  const options = { ...serverOptions(database, issuer), keys, lifetimes: { accessToken: lifetime } }
  await using first = await startServer({ options, clock })
  await using second = await startServer({ options, clock })
  const servers = [first, second]
  const jose = await Promise.all(servers.map((server) => joseVerifier(server, issuer, clock)))

  const failures: string[] = []
  const signers = new Set<string>()
  const later: Promise<void>[] = []
  let tokens = 0
  let verifications = 0

  async function verify(token: string, when: string): Promise<void> {
    const attempts = [
      ...servers.map(async (server) => {
        const status = await present(server, token)
        if (status !== 200) throw new Error(`status ${status}`)
      }),
      ...jose.map((check) => check(token)),
    ]
    const results = await Promise.allSettled(attempts)
    // A machine that is busy may get to it when the token's time is over: then any verdict is right.
    if (timeOn(clock) / 1000 >= partOf(token, 1).exp) return
    verifications += attempts.length
    results.forEach((result, index) => {
      if (result.status === 'fulfilled') return
      failures.push(`${when}, by verifier ${index}: ${String(result.reason)}`)
    })
  }

  async function client(server: RunningServer): Promise<void> {
    const form = { grant_type: 'client_credentials', client_id: 'post', client_secret: secrets.post }
    // One key was there at the start.
    while (signers.size <= rotations) {
      const { status, text, body } = await post(`${server.url}/token`, form)
      if (status !== 200) throw new Error(`${status} ${text}`)
      const token = body.access_token ?? ''
      signers.add(partOf(token, 0).kid)
      tokens += 1
      await verify(token, 'fresh')
      // Some are shown once more late in their lives, when the key that signed them has long retired.
      if (tokens % 10 === 0) {
        const age = (0.6 * lifetime * 1000) / clock.speed
        later.push(new Promise((resolve) => setTimeout(resolve, age)).then(() => verify(token, 'old')))
      }
    }
  }

  await Promise.all([...servers, ...servers].map(client))
  await Promise.all(later)
  const reports = await Promise.all(servers.map((server) => server.call('reports')))
  return { tokens, verifications, failures: [...failures, ...reports.flat()], signers }
}

/** jose, keeping the key set as long as its answer says and no longer. */
async function joseVerifier(
  server: RunningServer,
  issuer: string,
  clock: Clock,
): Promise<(token: string) => Promise<void>> {
  const url = new URL(`${server.url}/jwks`)
  const response = await fetch(url)
  await response.text()
  const maxAge = Number(/max-age=(\d+)/.exec(response.headers.get('cache-control') ?? '')?.[1])
  const kept = (maxAge * 1000) / clock.speed
  const keys = createRemoteJWKSet(url, { cacheMaxAge: kept, cooldownDuration: kept, timeoutDuration: 20_000 })
  return async (token) => {
    const currentDate = new Date(timeOn(clock))
    await jwtVerify(token, keys, { issuer, audience: issuer, typ: 'at+jwt', currentDate })
  }
}

/** The header of a token, or its claims. */
function partOf(token: string, index: 0 | 1): { readonly kid: string; readonly exp: number } {
  return JSON.parse(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString()) as ReturnType<
    typeof partOf
  >
}

describe.concurrent.each(dialects)('%s', (dialect) => {
  test('a key that leaked and is taken out is believed nowhere half a minute later, and all others still are', async () => {
    const clock = { at: Date.now(), speed: 0 }
    const issuer = `http://127.0.0.1:${await freePort()}`
    const options = serverOptions(await freshDatabase(dialect), issuer)
    await using first = await startServer({ options, clock })
    await using second = await startServer({ options, clock })
    const form = { grant_type: 'client_credentials', client_id: 'post', client_secret: secrets.post }
    const token = async (): Promise<string> => {
      const { body } = await post(`${first.url}/token`, form)
      return body.access_token ?? ''
    }
    const leaked = await token()
    expect([await present(first, leaked), await present(second, leaked)]).toEqual([200, 200])

    expect(await first.call('removeKey', partOf(leaked, 0).kid)).toBe(true)
    const good = await token()
    for (const server of [first, second]) await server.call('advance', 30_000)
    // Nothing but the leaked token is shown, so nobody has told the second process of another key.
    expect([await present(first, leaked), await present(second, leaked)]).toEqual([401, 401])
    expect([await present(first, good), await present(second, good)]).toEqual([200, 200])
  })

  test.each([
    ['every other second', 1, quick],
    ['while verifiers keep the key set as long as they may', 120, cached],
  ] as const)('SECURITY R11: a key takes over %s, and no verification fails', async (_, speed, rotation) => {
    const database = await freshDatabase(dialect)
    const figures = await rotateUnderLoad(database, { ...rotation, clock: { at: Date.now(), speed } })
    expect(figures.failures).toEqual([])
    expect(figures.verifications).toBeGreaterThan(2 * figures.tokens)
    expect(figures.signers.size).toBeGreaterThan(rotation.rotations)

    // Two processes made the keys, and the chain has no fork: each key but the first follows another one, alone.
    await using ledger = await openLedger(database)
    const keys = await ledger.rows<{ id: string; predecessor: string }>(
      'select id, predecessor from gatewright_signing_keys order by signs_from',
    )
    const predecessors = ['', ...keys.map(({ id }) => id)].slice(0, -1)
    expect(keys.map(({ predecessor }) => predecessor)).toEqual(predecessors)
    const rotated = `select count(*) from gatewright_audit where type = 'key.rotated'`
    expect(await ledger.count(rotated)).toBe(keys.length)
  })
})
