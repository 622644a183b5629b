/** The login and consent pages in a real browser: an application on another port signs its user in. */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { api, security } from 'gatewright'
import { sha256Base64url } from '../../src/crypto/hash.ts'
import { authorizationServer } from '../../src/server.ts'
import { watch } from '../setup/browser.ts'
import { browserForTests, checkPage } from '../setup/browser-test.ts'
import { dialects, freshDatabase } from '../setup/database.ts'
import { freeAddress } from '../setup/free-port.ts'
import type { Dialect } from '../setup/database.ts'

const password = 'correct horse battery'
const verifier = 'v'.repeat(64)
const secret = 'web-secret-that-has-more-than-32-characters'

const { cleanUp, newContext, newPage, serve } = browserForTests()

/** A server that people log in at, and an application elsewhere that sends them there. */
async function places(dialect: Dialect) {
  const client = createServer((request, response) => {
    // A callback that sends its user on, to yet another origin: browsers hold the form's policy against that as well.
    if (request.url?.startsWith('/cb') === true) {
      const { port } = client.address() as AddressInfo
      response.writeHead(302, { location: `http://localhost:${port}/done${request.url.slice(3)}` }).end()
    } else response.setHeader('content-type', 'text/html').end('<h1>Signed in</h1>')
  }).listen(0, '127.0.0.1')
  await new Promise((ready) => client.once('listening', ready))
  cleanUp(() => new Promise((closed) => client.close(closed)))
  const callback = `http://127.0.0.1:${(client.address() as AddressInfo).port}/cb`
  const issuer = await freeAddress()
  const server = authorizationServer({
    issuer,
    serviceName: 'Example & Söhne',
    database: await freshDatabase(dialect),
    scopes: { read: 'Read your items', write: 'Add and change your items' },
    report: () => undefined,
    clients: [
      {
        id: 'web',
        clientName: '<img src=x onerror=alert(1)> Items',
        applicationType: 'native',
        secret,
        redirectUris: [callback],
        grantTypes: ['authorization_code', 'refresh_token'],
      },
    ],
  })
  const auth = server.bearer()
  const documented = api()
    .get('/items', { auth: security(auth, ['read']) }, { summary: 'List your items' }, () => [])
    .put('/items/{id}', { auth: security(auth, ['write']) }, { summary: 'Change an item' }, () => 'changed')
  for (let number = 1; number <= 13; number++) {
    documented.post(
      `/items/{id}/attachments-with-a-long-name/${String(number)}`,
      { auth: security(auth, ['write']) },
      { summary: `<i>Attach</i> file ${String(number)} to one of your items` },
      () => 'attached',
    )
  }
  const { accounts } = await server.open()
  await accounts.create({ username: 'alice', name: 'Alice <b>A.</b>', password })
  await serve(server.app, issuer)
  const url = `${issuer}/authorize?${new URLSearchParams({
    response_type: 'code',
    client_id: 'web',
    redirect_uri: callback,
    code_challenge: sha256Base64url(verifier),
    code_challenge_method: 'S256',
    scope: 'read write',
    state: 'x y',
  }).toString()}`
  return { issuer, url, callback }
}

describe.each(dialects)('%s', (dialect) => {
  test('SECURITY 256 and 265: without scripts a person logs in, agrees, and arrives', async () => {
    const { issuer, url, callback } = await places(dialect)
    const context = await newContext({ javaScriptEnabled: false })
    const page = await context.newPage()
    const requests: string[] = []
    page.on('request', (request) => requests.push(new URL(request.url()).origin))
    await page.goto(url)
    await page.fill('#username', 'alice')
    await page.fill('#password', 'not the password at all')
    await page.click('button:has-text("Log in")')
    await page.waitForSelector('[role=alert]')
    expect(await page.inputValue('#username')).toBe('alice')
    await page.fill('#password', password)
    await page.press('#password', 'Enter')
    await page.waitForSelector('button:has-text("Allow")')
    const text = await page.innerText('main')
    expect(text).toContain('<img src=x onerror=alert(1)> Items')
    expect(text).toContain('a program on this computer')
    expect(text).toContain(new URL(callback).host)
    expect(text).toContain('Add and change your items')
    // SECURITY 263: nothing came from anywhere else.
    expect([...new Set(requests)]).toEqual([issuer])
    await page.click('button[value=allow]')
    await page.waitForURL(/\/done/)
    const { searchParams } = new URL(page.url())
    expect(searchParams.get('state')).toBe('x y')
    const answer = await fetch(`${issuer}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`web:${secret}`).toString('base64')}` },
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code: searchParams.get('code') ?? '',
        redirect_uri: callback,
        code_verifier: verifier,
      }),
    })
    expect(answer.status).toBe(200)
    const cookies = await context.cookies(issuer)
    expect(
      cookies.every(({ name, httpOnly, secure }) => name.startsWith('__Host-') && httpOnly && secure),
    ).toBe(true)
    await context.close()
  })
})

test.each([
  { name: 'wide and light', width: 1280, colorScheme: 'light' },
  { name: 'narrow and dark', width: 320, colorScheme: 'dark' },
] as const)(
  'SECURITY 255: pages are clean for axe, fit the screen and keep their policy: $name',
  async (look) => {
    const { url, issuer } = await places('sqlite')
    const page = await newPage({
      viewport: { width: look.width, height: 800 },
      colorScheme: look.colorScheme,
    })
    const watched = await watch(page)
    const check = (name: string): Promise<void> => checkPage(page, name, look)
    await page.goto(url)
    await check('login')
    await page.fill('#username', 'alice')
    await page.fill('#password', 'wrong wrong wrong')
    await page.press('#password', 'Enter')
    await page.waitForSelector('[role=alert]')
    await check('login-refused')
    await page.fill('#password', password)
    await page.press('#password', 'Enter')
    await page.waitForSelector('button[value=allow]')
    await check('consent')
    const folds = page.locator('summary')
    expect(await folds.count()).toBe(2)
    expect(await page.isVisible('text=GET /items')).toBe(false)
    // SECURITY 265: by keyboard as well.
    await folds.nth(0).focus()
    await page.keyboard.press('Enter')
    await page.waitForSelector('text=List your items')
    await folds.nth(1).click()
    await page.waitForSelector('text=<i>Attach</i> file 1 to one of your items')
    expect(await page.innerText('main')).toContain('and 2 more')
    await check('consent-unfolded')
    await page.goto(`${issuer}/logout`)
    await check('sign-out')
    await page.click('button')
    await page.waitForSelector('h1:has-text("signed out")')
    await check('signed-out')
    await page.goto(`${issuer}/authorize?client_id=nobody`)
    await check('error')
    expect(watched.violations).toEqual([])
    await page.close()
  },
)

test('SECURITY 254: no page shows inside a frame', async () => {
  const { url } = await places('sqlite')
  const frame = createServer((_, response) => {
    response
      .setHeader('content-type', 'text/html')
      .end(`<iframe src="${url.replaceAll('&', '&amp;')}"></iframe>`)
  }).listen(0, '127.0.0.1')
  await new Promise((ready) => frame.once('listening', ready))
  cleanUp(() => new Promise((closed) => frame.close(closed)))
  const page = await newPage()
  await page.goto(`http://127.0.0.1:${(frame.address() as AddressInfo).port}/`)
  const inner = page.frames()[1]
  expect(inner).toBeDefined()
  expect(await inner?.locator('input').count()).toBe(0)
  await page.close()
})
