/** What tests in a browser share: the browser of their file, what is served to it, and what every page must be. */

import axe from 'axe-core'
import type { Api } from 'gatewright'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, expect } from 'vitest'
import { launchBrowser } from './browser.ts'

/** The browser of a file of tests. */
export interface BrowserForTests {
  readonly newContext: (options?: BrowserContextOptions) => Promise<BrowserContext>
  /** A page in a context of its own. */
  readonly newPage: (options?: BrowserContextOptions) => Promise<Page>
  /** Something to do once the tests are over and the browser is closed. What was told last is done first. */
  readonly cleanUp: (task: () => Promise<unknown>) => void
  /**
   * Serves an application until then.
   *
   * @param address Where, as `http://localhost:8000`; on any port of `127.0.0.1` unless told.
   * @returns Where.
   */
  readonly serve: (app: Api, address?: string) => Promise<string>
}

/** Starts a browser before the tests of this file, and closes it after them. */
export function browserForTests(): BrowserForTests {
  let browser: Browser
  const cleanUps: (() => Promise<unknown>)[] = []
  const cleanUp = (task: () => Promise<unknown>): void => void cleanUps.push(task)

  beforeAll(async () => {
    browser = await launchBrowser()
  })

  afterAll(async () => {
    await browser.close()
    for (const task of cleanUps.splice(0).toReversed()) await task()
  })

  return {
    newContext: (options) => browser.newContext(options),
    newPage: (options) => browser.newPage(options),
    cleanUp,
    async serve(app, address = 'http://127.0.0.1:0') {
      const { hostname, port } = new URL(address)
      const listener = await app.listen({ hostname, port: Number(port) })
      cleanUp(() => listener.close())
      return listener.url
    },
  }
}

/** How a page is looked at. */
export interface Look {
  /** Pixels. */
  readonly width: number
  readonly colorScheme: 'light' | 'dark'
  /** Whether the page can run scripts; axe is one. True unless told. */
  readonly scripts?: boolean
}

/** Fails unless axe finds nothing and nothing is wider than the screen. Keeps a picture where `SCREENSHOTS` names a folder. */
export async function checkPage(page: Page, name: string, look: Look): Promise<void> {
  if (look.scripts !== false) expect([name, await axeFaults(page)]).toEqual([name, []])
  const width = await page.evaluate(() => document.documentElement.scrollWidth)
  expect([name, width <= look.width]).toEqual([name, true])
  await screenshot(page, `${name}-${look.width}-${look.colorScheme}`)
}

/** What axe finds: how bad each fault is, and the rule. */
export async function axeFaults(page: Page): Promise<readonly string[]> {
  // The policy of the page allows no script, so this one comes by the debugger.
  await page.evaluate(axe.source)
  return page.evaluate(async () => {
    const { axe: loaded } = globalThis as unknown as {
      readonly axe: { run(): Promise<{ readonly violations: readonly { id: string; impact: string }[] }> }
    }
    const { violations } = await loaded.run()
    return violations.map(({ id, impact }) => `${impact}: ${id}`)
  })
}

/** Keeps a picture of the whole page where the environment variable `SCREENSHOTS` names a folder. */
export async function screenshot(page: Page, name: string): Promise<void> {
  const folder = process.env['SCREENSHOTS']
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true })
}
