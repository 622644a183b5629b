/** Many at once, on two processes of the server that share one database: exactly one gets what only one may get. */

import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dialects, freshDatabase } from '../setup/database.ts'
import { openLedger } from './ledger.ts'
import type { Ledger } from './ledger.ts'
import { assertionKey, hash, jwt, mintCode, post, present, redeem, redirectUri, refresh } from './parties.ts'
import { secrets, serverOptions } from './parties.ts'
import type { Reply } from './parties.ts'
import { freePort, startServer } from './running-server.ts'
import type { RunningServer } from './running-server.ts'

/** How many at once, and how often; `TEST_ROUNDS` times as often in a long run. */
const factor = Number(process.env['TEST_ROUNDS'] ?? 1)
const rounds = [
  [2, 40 * factor],
  [5, 20 * factor],
  [20, 8 * factor],
  [100, 4 * factor],
] as const

/** A logout is waited for on both processes, each time. */
const logouts = [
  [2, 5 * factor],
  [5, 4 * factor],
  [20, 3 * factor],
  [100, 2 * factor],
] as const

/** The clock of the servers stands, so that how fast this machine is does not decide what is inside the window. */
const clock = Date.now()

interface Party extends AsyncDisposable {
  readonly servers: readonly [RunningServer, RunningServer]
  readonly subject: string
  readonly ledger: Ledger
}

async function gather(database: string, retryWindow: number, issuer: string): Promise<Party> {
  const options = { ...serverOptions(database, issuer), retryWindow }
  const config = { options, clock: { at: clock + moved, speed: 0 } }
  const servers = await Promise.all([startServer(config), startServer(config)])
  const subject = await servers[0].call('createUser', `anna ${retryWindow}`, ['read', 'write'])
  const ledger = await openLedger(database)
  return {
    servers,
    subject,
    ledger,
    async [Symbol.asyncDispose]() {
      await ledger[Symbol.asyncDispose]()
      await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()))
    },
  }
}

/** One after the other on each process in turn, all before any is answered. */
function atOnce<Value>(
  { servers }: Party,
  count: number,
  ask: (server: RunningServer) => Promise<Value>,
): Promise<Value[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => ask(servers[index % 2 === 0 ? 0 : 1])))
}

/** How far the clocks were moved. */
let moved = 0

async function move({ servers }: Party, by: number): Promise<void> {
  await Promise.all(servers.map((server) => server.call('advance', by)))
  moved += by
}

const won = (replies: readonly Reply[]): Reply[] => replies.filter(({ status }) => status === 200)

/** Everybody who did not win was told so in the words of the protocol, and nobody that the server is broken. */
function expectRefused(replies: readonly Reply[], status: number, error: string): void {
  const lost = replies.filter((reply) => reply.status !== 200)
  expect(new Set(lost.map((reply) => `${reply.status} ${reply.body.error}`))).toEqual(
    new Set(lost.length === 0 ? [] : [`${status} ${error}`]),
  )
}

interface FamilyState {
  readonly id: string
  readonly revoked: boolean
  readonly tokens: number
  readonly audit: Readonly<Record<string, number>>
}

/** The families of the grant that a code or a refresh token belongs to, with their tokens and audit rows. */
async function families(
  { ledger }: Party,
  table: 'codes' | 'refresh_tokens',
  value: string,
): Promise<FamilyState[]> {
  const grant =
    table === 'codes'
      ? `select grant_id from gatewright_codes where hash = '${hash(value)}'`
      : `select f.grant_id from gatewright_refresh_tokens r join gatewright_families f on f.id = r.family_id
         where r.hash = '${hash(value)}'`
  const found = await ledger.rows<{ id: string; revoked_at: unknown; grant_id: string }>(
    `select id, revoked_at, grant_id from gatewright_families where grant_id = (${grant})`,
  )
  return Promise.all(
    found.map(async ({ id, revoked_at, grant_id }) => {
      const types = await ledger.rows<{ type: string; n: number }>(
        `select type, count(*) as n from gatewright_audit where grant_id = '${grant_id}' group by type`,
      )
      return {
        id,
        revoked: revoked_at !== null,
        tokens: await ledger.count(
          `select count(*) from gatewright_refresh_tokens where family_id = '${id}'`,
        ),
        audit: Object.fromEntries(types.map(({ type, n }) => [type, Number(n)])),
      }
    }),
  )
}

