/** Fastify with jose's `jwtVerify`. */

import Fastify from 'fastify'
import { importSPKI, jwtVerify } from 'jose'
import { algorithm, audience, issuer, keyText, privateJwk, ready } from '../common.mjs'
import { itemSchema } from './item-schema.mjs'

const app = Fastify({ ajv: { customOptions: { coerceTypes: false } } })
const key =
  algorithm === 'HS256'
    ? await crypto.subtle.importKey(
        'raw',
        Buffer.from(privateJwk.k, 'base64url'),
        { name: 'HMAC', hash: 'SHA-256' },
        false,
        ['verify'],
      )
    : await importSPKI(keyText, algorithm)
const rules = { algorithms: [algorithm], issuer, audience, typ: 'at+jwt' }

const guard = (scope) => async (request, reply) => {
  try {
    const { payload } = await jwtVerify(request.headers.authorization?.slice(7) ?? '', key, rules)
    request.user = payload
  } catch {
    return reply.code(401).header('www-authenticate', 'Bearer').send({ detail: 'Not authenticated' })
  }
  if (!request.user.scope.split(' ').includes(scope)) {
    return reply.code(403).header('www-authenticate', 'Bearer').send({ detail: 'Not enough permissions' })
  }
}

app.decorateRequest('user', null)
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
