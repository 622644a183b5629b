/** Plain routes of Express, Fastify, Hono and Next that take the tokens of an issuer. */

import express from 'express'
import fastify from 'fastify'
import { expressGuard } from 'gatewright/express'
import { fastifyGuard } from 'gatewright/fastify'
import { honoGuard } from 'gatewright/hono'
import { tokenGuard } from 'gatewright/verify'
import { Hono } from 'hono'

export const guard = tokenGuard({
  issuer: process.env['ISSUER'] ?? 'https://tenant.eu.auth0.com/',
  audience: 'https://api.example.com',
  scopes: { 'items:read': 'See the items' },
})

export const expressApp = express().get(
  '/items',
  expressGuard(guard, { scopes: ['items:read'] }),
  (request, response) => {
    response.json({ of: guard.tokenOf(request).subject })
  },
)

export const fastifyApp = fastify()
fastifyApp.get('/items', { onRequest: fastifyGuard(guard, { scopes: ['items:read'] }) }, (request, reply) =>
  reply.send({ of: guard.tokenOf(request).subject }),
)

export const honoApp = new Hono().get('/items', honoGuard(guard, { scopes: ['items:read'] }), (context) =>
  context.json({ of: guard.tokenOf(context.req.raw).subject }),
)

/** A route handler of Next, or of anything else that speaks `fetch`. */
export async function GET(request: Request): Promise<Response> {
  const { token, response } = await guard.check(request, { scopes: ['items:read'] })
  return response ?? Response.json({ of: token.subject })
}
