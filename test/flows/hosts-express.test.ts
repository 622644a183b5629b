import type { Server } from 'node:http'
import express, { type Express } from 'express'
import { expect, test } from 'vitest'
import { toExpress } from '../../src/http/hosts/express.ts'
import { probe, type Probe } from './hosts-app.ts'
import { testHost, testReuse, type Host } from './hosts-shared.ts'

async function listening(app: Express): Promise<Host> {
  const server = await new Promise<Server>((resolve) => {
    const created = app.listen(0, '127.0.0.1', () => resolve(created))
  })
  const address = server.address() as { port: number }
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function start(app: Probe, parsers: boolean): Promise<Host> {
  const host = express()
  // what a handler refuses to say goes to Express, which prints it otherwise
  host.set('env', 'test')
  if (parsers) host.use(express.json(), express.urlencoded({ extended: true }), express.text())
  host.use('/api', toExpress(app))
  return listening(host)
}

testHost('Express', start, probe)
testReuse('Express', start, probe)

async function withHost(build: (host: Express) => void, use: (url: string) => Promise<void>): Promise<void> {
  const app = express()
  app.set('env', 'test')
  build(app)
  const host = await listening(app)
  try {
    await use(host.url)
  } finally {
    await host.close()
  }
}

test('Express: a nested form goes back to the fields it was made of', async () => {
  await withHost(
    (host) => host.use(express.urlencoded({ extended: true }), toExpress(probe())),
    async (url) => {
      const body = new URLSearchParams([
        ['a[b]', '1'],
        ['a[c][0][d]', '2'],
        ['list', 'x'],
        ['list', 'y'],
      ])
      expect(await (await fetch(`${url}/form`, { method: 'POST', body })).json()).toEqual([...body])
    },
  )
})

test.each(['buffer', 'rawBody'])('Express: a body kept as bytes (%s) arrives as they are', async (kind) => {
  await withHost(
    (host) => {
      if (kind === 'buffer') host.use(express.raw({ type: '*/*' }))
      else {
        const verify = (request: object, _response: object, bytes: Buffer): void => {
          Object.assign(request, { rawBody: bytes })
        }
        host.use(express.json({ verify }))
      }
      host.use(toExpress(probe()))
    },
    async (url) => {
      const body = '{ "a" :  1.0 }'
      const headers = { 'content-type': 'application/json' }
      expect(await (await fetch(`${url}/bytes`, { method: 'POST', body, headers })).text()).toBe(body)
    },
  )
})

test('Express: a compressed body that a parser has unpacked is no longer called compressed', async () => {
  await withHost(
    (host) => host.use(express.json(), toExpress(probe())),
    async (url) => {
      const packed = new Blob(['{"a":1}']).stream().pipeThrough(new CompressionStream('gzip'))
      const answer = await fetch(`${url}/json`, {
        method: 'POST',
        body: await new Response(packed).bytes(),
        headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      })
      expect(await answer.json()).toEqual({ value: { a: 1 } })
    },
  )
})

test('Express: a body that is gone and left nothing behind is an error that says so', async () => {
  const errors: unknown[] = []
  await withHost(
    (host) => {
      host.use((request, _response, next) => {
        request.on('end', () => next()).resume()
      }, toExpress(probe()))
      host.use((error: unknown, _request: unknown, response: express.Response, _next: unknown) => {
        errors.push(error)
        response.status(500).end()
      })
    },
    async (url) => {
      expect((await fetch(`${url}/bytes`, { method: 'POST', body: 'x' })).status).toBe(500)
    },
  )
  expect(String(errors)).toContain('already read')
})

test('Express: what middleware has set stays, and what the application throws goes to the error handler', async () => {
  await withHost(
    (host) => {
      host.use((_request, response, next) => {
        response.setHeader('x-before', 'kept')
        response.cookie('c', '3')
        next()
      })
      host.use('/fails', toExpress({ fetch: () => Promise.reject(new Error('secret')) }))
      host.use(toExpress(probe()))
      host.use((_error: unknown, _request: unknown, response: express.Response, _next: unknown) => {
        response.status(503).send('handled')
      })
    },
    async (url) => {
      const answer = await fetch(`${url}/cookies`)
      expect(answer.headers.get('x-before')).toBe('kept')
      expect(answer.headers.getSetCookie()).toHaveLength(3)
      const failed = await fetch(`${url}/fails`)
      expect([failed.status, await failed.text()]).toEqual([503, 'handled'])
    },
  )
})

test('Express: nested routers add up to one base path, parameters as they were sent', async () => {
  await withHost(
    (host) => {
      const inner = express.Router()
      inner.use('/v1', toExpress(probe()))
      host.use('/:tenant', inner)
    },
    async (url) => {
      expect(await (await fetch(`${url}/a%20b/v1/x`)).json()).toMatchObject({
        basePath: '/a%20b/v1',
        below: '/x',
      })
    },
  )
})

test('Express: a proxy is believed only when Express is told to', async () => {
  const headers = {
    'x-forwarded-for': '203.0.113.9',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'public.example',
  }
  for (const trusted of [false, true]) {
    await withHost(
      (host) => host.set('trust proxy', trusted).use(toExpress(probe())),
      async (url) => {
        expect(await (await fetch(`${url}/x`, { headers })).json()).toMatchObject(
          trusted
            ? { address: '203.0.113.9', url: 'https://public.example/x' }
            : { address: '127.0.0.1', url: `${url}/x` },
        )
      },
    )
  }
})
