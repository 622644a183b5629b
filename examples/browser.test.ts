/** What people see: the docs page of the quick start, and two sites with one cookie, in a real browser. */

import { openDatabase } from 'gatewright/store'
import { api } from 'gatewright'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { watch } from '../test/setup/browser.ts'
import type { Watched } from '../test/setup/browser.ts'
import { browserForTests } from '../test/setup/browser-test.ts'
import { dialects, freshDatabase } from '../test/setup/database.ts'
import type { Dialect } from '../test/setup/database.ts'
import { freeAddress } from '../test/setup/free-port.ts'
import { app as notes } from './cookie-token.ts'
import { served } from './over-http.ts'
import { app } from './quick-start/app.ts'
import { addDemoAccounts, password } from './quick-start/demo-accounts.ts'
import { posts } from './quick-start/posts.ts'
import type { PostsTables } from './quick-start/posts.ts'
import { server } from './quick-start/server.ts'

const { cleanUp, newContext, serve } = browserForTests()

/** The quick start, as `npm start` puts it together. */
async function quickStart(dialect: Dialect): Promise<string> {
  const database = await openDatabase<PostsTables>(await freshDatabase(dialect))
  cleanUp(() => database.close())
  const issuer = await freeAddress()
  const tokens = server({ issuer, database })
  const { accounts: users } = await tokens.open()
  await addDemoAccounts(users)
  const service = app({ server: tokens, users, posts: await posts(database) })
  await serve(service, issuer)
  return issuer
}

/** Presses Authorize, and logs in and agrees in the window that opens. */
async function authorize(page: Page, username: string): Promise<Watched> {
  await page.click('.btn.authorize')
  const opening = page.waitForEvent('popup')
  await page.click('.modal-btn.authorize')
  const popup = await opening
  const watched = await watch(popup)
  await popup.fill('#username', username)
  await popup.fill('#password', password)
  await popup.click('button:has-text("Log in")')
  await popup.waitForSelector('text=The docs page')
  await popup.locator('li:has-text("Add posts") summary').click()
  await popup.waitForSelector('li:has-text("Add a post"):has-text("POST /posts")')
  const closed = popup.waitForEvent('close')
  await popup.click('button[value=allow]')
  await closed
  await page.waitForSelector('.auth-container .btn:has-text("Logout")')
  await page.click('.btn-done')
  return watched
}

/** Calls an operation by its id, and gives the status and the body that the page shows. */
async function tryOut(page: Page, operationId: string, sent?: string): Promise<readonly [string, string]> {
  const operation = page.locator(`[id^="operations-"][id$="-${operationId}"]`)
  await operation.locator('.opblock-summary-control').click()
  await operation.locator('.try-out__btn').click()
  if (sent !== undefined) await operation.locator('.body-param__text').fill(sent)
  await operation.locator('.execute').click()
  const answer = operation.locator('.live-responses-table tbody')
  const status = (await answer.locator('.response-col_status').first().textContent()) ?? ''
  const body = (await answer.locator('.highlight-code code').first().textContent()) ?? ''
  return [status.trim().slice(0, 3), body]
}

describe.each(dialects)('the Authorize button of the quick start on %s', (dialect) => {
  test('SECURITY 255: logs the writer in on the real pages, with a code and PKCE, and a post is added', async () => {
    const url = await quickStart(dialect)
    const context = await newContext()
    const page = await context.newPage()
    const watched = await watch(page)
    await page.goto(url)
    await page.waitForSelector('.opblock')
    expect(page.url()).toBe(`${url}/docs`)

    const inPopup = await authorize(page, 'writer')
    const [status, body] = await tryOut(page, 'getUsersMe')
    expect(status).toBe('200')
    expect(JSON.parse(body)).toMatchObject({ username: 'writer', name: 'Wanda Writer' })
    expect((await tryOut(page, 'postPosts', '{ "title": "From the docs page" }'))[0]).toBe('201')
    expect([...watched.violations, ...inPopup.violations]).toEqual([])
    expect(watched.errors).toEqual([])
    // Everything came from the service itself, and no password was typed into the docs page.
    for (const request of watched.requests) expect(request.split(' ')[1]).toContain(`${url}/`)
    expect(watched.requests).toContain(`POST ${url}/token`)
    await context.close()
  })

  test('lets the reader agree to everything, and the account still may not write', async () => {
    const url = await quickStart(dialect)
    const context = await newContext()
    const page = await context.newPage()
    await page.goto(`${url}/docs`)
    await page.waitForSelector('.opblock')
    await authorize(page, 'reader')
    const [status, body] = await tryOut(page, 'postPosts', '{ "title": "No" }')
    expect([status, JSON.parse(body)]).toEqual(['403', { detail: 'This account may not do that' }])
    expect(await tryOut(page, 'getPosts')).toEqual(['200', '[]'])
    await context.close()
  })
})

test('SECURITY 202: a page of another site cannot use the cookie, and the own page can', async () => {
  const { url } = await served(notes)
  const site = await served(api({ docs: false }).get('/', {}, () => html('<title>Another site</title>')))
  const context = await newContext()
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
