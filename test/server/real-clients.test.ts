/** Two OAuth clients that others have written drive a server in a process of its own, over HTTP, grant by grant. */

import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dialects, freshDatabase } from '../setup/database.ts'
import { assertionKey, filesResource, redirectUri, secrets, serverOptions } from './parties.ts'
import { freePort, startServer } from './running-server.ts'
import type { RunningServer } from './running-server.ts'

/** Both refuse plain http unless told; this machine's own address needs no encryption. */
const insecure = { [oauth.allowInsecureRequests]: true }

/** The key of the client `signer` as the Web's cryptography has it. */
const privateKey = await crypto.subtle.importKey(
  'pkcs8',
  assertionKey.privateKey.export({ format: 'der', type: 'pkcs8' }),
  { name: 'ECDSA', namedCurve: 'P-256' },
  false,
  ['sign'],
)

describe.each(dialects)('%s', (dialect) => {
  let issuer: string
  let server: RunningServer
  let subject: string

  beforeAll(async () => {
    const port = await freePort()
    issuer = `http://127.0.0.1:${port}`
    const options = serverOptions(await freshDatabase(dialect), issuer)
    server = await startServer({ options: { ...options, dpopNonces: true }, port })
    subject = await server.call('createUser', 'anna', ['read', 'write'])
  })

  afterAll(async () => {
    expect(await server.call('reports')).toEqual([])
    await server[Symbol.asyncDispose]()
  })

  /** The person at the browser agrees to everything: where the browser is sent. */
  async function agreed(parameters: URLSearchParams): Promise<URL> {
    return new URL(await server.call('authorize', [...parameters], subject))
  }

  async function me(accessToken: string): Promise<unknown> {
    const headers = { authorization: `Bearer ${accessToken}` }
    const response = await fetch(`${server.api}/me`, { headers })
    return response.status === 200 ? response.json() : response.status
  }

  describe('oauth4webapi', () => {
    let as: oauth.AuthorizationServer
    const spa: oauth.Client = { client_id: 'spa' }
    const none = oauth.None()

    beforeAll(async () => {
      const url = new URL(issuer)
      const response = await oauth.discoveryRequest(url, { algorithm: 'oauth2', ...insecure })
      as = await oauth.processDiscoveryResponse(url, response)
    })

    /** The browser's part of the code grant: what the client is called back with, and its verifier. */
    async function authorized(
      client: oauth.Client,
      more: Readonly<Record<string, string>> = {},
    ): Promise<{ readonly callback: URLSearchParams; readonly verifier: string }> {
      const verifier = oauth.generateRandomCodeVerifier()
      const state = oauth.generateRandomState()
      const location = await agreed(
        new URLSearchParams({
          response_type: 'code',
          client_id: client.client_id,
          redirect_uri: redirectUri,
          scope: 'read write',
          state,
          code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
          code_challenge_method: 'S256',
          ...more,
        }),
      )
      return { callback: oauth.validateAuthResponse(as, client, location, state), verifier }
    }

    async function tokens(
      client: oauth.Client,
      authentication: oauth.ClientAuth,
      more: Readonly<Record<string, string>> = {},
      options: oauth.TokenEndpointRequestOptions = {},
    ): Promise<oauth.TokenEndpointResponse> {
      const { callback, verifier } = await authorized(client, more)
      const response = await oauth.authorizationCodeGrantRequest(
        as,
        client,
        authentication,
        callback,
        redirectUri,
        verifier,
        { ...insecure, ...options },
      )
      return oauth.processAuthorizationCodeResponse(as, client, response)
    }

    test('redeems a code with PKCE for a public and for a confidential client, and refreshes', async () => {
      for (const [client, authentication] of [
        [spa, none],
        [{ client_id: 'web' }, oauth.ClientSecretBasic(secrets.web)],
      ] as const) {
        const first = await tokens(client, authentication)
        expect(first).toMatchObject({ token_type: 'bearer', expires_in: 300, scope: 'read write' })
        expect(await me(first.access_token)).toEqual({ subject })

        const response = await oauth.refreshTokenGrantRequest(
          as,
          client,
          authentication,
          first.refresh_token ?? '',
          { ...insecure, additionalParameters: { scope: 'read' } },
        )
        const second = await oauth.processRefreshTokenResponse(as, client, response)
        expect(second.scope).toBe('read')
        expect(second.refresh_token).not.toBe(first.refresh_token)
        expect(await me(second.access_token)).toEqual({ subject })
      }
    })

    test('gets client credentials with each of the three ways to authenticate', async () => {
      for (const [id, authentication] of [
        ['machine', oauth.ClientSecretBasic(secrets.machine)],
        ['post', oauth.ClientSecretPost(secrets.post)],
        ['signer', oauth.PrivateKeyJwt({ key: privateKey, kid: 'k1' })],
      ] as const) {
        const client = { client_id: id }
        const request = oauth.clientCredentialsGrantRequest(
          as,
          client,
          authentication,
          { scope: 'read' },
          insecure,
        )
        const answer = await oauth.processClientCredentialsResponse(as, client, await request)
        expect(answer.scope).toBe('read')
        expect(answer.refresh_token).toBeUndefined()
        expect(await me(answer.access_token)).toEqual({ subject: id })
      }
      const wrong = oauth.ClientSecretBasic(`${secrets.machine}?`)
      const client = { client_id: 'machine' }
      const refused = await oauth.clientCredentialsGrantRequest(as, client, wrong, {}, insecure)
      await expect(oauth.processClientCredentialsResponse(as, client, refused)).rejects.toMatchObject({
        status: 401,
      })
    })

    test('its access tokens pass its own check of RFC 9068 against the published keys', async () => {
      const { access_token } = await tokens(spa, none)
      const request = new Request(`${server.api}/me`, {
        headers: { authorization: `Bearer ${access_token}` },
      })
      const claims = await oauth.validateJwtAccessToken(as, request, issuer, insecure)
      expect(claims).toMatchObject({ iss: issuer, sub: subject, client_id: 'spa', scope: 'read write' })
    })

    test('RFC 9449: binds tokens to its key, with the nonce that the server asks for', async () => {
      const pair = await oauth.generateKeyPair('ES256')
      const handle = oauth.DPoP(spa, pair)
      const thumbprint = await handle.calculateThumbprint()
      const { callback, verifier } = await authorized(spa, { dpop_jkt: thumbprint })
      const redeem = async (): Promise<oauth.TokenEndpointResponse> => {
        const response = await oauth.authorizationCodeGrantRequest(
          as,
          spa,
          none,
          callback,
          redirectUri,
          verifier,
          {
            ...insecure,
            DPoP: handle,
          },
        )
        return oauth.processAuthorizationCodeResponse(as, spa, response)
      }
      // The first try has no nonce; the refusal brings one and leaves the code as it was.
      const nonceWanted = await redeem().catch((error: unknown) => error)
      expect(oauth.isDPoPNonceError(nonceWanted)).toBe(true)
      const bound = await redeem()
      expect(bound.token_type).toBe('dpop')

      const url = new URL(`${server.api}/me`)
      const ask = (DPoP: oauth.DPoPHandle): Promise<Response> =>
        oauth.protectedResourceRequest(bound.access_token, 'GET', url, undefined, undefined, {
          ...insecure,
          DPoP,
        })
      const response = await ask(handle).catch(async (error: unknown) => {
        if (!oauth.isDPoPNonceError(error)) throw error
        return ask(handle)
      })
      expect(await response.json()).toEqual({ subject })
      // Who has stolen the token has not got the key.
      expect(await me(bound.access_token)).toBe(401)
      const thief = oauth.DPoP(spa, await oauth.generateKeyPair('ES256'))
      const stolen = async (): Promise<number> =>
        ask(thief).then(
          ({ status }) => status,
          (error: unknown) => (error as oauth.WWWAuthenticateChallengeError).status,
        )
      expect([await stolen(), await stolen()]).toEqual([401, 401])

      const refreshed = await oauth.refreshTokenGrantRequest(as, spa, none, bound.refresh_token ?? '', {
        ...insecure,
        DPoP: handle,
      })
      const second = await oauth.processRefreshTokenResponse(as, spa, refreshed)
      expect(second.token_type).toBe('dpop')
    })

    test('RFC 9126: pushes its request, and the reference is good once', async () => {
      const web = { client_id: 'web' }
      const authentication = oauth.ClientSecretBasic(secrets.web)
      const verifier = oauth.generateRandomCodeVerifier()
      const state = oauth.generateRandomState()
      const pushed = await oauth.pushedAuthorizationRequest(
        as,
        web,
        authentication,
        {
          response_type: 'code',
          redirect_uri: redirectUri,
          scope: 'read',
          state,
          code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
          code_challenge_method: 'S256',
        },
        insecure,
      )
      const { request_uri } = await oauth.processPushedAuthorizationResponse(as, web, pushed)
      const front = new URLSearchParams({ client_id: 'web', request_uri })
      const callback = oauth.validateAuthResponse(as, web, await agreed(front), state)
      const response = await oauth.authorizationCodeGrantRequest(
        as,
        web,
        authentication,
        callback,
        redirectUri,
        verifier,
        insecure,
      )
      const answer = await oauth.processAuthorizationCodeResponse(as, web, response)
      expect(await me(answer.access_token)).toEqual({ subject })
      await expect(agreed(front)).rejects.toThrow('expired or was used')
    })

    test('RFC 7009, RFC 7662: asks about a reference token, gives it back, and it is dead', async () => {
      const { access_token, refresh_token = '' } = await tokens(spa, none, { resource: filesResource })
      expect(access_token).toMatch(/^gwa_/)
      const files = { client_id: 'files' }
      const introspect = async (): Promise<oauth.IntrospectionResponse> => {
        const authentication = oauth.ClientSecretBasic(secrets.files)
        const response = await oauth.introspectionRequest(as, files, authentication, access_token, insecure)
        return oauth.processIntrospectionResponse(as, files, response)
      }
      expect(await introspect()).toMatchObject({
        active: true,
        sub: subject,
        client_id: 'spa',
        scope: 'read write',
      })
      await oauth.processRevocationResponse(
        await oauth.revocationRequest(as, spa, none, refresh_token, insecure),
      )
      expect(await introspect()).toEqual({ active: false })
      const refreshed = await oauth.refreshTokenGrantRequest(as, spa, none, refresh_token, insecure)
      await expect(oauth.processRefreshTokenResponse(as, spa, refreshed)).rejects.toMatchObject({
        error: 'invalid_grant',
      })
    })

    test('RFC 9701: gets a signed answer about a token', async () => {
      const { access_token } = await tokens(spa, none, { resource: filesResource })
      const files = { client_id: 'files', introspection_signed_response_alg: 'ES256' }
      const authentication = oauth.ClientSecretBasic(secrets.files)
      const response = await oauth.introspectionRequest(as, files, authentication, access_token, {
        ...insecure,
        requestJwtResponse: true,
      })
      const answer = await oauth.processIntrospectionResponse(as, files, response)
      expect(answer).toMatchObject({ active: true, sub: subject })
      await oauth.validateApplicationLevelSignature(as, response, insecure)
    })

    test('RFC 8628: a device waits until its person has agreed', async () => {
      const tv = { client_id: 'tv' }
      const begun = await oauth.deviceAuthorizationRequest(as, tv, none, { scope: 'read' }, insecure)
      const device = await oauth.processDeviceAuthorizationResponse(as, tv, begun)
      const poll = async (): Promise<oauth.TokenEndpointResponse> => {
        const response = await oauth.deviceCodeGrantRequest(as, tv, none, device.device_code, insecure)
        return oauth.processDeviceCodeResponse(as, tv, response)
      }
      await expect(poll()).rejects.toMatchObject({ error: 'authorization_pending' })
      expect(await server.call('approveDevice', device.user_code.toLowerCase(), subject)).toBe(true)
      const answer = await poll()
      expect(await me(answer.access_token)).toEqual({ subject })
      await expect(poll()).rejects.toMatchObject({ error: 'invalid_grant' })
    })
  })

  describe('openid-client', () => {
    const execute = [openid.allowInsecureRequests]

    function discovered(id: string, authentication: openid.ClientAuth): Promise<openid.Configuration> {
      return openid.discovery(new URL(issuer), id, undefined, authentication, {
        algorithm: 'oauth2',
        execute,
      })
    }

    async function authorized(
      config: openid.Configuration,
      more: Readonly<Record<string, string>> = {},
      options?: openid.DPoPOptions,
    ): Promise<Awaited<ReturnType<typeof openid.authorizationCodeGrant>>> {
      const pkceCodeVerifier = openid.randomPKCECodeVerifier()
      const expectedState = openid.randomState()
      const location = await agreed(
        new URLSearchParams({
          response_type: 'code',
          client_id: config.clientMetadata().client_id,
          redirect_uri: redirectUri,
          scope: 'read',
          state: expectedState,
          code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
          code_challenge_method: 'S256',
          ...more,
        }),
      )
      return openid.authorizationCodeGrant(
        config,
        location,
        { pkceCodeVerifier, expectedState },
        undefined,
        options,
      )
    }

    test('redeems a code with PKCE for a public and for a confidential client, and refreshes', async () => {
      for (const [id, authentication] of [
        ['spa', openid.None()],
        ['web', openid.ClientSecretBasic(secrets.web)],
      ] as const) {
        const config = await discovered(id, authentication)
        const first = await authorized(config)
        expect(await me(first.access_token)).toEqual({ subject })
        const second = await openid.refreshTokenGrant(config, first.refresh_token ?? '')
        expect(second.refresh_token).not.toBe(first.refresh_token)
        expect(await me(second.access_token)).toEqual({ subject })
      }
    })

    test('gets client credentials with each of the three ways to authenticate', async () => {
      for (const [id, authentication] of [
        ['machine', openid.ClientSecretBasic(secrets.machine)],
        ['post', openid.ClientSecretPost(secrets.post)],
        ['signer', openid.PrivateKeyJwt({ key: privateKey, kid: 'k1' })],
      ] as const) {
        const answer = await openid.clientCredentialsGrant(await discovered(id, authentication), {
          scope: 'read',
        })
        expect(await me(answer.access_token)).toEqual({ subject: id })
      }
    })

    test('RFC 9449: finds out by itself that a nonce is wanted, at the server and at the API', async () => {
      const config = await discovered('spa', openid.None())
      const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair('ES256'))
      const bound = await authorized(config, {}, { DPoP })
      expect(bound.token_type).toBe('dpop')
      const url = new URL(`${server.api}/me`)
      const ask = (): Promise<Response> =>
        openid.fetchProtectedResource(config, bound.access_token, url, 'GET', undefined, undefined, { DPoP })
      expect(await (await ask()).json()).toEqual({ subject })
      const second = await openid.refreshTokenGrant(config, bound.refresh_token ?? '', undefined, { DPoP })
      expect(second.token_type).toBe('dpop')
    })

    test('RFC 9126: pushes its request', async () => {
      const config = await discovered('web', openid.ClientSecretBasic(secrets.web))
      // Where pages stand, nobody goes here: all that the URL is needed for is its query.
      const known: openid.ServerMetadata = JSON.parse(JSON.stringify(config.serverMetadata()))
      const metadata = { ...known, authorization_endpoint: `${issuer}/authorize` }
      const authentication = openid.ClientSecretBasic(secrets.web)
      const complete = new openid.Configuration(metadata, 'web', undefined, authentication)
      openid.allowInsecureRequests(complete)
      const pkceCodeVerifier = openid.randomPKCECodeVerifier()
      const expectedState = openid.randomState()
      const url = await openid.buildAuthorizationUrlWithPAR(complete, {
        redirect_uri: redirectUri,
        scope: 'read',
        state: expectedState,
        code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
        code_challenge_method: 'S256',
      })
      expect([...url.searchParams.keys()].toSorted()).toEqual(['client_id', 'request_uri'])
      const location = await agreed(url.searchParams)
      const checks = { pkceCodeVerifier, expectedState }
      const answer = await openid.authorizationCodeGrant(complete, location, checks)
      expect(await me(answer.access_token)).toEqual({ subject })
    })

    test('RFC 7009, RFC 7662: asks about a reference token, gives it back, and it is dead', async () => {
      const spa = await discovered('spa', openid.None())
      const files = await discovered('files', openid.ClientSecretBasic(secrets.files))
      const { access_token } = await authorized(spa, { resource: filesResource })
      expect(await openid.tokenIntrospection(files, access_token)).toMatchObject({
        active: true,
        sub: subject,
      })
      await openid.tokenRevocation(spa, access_token)
      expect(await openid.tokenIntrospection(files, access_token)).toEqual({ active: false })
    })

    test('RFC 8628: a device polls until its person has agreed', async () => {
      const tv = await discovered('tv', openid.None())
      const device = await openid.initiateDeviceAuthorization(tv, { scope: 'read' })
      expect(await server.call('approveDevice', device.user_code, subject)).toBe(true)
      const answer = await openid.pollDeviceAuthorizationGrant(tv, { ...device, interval: 0 })
      expect(await me(answer.access_token)).toEqual({ subject })
    })
  })
})
