/** The administration of the example: the program that disables people, and an administrator at the docs page and the pages. */

import { beforeAll, expect, test } from 'vitest'
import { watch } from '../test/setup/browser.ts'
import { browserForTests, screenshot } from '../test/setup/browser-test.ts'
import { freeAddress } from '../test/setup/free-port.ts'
import type * as administration from './administration.ts'
import { talkingTo } from './over-http.ts'
import type { Served } from './over-http.ts'

const { newContext, serve } = browserForTests()
let api: Served
let issuer: string
let example: typeof administration
const password = 'correct horse battery staple'

beforeAll(async () => {
  issuer = await freeAddress()
  process.env['ISSUER'] = issuer
  example = await import('./administration.ts')
  await serve(example.server.app, issuer)
  api = talkingTo(issuer)
  await example.addFirstAdministrator(password)
  // A second start changes nothing.
  await example.addFirstAdministrator('another password, that is not taken')
})

test('the directory gets a token for the admin API and disables who has left, and may do nothing else', async () => {
  const { accounts } = await example.server.open()
  const { id } = await accounts.create({ username: 'alice', password })
  const headers = {
    authorization: `Basic ${btoa(`directory:${encodeURIComponent('not a secret: it stands in an example')}`)}`,
  }
  const form = {
    grant_type: 'client_credentials',
    resource: `${issuer}/admin`,
    scope: 'admin:users:read admin:users:write',
  }
  const answer = await api.send('POST', '/token', { headers, form })
  const { access_token: token } = answer.body as { readonly access_token: string }
  await example.disable(`${issuer}/admin/api`, token, ['alice', 'nobody'])
  expect(await accounts.get(id)).toMatchObject({ disabled: true })
  expect((await api.send('GET', '/admin/api/clients', { token })).status).toBe(403)
  const root = await accounts.find('root')
  const changed = { token, json: { disabled: true } }
  expect((await api.send('PATCH', `/admin/api/users/${root?.id ?? ''}`, changed)).status).toBe(403)
  expect(await accounts.find('root')).toMatchObject({ disabled: false })
})

test('an administrator tries the API on its docs page, with a login on the real pages', async () => {
  const context = await newContext()
  const page = await context.newPage()
  const watched = await watch(page)
  await page.goto(`${issuer}/admin/docs`)
  await page.waitForSelector('.opblock')
  await page.click('.btn.authorize')
  const dialog = page.locator('.auth-container', { hasText: 'authorizationCode' })
  expect(await dialog.locator('#client_id_authorizationCode').inputValue()).toBe('admin-docs')
  await dialog.locator('label:has-text("admin:users:read")').first().click()
  const opening = page.waitForEvent('popup')
  await dialog.locator('.modal-btn.authorize').click()
  const popup = await opening
  await popup.fill('#username', 'root')
  await popup.fill('#password', password)
  await popup.click('button:has-text("Log in")')
  await popup.waitForSelector('text=Admin: see all accounts')
  const closed = popup.waitForEvent('close')
  await popup.click('button[value=allow]')
  await closed
  await page.click('.btn-done')
  const operation = page.locator('#operations-Users-list_users')
  await operation.locator('.opblock-summary-control').click()
  await operation.locator('.try-out__btn').click()
  await operation.locator('.execute').click()
  const answer = operation.locator('.live-responses-table tbody')
  expect(await answer.locator('.response-col_status').first().textContent()).toContain('200')
  const body = (await answer.locator('.highlight-code code').first().textContent()) ?? ''
  expect(JSON.parse(body)).toMatchObject({ items: [{ username: 'root' }, { username: 'alice' }] })
  expect(watched.violations).toEqual([])
  await screenshot(page, 'admin-docs')

  await page.goto(`${issuer}/admin`)
  expect(await page.innerText('h1')).toBe('Administration')
  await context.close()
})
