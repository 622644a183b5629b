/** Hono on Node with its own `hono/jwt`, Zod for the body. */

import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { verify } from 'hono/jwt'
import { z } from 'zod'
import { algorithm, audience, issuer, keyText, ready } from '../common.mjs'

const Item = z.object({
  name: z.string().min(1).max(100),
  price: z.number().min(0),
  tags: z.array(z.string()).default([]),
})

const guard = (scope) => async (context, next) => {
  const value = context.req.header('authorization')
  context.header('www-authenticate', 'Bearer')
  if (!value?.startsWith('Bearer ')) return context.json({ detail: 'Not authenticated' }, 401)
  try {
    const claims = await verify(value.slice(7), keyText, {
      alg: algorithm,
      iss: issuer,
      aud: audience,
      typ: 'at+jwt',
    })
    if (!claims.scope.split(' ').includes(scope))
      return context.json({ detail: 'Not enough permissions' }, 403)
    context.set('claims', claims)
  } catch {
    return context.json({ detail: 'Not authenticated' }, 401)
  }
  context.header('www-authenticate', undefined)
  return next()
}

const app = new Hono()
app.get('/me', guard('items:read'), (context) => {
  const { sub, scope } = context.get('claims')
  return context.json({ subject: sub, scopes: scope.split(' ') })
})
app.post('/items', guard('items:write'), async (context) => {
  const found = Item.safeParse(await context.req.json().catch(() => undefined))
  if (!found.success) return context.json({ detail: 'This is no item' }, 422)
  return context.json({ ...found.data, owner: context.get('claims').sub }, 201)
})

serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => ready(port))
