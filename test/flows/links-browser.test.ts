/** Sign-up, recovery and another address in a real browser, with the mails read in the outbox of development. */

import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { authorizationServer } from '../../src/server.ts'
import { watch } from '../setup/browser.ts'
import { browserForTests, checkPage } from '../setup/browser-test.ts'
import { freshDatabase } from '../setup/database.ts'
import { freeAddress } from '../setup/free-port.ts'

const password = 'four tired donkeys sing'

beforeAll(() => void vi.spyOn(console, 'info').mockImplementation(() => undefined))
afterAll(() => void vi.restoreAllMocks())

const { newContext, serve } = browserForTests()

async function place(): Promise<string> {
  const issuer = await freeAddress()
  const server = authorizationServer({
    issuer,
    serviceName: 'Example & Söhne',
    database: await freshDatabase('sqlite'),
    scopes: { read: 'Read your items' },
    signUp: true,
  })
  await server.open()
  await serve(server.app, issuer)
  return issuer
}

/** Opens the latest mail to an address, and what it links to. */
async function followMail(page: Page, issuer: string, to: string, subject: string): Promise<void> {
  await vi.waitFor(
    async () => {
      await page.goto(`${issuer}/dev/outbox`)
      expect(await page.innerText('h2 >> nth=0')).toBe(subject)
    },
    { timeout: 20_000 },
  )
  expect(await page.innerText('h2 + p >> nth=0')).toContain(to)
  await page.click('a >> nth=0')
}

test.each([
  { name: 'wide and light', width: 1280, colorScheme: 'light', locale: 'en', scripts: true },
  {
    name: 'middle and dark, no script can run',
    width: 768,
    colorScheme: 'dark',
    locale: 'en',
    scripts: false,
  },
  { name: 'narrow and dark', width: 320, colorScheme: 'dark', locale: 'de', scripts: true },
] as const)(
  'SECURITY 221, 255, 263 and 265: under a policy without scripts a person makes an account, recovers it and changes its address: $name',
  { timeout: 120_000 },
  async (look) => {
    const issuer = await place()
    const isGerman = look.locale === 'de'
    const context = await newContext({
      viewport: { width: look.width, height: 800 },
      colorScheme: look.colorScheme,
      locale: look.locale,
      javaScriptEnabled: look.scripts,
    })
    const page = await context.newPage()
    const watched = await watch(page)
    const origins = new Set<string>()
    page.on('request', (request) => origins.add(new URL(request.url()).origin))
    const check = (name: string): Promise<void> => checkPage(page, name, look)
    const service = 'Example & Söhne'

    await page.goto(`${issuer}/login?next=/account/email`)
    await check('login-with-ways')
    await page.click('footer a >> nth=1')
    await check('sign-up')
    await page.fill('#email', 'bob.with.a.rather.long.name@subdomain.example.com')
    await page.press('#email', 'Enter')
    await page.waitForSelector('h1:not(:has(+ p.quiet))')
    await check('sign-up-sent')
    const address = 'bob.with.a.rather.long.name@subdomain.example.com'
    await followMail(
      page,
      issuer,
      address,
      isGerman ? `Ihr Konto bei ${service}` : `Your account at ${service}`,
    )
    await page.waitForSelector('#password')
    await check('choose-password')
    await page.fill('#password', 'passwordpassword')
    await page.fill('#repeat', 'passwordpassword')
    await page.press('#repeat', 'Enter')
    await page.waitForSelector('[role=alert]')
    await check('choose-password-refused')
    await page.fill('#password', password)
    await page.fill('#repeat', password)
    await page.press('#repeat', 'Enter')
    await page.waitForSelector('a.button')
    await check('account-made')
    await page.click('a.button')

    await page.click('footer a >> nth=0')
    await check('forgot-password')
    await page.fill('#email', address)
    await page.press('#email', 'Enter')
    await page.waitForSelector('h1:not(:has(+ p.quiet))')
    await check('forgot-password-sent')
    await followMail(
      page,
      issuer,
      address,
      isGerman ? `Neues Passwort bei ${service}` : `Set another password at ${service}`,
    )
    await page.waitForSelector('#password')
    const link = page.url()
    await page.fill('#password', `${password} again`)
    await page.fill('#repeat', `${password} again`)
    await page.press('#repeat', 'Enter')
    await page.waitForSelector('a.button')
    await check('password-set')
    await page.goto(link)
    await check('link-gone')

    await page.goto(`${issuer}/account/email`)
    await page.fill('#username', address)
    await page.fill('#password', `${password} again`)
    await page.press('#password', 'Enter')
    await page.waitForURL(`${issuer}/account/email`)
    await check('email')
    await page.fill('#email', 'robert@example.com')
    await page.fill('#password', 'wrong wrong wrong')
    await page.press('#password', 'Enter')
    await page.waitForSelector('[role=alert]')
    await check('email-refused')
    await page.fill('#password', `${password} again`)
    await page.press('#password', 'Enter')
    await page.waitForSelector('p.notice')
    await check('email-sent')
    await page.goto(`${issuer}/dev/outbox`)
    await vi.waitFor(
      async () => {
        await page.reload()
        expect(await page.innerText('main')).toContain('robert@example.com')
      },
      { timeout: 20_000 },
    )
    await check('outbox')
    await page.click('p:has-text("To robert@example.com") ~ p a >> nth=0')
    await page.waitForSelector('button')
    await check('email-confirm')
    await page.click('button')
    await page.waitForSelector('h1:not(:has(+ form))')
    await check('email-changed')

    await page.goto(`${issuer}/account`)
    await check('account')
    expect(watched.violations).toEqual([])
    expect([...origins]).toEqual([issuer])
    await context.close()
  },
)
