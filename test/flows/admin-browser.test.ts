/** The admin pages in a real browser: without scripts, on a wide and a narrow screen, light and dark. */

import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { authorizationServer } from '../../src/server.ts'
import { watch } from '../setup/browser.ts'
import { axeFaults, browserForTests, checkPage } from '../setup/browser-test.ts'
import { freshDatabase } from '../setup/database.ts'
import { freeAddress } from '../setup/free-port.ts'
import { allAdminScopes, password } from './admin-world.ts'

const { newContext, newPage, serve } = browserForTests()

/** A server with somebody who administers it and some to be administered. */
async function place() {
  const issuer = await freeAddress()
  const server = authorizationServer({
    issuer,
    serviceName: 'Example & Söhne',
    database: await freshDatabase('sqlite'),
    scopes: { read: 'Read your items', write: 'Add and change your items' },
    admin: true,
    report: () => undefined,
    clients: [
      {
        id: 'web',
        clientName: '<img src=x onerror=alert(1)> Items',
        secret: 'web-secret-that-has-more-than-32-characters',
        redirectUris: ['https://items.example/callback'],
        grantTypes: ['authorization_code', 'refresh_token'],
      },
    ],
  })
  const { accounts, store } = await server.open()
  await accounts.create({ username: 'root', name: 'Rosa Root', password, scopes: allAdminScopes })
  const alice = { username: 'alice', name: 'Alice <b>A.</b>', email: 'alice@example.com', password }
  const { id } = await accounts.create(alice)
  const phone = { kind: 'totp', name: 'Phone', data: 'sealed', counter: 1, createdAt: Date.now() } as const
  await store.addAuthenticator({ ...phone, id: 'phone', subject: id })
  await accounts.create({ username: 'bob', password, disabled: true })
  await accounts.create({ username: 'dora', password })
  await serve(server.app, issuer)
  return issuer
}

async function logIn(page: Page, username: string): Promise<void> {
  await page.fill('#username', username)
  await page.fill('#password', password)
  await page.press('#password', 'Enter')
}

test('SECURITY 265: without scripts an account is added, changed and removed', async () => {
  const issuer = await place()
  const context = await newContext({ javaScriptEnabled: false })
  const page = await context.newPage()
  await page.goto(`${issuer}/admin`)
  await logIn(page, 'root')
  await page.click('nav a:has-text("Accounts")')
  await page.click('summary:has-text("Add an account")')
  await page.fill('details #username', 'carol')
  await page.check('details input[value=read]')
  await page.click('button:has-text("Add")')
  expect(await page.innerText('.once')).toMatch(/^[\w.-]{22,}$/)
  await page.click('a:has-text("Go on")')
  expect(await page.isChecked('input[value=read]')).toBe(true)
  await page.fill('#name', 'Carol')
  await page.click('button:has-text("Save")')
  expect(await page.innerText('[role=status]')).toBe('Saved.')
  await page.click('summary:has-text("Remove")')
  await page.fill('#confirm', 'carol')
  await page.click('button.danger')
  expect(await page.innerText('[role=status]')).toBe('Removed.')
  expect(await page.innerText('main')).not.toContain('carol')
  await context.close()
})

test.each([
  { name: 'wide and light', width: 1280, colorScheme: 'light' },
  { name: 'wide and dark', width: 1280, colorScheme: 'dark' },
  { name: 'narrow and dark', width: 320, colorScheme: 'dark' },
  { name: 'narrow and light', width: 320, colorScheme: 'light' },
] as const)(
  'SECURITY 255, 263: the admin pages are clean for axe, fit the screen and keep their policy: $name',
  async (look) => {
    const issuer = await place()
    const page = await newPage({
      viewport: { width: look.width, height: 800 },
      colorScheme: look.colorScheme,
    })
    const watched = await watch(page)
    const check = (name: string): Promise<void> => checkPage(page, name, look)
    const go = async (path: string, name: string): Promise<void> => {
      await page.goto(issuer + path)
      await check(name)
    }
    await page.goto(`${issuer}/admin`)
    await logIn(page, 'root')
    await page.waitForSelector('nav')
    await check('admin')
    await go('/admin/users', 'users')
    await page.click('summary')
    await page.fill('details #username', 'alice')
    await page.click('button:has-text("Add")')
    await page.waitForSelector('[role=alert]')
    await check('users-taken')
    await page.fill('details #username', 'carol')
    await page.click('button:has-text("Add")')
    await page.waitForSelector('.once')
    await check('password')
    await page.goto(`${issuer}/admin/users?search=alice`)
    await page.click('ul.entries a')
    await page.click('summary:has-text("Take all of them away")')
    await page.click('summary:has-text("Remove")')
    await check('user')
    await go('/admin/clients', 'clients')
    await page.click('summary')
    await check('clients-add')
    await page.fill('#client_id', 'shop')
    await page.fill('#redirect_uris', 'https://shop.example/cb')
    await page.click('button:has-text("Add")')
    await page.waitForSelector('.once')
    await check('secret')
    await go('/admin/clients/web', 'client-of-the-options')
    await go('/admin/clients/shop', 'client')
    await page.goto(`${issuer}/admin/keys`)
    await page.click('button:has-text("next key")')
    await page.waitForSelector('[role=status]')
    await page.click('summary')
    await check('keys')
    await go('/admin/audit', 'audit')
    await go('/admin/users/nobody', 'missing')
    const other = await newPage({ viewport: { width: look.width, height: 800 } })
    await other.goto(`${issuer}/admin`)
    await logIn(other, 'dora')
    await other.waitForSelector('h1:has-text("Not for this account")')
    expect(await axeFaults(other)).toEqual([])
    await other.close()
    expect(watched.violations).toEqual([])
    expect([...new Set(watched.requests.map((each) => new URL(each.split(' ')[1] ?? '').origin))]).toEqual([
      issuer,
    ])
    await page.close()
  },
)
