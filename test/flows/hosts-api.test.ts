/** A whole API in each place it can live: its guard, its forms and its links have to be the same everywhere. */

import type { Server } from 'node:http'
import { serve } from '@hono/node-server'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import {
  accessTokens,
  api,
  cookie,
  form,
  json,
  passwordBearer,
  passwordForm,
  response,
  security,
} from 'gatewright'
import { toExpress } from 'gatewright/express'
import { toFastify } from 'gatewright/fastify'
import { toHono } from 'gatewright/hono'

const tokens = accessTokens({
  issuer: 'http://localhost',
  secret: 'a secret of the hosts test, 32 bytes or more',
})
const auth = passwordBearer({ tokenUrl: '/token', scopes: { me: 'See your profile' }, verify: tokens.verify })

function application() {
  return api({ title: 'Mounted' })
    .post('/token', { form: passwordForm }, ({ form }) =>
      tokens.issue({ subject: form.username, scopes: form.scopes }),
    )
    .get('/users/me', { token: security(auth, ['me']) }, ({ token }) => ({ subject: token.subject }))
    .post('/items', { token: auth, item: json(z.object({ name: z.string() })) }, ({ item }) => item)
    .post('/fields', { fields: form(z.object({ title: z.string() })) }, ({ fields }) => fields)
    .get(
      '/session',
      { seen: cookie(z.string().optional(), { name: 'a' }), response },
      ({ seen, response }) => {
        response.setCookie('a', '1')
        response.setCookie('b', '2')
        return { seen }
      },
    )
}

type Use = (fetchAt: (path: string, init?: RequestInit) => Promise<Response>, base: string) => Promise<void>

function over(url: string): (path: string, init?: RequestInit) => Promise<Response> {
  return (path, init) => fetch(`${url}${path}`, init)
}

const homes: readonly (readonly [string, (use: Use) => Promise<void>])[] = [
  [
    'its own listener',
    async (use) => {
      const listener = await application().listen({ port: 0 })
      await use(over(listener.url), '')
      await listener.close({ grace: 1 })
    },
  ],
  [
    'Express, below a prefix, behind body parsers',
    async (use) => {
      const host = express()
      host.use(express.json(), express.urlencoded({ extended: true }))
      host.use('/api', toExpress(application()))
      const server = await new Promise<Server>((resolve) => {
        const created = host.listen(0, '127.0.0.1', () => resolve(created))
      })
      await use(over(`http://127.0.0.1:${(server.address() as { port: number }).port}/api`), '/api')
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  ],
  [
    'Fastify, below a prefix',
    async (use) => {
      const host = fastify()
      await host.register(toFastify(application()), { prefix: '/api' })
      await use(over(`${await host.listen({ port: 0, host: '127.0.0.1' })}/api`), '/api')
      host.server.closeAllConnections()
      await host.close()
    },
  ],
  [
    'Hono, below a prefix',
    async (use) => {
      const host = new Hono().all('/api/*', toHono(application()))
      const { promise, resolve } = Promise.withResolvers<number>()
      const server = serve({ fetch: host.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => resolve(port))
      await use(over(`http://127.0.0.1:${await promise}/api`), '/api')
      if ('closeAllConnections' in server) server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  ],
  [
    'a Next route handler',
    async (use) => {
      // app/api/[...path]/route.ts: a function for each method; Next gives a request and its own second argument
      const app = application()
      const handler = (request: Request): Promise<Response> => app.fetch(request, { basePath: '/api' })
      const route = { GET: handler, POST: handler, DELETE: handler }
      await use((path, init) => {
        const request = new Request(`https://example.com/api${path}`, init)
        return route[request.method as keyof typeof route](request)
      }, '/api')
    },
  ],
  [
    'another fetch middleware',
    async (use) => {
      const app = application()
      const wrapped = async (request: Request): Promise<Response> => {
        const answer = await app.fetch(new Request(request, { headers: new Headers(request.headers) }))
        return new Response(answer.body, answer)
      }
      await use((path, init) => wrapped(new Request(`http://localhost${path}`, init)), '')
    },
  ],
]

describe.each(homes)('in %s', (_name, within) => {
  test('tokens are issued, the guard holds, bodies and cookies go through, the document knows where it is', async () => {
    await within(async (at, base) => {
      const anonymous = await at('/users/me')
      expect([anonymous.status, anonymous.headers.get('www-authenticate')]).toEqual([
        401,
        expect.stringMatching(/^Bearer/),
      ])

      const body = new URLSearchParams({ username: 'alice', password: 'x', scope: 'me' })
      const issued = await at('/token', { method: 'POST', body })
      expect([issued.status, issued.headers.get('cache-control')]).toEqual([200, 'no-store'])
      const { access_token } = (await issued.json()) as { access_token: string }
      const authorization = `Bearer ${access_token}`

      const me = await at('/users/me', { headers: { authorization } })
      expect([me.status, await me.json()]).toEqual([200, { subject: 'alice' }])

      const headers = { authorization, 'content-type': 'application/json' }
      const item = await at('/items', { method: 'POST', body: '{"name":"ä"}', headers })
      expect([item.status, await item.json()]).toEqual([200, { name: 'ä' }])
      const stranger = await at('/items', {
        method: 'POST',
        body: '{"name":1}',
        headers: { 'content-type': 'application/json' },
      })
      expect(stranger.status).toBe(401)
      expect((await at('/items', { method: 'POST', body: '{"name":1}', headers })).status).toBe(422)

      const fields = await at('/fields', { method: 'POST', body: new URLSearchParams({ title: 'a & b' }) })
      expect([fields.status, await fields.json()]).toEqual([200, { title: 'a & b' }])

      const session = await at('/session', { headers: { cookie: 'a=0' } })
      expect(await session.json()).toEqual({ seen: '0' })
      expect(session.headers.getSetCookie()).toHaveLength(2)

      expect((await at('/nothing')).status).toBe(404)
      expect((await at('/users/me', { method: 'DELETE' })).status).toBe(405)

      const page = await at('/docs')
      expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
      // every link of the page stays below the prefix
      for (const [, link] of (await page.text()).matchAll(/(?:src|href)="(\/[^"]*)"/g)) {
        expect(link?.startsWith(`${base}/`)).toBe(true)
      }
      const document = (await (await at('/openapi.json')).json()) as {
        openapi: string
        servers?: { url: string }[]
      }
      expect(document.openapi).toMatch(/^3\.1/)
    })
  })
})
