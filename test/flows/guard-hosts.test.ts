/** The guard in applications of other frameworks: the same answers in each, and no body read before them. */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import { expressGuard } from 'gatewright/express'
import { fastifyGuard } from 'gatewright/fastify'
import { honoGuard } from 'gatewright/hono'
import { tokenGuard } from 'gatewright/verify'
import type { TokenGuard } from 'gatewright/verify'
import { listen } from '../../src/http/listen.ts'
import { audience, foreignIssuer } from '../setup/foreign-issuer.ts'
import type { ForeignIssuer } from '../setup/foreign-issuer.ts'

const scopes = { read: 'Read', write: 'Write' }
type Guard = TokenGuard<keyof typeof scopes>

interface Host {
  readonly url: string
  close(): Promise<unknown>
}

/** `/read` and `/write` need that scope, `/open` nothing, `/forgotten` asks for a token without a guard. */
const hosts: Readonly<Record<string, (guard: Guard) => Promise<Host>>> = {
  async Express(guard) {
    const app = express()
    for (const scope of ['read', 'write'] as const) {
      app.all(`/${scope}`, expressGuard(guard, { scopes: [scope] }), (request, response) => {
        response.json(guard.tokenOf(request).subject)
      })
    }
    app.use(
      '/any',
      expressGuard(guard),
      (request, response) => void response.json(guard.tokenOf(request).scopes),
    )
    app.get('/open', (_request, response) => void response.json('open'))
    app.get('/forgotten', (request, response) => void response.json(guard.tokenOf(request).subject))
    app.use(((_error, _request, response, _next) => {
      response.status(500).json('failed')
    }) as express.ErrorRequestHandler)
    const server = createServer(app)
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      close: () => new Promise((closed) => server.close(closed)),
    }
  },
  async Fastify(guard) {
    const app = fastify()
    for (const scope of ['read', 'write'] as const) {
      const hook = fastifyGuard(guard, { scopes: [scope] })
      const where = scope === 'read' ? { onRequest: hook } : { preHandler: hook }
      app.all(`/${scope}`, where, async (request, reply) =>
        reply.send(JSON.stringify(guard.tokenOf(request).subject)),
      )
    }
    app.get('/any', { onRequest: fastifyGuard(guard) }, (request, reply) =>
      reply.send(guard.tokenOf(request).scopes),
    )
    app.get('/open', async () => '"open"')
    app.get('/forgotten', (request, reply) => reply.send(guard.tokenOf(request).subject))
    return { url: await app.listen({ port: 0, host: '127.0.0.1' }), close: () => app.close() }
  },
  async Hono(guard) {
    const app = new Hono()
    for (const scope of ['read', 'write'] as const) {
      app.all(`/${scope}`, honoGuard(guard, { scopes: [scope] }), (context) =>
        context.json(guard.tokenOf(context.req.raw).subject),
      )
    }
    app.use('/any', honoGuard(guard))
    app.get('/any', (context) => context.json(guard.tokenOf(context.req.raw).scopes))
    app.get('/open', (context) => context.json('open'))
    app.get('/forgotten', (context) => context.json(guard.tokenOf(context.req.raw).subject))
    return new Promise((ready) => {
      const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) =>
        ready({
          url: `http://127.0.0.1:${port}`,
          close: () => new Promise((closed) => server.close(closed)),
        }),
      )
    })
  },
  async 'a fetch handler'(guard) {
    const answer = async (request: Request): Promise<Response> => {
      const { pathname } = new URL(request.url)
      if (pathname === '/open') return Response.json('open')
      if (pathname === '/forgotten') return Response.json(guard.tokenOf(request).subject)
      if (pathname === '/any') {
        const { token, response } = await guard.check(request)
        return response ?? Response.json(token.scopes)
      }
      const { token, response } = await guard.check(request, { scopes: [pathname.slice(1) as 'read'] })
      return response ?? Response.json(token.subject)
    }
    return listen(
      {
        fetch: (request) => answer(request).catch(() => new Response('failed', { status: 500 })),
        upgrade: () => Promise.reject(new Error('There are no WebSockets here')),
      },
      { port: 0 },
    )
  },
}

