/** Dependencies over HTTP, and the example of testing run as it stands. */

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeEach, expect, test } from 'vitest'
import { app, log } from './dependencies.ts'
import { served } from './over-http.ts'

beforeEach(() => {
  log.length = 0
})

test('a resource closes and background work runs after the response', async () => {
  const api = await served(app)
  expect((await api.send('POST', '/items/lamp')).body).toEqual({ saved: 'lamp' })
  await app.idle()
  expect(log).toEqual(['begin', 'save lamp', 'tell about lamp', 'commit'])
})

test('an error of the handler is thrown into the resource', async () => {
  const api = await served(app)
  expect(await api.send('POST', '/items/bad')).toMatchObject({ status: 400 })
  await app.idle()
  expect(log).toEqual(['begin', 'roll back'])
})

test('parameters are typed values, and all that is wrong is told at once', async () => {
  const api = await served(app)
  expect((await api.send('GET', '/items?skip=20')).body).toEqual({ from: 20, to: 30 })
  const { status, body } = await api.send('GET', '/items?skip=-1&limit=many')
  expect(status).toBe(422)
  expect((body as { detail: { loc: string[] }[] }).detail.map(({ loc }) => loc)).toEqual([
    ['query', 'limit'],
    ['query', 'skip'],
  ])
  expect((await api.send('GET', '/items/three')).status).toBe(422)
})

test('the example of testing passes', async () => {
  const file = fileURLToPath(new URL('testing.ts', import.meta.url))
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env
  const { stdout } = await promisify(execFile)('node', ['--conditions=gatewright-source', file], {
    env: environment,
  })
  expect(stdout).toMatch(/pass 3\b/)
})
