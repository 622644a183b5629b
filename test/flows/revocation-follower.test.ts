/** An API that follows what an issuer has revoked, and everything that can be wrong with what it is told. */

import { expect, test } from 'vitest'
import { api, openIdConnect, security } from '../../src/index.ts'
import type { KeyMaterial } from '../../src/crypto/key-material.ts'
import { generateSigningKey, privateJwk, signingKey } from '../../src/crypto/signing-key.ts'
import type { RevocationKind } from '../../src/protocol/revoked.ts'
import type { StalenessOptions } from '../../src/verify/staleness.ts'
import { audience, foreignIssuer } from '../setup/foreign-issuer.ts'
import type { ForeignIssuer } from '../setup/foreign-issuer.ts'
import { feedOf } from '../setup/revocation-feed.ts'
import type { FeedAnswer, ForeignFeed } from '../setup/revocation-feed.ts'
import { until } from '../setup/until.ts'

/** An API that trusts an issuer. */
function apiFor(issuer: ForeignIssuer, revocation?: StalenessOptions | false) {
  const reports: string[] = []
  const auth = openIdConnect({
    issuer: issuer.issuer,
    audience,
    scopes: { read: 'Read' },
    now: issuer.now,
    onRejected: () => {},
    report: (error) => reports.push(String(error)),
    ...(revocation === undefined ? {} : { revocation }),
  })
  const app = api({ docs: false, report: () => {} })
    .get('/', { token: security(auth, ['read']) }, ({ token }) => token.subject)
    .put('/', { token: security(auth, ['read']) }, () => 'written')
  const send = (token: string, method: string, headers: Readonly<Record<string, string>> = {}) =>
    Promise.resolve(app.request('/', { method, headers: { ...headers, authorization: `Bearer ${token}` } }))
  return {
    reports,
    send,
    read: async (token: string) => (await send(token, 'GET')).status,
    write: async (token: string) => (await send(token, 'PUT')).status,
  }
}

/** An issuer with a feed, and an API that follows it. */
async function place(revocation?: StalenessOptions | false) {
  const issuer = await foreignIssuer()
  const feed = await feedOf(issuer)
  return { issuer, feed, ...apiFor(issuer, revocation) }
}

const isStatus = (status: number) => (answer: unknown) => answer === status

test.each<[RevocationKind, string]>([
  ['token', 'token-1'],
  ['family', 'family-1'],
  ['grant', 'grant-1'],
  ['client', 'app-1'],
  ['subject', 'bob'],
])(
  'SECURITY 189: a token that is remembered is refused when its %s was revoked, and no other',
  async (kind, name) => {
    const { issuer, feed, read, send } = await place()
    const names = {
      jti: 'token-1',
      family_id: 'family-1',
      grant_id: 'grant-1',
      client_id: 'app-1',
      sub: 'bob',
    }
    const theirs = {
      jti: 'token-2',
      family_id: 'family-2',
      grant_id: 'grant-2',
      client_id: 'app-2',
      sub: 'eve',
    }
    const [mine, other] = [await issuer.token(names), await issuer.token(theirs)]
    expect([await read(mine), await read(other)]).toEqual([200, 200])
    feed.revoke(kind, name)
    await until(() => read(mine), isStatus(401))
    const refused = await send(mine, 'GET')
    expect(await refused.json()).toEqual({ detail: 'The access token was revoked' })
    expect(refused.headers.get('www-authenticate')).toContain('error="invalid_token"')
    expect(await read(other)).toBe(200)
    // Of a person or a client, what was issued later is good.
    issuer.clock.now += 2000
    const later = await issuer.token({ ...names, jti: 'token-3' })
    expect(await read(later)).toBe(kind === 'family' || kind === 'grant' ? 401 : 200)
  },
)

