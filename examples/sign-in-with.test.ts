/** The example in a browser: an app signs people in with another service, and so does an authorization server. */

import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { watch } from '../test/setup/browser.ts'
import { browserForTests } from '../test/setup/browser-test.ts'
import { dialects, freshDatabase } from '../test/setup/database.ts'
import { freeAddress } from '../test/setup/free-port.ts'
import { notes } from './sign-in-with/app.ts'
import { exampleCom, githubOf, signInWithExampleCom } from './sign-in-with/provider.ts'
import { repositoriesOf, signInWithApple, withProviders } from './sign-in-with/server.ts'

const { newPage, serve } = browserForTests()

const secrets = { googleId: 'g', googleSecret: 's', githubId: 'h', githubSecret: 's' }

describe.each(dialects)('%s', (dialect) => {
  test('a person signs in to the app with the other service, and out again', async () => {
    const [origin, issuer] = [await freeAddress(), await freeAddress()]
    const callback = `${origin}/sign-in/callback/example`
    await serve((await exampleCom(issuer, [callback], await freshDatabase(dialect))).app, issuer)
    const providers = [
      signInWithExampleCom(issuer),
      ...githubOf({ GITHUB_CLIENT_ID: 'id', GITHUB_CLIENT_SECRET: 'secret' }),
    ]
    await serve(notes({ origin, database: await freshDatabase(dialect), providers }), origin)
    const page = await newPage()
    const seen = await watch(page)
    await page.goto(`${origin}/me`)
    expect(await page.textContent('body')).toContain('Not authenticated')
    await page.goto(origin)
    await page.click('text=Sign in')
    expect(await page.textContent('h1')).toBe('Log in to Notes')
    expect(await page.isVisible('text=Continue with GitHub')).toBe(true)
    await page.click('text=Continue with Example.com')
    await page.fill('#username', 'alice')
    await page.fill('#password', 'correct horse battery staple')
    await page.click('button:has-text("Log in")')
    await page.click('button:has-text("Allow")')
    await page.waitForURL(`${origin}/me`)
    expect(JSON.parse((await page.textContent('pre, body')) ?? '')).toMatchObject({
      provider: 'example',
      issuer,
      name: 'Alice Example',
      email: 'alice@example.com',
      emailVerified: false,
    })
    const posted = await page.evaluate(async () => {
      const headers = { 'content-type': 'application/json' }
      const answer = await fetch('/notes', { method: 'POST', headers, body: '{"text":"milk"}' })
      return [answer.status, await (await fetch('/notes')).json()] as const
    })
    expect(posted).toMatchObject([201, [{ text: 'milk' }]])
    await page.goto(origin)
    await page.click('text=Sign out')
    await page.waitForURL(`${origin}/`)
    await page.goto(`${origin}/me`)
    expect(await page.textContent('body')).toContain('Not authenticated')
    expect(seen.violations).toEqual([])
    await page.close()
  })

  test('the authorization server has the buttons of its providers, and opens an account by one', async () => {
    const [login, issuer] = [await freeAddress(), await freeAddress()]
    const callback = `${login}/login/callback/example`
    await serve((await exampleCom(issuer, [callback], await freshDatabase(dialect))).app, issuer)
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const more = [signInWithExampleCom(issuer), signInWithApple(key)]
    const server = withProviders(login, await freshDatabase(dialect), secrets, more)
    await serve(server.app, login)
    const page = await newPage()
    await page.goto(`${login}/login`)
    for (const name of ['Google', 'GitHub', 'Apple', 'Example.com']) {
      expect(await page.isVisible(`text=Continue with ${name}`)).toBe(true)
    }
    await page.click('text=Continue with Example.com')
    await page.waitForURL(`${issuer}/**`)
    await page.close()
    const { accounts } = await server.open()
    const { id } = await accounts.create({ username: 'bob', password: 'correct horse battery staple' })
    expect(await repositoriesOf(server, id)).toBeUndefined()
  })
})
