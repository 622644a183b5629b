/** What a server still knows after it was started anew: everything that an attacker would like it to forget; over both databases. */

import { describe, expect, test } from 'vitest'
import { dialects } from '../setup/database.ts'
import { assertion, clientKey, keyPair, proof } from '../setup/grant-server.ts'
import { browserOf, requestUrl } from './browser-jar.ts'
import { browserAt, linkIn, mailWorld, otherPassword, password } from './mail-world.ts'
import type { MailWorld } from './mail-world.ts'
import { codeOf, logIn, setUpApp } from './second-factor-person.ts'
import { bodyOf, issuer, serverOptions, verifier } from './server-world.ts'

const grant = { grant_type: 'client_credentials' }
const often = { points: 100_000, seconds: 60 }

/** A guess of a password, from a network address. */
async function guess(at: MailWorld, username: string, address: string): Promise<number> {
  const browser = browserAt(at, address)
  const page = await browser.open(`${issuer}/login?next=/account`)
  return (await browser.submit(page, { username, password: 'wrong wrong wrong' })).status
}

/** The code of a login, and the form that redeems it. */
async function codeFor(at: MailWorld, username: string): Promise<Readonly<Record<string, string>>> {
  const browser = browserOf(at.server.app)
  const page = await browser.submit(await browser.open(requestUrl(at, 'web')), { username, password })
  const { location = 'none:' } =
    page.location === undefined ? await browser.submit(page, { decision: 'allow' }) : page
  return {
    grant_type: 'authorization_code',
    code: new URL(location).searchParams.get('code') ?? '',
    code_verifier: verifier,
    redirect_uri: at.redirectUri('web'),
  }
}

async function refusal(answer: Response): Promise<readonly unknown[]> {
  return [answer.status, (await bodyOf(answer))['error']]
}

