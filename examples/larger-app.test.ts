/** Routers, guards, error handlers, hooks and events, over HTTP. */

import { expect, test } from 'vitest'
import { app, state } from './larger-app.ts'
import { talkingTo } from './over-http.ts'

test('guards, errors, events and hooks work together', async () => {
  const listener = await app.listen({ port: 0 })
  const api = talkingTo(listener.url)
  expect(state.isRunning).toBe(true)

  expect(await api.send('GET', '/items/1', { token: 'items' })).toMatchObject({ body: { name: 'Lamp' } })
  expect(await api.send('GET', '/items/2', { token: 'items' })).toMatchObject({
    status: 404,
    body: { detail: 'There is no such item' },
  })
  expect((await api.send('GET', '/items/1', { token: 'admin' })).status).toBe(403)

  const ticks = await api.send('GET', '/admin/ticks', { token: 'admin' })
  expect(ticks.headers.get('content-type')).toBe('text/event-stream')
  expect(ticks.body).toBe([1, 2, 3].map((tick) => `event: tick\ndata: {"tick":${tick}}\n\n`).join(''))

  expect((await api.send('GET', '/health')).body).toEqual({ status: 'ok' })
  expect((await api.send('GET', '/openapi.json')).status).toBe(200)
  // A stranger cannot tell what exists.
  expect((await api.send('GET', '/no/such/path')).status).toBe(401)
  expect((await api.send('GET', '/no/such/path', { token: 'admin' })).status).toBe(404)

  await listener.close()
  expect(state.isRunning).toBe(false)
})
