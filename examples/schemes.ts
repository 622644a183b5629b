/** Every security scheme, each with a route of its own, and one of them on a WebSocket. */

import { api, apiKey, http, httpBasic, httpBearer, oauth2, openIdConnect, reject, socket } from 'gatewright'
import { authorizationCodeBearer, clientCredentialsBearer, passwordBearer } from 'gatewright'

/** Stands for a look-up. `undefined` refuses; `reject` refuses and says why. */
function lookUp(credential: string) {
  if (credential === 'expired') return reject('The key has expired')
  return credential === 'good' ? { name: 'alice' } : undefined
}

const header = apiKey({ header: 'x-api-key', verify: lookUp })
const query = apiKey({ query: 'key', verify: lookUp })
const cookie = apiKey({ cookie: 'key', verify: lookUp })

const basic = httpBasic({
  realm: 'operators',
  verify: ({ username, password }) => (username === 'alice' ? lookUp(password) : undefined),
})
const bearer = httpBearer({ bearerFormat: 'JWT', verify: lookUp })
const custom = http({ scheme: 'Signature', verify: lookUp })

const password = passwordBearer({ tokenUrl: 'token', verify: lookUp })
const code = authorizationCodeBearer({ authorizationUrl: 'authorize', tokenUrl: 'token', verify: lookUp })
const machine = clientCredentialsBearer({ tokenUrl: 'token', verify: lookUp })

// These two are given the whole header: the scheme word may be any.
const general = oauth2({
  flows: { clientCredentials: { tokenUrl: 'token' } },
  verify: (_, { credentials }) => lookUp(credentials),
})
const openId = openIdConnect({
  openIdConnectUrl: 'https://login.example.com/.well-known/openid-configuration',
  verify: (_, { credentials }) => lookUp(credentials),
})

export const app = api({ title: 'Schemes' })
  .get('/header', { user: header }, ({ user }) => user)
  .get('/query', { user: query }, ({ user }) => user)
  .get('/cookie', { user: cookie }, ({ user }) => user)
  .get('/basic', { user: basic }, ({ user }) => user)
  .get('/bearer', { user: bearer }, ({ user }) => user)
  .get('/custom', { user: custom }, ({ user }) => user)
  .get('/password', { user: password }, ({ user }) => user)
  .get('/code', { user: code }, ({ user }) => user)
  .get('/machine', { user: machine }, ({ user }) => user)
  .get('/general', { user: general }, ({ user }) => user)
  .get('/open-id', { user: openId }, ({ user }) => user)
  .webSocket('/echo', { user: query, socket }, async ({ user, socket }) => {
    for await (const message of socket) socket.send(`${user.name}: ${String(message)}`)
  })

if (import.meta.main) await app.listen({ port: 8000 })
