import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { sha256Base64url } from '../../src/crypto/hash.ts'
import { protectedHeader, signJws } from '../../src/crypto/jws.ts'
import { api, security } from '../../src/index.ts'
import { dialects, freshDatabase } from '../setup/database.ts'
import { apiA, apiB, bodyOf, issuer, world } from './server-world.ts'
import type { World } from './server-world.ts'

/** What an API behind the server answers to a token. */
async function status(world: World, token: string, audience: string = apiA): Promise<number> {
  const app = api().get('/', { token: security(world.server.bearer({ audience }), ['read']) }, () => 'in')
  return (await app.request('/', { headers: { authorization: `Bearer ${token}` } })).status
}

async function turns(count: number): Promise<void> {
  for (let at = 0; at < count; at++) await new Promise((next) => setImmediate(next))
}

describe.each(dialects)('revocation on %s', (dialect) => {
  test('SECURITY 119: an unknown token, and garbage, are answered with an empty 200', async () => {
    const { post, events } = await world(dialect)
    const garbage = ['x', 'gwr_unknown', 'gwa_unknown', 'a.b.c', 'é\u{1F600}', '..', 'y'.repeat(20_000), ' ']
    for (const token of garbage) {
      const answer = await post('/revoke', { token }, 'web')
      expect(answer.status, token.slice(0, 20)).toBe(200)
      expect(await answer.json()).toEqual({})
      expect(answer.headers.get('cache-control')).toBe('no-store')
    }
    expect(events.filter(({ type }) => type === 'token.revoked')).toEqual([])
  })

  test('SECURITY 120: a revoked refresh token takes the refresh, reference and JWT tokens of its grant along', async () => {
    const here = await world(dialect)
    const first = await here.tokens('web', { resource: apiB })
    const grantId = here.events.findLast(({ type }) => type === 'code.issued')?.grantId ?? ''
    const second = await here.tokens('web', { resource: apiA, grantId })
    const other = await here.tokens('web')
    expect(await status(here, first.access_token, apiB)).toBe(200)
    expect(await status(here, second.access_token)).toBe(200)

    const answer = await here.post('/revoke', { token: first.refresh_token }, 'web')
    expect(answer.status).toBe(200)
    expect(await status(here, first.access_token, apiB)).toBe(401)
    expect(await status(here, second.access_token)).toBe(401)
    for (const { refresh_token: token } of [first, second]) {
      const refused = await here.refresh('web', token)
      expect(refused.status).toBe(400)
      expect(await bodyOf(refused)).toMatchObject({ error: 'invalid_grant' })
    }
    // What was granted apart from it lives on.
    expect(await status(here, other.access_token)).toBe(200)
    expect((await here.refresh('web', other.refresh_token)).status).toBe(200)
    expect(here.events.filter(({ type }) => type === 'token.revoked')).toMatchObject([
      { clientId: 'web', subject: here.alice, grantId, details: { kind: 'refresh_token' } },
    ])
    expect(JSON.stringify(here.events)).not.toContain(first.refresh_token)
    // A second time there is nothing left to do.
    expect((await here.post('/revoke', { token: first.refresh_token }, 'web')).status).toBe(200)
    expect(here.events.filter(({ type }) => type === 'token.revoked')).toHaveLength(1)
  })

  test('SECURITY 120: a used refresh token revokes as well, and what was granted anew is not touched by one that is dead', async () => {
    const here = await world(dialect)
    const { refresh_token: used } = await here.tokens('web')
    const next = String((await bodyOf(await here.refresh('web', used)))['refresh_token'])
    await here.post('/revoke', { token: used }, 'web')
    expect((await here.refresh('web', next)).status).toBe(400)

    const old = await here.tokens('web')
    const grantId = here.events.findLast(({ type }) => type === 'code.issued')?.grantId ?? ''
    const family =
      (await here.store.findRefresh(sha256Base64url(old.refresh_token), here.clock.now))?.family.id ?? ''
    await here.store.revokeFamily(family, { now: here.clock.now, until: here.clock.now + 600_000 })
    const anew = await here.tokens('web', { grantId })
    await here.post('/revoke', { token: old.refresh_token }, 'web')
    expect((await here.refresh('web', anew.refresh_token)).status).toBe(200)
  })

  test('an access token is revoked alone, a JWT as well as a reference, and an expired one leaves no trace', async () => {
    const here = await world(dialect)
    for (const resource of [apiA, apiB]) {
      const { access_token: token, refresh_token: refresh } = await here.tokens('web', { resource })
      expect(await status(here, token, resource)).toBe(200)
      expect((await here.post('/revoke', { token }, 'web')).status).toBe(200)
      expect(await status(here, token, resource)).toBe(401)
      expect((await here.post('/revoke', { token }, 'web')).status).toBe(200)
      const again = await bodyOf(await here.refresh('web', refresh))
      expect(await status(here, String(again['access_token']), resource)).toBe(200)
    }
    // Each was told once, though it was asked for twice.
    expect(here.events.filter(({ type }) => type === 'token.revoked')).toHaveLength(2)
    const { access_token: late } = await here.tokens('web')
    const before = (await here.store.revocationsAfter(0, 100)).length
    here.clock.now += 3_600_000
    expect((await here.post('/revoke', { token: late }, 'web')).status).toBe(200)
    expect(await here.store.revocationsAfter(0, 100)).toHaveLength(before)
  })

  test("SECURITY 121: somebody else's token is answered with the same 200, and stays good", async () => {
    const here = await world(dialect)
    const jwt = await here.tokens('web')
    const reference = await here.tokens('web', { resource: apiB })
    const machine = await bodyOf(await here.post('/token', { grant_type: 'client_credentials' }, 'machine'))
    const all = [jwt.access_token, jwt.refresh_token, reference.access_token, String(machine['access_token'])]
    for (const token of all) {
      for (const stranger of ['spa', 'web2']) {
        const answer = await here.post('/revoke', { token }, stranger)
        expect(answer.status).toBe(200)
        expect(await answer.json()).toEqual({})
      }
    }
    expect(await status(here, jwt.access_token)).toBe(200)
    expect(await status(here, reference.access_token, apiB)).toBe(200)
    expect(await status(here, String(machine['access_token']))).toBe(200)
    expect((await here.refresh('web', jwt.refresh_token)).status).toBe(200)
    expect(here.events.filter(({ type }) => type === 'token.revoked')).toEqual([])
  })

  test('a forged token revokes nothing: neither another signature nor another issuer counts', async () => {
    const here = await world(dialect)
    const stranger = await world(dialect)
    const { access_token: token } = await here.tokens('web')
    const { access_token: foreign } = await stranger.tokens('web')
    const [header = '', payload = ''] = token.split('.')
    const unsigned = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')
    const key = await here.keys.current()
    const claims = Buffer.from(payload, 'base64url').toString()
    for (const forged of [
      `${header}.${payload}.${foreign.split('.')[2]}`,
      `${foreign.split('.')[0]}.${payload}.${foreign.split('.')[2]}`,
      `${unsigned}.${payload}.`,
      await signJws(key, protectedHeader(key, 'at+jwt'), claims.replace(issuer, 'https://evil.test')),
      await signJws(key, protectedHeader(key, 'token-introspection+jwt'), claims),
    ]) {
      expect((await here.post('/revoke', { token: forged }, 'web')).status).toBe(200)
    }
    expect(await status(here, token)).toBe(200)
    expect(await here.store.revocationsAfter(0, 10)).toEqual([])
  })

  test('SECURITY 122: a public client revokes its own tokens with its client_id', async () => {
    const here = await world(dialect)
    const { access_token: token, refresh_token: refresh } = await here.tokens('spa')
    expect((await here.post('/revoke', { token: refresh }, 'spa')).status).toBe(200)
    expect((await here.refresh('spa', refresh)).status).toBe(400)
    expect(await status(here, token)).toBe(401)
  })

  test('a confidential client has to authenticate; who does not revokes nothing', async () => {
    const here = await world(dialect)
    const { refresh_token: token } = await here.tokens('web')
    const wrong = { authorization: `Basic ${btoa('web:wrong')}` }
    for (const answer of [
      await here.post('/revoke', { token }),
      await here.post('/revoke', { token, client_id: 'web' }),
      await here.post('/revoke', { token, client_id: 'nobody' }),
      await here.post('/revoke', { token }, 'web', wrong),
    ]) {
      expect(answer.status).toBe(401)
      expect(await bodyOf(answer)).toMatchObject({ error: 'invalid_client' })
    }
    expect((await here.refresh('web', token)).status).toBe(200)
  })

  test('SECURITY 123: a failure of the database is told, changes nothing, and a retry works', async () => {
    const url = await freshDatabase(dialect)
    const outage = dialect === 'sqlite' ? lockOf(url) : await proxyOf(url)
    const here = await world(dialect, {
      database: { url: outage.url, statementTimeout: 1 },
      report: () => undefined,
    })
    const { access_token: token, refresh_token: refresh } = await here.tokens('web')
    await outage.begin()
    const answer = await here.post('/revoke', { token: refresh }, 'web')
    expect(answer.status).toBe(503)
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await bodyOf(answer)).toMatchObject({ error: 'temporarily_unavailable' })
    await outage.end()
    expect(await status(here, token)).toBe(200)
    expect((await here.post('/revoke', { token: refresh }, 'web')).status).toBe(200)
    expect(await status(here, token)).toBe(401)
    expect((await here.refresh('web', refresh)).status).toBe(400)
  })

  test('SECURITY 124: a wrong hint, and one that is none, change nothing', async () => {
    const here = await world(dialect)
    const hints = ['access_token', 'refresh_token', 'id_token', 'nonsense', '']
    for (const hint of hints) {
      const { access_token: token, refresh_token: refresh } = await here.tokens('web')
      const { access_token: alone } = await here.tokens('web', { resource: apiB })
      await here.post('/revoke', { token: alone, token_type_hint: hint }, 'web')
      expect(await status(here, alone, apiB)).toBe(401)
      await here.post('/revoke', { token: refresh, token_type_hint: hint }, 'web')
      expect((await here.refresh('web', refresh)).status).toBe(400)
      expect(await status(here, token)).toBe(401)
    }
  })

  test('SECURITY 125: of a revocation and a refresh at the same moment nothing is alive after the 200', async () => {
    const here = await world(dialect)
    let rotated = 0
    for (let round = 0; round < 200; round++) {
      const { refresh_token: token } = await here.tokens('web')
      // Neither waits for the same things: each has a head start of up to twenty turns of the event loop in some rounds.
      const [revoked, refreshed] = await Promise.all([
        turns(round % 20).then(() => here.post('/revoke', { token }, 'web')),
        turns(round % 7).then(() => here.refresh('web', token)),
      ])
      expect(revoked?.status).toBe(200)
      expect([200, 400]).toContain(refreshed?.status)
      if (refreshed?.status !== 200) continue
      rotated++
      const { access_token: access, refresh_token: next } = await bodyOf(refreshed)
      expect((await here.refresh('web', String(next))).status).toBe(400)
      expect(await status(here, String(access))).toBe(401)
    }
    expect(rotated).toBeGreaterThan(0)
  }, 120_000)

  test('malformed requests are refused with 400 or 401, and never cost the good token anything', async () => {
    const here = await world(dialect)
    const { refresh_token: token } = await here.tokens('web')
    const forms: (readonly (readonly [string, string])[])[] = [
      [],
      [['token', '']],
      [
        ['token', token],
        ['token', token],
      ],
      [
        ['token', token],
        ['token_type_hint', 'a'],
        ['token_type_hint', 'b'],
      ],
      [['token', `${token}\0`]],
      [['token_type_hint', 'refresh_token']],
    ]
    for (const form of forms) {
      const answer = await here.post('/revoke', form, 'web')
      expect(answer.status, JSON.stringify(form)).toBe(400)
      expect(await bodyOf(answer)).toMatchObject({ error: 'invalid_request' })
    }
    const json = await here.post('/revoke', { token }, 'web', { 'content-type': 'application/json' })
    expect(json.status).toBe(400)
    expect((await here.server.app.request('https://auth.test/revoke')).status).toBe(405)
    const inUrl = await here.post(`/revoke?token=${token}`, {}, 'web')
    expect(inUrl.status).toBe(400)
    expect((await here.refresh('web', token)).status).toBe(200)
  })

  test('SECURITY 285: revocation has a limit of its own', async () => {
    const here = await world(dialect, { rateLimits: { token: { points: 5, seconds: 60 } } })
    const { refresh_token: token } = await here.tokens('web')
    for (let count = 0; count < 5; count++) await here.post('/revoke', { token: 'x' }, 'web')
    const answer = await here.post('/revoke', { token }, 'web')
    expect(answer.status).toBe(429)
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await here.refresh('web', token)).status).toBe(200)
  })

  test('SECURITY 285: another spelling of a path is the same endpoint, or none', async () => {
    const here = await world(dialect, {
      registration: { open: true },
      rateLimits: {
        token: { points: 1, seconds: 60 },
        introspection: { points: 1, seconds: 60 },
        registration: { points: 1, seconds: 60 },
      },
    })
    for (const path of ['/token', '/revoke', '/introspect', '/par', '/register']) {
      await here.post(path, { token: 'x' }, 'web')
      expect((await here.post(path, { token: 'x' }, 'web')).status, path).toBe(429)
      const escaped = `/%${path.charCodeAt(1).toString(16)}${path.slice(2)}`
      for (const spelt of [
        `${path}/`,
        `/${path}`,
        escaped,
        path.toUpperCase(),
        `${path}?x`,
        `/.${path}`,
        `${path};x`,
      ]) {
        expect([404, 405, 429], spelt).toContain((await here.post(spelt, { token: 'x' }, 'web')).status)
      }
    }
  })
})

interface Outage {
  readonly url: string
  begin(): Promise<void>
  end(): Promise<void>
}

/** Somebody else writes, and does not stop. */
function lockOf(url: string): Outage {
  let other: DatabaseSync | undefined
  return {
    url,
    async begin() {
      other = new DatabaseSync(url.replace(/^file:/, ''))
      other.exec('begin immediate')
    },
    async end() {
      other?.exec('rollback')
      other?.close()
    },
  }
}

/** A wire that can be cut. */
async function proxyOf(url: string): Promise<Outage> {
  const target = new URL(url)
  const sockets = new Set<Socket>()
  const serve = (): Server =>
    createServer((near) => {
      const far = connect(Number(target.port), target.hostname)
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(from)
        from.pipe(to)
        from.on('error', () => undefined).on('close', () => to.destroy())
      }
    })
  let server = serve()
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  const near = new URL(url)
  near.hostname = '127.0.0.1'
  near.port = String(port)
  const cut = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    await new Promise((closed) => server.close(closed))
  }
  onTestFinished(cut)
  return {
    url: near.href,
    begin: cut,
    async end() {
      server = serve()
      await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening))
    },
  }
}
