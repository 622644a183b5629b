/** The server as an OpenID provider: ID tokens, userinfo, claims, pairwise names and logout, over both databases. */

import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose'
import type { JSONWebKeySet, JWTPayload } from 'jose'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../../src/crypto/hash.ts'
import { encodeBase64url } from '../../src/crypto/base64url.ts'
import { defaultPages } from '../../src/pages/default-pages.ts'
import { dialects } from '../setup/database.ts'
import type { Dialect } from '../setup/database.ts'
import { browserOf, requestUrl } from './browser-jar.ts'
import type { Arrived, JarBrowser } from './browser-jar.ts'
import { apiA, bodyOf, issuer, secrets, serverOptions, verifier, world } from './server-world.ts'
import type { World } from './server-world.ts'

const password = 'correct horse battery'
const out = 'https://web.test/out'

type Options = NonNullable<Parameters<typeof world>[1]>

async function person(dialect: Dialect, more: Options = {}) {
  const { clients } = serverOptions('')
  const at = await world(dialect, {
    pages: defaultPages(),
    clients: [
      ...clients.filter(({ id }) => id !== 'web'),
      { ...clients[0], id: 'web', postLogoutRedirectUris: [out, 'https://web.test/bye?x=1'] },
      {
        id: 'pair',
        secret: secrets['web'] ?? '',
        redirectUris: ['https://pair.test/cb'],
        grantTypes: ['authorization_code', 'refresh_token'],
        subjectType: 'pairwise',
        idTokenSignedResponseAlg: 'ES256',
      },
      { id: 'plain', secret: secrets['web'] ?? '', redirectUris: ['https://plain.test/cb'] },
    ],
    ...more,
  })
  await at.accounts.update(at.alice, { name: 'Alice Example', email: 'alice@example.com' })
  return { at, browser: browserOf(at.server.app) }
}

/** Whatever pages there are, on to the client. */
async function through(browser: JarBrowser, url: string, username = 'alice'): Promise<Arrived> {
  let page = await browser.open(url)
  if (page.path === '/login') page = await browser.submit(page, { username, password })
  if (page.path === '/consent') page = await browser.submit(page, { decision: 'allow' })
  return page
}

interface Answer {
  readonly access_token: string
  readonly id_token?: string
  readonly refresh_token?: string
  readonly scope?: string
}

async function signedIn(
  at: World,
  browser: JarBrowser,
  more: Readonly<Record<string, string>> = {},
  clientId = 'web',
): Promise<Answer> {
  const arrived = await through(browser, requestUrl(at, clientId, { scope: 'openid', ...more }))
  return redeemed(at, arrived, clientId)
}

async function redeemed(at: World, { location }: Arrived, clientId = 'web'): Promise<Answer> {
  const code = new URL(location ?? '').searchParams.get('code') ?? ''
  const form = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: at.redirectUri(clientId),
    code_verifier: verifier,
  }
  const header = {
    authorization: `Basic ${btoa(`${clientId}:${secrets[clientId] ?? secrets['web'] ?? ''}`)}`,
  }
  const answer = await at.post('/token', form, undefined, header)
  expect(answer.status).toBe(200)
  return (await answer.json()) as Answer
}

/** Checked with a library that is not ours. */
async function checked(at: World, token: string | undefined, audience = 'web'): Promise<JWTPayload> {
  const keys = (await (await at.server.app.request(`${issuer}/jwks`)).json()) as JSONWebKeySet
  const currentDate = new Date(at.clock.now)
  const { payload } = await jwtVerify(token ?? '', createLocalJWKSet(keys), { issuer, audience, currentDate })
  return payload
}

function userinfo(at: World, token: string, method = 'GET'): Promise<Response> {
  return at.server.app.request(`${issuer}/userinfo`, {
    method,
    headers: { authorization: `Bearer ${token}` },
  })
}

