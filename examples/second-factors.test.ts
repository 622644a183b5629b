/** Whoever has no second factor sets one up on the way; the token says that it was shown. */

import { createHash } from 'node:crypto'
import { decodeJwt } from 'jose'
import { Secret, TOTP } from 'otpauth'
import type { Page } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import { browserForTests } from '../test/setup/browser-test.ts'
import { served } from './over-http.ts'
import type { Served } from './over-http.ts'
import { beforePayment, server } from './second-factors.ts'

const password = 'correct horse battery staple'
const verifier = 'v'.repeat(64)

const { newPage } = browserForTests()
let login: Served

beforeAll(async () => {
  login = await served(server.app)
  const { accounts } = await server.open()
  await accounts.create({ username: 'alice', password })
})

/** As the application sends its user. */
async function begin(page: Page, more: Readonly<Record<string, string>> = {}): Promise<void> {
  const request = new URLSearchParams({
    response_type: 'code',
    client_id: 'bank',
    redirect_uri: 'https://bank.example/callback',
    scope: 'payments',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...more,
  })
  await page.route('https://bank.example/**', (route) => route.abort())
  await page.goto(`${login.url}/authorize?${request.toString()}`)
  await page.fill('#username', 'alice')
  await page.fill('#password', password)
  await page.press('#password', 'Enter')
}

/** Does the last step, and trades the code that comes of it for a token. */
async function tokenAfter(page: Page, step: () => Promise<void>): Promise<string> {
  // Nobody is at the application: where the browser is sent is what counts.
  const answered = page.waitForRequest(/^https:\/\/bank\.example\//)
  await step()
  const code = new URL((await answered).url()).searchParams.get('code') ?? ''
  const { body } = await login.send('POST', '/token', {
    headers: {
      authorization: `Basic ${btoa(`bank:${encodeURIComponent('not a secret: it stands in an example')}`)}`,
    },
    form: { grant_type: 'authorization_code', code, code_verifier: verifier },
  })
  return (body as { readonly access_token: string }).access_token
}

test('a person sets an app up on the way to the application, and logs in with a recovery code when it is lost', async () => {
  const page = await newPage({ javaScriptEnabled: false })
  await begin(page)
  await page.waitForSelector('text=To go on you need a second factor')
  await page.click('button:has-text("Add an authenticator app")')
  const seed = (await page.innerText('.key code')).replaceAll(/\s/g, '')
  await page.fill('#code', new TOTP({ secret: Secret.fromBase32(seed) }).generate())
  await page.press('#code', 'Enter')
  const [first = ''] = await page.locator('ol.codes code').allInnerTexts()
  await page.click('a.button.strong')
  const methods = { amr: ['pwd', 'otp', 'mfa'], acr: 'urn:gatewright:acr:2fa' }
  const token = await tokenAfter(page, () => page.click('button[value=allow]', { noWaitAfter: true }))
  expect(decodeJwt(token)).toMatchObject({ scope: 'payments', ...methods })
  await page.close()

  const elsewhere = await newPage({ javaScriptEnabled: false })
  await begin(elsewhere, beforePayment)
  await elsewhere.click('summary')
  await elsewhere.fill('#recovery', first)
  // What was agreed to is remembered.
  const second = await tokenAfter(elsewhere, () =>
    elsewhere.press('#recovery', 'Enter', { noWaitAfter: true }),
  )
  expect(decodeJwt(second)).toMatchObject(methods)
  await elsewhere.close()
})
