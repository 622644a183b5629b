/** Second factors in a real browser: an app and recovery codes without scripts, passkeys with Chromium's own authenticator. */

import { Secret, TOTP } from 'otpauth'
import type { BrowserContext, CDPSession, Page } from 'playwright-core'
import { encode } from 'uqr'
import { describe, expect, test } from 'vitest'
import { authorizationServer } from '../../src/server.ts'
import { watch } from '../setup/browser.ts'
import { browserForTests, checkPage } from '../setup/browser-test.ts'
import { dialects, freshDatabase } from '../setup/database.ts'
import type { Dialect } from '../setup/database.ts'
import { freeAddress } from '../setup/free-port.ts'

const password = 'correct horse battery'

const { newContext, newPage, serve } = browserForTests()

/** A server on this machine, with a clock to turn. */
async function place(dialect: Dialect) {
  const issuer = await freeAddress()
  const clock = { ahead: 0 }
  const now = () => Date.now() + clock.ahead
  const server = authorizationServer({
    issuer,
    serviceName: 'Example & Söhne',
    database: await freshDatabase(dialect),
    scopes: { read: 'Read your items' },
    report: () => undefined,
    now,
  })
  const { accounts } = await server.open()
  await accounts.create({ username: 'alice', name: 'Alice <b>A.</b>', password })
  await serve(server.app, issuer)
  return { issuer, security: `${issuer}/account/security`, clock, now }
}

/** The device of a person: keeps passkeys, and is always touched. */
async function device(page: Page): Promise<{ readonly session: CDPSession; readonly id: string }> {
  const session = await page.context().newCDPSession(page)
  await session.send('WebAuthn.enable')
  const { authenticatorId: id } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  return { session, id }
}

/** As a browser that has no list of passkeys under a field: Chromium's own authenticator takes the first of it unasked. */
async function withoutList(page: Page): Promise<void> {
  await page.addInitScript(() => {
    Reflect.deleteProperty(PublicKeyCredential, 'isConditionalMediationAvailable')
  })
}

async function typePassword(page: Page): Promise<void> {
  await page.fill('#username', 'alice')
  await page.fill('#password', password)
  await page.press('#password', 'Enter')
}

async function forgetLogin(context: BrowserContext): Promise<void> {
  await context.clearCookies({ name: '__Host-gatewright-session' })
}

/** The QR code as a camera sees it, with what is around it: a text for each row, `#` for black. */
async function qrCodeOn(page: Page): Promise<readonly string[]> {
  const code = page.getByRole('img', { name: /QR/ })
  const side = Number((await code.getAttribute('viewBox'))?.split(' ')[2])
  const picture = (await code.screenshot()).toString('base64')
  // In a page of its own: the policy of ours lets no picture in.
  const other = await newPage()
  const rows = await other.evaluate(
    async ([png, count]) => {
      const image = new Image()
      image.src = `data:image/png;base64,${png}`
      await image.decode()
      const canvas = document.createElement('canvas')
      canvas.width = image.width
      canvas.height = image.height
      const context = canvas.getContext('2d')
      context?.drawImage(image, 0, 0)
      const step = image.width / count
      const isBlack = (x: number, y: number): boolean =>
        (context?.getImageData((x + 0.5) * step, (y + 0.5) * step, 1, 1).data[0] ?? 255) < 128
      return Array.from({ length: count }, (_row, y) =>
        Array.from({ length: count }, (_module, x) => (isBlack(x, y) ? '#' : ' ')).join(''),
      )
    },
    [picture, side] as const,
  )
  await other.close()
  return rows
}

async function seedOn(page: Page): Promise<string> {
  return (await page.innerText('.key code')).replaceAll(/\s/g, '')
}

function codeOf(seed: string, now: () => number): string {
  return new TOTP({ secret: Secret.fromBase32(seed) }).generate({ timestamp: now() })
}

describe.each(dialects)('%s', (dialect) => {
  test('a passkey is made, logs in alone, and is the second factor after a password', async () => {
    const { issuer, security } = await place(dialect)
    const context = await newContext()
    const page = await context.newPage()
    const watched = await watch(page)
    await withoutList(page)
    const { session, id } = await device(page)
    await page.goto(security)
    await typePassword(page)
    await page.fill('#passkey-name', 'Laptop of Alice')
    await page.click('button:has-text("Add a passkey")')
    await page.waitForSelector('ol.codes')
    await page.click('a.button.strong')
    await page.waitForSelector('text=Laptop of Alice')
    const { credentials } = await session.send('WebAuthn.getCredentials', { authenticatorId: id })
    expect(credentials.map(({ isResidentCredential, rpId }) => [isResidentCredential, rpId])).toEqual([
      [true, 'localhost'],
    ])

    await forgetLogin(context)
    await page.goto(security)
    await page.click('button:has-text("Log in with a passkey")')
    await page.waitForSelector('text=Laptop of Alice')
    expect(page.url()).toBe(security)

    await forgetLogin(context)
    await page.goto(security)
    await typePassword(page)
    await page.waitForURL(/second-factor/)
    await page.click('button:has-text("Use a passkey")')
    await page.waitForURL(security)

    const after = await session.send('WebAuthn.getCredentials', { authenticatorId: id })
    expect(after.credentials[0]?.signCount).toBeGreaterThan(credentials[0]?.signCount ?? 0)
    expect(watched.violations).toEqual([])
    expect(watched.errors).toEqual([])
    expect([...new Set(watched.requests.map((each) => new URL(each.split(' ')[1] ?? '').origin))]).toEqual([
      issuer,
    ])
    await context.close()
  })

  test('SECURITY 265: without scripts a person sets an app up, and logs in with it and with a recovery code', async () => {
    const { security, clock, now } = await place(dialect)
    const context = await newContext({ javaScriptEnabled: false })
    const page = await context.newPage()
    await page.goto(security)
    expect(await page.isVisible('button:has-text("passkey")')).toBe(false)
    await typePassword(page)
    await page.click('button:has-text("Add an authenticator app")')
    const seed = await seedOn(page)
    expect(await page.getByRole('img', { name: 'QR code for your authenticator app' }).isVisible()).toBe(true)
    await page.fill('#code', codeOf(seed, now))
    await page.press('#code', 'Enter')
    await page.waitForSelector('ol.codes')
    const codes = await page.locator('ol.codes code').allInnerTexts()
    clock.ahead += 30_000
    await forgetLogin(context)
    await page.goto(security)
    await typePassword(page)
    await page.waitForURL(/second-factor/)
    await page.fill('#code', codeOf(seed, now).replace(/^.../, '$& '))
    await page.press('#code', 'Enter')
    await page.waitForURL(security)
    await forgetLogin(context)
    await page.goto(security)
    await typePassword(page)
    await page.click('summary')
    await page.fill('#recovery', codes[3] ?? '')
    await page.press('#recovery', 'Enter')
    await page.waitForSelector('text=9 are left')
    await context.close()
  })
})