describe.each(dialects)('%s', (dialect) => {
  test('SECURITY 158: an ID token says who logged in, when, for whom, and holds the nonce', async () => {
    const { at, browser } = await person(dialect)
    const loggedInAt = Math.floor(at.clock.now / 1000)
    const tokens = await signedIn(at, browser, { nonce: 'n-0S6_WzA2Mj "quoted"' })
    const claims = await checked(at, tokens.id_token)
    expect(claims).toEqual({
      iss: issuer,
      sub: at.alice,
      aud: 'web',
      iat: loggedInAt,
      exp: loggedInAt + 600,
      auth_time: loggedInAt,
      nonce: 'n-0S6_WzA2Mj "quoted"',
      sid: expect.any(String),
      acr: 'urn:gatewright:acr:1fa',
      amr: ['pwd'],
      at_hash: encodeBase64url(sha256(tokens.access_token).subarray(0, 16)),
    })
    expect(tokens.scope).toBe('openid')
  })

  test('without the scope openid there is no ID token, and userinfo is refused', async () => {
    const { at, browser } = await person(dialect)
    const tokens = await signedIn(at, browser, { scope: 'read profile', resource: issuer }).catch(
      () => undefined,
    )
    expect(tokens).toBeUndefined()
    const plain = await signedIn(at, browser, { scope: 'read profile' })
    expect(plain.id_token).toBeUndefined()
    expect(plain.scope).toBe('read')
    // RFC 9068 §4: it is not for the issuer, which is the API behind userinfo.
    expect((await userinfo(at, plain.access_token)).status).toBe(401)
  })

  test('what a client asks for without naming scopes holds nothing of the person', async () => {
    const { at, browser } = await person(dialect)
    const url = new URL(requestUrl(at, 'web'))
    url.searchParams.delete('scope')
    const tokens = await redeemed(at, await through(browser, url.href))
    expect(tokens.scope?.split(' ').toSorted()).toEqual(['admin', 'read', 'write'])
    expect(tokens.id_token).toBeUndefined()
  })

  test('SECURITY 160: userinfo answers GET and POST with the claims of the scopes', async () => {
    const { at, browser } = await person(dialect)
    const tokens = await signedIn(at, browser, { scope: 'openid profile email read' })
    expect(tokens.scope?.split(' ').toSorted()).toEqual(['email', 'openid', 'profile', 'read'])
    expect(decodeJwt(tokens.access_token).aud).toEqual([apiA, issuer])
    const expected = {
      sub: at.alice,
      name: 'Alice Example',
      preferred_username: 'alice',
      email: 'alice@example.com',
      email_verified: false,
    }
    for (const method of ['GET', 'POST']) {
      const answer = await userinfo(at, tokens.access_token, method)
      expect(answer.status).toBe(200)
      expect(answer.headers.get('cache-control')).toBe('no-store')
      expect(await answer.json()).toEqual(expected)
    }
    // Only what was shown by a link, or said by an administrator, is verified; another address is not.
    await at.accounts.update(at.alice, { emailVerified: true })
    const verified = await userinfo(at, tokens.access_token)
    expect(await verified.json()).toEqual({ ...expected, email_verified: true })
    await at.accounts.update(at.alice, { email: 'liddell@example.com' })
    const another = await userinfo(at, tokens.access_token)
    expect(await another.json()).toMatchObject({ email: 'liddell@example.com', email_verified: false })
    await at.accounts.update(at.alice, { email: null })
    const none = await (await userinfo(at, tokens.access_token)).json()
    expect(Object.keys(none as object)).not.toContain('email_verified')
    expect(await checked(at, tokens.id_token)).not.toHaveProperty('email')
  })

  test('SECURITY 169, 170: userinfo takes the token from a form as well, in one place at a time, and never from the address', async () => {
    const { at, browser } = await person(dialect)
    const { access_token: token, id_token: idToken = '' } = await signedIn(at, browser)
    const send = (fields: readonly (readonly [string, string])[], headers = {}, query = '') =>
      at.server.app.request(`${issuer}/userinfo${query}`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        body: new URLSearchParams(fields.map(([name, value]) => [name, value])).toString(),
      })
    const own = ['access_token', token] as const
    expect(await bodyOf(await send([own]))).toEqual({ sub: at.alice })
    const header = { authorization: `Bearer ${token}` }
    for (const answer of [await send([own], header), await send([own, own])]) {
      expect([answer.status, (await bodyOf(answer))['error']]).toEqual([400, 'invalid_request'])
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer error="invalid_request"/)
    }
    expect((await send([['token', token]], header)).status).toBe(200)
    for (const answer of [
      await send([['access_token', idToken]]),
      await send([['access_token', '']]),
      await send([['access_token', `${token} `]]),
      await send([], {}, `?access_token=${token}`),
      await send([own], { 'content-type': 'text/plain' }),
      await send([own], { 'content-type': 'application/json' }),
    ]) {
      expect(answer.status).toBe(401)
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer /)
    }
    expect((await send([['access_token', 'x'.repeat(70_000)]])).status).toBe(413)
  })

  test('SECURITY 160: with openid alone userinfo tells the subject alone', async () => {
    const { at, browser } = await person(dialect)
    const { access_token: token } = await signedIn(at, browser)
    expect(await bodyOf(await userinfo(at, token))).toEqual({ sub: at.alice })
  })

  test('SECURITY 161: userinfo refuses ID tokens, tokens for other APIs, revoked ones and nothing at all', async () => {
    const { at, browser } = await person(dialect)
    const tokens = await signedIn(at, browser, { scope: 'openid read' })
    const foreign = await at.tokens('web', { scope: 'read' })
    for (const token of [tokens.id_token ?? '', foreign.access_token, tokens.refresh_token ?? '', 'x', '.']) {
      const answer = await userinfo(at, token)
      expect(answer.status, token).toBe(401)
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer error="invalid_token"/)
    }
    const bare = await at.server.app.request(`${issuer}/userinfo`)
    expect(bare.status).toBe(401)
    expect(bare.headers.get('www-authenticate')).toBe('Bearer scope="openid"')
    expect((await userinfo(at, tokens.access_token)).status).toBe(200)
    await at.post('/revoke', { token: tokens.access_token }, 'web')
    expect((await userinfo(at, tokens.access_token)).status).toBe(401)
  })

  test('SECURITY 160: a token without openid, for the issuer, is 403', async () => {
    const { at, browser } = await person(dialect, { resources: { [issuer]: {} } })
    const { access_token: token } = await signedIn(at, browser, { scope: 'read' })
    const answer = await userinfo(at, token)
    expect(answer.status).toBe(403)
    expect(answer.headers.get('www-authenticate')).toContain('insufficient_scope')
  })

  test('SECURITY 167: single claims are told once their scope was agreed to, and no others', async () => {
    const { at, browser } = await person(dialect)
    const claims = JSON.stringify({
      userinfo: { email: null, sub: null, phone_number: null, password: { essential: true } },
      id_token: { name: { essential: true }, iss: null },
    })
    const url = requestUrl(at, 'web', { scope: 'openid', claims })
    const login = await browser.open(url)
    const consent = await browser.submit(login, { username: 'alice', password })
    expect(consent.body).toContain('See your e-mail address')
    expect(consent.body).toContain('See your name and username')
    const tokens = await redeemed(at, await browser.submit(consent, { decision: 'allow' }))
    expect(tokens.scope).toBe('openid')
    const idToken = await checked(at, tokens.id_token)
    expect(idToken['name']).toBe('Alice Example')
    expect(idToken.iss).toBe(issuer)
    expect(idToken).not.toHaveProperty('preferred_username')
    expect(await bodyOf(await userinfo(at, tokens.access_token))).toEqual({
      sub: at.alice,
      email: 'alice@example.com',
    })
    // What comes of the refresh token is no more.
    const refreshed = await at.refresh('web', tokens.refresh_token ?? '')
    const next = (await refreshed.json()) as Answer
    expect((await checked(at, next.id_token))['name']).toBe('Alice Example')
    expect(await checked(at, next.id_token)).not.toHaveProperty('nonce')
    expect(Object.keys(await bodyOf(await userinfo(at, next.access_token)))).toEqual(['email', 'sub'])
  })

  test('SECURITY 167: pages of your own that take a scope off take its claims along', async () => {
    const { at } = await person(dialect)
    const claims = JSON.stringify({ userinfo: { email: null }, id_token: { name: null } })
    const url = new URL(requestUrl(at, 'web', { scope: 'openid', claims }))
    const pending = await at.interaction.begin([...url.searchParams])
    expect(pending.agreement.toSorted()).toEqual(['email', 'openid', 'profile'])
    const approval = { subject: at.alice, authTime: at.clock.now, scopes: ['openid'] }
    const { location } = await at.interaction.approve(pending, approval)
    const tokens = await redeemed(at, { status: 303, path: '', body: '', headers: new Headers(), location })
    expect(await bodyOf(await userinfo(at, tokens.access_token))).toEqual({ sub: at.alice })
    expect(await checked(at, tokens.id_token)).not.toHaveProperty('name')
  })

  test('a claims parameter that is no such JSON is refused', async () => {
    const { at, browser } = await person(dialect)
    for (const claims of [
      '{',
      '[]',
      '{"userinfo":[]}',
      '{"userinfo":{"name":true}}',
      '"x"',
      '{"id_token":{"sub":{"value":1}}}',
    ]) {
      const { location } = await browser.open(requestUrl(at, 'web', { claims }))
      expect(new URL(location ?? '').searchParams.get('error'), claims).toBe('invalid_request')
    }
  })

  test("a server's own claims are told within their scopes, and replace nothing that the token says", async () => {
    const { at, browser } = await person(dialect, {
      openid: {
        scopes: { phone: { text: 'See your phone number', claims: ['phone_number'] } },
        claims: () => ({
          phone_number: '+1 555',
          iss: 'https://evil.test',
          sub: 'bob',
          name: 'Own',
          more: 1,
        }),
        claimsIn: 'id_token',
      },
    })
    const tokens = await signedIn(at, browser, { scope: 'openid phone profile' })
    expect(await checked(at, tokens.id_token)).toMatchObject({
      phone_number: '+1 555',
      sub: at.alice,
      name: 'Own',
    })
    expect(await bodyOf(await userinfo(at, tokens.access_token))).toEqual({
      phone_number: '+1 555',
      name: 'Own',
      preferred_username: 'alice',
      sub: at.alice,
    })
  })

  test('OpenID Connect Core §8: a pairwise client knows a person by a name of its own, everywhere', async () => {
    const { at, browser } = await person(dialect)
    const first = await signedIn(at, browser, {}, 'pair')
    const { sub } = await checked(at, first.id_token, 'pair')
    expect(sub).toMatch(/^[\w-]{43}$/)
    expect(await bodyOf(await userinfo(at, first.access_token))).toEqual({ sub })
    // A JWT would tell the account's own name.
    expect(first.access_token).toMatch(/^gwa_/)
    const again = await signedIn(at, browserOf(at.server.app), {}, 'pair')
    expect((await checked(at, again.id_token, 'pair')).sub).toBe(sub)
    const header = { authorization: `Basic ${btoa(`pair:${secrets['web'] ?? ''}`)}` }
    const own = await at.post('/introspect', { token: first.access_token }, undefined, header)
    expect((await bodyOf(own))['sub']).toBe(sub)
  })

  test('the algorithm of the ID token is the one the client is registered with', async () => {
    const { at, browser } = await person(dialect)
    const algorithm = (token: string | undefined) =>
      JSON.parse(Buffer.from(token?.split('.')[0] ?? '', 'base64url').toString()) as unknown
    expect(algorithm((await signedIn(at, browser)).id_token)).toMatchObject({ alg: 'RS256', typ: 'JWT' })
    expect(algorithm((await signedIn(at, browser, {}, 'pair')).id_token)).toMatchObject({ alg: 'ES256' })
  })

  test('SECURITY 166: offline_access is ignored for a client that gets no refresh tokens', async () => {
    const { at, browser } = await person(dialect)
    const tokens = await signedIn(at, browser, { scope: 'openid offline_access' }, 'plain')
    expect(tokens.scope).toBe('openid')
    expect(tokens.refresh_token).toBeUndefined()
    const url = requestUrl(at, 'web', { scope: 'openid offline_access' })
    const consent = await browser.open(url)
    expect(consent.path).toBe('/consent')
    expect(consent.body).toContain('Keep access while you are away')
  })

  test('SECURITY 35: a hint for somebody else is not answered as who is logged in', async () => {
    const { at, browser } = await person(dialect)
    await at.accounts.create({ username: 'bob', password })
    const other = browserOf(at.server.app)
    const bobs = await redeemed(at, await through(other, requestUrl(at, 'web', { scope: 'openid' }), 'bob'))
    const hint = bobs.id_token ?? ''
    await signedIn(at, browser)
    const silent = requestUrl(at, 'web', { scope: 'openid', prompt: 'none', id_token_hint: hint })
    const errorOf = ({ location }: Arrived) => new URL(location ?? 'x:').searchParams.get('error')
    expect(errorOf(await browser.open(silent))).toBe('login_required')
    // Asked aloud, it asks for the right person; the wrong one gets nothing.
    const asked = await browser.open(requestUrl(at, 'web', { scope: 'openid', id_token_hint: hint }))
    expect(asked.path).toBe('/login')
    expect(errorOf(await browser.submit(asked, { username: 'alice', password }))).toBe('login_required')
    const again = await browser.open(requestUrl(at, 'web', { scope: 'openid', id_token_hint: hint }))
    const right = await browser.submit(again, { username: 'bob', password })
    expect(new URL(right.location ?? '').searchParams.has('code')).toBe(true)
    // Expired is fine; another client's, or a forged one, is none.
    at.clock.now += 3_600_000
    expect(new URL((await browser.open(silent)).location ?? '').searchParams.has('code')).toBe(true)
    for (const bad of [`${hint}x`, 'x', (await signedIn(at, browser, {}, 'pair')).id_token ?? '']) {
      const { location } = await browser.open(requestUrl(at, 'web', { id_token_hint: bad, prompt: 'none' }))
      expect(new URL(location ?? '').searchParams.get('error')).toBe('invalid_request')
    }
  })

  test('a claims request for one subject is answered for that one alone (Core §5.5.1)', async () => {
    const { at, browser } = await person(dialect)
    await signedIn(at, browser)
    const only = (value: string) => JSON.stringify({ id_token: { sub: { value } } })
    const ask = (value: string) =>
      browser.open(requestUrl(at, 'web', { scope: 'openid', prompt: 'none', claims: only(value) }))
    expect(new URL((await ask('nobody')).location ?? '').searchParams.get('error')).toBe('login_required')
    expect(new URL((await ask(at.alice)).location ?? '').searchParams.has('code')).toBe(true)
  })

  test('Form Post Response Mode: the answer is in a form that sends itself, errors too', async () => {
    const { at, browser } = await person(dialect)
    const state = '"><script>alert(1)</script>'
    const more = { scope: 'openid', response_mode: 'form_post', state }
    const page = await through(browser, requestUrl(at, 'web', more))
    expect(page.status).toBe(200)
    // SECURITY 260
    expect(page.body).not.toContain('<script>alert')
    expect(page.body).toContain('action="https://web.test/cb"')
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'")
    const fields = Object.fromEntries(
      [...page.body.matchAll(/name="(\w+)" value="([^"]*)"/g)].map(([, name, value]) => [name, value]),
    )
    expect(fields).toMatchObject({ iss: issuer, state: '&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;' })
    const script = /<script src="([^"]+)"/.exec(page.body)?.[1] ?? ''
    expect(await (await at.server.app.request(issuer + script)).text()).toBe('document.forms[0].submit()\n')
    const location = `https://web.test/cb?code=${fields['code'] ?? ''}`
    expect((await redeemed(at, { ...page, location })).id_token).toBeDefined()
    const refused = await browser.open(requestUrl(at, 'web', { ...more, prompt: 'none', max_age: '0' }))
    expect(refused.body).toMatch(/name="error" value="login_required"/)
    const wrong = await browser.open(requestUrl(at, 'web', { ...more, scope: 'nonsense' }))
    expect(wrong.body).toMatch(/name="error" value="invalid_scope"/)
  })

  test('SECURITY 162: whoever has an ID token of the session logs out, and comes back with the state', async () => {
    const { at, browser } = await person(dialect)
    const { id_token: hint = '' } = await signedIn(at, browser)
    const cookie = browser.cookie('__Host-gatewright-session')
    at.clock.now += 3_600_000 // expired hints count
    const parameters = { id_token_hint: hint, post_logout_redirect_uri: out, state: 'a b&c' }
    const gone = await browser.open(`${issuer}/logout?${new URLSearchParams(parameters)}`)
    expect(gone.location).toBe(`${out}?state=a%20b%26c`)
    // SECURITY 164
    const thief = browserOf(at.server.app)
    thief.plant('__Host-gatewright-session', cookie ?? '')
    const silent = await thief.open(requestUrl(at, 'web', { prompt: 'none' }))
    expect(new URL(silent.location ?? '').searchParams.get('error')).toBe('login_required')
    // Nobody is logged in any more, and the client may say so again.
    const query = { id_token_hint: hint, post_logout_redirect_uri: 'https://web.test/bye?x=1', state: 's' }
    const twice = await browser.open(`${issuer}/logout?${new URLSearchParams(query)}`)
    expect(twice.location).toBe('https://web.test/bye?x=1&state=s')
  })

  test('SECURITY 162: nothing that does not fit logs anybody out or sends them anywhere', async () => {
    const { at, browser } = await person(dialect)
    const { id_token: hint = '' } = await signedIn(at, browser)
    const otherHint = (await signedIn(at, browser, {}, 'pair')).id_token ?? ''
    const corpus: readonly Readonly<Record<string, string>>[] = [
      { post_logout_redirect_uri: out },
      { id_token_hint: 'x', post_logout_redirect_uri: out },
      { id_token_hint: `${hint.slice(0, -4)}AAAA`, post_logout_redirect_uri: out },
      { id_token_hint: hint, post_logout_redirect_uri: 'https://web.test/out/' },
      { id_token_hint: hint, post_logout_redirect_uri: 'https://evil.test/' },
      { id_token_hint: hint, post_logout_redirect_uri: 'https://web.test/out?x' },
      { id_token_hint: hint, client_id: 'pair', post_logout_redirect_uri: out },
      { id_token_hint: otherHint, post_logout_redirect_uri: out },
      { client_id: 'nobody', post_logout_redirect_uri: out },
      { client_id: 'nobody' },
      { client_id: 'web', post_logout_redirect_uri: 'javascript:alert(1)' },
    ]
    for (const parameters of corpus) {
      const page = await browser.open(`${issuer}/logout?${new URLSearchParams(parameters)}`)
      expect(page.status, JSON.stringify(parameters)).toBe(400)
      expect(page.location).toBeUndefined()
      expect(await at.store.listSessions(at.alice, at.clock.now)).toHaveLength(1)
    }
    const doubled = await browser.open(`${issuer}/logout?client_id=web&client_id=web`)
    expect(doubled.status).toBe(400)
  })

  test('SECURITY 163: without a hint of this session a person is asked, and a link redirects nobody', async () => {
    const { at, browser } = await person(dialect)
    await signedIn(at, browser)
    const query = new URLSearchParams({ client_id: 'web', post_logout_redirect_uri: out, state: 's' })
    const question = await browser.open(`${issuer}/logout?${query}`)
    expect(question.status).toBe(200)
    expect(await at.store.listSessions(at.alice, at.clock.now)).toHaveLength(1)
    // SECURITY 202: the answer needs our own form.
    expect((await browser.submit(question, { csrf: 'x' })).status).toBe(403)
    expect(await at.store.listSessions(at.alice, at.clock.now)).toHaveLength(1)
    expect((await browser.submit(question, {})).location).toBe(`${out}?state=s`)
    expect(await at.store.listSessions(at.alice, at.clock.now)).toHaveLength(0)
    const nobody = await browser.open(`${issuer}/logout?${query}`)
    expect(nobody.status).toBe(200)
    expect(nobody.location).toBeUndefined()
    expect(nobody.body).toContain(`href="${out}?state=s"`)
  })

  test('the hint of an earlier session asks first', async () => {
    const { at, browser } = await person(dialect)
    const { id_token: hint = '' } = await signedIn(at, browser)
    const other = browserOf(at.server.app)
    await signedIn(at, other)
    const page = await other.open(`${issuer}/logout?${new URLSearchParams({ id_token_hint: hint })}`)
    expect(page.status).toBe(200)
    expect(await at.store.listSessions(at.alice, at.clock.now)).toHaveLength(2)
  })

  test('a logout ends what was good only while logged in; offline_access and plain OAuth go on', async () => {
    const { at, browser } = await person(dialect)
    const online = await signedIn(at, browser)
    const offline = await signedIn(at, browser, { scope: 'openid offline_access' })
    const plain = await signedIn(at, browser, { scope: 'read' })
    await browser.submit(await browser.open(`${issuer}/logout`), {})
    expect((await at.refresh('web', online.refresh_token ?? '')).status).toBe(400)
    expect((await userinfo(at, online.access_token)).status).toBe(401)
    expect((await at.refresh('web', offline.refresh_token ?? '')).status).toBe(200)
    expect((await at.refresh('web', plain.refresh_token ?? '')).status).toBe(200)
    expect(at.events.filter(({ type }) => type === 'family.revoked')).toHaveLength(1)
  })

  test('SECURITY 159: who is removed and comes back is somebody else', async () => {
    const { at, browser } = await person(dialect)
    const first = await signedIn(at, browser)
    await at.accounts.remove(at.alice)
    expect((await userinfo(at, first.access_token)).status).toBe(401)
    await at.accounts.create({ username: 'alice', password })
    const second = await signedIn(at, browserOf(at.server.app))
    expect((await checked(at, second.id_token)).sub).not.toBe((await checked(at, first.id_token)).sub)
  })
})

