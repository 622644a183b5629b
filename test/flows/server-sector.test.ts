/** Sectors that several hosts share (OpenID Connect Core §8.1): who may be of one, and by which name it then knows people. */

import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { sha256Base64url } from '../../src/crypto/hash.ts'
import { defaultPages } from '../../src/pages/default-pages.ts'
import type { AuthorizationServerOptions } from '../../src/server/options.ts'
import { clientWeb } from '../setup/client-web.ts'
import type { ClientWeb } from '../setup/client-web.ts'
import { dialects } from '../setup/database.ts'
import type { Dialect } from '../setup/database.ts'
import { basic, bodyOf, issuer, verifier, world } from './server-world.ts'
import type { World } from './server-world.ts'

const sector = 'https://group.example/sector.json'
const uris = ['https://shop.example/cb', 'https://news.example/cb']
const relaxed = { points: 100_000, seconds: 60 }
const salt = 'a salt for the names of people, long enough'
const secret = 'a-secret-that-has-more-than-32-characters'

type Body = Record<string, unknown>

async function place(
  dialect: Dialect,
  more: Partial<AuthorizationServerOptions> = {},
): Promise<{ readonly at: World; readonly web: ClientWeb }> {
  const web = clientWeb()
  web.publish(sector, uris)
  const at = await world(dialect, {
    pages: defaultPages(),
    clients: [],
    clientFetch: web.fetch,
    openid: { pairwiseSalt: salt },
    registration: { open: true },
    rateLimits: { token: relaxed, registration: relaxed },
    ...more,
  })
  return { at, web }
}

async function send(at: World, method: string, url: string, body: Body, token?: string): Promise<Response> {
  return at.server.app.request(url, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  })
}

const wish = { redirect_uris: uris, subject_type: 'pairwise', sector_identifier_uri: sector }

async function register(at: World, more: Body = {}): Promise<Response> {
  return send(at, 'POST', `${issuer}/register`, { ...wish, ...more })
}

async function count(at: World): Promise<number> {
  return (await at.store.listClients({ limit: 1000, source: 'registered' })).length
}

async function expectRefusal(answer: Response): Promise<void> {
  expect(answer.status).toBe(400)
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect((await bodyOf(answer))['error']).toBe('invalid_client_metadata')
}

/** The name by which a client knows Alice. */
async function subOf(at: World, id: string, redirectUri: string, clientSecret = secret): Promise<unknown> {
  const pending = await at.interaction.begin([
    ['client_id', id],
    ['redirect_uri', redirectUri],
    ['response_type', 'code'],
    ['scope', 'openid'],
    ['code_challenge', sha256Base64url(verifier)],
    ['code_challenge_method', 'S256'],
  ])
  const { location } = await at.interaction.approve(pending, { subject: at.alice, authTime: at.clock.now })
  const code = new URL(location).searchParams.get('code') ?? ''
  const form = {
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    redirect_uri: redirectUri,
  }
  const answer = await at.post('/token', form, undefined, { authorization: basic(id, clientSecret) })
  const { id_token: idToken } = await bodyOf(answer)
  const claims = Buffer.from(String(idToken).split('.')[1] ?? '', 'base64url').toString()
  return (JSON.parse(claims) as Body)['sub']
}

/** As it has always been computed. */
function nameIn(host: string, account: string): string {
  return createHmac('sha256', salt)
    .update(`gatewright pairwise subject\0${host}\0${account}`)
    .digest('base64url')
}