/** The winner of a race can work with what it got, on either process. */
async function expectAlive(party: Party, { body }: Reply): Promise<string> {
  const { access_token = '', refresh_token = '' } = body
  expect(await Promise.all(party.servers.map((server) => present(server, access_token)))).toEqual([200, 200])
  const next = await refresh(party.servers[1], refresh_token)
  expect(next.status).toBe(200)
  return next.body.refresh_token ?? ''
}

/** The access token is refused on both processes; the one that did not revoke it reads so within a second or two. */
async function expectRevoked({ servers }: Party, { body }: Reply): Promise<void> {
  for (const server of servers) {
    await expect.poll(() => present(server, body.access_token ?? ''), { timeout: 20_000 }).toBe(401)
  }
}

describe.each(dialects)('%s', (dialect) => {
  let database: string
  let issuer: string

  beforeAll(async () => {
    database = await freshDatabase(dialect)
    issuer = `http://127.0.0.1:${await freePort()}`
  })

  describe('with a retry window', () => {
    let party: Party

    beforeAll(async () => {
      party = await gather(database, 10, issuer)
    })

    afterAll(async () => {
      expect(await Promise.all(party.servers.map((server) => server.call('reports')))).toEqual([[], []])
      await party[Symbol.asyncDispose]()
    })

    test.each(rounds)(
      'SECURITY 268, R4: of %i who redeem one code at once exactly one gets tokens, and they work (%i rounds)',
      async (count, times) => {
        for (let round = 0; round < times; round += 1) {
          const redemption = await mintCode(party.servers[0], party.subject)
          const replies = await atOnce(party, count, (server) => redeem(server, redemption))
          const [winner, ...others] = won(replies)
          if (winner === undefined)
            throw new Error(`Nobody won: ${replies.map(({ text }) => text).join('\n')}`)
          expect(others).toEqual([])
          expectRefused(replies, 400, 'invalid_grant')
          expect(await families(party, 'codes', redemption.code)).toEqual([
            {
              id: expect.any(String),
              revoked: false,
              tokens: 1,
              audit: { 'code.issued': 1, 'code.redeemed': 1 },
            },
          ])
          await expectAlive(party, winner)
        }
      },
    )

    test.each(rounds)(
      'SECURITY 268, R4: all of %i who refresh with one token at once get the identical answer, which is one rotation (%i rounds)',
      async (count, times) => {
        for (let round = 0; round < times; round += 1) {
          const first = await redeem(party.servers[0], await mintCode(party.servers[1], party.subject))
          const token = first.body.refresh_token ?? ''
          const replies = await atOnce(party, count, (server) => refresh(server, token))
          expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]))
          expect(new Set(replies.map(({ text }) => text)).size).toBe(1)
          expect(await families(party, 'refresh_tokens', token)).toEqual([
            {
              id: expect.any(String),
              revoked: false,
              tokens: 2,
              audit: { 'code.issued': 1, 'code.redeemed': 1, 'refresh_token.rotated': 1 },
            },
          ])
          const [winner] = replies
          if (winner !== undefined) await expectAlive(party, winner)
        }
      },
    )

    test('a code that comes again long after its use ends what it made, on both processes, and nothing else', async () => {
      const [here, there] = party.servers
      const bystander = await redeem(here, await mintCode(here, party.subject))
      const redemption = await mintCode(here, party.subject)
      const stolen = await redeem(here, redemption)
      await move(party, 2001)
      const replies = await atOnce(party, 20, (server) => redeem(server, redemption))
      expect(won(replies)).toEqual([])
      expectRefused(replies, 400, 'invalid_grant')
      const [family, ...more] = await families(party, 'codes', redemption.code)
      expect(more).toEqual([])
      expect(family).toMatchObject({ revoked: true, tokens: 1 })
      expect(family?.audit['code.reused']).toBe(1)
      expect((await refresh(there, stolen.body.refresh_token ?? '')).body.error).toBe('invalid_grant')
      await expectRevoked(party, stolen)
      await expectAlive(party, bystander)
    })

    test('a refresh token whose successor was used ends its family when many bring it at once, and nothing else', async () => {
      const [here, there] = party.servers
      const bystander = await redeem(here, await mintCode(here, party.subject))
      const first = await redeem(here, await mintCode(here, party.subject))
      const old = first.body.refresh_token ?? ''
      const second = await refresh(here, old)
      const third = await refresh(there, second.body.refresh_token ?? '')
      const replies = await atOnce(party, 20, (server) => refresh(server, old))
      expect(won(replies)).toEqual([])
      expectRefused(replies, 400, 'invalid_grant')
      const [family] = await families(party, 'refresh_tokens', old)
      expect(family).toMatchObject({ revoked: true, tokens: 3 })
      expect(family?.audit['refresh_token.reused']).toBe(1)
      expect((await refresh(there, third.body.refresh_token ?? '')).body.error).toBe('invalid_grant')
      await expectRevoked(party, third)
      await expectAlive(party, bystander)
    })

    test.each(logouts)(
      'SECURITY 268, R4: when %i refresh and somebody logs out at once, everybody is logged out (%i rounds)',
      async (count, times) => {
        for (let round = 0; round < times; round += 1) {
          const [here, there] = party.servers
          const first = await redeem(here, await mintCode(here, party.subject))
          const token = first.body.refresh_token ?? ''
          const [revoked, ...replies] = await Promise.all([
            post(`${(round % 2 === 0 ? here : there).url}/revoke`, { client_id: 'spa', token }),
            ...Array.from({ length: count }, (_, index) => refresh(index % 2 === 0 ? here : there, token)),
          ])
          expect(revoked.status).toBe(200)
          // Who came before the logout has got one answer, the same for all; who came after it has got none.
          expect(new Set(won(replies).map(({ text }) => text)).size).toBeLessThan(2)
          expectRefused(replies, 400, 'invalid_grant')
          for (const value of [token, won(replies)[0]?.body.refresh_token ?? token]) {
            expect((await refresh(here, value)).body.error).toBe('invalid_grant')
          }
          await expectRevoked(party, first)
          for (const reply of won(replies).slice(0, 1)) await expectRevoked(party, reply)
          const revocations = await party.ledger.count(
            `select count(*) from gatewright_audit where type = 'token.revoked' and grant_id =
               (select f.grant_id from gatewright_refresh_tokens r join gatewright_families f on f.id = r.family_id
                where r.hash = '${hash(token)}')`,
          )
          expect(revocations).toBe(1)
        }
      },
    )

    test.each(rounds)(
      'SECURITY 268, R4: of %i polls of one approved device at once exactly one gets tokens, and they work (%i rounds)',
      async (count, times) => {
        for (let round = 0; round < times; round += 1) {
          const [here] = party.servers
          // Nobody may type one code after the other.
          await move(party, 600_000)
          const begun = await post(`${here.url}/device_authorization`, { client_id: 'tv', scope: 'read' })
          const device = JSON.parse(begun.text) as { device_code: string; user_code: string }
          expect(await here.call('approveDevice', device.user_code, party.subject)).toBe(true)
          const replies = await atOnce(party, count, (server) =>
            post(`${server.url}/token`, {
              grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
              client_id: 'tv',
              device_code: device.device_code,
            }),
          )
          const [winner, ...others] = won(replies)
          if (winner === undefined)
            throw new Error(`Nobody won: ${replies.map(({ text }) => text).join('\n')}`)
          expect(others).toEqual([])
          expectRefused(replies, 400, 'invalid_grant')
          const { access_token = '', refresh_token = '' } = winner.body
          expect(await Promise.all(party.servers.map((server) => present(server, access_token)))).toEqual([
            200, 200,
          ])
          const form = { grant_type: 'refresh_token', client_id: 'tv', refresh_token }
          expect((await post(`${here.url}/token`, form)).status).toBe(200)
          const made = `select count(*) from gatewright_families where grant_id =
            (select grant_id from gatewright_device_codes where hash = '${hash(device.device_code)}')`
          expect(await party.ledger.count(made)).toBe(1)
        }
      },
    )

    test.each(rounds)(
      'SECURITY 268, R4: of %i decisions on one pushed request at once exactly one makes a code (%i rounds)',
      async (count, times) => {
        for (let round = 0; round < times; round += 1) {
          const form = {
            client_id: 'spa',
            response_type: 'code',
            redirect_uri: redirectUri,
            code_challenge: hash('x'.repeat(43)),
            code_challenge_method: 'S256',
          }
          const pushed = await post(`${party.servers[0].url}/par`, form)
          const { request_uri } = JSON.parse(pushed.text) as { request_uri: string }
          const parameters = Object.entries({ client_id: 'spa', request_uri })
          const outcomes = await atOnce(party, count, (server) =>
            server.call('authorize', parameters, party.subject).then(
              (location) => (new URL(location).searchParams.has('code') ? 'code' : 'denied'),
              (error: unknown) => (String(error).includes('expired or was used') ? 'denied' : String(error)),
            ),
          )
          expect(outcomes.filter((outcome) => outcome === 'code')).toHaveLength(1)
          expect(outcomes.filter((outcome) => outcome === 'denied')).toHaveLength(count - 1)
        }
      },
    )

    test.each(rounds)(
      'SECURITY 268, R4: of %i who bring one client assertion at once exactly one is its client (%i rounds)',
      async (count, times) => {
        for (let round = 0; round < times; round += 1) {
          const now = Math.floor((clock + moved) / 1000)
          const times = { iat: now, exp: now + 60 }
          const claims = { iss: 'signer', sub: 'signer', aud: issuer, jti: randomUUID(), ...times }
          const form = {
            grant_type: 'client_credentials',
            client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
            client_assertion: jwt({ kid: 'k1' }, claims, assertionKey.privateKey),
          }
          const replies = await atOnce(party, count, (server) => post(`${server.url}/token`, form))
          expect(won(replies)).toHaveLength(1)
          expectRefused(replies, 401, 'invalid_client')
        }
      },
    )

    test.each(rounds)(
      'SECURITY 268, R4: of %i who bring one DPoP proof at once exactly one proves its key (%i rounds)',
      async (count, times) => {
        const key = generateKeyPairSync('ec', { namedCurve: 'P-256' })
        for (let round = 0; round < times; round += 1) {
          const header = { typ: 'dpop+jwt', jwk: key.publicKey.export({ format: 'jwk' }) }
          const about = { htm: 'POST', htu: `${issuer}/token` }
          const claims = { ...about, jti: randomUUID(), iat: Math.floor((clock + moved) / 1000) }
          const headers = {
            authorization: basic('machine', secrets.machine),
            dpop: jwt(header, claims, key.privateKey),
          }
          const form = { grant_type: 'client_credentials' }
          const replies = await atOnce(party, count, (server) => post(`${server.url}/token`, form, headers))
          expect(won(replies)).toHaveLength(1)
          expectRefused(replies, 400, 'invalid_dpop_proof')
        }
      },
    )
  })

  describe('without a retry window', () => {
    let party: Party

    beforeAll(async () => {
      party = await gather(database, 0, issuer)
    })

    afterAll(async () => {
      expect(await Promise.all(party.servers.map((server) => server.call('reports')))).toEqual([[], []])
      await party[Symbol.asyncDispose]()
    })

    test.each(rounds)(
      'SECURITY 268, R4: of %i who redeem one code at once exactly one gets tokens (%i rounds)',
      async (count, times) => {
        for (let round = 0; round < times; round += 1) {
          const redemption = await mintCode(party.servers[0], party.subject)
          const replies = await atOnce(party, count, (server) => redeem(server, redemption))
          const [winner, ...others] = won(replies)
          if (winner === undefined)
            throw new Error(`Nobody won: ${replies.map(({ text }) => text).join('\n')}`)
          expect(others).toEqual([])
          expectRefused(replies, 400, 'invalid_grant')
          const [family, ...more] = await families(party, 'codes', redemption.code)
          expect(more).toEqual([])
          expect(family?.tokens).toBe(1)
          expect(family?.audit['code.redeemed']).toBe(1)
          const reuses = family?.audit['code.reused'] ?? 0
          expect(family?.revoked).toBe(reuses === 1)
          if (reuses === 0) await expectAlive(party, winner)
        }
      },
    )

    test.each(rounds)(
      'SECURITY 268, R4: of %i who refresh with one token at once exactly one gets new tokens (%i rounds)',
      async (count, times) => {
        for (let round = 0; round < times; round += 1) {
          const first = await redeem(party.servers[0], await mintCode(party.servers[1], party.subject))
          const token = first.body.refresh_token ?? ''
          const replies = await atOnce(party, count, (server) => refresh(server, token))
          const [winner, ...others] = won(replies)
          if (winner === undefined)
            throw new Error(`Nobody won: ${replies.map(({ text }) => text).join('\n')}`)
          expect(others).toEqual([])
          expectRefused(replies, 400, 'invalid_grant')
          const [family, ...more] = await families(party, 'refresh_tokens', token)
          expect(more).toEqual([])
          expect(family?.tokens).toBe(2)
          expect(family?.audit['refresh_token.rotated']).toBe(1)
          // Told to forgive no retry, the server takes one that comes after the rotation for what it may be: a theft.
          const reuses = family?.audit['refresh_token.reused'] ?? 0
          expect(family?.revoked).toBe(reuses === 1)
          if (reuses === 0) await expectAlive(party, winner)
        }
      },
    )
  })
})

function basic(id: string, secret: string): string {
  const part = (text: string): string => encodeURIComponent(text).replaceAll('%20', '+')
  return `Basic ${Buffer.from(`${part(id)}:${part(secret)}`).toString('base64')}`
}
