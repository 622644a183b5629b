/** A backup that is restored, and what it would bring back to life; over both databases. */

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { api, security } from 'gatewright'
import { describe, expect, test } from 'vitest'
import { defaultPages } from '../../src/pages/default-pages.ts'
import { backupOf, dialects } from '../setup/database.ts'
import { browserOf, requestUrl } from './browser-jar.ts'
import { apiA, apiB, bodyOf, issuer, verifier, world } from './server-world.ts'

const program = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const run = async (...words: readonly string[]): Promise<string> =>
  (await promisify(execFile)(process.execPath, ['--conditions=gatewright-source', program, ...words])).stdout
const alice = { username: 'alice', password: 'correct horse battery' }

describe.each(dialects)('%s', (dialect) => {
  test('SECURITY R28: what was revoked after the backup is revoked in the restored copy once it is told so', async () => {
    const at = await world(dialect, { pages: defaultPages() })
    const byClient = await at.tokens('web')
    const byPerson = await at.tokens('spa')
    const reference = await at.tokens('web2', { resource: apiB })
    const machines = async (resource: string): Promise<string> => {
      const asked = await at.post(
        '/token',
        { grant_type: 'client_credentials', scope: 'read', resource },
        'machine',
      )
      return String((await bodyOf(asked))['access_token'])
    }
    const [ofMachine, referenceOfMachine] = [await machines(apiA), await machines(apiB)]
    const browser = browserOf(at.server.app)
    const logIn = async (): Promise<string> => {
      const consent = await browser.submit(await browser.open(requestUrl(at, 'web2')), alice)
      const { location = 'none:' } = await browser.submit(consent, { decision: 'allow' })
      return new URL(location).searchParams.get('code') ?? ''
    }
    const redeem = (code: string) => {
      const form = { grant_type: 'authorization_code', code, code_verifier: verifier }
      return at.post('/token', { ...form, redirect_uri: at.redirectUri('web2') }, 'web2')
    }
    const code = await logIn()
    const auth = at.server.bearer({ audience: apiA })
    const app = api({ docs: false }).get('/me', { token: security(auth, ['read']) }, () => 'in')
    const opens = async ({ access_token: token }: { readonly access_token: string }): Promise<boolean> =>
      (await app.request('/me', { headers: { authorization: `Bearer ${token}` } })).status === 200
    const isIn = async (): Promise<boolean> => (await browser.open(`${issuer}/account`)).path === '/account'

    /** What of all that does something: each of it was ended after the backup. */
    const alive = async (): Promise<readonly string[]> => {
      const isActive = async (token: string): Promise<boolean> =>
        (await bodyOf(await at.post('/introspect', { token }, 'api-b')))['active'] === true
      const found = {
        session: await isIn(),
        'access token of web': await opens(byClient),
        'access token of spa': await opens(byPerson),
        'access token of web2': await isActive(reference.access_token),
        'access token of a machine': await opens({ access_token: ofMachine }),
        'reference token of a machine': await isActive(referenceOfMachine),
        'refresh token of web': (await at.refresh('web', byClient.refresh_token)).status === 200,
        'refresh token of spa': (await at.refresh('spa', byPerson.refresh_token)).status === 200,
        'refresh token of web2': (await at.refresh('web2', reference.refresh_token)).status === 200,
        code: (await redeem(code)).status === 200,
      }
      return Object.entries(found).flatMap(([name, isAlive]) => (isAlive ? [name] : []))
    }

    await at.server.close()
    const restoreBackup = await backupOf(at.url)
    const restore = async (): Promise<void> => {
      await at.server.close()
      await restoreBackup()
    }
    at.clock.now += 1000
    expect((await at.post('/revoke', { token: byClient.refresh_token }, 'web')).status).toBe(200)
    const { accounts, clients } = await at.server.open()
    await accounts.revoke(at.alice)
    expect(await clients.revoke('machine')).toBe(true)
    expect(await clients.revoke('nobody')).toBe(false)
    expect(await alive()).toEqual([])

    // As it is, the copy knows nothing of that.
    await restore()
    expect(await alive()).toHaveLength(10)

    await restore()
    expect(await run('users', 'revoke-all', '--database', at.url)).toMatch(
      /^Ended every session of 1 account and every token of \d+ clients\.\n$/,
    )
    expect(await alive()).toEqual([])
    // The command has the clock of this machine.
    at.clock.now = Math.max(at.clock.now, Date.now() + 1000)
    // Whoever logs in anew is in, and so is whoever asks for a new token.
    const fresh = await redeem(await logIn())
    expect([fresh.status, await isIn()]).toEqual([200, true])
    expect(await opens({ access_token: await machines(apiA) })).toBe(true)
  }, 60_000)
})
