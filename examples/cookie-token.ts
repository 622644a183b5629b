/** A token in an HttpOnly cookie: scripts cannot read it, and another site cannot use it. */

import { accessTokens, api, apiKey, form, json, response, sameOrigin } from 'gatewright'
import { accounts } from 'gatewright/server'
import { z } from 'zod'

const users = await accounts({ database: 'sqlite::memory:' })
await users.create({ username: 'alice', password: 'correct horse battery staple' })

const secret = crypto.getRandomValues(new Uint8Array(32))
const tokens = accessTokens({ issuer: 'http://localhost:8000', secret, lifetime: 3600 })

// __Host-: the browser takes this cookie only over https (or from localhost) and from this host alone.
const cookieName = '__Host-token'
const session = apiKey({ cookie: cookieName, verify: tokens.verify })

const Login = z.object({ username: z.string(), password: z.string() })
const Note = z.object({ text: z.string().max(1000) })
const notes: { text: string; owner: string }[] = []

// Browsers add the cookie to requests of other sites too: `sameOrigin` turns those away, the login included.
export const app = api({ title: 'Token in a cookie', guard: sameOrigin() })
  .post('/login', { login: form(Login), response }, { status: 204 }, async ({ login, response }) => {
    const { access_token, expires_in } = await tokens.issue(await users.authenticate(login))
    response.setCookie(cookieName, access_token, { maxAge: expires_in, sameSite: 'strict' })
  })
  .post('/logout', { token: session, response }, { status: 204 }, ({ response }) => {
    response.deleteCookie(cookieName)
  })
  .get('/notes', { token: session }, ({ token }) => notes.filter(({ owner }) => owner === token.subject))
  .post('/notes', { token: session, note: json(Note) }, { status: 201 }, ({ token, note }) => {
    const added = { ...note, owner: token.subject }
    notes.push(added)
    return added
  })

if (import.meta.main) await app.listen({ port: 8000 })
