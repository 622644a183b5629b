import fastify, { type FastifyInstance } from 'fastify'
import { expect, test } from 'vitest'
import { toFastify } from '../../src/http/hosts/fastify.ts'
import { probe, type Probe } from './hosts-app.ts'
import { testHost, testReuse, type Host } from './hosts-shared.ts'

async function listening(host: FastifyInstance): Promise<Host> {
  const url = await host.listen({ port: 0, host: '127.0.0.1' })
  return {
    url,
    close: async () => {
      host.server.closeAllConnections()
      await host.close()
    },
  }
}

async function start(app: Probe, parsers: boolean): Promise<Host> {
  const host = fastify()
  if (parsers) {
    // a hook of the surrounding application that has read the body and left the bytes
    host.addHook('preValidation', async (request) => {
      const chunks: Buffer[] = []
      for await (const chunk of request.raw) chunks.push(chunk as Buffer)
      Object.assign(request, { rawBody: Buffer.concat(chunks) })
    })
  }
  await host.register(toFastify(app), { prefix: '/api' })
  return listening(host)
}

testHost('Fastify', start, probe)
testReuse('Fastify', start, probe)

test('Fastify: hooks of the surrounding application run, and the headers they set stay', async () => {
  const host = fastify()
  host.addHook('onRequest', async (_request, reply) => void reply.header('x-before', 'kept'))
  await host.register(toFastify(probe()), { prefix: '/api' })
  const answer = await host.inject({ method: 'POST', url: '/api/json', payload: { a: 1 } })
  expect(answer.json()).toEqual({ value: { a: 1 } })
  expect(answer.headers['x-before']).toBe('kept')
  await host.close()
})

test('Fastify: its other routes keep their body parsers', async () => {
  const host = fastify()
  host.post('/own', (request, reply) => reply.send(request.body))
  await host.register(toFastify(probe()), { prefix: '/api' })
  expect((await host.inject({ method: 'POST', url: '/own', payload: { a: 1 } })).json()).toEqual({ a: 1 })
  await host.close()
})

test('Fastify: what the application throws goes to the error handler', async () => {
  const host = fastify()
  host.setErrorHandler(async (_error, _request, reply) => reply.code(503).send('handled'))
  await host.register(toFastify({ fetch: () => Promise.reject(new Error('secret')) }))
  const answer = await host.inject('/')
  expect([answer.statusCode, answer.body]).toEqual([503, 'handled'])
  await host.close()
})

test('Fastify: without a prefix, and with two', async () => {
  const host = fastify()
  await host.register(toFastify(probe()))
  await host.register(async (outer) => outer.register(toFastify(probe()), { prefix: '/v1' }), {
    prefix: '/api',
  })
  expect((await host.inject('/x')).json()).toMatchObject({ basePath: '', below: '/x' })
  expect((await host.inject('/api/v1/x')).json()).toMatchObject({ basePath: '/api/v1', below: '/x' })
  await host.close()
})
