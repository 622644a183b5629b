/** A backup that is restored, and what it would bring back to life. */

import { execFile } from 'node:child_process'
import { copyFile, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { api, security } from 'gatewright'
import { expect, test } from 'vitest'
import { defaultPages } from '../../src/pages/default-pages.ts'
import { browserOf, requestUrl } from './browser-jar.ts'
import { apiA, issuer, world } from './server-world.ts'

const program = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const run = async (...words: readonly string[]): Promise<string> =>
  (await promisify(execFile)(process.execPath, ['--conditions=gatewright-source', program, ...words])).stdout

test('SECURITY R28: what was revoked after the backup is revoked in the restored copy once it is told so', async () => {
  const at = await world('sqlite', { pages: defaultPages(), resources: { [apiA]: {} } })
  const file = at.url.slice('file:'.length)
  const { refresh_token: token, access_token: access } = await at.tokens('web')
  const browser = browserOf(at.server.app)
  const login = await browser.open(requestUrl(at, 'web'))
  await browser.submit(login, { username: 'alice', password: 'correct horse battery' })
  expect((await browser.open(`${issuer}/account`)).path).toBe('/account')

  const restore = async (): Promise<void> => {
    await at.server.close()
    for (const suffix of ['-wal', '-shm']) await rm(file + suffix, { force: true })
    await copyFile(`${file}.backup`, file)
  }
  await at.server.close()
  await copyFile(file, `${file}.backup`)
  at.clock.now += 1000
  await (await at.server.open()).accounts.revoke(at.alice)
  expect((await at.refresh('web', token)).status).toBe(400)

  // As it is, the copy knows nothing of that.
  await restore()
  expect((await browser.open(`${issuer}/account`)).path).toBe('/account')

  await restore()
  expect(await run('users', 'revoke-all', '--database', at.url)).toBe('Ended every session of 1 account.\n')
  expect((await at.refresh('web', token)).status).toBe(400)
  expect((await browser.open(`${issuer}/account`)).path).toBe('/login')
  const auth = at.server.bearer({ audience: apiA })
  const app = api({ docs: false }).get('/me', { token: security(auth, ['read']) }, () => 'in')
  const headers = { authorization: `Bearer ${access}` }
  expect((await app.request('/me', { headers })).status).toBe(401)
  // Whoever logs in anew is in.
  const again = await browser.open(requestUrl(at, 'web'))
  const consent = await browser.submit(again, { username: 'alice', password: 'correct horse battery' })
  expect([consent.path, consent.location === undefined]).toEqual(['/consent', true])
}, 60_000)
