/** gatewright, as its README has it: declared scopes, Zod for the body. OPTIONS make the graph and the table larger. */

import { accessTokens, api, dependency, json, passwordBearer, security } from 'gatewright'
import { z } from 'zod'
import { algorithm, audience, issuer, options, privateJwk, ready } from '../common.mjs'

const tokens = accessTokens({
  issuer,
  audience,
  scopes: { 'items:read': 'Read items', 'items:write': 'Write items' },
  ...(algorithm === 'HS256' ? { secret: privateJwk } : { keys: [privateJwk] }),
})
const auth = passwordBearer({ tokenUrl: 'token', scopes: tokens.scopes, verify: tokens.verify })

const Item = z.object({
  name: z.string().min(1).max(100),
  price: z.number().min(0),
  tags: z.array(z.string()).default([]),
})

const app = api({ title: 'Bench' })

// A chain: each depends on the one before, and the route on the last.
let last
for (let at = 0; at < (options.dependencies ?? 0); at++) {
  const before = last
  last = before === undefined ? dependency({}, () => at) : dependency({ before }, () => at)
}
const chain = last === undefined ? {} : { last }

for (let at = 0; at < (options.routes ?? 0); at++) {
  app.get(`/things-${at % 100}/group-${at}/{id}`, {}, () => ({ at }))
}

app
  .get('/me', { token: security(auth, ['items:read']), ...chain }, ({ token }) => ({
    subject: token.subject,
    scopes: token.scopes,
  }))
  .post(
    '/items',
    { token: security(auth, ['items:write']), item: json(Item) },
    { status: 201 },
    ({ token, item }) => ({ ...item, owner: token.subject }),
  )

const { port } = await app.listen({ port: 0, host: '127.0.0.1' })
ready(port)
