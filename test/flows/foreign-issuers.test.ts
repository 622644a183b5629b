/** Issuers that exist: oidc-provider, and an authorization server of ours, each in front of an API somewhere else. */

import { randomUUID } from 'node:crypto'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { expect, test } from 'vitest'
import { api, openIdConnect, security } from 'gatewright'
import type { Api, ForeignTokensOptions, OfOneIssuer } from 'gatewright'
import { sha256Base64url } from '../../src/crypto/hash.ts'
import { asking, jwtApi, oidcIssuer, opaqueApi } from '../setup/oidc-issuer.ts'
import { freePort } from '../setup/free-port.ts'
import { apiA, apiB, secrets, world } from './server-world.ts'

const scopes = { read: 'Read', write: 'Write' }

function apiFor(options: ForeignTokensOptions<typeof scopes> & OfOneIssuer): Api {
  const auth = openIdConnect({ scopes, ...options })
  return api({ report: () => undefined })
    .get('/', { token: security(auth, ['read']) }, ({ token }) => token)
    .get('/write', { token: security(auth, ['write']) }, ({ token }) => token)
}

async function get(app: Api, token: unknown, path = '/', headers = {}): Promise<readonly [number, unknown]> {
  const answer = await app.request(path, {
    headers: { authorization: `Bearer ${String(token)}`, ...headers },
  })
  return [answer.status, await answer.json()]
}

test.each(['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA'])(
  'oidc-provider signs with %s, the API accepts it',
  async (alg) => {
    const { issuer, token } = await oidcIssuer(alg)
    const app = apiFor({ issuer, audience: jwtApi })
    const { access_token: jwt } = await token({ resource: jwtApi, scope: 'read' })
    expect(await get(app, jwt)).toMatchObject([
      200,
      { clientId: 'machine', subject: 'machine', scopes: ['read'], issuer },
    ])
    expect((await get(app, jwt, '/write'))[0]).toBe(403)
    // for another API, and without any
    expect(
      (await get(app, (await token({ resource: 'https://other.test', scope: 'read' })).access_token))[0],
    ).toBe(401)
    expect((await get(app, (await token({ scope: 'read' })).access_token))[0]).toBe(401)
  },
)

test('oidc-provider: opaque tokens by introspection, gone after revocation in the stated time', async () => {
  const { issuer, token, revoke } = await oidcIssuer()
  const clock = { now: Date.now() }
  const now = (): number => clock.now
  const app = apiFor({ issuer, audience: opaqueApi, introspection: { ...asking, maxAge: 10 }, now })
  const { access_token: opaque } = await token({ resource: opaqueApi, scope: 'read' })
  expect(opaque).not.toContain('.')
  expect(await get(app, opaque)).toMatchObject([
    200,
    { clientId: 'machine', subject: 'machine', scopes: ['read'], issuer },
  ])
  await revoke(String(opaque))
  expect((await get(app, opaque))[0]).toBe(200)
  clock.now += 10_000
  expect((await get(app, opaque))[0]).toBe(401)
  const wrong = apiFor({
    issuer,
    audience: opaqueApi,
    introspection: { ...asking, clientSecret: 'x' },
    report: () => undefined,
  })
  expect((await get(wrong, opaque))[0]).toBe(503)
})

test('oidc-provider: tokens bound by DPoP', async () => {
  const { issuer, token } = await oidcIssuer()
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const jwk = await exportJWK(publicKey)
  const proof = (claims: Record<string, unknown>): Promise<string> =>
    new SignJWT({ jti: randomUUID(), ...claims })
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
      .setIssuedAt()
      .sign(privateKey)
  for (const [resource, introspection] of [[jwtApi, undefined], [opaqueApi, asking]] as const) {
    const app = apiFor({ issuer, audience: resource, ...(introspection && { introspection }) })
    const dpop = await proof({ htm: 'POST', htu: `${issuer}/token` })
    const { access_token: bound, token_type: type } = await token({ resource, scope: 'read' }, { dpop })
    expect(type).toBe('DPoP')
    expect((await get(app, bound))[0]).toBe(401)
    const ath = sha256Base64url(String(bound))
    const headers = { authorization: `DPoP ${String(bound)}`, dpop: await proof({ htm: 'GET', htu: `${resource}/`, ath }) }
    expect((await get(app, bound, '/', headers))[0]).toBe(200)
    expect((await get(app, bound, '/', headers))[0]).toBe(401)
  } // prettier-ignore
})

test('an authorization server of ours, over HTTP: JWTs, references, refusals', async () => {
  const port = await freePort()
  const issuer = `http://localhost:${port}`
  const place = await world('sqlite', { issuer, now: Date.now })
  const listener = await place.server.app.listen({ port })
  try {
    const jwt = apiFor({ issuer, audience: apiA })
    const opaque = apiFor({
      issuer, audience: apiB, introspection: { clientId: 'api-b', clientSecret: secrets['api-b'] ?? '', maxAge: 0, refusedMaxAge: 0 },
    }) // prettier-ignore
    const { access_token: first, refresh_token: refresh } = await place.tokens('web', {
      scope: 'read',
      resource: apiA,
    })
    const { access_token: second } = await place.tokens('web', { scope: 'read write', resource: apiB })
    expect(await get(jwt, first)).toMatchObject([
      200,
      { subject: place.alice, clientId: 'web', scopes: ['read'] },
    ])
    expect((await get(jwt, first, '/write'))[0]).toBe(403)
    expect(await get(opaque, second, '/write')).toMatchObject([
      200,
      { subject: place.alice, scopes: ['read', 'write'] },
    ])
    // each is for its own API; a refresh token is for none
    for (const [app, token] of [[jwt, second], [opaque, first], [jwt, refresh], [opaque, refresh]] as const) {
      expect((await get(app, token))[0]).toBe(401)
    } // prettier-ignore
    expect((await place.post('/revoke', { token: second }, 'web')).status).toBe(200)
    expect((await get(opaque, second))[0]).toBe(401)
  } finally {
    await listener.close()
  }
})

test('the API goes on when oidc-provider goes away, with the clock of the system', async () => {
  const { issuer, token, stop } = await oidcIssuer()
  const app = apiFor({ issuer, audience: jwtApi })
  const [first, second] = await Promise.all([1, 2].map(() => token({ resource: jwtApi, scope: 'read' })))
  expect((await get(app, first?.['access_token']))[0]).toBe(200)
  stop()
  expect((await get(app, second?.['access_token']))[0]).toBe(200)
})
