/**
 * A guard against slowing down that depends on no clock: what a request costs gatewright in CPU time, in relation to what it
 * costs a bare `node:http` server that verifies every time, in the same run. Both take turns, and the middle round counts.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { start } from './harness/contender.ts'
import type { Contender, Running } from './harness/contender.ts'
import { sendPlain } from './harness/plain-load.ts'
import type { PlainRequest } from './harness/plain-load.ts'
import { median } from './harness/rounds.ts'
import { audience, issuer, makeKey, tokenMaker } from './harness/tokens.ts'

const fromSource = new URL('harness/from-source.mjs', import.meta.url).href
const bare: Contender = { name: 'bare', program: 'resource/bare.mjs' }
const gatewright: Contender = {
  name: 'gatewright',
  program: 'resource/gatewright.mjs',
  imports: [fromSource],
}

const rounds = 5

describe.each(['HS256', 'ES256'])('%s', (algorithm) => {
  const key = makeKey(algorithm)
  const token = tokenMaker(key)()
  const authorization = `Bearer ${token}`
  let pair: readonly [Running, Running] | undefined

  beforeAll(async () => {
    const environment = {
      ALGORITHM: algorithm,
      KEY: JSON.stringify(key.jwk),
      ISSUER: issuer,
      AUDIENCE: audience,
    }
    pair = [await start(bare, environment), await start(gatewright, environment)]
  })
  afterAll(async () => {
    for (const each of pair ?? []) await each.stop()
  })

  const item: PlainRequest = {
    method: 'POST',
    path: '/items',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Lamp', price: 12.5, tags: ['new', 'brass'] }),
  }
  const me: PlainRequest = { method: 'GET', path: '/me', headers: { authorization } }
  const nobody: PlainRequest = { method: 'GET', path: '/me', headers: {} }

  // Two thirds of what was measured on a machine that had much else to do: a request that costs twice as much is below it.
  // The last case is at 1 without the cache of verified tokens, and above 4 with it.
  const cases =
    algorithm === 'HS256'
      ? [
          { name: 'one token', request: me, status: 200, floor: 0.85 },
          { name: '401 without a token', request: nobody, status: 401, floor: 0.5 },
          { name: 'POST /items', request: item, status: 201, floor: 0.58 },
        ]
      : [{ name: 'a token that is known', request: me, status: 200, floor: 3 }]

  test.each(cases)(
    'a request costs no more CPU than it did: $name',
    async ({ name, request, status, floor }) => {
      const [base, own] = pair ?? []
      if (base === undefined || own === undefined) throw new Error('nothing runs')
      // The compiler is done with both before the first round counts; there is more of gatewright than of the other.
      for (let warm = 0; warm < 10; warm++) await send(own, request, status)
      for (let warm = 0; warm < 3; warm++) await send(base, request, status)
      const ratios: number[] = []
      for (let round = 0; round < rounds; round++) {
        const first = round % 2 === 0
        const one = await cost(first ? base : own, request, status)
        const other = await cost(first ? own : base, request, status)
        ratios.push(first ? one / other : other / one)
      }
      const shown = ratios.map((ratio) => ratio.toFixed(2)).join(', ')
      console.info(`${algorithm}, ${name}: ${median(ratios).toFixed(2)} of ${shown}`)
      expect(median(ratios), `the rounds: ${shown}`).toBeGreaterThan(floor)
    },
    180_000,
  )
})

async function cost(running: Running, request: PlainRequest, status: number): Promise<number> {
  const before = await running.usage()
  await send(running, request, status)
  return (await running.usage()).cpu - before.cpu
}

function send({ origin }: Running, request: PlainRequest, status: number): Promise<void> {
  return sendPlain(origin, request, { amount: 2000, connections: 8, status })
}