test('what was revoked before the first token is known to it, over as many pages as there are', async () => {
  const { issuer, feed, read } = await place()
  const token = await issuer.token({ jti: 'late' })
  feed.answerWith(async (question, response) => {
    const { after } = question
    if (after === 2) feed.revoke('token', 'late')
    response.end(await feed.page(question, after < 2 ? { claims: { next: after + 1, more: true } } : {}))
  })
  feed.goBackTo(2)
  expect(await read(token)).toBe(401)
  expect([...new Set(feed.asked.map(({ after }) => after))]).toEqual([0, 1, 2])
})

test('each question is another one, and asks to be kept until there is news', async () => {
  const { issuer, feed, read } = await place({ maxAge: 9 })
  await read(await issuer.token())
  await until(() => feed.asked.length >= 3)
  const nonces = feed.asked.map(({ nonce }) => nonce)
  expect(new Set(nonces).size).toBe(nonces.length)
  expect(nonces.every((nonce) => /^[\w-]{22}$/.test(nonce))).toBe(true)
  expect(feed.asked.map(({ wait }) => wait).filter((wait) => wait > 0)).toContain(3)
})

const elsewhere = await foreignIssuer()
const strangers = await generateSigningKey()

/** A key of the attacker that has the name of the issuer's. */
function namesake(issuer: ForeignIssuer) {
  const [key] = issuer.keys
  return signingKey(privateJwk(strangers) as KeyMaterial, { algorithm: 'ES256', keyId: key!.keyId })
}

/** Pages that say of a revoked token nothing, and are not from the issuer, or not for this question. */
const attacks: Readonly<Record<string, (issuer: ForeignIssuer, feed: ForeignFeed) => FeedAnswer>> = {
  'a forged signature': (_, feed) => async (question, response) => {
    const page = await feed.page(question)
    const other = page.at(-9) === 'A' ? 'B' : 'A'
    response.end(`${page.slice(0, -9)}${other}${page.slice(-8)}`)
  },
  'a key of the attacker': (issuer, feed) => async (question, response) =>
    response.end(await feed.page(question, { key: namesake(issuer) })),
  'a key that nobody published': (_, feed) => async (question, response) =>
    response.end(await feed.page(question, { key: strangers })),
  'no signature at all': (_, feed) => async (question, response) => {
    const [, payload] = (await feed.page(question)).split('.')
    const header = Buffer.from('{"alg":"none","typ":"revocations+jwt"}').toString('base64url')
    response.end(`${header}.${payload}.`)
  },
  'the feed of another issuer': (_, feed) => async (question, response) =>
    response.end(await feed.page(question, { claims: { iss: elsewhere.issuer }, key: elsewhere.keys[0]! })),
  'the name of another issuer under this key': (_, feed) => async (question, response) =>
    response.end(await feed.page(question, { claims: { iss: elsewhere.issuer } })),
  'another kind of document under this key': (_, feed) => async (question, response) =>
    response.end(await feed.page(question, { type: 'at+jwt' })),
  'an answer to another question': (_, feed) => async (question, response) =>
    response.end(await feed.page(question, { claims: { nonce: 'A'.repeat(22) } })),
  'an answer to no question': (_, feed) => async (question, response) =>
    response.end(await feed.page(question, { claims: { nonce: undefined } })),
  'a page of another place': (_, feed) => async (question, response) =>
    response.end(await feed.page(question, { claims: { after: question.after + 7 } })),
  'an old page': (_, feed) => {
    let kept: string | undefined
    return async (question, response) => {
      kept ??= await feed.page({ ...question, nonce: 'B'.repeat(22) })
      response.end(kept)
    }
  },
  'an expired page': (_, feed) => async (question, response) =>
    response.end(await feed.page(question, { clock: -3600 })),
  'something revoked that is not understood': (_, feed) => async (question, response) =>
    response.end(await feed.page(question, { claims: { revoked: [['device', 'x'.repeat(22), 1, 2]] } })),
  'a list that is none': (_, feed) => async (question, response) =>
    response.end(await feed.page(question, { claims: { revoked: { length: 0 } } })),
  'no number': (_, feed) => async (question, response) =>
    response.end(await feed.page(question, { claims: { next: '1', current: null } })),
  'pages without an end': (_, feed) => async (question, response) =>
    response.end(await feed.page(question, { claims: { next: question.after, more: true } })),
  'half a page': (_, feed) => async (question, response) => {
    const page = await feed.page(question)
    response.end(page.slice(0, page.length / 2))
  },
  'a page that is cut off on its way': (_, feed) => async (question, response) => {
    const page = await feed.page(question)
    response.writeHead(200, { 'content-length': page.length }).write(page.slice(0, -20))
    setTimeout(() => response.destroy(), 20)
  },
  megabytes: () => (_, response) => {
    const chunk = Buffer.alloc(65_536, 'A')
    const more = (): void => {
      while (!response.destroyed && response.write(chunk));
    }
    response.on('drain', more)
    more()
  },
  'an answer that drips': () => (_, response) => {
    response.writeHead(200)
    const timer = setInterval(() => response.write('A'), 50)
    response.once('close', () => clearInterval(timer))
  },
  'no answer': () => () => undefined,
  garbage: () => (_, response) => response.end('{"revoked": []}'),
  nothing: () => (_, response) => response.end(),
  'a page of HTML': () => (_, response) => response.end('<!doctype html><h1>Sign in to the network</h1>'),
  'a redirect': (_, feed) => (__, response) => response.writeHead(302, { location: feed.url }).end(),
  'not modified': () => (_, response) => response.writeHead(304).end(),
  'not found': () => (_, response) => response.writeHead(404).end('{}'),
  'a failure': () => (_, response) => response.writeHead(500).end('{}'),
}

