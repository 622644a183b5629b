/** The page that asks for another password at the login, in a real browser. */

import axe from 'axe-core'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { authorizationServer } from '../../src/server.ts'
import { launchBrowser } from '../setup/browser.ts'
import { freshDatabase } from '../setup/database.ts'
import { freePort } from '../setup/free-port.ts'

const given = 'handed over on paper'
const password = 'four tired donkeys sing'

let browser: Browser
const cleanUps: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  browser = await launchBrowser()
})

afterAll(async () => {
  await browser.close()
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

test.each([
  { name: 'wide and light', width: 1280, colorScheme: 'light', locale: 'en', scripts: true },
  { name: 'narrow and dark', width: 320, colorScheme: 'dark', locale: 'de', scripts: true },
  { name: 'without scripts', width: 768, colorScheme: 'light', locale: 'en', scripts: false },
] as const)(
  'SECURITY 219 and 265: whoever was given a password chooses their own, and is at their account: $name',
  { timeout: 120_000 },
  async (look) => {
    const port = await freePort()
    const issuer = `http://localhost:${port}`
    const server = authorizationServer({
      issuer,
      serviceName: 'Example & Söhne',
      database: await freshDatabase('sqlite'),
      scopes: { read: 'Read your items' },
    })
    const { accounts } = await server.open()
    await accounts.create({ username: 'bob', password: given, mustChangePassword: true })
    const listening = await server.app.listen({ port, hostname: 'localhost' })
    cleanUps.push(() => listening.close())
    const page = await browser.newPage({
      viewport: { width: look.width, height: 800 },
      colorScheme: look.colorScheme,
      locale: look.locale,
      javaScriptEnabled: look.scripts,
    })
    const check = async (name: string): Promise<void> => {
      const width = await page.evaluate(() => document.documentElement.scrollWidth)
      expect([name, width <= look.width]).toEqual([name, true])
      const folder = process.env['SCREENSHOTS']
      if (folder) await page.screenshot({ path: `${folder}/${name}-${look.width}.png`, fullPage: true })
      if (!look.scripts) return
      // The policy of the page allows no script, so this one comes by the debugger.
      await page.evaluate(axe.source)
      const found = await page.evaluate(async () => {
        const { axe: loaded } = globalThis as unknown as {
          readonly axe: { run(): Promise<{ readonly violations: readonly { readonly id: string }[] }> }
        }
        return (await loaded.run()).violations.map(({ id }) => id)
      })
      expect([name, found]).toEqual([name, []])
    }

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