test('a passkey is offered under the field for the username', async () => {
  const { security } = await place('sqlite')
  const context = await newContext()
  const page = await context.newPage()
  await device(page)
  await page.goto(security)
  await typePassword(page)
  await page.click('button:has-text("Add a passkey")')
  await page.waitForSelector('ol.codes')
  await forgetLogin(context)
  await page.goto(security)
  // Nothing is clicked: the authenticator takes what the list would offer.
  await page.waitForURL(security)
  await page.waitForSelector('ul.rows')
  await context.close()
})

test('a passkey that is not used leaves the page as it was', async () => {
  const { security } = await place('sqlite')
  const page = await newPage()
  const { session, id } = await device(page)
  await page.goto(security)
  // The device has no passkey for this site, and a finger that it does not know.
  await session.send('WebAuthn.setUserVerified', { authenticatorId: id, isUserVerified: false })
  await page.click('button:has-text("Log in with a passkey")')
  await page.waitForSelector('[data-failed]:not([hidden])')
  await typePassword(page)
  await page.waitForSelector('button:has-text("Add a passkey")')
  await page.click('button:has-text("Add a passkey")')
  await page.waitForSelector('[data-failed]:not([hidden])')
  expect((await session.send('WebAuthn.getCredentials', { authenticatorId: id })).credentials).toEqual([])
  await page.close()
})

test.each([
  { name: 'wide and light', width: 1280, colorScheme: 'light', locale: 'en' },
  { name: 'in between', width: 600, colorScheme: 'light', locale: 'de' },
  { name: 'narrow and dark', width: 320, colorScheme: 'dark', locale: 'de' },
] as const)(
  'SECURITY 255: the pages of second factors are clean for axe and keep their policy: $name',
  async (look) => {
    const { security, clock, now } = await place('sqlite')
    const page = await newPage({
      viewport: { width: look.width, height: 800 },
      colorScheme: look.colorScheme,
      locale: look.locale,
    })
    const watched = await watch(page)
    await withoutList(page)
    await device(page)
    const check = (name: string): Promise<void> => checkPage(page, name, look)
    await page.goto(security)
    await page.waitForSelector('form[data-passkey]:not([hidden])')
    await check('login-passkey')
    await typePassword(page)
    await page.waitForSelector('form[data-passkey]:not([hidden])')
    await check('security-empty')
    await page.click('button[value=app]')
    await page.waitForSelector('.key')
    await check('security-app')
    const seed = await seedOn(page)
    const uri = (await page.getAttribute('a[href^="otpauth:"]', 'href')) ?? ''
    expect(new URL(uri).searchParams.get('secret')).toBe(seed)
    // With the four white modules that a camera needs around it, in the dark as well.
    const code = encode(uri, { ecc: 'M', border: 4 }).data
    expect(await qrCodeOn(page)).toEqual(code.map((row) => row.map((each) => (each ? '#' : ' ')).join('')))
    await page.fill('#code', '000000')
    await page.press('#code', 'Enter')
    await page.waitForSelector('[role=alert]')
    await check('security-app-wrong')
    await page.fill('#code', codeOf(seed, now))
    await page.press('#code', 'Enter')
    await page.waitForSelector('ol.codes')
    await check('security-codes')
    await page.click('a.button.strong')
    await page.waitForSelector('form[data-passkey]:not([hidden])')
    await page.fill('#passkey-name', 'Ein Laptop mit einem ziemlich langen Namen, und noch mehr')
    await page.click('form[data-passkey] button')
    await page.waitForSelector('ul.rows > li:nth-child(2)')
    await check('security-list')
    await page.click('ul.rows details:first-of-type summary')
    await check('security-list-open')
    clock.ahead += 30_000
    await forgetLogin(page.context())
    await page.goto(security)
    await typePassword(page)
    await page.waitForSelector('form[data-passkey]:not([hidden])')
    await check('second-factor')
    await page.fill('#code', '000000')
    await page.press('#code', 'Enter')
    await page.waitForSelector('#problem')
    await check('second-factor-wrong')
    await page.click('details.way summary')
    await page.fill('#recovery', 'nothing like it')
    await page.press('#recovery', 'Enter')
    await page.waitForSelector('details.way[open]')
    await check('second-factor-recovery')
    expect(watched.violations).toEqual([])
    await page.close()
  },
)