describe.each(dialects)('sectors on %s', (dialect) => {
  test('OpenID Connect Core §8.1: clients of one sector know a person by one name, and others by others', async () => {
    const pair = { secret, subjectType: 'pairwise' } as const
    const { at, web } = await place(dialect, {
      clients: [
        { id: 'alone', ...pair, redirectUris: ['https://alone.example/cb'] },
        { id: 'grouped', ...pair, redirectUris: ['https://old.example/cb'], sectorIdentifierUri: sector },
        // Names of hosts that differ in their port have always been two.
        { id: 'ported', ...pair, redirectUris: ['https://alone.example:8443/cb'] },
      ],
    })
    const answer = await bodyOf(await register(at))
    expect(answer).toMatchObject(wish)
    const { client_id: id = '', client_secret: own = '' } = answer as Record<string, string>
    const names = {
      alone: await subOf(at, 'alone', 'https://alone.example/cb'),
      ported: await subOf(at, 'ported', 'https://alone.example:8443/cb'),
      grouped: await subOf(at, 'grouped', 'https://old.example/cb'),
      shop: await subOf(at, id, 'https://shop.example/cb', own),
      news: await subOf(at, id, 'https://news.example/cb', own),
    }
    const grouped = nameIn('group.example', at.alice)
    expect(names).toEqual({
      alone: nameIn('alone.example', at.alice),
      ported: nameIn('alone.example:8443', at.alice),
      grouped,
      shop: grouped,
      news: grouped,
    })
    // For the registered one alone: what an administrator has written is taken as it is.
    expect(web.seen).toEqual([sector])
    await at.clients.add({ id: 'added', redirectUris: uris, subjectType: 'pairwise', sectorIdentifierUri: sector })
    await at.clients.change('added', { redirectUris: [...uris, 'https://third.example/cb'] })
    await expect(at.clients.change('added', { sectorIdentifierUri: null })).rejects.toThrow('of one host')
    expect(web.seen).toEqual([sector])
  }) // prettier-ignore

  test('OpenID Connect Registration §5: a document that lists every redirect URI lets a client in, and none other does', async () => {
    const { at, web } = await place(dialect)
    const good = JSON.stringify(uris)
    const wrong: Readonly<Record<string, () => Response | Promise<Response>>> = {
      'one is missing': () => Response.json(uris.slice(1)),
      'another path': () => Response.json([uris[0], `${uris[1]}/`]),
      'a prefix': () => Response.json(['https://shop.example/', 'https://news.example/']),
      empty: () => Response.json([]),
      'a member that is no text': () => Response.json([...uris, 7]),
      'an object': () => Response.json({ redirect_uris: uris }),
      'an object with numbers': () => Response.json({ ...uris, length: 2 }),
      'a text': () => Response.json(uris.join(' ')),
      nothing: () => Response.json(null),
      'no JSON': () => new Response(`${good},`),
      'no UTF-8': () => new Response(Uint8Array.of(0xff, ...new TextEncoder().encode(good))),
      failing: () => new Response(good, { status: 404 }),
      created: () => new Response(good, { status: 201 }),
      moved: () => new Response(good, { status: 302, headers: { location: 'https://127.0.0.1/' } }),
      huge: () => new Response(good + ' '.repeat(65_537 - good.length)),
      endless: () =>
        new Response(new ReadableStream({ pull: (stream) => stream.enqueue(new Uint8Array(9999)) })),
      slow: () => new Promise(() => undefined),
      away: () => Promise.reject(new Error('away')),
    }
    for (const name of Object.keys(wrong)) {
      web.answers.set(`https://group.example/${encodeURIComponent(name)}`, wrong[name] ?? (() => Response.error()))
    }
    await Promise.all(
      Object.keys(wrong).map(async (name) => {
        const uri = `https://group.example/${encodeURIComponent(name)}`
        await expectRefusal(await register(at, { sector_identifier_uri: uri }))
      }),
    )
    expect(new Set(web.redirects)).toEqual(new Set(['manual']))
    // Nothing is in every list.
    const device = 'urn:ietf:params:oauth:grant-type:device_code'
    await expectRefusal(await register(at, { redirect_uris: [], grant_types: [device] }))
    expect(await count(at)).toBe(0)
    expect(at.events.some(({ type }) => type === 'client.created')).toBe(false)
    web.answers.set(sector, () => new Response(good + ' '.repeat(65_536 - good.length)))
    expect((await register(at)).status).toBe(201)
    // It is held to its document whatever its names for people are.
    await expectRefusal(await register(at, { subject_type: 'public', redirect_uris: ['https://evil.example/cb'] }))
    expect((await register(at, { subject_type: 'public' })).status).toBe(201)
    expect(await count(at)).toBe(2)
  }, 30_000) // prettier-ignore

  test('RFC 7592 §2.2: at a change the document is read again, and where it does not fit nothing changes', async () => {
    const { at, web } = await place(dialect)
    const client = (await bodyOf(await register(at))) as Record<string, string>
    const { client_id: id = '', registration_access_token: token = '', registration_client_uri: uri = '' } = client
    const before = await at.clients.get(id)
    const more = [...uris, 'https://third.example/cb']
    await expectRefusal(await send(at, 'PUT', uri, { ...wish, client_id: id, redirect_uris: more }, token))
    web.publish(sector, [])
    await expectRefusal(await send(at, 'PUT', uri, { ...wish, client_id: id, client_name: 'New' }, token))
    expect(await at.clients.get(id)).toEqual(before)
    web.publish(sector, more)
    const answer = await send(at, 'PUT', uri, { ...wish, client_id: id, redirect_uris: more }, token)
    expect(answer.status).toBe(200)
    expect(await bodyOf(answer)).toMatchObject({ redirect_uris: more, sector_identifier_uri: sector })
    expect(web.seen).toHaveLength(4)
    // RFC 7592 §2.2: what is left out is gone, and then there are several hosts.
    const { sector_identifier_uri: _, ...rest } = wish
    await expectRefusal(await send(at, 'PUT', uri, { ...rest, client_id: id }, token))
    const alone = { ...rest, client_id: id, redirect_uris: uris.slice(1) }
    expect((await send(at, 'PUT', uri, alone, token)).status).toBe(200)
    expect((await at.clients.get(id))?.metadata).not.toHaveProperty('sectorIdentifierUri')
    // Without the token nothing is read.
    expect((await send(at, 'PUT', uri, { ...wish, client_id: id }, `${token}x`)).status).toBe(401)
    expect(web.seen).toHaveLength(4)
  }) // prettier-ignore

  test('SECURITY 143: documents are read no more often than clients may register', async () => {
    const { at, web } = await place(dialect, {
      rateLimits: { token: relaxed, registration: { points: 4, seconds: 60 } },
    })
    const client = (await bodyOf(await register(at))) as Record<string, string>
    const { client_id: id = '', registration_access_token: token = '', registration_client_uri: uri = '' } = client
    const statuses: number[] = []
    for (let tries = 0; tries < 6; tries++) {
      statuses.push((await send(at, 'PUT', uri, { ...wish, client_id: id }, token)).status)
    }
    expect(statuses).toEqual([200, 200, 200, 429, 429, 429])
    expect(web.seen).toHaveLength(4)
  }) // prettier-ignore
})
