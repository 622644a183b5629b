/** A token is given back at one place and refused at another. */

import { expect, test } from 'vitest'
import { freePort } from '../test/setup/free-port.ts'
import { until } from '../test/setup/until.ts'
import { loginServer, reportsApi } from './revocation.ts'

test('a token that was given back is refused by the API, and no other', async () => {
  const port = await freePort()
  const issuer = `http://localhost:${port}`
  const listener = await loginServer(issuer).app.listen({ port })
  const app = reportsApi(issuer)
  const authorization = `Basic ${btoa(`cron:${encodeURIComponent('not a secret: it stands in an example')}`)}`
  const post = (path: string, form: Readonly<Record<string, string>>): Promise<Response> =>
    fetch(issuer + path, { method: 'POST', headers: { authorization }, body: new URLSearchParams(form) })
  const token = async (): Promise<string> => {
    const answer = await post('/token', { grant_type: 'client_credentials' })
    return ((await answer.json()) as { readonly access_token: string }).access_token
  }
  const status = async (method: string, bearer: string): Promise<number> => {
    const headers = { authorization: `Bearer ${bearer}` }
    return (await app.request('/reports', { method, headers })).status
  }
  try {
    const [mine, other] = [await token(), await token()]
    expect([await status('GET', mine), await status('POST', mine)]).toEqual([200, 200])
    await post('/revoke', { token: mine })
    await until(
      () => status('GET', mine),
      (answer) => answer === 401,
    )
    expect(await status('POST', other)).toBe(200)
  } finally {
    await listener.close({ grace: 1 })
  }
})
