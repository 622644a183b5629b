/** The buttons of other providers and the page that links them, in a real browser. */

import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { authorizationServer, defaultPages } from '../../src/server.ts'
import { github, google, microsoft } from '../../src/sign-in.ts'
import { watch } from '../setup/browser.ts'
import { axeFaults, browserForTests, screenshot } from '../setup/browser-test.ts'
import { freshDatabase } from '../setup/database.ts'
import { freeAddress } from '../setup/free-port.ts'
import { clientAt } from './provider-world.ts'
import { upstream } from './upstream.ts'
import type { Upstream } from './upstream.ts'

const evil = '<img src=x onerror=alert(1)>'
const client = { clientId: 'id', clientSecret: 'secret' }

const { newContext, serve } = browserForTests()

async function place(more: Parameters<typeof clientAt>[2] = {}) {
  const issuer = await freeAddress()
  const work = await upstream()
  const server = authorizationServer({
    issuer,
    serviceName: 'Garden Party',
    database: await freshDatabase('sqlite'),
    scopes: {},
    report: () => undefined,
    pages: defaultPages(),
    providers: [
      google(client),
      github(client),
      microsoft({ ...client, tenant: 'common' }),
      clientAt(work, 'work', { name: `Stadtwerke ${evil}`, ...more }),
    ],
  })
  const open = await server.open()
  await open.accounts.create({
    username: 'alice',
    name: 'Alice Archibald',
    password: 'correct horse battery',
  })
  await serve(server.app, issuer)
  return { issuer, work, open }
}

/** The person logs in at the provider as soon as the browser is sent there. */
function answering(work: Upstream, sub: string): (location: string) => string {
  return (location) => work.logIn(location, { sub, preferred_username: `al ${evil}` })
}

async function checked(page: Page, name: string): Promise<void> {
  // As tall as it is wide or not: nothing may be cut off, in either light.
  for (const [width, colorScheme] of [
    [1100, 'light'],
    [320, 'light'],
    [320, 'dark'],
  ] as const) {
    await page.setViewportSize({ width, height: 800 })
    await page.emulateMedia({ colorScheme })
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
    await screenshot(page, `${name}-${width}-${colorScheme}`)
    expect(await axeFaults(page)).toEqual([])
  }
  await page.setViewportSize({ width: 1100, height: 800 })
  await page.emulateMedia({ colorScheme: 'light' })
}

test('SECURITY 258 and 263: the login page with buttons and the page of the providers load nothing from elsewhere and run nothing', async () => {
  const { issuer, work, open } = await place()
  const context = await newContext()
  const page = await context.newPage()
  const seen = await watch(page)
  await page.goto(`${issuer}/login`)
  for (const name of ['Google', 'GitHub', 'Microsoft', 'Stadtwerke']) {
    expect(await page.isVisible(`button:has-text("Continue with ${name}")`)).toBe(true)
  }
  await checked(page, 'login')
  work.does = { page: answering(work, 'new-1') }
  await page.click('button:has-text("Stadtwerke")')
  await page.waitForURL(`${issuer}/account`)
  await page.click('nav >> text=Sign-in services')
  expect(await page.textContent('h1')).toBe('Sign-in services')
  await checked(page, 'providers')
  // The only way in stays.
  await page.click('button:has-text("Remove")')
  expect(await page.textContent('[role="alert"]')).toContain(
    'would have no password, no passkey and no other',
  )
  await checked(page, 'providers-last')
  await page.goto(`${issuer}/account/password`)
  await checked(page, 'first-password')
  await page.fill('#new_password', 'four tired donkeys sing')
  await page.fill('#repeated', 'four tired donkeys sing')
  await page.click('main button')
  await page.goto(`${issuer}/account/providers`)
  await page.click('button:has-text("Remove")')
  expect(await page.textContent('[role="status"]')).toContain('It does not log you in here any more')
  await page.click('button:has-text("Add Stadtwerke")')
  await page.waitForURL(`${issuer}/account/providers?done=provider_linked`)
  const [account] = (await open.accounts.list()).filter(({ username }) => username !== 'alice')
  expect(await open.providers.list(account?.id ?? '')).toHaveLength(1)
  expect(seen.violations).toEqual([])
  const elsewhere = seen.requests.filter((each) => !each.includes(issuer) && !each.includes(work.issuer))
  expect(elsewhere.filter((each) => !/ data:/.test(each))).toEqual([])
  await context.close()
}, 120_000)

test('what goes wrong at a provider is said on the login page, by keyboard and without scripts as well', async () => {
  const { issuer, work } = await place()
  const context = await newContext({ javaScriptEnabled: false })
  const page = await context.newPage()
  work.does = { page: (location) => work.refuse(location, 'access_denied') }
  await page.goto(`${issuer}/login`)
  await page.focus('button:has-text("Stadtwerke")')
  await page.keyboard.press('Enter')
  await page.waitForURL(/problem=cancelled/)
  expect(await page.textContent('[role="status"]')).toContain('You did not log in with Stadtwerke')
  await screenshot(page, 'cancelled')
  work.does = {
    page: answering(work, 'new-2'),
    answer: { token: (response) => void response.writeHead(500).end() },
  }
  await page.click('button:has-text("Stadtwerke")')
  await page.waitForURL(/problem=unavailable/)
  expect(await page.textContent('[role="alert"]')).toContain('does not answer as it should')
  await screenshot(page, 'unavailable')
  await context.close()
}, 60_000)

test('an answer that the provider’s page posts, from another site, finds the browser that began', async () => {
  const { issuer, work, open } = await place({ responseMode: 'form_post' })
  const context = await newContext()
  const page = await context.newPage()
  const posted: (string | undefined)[] = []
  const got: (string | undefined)[] = []
  page.on('request', (request) => {
    if (!request.url().includes('/login/callback/')) return
    const at = request.method() === 'POST' ? posted : got
    void request.allHeaders().then(({ cookie }) => at.push(cookie))
  })
  let responseMode: string | null = null
  work.does = {
    // As providers do it: a page whose script sends a form. 127.0.0.1 is another site than localhost.
    html(location) {
      responseMode = new URL(location).searchParams.get('response_mode')
      const back = new URL(work.logIn(location, { sub: 'new-3' }))
      const fields = [...back.searchParams].map(
        ([name, value]) => `<input type="hidden" name="${name}" value="${value}">`,
      )
      const form = `<form method="post" action="${back.origin + back.pathname}">${fields.join('')}</form>`
      return `<!doctype html>${form}<script>document.forms[0].submit()</script>`
    },
  }
  await page.goto(`${issuer}/login`)
  await page.click('button:has-text("Stadtwerke")')
  await page.waitForURL(`${issuer}/account`)
  expect(responseMode).toBe('form_post')
  expect(posted).toEqual([undefined])
  expect(got).toEqual([expect.stringContaining('__Host-gatewright-browser=')])
  expect(await open.accounts.list()).toHaveLength(2)
  await context.close()
}, 60_000)
