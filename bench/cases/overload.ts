/** More requests than a server can answer: what becomes of those that it does answer, and how many it turns away. */

import autocannon from 'autocannon'
import type { Running } from '../harness/contender.ts'
import { send } from '../harness/load.ts'
import type { LoadResult } from '../harness/load.ts'
import type { Case } from '../harness/rounds.ts'
import { checkIssuing } from './issuing-checks.ts'
import { inPlace, starter } from './issuing-contenders.ts'
import { clientCredentials, tokenRequest } from './token-endpoint.ts'

/** Arrivals, by what the server can answer. */
const levels = [0.5, 1, 2, 3]
const named = (level: number): string => `${level} × what it can do`
/** So many that waiting for an answer keeps hardly anybody from the next request. */
const connections = 2500
/** For so long. */
const seconds = 4

export function overload(): Case {
  const byName = new Map(levels.map((level) => [named(level), level]))
  const capacities = new WeakMap<Running, number>()
  return {
    name: 'client credentials, more than can be answered (SQLite)',
    base: named(1),
    contenders: levels.map((level) => inPlace('gatewright', 'sqlite', { name: named(level) })),
    environment: {},
    about:
      'As many requests begin each second, on 2,500 connections, as the same process answered to 50 connections just before, or a ' +
      'part or a multiple of that. All of a second begin at once, so even half of what it can do comes as a burst that is ' +
      'beyond the 1,000 which may be under way. p50 and p99 are of requests that got their token; the others got 503 with Retry-After.',
    start: starter('ES256'),
    check: (running) => checkIssuing(running, 'ES256', undefined),
    async prepare(running, share) {
      const { requests, duration } = await send({
        origin: running.origin,
        amount: Math.ceil(10_000 * share),
        connections: 50,
        status: 200,
        requests: () => [tokenRequest(running, clientCredentials)],
      })
      capacities.set(running, requests / duration)
    },
    load: (running, share) =>
      arrive(
        running,
        (byName.get(running.contender.name) ?? 1) * (capacities.get(running) ?? 0),
        Math.max(1, Math.round(seconds * share)),
      ),
  }
}

async function arrive(running: Running, rate: number, duration: number): Promise<LoadResult> {
  const times: number[] = []
  let refused = 0
  const began = performance.now()
  const { errors, timeouts } = await autocannon({
    url: running.origin,
    duration,
    overallRate: Math.round(rate),
    connections,
    timeout: 30,
    setupClient(client) {
      client.setRequests([tokenRequest(running, clientCredentials)])
      client.on('response', (status, _bytes, milliseconds) => {
        if (status === 200) times.push(milliseconds)
        else if (status === 503) refused++
        else throw new Error(`${running.origin}: ${status}, and 200 or 503 was expected`)
      })
    },
  })
  if (errors > 0 || timeouts > 0) throw new Error(`${running.origin}: ${errors} errors, ${timeouts} timeouts`)
  const took = (performance.now() - began) / 1000
  times.sort((one, other) => one - other)
  const at = (part: number): number => times[Math.floor((times.length - 1) * part)] ?? Number.NaN
  return {
    requests: times.length,
    duration: took,
    p50: at(0.5),
    p99: at(0.99),
    extra: { 'begun/s': (times.length + refused) / took, 'refused/s': refused / took },
  }
}
