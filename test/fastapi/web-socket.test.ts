/** FASTAPI A10: the same dependencies and schemes on a WebSocket handshake, over a real socket. */

import {
  anyOf,
  api,
  apiKey,
  dependency,
  HttpError,
  httpBasic,
  json,
  optional,
  passwordBearer,
  path,
  query,
  request,
  security,
  socket,
} from 'gatewright'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { serve } from './served.ts'

const auth = passwordBearer({
  tokenUrl: 'token',
  scopes: { chat: 'Talk' },
  verify: (token) =>
    token === 'alice' ? { name: 'alice', scopes: ['chat'] } : token === 'bob' ? { name: 'bob' } : undefined,
})
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

const app = api({ docs: false })
  .webSocket(
    '/rooms/{room}',
    { room: path(z.string()), user: security(auth, ['chat']), socket },
    async ({ room, user, socket }) => {
      for await (const message of socket) {
        if (message === 'bye') return
        socket.send(`${user.name}@${room}: ${String(message)}`)
      }
    },
  )
  .webSocket('/open', { user: optional(auth), socket }, ({ user, socket }) =>
    socket.send(user?.name ?? 'anonymous'),
  )

test('who may come in talks, with parameters, until the handler returns', async () => {
  await using served = await serve(app)
  expect(await served.converse('/rooms/a%20b', bearer('alice'), ['one', 'two', 'bye'])).toEqual({
    messages: ['alice@a b: one', 'alice@a b: two'],
    code: 1000,
  })
})

test('a refused handshake is an HTTP answer with the challenge, and there never is a connection', async () => {
  await using served = await serve(app)
  const refused = [
    [{}, 401, 'Bearer scope="chat"'],
    [bearer('eve'), 401, 'Bearer error="invalid_token", error_description="Could not validate credentials"'],
    [
      bearer('bob'),
      403,
      'Bearer error="insufficient_scope", error_description="This needs the scope chat", scope="chat"',
    ],
  ] as const
  for (const [headers, status, challenge] of refused) {
    const answer = await served.handshake('/rooms/a', headers)
    expect([answer.status, answer.headers['www-authenticate']]).toEqual([status, challenge])
    expect(answer.headers['content-type']).toBe('application/json')
    await expect(served.converse('/rooms/a', headers)).rejects.toThrow('No WebSocket')
  }
})

test('an optional scheme lets anybody in, but not with a bad token', async () => {
  await using served = await serve(app)
  expect((await served.converse('/open')).messages).toEqual(['anonymous'])
  expect((await served.converse('/open', bearer('alice'))).messages).toEqual(['alice'])
  expect((await served.handshake('/open', bearer('eve'))).status).toBe(401)
})

test('cookies, queries and HTTP Basic work as well; either of two', async () => {
  const cookie = apiKey({ cookie: 'session', verify: (name) => ({ name }) })
  const ticket = apiKey({ query: 'ticket', verify: (name) => ({ name }) })
  const basic = httpBasic({ verify: ({ username }) => ({ name: username }) })
  const mixed = api({ docs: false }).webSocket(
    '/',
    { user: anyOf(cookie, ticket, basic), socket },
    ({ user, socket }) => socket.send(user.name),
  )
  await using served = await serve(mixed)
  expect((await served.converse('/', { cookie: 'session=c' })).messages).toEqual(['c'])
  expect((await served.converse('/?ticket=t')).messages).toEqual(['t'])
  expect((await served.converse('/', { authorization: `Basic ${btoa('b:x')}` })).messages).toEqual(['b'])
  const none = await served.handshake('/')
  expect([none.status, none.headers['www-authenticate']]).toEqual([
    401,
    'APIKey, Basic realm="gatewright", charset="UTF-8"',
  ])
})

test('the guard of the application and of a mount is in front of WebSockets, known and unknown', async () => {
  const log: string[] = []
  const inner = api({ docs: false }).webSocket('/ws', { socket }, ({ socket }) => {
    log.push('inner')
    socket.send('inner')
  })
  const outer = api({ guard: security(auth, ['chat']), docs: false })
    .mount('/inner', inner)
    .webSocket('/ws', { socket }, ({ socket }) => {
      log.push('outer')
      socket.send('outer')
    })
    .webSocket('/public', { socket }, { open: true }, ({ socket }) => socket.send('public'))
  await using served = await serve(outer)
  for (const target of ['/ws', '/ws/', '/inner/ws', '/nowhere', '/inner/nowhere', '/%2e/ws']) {
    expect([target, (await served.handshake(target)).status]).toEqual([target, 401])
    expect([target, (await served.handshake(target, bearer('bob'))).status]).toEqual([target, 403])
  }
  expect(log).toEqual([])
  expect((await served.handshake('/nowhere', bearer('alice'))).status).toBe(404)
  for (const [target, word] of [
    ['/ws', 'outer'],
    ['/inner/ws', 'inner'],
  ] as const) {
    expect((await served.converse(target, bearer('alice'))).messages).toEqual([word])
  }
  expect((await served.converse('/public')).messages).toEqual(['public'])
})

test('an HTTP error of a dependency is the answer to the handshake', async () => {
  const full = dependency({ user: auth }, () => {
    throw new HttpError(429, 'The room is full', { headers: { 'retry-after': '9' } })
  })
  await using served = await serve(api().webSocket('/', { full, socket }, () => 1))
  const answer = await served.handshake('/', bearer('bob'))
  expect([answer.status, answer.headers['retry-after'], answer.body]).toEqual([
    429,
    '9',
    { detail: 'The room is full' },
  ])
})

test('an error nobody foresaw is 500 before the handshake, and the server lives on', async () => {
  const all: unknown[] = []
  const broken = dependency({ n: query(z.number()) }, ({ n }) => {
    if (n === 0) throw new Error('boom')
    return n
  })
  const fragile = api({ report: (error) => void all.push(error) }).webSocket(
    '/',
    { broken, socket },
    ({ broken, socket }) => socket.send(String(broken)),
  )
  await using served = await serve(fragile)
  const answer = await served.handshake('/?n=0')
  expect([answer.status, answer.text]).toEqual([500, 'Internal Server Error'])
  expect(all).toHaveLength(1)
  expect((await served.converse('/?n=1')).messages).toEqual(['1'])
})

test('a WebSocket has no body and an HTTP route no socket: refused when the route is added', () => {
  expect(() => api().webSocket('/', { body: json(z.unknown()) }, () => 1)).toThrow(/asks for a body/)
  expect(() => api().get('/', { socket }, () => 1)).toThrow(/asks for a socket/)
})

test('a WebSocket route is no HTTP route, and the other way round', async () => {
  const mixed = api({ docs: false })
    .webSocket('/ws', { socket }, () => 1)
    .get('/plain', { request }, () => 'plain')
  await using served = await serve(mixed)
  expect((await served.send('/ws')).status).toBe(404)
  for (const method of ['WEBSOCKET', 'websocket']) {
    expect((await mixed.fetch(new Request('http://localhost/ws', { method }))).status).toBe(404)
  }
  expect((await served.handshake('/plain')).status).toBe(200)
})

test('connections do not share anything', async () => {
  await using served = await serve(app)
  const rooms = Array.from({ length: 20 }, (_, index) => `room${index}`)
  const heard = await Promise.all(
    rooms.map((room) => served.converse(`/rooms/${room}`, bearer('alice'), [room, 'bye'])),
  )
  expect(heard.map(({ messages }) => messages)).toEqual(rooms.map((room) => [`alice@${room}: ${room}`]))
})
