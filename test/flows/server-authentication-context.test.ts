/** How surely somebody is known, from the request to the tokens: `acr_values`, `claims`, `acr`, `amr`, `auth_time`; over both databases. */

import { decodeJwt } from 'jose'
import { describe, expect, test } from 'vitest'
import { tokenTypes } from '../../src/protocol/token-exchange.ts'
import { dialects } from '../setup/database.ts'
import { browserOf, requestUrl } from './browser-jar.ts'
import type { Arrived, JarBrowser } from './browser-jar.ts'
import { codeOf, halfMinute, logIn, password, person, setUpApp, withApp } from './second-factor-person.ts'
import { apiA, apiB, bodyOf, issuer, secrets, serverOptions, verifier } from './server-world.ts'
import type { World } from './server-world.ts'

const [one, two] = ['urn:gatewright:acr:1fa', 'urn:gatewright:acr:2fa'] as const
const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange'
const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code'

/** The claim as a request asks for it (OpenID Connect Core §5.5.1.1). */
function claiming(acr: unknown): { readonly claims: string } {
  return { claims: JSON.stringify({ id_token: { acr } }) }
}

function errorOf({ location }: Arrived): string | null {
  return new URL(location ?? issuer).searchParams.get('error')
}

async function tokensOf(at: World, browser: JarBrowser, arrived: Arrived) {
  const answer = arrived.path === '/consent' ? await browser.submit(arrived, { decision: 'allow' }) : arrived
  const code = new URL(answer.location ?? '').searchParams.get('code') ?? ''
  const form = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: at.redirectUri('web'),
    code_verifier: verifier,
  }
  return (await bodyOf(await at.post('/token', form, 'web'))) as Record<string, string>
}

/** What a token says of the login. */
function told(token: string | undefined) {
  const { acr, amr, auth_time: authTime } = decodeJwt(token ?? '')
  return { acr, amr, authTime }
}

async function introspected(at: World, token: string | undefined, api: string) {
  const body = await bodyOf(await at.post('/introspect', { token: token ?? '' }, api))
  return { acr: body['acr'], amr: body['amr'], authTime: body['auth_time'] }
}