test('discovery says what an OpenID provider has to say, and an OAuth server says nothing of it', async () => {
  const { at } = await person('sqlite')
  const document = await bodyOf(await at.server.app.request(`${issuer}/.well-known/openid-configuration`))
  expect(document).toMatchObject({
    issuer,
    userinfo_endpoint: `${issuer}/userinfo`,
    end_session_endpoint: `${issuer}/logout`,
    subject_types_supported: ['public', 'pairwise'],
    id_token_signing_alg_values_supported: ['RS256', 'ES256'],
    response_modes_supported: ['query', 'form_post'],
    claims_parameter_supported: true,
  })
  expect(document['scopes_supported']).toEqual(expect.arrayContaining(['openid', 'profile', 'email', 'read']))
  const plain = await world('sqlite', { pages: defaultPages(), openid: false })
  const less = await bodyOf(await plain.server.app.request(`${issuer}/.well-known/openid-configuration`))
  expect(less['userinfo_endpoint']).toBeUndefined()
  expect(less['scopes_supported']).not.toContain('openid')
  expect((await plain.server.app.request(`${issuer}/userinfo`)).status).toBe(404)
})

test('keys for ID tokens rotate with the others, and what they signed stays good', async () => {
  const { at, browser } = await person('sqlite')
  const before = await signedIn(at, browser)
  await at.keys.rotate()
  at.clock.now += 3_700_000
  const after = await signedIn(at, browser, { prompt: 'login' })
  const kid = (token: string | undefined) => String(Buffer.from(token?.split('.')[0] ?? '', 'base64url'))
  expect(kid(after.id_token)).not.toBe(kid(before.id_token))
  await checked(at, after.id_token)
  const keys = (await bodyOf(await at.server.app.request(`${issuer}/jwks`)))['keys'] as unknown[]
  expect(keys.length).toBeGreaterThanOrEqual(3)
})
