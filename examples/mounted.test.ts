/** One application in four hosts: the login, the scopes and the documentation work below a path. */

import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { serve } from '@hono/node-server'
import { afterAll, expect, test } from 'vitest'
import { host as expressApp } from './mounted-in-express.ts'
import { host as fastifyApp } from './mounted-in-fastify.ts'
import { host as honoApp } from './mounted-in-hono.ts'
import { GET, POST } from './mounted-in-next.ts'
import { talkingTo } from './over-http.ts'

const cleanUps: (() => unknown)[] = []
afterAll(async () => {
  for (const cleanUp of cleanUps) await cleanUp()
})

async function listening(server: Server): Promise<string> {
  if (!server.listening) await once(server, 'listening')
  cleanUps.push(() => server.close())
  return `http://localhost:${(server.address() as AddressInfo).port}`
}

const hosts = {
  express: () => listening(expressApp.listen(0, 'localhost')),
  async fastify() {
    cleanUps.push(() => fastifyApp.close())
    return fastifyApp.listen({ port: 0, host: 'localhost' })
  },
  hono: () => listening(serve({ fetch: honoApp.fetch, port: 0, hostname: 'localhost' }) as Server),
}

test.each(['express', 'fastify', 'hono'] as const)('the application works below /api of %s', async (name) => {
  const url = await hosts[name]()
  const api = talkingTo(`${url}/api`)
  expect((await api.send('GET', '/users')).status).toBe(401)
  const token = await api.logIn('bob', 'correct horse battery staple')
  expect(await api.send('GET', '/users/me', { token })).toMatchObject({ body: { username: 'bob' } })
  expect((await api.send('POST', '/posts', { token, json: { title: 'No' } })).status).toBe(403)
  expect((await api.send('GET', '/docs')).status).toBe(200)
  expect((await api.send('GET', '/openapi.json')).body).toMatchObject({ openapi: '3.1.0' })
  expect((await talkingTo(url).send('GET', '/health')).body).toBe('fine')
})

test('the application is a route handler of Next', async () => {
  const body = new URLSearchParams({ username: 'bob', password: 'correct horse battery staple' })
  const login = await POST(new Request('http://localhost/api/token', { method: 'POST', body }))
  const { access_token: token } = (await login.json()) as { access_token: string }
  const headers = { authorization: `Bearer ${token}` }
  const me = await GET(new Request('http://localhost/api/users/me', { headers }))
  expect(await me.json()).toMatchObject({ username: 'bob' })
})