describe.each(dialects)('%s', (dialect) => {
  test('RFC 9068 §2.2.1, RFC 9470 §6: ID token, access token, refreshed and introspected ones tell how the person logged in', async () => {
    const { at, browser } = await person(dialect)
    const seconds = (): number => Math.floor(at.clock.now / 1000)
    const first = { acr: one, amr: ['pwd'], authTime: seconds() }
    const url = requestUrl(at, 'web', { scope: 'openid read', resource: apiA })
    const plain = await tokensOf(at, browser, await logIn(browser, url))
    expect([told(plain['id_token']), told(plain['access_token'])]).toEqual([first, first])

    const { seed } = await withApp(at, browser)
    const other = browserOf(at.server.app)
    const page = await logIn(other, requestUrl(at, 'web', { scope: 'openid read', resource: apiB }))
    const both = { acr: two, amr: ['pwd', 'otp', 'mfa'], authTime: seconds() }
    const tokens = await tokensOf(at, other, await other.submit(page, { code: codeOf(seed, at) }))
    expect(told(tokens['id_token'])).toEqual(both)
    // For this API they are references: it sees no claims but by asking.
    expect(tokens['access_token']).toMatch(/^gwa_/)
    expect(await introspected(at, tokens['access_token'], 'api-b')).toEqual(both)
    at.clock.now += 60_000
    const renewed = await bodyOf(await at.refresh('web', tokens['refresh_token'] ?? ''))
    expect(told(String(renewed['id_token']))).toEqual(both)
    expect(await introspected(at, String(renewed['access_token']), 'api-b')).toEqual(both)

    const jwt = await tokensOf(at, other, await other.open(url))
    expect(told(jwt['access_token'])).toEqual(both)
    expect(await introspected(at, jwt['access_token'], 'api-a')).toEqual(both)
  })

  test('RFC 9470 §4: whoever asks for more than the session has gets to the second factor, by either parameter', async () => {
    const { at, browser } = await person(dialect)
    const { seed } = await withApp(at, browser)
    for (const more of [
      { acr_values: two },
      claiming({ essential: true, value: two }),
      claiming({ essential: true, values: ['https://elsewhere.test/gold', two] }),
      claiming({ values: [two] }),
    ]) {
      const other = browserOf(at.server.app)
      const page = await logIn(other, requestUrl(at, 'web', { scope: 'openid', ...more }))
      expect(page.path).toBe('/login/second-factor')
      const tokens = await tokensOf(at, other, await other.submit(page, { code: codeOf(seed, at) }))
      expect([told(tokens['id_token']).acr, told(tokens['access_token']).acr]).toEqual([two, two])
      at.clock.now += halfMinute
    }
  })

  test('OpenID Connect Core §5.5.1.1: what is essential and cannot be had is an error, what is voluntary is not', async () => {
    const { at, browser } = await person(dialect)
    const unmet = 'unmet_authentication_requirements'
    await logIn(browser)
    for (const value of [two, 'phr', 'https://elsewhere.test/gold']) {
      const asked = requestUrl(at, 'web', { scope: 'openid', ...claiming({ essential: true, value }) })
      expect([value, errorOf(await browser.open(asked))]).toEqual([value, unmet])
    }
    expect(await at.store.listGrants({ limit: 10, now: at.clock.now })).toEqual([])
    for (const acr of [null, { essential: true }, { value: 'https://elsewhere.test/gold' }, { values: 7 }]) {
      const page = await browser.open(requestUrl(at, 'web', { scope: 'openid', ...claiming(acr) }))
      expect([acr, page.path]).toEqual([acr, '/consent'])
    }
  })

  test('SECURITY 33: a factor that is set up meanwhile makes no login new', async () => {
    const { at, browser } = await person(dialect)
    const list = await logIn(browser)
    at.clock.now += 61_000
    for (const more of [{ prompt: 'login' }, { max_age: '60' }]) {
      const asked = await browser.open(requestUrl(at, 'web', more))
      expect(asked.path).toBe('/login')
      const flow = /flow=([\w-]{22})/.exec(asked.body)?.[1] ?? ''
      // In another tab, whose login is young enough for that.
      const before = browser.cookie('__Host-gatewright-session')
      await setUpApp(at, browser, await browser.open(`${issuer}/account/security`))
      expect(browser.cookie('__Host-gatewright-session')).not.toBe(before)
      expect((await browser.open(`${issuer}/authorize/continue?flow=${flow}`)).path).toBe('/login')
    }
    expect(list.path).toBe('/account/security')
    expect(await at.store.listGrants({ limit: 10, now: at.clock.now })).toEqual([])
  })

  test('a device gets what its person was known by, and nothing where a required factor is missing', async () => {
    const clients = [
      { id: 'tv', tokenEndpointAuthMethod: 'none', grantTypes: [deviceGrant, 'refresh_token'] },
    ] as const
    const { at, browser } = await person(dialect, { clients, secondFactor: 'required' })
    const start = async () => bodyOf(await at.post('/device_authorization', { scope: 'read' }, 'tv'))
    const device = await start()
    const complete = String(device['verification_uri_complete'])
    // Whoever has no second factor sets one up: the pages of the account let them in for that.
    expect((await logIn(browser, complete)).path).toBe('/account/security')
    expect((await browser.open(complete)).path).toBe('/account/security')
    const list = await browser.open(`${issuer}/account/security`)
    await setUpApp(at, browser, list)
    const enter = await browser.open(complete)
    expect(enter.path).toBe('/device')
    const confirm = await browser.submit(enter, { user_code: String(device['user_code']) })
    await browser.submit(confirm, { decision: 'allow' })
    at.clock.now += 60_000
    const form = { grant_type: deviceGrant, device_code: String(device['device_code']) }
    const tokens = await bodyOf(await at.post('/token', form, 'tv'))
    expect(told(String(tokens['access_token']))).toMatchObject({ acr: two, amr: ['pwd', 'otp', 'mfa'] })
    const renewed = await bodyOf(await at.refresh('tv', String(tokens['refresh_token'])))
    expect(told(String(renewed['access_token']))).toMatchObject({ acr: two, amr: ['pwd', 'otp', 'mfa'] })
  })

  test('a token that comes of another tells the same login, and a client alone has none', async () => {
    const { clients } = serverOptions('')
    const gate = {
      id: 'gate',
      secret: secrets['machine'] ?? '',
      grantTypes: [exchangeGrant, 'client_credentials'],
      clientCredentialsScopes: ['read'],
      exchange: { scopes: ['read'], resources: [apiA, apiB] },
    } as const
    const { at, browser } = await person(dialect, { clients: [...clients, gate] })
    const { seed } = await withApp(at, browser)
    const other = browserOf(at.server.app)
    const authorization = `Basic ${btoa(`gate:${secrets['machine'] ?? ''}`)}`
    const both = { acr: two, amr: ['pwd', 'otp', 'mfa'], authTime: Math.floor(at.clock.now / 1000) }
    for (const resource of [apiA, apiB]) {
      const url = requestUrl(at, 'web', { resource })
      let page = await other.open(url)
      if (page.path === '/login') page = await other.submit(page, { username: 'alice', password })
      if (page.path === '/login/second-factor') page = await other.submit(page, { code: codeOf(seed, at) })
      const { access_token: token = '' } = await tokensOf(at, other, page)
      const form = {
        grant_type: exchangeGrant,
        subject_token: token,
        subject_token_type: tokenTypes.accessToken,
        resource,
        scope: 'read',
      }
      const exchanged = await bodyOf(await at.post('/token', form, undefined, { authorization }))
      const api = resource === apiA ? 'api-a' : 'api-b'
      expect(await introspected(at, String(exchanged['access_token']), api)).toEqual(both)
    }
    const alone = await bodyOf(
      await at.post('/token', { grant_type: 'client_credentials', resource: apiA }, undefined, {
        authorization,
      }),
    )
    expect(told(String(alone['access_token']))).toEqual({
      acr: undefined,
      amr: undefined,
      authTime: undefined,
    })
  })
})

test('RFC 9470 §7: the metadata names the classes that can be asked for', async () => {
  const { at } = await person('sqlite')
  const metadata = await bodyOf(
    await at.server.app.request(`${issuer}/.well-known/oauth-authorization-server`),
  )
  expect(metadata['acr_values_supported']).toEqual([one, two, 'phr'])
  expect(metadata['claims_supported']).toEqual(expect.arrayContaining(['acr', 'amr', 'auth_time']))
})
