/** The docs page in a real browser: it works, under a strict policy, with nothing from elsewhere, wherever it is mounted. */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  accessTokens,
  api,
  authorizationCodeBearer,
  dependency,
  HttpError,
  passwordBearer,
  passwordForm,
  security,
} from 'gatewright'
import type { Api } from 'gatewright'
import { query, request } from 'gatewright'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { authorizationServer } from 'gatewright/server'
import { watch } from '../setup/browser.ts'
import type { Watched } from '../setup/browser.ts'
import { browserForTests } from '../setup/browser-test.ts'
import { freePort } from '../setup/free-port.ts'

const { cleanUp, newPage, serve } = browserForTests()

const tokens = accessTokens({
  issuer: 'http://localhost',
  audience: 'items',
  secret: 'a secret of more than thirty-two bytes, for tests',
})
const scopes = { me: 'See your profile', items: 'See your items' }
const auth = passwordBearer({ tokenUrl: 'token', scopes, verify: tokens.verify })
const currentUser = dependency({ token: auth }, ({ token }) => ({
  name: token.subject,
  scopes: token.scopes,
}))

/** What the token endpoint was sent, for the tests to look at. */
const sent: (string | null)[] = []

function items(servers?: readonly { url: string }[]): Api {
  return api({ title: 'Items', ...(servers ? { servers } : {}) })
    .post('/token', { form: passwordForm, request }, ({ form, request }) => {
      sent.push(request.headers.get('authorization'))
      if (form.password !== 'right') throw new HttpError(400, 'no')
      return tokens.issue({ subject: form.username, scopes: form.scopes, clientId: form.clientId ?? 'none' })
    })
    .get('/users/me', { user: security(currentUser, ['me']) }, ({ user }) => user)
    .get('/search', { q: query(z.string()) }, ({ q }) => ({ q }))
}

