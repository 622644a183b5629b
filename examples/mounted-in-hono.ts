/** An application below `/api` of a Hono app, on any runtime that Hono runs on. */

import { serve } from '@hono/node-server'
import { toHono } from 'gatewright/hono'
import { Hono } from 'hono'
import { app } from './scopes.ts'

export const host = new Hono().get('/health', (context) => context.text('fine')).all('/api/*', toHono(app))

if (import.meta.main) serve({ fetch: host.fetch, port: 8000, hostname: 'localhost' })