test.concurrent.each(Object.keys(attacks))(
  'a feed that gives %s changes nothing, and what is known gets old',
  async (name) => {
    const issuer = await foreignIssuer()
    const feed = await feedOf(issuer)
    const { read, write, send, reports } = apiFor(issuer, { maxAge: 30 })
    const [dead, alive] = [await issuer.token({ jti: 'dead', exp: issuer.clock.now / 1000 + 3600 }), await issuer.token({ exp: issuer.clock.now / 1000 + 3600 })] // prettier-ignore
    feed.revoke('token', 'dead')
    expect([await read(dead), await read(alive), await write(alive)]).toEqual([401, 200, 200])
    expect(reports).toEqual([])

    feed.answerWith(attacks[name]!(issuer, feed))
    issuer.clock.now += 31_000
    const refused = await send(alive, 'PUT')
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2'])
    expect(await refused.json()).toEqual({ detail: 'It is not known at the moment what was revoked' })
    // Looking is allowed for this choice, and what is known to be revoked stays so.
    expect([await read(alive), await read(dead), await write(dead)]).toEqual([200, 401, 401])
    await until(() => reports.length > 0)
    expect([issuer.issuer, feed.url].some((name) => reports[0]?.includes(name))).toBe(true)

    // It is believed again when it is the issuer's, from where it was: nothing was lost.
    feed.answerWith()
    feed.revoke('token', 'later')
    const later = await issuer.token({ jti: 'later', exp: issuer.clock.now / 1000 + 3600 })
    await until(() => write(alive), isStatus(200))
    expect([await read(dead), await read(later)]).toEqual([401, 401])
  },
)

test('a clock that is minutes off does no harm, and one that is far off is told of', async () => {
  const near = await place({ maxAge: 30 })
  near.feed.answerWith(async (question, response) =>
    response.end(await near.feed.page(question, { clock: -100 })),
  )
  expect(await near.write(await near.issuer.token())).toBe(200)
  // A clock that is ahead makes nothing younger than it is.
  const ahead = await place({ maxAge: 30 })
  ahead.feed.answerWith(async (question, response) =>
    response.end(await ahead.feed.page(question, { clock: 86_400, claims: { current: 86_400_000 } })),
  )
  const token = await ahead.issuer.token({ exp: ahead.issuer.clock.now / 1000 + 3600 })
  expect(await ahead.write(token)).toBe(200)
  ahead.feed.answerWith((_, response) => response.writeHead(500).end())
  ahead.issuer.clock.now += 31_000
  expect(await ahead.write(token)).toBe(503)

  const far = await place({ maxAge: 30 })
  far.feed.answerWith(async (question, response) =>
    response.end(await far.feed.page(question, { clock: -7200 })),
  )
  expect(await far.write(await far.issuer.token())).toBe(503)
  expect(far.reports).toEqual([expect.stringContaining('is the clock of this computer right?')])
})

