/** An application below `/api` of a Fastify app. Its hooks run as for every route. */

import Fastify from 'fastify'
import { toFastify } from 'gatewright/fastify'
import { app } from './scopes.ts'

export const host = Fastify()
host.get('/health', () => 'fine')
host.register(toFastify(app), { prefix: '/api' })

if (import.meta.main) await host.listen({ port: 8000, host: 'localhost' })
