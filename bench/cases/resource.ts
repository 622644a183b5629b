/** The cases of an API: what a guarded route costs, by token, answer and size of the application. */

import type { Request } from 'autocannon'
import type { Contender } from '../harness/contender.ts'
import { send } from '../harness/load.ts'
import type { Case } from '../harness/rounds.ts'
import { audience, issuer, makeKey, spoilt, tokenMaker } from '../harness/tokens.ts'
import { checkResource } from './resource-checks.ts'

const connections = 50
const base = 'bare node:http, verifies every time'

const everybody: readonly Contender[] = [
  { name: base, program: 'resource/bare.mjs' },
  { name: 'bare node:http, Map of verified tokens', program: 'resource/bare.mjs', options: { cache: true } },
  { name: 'gatewright', program: 'resource/gatewright.mjs' },
  { name: 'Fastify + @fastify/jwt', program: 'resource/fastify-jwt.mjs' },
  {
    name: 'Fastify + @fastify/jwt, cache: true',
    program: 'resource/fastify-jwt.mjs',
    options: { cache: true },
  },
  {
    name: 'Fastify + @fastify/jwt, cache: 20,000',
    program: 'resource/fastify-jwt.mjs',
    options: { cache: 20_000 },
  },
  { name: 'Fastify + jose', program: 'resource/fastify-jose.mjs' },
  { name: 'Hono + hono/jwt', program: 'resource/hono-jwt.mjs', part: 0.5 },
  {
    name: 'Express + express-oauth2-jwt-bearer',
    program: 'resource/express-jwt-bearer.mjs',
    algorithms: ['HS256'],
    part: 0.25,
  },
  { name: 'NestJS (Fastify) + passport-jwt', program: 'resource/nest-passport.mjs', part: 0.25 },
  { name: 'FastAPI + uvicorn + PyJWT', program: 'resource/fastapi_contender.py', part: 0.1 },
]

type Tokens = 'one' | 'many' | 'cold' | 'none' | 'wrong' | 'poor'

interface Wanted {
  readonly name: string
  readonly algorithm: string
  readonly tokens: Tokens
  readonly status: number
  readonly amount: number
  readonly contenders?: readonly Contender[]
  readonly base?: string
  readonly item?: boolean
}

const item = JSON.stringify({ name: 'Lamp', price: 12.5, tags: ['new', 'brass'] })

function resourceCase(wanted: Wanted): Case {
  const { name, algorithm, tokens, status, amount } = wanted
  const key = makeKey(algorithm)
  const make = tokenMaker(key)
  const one = make()
  const poor = make({ scope: 'other' })
  let many: readonly string[] | undefined
  const contenders = (wanted.contenders ?? everybody).filter(
    ({ algorithms }) => algorithms === undefined || algorithms.includes(algorithm),
  )

  function some(connection: number, count: number): readonly string[] {
    if (tokens === 'one') return [one]
    if (tokens === 'poor') return [poor]
    if (tokens === 'cold') return Array.from({ length: count }, () => make())
    many ??= Array.from({ length: 10_000 }, () => (tokens === 'wrong' ? spoilt(make()) : make()))
    const share = many.length / connections
    return many.slice(connection * share, (connection + 1) * share)
  }

  function request(token: string | undefined): Request {
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
    if (wanted.item !== true) return { method: 'GET', path: '/me', headers: authorization }
    const headers = { ...authorization, 'content-type': 'application/json' }
    return { method: 'POST', path: '/items', headers, body: item }
  }

  return {
    name,
    base: wanted.base ?? base,
    contenders,
    isInPairs: true,
    environment: {
      ALGORITHM: algorithm,
      KEY: JSON.stringify(key.jwk),
      ISSUER: issuer,
      AUDIENCE: audience,
    },
    check: (running) => checkResource(running, make),
    load(running, share) {
      const { part = 1 } = running.contender
      const own = Math.ceil((amount * share * part) / connections)
      return send({
        origin: running.origin,
        amount: own * connections,
        connections,
        status,
        // One more than are sent, as the load may look ahead.
        requests: (connection) =>
          tokens === 'none' ? [request(undefined)] : some(connection, own + 1).map((token) => request(token)),
      })
    },
  }
}

const gatewright = { name: 'gatewright', program: 'resource/gatewright.mjs' }
const own = (name: string, options: Readonly<Record<string, unknown>>): Contender => ({
  ...gatewright,
  name,
  options,
})

const dependencies = [0, 1, 5, 20].map((count) => own(`${count} dependencies`, { dependencies: count }))
const routes = [10, 1_000, 10_000].map((count) =>
  own(`${count.toLocaleString('en')} routes`, { routes: count }),
)

/** By name, each made when it is wanted. */
export const resourceCases: Readonly<Record<string, () => Case>> = {
  'hs256-one': () =>
    resourceCase({
      name: 'HS256, one token',
      algorithm: 'HS256',
      tokens: 'one',
      status: 200,
      amount: 15_000,
    }),
  'hs256-many': () =>
    resourceCase({
      name: 'HS256, 10,000 tokens in turn',
      algorithm: 'HS256',
      tokens: 'many',
      status: 200,
      amount: 15_000,
    }),
  'hs256-cold': () =>
    resourceCase({
      name: 'HS256, no token comes twice',
      algorithm: 'HS256',
      tokens: 'cold',
      status: 200,
      amount: 10_000,
    }),
  'rs256-one': () =>
    resourceCase({
      name: 'RS256, one token',
      algorithm: 'RS256',
      tokens: 'one',
      status: 200,
      amount: 10_000,
    }),
  'rs256-many': () =>
    resourceCase({
      name: 'RS256, 10,000 tokens in turn',
      algorithm: 'RS256',
      tokens: 'many',
      status: 200,
      amount: 10_000,
    }),
  'es256-one': () =>
    resourceCase({
      name: 'ES256, one token',
      algorithm: 'ES256',
      tokens: 'one',
      status: 200,
      amount: 10_000,
    }),
  'es256-many': () =>
    resourceCase({
      name: 'ES256, 10,000 tokens in turn',
      algorithm: 'ES256',
      tokens: 'many',
      status: 200,
      amount: 10_000,
    }),
  'es256-cold': () =>
    resourceCase({
      name: 'ES256, no token comes twice',
      algorithm: 'ES256',
      tokens: 'cold',
      status: 200,
      amount: 5000,
    }),
  'no-token': () =>
    resourceCase({
      name: '401 without a token',
      algorithm: 'HS256',
      tokens: 'none',
      status: 401,
      amount: 15_000,
    }),
  'wrong-token': () =>
    resourceCase({
      name: '401 for a wrong signature (ES256)',
      algorithm: 'ES256',
      tokens: 'wrong',
      status: 401,
      amount: 5000,
    }),
  scope: () =>
    resourceCase({
      name: '403 without the scope',
      algorithm: 'HS256',
      tokens: 'poor',
      status: 403,
      amount: 10_000,
    }),
  items: () =>
    resourceCase({
      name: 'POST /items, validated',
      algorithm: 'HS256',
      tokens: 'one',
      status: 201,
      amount: 10_000,
      item: true,
    }),
  dependencies: () =>
    resourceCase({
      name: 'a chain of dependencies that do nothing',
      algorithm: 'HS256',
      tokens: 'one',
      status: 200,
      amount: 15_000,
      contenders: dependencies,
      base: '0 dependencies',
    }),
  routes: () =>
    resourceCase({
      name: 'the size of the table of routes',
      algorithm: 'HS256',
      tokens: 'one',
      status: 200,
      amount: 15_000,
      contenders: routes,
      base: '10 routes',
    }),
}
