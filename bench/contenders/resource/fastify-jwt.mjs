/** Fastify with @fastify/jwt. OPTIONS.cache is the size of its cache of verified tokens: none, true (1,000), or a number. */

import jwt from '@fastify/jwt'
import Fastify from 'fastify'
import { algorithm, audience, issuer, keyText, options, ready } from '../common.mjs'
import { itemSchema } from './item-schema.mjs'

// Its own default turns `"tags": "x"` into `["x"]`; the contract says that this is refused.
const app = Fastify({ ajv: { customOptions: { coerceTypes: false } } })
await app.register(jwt, {
  secret: algorithm === 'HS256' ? keyText : { public: keyText },
  verify: {
    algorithms: [algorithm],
    allowedIss: issuer,
    allowedAud: audience,
    ...(options.cache && { cache: options.cache }),
  },
})

const guard = (scope) => async (request, reply) => {
  try {
    await request.jwtVerify()
  } catch {
    return reply.code(401).header('www-authenticate', 'Bearer').send({ detail: 'Not authenticated' })
  }
  if (!request.user.scope.split(' ').includes(scope)) {
    return reply.code(403).header('www-authenticate', 'Bearer').send({ detail: 'Not enough permissions' })
  }
}

app.get('/me', { onRequest: guard('items:read') }, async ({ user }) => ({
  subject: user.sub,
  scopes: user.scope.split(' '),
}))
app.post(
  '/items',
  { onRequest: guard('items:write'), schema: { body: itemSchema } },
  async (request, reply) => {
    reply.code(201)
    const { name, price, tags } = request.body
    return { name, price, tags, owner: request.user.sub }
  },
)

await app.listen({ port: 0, host: '127.0.0.1' })
ready(app.server.address().port)
