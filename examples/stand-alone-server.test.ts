/** The server alone: what people are shown comes from the document of the API, and the API asks about tokens. */

import { createHash } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import { browserForTests } from '../test/setup/browser-test.ts'
import { served } from './over-http.ts'
import type { Served } from './over-http.ts'
import { server } from './stand-alone-server.ts'

const { newPage } = browserForTests()
let login: Served

beforeAll(async () => {
  login = await served(server.app)
  const { accounts } = await server.open()
  await accounts.create({ username: 'alice', password: 'correct horse battery staple' })
})

test('people see which operations a scope opens, and the API is told of a token for it', async () => {
  const verifier = 'v'.repeat(64)
  const request = new URLSearchParams({
    response_type: 'code',
    client_id: 'office',
    redirect_uri: 'https://office.example/callback',
    scope: 'reports:write',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  })
  const page = await newPage()
  // Nobody is at the application: where the browser is sent is what counts.
  const answered = page.waitForRequest(/^https:\/\/office\.example\//)
  await page.route('https://office.example/**', (route) => route.abort())
  await page.goto(`${login.url}/authorize?${request.toString()}`)
  await page.fill('#username', 'alice')
  await page.fill('#password', 'correct horse battery staple')
  await page.click('button:has-text("Log in")')
  await page.click('summary')
  expect(await page.innerText('.scopes')).toMatch(
    /Add and change your reports[^]*Add a report\s+POST \/reports/,
  )
  expect(await page.innerText('dl')).toMatch(/Access to\s+Reports/)
  await page.click('button[value=allow]', { noWaitAfter: true })
  const code = new URL((await answered).url()).searchParams.get('code') ?? ''
  await page.close()

  const as = (id: string) => ({
    authorization: `Basic ${btoa(`${id}:${encodeURIComponent('not a secret: it stands in an example')}`)}`,
  })
  const form = { grant_type: 'authorization_code', code, code_verifier: verifier }
  const { body } = await login.send('POST', '/token', { headers: as('office'), form })
  const { access_token: token } = body as { readonly access_token: string }
  expect(await login.send('POST', '/introspect', { headers: as('reports'), form: { token } })).toMatchObject({
    body: { active: true, scope: 'reports:write', aud: 'https://reports.example' },
  })
})