describe.each(Object.entries(hosts))('%s', (_name, start) => {
  async function within(use: (url: string, issuer: ForeignIssuer) => Promise<void>): Promise<void> {
    const issuer = await foreignIssuer()
    const guard = tokenGuard({
      issuer: issuer.issuer, audience, scopes, now: issuer.now, onRejected: () => undefined, report: () => undefined,
    }) // prettier-ignore
    const host = await start(guard)
    try {
      await use(host.url, issuer)
    } finally {
      await host.close()
    }
  }

  const send = (url: string, token?: string, init: RequestInit = {}): Promise<Response> =>
    fetch(url, {
      ...init,
      headers: { connection: 'close', ...(token && { authorization: `Bearer ${token}` }) },
    })

  test('the token opens what it is granted for, and the route has it', async () => {
    await within(async (url, issuer) => {
      const token = await issuer.token({ scope: 'read other' })
      expect(await (await send(`${url}/read?x=y`, token)).json()).toBe('alice')
      expect(await (await send(`${url}/read`, token, { method: 'POST', body: 'x' })).json()).toBe('alice')
      expect(await (await send(`${url}/any`, token)).json()).toEqual(['read'])
      expect(await (await send(`${url}/open`)).json()).toBe('open')
    })
  })

  test('401, 403 and 503 are told as everywhere', async () => {
    await within(async (url, issuer) => {
      const words = async (answer: Promise<Response>): Promise<unknown> => {
        const { status, headers } = await answer
        return [status, headers.get('content-type'), headers.get('www-authenticate')]
      }
      const metadata = 'resource_metadata="https://api.test/.well-known/oauth-protected-resource"'
      const json = 'application/json'
      expect(await words(send(`${url}/read`))).toEqual([401, json, `Bearer scope="read", ${metadata}`])
      const bad =
        'Bearer error="invalid_token", error_description="The access token is malformed", scope="write"'
      expect(await words(send(`${url}/write`, 'x'))).toEqual([401, json, `${bad}, ${metadata}`])
      issuer.faults = { keys: '500' }
      const down = await send(`${url}/read`, await issuer.token())
      expect([down.status, down.headers.get('retry-after'), await down.json()]).toEqual([
        503, '5', { detail: 'The token cannot be verified at the moment' },
      ]) // prettier-ignore
      issuer.faults = {}
      issuer.clock.now += 5000
      const few = await send(`${url}/write`, await issuer.token(), {
        method: 'POST',
        body: 'x'.repeat(100_000),
      })
      expect([few.status, await few.json()]).toEqual([403, { detail: 'This needs the scope write' }])
      expect(few.headers.get('www-authenticate')).toMatch(/^Bearer error="insufficient_scope".*scope="write"/)
      const head = await send(`${url}/read`, undefined, { method: 'HEAD' })
      expect([head.status, await head.text()]).toEqual([401, ''])
    })
  })

  test('a route that asks for a token and has no guard fails', async () => {
    await within(async (url, issuer) => {
      expect((await send(`${url}/forgotten`, await issuer.token())).status).toBe(500)
    })
  })
})

test('the guard answers for the metadata of the API, and for nothing else', async () => {
  const issuer = 'https://id.example.com'
  const guard = tokenGuard({ issuer, audience: 'api', resource: 'https://api.test/mcp', scopes })
  const url = 'https://api.test/.well-known/oauth-protected-resource/mcp'
  const answer = guard.metadata(new Request(url))
  expect(await answer?.json()).toMatchObject({
    resource: 'https://api.test/mcp', authorization_servers: [issuer], scopes_supported: ['read', 'write'],
  }) // prettier-ignore
  expect(answer?.headers.get('access-control-allow-origin')).toBe('*')
  expect(guard.metadata(new Request(url, { method: 'POST' }))).toBeUndefined()
  expect(guard.metadata(new Request(`${url}/x`))).toBeUndefined()
  expect(tokenGuard({ issuer, audience: 'api' }).metadata(new Request(url))).toBeUndefined()
})
