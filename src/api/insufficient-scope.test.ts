import { expect, test } from 'vitest'
import { api } from './api.ts'
import { dependency } from './dependency.ts'
import { json } from './parameters.ts'
import { z } from 'zod'
import { httpBearer } from './schemes/http.ts'
import { passwordBearer } from './schemes/oauth2.ts'
import { security } from './security.ts'
import { insufficientScope } from './insufficient-scope.ts'

const scopes = { read: 'Read', write: 'Write' }
const auth = passwordBearer({
  tokenUrl: 'token',
  scopes,
  verify: (token) => ({ scopes: token.split('+') as readonly (keyof typeof scopes)[] }),
})

test('a handler that finds out what is needed refuses as the route would, and names all of it', async () => {
  let done = 0
  const app = api().post(
    '/',
    { user: security(auth, ['read']), wish: json(z.object({ scope: z.enum(['read', 'write']) })) },
    ({ user, wish }) => {
      if (!user.scopes.includes(wish.scope))
        throw insufficientScope(auth, [...user.scopes, wish.scope, 'read'])
      done++
    },
  )
  const send = (token: string, scope: string): Promise<Response> =>
    app.request('/', {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ scope }),
    })
  const refused = await send('read', 'write')
  expect(refused.status).toBe(403)
  expect(refused.headers.get('www-authenticate')).toBe(
    'Bearer error="insufficient_scope", error_description="This needs the scopes read write", scope="read write"',
  )
  expect(await refused.json()).toEqual({ detail: 'This needs the scopes read write' })
  expect(done).toBe(0)
  expect((await send('read+write', 'write')).status).toBe(200)
  expect((await send('read', 'read')).status).toBe(200)
  expect(done).toBe(2)
})

test('only a scheme has a challenge, and only its own scopes are in it', () => {
  const above = dependency({ auth }, ({ auth }) => auth)
  expect(() => insufficientScope(above, ['read'])).toThrow('insufficientScope: this is no security scheme')
  // @ts-expect-error nobody has declared it
  insufficientScope(auth, ['raed'])
  expect(insufficientScope(httpBearer({ verify: () => true }), []).status).toBe(403)
})
