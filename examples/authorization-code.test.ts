/** The whole workflow in a browser: an application signs its user in and shows what the API gave it; so does a page. */

import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { watch } from '../test/setup/browser.ts'
import { browserForTests } from '../test/setup/browser-test.ts'
import { dialects, freshDatabase } from '../test/setup/database.ts'
import type { Dialect } from '../test/setup/database.ts'
import { freeAddress } from '../test/setup/free-port.ts'
import { planner } from './authorization-code/planner.ts'
import { service } from './authorization-code/service.ts'
import { singlePage } from './authorization-code/single-page.ts'

const { newPage, serve } = browserForTests()

/** Starts all of it on ports that are free. */
async function places(dialect: Dialect) {
  const [issuer, application, page] = [await freeAddress(), await freeAddress(), await freeAddress()]
  const callback = `${application}/callback`
  const database = await freshDatabase(dialect)
  await serve(await service({ issuer, callback, singlePage: page, database }), issuer)
  await serve(await planner(issuer, callback), application)
  await serve(singlePage(issuer), page)
  return { issuer, application, page }
}

async function logIn(page: Page): Promise<void> {
  await page.click('text=Sign in with Notes')
  await page.fill('#username', 'alice')
  await page.fill('#password', 'correct horse battery staple')
  await page.click('button:has-text("Log in")')
}

describe.each(dialects)('on %s', (dialect) => {
  test('a person signs in, agrees, and sees their notes', async () => {
    const { application, issuer } = await places(dialect)
    const page = await newPage()
    await page.goto(application)
    await logIn(page)
    await page.waitForSelector('text=Read your notes')
    expect(await page.innerText('main')).toContain('Planner asks for access to your account')
    await page.click('button[value=deny]')
    await page.waitForSelector('text=You did not sign in')

    await page.goto(application)
    await page.click('text=Sign in with Notes')
    await page.click('button[value=allow]')
    await page.waitForSelector('text=Hello Alice')
    expect(await page.innerText('body')).toContain('On your list: Milk')
    expect(new URL(page.url()).origin).toBe(application)

    // On the page of their account people see whom they let in, and shut it out again.
    await page.goto(`${issuer}/account`)
    expect(await page.innerText('nav')).toContain('Delete account')
    await page.click('nav a:has-text("Applications")')
    expect(await page.innerText('main')).toContain('Planner')
    await page.click('button:has-text("Remove access")')
    await page.waitForSelector('text=No application has access')
    await page.goto(application)
    await page.click('text=Sign in with Notes')
    await page.waitForSelector('button[value=allow]')
    await page.close()
  })

  test('a single-page application signs its user in, refreshes its tokens and gives them back', async () => {
    const { issuer, page: address } = await places(dialect)
    const page = await newPage()
    const watched = await watch(page)
    const forms: URLSearchParams[] = []
    const sent: string[] = []
    page.on('request', (request) => {
      if (request.url() === `${issuer}/token`) forms.push(new URLSearchParams(request.postData() ?? ''))
      if (request.url() === `${issuer}/notes`) sent.push(request.headers()['authorization'] ?? '')
    })
    await page.goto(address)
    await logIn(page)
    await page.waitForSelector('text=Pinboard asks for access')
    await page.click('button[value=allow]')
    await page.waitForSelector('text=Notes of Alice')
    expect(await page.innerText('#notes')).toBe('Milk')
    expect(forms.map((form) => form.get('grant_type'))).toEqual(['authorization_code'])
    expect(forms[0]?.get('code_verifier')).toMatch(/^[\w-]{43}$/)
    // RFC 6749 §10.5, and tokens in memory alone: neither the address nor a storage has anything.
    expect(page.url()).toBe(`${address}/`)
    expect(await page.evaluate(() => [{ ...localStorage }, { ...sessionStorage }, document.cookie])).toEqual([
      {},
      {},
      '',
    ])

    // Both clicks meet an access token that is not good any more; the refresh token is used once.
    let spoilt = 0
    await page.route(`${issuer}/notes`, (route) => {
      const headers = { ...route.request().headers() }
      spoilt += 1
      if (spoilt <= 2) headers['authorization'] = 'Bearer expired'
      return route.continue({ headers })
    })
    await page.evaluate(() => {
      document.getElementById('load')?.click()
      document.getElementById('load')?.click()
    })
    await expect.poll(() => spoilt).toBe(4)
    await page.waitForSelector('text=Notes of Alice')
    expect(forms.map((form) => form.get('grant_type'))).toEqual(['authorization_code', 'refresh_token'])
    await page.unroute(`${issuer}/notes`)

    const last = sent.at(-1) ?? ''
    const ask = (): Promise<number> =>
      fetch(`${issuer}/notes`, { headers: { authorization: last } }).then(({ status }) => status)
    expect(await ask()).toBe(200)
    await page.click('text=Sign out')
    await page.waitForSelector('text=You are signed out')
    await expect.poll(ask).toBe(401)
    expect(watched.violations).toEqual([])
    await page.close()
  })
})

test('RFC 6749 §10.12, RFC 9207 §2.4: the page takes no answer that it did not ask for', async () => {
  const { issuer, page: address } = await places('sqlite')
  const page = await newPage()
  const asked: string[] = []
  page.on('request', (request) => asked.push(request.url()))
  await page.goto(`${address}/?code=of-somebody-else&state=guessed&iss=${encodeURIComponent(issuer)}`)
  await page.waitForSelector('text=This answer was not asked for')
  for (const [state, iss] of [
    ['mine', 'https://evil.example'],
    ['mine', ''],
    ['other', issuer],
  ] as const) {
    await page.evaluate(() => {
      sessionStorage.setItem('sign-in', JSON.stringify({ state: 'mine', verifier: 'v' }))
    })
    const query = new URLSearchParams({ code: 'of-somebody-else', state, iss })
    await page.goto(`${address}/?${query.toString()}`)
    await page.waitForSelector('text=This answer was not asked for')
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0)
  }
  expect(asked).not.toContain(`${issuer}/token`)
  await page.close()
})

test('SECURITY 192: the API answers pages of that one other origin, and no more', async () => {
  const { issuer, page, application } = await places('sqlite')
  const shared = (origin: string): Promise<string | null> =>
    fetch(`${issuer}/notes`, { headers: { origin } }).then(({ headers }) =>
      headers.get('access-control-allow-origin'),
    )
  expect(await shared(page)).toBe(page)
  expect(await shared(application)).toBeNull()
})
