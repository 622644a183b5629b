/** Express with express-oauth2-jwt-bearer, which takes HS256 without an issuer to ask for keys. */

import express from 'express'
import { auth, requiredScopes } from 'express-oauth2-jwt-bearer'
import { z } from 'zod'
import { algorithm, audience, issuer, keyText, ready } from '../common.mjs'

const Item = z.object({
  name: z.string().min(1).max(100),
  price: z.number().min(0),
  tags: z.array(z.string()).default([]),
})
const app = express().disable('x-powered-by')
app.use(auth({ issuer, audience, secret: keyText, tokenSigningAlg: algorithm }))
app.get('/me', requiredScopes('items:read'), ({ auth: { payload } }, response) => {
  response.json({ subject: payload.sub, scopes: payload.scope.split(' ') })
})
app.post('/items', requiredScopes('items:write'), express.json(), (request, response) => {
  const found = Item.safeParse(request.body)
  if (!found.success) return response.status(422).json({ detail: 'This is no item' })
  return response.status(201).json({ ...found.data, owner: request.auth.payload.sub })
})
app.use((error, _request, response, _next) => {
  response
    .status(error.status ?? 500)
    .set(error.headers ?? {})
    .json({ detail: error.message })
})
const server = app.listen(0, '127.0.0.1', () => ready(server.address().port))