/** A proxy in front of an application, for one prefix that the application does or does not see. */
async function proxied(target: string, prefix: string, strips: boolean): Promise<string> {
  const server = createServer((incoming, outgoing) => {
    void (async () => {
      const path = incoming.url ?? ''
      if (!path.startsWith(prefix)) {
        outgoing.writeHead(418).end()
        return
      }
      const body: Buffer[] = []
      for await (const chunk of incoming) body.push(chunk as Buffer)
      const headers = Object.entries(incoming.headers).filter(
        ([name]) => !['connection', 'transfer-encoding', 'content-length', 'accept-encoding'].includes(name),
      ) as [string, string][]
      headers.push(['accept-encoding', 'identity'])
      const hasBody = incoming.method !== 'GET'
      const response = await fetch(target + (strips ? path.slice(prefix.length) : path), {
        method: incoming.method ?? 'GET',
        headers,
        ...(hasBody ? { body: Buffer.concat(body) } : {}),
      })
      outgoing.writeHead(response.status, Object.fromEntries(response.headers))
      outgoing.end(Buffer.from(await response.arrayBuffer()))
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanUp(() => new Promise((resolve) => server.close(resolve)))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}${prefix}`
}

async function open(url: string): Promise<{ page: Page; watched: Watched }> {
  const page = await newPage()
  page.setDefaultTimeout(20_000)
  const watched = await watch(page)
  await page.goto(url)
  await page.waitForSelector('.opblock')
  return { page, watched }
}

async function logIn(page: Page, password: string): Promise<void> {
  await page.click('.btn.authorize')
  await page.fill('#oauth_username', 'ada')
  await page.fill('#oauth_password', password)
  await page.click('.scopes [for*="me"]')
  await page.click('.modal-btn.authorize')
}

/** Calls an operation by its id, and gives the status and the body that the page shows. */
async function call(page: Page, operationId: string): Promise<{ status: string; body: string }> {
  const operation = page.locator(`[id^="operations-"][id$="-${operationId}"]`)
  await operation.locator('.opblock-summary-control').click()
  await operation.locator('.try-out__btn').click()
  await operation.locator('.execute').click()
  const answer = operation.locator('.live-responses-table tbody')
  const status = (await answer.locator('.response-col_status').first().textContent()) ?? ''
  const body = (await answer.locator('.highlight-code, .microlight').first().textContent()) ?? ''
  return { status: status.trim(), body }
}

/** The whole story, and what must not happen on the way. */
async function story(base: string): Promise<void> {
  const { page, watched } = await open(`${base}/docs`)
  expect(await page.title()).toBe('Items – API documentation')
  await logIn(page, 'right')
  await page.waitForSelector('.auth-container .btn:has-text("Logout")')
  await page.click('.btn-done')
  const { status, body } = await call(page, 'getUsersMe')
  expect(status).toBe('200')
  expect(body.replace(/\s/g, '')).toContain('"name":"ada","scopes":["me"]')
  expect(watched.violations).toEqual([])
  expect(watched.errors).toEqual([])
  expect(watched.requests).toEqual(expect.arrayContaining([`POST ${base}/token`, `GET ${base}/users/me`]))
  for (const request of watched.requests) expect(request).toMatch(new RegExp(`^[A-Z]+ ${base}/`))
}

test('SECURITY 255 and 263: Authorize gets a token by the password form, and a protected route answers 200 with it', async () => {
  await story(await serve(items()))
  // RFC 6749 §2.3.1: there was no client to authenticate, so nothing pretended to be one.
  expect(sent.at(-1)).toBe(null)
})

test('the docs page works in an application that is mounted under a prefix', async () => {
  const outer = api({ title: 'Outer', docs: false }).mount('/shop', items())
  await story(`${await serve(outer)}/shop`)
})

test('the docs page works behind a proxy that strips a prefix', async () => {
  const base = await serve(items())
  await story(await proxied(base, '/behind/proxy', true))
})

test('the docs page works behind a proxy that strips a prefix which the application knows', async () => {
  const base = await serve(items([{ url: '/behind' }]))
  await story(await proxied(base, '/behind', true))
})

test('the docs page works behind a proxy that leaves the prefix', async () => {
  const base = await serve(api({ docs: false }).mount('/kept', items()))
  await story(await proxied(base, '/kept', false))
})

test('a wrong password is shown in the dialog, and the route still refuses', async () => {
  const base = await serve(items())
  const { page, watched } = await open(`${base}/docs`)
  await logIn(page, 'wrong')
  await page.waitForSelector('.auth-container .errors')
  await page.click('.btn-done')
  expect(await call(page, 'getUsersMe')).toMatchObject({ status: expect.stringMatching(/^401/) })
  expect(watched.violations).toEqual([])
})

test('SECURITY 254: the page cannot be framed', async () => {
  const base = await serve(items())
  const framing = await serve(
    api({ docs: false }).get('/', {}, () => {
      const headers = { 'content-type': 'text/html' }
      return new Response(`<iframe src="${base}/docs"></iframe>`, { headers })
    }),
  )
  const page = await newPage()
  await page.goto(framing)
  await page.waitForTimeout(300)
  const [, frame] = page.frames()
  expect(await frame?.evaluate(() => document.querySelector('#swagger-ui')).catch(() => null)).toBeFalsy()
})

test.each([
  ['another origin', {}],
  ['another origin that keeps its window to itself', { 'cross-origin-opener-policy': 'same-origin' }],
])('the code flow with PKCE comes back through the redirect page, from a login on %s', async (_, headers) => {
  const challenges: string[] = []
  const verifiers: string[] = []
  const login = await serve(
    api({ docs: false, cors: { origins: '*' } })
      .get('/authorize', { request }, ({ request }) => {
        const asked = new URL(request.url).searchParams
        challenges.push(asked.get('code_challenge_method') ?? '')
        const back = new URL(asked.get('redirect_uri') ?? '')
        back.searchParams.set('code', 'c0de')
        back.searchParams.set('state', asked.get('state') ?? '')
        return html(`<a href="${back.href.replaceAll('&', '&amp;')}">Log in</a>`, headers)
      })
      .post('/token', { request }, async ({ request }) => {
        verifiers.push(new URLSearchParams(await request.text()).get('code_verifier') ?? '')
        return tokens.issue({ subject: 'ada', scopes: ['me'], clientId: 'docs' })
      }),
  )
  const code = authorizationCodeBearer({
    authorizationUrl: `${login}/authorize`,
    tokenUrl: `${login}/token`,
    scopes,
    verify: tokens.verify,
  })
  const app = api({ title: 'Items', docs: { oauth: { clientId: 'docs', scopes: ['me'] } } }).get(
    '/users/me',
    { user: security(code, ['me']) },
    ({ user }) => ({ name: user.subject }),
  )
  const base = await serve(app)
  const { page, watched } = await open(`${base}/docs`)
  await page.click('.btn.authorize')
  const opening = page.waitForEvent('popup')
  await page.click('.modal-btn.authorize')
  const popup = await opening
  const closed = popup.waitForEvent('close')
  await popup.click('text=Log in')
  await closed
  await page.waitForSelector('.auth-container .btn:has-text("Logout")')
  await page.click('.btn-done')
  expect(await call(page, 'getUsersMe')).toMatchObject({ status: '200' })
  expect(challenges).toEqual(['S256'])
  expect(verifiers[0]).toMatch(/^[\w-]{43,}$/)
  expect(watched.violations).toEqual([])
})

test('the docs page of an API on another site logs in on the real pages, and reads the answer of the token endpoint', async () => {
  const [port, own] = [await freePort(), await freePort()]
  const [issuer, base] = [`http://localhost:${port}`, `http://127.0.0.1:${own}`]
  const server = authorizationServer({
    issuer,
    database: 'sqlite::memory:',
    scopes,
    resources: { [base]: { name: 'Items' } },
    clients: [
      {
        id: 'docs',
        tokenEndpointAuthMethod: 'none',
        applicationType: 'native',
        redirectUris: [`${base}/docs/oauth2-redirect`],
      },
    ],
  })
  const { accounts } = await server.open()
  await accounts.create({ username: 'ada', name: 'Ada', password: 'correct horse battery staple' })
  const auth = server.bearer({ flows: ['authorizationCode'] })
  const items = api({ title: 'Items', docs: { oauth: { clientId: 'docs', scopes: ['me'] } } }).get(
    '/users/me',
    { token: security(auth, ['me']) },
    async ({ token }) => ({ name: (await accounts.get(token.subject))?.name }),
  )
  await serve(server.app, issuer)
  await serve(items, base)

  const { page, watched } = await open(`${base}/docs`)
  await page.click('.btn.authorize')
  const opening = page.waitForEvent('popup')
  await page.click('.modal-btn.authorize')
  const popup = await opening
  await popup.fill('#username', 'ada')
  await popup.fill('#password', 'correct horse battery staple')
  await popup.click('button:has-text("Log in")')
  const closed = popup.waitForEvent('close')
  await popup.click('button[value=allow]')
  await closed
  await page.waitForSelector('.auth-container .btn:has-text("Logout")')
  await page.click('.btn-done')
  const { status, body } = await call(page, 'getUsersMe')
  expect([status, body]).toEqual(['200', expect.stringContaining('Ada')])
  expect(watched.violations).toEqual([])
  expect(watched.errors).toEqual([])
})

test('RFC 6749 §10.12: an answer to a question that this page did not ask is left alone, and the window says so', async () => {
  const asked: string[] = []
  const code = authorizationCodeBearer({
    authorizationUrl: 'authorize',
    tokenUrl: 'token',
    scopes,
    verify: tokens.verify,
  })
  const app = api({ title: 'Items', docs: { oauth: { clientId: 'docs' } } })
    .get('/authorize', { request }, ({ request }) => {
      asked.push(new URL(request.url).searchParams.get('state') ?? '')
      return html('Log in')
    })
    .post('/token', {}, { hidden: true }, () => {
      asked.push('token')
      return {}
    })
    .get('/users/me', { user: security(code, ['me']) }, ({ user }) => ({ name: user.subject }))
  const base = await serve(app)
  const { page } = await open(`${base}/docs`)
  await page.click('.btn.authorize')
  const opening = page.waitForEvent('popup')
  await page.click('.modal-btn.authorize')
  const popup = await opening
  await popup.waitForSelector('text=Log in')
  await popup.goto(`${base}/docs/oauth2-redirect?code=of-somebody-else&state=guessed`)
  await popup.waitForSelector('text=Nobody waits for this')
  // RFC 6749 §10.5: the code is not in the address any more, nor in the history.
  expect(popup.url()).toBe(`${base}/docs/oauth2-redirect`)
  expect(asked).toHaveLength(1)

  const state = encodeURIComponent(asked[0] ?? '')
  const closed = popup.waitForEvent('close')
  const refused = `error=access_denied&error_description=<b>No</b>&state=${state}`
  await popup.goto(`${base}/docs/oauth2-redirect?${refused}`).catch(() => undefined)
  await closed
  expect(await page.innerText('.auth-container .errors')).toContain('access_denied: <b>No</b>')
  expect(asked).toHaveLength(1)
})

function html(markup: string, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(markup, { headers: { 'content-type': 'text/html; charset=utf-8', ...headers } })
}
