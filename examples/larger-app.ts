/** A larger application: routers, one guard for everything, error handlers, hooks, a stream of events. */

import { api, events, httpBearer, path, router, security } from 'gatewright'
import { z } from 'zod'

const scopes = { items: 'Read items', admin: 'Run the place' }
const verify = (token: string) => (Object.hasOwn(scopes, token) ? { scopes: [token] } : undefined)
const caller = httpBearer({ scopes, verify })

class NoSuchItem extends Error {}

const items = router({ prefix: '/items', tags: ['items'], guard: security(caller, ['items']) }).get(
  '/{id}',
  { id: path(z.int()) },
  ({ id }) => {
    if (id !== 1) throw new NoSuchItem()
    return { id, name: 'Lamp' }
  },
)

const admin = router({ prefix: '/admin', tags: ['admin'], guard: security(caller, ['admin']) }).get(
  '/ticks',
  {},
  () => events(ticks()),
)

async function* ticks() {
  for (let tick = 1; tick <= 3; tick++) yield { event: 'tick', data: { tick } }
}

export const state = { isRunning: false }

// The guard holds for all of it: routes, docs, and paths that do not exist. What is `open` says so.
export const app = api({ title: 'Larger', guard: caller, docs: { open: true } })
  .include(items)
  .include(admin)
  .get('/health', {}, { open: true }, () => ({ status: 'ok' }))
  .onError(NoSuchItem, () => Response.json({ detail: 'There is no such item' }, { status: 404 }))
  .onStart(() => void (state.isRunning = true))
  .onStop(() => void (state.isRunning = false))

if (import.meta.main) await app.listen({ port: 8000 })