describe.each(dialects)('%s', (dialect) => {
  test('SECURITY R26: a restart gives nobody one more guess, of a password, of a second factor, or one more request', async () => {
    const at = await mailWorld(dialect, {
      rateLimits: {
        token: often,
        login: { points: 2, seconds: 3600 },
        introspection: { points: 3, seconds: 3600 },
      },
    })
    for (const username of ['bob', 'carol']) await at.accounts.create({ username, password })
    // By the address: two, and the next place may try two of its own.
    const fromOne = [await guess(at, 'bob', '192.0.2.1'), await guess(at, 'bob', '192.0.2.1')]
    expect([...fromOne, await guess(at, 'bob', '192.0.2.1')]).toEqual([401, 401, 429])
    // By the account: ten times as many from everywhere, and then none from anywhere.
    for (let place = 0; place < 10; place += 1) {
      for (let time = 0; time < 2; time += 1)
        expect([place, await guess(at, 'alice', `198.51.100.${place}`)]).toEqual([place, 401])
    }
    expect(await guess(at, 'alice', '198.51.100.77')).toBe(429)
    // By the person, who is known by the password already.
    const owner = browserOf(at.server.app)
    const list = await logIn(owner, undefined, 'carol')
    const { seed } = await setUpApp(at, owner, list)
    const wrong = codeOf(seed, at) === '000000' ? '111111' : '000000'
    const thief = browserOf(at.server.app)
    const page = await logIn(thief, undefined, 'carol')
    for (let time = 0; time < 10; time += 1)
      expect((await thief.submit(page, { code: wrong })).status).toBe(401)
    expect((await thief.submit(page, { code: wrong })).status).toBe(429)
    // By the client.
    const introspect = async () => (await at.post('/introspect', { token: 'x' }, 'api-a')).status
    expect(await introspect()).toBe(200)
    for (let time = 0; time < 3; time += 1) await introspect()
    expect(await introspect()).toBe(429)

    await at.server.close()
    expect(await guess(at, 'bob', '192.0.2.1')).toBe(429)
    expect(await guess(at, 'alice', '198.51.100.78')).toBe(429)
    expect((await thief.submit(page, { code: codeOf(seed, at) })).status).toBe(429)
    expect(await introspect()).toBe(429)
    // And nobody is punished for it: the place that has tries left has them still, and the owner is in.
    expect([await guess(at, 'bob', '192.0.2.2'), await guess(at, 'bob', '192.0.2.2')]).toEqual([401, 401])
    expect((await owner.open(`${issuer}/account`)).path).toBe('/account')
    expect((await at.post('/introspect', { token: 'x' }, 'api-b')).status).toBe(200)
  }, 60_000)

  test('SECURITY R26: what was used up before a restart is used up: codes, tokens, proofs, assertions, links', async () => {
    const { clients } = serverOptions('')
    const key = {
      id: 'key',
      tokenEndpointAuthMethod: 'private_key_jwt',
      jwks: { keys: [{ ...clientKey.publicJwk, alg: 'ES256' }] },
      clientCredentialsScopes: ['read'],
    } as const
    const at = await mailWorld(dialect, { clients: [...clients, key] })
    const place = { now: () => at.clock.now }
    const own = await keyPair()
    const proofFor = () => proof(place, own, { url: `${issuer}/token` })
    const assertionFor = async () => ({
      ...grant,
      ...(await assertion(place, 'key', { claims: { aud: issuer } })),
    })
    for (const username of ['bob', 'carol']) await at.accounts.create({ username, password })

    const { refresh_token: used } = await at.tokens('web')
    const successor = String((await bodyOf(await at.refresh('web', used)))['refresh_token'])
    await at.accounts.create({ username: 'dave', password, email: 'dave@example.com' })
    const { id: dave } = (await at.accounts.find('dave')) ?? { id: '' }
    await at.accounts.update(dave, { emailVerified: true })
    await at.forgotten('dave@example.com')
    const link = linkIn(await at.mail(1))
    const form = await at.browser.open(link)
    const both = { password: otherPassword, repeat: otherPassword }
    expect((await at.browser.submit(form, both)).status).toBe(200)
    const owner = browserOf(at.server.app)
    const { seed } = await setUpApp(at, owner, await logIn(owner, undefined, 'carol'))
    // Past the time in which a client may repeat itself, and before anything is refused for its age.
    at.clock.now += 40_000
    const redeem = await codeFor(at, 'bob')
    const redeemed = await bodyOf(await at.post('/token', redeem, 'web'))
    at.clock.now += 20_000
    const dpop = await proofFor()
    expect((await at.post('/token', grant, 'machine', { dpop })).status).toBe(200)
    const asserted = await assertionFor()
    expect((await at.post('/token', asserted)).status).toBe(200)
    const shown = codeOf(seed, at)
    const inTwoSteps = async (code: string): Promise<string> => {
      const browser = browserOf(at.server.app)
      return (await browser.submit(await logIn(browser, undefined, 'carol'), { code })).path
    }
    expect(await inTwoSteps(shown)).toBe('/account/security')

    await at.server.close()
    expect(await refusal(await at.post('/token', grant, 'machine', { dpop }))).toEqual([
      400,
      'invalid_dpop_proof',
    ])
    expect(await refusal(await at.post('/token', asserted))).toEqual([401, 'invalid_client'])
    expect(await inTwoSteps(shown)).not.toBe('/account/security')
    // Both are known for what they are, so that what came of them ends as well.
    expect(await refusal(await at.post('/token', redeem, 'web'))).toEqual([400, 'invalid_grant'])
    expect((await at.refresh('web', String(redeemed['refresh_token']))).status).toBe(400)
    expect(await refusal(await at.refresh('web', used))).toEqual([400, 'invalid_grant'])
    expect((await at.refresh('web', successor)).status).toBe(400)
    const third = { password: 'and now another one', repeat: 'and now another one' }
    expect([(await at.browser.open(link)).status, (await at.browser.submit(form, third)).status]).toEqual([
      410, 410,
    ])
    expect((await at.logIn('dave', otherPassword)).path).toBe('/account/email')

    // Others of each kind are as good as ever.
    expect((await at.post('/token', grant, 'machine', { dpop: await proofFor() })).status).toBe(200)
    expect((await at.post('/token', await assertionFor())).status).toBe(200)
    expect((await at.post('/token', await codeFor(at, 'bob'), 'web')).status).toBe(200)
  }, 60_000)
})
