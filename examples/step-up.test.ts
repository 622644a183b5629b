import { openIdConnect } from 'gatewright'
import { expect, test } from 'vitest'
import { audience, foreignIssuer } from '../test/setup/foreign-issuer.ts'
import { accountApi } from './step-up.ts'

test('seeing takes a token, closing takes a new login with a second factor', async () => {
  const issuer = await foreignIssuer()
  const { now } = issuer
  const scopes = { account: 'See and close your account' }
  const app = accountApi(openIdConnect({ issuer: issuer.issuer, audience, scopes, now }))
  const send = async (method: string, login: Readonly<Record<string, unknown>>) => {
    const headers = { authorization: `Bearer ${await issuer.token({ scope: 'account', ...login })}` }
    return app.request('/account', { method, headers })
  }
  const at = now() / 1000
  expect((await send('GET', {})).status).toBe(200)
  const refused = await send('DELETE', { acr: 'pwd', auth_time: at })
  expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
    401,
    'Bearer error="insufficient_user_authentication", error_description="This needs another way to log in", acr_values="phr mfa", max_age="300", scope="account"',
  ])
  expect((await send('DELETE', { acr: 'mfa', auth_time: at - 331 })).status).toBe(401)
  expect(await (await send('GET', {})).json()).toEqual({ id: 'alice', isClosed: false })
  expect((await send('DELETE', { acr: 'mfa', auth_time: at - 300 })).status).toBe(200)
  expect(await (await send('GET', {})).json()).toEqual({ id: 'alice', isClosed: true })
})
