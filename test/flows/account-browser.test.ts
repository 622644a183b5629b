/** The pages of the account, of a device's code and of the choice of an account in a real browser. */

import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { sha256Base64url } from '../../src/crypto/hash.ts'
import { authorizationServer, defaultPages } from '../../src/server.ts'
import { watch } from '../setup/browser.ts'
import { browserForTests, checkPage } from '../setup/browser-test.ts'
import { freshDatabase } from '../setup/database.ts'
import { freeAddress } from '../setup/free-port.ts'

const password = 'correct horse battery'
const verifier = 'v'.repeat(64)
const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code'

const { newContext, serve } = browserForTests()

/** A server with a person, who has let two applications in and is logged in on a phone as well. */
async function place() {
  const issuer = await freeAddress()
  const server = authorizationServer({
    issuer,
    serviceName: 'Example & Söhne',
    database: await freshDatabase('sqlite'),
    scopes: { read: 'Read your items', write: 'Add and change your items, and what belongs to them' },
    report: () => undefined,
    accountRemoval: true,
    pages: defaultPages(),
    clients: [
      {
        id: 'web',
        clientName: 'Items for Teams',
        tokenEndpointAuthMethod: 'none',
        redirectUris: ['https://items.test/cb'],
        grantTypes: ['authorization_code', 'refresh_token'],
      },
      {
        id: 'tv',
        clientName: '<img src=x onerror=alert(1)> Television',
        tokenEndpointAuthMethod: 'none',
        grantTypes: [deviceGrant, 'refresh_token'],
      },
    ],
  })
  const open = await server.open()
  const { id } = await open.accounts.create({
    username: 'alice',
    name: 'Alice Archibald-Hohenstaufen',
    email: 'alice@example.com',
    password,
  })
  const now = Date.now()
  await open.store.startSession({
    hash: sha256Base64url('phone'),
    id: 'phone',
    subject: id,
    createdAt: now,
    authTime: now,
    methods: ['pwd'],
    idleUntil: now + 600_000,
    expiresAt: now + 600_000,
    address: '2001:db8:85a3:1234:8a2e:370:7334:9999',
    userAgent: 'Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 Version/26.0 Mobile/15E148 Safari/604.1',
  })
  for (const [clientId, scopes] of [
    ['web', ['read', 'write']],
    ['tv', ['read']],
  ] as const) {
    const grant = { id: `grant-${clientId}`, clientId, subject: id, scopes, resources: [issuer] }
    await open.store.issue({
      clientId,
      grant,
      now,
      family: { id: `f-${clientId}`, expiresAt: now + 600_000, scopes, resources: [issuer] },
    })
  }
  await serve(server.app, issuer)
  const device = async (): Promise<string> => {
    const answer = await fetch(`${issuer}/device_authorization`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: 'tv', scope: 'read write' }),
    })
    return ((await answer.json()) as { readonly user_code: string }).user_code
  }
  const choice = `${issuer}/authorize?${new URLSearchParams({
    response_type: 'code',
    client_id: 'web',
    redirect_uri: 'https://items.test/cb',
    code_challenge: sha256Base64url(verifier),
    code_challenge_method: 'S256',
    scope: 'read',
    prompt: 'select_account',
  }).toString()}`
  return { issuer, device, choice, open, subject: id }
}

async function logIn(page: Page): Promise<void> {
  await page.fill('#username', 'alice')
  await page.fill('#password', password)
  await page.press('#password', 'Enter')
}

test.each([
  { name: 'wide and light', width: 1280, colorScheme: 'light', locale: 'en' },
  { name: 'a phone, dark', width: 375, colorScheme: 'dark', locale: 'en' },
  { name: 'narrow and dark, in German', width: 320, colorScheme: 'dark', locale: 'de' },
  { name: 'narrow and light, in German', width: 320, colorScheme: 'light', locale: 'de' },
] as const)(
  'SECURITY 255 and 258: pages are clean for axe, fit the screen, keep their policy: $name',
  async (look) => {
    const { issuer, device, choice } = await place()
    const context = await newContext({
      viewport: { width: look.width, height: 800 },
      colorScheme: look.colorScheme,
      locale: look.locale,
    })
    const page = await context.newPage()
    const watched = await watch(page)
    const check = (name: string): Promise<void> => checkPage(page, name, look)
    const code = await device()
    await page.goto(`${issuer}/device?user_code=${code}`)
    await logIn(page)
    await page.waitForSelector('#user_code')
    await check('device-enter')
    await page.fill('#user_code', 'BBBB BBBB')
    await page.press('#user_code', 'Enter')
    await page.waitForSelector('[role=alert]')
    await check('device-unknown')
    await page.fill('#user_code', code.toLowerCase())
    await page.press('#user_code', 'Enter')
    await page.waitForSelector('button[value=allow]')
    expect(await page.innerText('main')).toContain(code)
    await check('device-confirm')
    await page.click('button[value=allow]')
    await page.waitForSelector('main:not(:has(form))')
    await check('device-done')
    await page.goto(choice)
    await check('chooser')
    for (const section of ['', '/profile', '/password', '/sessions', '/applications', '/removal']) {
      await page.goto(`${issuer}/account${section}`)
      await check(`account${section.replace('/', '-')}`)
    }
    await page.goto(`${issuer}/account/password`)
    await page.fill('#password', password)
    await page.fill('#new_password', 'too short')
    await page.fill('#repeated', 'too short')
    await page.press('#repeated', 'Enter')
    await page.waitForSelector('[role=alert]')
    await check('account-password-refused')
    await page.goto(`${issuer}/account/applications`)
    await page.locator('button[value=web]').click()
    await page.waitForSelector('[role=status]')
    await check('account-applications-notice')
    expect(watched.violations).toEqual([])
    await context.close()
  },
)

test('SECURITY 265: without scripts and without a mouse a person changes the password and ends the other sessions', async () => {
  const { issuer, open, subject } = await place()
  const context = await newContext({ javaScriptEnabled: false })
  const page = await context.newPage()
  await page.goto(`${issuer}/account`)
  await logIn(page)
  await page.waitForSelector('nav')
  /** Goes on by the tabulator to what reads so. */
  const tabTo = async (name: string): Promise<void> => {
    for (let presses = 0; presses < 40; presses++) {
      await page.keyboard.press('Tab')
      const focused = page.locator(':focus')
      const text =
        (await focused.count()) === 0 ? '' : await focused.evaluate((element) => element.textContent)
      if (text.trim() === name) return
    }
    throw new Error(`The tabulator does not lead to ${name}`)
  }
  await tabTo('Sessions')
  await page.keyboard.press('Enter')
  await page.waitForSelector('h1:has-text("Where you are logged in")')
  await tabTo('Log out everywhere else')
  await page.keyboard.press('Enter')
  await page.waitForSelector('[role=status]')
  expect(await open.store.listSessions(subject, Date.now())).toHaveLength(1)
  await tabTo('Password')
  await page.keyboard.press('Enter')
  await page.waitForSelector('#new_password')
  await page.focus('#password')
  await page.keyboard.type(password)
  await page.keyboard.press('Tab')
  await page.keyboard.type('another horse, with a better battery')
  await page.keyboard.press('Tab')
  await page.keyboard.type('another horse, with a better battery')
  await page.keyboard.press('Enter')
  await page.waitForSelector('[role=status]')
  expect(new URL(page.url()).pathname).toBe('/account')
  const login = { username: 'alice', password: 'another horse, with a better battery' }
  expect((await open.accounts.authenticate(login)).subject).toBe(subject)
  await context.close()
})
