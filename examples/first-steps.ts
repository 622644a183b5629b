/** First steps: a lock on a route, and a token that opens it. Whoever asks gets one: no passwords yet. */

import { accessTokens, api, passwordBearer, passwordForm } from 'gatewright'

const secret = crypto.getRandomValues(new Uint8Array(32)) // a new one for each start: old tokens end with it
const tokens = accessTokens({ issuer: 'http://localhost:8000', secret })
const auth = passwordBearer({ tokenUrl: 'token', verify: tokens.verify })

export const app = api({ title: 'First steps' })
  .post('/token', { form: passwordForm }, ({ form }) => tokens.issue({ subject: form.username }))
  .get('/my_data/', { token: auth }, ({ token }) => ({ owner: token.subject }))

if (import.meta.main) await app.listen({ port: 8000 })
