/** What people see: the docs page of the quick start, and two sites with one cookie, in a real browser. */

import { accounts } from 'gatewright/server'
import { openDatabase } from 'gatewright/store'
import { accessTokens, api } from 'gatewright'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser, watch } from '../test/setup/browser.ts'
import { app as notes } from './cookie-token.ts'
import { served } from './over-http.ts'
import { app } from './quick-start/app.ts'
import { addDemoAccounts, password } from './quick-start/demo-accounts.ts'
import { posts } from './quick-start/posts.ts'
import type { PostsTables } from './quick-start/posts.ts'
import { scopes } from './quick-start/scopes.ts'

let browser: Browser

beforeAll(async () => {
  browser = await launchBrowser()
})

afterAll(() => browser.close())

async function quickStart(): Promise<string> {
  const database = await openDatabase<PostsTables>('sqlite::memory:')
  const users = await accounts({ database, scopes })
  await addDemoAccounts(users)
  const secret = crypto.getRandomValues(new Uint8Array(32))
  const tokens = accessTokens({ issuer: 'http://localhost', secret, scopes })
  return (await served(app({ users, tokens, posts: await posts(database) }))).url
}

test('the Authorize button of the quick start logs the writer in, and a post is added', async () => {
  const page = await browser.newPage()
  const watched = await watch(page)
  await page.goto(await quickStart())
  await page.waitForSelector('.opblock')
  expect(page.url()).toMatch(/\/docs$/)

  await page.click('.btn.authorize')
  await page.fill('#oauth_username', 'writer')
  await page.fill('#oauth_password', password)
  await page.click('.modal-btn.authorize')
  await page.waitForSelector('.auth-container .btn:has-text("Logout")')
  await page.click('.btn-done')

  const operation = page.locator('[id^="operations-"][id$="-postPosts"]')
  await operation.locator('.opblock-summary-control').click()
  await operation.locator('.try-out__btn').click()
  await operation.locator('.body-param__text').fill('{ "title": "From the docs page" }')
  await operation.locator('.execute').click()
  const status = operation.locator('.live-responses-table tbody .response-col_status').first()
  expect((await status.textContent())?.trim()).toMatch(/^201/)
  expect(watched.violations).toEqual([])
  await page.close()
})

test('SECURITY 202: a page of another site cannot use the cookie, and the own page can', async () => {
  const { url } = await served(notes)
  const site = await served(api({ docs: false }).get('/', {}, () => html('<title>Another site</title>')))
  const context = await browser.newContext()
  const own = await context.newPage()
  await own.goto(`${url}/docs`)
  const post = (address: string, body: string, type: string) =>
    fetch(address, { method: 'POST', headers: { 'content-type': type }, body, credentials: 'include' }).then(
      ({ status }) => status,
    )
  const form = 'application/x-www-form-urlencoded'
  const login = new URLSearchParams({
    username: 'alice',
    password: 'correct horse battery staple',
  }).toString()
  expect(await own.evaluate(`(${post.toString()})('/login', ${JSON.stringify(login)}, '${form}')`)).toBe(204)
  expect(await own.evaluate(`(${post.toString()})('/notes', '{"text":"Mine"}', 'application/json')`)).toBe(
    201,
  )

  // Another port is another origin of the same site: SameSite lets the cookie through, the guard does not.
  const other = await context.newPage()
  await other.goto(site.url)
  const answers: number[] = []
  other.on('response', (response) => {
    if (response.url() === `${url}/notes`) answers.push(response.status())
  })
  await other.evaluate((target: string) => {
    const forged = document.createElement('form')
    forged.method = 'post'
    forged.enctype = 'text/plain'
    forged.action = target
    document.body.append(forged)
    forged.submit()
  }, `${url}/notes`)
  await expect.poll(() => answers).toEqual([403])
  const kept = await own.evaluate(`fetch('/notes').then((response) => response.json())`)
  expect(kept).toMatchObject([{ text: 'Mine' }])
  await context.close()
})

function html(text: string): Response {
  return new Response(`<!doctype html>${text}`, { headers: { 'content-type': 'text/html; charset=utf-8' } })
}
