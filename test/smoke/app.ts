/** The service that Node, Bun and Deno all have to run alike. Says its port on the first line; ends with its input. */

import { z } from 'zod'
import {
  accessTokens,
  api,
  clientAddress,
  events,
  invalidGrant,
  json,
  passwordBearer,
  passwordForm,
  response,
  security,
  socket,
} from '../../src/index.ts'

const tokens = accessTokens({
  issuer: 'http://localhost',
  secret: 'a secret of the smoke test, 32 bytes or more',
})
const auth = passwordBearer({
  tokenUrl: '/token',
  scopes: { me: 'See your profile', talk: 'Talk' },
  verify: tokens.verify,
})

async function* three(): AsyncGenerator<{ data: number }> {
  for (const data of [1, 2, 3]) yield { data }
}

const app = api({ title: 'Smoke' })
  .get('/open', { address: clientAddress }, ({ address }) => ({ address }))
  .get('/me', { token: security(auth, ['me']) }, ({ token }) => ({ subject: token.subject }))
  .post('/token', { form: passwordForm }, ({ form }) => {
    if (form.password !== 'right') throw invalidGrant('Wrong user name or password')
    return tokens.issue({ subject: form.username, scopes: form.scopes })
  })
  .post('/echo', { body: json(z.unknown()) }, ({ body }) => body)
  .get('/cookies', { response }, ({ response }) => {
    response.setCookie('a', '1')
    response.setCookie('b', '2')
    return 'set'
  })
  .get('/events', { token: auth }, () => events(three()))
  .webSocket('/talk', { token: security(auth, ['talk']), socket }, async ({ token, socket }) => {
    socket.send(`hello ${token.subject}`)
    for await (const message of socket) socket.send(message)
  })

const listener = await app.listen({ port: 0 })
console.log(listener.port)

process.stdin.resume()
process.stdin.once('end', () => void listener.close({ grace: 5 }).then(() => console.log('closed')))
