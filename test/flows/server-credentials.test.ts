/** How a credential may be sent to an API and to userinfo, and whose tokens are taken: nobody else's; over both databases. */

import { api, security } from 'gatewright'
import { SignJWT, decodeJwt, decodeProtectedHeader, generateKeyPair, importJWK } from 'jose'
import { describe, expect, test } from 'vitest'
import { privateJwk } from '../../src/crypto/signing-key.ts'
import { defaultPages } from '../../src/pages/default-pages.ts'
import { tokenTypes } from '../../src/protocol/token-exchange.ts'
import { dialects } from '../setup/database.ts'
import type { Dialect } from '../setup/database.ts'
import { apiA, basic, bodyOf, issuer, secrets, serverOptions, world } from './server-world.ts'
import type { World } from './server-world.ts'

async function place(dialect: Dialect) {
  const { clients } = serverOptions('')
  const exchanger = {
    id: 'exchanger',
    secret: secrets['web'] ?? '',
    grantTypes: ['urn:ietf:params:oauth:grant-type:token-exchange'],
    exchange: { scopes: ['read'] },
  } as const
  const at = await world(dialect, {
    pages: defaultPages(),
    resources: { [apiA]: {}, [issuer]: {} },
    clients: [...clients, exchanger],
  })
  const auth = at.server.bearer({ audience: apiA })
  const app = api({ docs: false }).get(
    '/me',
    { token: security(auth, ['read']) },
    ({ token }) => token.subject,
  )
  const call = async (authorization?: string) => {
    const answer = await app.request('/me', authorization === undefined ? {} : { headers: { authorization } })
    return { status: answer.status, challenge: answer.headers.get('www-authenticate') }
  }
  return { at, app, call }
}

/** A token for userinfo. */
async function forUserinfo(at: World): Promise<string> {
  await at.accounts.update(at.alice, { scopes: ['read'] })
  return (await at.tokens('web', { scope: 'openid read', resource: issuer })).access_token
}

