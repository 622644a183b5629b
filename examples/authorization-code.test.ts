/** The whole workflow in a browser: an application signs its user in and shows what the API gave it. */

import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchBrowser } from '../test/setup/browser.ts'
import { dialects, freshDatabase } from '../test/setup/database.ts'
import { freePort } from '../test/setup/free-port.ts'
import { planner } from './authorization-code/planner.ts'
import { service } from './authorization-code/service.ts'

let browser: Browser
const closing: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  browser = await launchBrowser()
})

afterAll(async () => {
  await browser.close()
  for (const close of closing.splice(0).toReversed()) await close()
})

test.each(dialects)('on %s a person signs in, agrees, and sees their notes', async (dialect) => {
  const [port, own] = [await freePort(), await freePort()]
  const [issuer, application] = [`http://localhost:${port}`, `http://localhost:${own}`]
  const callback = `${application}/callback`
  const database = await freshDatabase(dialect)
  const api = await (await service({ issuer, callback, database })).listen({ port, hostname: 'localhost' })
  closing.push(() => api.close())
  const client = await (await planner(issuer, callback)).listen({ port: own, hostname: 'localhost' })
  closing.push(() => client.close())

  const page = await browser.newPage()
  await page.goto(application)
  await page.click('text=Sign in with Notes')
  await page.fill('#username', 'alice')
  await page.fill('#password', 'correct horse battery staple')
  await page.click('button:has-text("Log in")')
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
