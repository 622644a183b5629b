/** The page that asks for another password at the login, in a real browser. */

import { expect, test } from 'vitest'
import { authorizationServer } from '../../src/server.ts'
import { browserForTests, checkPage } from '../setup/browser-test.ts'
import { freshDatabase } from '../setup/database.ts'
import { freeAddress } from '../setup/free-port.ts'

const given = 'handed over on paper'
const password = 'four tired donkeys sing'

const { newPage, serve } = browserForTests()

test.each([
  { name: 'wide and light', width: 1280, colorScheme: 'light', locale: 'en', scripts: true },
  { name: 'narrow and dark', width: 320, colorScheme: 'dark', locale: 'de', scripts: true },
  { name: 'without scripts', width: 768, colorScheme: 'light', locale: 'en', scripts: false },
] as const)(
  'SECURITY 219 and 265: whoever was given a password chooses their own, and is at their account: $name',
  { timeout: 120_000 },
  async (look) => {
    const issuer = await freeAddress()
    const server = authorizationServer({
      issuer,
      serviceName: 'Example & Söhne',
      database: await freshDatabase('sqlite'),
      scopes: { read: 'Read your items' },
    })
    const { accounts } = await server.open()
    await accounts.create({ username: 'bob', password: given, mustChangePassword: true })
    await serve(server.app, issuer)
    const page = await newPage({
      viewport: { width: look.width, height: 800 },
      colorScheme: look.colorScheme,
      locale: look.locale,
      javaScriptEnabled: look.scripts,
    })
    const check = (name: string): Promise<void> => checkPage(page, name, look)

    await page.goto(`${issuer}/login?next=/account`)
    await page.fill('#username', 'bob')
    await page.fill('#password', given)
    await page.press('#password', 'Enter')
    await page.waitForSelector('#repeat')
    await check('new-password')
    await page.fill('#password', given)
    await page.fill('#repeat', given)
    await page.press('#repeat', 'Enter')
    await page.waitForSelector('[role=alert]')
    await check('new-password-refused')
    await page.fill('#password', password)
    await page.fill('#repeat', password)
    await page.press('#repeat', 'Enter')
    await page.waitForURL(`${issuer}/account`)
    expect(await accounts.find('bob')).not.toHaveProperty('mustChangePassword')
  },
)