test('what an issuer says of its own age counts', async () => {
  const { issuer, feed, write, read } = await place({ maxAge: 30 })
  feed.answerWith(async (question, response) =>
    response.end(await feed.page(question, { claims: { current: -31_000 } })),
  )
  const token = await issuer.token()
  expect([await write(token), await read(token)]).toEqual([503, 200])
})

test('an issuer that went back to a backup is read anew, and nobody rises from the dead', async () => {
  const { issuer, feed, read } = await place()
  const [before, after] = [await issuer.token({ jti: 'before' }), await issuer.token({ jti: 'after' })]
  feed.revoke('token', 'x')
  feed.revoke('token', 'before')
  expect([await read(before), await read(after)]).toEqual([401, 200])
  feed.goBackTo(0)
  feed.revoke('token', 'after')
  await until(() => read(after), isStatus(401))
  expect(await read(before)).toBe(401)
})

test('an issuer that went back and is ahead again is noticed within ten minutes', async () => {
  const { issuer, feed, read } = await place()
  const exp = issuer.clock.now / 1000 + 3600
  const [seen, missed] = [
    await issuer.token({ jti: 'seen', exp }),
    await issuer.token({ jti: 'missed', exp }),
  ]
  feed.revoke('token', 'seen')
  feed.revoke('token', 'x')
  expect([await read(seen), await read(missed)]).toEqual([401, 200])
  // Nobody asks while it is behind.
  feed.answerWith((_, response) => response.writeHead(503).end())
  feed.goBackTo(0)
  feed.revoke('token', 'missed')
  feed.revoke('token', 'y')
  feed.revoke('token', 'z')
  feed.answerWith()
  issuer.clock.now += 600_000
  await until(() => read(missed), isStatus(401))
  expect(await read(seen)).toBe(401)
})

test.each([
  ['refuse', 503, 503],
  ['refuse-writes', 200, 503],
  ['accept', 200, 200],
] as const)(
  'whoever chose %s gets %i for a look and %i for a change when nothing is known',
  async (whenStale, look, change) => {
    const { issuer, feed, read, write, send } = await place({ whenStale })
    feed.answerWith((_, response) => response.writeHead(500).end())
    const token = await issuer.token()
    expect([await read(token), await write(token)]).toEqual([look, change])
    // What is said over a WebSocket later may change something.
    const upgrade = { connection: 'upgrade', upgrade: 'websocket' }
    expect((await send(token, 'GET', upgrade)).status).toBe(change)
    // A bad token is bad in any case, and nobody is told more.
    expect(await write(await issuer.token({ aud: 'https://other.test' }))).toBe(401)
  },
)

test('an issuer without a feed is believed, unless one is asked for; and with one it may be left alone', async () => {
  const issuer = await foreignIssuer()
  const token = await issuer.token()
  expect(await apiFor(issuer).write(token)).toBe(200)
  const asking = apiFor(issuer, {})
  expect([await asking.read(token), await asking.write(token)]).toEqual([200, 503])
  expect(asking.reports).toEqual([expect.stringContaining('name no revocation_feed_endpoint')])

  const left = await place(false)
  left.feed.revoke('subject', 'alice')
  expect(await left.read(await left.issuer.token())).toBe(200)
  expect(left.feed.asked).toEqual([])
})

test('an option that cannot be right is named', () => {
  const make = (revocation: object) => () =>
    openIdConnect({ issuer: 'https://id.test', audience, revocation: revocation as StalenessOptions })
  expect(make({ maxAge: 1 })).toThrow('revocation.maxAge')
  expect(make({ whenStale: 'hope' })).toThrow(
    'revocation.whenStale: give one of accept, refuse, refuse-writes',
  )
})
