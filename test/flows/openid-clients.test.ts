/** Relying parties that others have written sign a person in: discovery, login, ID token, userinfo, logout. */

import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { describe, expect, test } from 'vitest'
import { defaultPages } from '../../src/pages/default-pages.ts'
import { dialects } from '../setup/database.ts'
import type { Dialect } from '../setup/database.ts'
import { browserOf } from './browser-jar.ts'
import type { Arrived, JarBrowser } from './browser-jar.ts'
import { issuer, secrets, serverOptions, world } from './server-world.ts'
import type { World } from './server-world.ts'

const password = 'correct horse battery'
const redirectUri = 'https://web.test/cb'
const out = 'https://web.test/out'

async function place(dialect: Dialect): Promise<{ readonly at: World; readonly browser: JarBrowser }> {
  const [web, , spa] = serverOptions('').clients
  const at = await world(dialect, {
    pages: defaultPages(),
    // The clocks of the clients go on.
    now: Date.now,
    clients: [
      { ...web, id: 'web', postLogoutRedirectUris: [out] },
      { ...spa, id: 'elliptic', redirectUris: [redirectUri], idTokenSignedResponseAlg: 'ES256' },
    ],
  })
  await at.accounts.update(at.alice, { name: 'Alice Example' })
  return { at, browser: browserOf(at.server.app) }
}

async function loggedIn(browser: JarBrowser, url: URL): Promise<Arrived> {
  let page = await browser.open(url.href)
  if (page.path === '/login') page = await browser.submit(page, { username: 'alice', password })
  if (page.path === '/consent') page = await browser.submit(page, { decision: 'allow' })
  return page
}

describe.each(dialects)('%s', (dialect) => {
  test('openid-client signs in by code, by a pushed request and by a form, and signs out', async () => {
    const { at, browser } = await place(dialect)
    const customFetch: openid.CustomFetch = (url, { method, body, headers }) =>
      at.server.app.request(url, { method, headers, body: body == null ? null : String(body) })
    const config = await openid.discovery(
      new URL(issuer),
      'web',
      undefined,
      openid.ClientSecretBasic(secrets['web'] ?? ''),
      { [openid.customFetch]: customFetch },
    )
    config[openid.customFetch] = customFetch
    for (const way of ['query', 'pushed', 'form_post'] as const) {
      const pkceCodeVerifier = openid.randomPKCECodeVerifier()
      const expectedState = openid.randomState()
      const expectedNonce = openid.randomNonce()
      const parameters = {
        redirect_uri: redirectUri,
        scope: 'openid profile',
        state: expectedState,
        nonce: expectedNonce,
        code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
        code_challenge_method: 'S256',
        max_age: '600',
        ...(way === 'form_post' ? { response_mode: way } : {}),
      }
      const url =
        way === 'pushed'
          ? await openid.buildAuthorizationUrlWithPAR(config, parameters)
          : openid.buildAuthorizationUrl(config, parameters)
      const arrived = await loggedIn(browser, url)
      const tokens = await openid.authorizationCodeGrant(
        config,
        way === 'form_post' ? posted(arrived) : new URL(arrived.location ?? ''),
        { pkceCodeVerifier, expectedState, expectedNonce, maxAge: 600, idTokenExpected: true },
      )
      expect(tokens.claims()?.sub).toBe(at.alice)
      const info = await openid.fetchUserInfo(config, tokens.access_token, at.alice)
      expect(info).toEqual({ sub: at.alice, name: 'Alice Example', preferred_username: 'alice' })
      const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '')
      expect(refreshed.claims()?.sub).toBe(at.alice)
      if (way !== 'form_post') continue
      const end = openid.buildEndSessionUrl(config, {
        id_token_hint: tokens.id_token ?? '',
        post_logout_redirect_uri: out,
        state: 'bye',
      })
      expect((await browser.open(end.href)).location).toBe(`${out}?state=bye`)
      expect(await at.store.listSessions(at.alice, Date.now())).toEqual([])
    }
  })

  test('oauth4webapi verifies an ID token of the other algorithm by itself', async () => {
    const { at, browser } = await place(dialect)
    const customFetch = (url: string, { method, body, headers }: oauth.CustomFetchOptions<string, unknown>) =>
      at.server.app.request(url, { method, headers, body: body == null ? null : String(body) })
    const options = { [oauth.customFetch]: customFetch }
    const discovered = await oauth.discoveryRequest(new URL(issuer), options)
    const as = await oauth.processDiscoveryResponse(new URL(issuer), discovered)
    const client: oauth.Client = { client_id: 'elliptic', id_token_signed_response_alg: 'ES256' }
    const verifier = oauth.generateRandomCodeVerifier()
    const nonce = oauth.generateRandomNonce()
    const url = new URL(as.authorization_endpoint ?? '')
    url.search = new URLSearchParams({
      client_id: client.client_id,
      redirect_uri: redirectUri,
      response_type: 'code',
      scope: 'openid',
      nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    }).toString()
    const { location } = await loggedIn(browser, url)
    const answer = oauth.validateAuthResponse(as, client, new URL(location ?? ''))
    const none = oauth.None()
    const response = await oauth.authorizationCodeGrantRequest(
      as, client, none, answer, redirectUri, verifier, options,
    ) // prettier-ignore
    const tokens = await oauth.processAuthorizationCodeResponse(as, client, response, {
      expectedNonce: nonce,
      requireIdToken: true,
    })
    await oauth.validateApplicationLevelSignature(as, response, options)
    expect(oauth.getValidatedIdTokenClaims(tokens)?.sub).toBe(at.alice)
  })
})

/** What the browser would post to the client. */
function posted({ body }: Arrived): Request {
  const form = new URLSearchParams()
  for (const [, name = '', value = ''] of body.matchAll(/name="(\w+)" value="([^"]*)"/g))
    form.append(name, value)
  return new Request(redirectUri, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form,
  })
}
