/** The cases of an authorization server: what a token costs by grant, place of the state, and number of tokens there are. */

import type { Request } from 'autocannon'
import type { Running } from '../harness/contender.ts'
import { send } from '../harness/load.ts'
import type { LoadResult } from '../harness/load.ts'
import type { Case } from '../harness/rounds.ts'
import { checkIssuing } from './issuing-checks.ts'
import { base, everybody, inPlace, placeOf, starter } from './issuing-contenders.ts'
import type { Issuing } from './issuing-contenders.ts'
import { fillWithTokens } from './many-tokens.ts'
import { loginFlood } from './login-flood.ts'
import { overload } from './overload.ts'
import {
  askToken,
  clientCredentials,
  mint,
  originsOf,
  redemption,
  refreshing,
  tokenRequest,
} from './token-endpoint.ts'

const connections = 50

type Grant = 'client' | 'code' | 'refresh'

interface Wanted {
  readonly name: string
  readonly grant: Grant
  readonly algorithm?: string
  readonly amount: number
  readonly contenders?: readonly Issuing[]
  readonly base?: string
  readonly about?: string
  /** After the checks, before anything is measured. */
  readonly fill?: (running: Running) => Promise<void>
}

function issuingCase(wanted: Wanted): Case {
  const { name, grant, algorithm = 'ES256', amount, contenders = everybody, fill } = wanted
  const codes = new WeakMap<Running, string[]>()
  const chains = new WeakMap<Running, string[]>()

  const own = (running: Running, share: number): number => {
    const { part = 1 } = running.contender
    return Math.max(1, Math.ceil((amount * share * part) / connections))
  }

  function requests(running: Running, connection: number, count: number): readonly Request[] {
    if (grant === 'client') return [tokenRequest(running, clientCredentials)]
    if (grant === 'code') {
      const all = codes.get(running) ?? []
      const mine = all.slice(connection * count, (connection + 1) * count)
      // One more than are sent, as the load looks ahead.
      return [...mine, ''].map((code) => tokenRequest(running, redemption(code)))
    }
    const chain = chains.get(running) ?? []
    return [
      {
        ...tokenRequest(running, refreshing('')),
        setupRequest: (request) => ({
          ...request,
          body: tokenRequest(running, refreshing(chain[connection] ?? '')).body ?? '',
        }),
        onResponse(status, body) {
          if (status !== 200) return
          chain[connection] = (JSON.parse(body) as { refresh_token: string }).refresh_token
        },
      },
    ]
  }

  return {
    name,
    base: wanted.base ?? base,
    contenders,
    environment: {},
    ...(wanted.about === undefined ? {} : { about: wanted.about }),
    start: starter(algorithm),
    async check(running) {
      const { count } = running.contender as Issuing
      const durable = count === undefined ? undefined : { place: placeOf(running), count }
      const notes = await checkIssuing(running, algorithm, durable)
      await fill?.(running)
      return notes
    },
    async prepare(running, share) {
      if (grant === 'code') codes.set(running, await mint(running, own(running, share) * connections))
      if (grant !== 'refresh' || chains.has(running)) return
      const begun = await mint(running, connections)
      const chain: string[] = []
      for (const code of begun) {
        chain.push(String((await askToken(running, redemption(code))).body['refresh_token']))
      }
      chains.set(running, chain)
    },
    async load(running, share) {
      const origins = originsOf(running)
      const count = own(running, share)
      const part = connections / origins.length
      const results = await Promise.all(
        origins.map((origin, at) =>
          send({
            origin,
            amount: count * part,
            connections: part,
            status: 200,
            requests: (connection) => requests(running, at * part + connection, count),
          }),
        ),
      )
      return together(results)
    },
  }
}

/** Of several at the same time. */
function together(results: readonly LoadResult[]): LoadResult {
  const most = (pick: (result: LoadResult) => number): number => Math.max(...results.map(pick))
  return {
    requests: results.reduce((sum, { requests }) => sum + requests, 0),
    duration: most(({ duration }) => duration),
    p50: most(({ p50 }) => p50),
    p99: most(({ p99 }) => p99),
  }
}

const durability =
  'With a database, every answer that changed something was on the disk before it was sent, one commit for several requests ' +
  'at once where the contender does so. gatewright counts each request against its limits and writes an audit event for ' +
  'each token, wherever the others do neither. The CPU of PostgreSQL is not in the ratio; it has a column of its own.'

function growing(store: 'sqlite' | 'postgres', large: boolean): Wanted {
  const sizes = [1000, 100_000, ...(large ? [10_000_000] : [])]
  const named = (size: number): string => `${size.toLocaleString('en')} live refresh tokens`
  const wanted = new Map(sizes.map((size) => [named(size), size]))
  return {
    name: `refresh with rotation, by how many tokens there are (${store === 'sqlite' ? 'SQLite' : 'PostgreSQL'})`,
    grant: 'refresh',
    amount: 2000,
    contenders: sizes.map((size) => inPlace('gatewright', store, { name: named(size) })),
    base: named(1000),
    fill: (running) => fillWithTokens(placeOf(running), store, wanted.get(running.contender.name) ?? 0),
  }
}

const started: Issuing[] = [
  inPlace('gatewright', 'sqlite'),
  inPlace('oidc-provider', 'sqlite'),
  inPlace('better-auth', 'sqlite'),
]

/** By name, each made when it is wanted. `large`: with ten million tokens as well. */
export function issuingCases(large: boolean): Readonly<Record<string, () => Case>> {
  return {
    'client-es256': () =>
      issuingCase({ name: 'client credentials, ES256', grant: 'client', amount: 5000, about: durability }),
    'client-rs256': () =>
      issuingCase({
        name: 'client credentials, RS256',
        grant: 'client',
        algorithm: 'RS256',
        amount: 2500,
        about: durability,
      }),
    code: () =>
      issuingCase({
        name: 'a code redeemed, with PKCE (ES256)',
        grant: 'code',
        amount: 1500,
        about: durability,
      }),
    refresh: () =>
      issuingCase({
        name: 'refresh with rotation (ES256)',
        grant: 'refresh',
        amount: 3000,
        about: durability,
      }),
    'refresh-many-sqlite': () => issuingCase(growing('sqlite', large)),
    'refresh-many-postgres': () => issuingCase(growing('postgres', large)),
    'two-processes': () =>
      issuingCase({
        name: 'two processes on one PostgreSQL: refresh with rotation',
        grant: 'refresh',
        amount: 3000,
        contenders: [1, 2].map((processes) =>
          inPlace('gatewright', 'postgres', {
            name: processes === 1 ? 'one process' : 'two processes',
            processes,
          }),
        ),
        base: 'one process',
        about:
          'Compare req/s: each process has a CPU of its own, and the load and PostgreSQL have the others. On a machine with ' +
          'fewer than four CPUs they are in the way of the second process, and the row says little.',
      }),
    'login-flood': () => loginFlood(),
    overload: () => overload(),
    startup: () => ({
      name: 'from the start of the process to the first token, on a new SQLite file',
      base: '',
      contenders: started,
      environment: {},
      isStart: true,
      start: starter('ES256'),
      check: () => Promise.resolve([]),
      async load(running) {
        const { status } = await askToken(running, clientCredentials)
        if (status !== 200) throw new Error(`the first token: ${status}`)
        return { requests: 1, duration: 0, p50: 0, p99: 0 }
      },
    }),
  }
}
