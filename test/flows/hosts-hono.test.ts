import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { toHono } from '../../src/http/hosts/hono.ts'
import { probe, type Probe } from './hosts-app.ts'
import { testHost, type Host } from './hosts-shared.ts'

async function listening(host: Hono): Promise<Host> {
  const { promise, resolve } = Promise.withResolvers<number>()
  const server = serve({ fetch: host.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => resolve(port))
  return {
    url: `http://127.0.0.1:${await promise}`,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        if ('closeAllConnections' in server) server.closeAllConnections()
      }),
  }
}

function start(app: Probe, parsers: boolean): Promise<Host> {
  const host = new Hono()
  if (parsers) {
    host.use(async (context, next) => {
      const type = context.req.header('content-type') ?? ''
      if (type.startsWith('application/json')) await context.req.json()
      else if (type.includes('form')) await context.req.parseBody()
      else await context.req.text()
      await next()
    })
  }
  host.all('/api', toHono(app)).all('/api/*', toHono(app))
  return listening(host)
}

testHost('Hono', start, probe)

test('Hono: the base path counts segments, those of sub-applications and parameters included', async () => {
  const inner = new Hono().all('/v1/*', toHono(probe()))
  const host = new Hono().route('/:tenant', inner)
  const answer = await host.request('/a%20b/v1/x/y')
  expect(await answer.json()).toMatchObject({ basePath: '/a%20b/v1', below: '/x/y' })
  expect(await (await new Hono().all('*', toHono(probe())).request('/x')).json()).toMatchObject({
    basePath: '',
  })
})

test('Hono: a body that was read past Hono is an error that says so', async () => {
  const errors: unknown[] = []
  const host = new Hono()
  host.onError((error, context) => {
    errors.push(error)
    return context.text('failed', 500)
  })
  host.use(async (context, next) => {
    await context.req.raw.text()
    await next()
  })
  host.all('*', toHono(probe()))
  expect((await host.request('/bytes', { method: 'POST', body: 'x' })).status).toBe(500)
  expect(String(errors)).toContain('already read')
})

test('Hono: the address is found where Deno and Bun leave it', async () => {
  const host = new Hono().all('*', toHono(probe()))
  const deno = await host.request('/x', {}, { remoteAddr: { hostname: '192.0.2.1' } })
  expect(await deno.json()).toMatchObject({ address: '192.0.2.1' })
  const bun = await host.request('/x', {}, { requestIP: () => ({ address: '192.0.2.2' }) })
  expect(await bun.json()).toMatchObject({ address: '192.0.2.2' })
  expect(await (await host.request('/x')).json()).not.toHaveProperty('address')
})

test('Hono: middleware may add to the answer', async () => {
  const host = new Hono()
  host.use(async (context, next) => {
    await next()
    context.header('x-after', 'added')
  })
  host.all('*', toHono(probe()))
  const answer = await host.request('/cookies')
  expect(answer.headers.get('x-after')).toBe('added')
  expect(answer.headers.getSetCookie()).toHaveLength(2)
})