describe.each(dialects)('%s', (dialect) => {
  test('SECURITY 168: the scheme is compared without case, and what another scheme brings is no token', async () => {
    const { at, call } = await place(dialect)
    const { access_token: token } = await at.tokens('web', { resource: apiA })
    const own = await forUserinfo(at)
    const userinfo = async (authorization: string): Promise<number> =>
      (await at.server.app.request(`${issuer}/userinfo`, { headers: { authorization } })).status
    for (const scheme of ['Bearer', 'bearer', 'BEARER', 'bEaReR']) {
      expect([scheme, (await call(`${scheme} ${token}`)).status]).toEqual([scheme, 200])
      expect([scheme, await userinfo(`${scheme} ${own}`)]).toEqual([scheme, 200])
    }
    for (const before of [
      'Basic ',
      'Token ',
      'Bearer2 ',
      'MAC ',
      'JWT ',
      'Bearer',
      'Bearer\t',
      'x Bearer ',
      '',
    ]) {
      const { status, challenge } = await call(`${before}${token}`)
      expect([before, status, challenge]).toEqual([before, 401, expect.stringMatching(/^Bearer /)])
      expect([before, await userinfo(`${before}${own}`)]).toEqual([before, 401])
    }
    expect((await call(`Basic ${btoa(`alice:${token}`)}`)).status).toBe(401)
  })

  test('SECURITY 170: a token that is sent in two ways is a bad request, in one of them it is not', async () => {
    const { at } = await place(dialect)
    const token = await forUserinfo(at)
    const headers = { authorization: `Bearer ${token}` }
    const ask = async (init: RequestInit, query = '') => {
      const answer = await at.server.app.request(`${issuer}/userinfo${query}`, init)
      return { status: answer.status, challenge: answer.headers.get('www-authenticate') ?? '' }
    }
    const body = new URLSearchParams({ access_token: token })
    for (const twice of [
      await ask({ method: 'POST', headers, body }),
      await ask({
        method: 'POST',
        headers,
        body: new URLSearchParams([
          ['a', 'b'],
          ['access_token', 'other'],
        ]),
      }),
    ]) {
      expect(twice.status).toBe(400)
      expect(twice.challenge).toContain('error="invalid_request"')
    }
    expect((await ask({ method: 'POST', headers, body: new URLSearchParams({ a: 'b' }) })).status).toBe(200)
    expect((await ask({ method: 'POST', headers })).status).toBe(200)
    expect((await ask({ headers })).status).toBe(200)
    expect((await ask({ method: 'POST', body })).status).toBe(200)
    // In an address it is no token at all.
    expect((await ask({}, `?access_token=${token}`)).status).toBe(401)
  })

  test('SECURITY 171: who brings nothing is told where to begin, and of no error', async () => {
    const { at, call } = await place(dialect)
    const { access_token: token } = await at.tokens('web', { resource: apiA })
    const metadata = `resource_metadata="${new URL('/.well-known/oauth-protected-resource', apiA).href}"`
    for (const nothing of [undefined, '', 'Basic YTpi']) {
      const { status, challenge } = await call(nothing)
      expect([status, challenge]).toEqual([401, expect.stringContaining(metadata)])
      expect(challenge).not.toContain('error')
    }
    const wrong = await call('Bearer x')
    expect([wrong.status, wrong.challenge]).toEqual([401, expect.stringContaining('error="invalid_token"')])
    expect(wrong.challenge).toContain(metadata)
    expect((await call(`Bearer ${token}`)).status).toBe(200)
    const bare = await at.server.app.request(`${issuer}/userinfo`)
    expect([bare.status, bare.headers.get('www-authenticate')]).toEqual([401, 'Bearer scope="openid"'])
  })

  test('SECURITY 248: a token of another issuer is taken nowhere, whatever it claims and however it is sent', async () => {
    const { at, call } = await place(dialect)
    const good = (await at.tokens('web', { resource: apiA })).access_token
    const foreign = await generateKeyPair('ES256')
    const now = Math.floor(at.clock.now / 1000)
    const { kid = '' } = decodeProtectedHeader(good)
    const jwk = privateJwk(await at.keys.current())
    const own = await importJWK(jwk ?? {}, 'ES256')
    const sign = (claims: Record<string, unknown>, typ: string, named?: string, key = foreign.privateKey) =>
      new SignJWT({ iat: now, exp: now + 300, sub: at.alice, aud: apiA, ...claims })
        .setProtectedHeader({ alg: 'ES256', typ, ...(named === undefined ? {} : { kid: named }) })
        .sign(key)
    const claims = { ...decodeJwt(good) }
    const byUs = (more: Record<string, unknown>, typ = 'at+jwt') =>
      sign({ ...claims, ...more }, typ, kid, own as typeof foreign.privateKey)
    const tokens = [
      await sign(claims, 'at+jwt'),
      // Under the name of our key, which has not signed it.
      await sign(claims, 'at+jwt', kid),
      await sign({ ...claims, iss: 'https://accounts.google.com' }, 'at+jwt', kid),
      // Signed by our key, as where two issuers share one.
      await byUs({ iss: 'https://other.test' }),
      await byUs({ iss: `${issuer}/` }),
      await byUs({ iss: undefined }),
      await byUs({}, 'JWT'),
      await sign({ iss: 'https://accounts.google.com', aud: 'web' }, 'JWT'),
      await sign({ iss: issuer, aud: issuer }, 'JWT'),
      await sign({ iss: 'web', sub: 'web', aud: issuer, jti: 'once' }, 'JWT'),
    ]
    const grants = async () => at.store.listGrants({ subject: at.alice, limit: 50, now: at.clock.now })
    const before = await grants()
    const authorization = basic('exchanger', secrets['web'] ?? '')
    for (const token of tokens) {
      for (const type of ['jwt-bearer', 'saml2-bearer']) {
        const form = { grant_type: `urn:ietf:params:oauth:grant-type:${type}`, assertion: token }
        const answer = await at.post('/token', form, 'web')
        expect([answer.status, (await bodyOf(answer))['error']]).toEqual([400, 'unsupported_grant_type'])
      }
      for (const type of [tokenTypes.accessToken, tokenTypes.idToken, tokenTypes.jwt]) {
        const form = {
          grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
          subject_token: token,
          subject_token_type: type,
        }
        const answer = await at.post('/token', form, undefined, { authorization })
        expect([type, answer.status, (await bodyOf(answer))['error']]).toEqual([type, 400, 'invalid_request'])
      }
      expect((await call(`Bearer ${token}`)).status).toBe(401)
      expect(await bodyOf(await at.post('/introspect', { token }, 'api-a'))).toEqual({ active: false })
    }
    // Of ours as well, only what is meant for this place and not too old.
    for (const fault of [{ aud: 'https://b.test' }, { aud: undefined }, { iat: now - 600, exp: now - 300 }])
      expect([fault, (await call(`Bearer ${await byUs(fault)}`)).status]).toEqual([fault, 401])
    expect(await grants()).toEqual(before)
    expect((await call(`Bearer ${await byUs({})}`)).status).toBe(200)
    const form = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: good,
      subject_token_type: tokenTypes.accessToken,
    }
    expect((await at.post('/token', form, undefined, { authorization })).status).toBe(200)
  })

  test('SECURITY 295: what comes by plain http is never led to https, where it would be sent again', async () => {
    const { at, app } = await place(dialect)
    const plain = issuer.replace('https:', 'http:')
    const paths: readonly (readonly [string, string])[] = [
      ['POST', '/token'],
      ['POST', '/introspect'],
      ['POST', '/revoke'],
      ['POST', '/par'],
      ['GET', '/userinfo'],
      ['GET', '/jwks'],
      ['GET', '/.well-known/oauth-authorization-server'],
    ]
    const listener = await at.server.app.listen({ port: 0 })
    for (const [method, path] of paths) {
      const init: RequestInit = {
        method,
        redirect: 'manual',
        headers: {
          authorization: basic('machine', secrets['machine'] ?? ''),
          'x-forwarded-proto': 'http',
          'content-type': 'application/x-www-form-urlencoded',
        },
        ...(method === 'POST' ? { body: 'a=b' } : {}),
      }
      const { status } = await at.server.app.request(issuer + path, init)
      expect([path, status !== 404 && (status < 300 || status >= 400)]).toEqual([path, true])
      // The same, over the wire too: it is neither sent elsewhere nor told to be.
      const ways = [
        at.server.app.request(plain + path, init),
        at.server.app.fetch(new Request(plain + path, init)),
        fetch(listener.url + path, init),
      ]
      for (const each of ways) {
        const { status: found, headers } = await each
        const told = ['location', 'refresh', 'content-location', 'alt-svc'].map((name) => headers.get(name))
        expect([path, found, told]).toEqual([path, status, [null, null, null, null]])
      }
    }
    await listener.close()
    const answer = await app.request('http://a.test/me', { headers: { authorization: 'Bearer x' } })
    expect([answer.status, answer.headers.get('location')]).toEqual([401, null])
  })
})
