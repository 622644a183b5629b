/** Each kind of provider: real ones where there are, and what is known of the others. */

import { Provider as OidcProvider } from 'oidc-provider'
import { describe, expect, test, vi } from 'vitest'
import { auth0 } from '../../src/federation/auth0.ts'
import { github } from '../../src/federation/github.ts'
import { google } from '../../src/federation/google.ts'
import { microsoft } from '../../src/federation/microsoft.ts'
import { oauth2 } from '../../src/federation/oauth2.ts'
import { openid } from '../../src/federation/openid.ts'
import { defaultPages } from '../../src/pages/default-pages.ts'
import { authorizationServer } from '../../src/server/authorization-server.ts'
import type { Provider } from '../../src/server/federation/provider.ts'
import { dialects } from '../setup/database.ts'
import { browserOf } from './browser-jar.ts'
import { passedThrough } from './provider-visitor.ts'
import { isLoggedIn, providerWorld } from './provider-world.ts'
import { issuer, world } from './server-world.ts'
import { json, listening, serving, upstream, upstreamSecret } from './upstream.ts'
import type { Upstream, UpstreamPerson } from './upstream.ts'

const clientSecret = upstreamSecret
const clientId = 'gatewright'

describe.each(dialects)('%s', (dialect) => {
  test('oidc-provider signs a person in: discovery, PKCE, nonce, signature, userinfo', async () => {
    // It prints what is meant for whoever tries it out.
    const quiet = ['log', 'info', 'warn', 'error'] as const
    const spies = quiet.map((name) => vi.spyOn(console, name).mockImplementation(() => undefined))
    let handle: ReturnType<OidcProvider['callback']> | undefined
    const origin = await serving((request, response) => handle?.(request, response))
    handle = new OidcProvider(origin, {
      clients: [
        {
          client_id: clientId,
          client_secret: clientSecret,
          redirect_uris: [`${issuer}/login/callback/real`],
        },
      ],
      claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
      cookies: { keys: ['a key of the other provider'] },
      findAccount: (_: unknown, sub: string) => ({
        accountId: sub,
        claims: () => ({ sub, email: `${sub}@example.com`, email_verified: true, name: 'Ann Smith' }),
      }),
    }).callback()
    const provider = openid({
      id: 'real',
      name: 'Real',
      issuer: origin,
      clientId,
      clientSecret,
      trustEmail: true,
      reachable: ['loopback'],
    })
    const at = await providerWorld(dialect, { providers: [provider], now: Date.now })
    const { location } = await at.button('real')
    const back = await passedThrough(fetch, location, { login: 'ann', password: 'x' })
    expect(new URL(back).searchParams.get('iss')).toBe(origin)
    const page = await at.browser.open(back)
    for (const spy of spies) spy.mockRestore()
    expect(page.path).toBe('/account/providers')
    expect((await at.accounts.findByEmail('ann@example.com'))[0]).toMatchObject({
      name: 'Ann Smith',
      emailVerified: true,
    })
    expect(at.reported).toEqual([])
  })

  test('another gatewright signs a person in, and renews the tokens that are kept', async () => {
    const gate = await world(dialect, { pages: defaultPages(), now: Date.now })
    await gate.server.close()
    const other = authorizationServer({
      issuer: 'https://gate.test',
      database: gate.url,
      secretKey: 'a key that only this test knows, and long enough',
      scopes: { read: 'Read' },
      pages: defaultPages(),
      clients: [
        {
          id: clientId,
          secret: clientSecret,
          redirectUris: [`${issuer}/login/callback/gate`],
          grantTypes: ['authorization_code', 'refresh_token'],
        },
      ],
    })
    const open = await other.open()
    await open.accounts.update(gate.alice, { email: 'alice@example.com', emailVerified: true, name: 'Alice' })
    const provider = openid({
      id: 'gate',
      name: 'Gate',
      issuer: 'https://gate.test',
      clientId,
      clientSecret,
      trustEmail: true,
      keepTokens: true,
      scopes: ['offline_access'],
      fetch: (url, init) => other.app.request(url, init),
    })
    const at = await providerWorld(dialect, { providers: [provider], now: Date.now })
    const { location } = await at.button('gate')
    const send = (url: string, init: RequestInit) => other.app.request(url, init)
    const typed = { username: 'alice', password: 'correct horse battery', decision: 'allow' }
    const back = await passedThrough(send, location, typed)
    expect((await at.browser.open(back)).path).toBe('/account/providers')
    const [own] = await at.accounts.findByEmail('alice@example.com')
    expect(own).toMatchObject({ name: 'Alice', emailVerified: true })
    const first = await at.providers.accessToken(own?.id ?? '', 'gate')
    expect(first?.split('.')).toHaveLength(3)
    await other.close()
    expect(at.reported).toEqual([])
  })
})

describe('GitHub', () => {
  const addresses = [
    { email: 'public@example.com', primary: false, verified: true, visibility: 'public' },
    { email: 'octo@example.com', primary: true, verified: true, visibility: 'private' },
  ]
  const octocat = { id: 583_231, login: 'octocat', name: 'The Octocat', email: 'public@example.com' }

  /** GitHub as it is: errors with 200, numbers for people, addresses apart, a User-Agent asked for. */
  async function hub(user: unknown = octocat, emails: unknown = addresses) {
    const codes = new Map<string, URLSearchParams>()
    const seen: { path: string; agent: string | undefined; authorization: string | undefined }[] = []
    const url = await listening((request, response, body) => {
      const { pathname } = new URL(request.url ?? '', 'http://x')
      const { authorization } = request.headers
      seen.push({ path: pathname, agent: request.headers['user-agent'], authorization })
      if (pathname === '/login/oauth/access_token') {
        const form = new URLSearchParams(body)
        const isGood =
          form.get('client_secret') === clientSecret &&
          authorization === undefined &&
          codes.delete(form.get('code') ?? '')
        return isGood
          ? json(response, { access_token: 'gho_token', token_type: 'bearer', scope: 'read:user,user:email' })
          : json(response, { error: 'bad_verification_code', error_description: 'no' })
      }
      if (authorization !== 'Bearer gho_token' || request.headers['user-agent'] === undefined) {
        return json(response, { message: 'Requires authentication' }, 403)
      }
      if (pathname === '/api/v3/user') return json(response, user)
      if (pathname === '/api/v3/user/emails') return json(response, emails)
      response.writeHead(404).end()
    })
    const provider = github({ clientId, clientSecret, url, reachable: ['loopback'] })
    const at = await providerWorld('sqlite', {
      providers: [provider],
      providerAccounts: { linkByEmail: true },
    })
    const logIn = async (browser = at.browser) => {
      const { location } = await at.button('github', browser)
      const { searchParams } = new URL(location ?? '')
      codes.set('a-code', searchParams)
      const back = new URL(searchParams.get('redirect_uri') ?? '')
      back.searchParams.set('code', 'a-code')
      back.searchParams.set('state', searchParams.get('state') ?? '')
      return browser.open(back.href)
    }
    return { at, logIn, codes, seen, url }
  }

  test('a person is known by their number, and has the primary address that GitHub has verified', async () => {
    const { at, logIn, codes, url } = await hub()
    expect((await logIn()).path).toBe('/account/providers')
    expect((await at.accounts.findByEmail('octo@example.com'))[0]).toMatchObject({
      username: 'octo@example.com',
      name: 'The Octocat',
      emailVerified: true,
    })
    const { location } = await at.button('github')
    expect(location).toContain(`${url}/login/oauth/authorize?`)
    expect(new URL(location ?? '').searchParams.get('scope')).toBe('read:user user:email')
    expect(new URL(location ?? '').searchParams.get('code_challenge_method')).toBe('S256')
    expect(codes.size).toBe(0)
    expect(at.reported).toEqual([])
  })

  test('who takes over a login name is somebody else, and who changes theirs is the same', async () => {
    const user = { ...octocat }
    const { at, logIn } = await hub(user, [])
    await logIn()
    user.login = 'renamed'
    await logIn(browserOf(at.server.app))
    expect(await at.accounts.list()).toHaveLength(2)
    Object.assign(user, { id: 9, login: 'octocat' })
    await logIn(browserOf(at.server.app))
    expect(await at.accounts.list()).toHaveLength(3)
  })

  test.each([
    ['is not verified', [{ email: 'alice@example.com', primary: true, verified: false }]],
    ['is verified in a text', [{ email: 'alice@example.com', primary: true, verified: 'true' }]],
    ['is not the primary one', [{ email: 'alice@example.com', primary: false, verified: true }]],
    ['stands on the profile only', []],
  ])('SECURITY 242: an address that %s opens nobody else’s account', async (_, emails) => {
    const { at, logIn } = await hub({ ...octocat, email: 'alice@example.com' }, emails)
    await at.accounts.update(at.alice, { email: 'alice@example.com', emailVerified: true })
    await logIn()
    expect(await at.providers.list(at.alice)).toEqual([])
    expect((await at.accounts.find('github:octocat'))?.email).toBeUndefined()
  })

  test.each([
    ['a text', { ...octocat, id: '583231' }],
    ['missing', { login: 'octocat' }],
    ['beyond what a number holds', { ...octocat, id: 2 ** 60 }],
    ['zero', { ...octocat, id: 0 }],
    ['not there at all', null],
  ])('a number that is %s is nobody', async (_, user) => {
    const { at, logIn } = await hub(user)
    expect((await logIn()).body).toContain('does not answer as it should')
    expect(await at.accounts.list()).toHaveLength(1)
  })

  test('an error that comes with 200 is an error, and the secret is in the form alone', async () => {
    const { at, logIn, codes, seen } = await hub()
    codes.set = () => codes
    expect((await logIn()).path).toBe('/login')
    expect(await isLoggedIn(at.browser)).toBe(false)
    expect(seen.map(({ path }) => path)).toEqual(['/login/oauth/access_token'])
  })
})

/** A well-known provider, played by ours under its name. */
async function played(
  name: string,
  make: (fetch: (url: string, init: RequestInit) => Promise<Response>) => Provider,
) {
  const at = await upstream()
  at.issuer = name
  const origin = new URL(name).origin
  const provider = make((url, init) => fetch(url.replace(origin, at.origin), init))
  const served = await providerWorld('sqlite', {
    providers: [provider],
    providerAccounts: { linkByEmail: true },
  })
  await served.accounts.update(served.alice, { email: 'alice@gmail.com', emailVerified: true })
  const logIn = async (person: UpstreamPerson) => {
    const { location } = await served.button(provider.id)
    return served.browser.open(at.logIn(location, person))
  }
  return { at, served, logIn }
}

describe('Google', () => {
  test.each([
    ['at gmail.com', { email: 'alice@gmail.com', email_verified: true }, true],
    ['of a Workspace', { email: 'alice@gmail.com', email_verified: true, hd: 'example.com' }, true],
    ['not verified', { email: 'alice@gmail.com', email_verified: false }, false],
  ])('an address %s', async (_, claims, isLinked) => {
    const { served, logIn } = await played('https://accounts.google.com', (fetch) =>
      google({ clientId, clientSecret, fetch }),
    )
    await logIn({ sub: '1', ...claims })
    expect(await served.providers.list(served.alice)).toHaveLength(isLinked ? 1 : 0)
  })

  test('SECURITY 242: an address of another domain was somebody’s once, and opens nothing', async () => {
    const { served, logIn } = await played('https://accounts.google.com', (fetch) =>
      google({ clientId, clientSecret, fetch }),
    )
    await served.accounts.update(served.alice, { email: 'alice@example.com', emailVerified: true })
    await logIn({ sub: '1', email: 'alice@example.com', email_verified: true })
    expect(await served.providers.list(served.alice)).toEqual([])
  })

  test('a Workspace lets its own people in, whatever the browser was told', async () => {
    const make = (fetch: Parameters<Parameters<typeof played>[1]>[0]) =>
      google({ clientId, clientSecret, fetch, hostedDomain: 'example.com' })
    const { served, logIn } = await played('https://accounts.google.com', make)
    for (const hd of [undefined, 'evil.test', ['example.com']]) {
      expect((await logIn({ sub: '1', hd })).body).toContain('could not be accepted')
    }
    expect(await served.accounts.list()).toHaveLength(1)
    expect((await logIn({ sub: '1', hd: 'example.com' })).path).toBe('/account/providers')
  })
})

describe('Microsoft', () => {
  const tenant = '11111111-2222-3333-4444-555555555555'
  const other = '99999999-2222-3333-4444-555555555555'
  const base = 'https://login.microsoftonline.com'
  const many = (at: Upstream, tid: unknown, iss?: string) => {
    at.does = {
      iss: null,
      document: {
        issuer: `${base}/{tenantid}/v2.0`,
        authorization_response_iss_parameter_supported: undefined,
      },
      claims: (claims) => ({ ...claims, tid, iss: iss ?? `${base}/${String(tid)}/v2.0` }),
    }
  }

  test('of every tenant: the issuer of the token is that of its tenant', async () => {
    const make = (fetch: Parameters<Parameters<typeof played>[1]>[0]) =>
      microsoft({ clientId, clientSecret, fetch, tenant: 'organizations' })
    const { at, served, logIn } = await played(base, make)
    many(at, tenant)
    expect((await logIn({ sub: '1', preferred_username: 'ann@example.com' })).path).toBe('/account/providers')
    // The same name in another tenant is another person.
    many(at, other)
    await served.browser.open(
      at.logIn((await served.button('microsoft', served.browser)).location, { sub: '1' }),
    )
    expect(await served.accounts.list()).toHaveLength(3)
  })

  test.each([
    ['of no tenant', undefined, undefined],
    ['of a tenant that is none', '../../evil', undefined],
    ['of the issuer of another tenant', tenant, `${base}/${other}/v2.0`],
    ['of an issuer elsewhere', tenant, 'https://evil.test/v2.0'],
    ['of a personal account', '9188040d-6c67-4c5b-b112-36a304b66dad', undefined],
  ])('SECURITY 238: a token %s is refused', async (_, tid, iss) => {
    const make = (fetch: Parameters<Parameters<typeof played>[1]>[0]) =>
      microsoft({ clientId, clientSecret, fetch, tenant: 'organizations' })
    const { at, served, logIn } = await played(base, make)
    many(at, tid, iss)
    expect((await logIn({ sub: '1' })).body).toContain('could not be accepted')
    expect(await served.accounts.list()).toHaveLength(1)
  })

  test('of some tenants: the others do not get in', async () => {
    const make = (fetch: Parameters<Parameters<typeof played>[1]>[0]) =>
      microsoft({ clientId, clientSecret, fetch, tenant: 'common', tenants: [tenant] })
    const { at, logIn } = await played(base, make)
    many(at, other)
    expect((await logIn({ sub: '1' })).body).toContain('could not be accepted')
    many(at, tenant)
    expect((await logIn({ sub: '1' })).path).toBe('/account/providers')
  })

  test('SECURITY 242: nOAuth: what a tenant writes into the address opens nobody’s account', async () => {
    const make = (fetch: Parameters<Parameters<typeof played>[1]>[0]) =>
      microsoft({ clientId, clientSecret, fetch, tenant: 'common' })
    const { at, served, logIn } = await played(base, make)
    many(at, tenant)
    await logIn({ sub: '1', email: 'alice@gmail.com', email_verified: true, xms_edov: true })
    expect(await served.providers.list(served.alice)).toEqual([])
    expect(await served.accounts.findByEmail('alice@gmail.com')).toHaveLength(1)
  })

  test('of one tenant', async () => {
    const make = (fetch: Parameters<Parameters<typeof played>[1]>[0]) =>
      microsoft({ clientId, clientSecret, fetch, tenant })
    const { at, logIn } = await played(`${base}/${tenant}/v2.0`, make)
    at.does = { claims: (claims) => ({ ...claims, tid: tenant }) }
    expect((await logIn({ sub: '1' })).path).toBe('/account/providers')
  })
})

test('Auth0: the issuer is that of the domain, and an address counts where that is told', async () => {
  for (const trustEmail of [false, true]) {
    const { served, logIn } = await played('https://tenant.eu.auth0.com/', (fetch) =>
      auth0({ domain: 'tenant.eu.auth0.com', clientId, clientSecret, fetch, trustEmail }),
    )
    await logIn({ sub: 'auth0|1', email: 'alice@gmail.com', email_verified: true })
    expect(await served.providers.list(served.alice)).toHaveLength(trustEmail ? 1 : 0)
  }
})

test('an OAuth 2 provider: whatever goes wrong in finding out who it is ends on our page', async () => {
  const at = await upstream()
  const person = vi.fn<Parameters<typeof oauth2>[0]['person']>()
  const provider = oauth2({
    id: 'forge',
    name: 'Forge',
    authorizationEndpoint: `${at.issuer}/authorize`,
    tokenEndpoint: `${at.issuer}/token`,
    clientId,
    clientSecret,
    reachable: ['loopback'],
    person,
  })
  const served = await providerWorld('sqlite', { providers: [provider] })
  const logIn = async () =>
    served.browser.open(at.logIn((await served.button('forge')).location, { sub: 'x' }))
  person.mockRejectedValueOnce(new Error('a bug of the application'))
  expect((await logIn()).body).toContain('does not answer as it should')
  person.mockImplementationOnce(async (ask) => ({ subject: String(await ask(`${at.issuer}/nowhere`)) }))
  expect((await logIn()).body).toContain('does not answer as it should')
  for (const subject of ['', 'x\n', 'ü', 'x'.repeat(256), 7 as unknown as string]) {
    person.mockResolvedValueOnce({ subject })
    expect((await logIn()).path).toBe('/login')
  }
  expect(await served.accounts.list()).toHaveLength(1)
  person.mockResolvedValueOnce({ subject: '7', handle: 'smith', isEmailVerified: true })
  expect((await logIn()).path).toBe('/account/providers')
  expect((await served.accounts.find('forge:smith'))?.emailVerified).toBe(false)
})

test.each([
  [
    'an id with a slash',
    () => [openid({ id: 'a/b', name: 'A', issuer: 'https://a.test', clientId })],
    'needs an id',
  ],
  [
    'an id with a capital',
    () => [openid({ id: 'A', name: 'A', issuer: 'https://a.test', clientId })],
    'needs an id',
  ],
  ['no name', () => [openid({ id: 'a', name: ' ', issuer: 'https://a.test', clientId })], 'needs a name'],
  [
    'one id twice',
    () => [google({ clientId, clientSecret }), google({ clientId, clientSecret })],
    'google is there twice',
  ],
  [
    'an issuer that is none',
    () => [openid({ id: 'a', name: 'A', issuer: 'a.test', clientId })],
    'is not an https address',
  ],
  [
    'a domain that is an address',
    () => [auth0({ domain: 'https://a.eu.auth0.com', clientId, clientSecret })],
    'is a host name',
  ],
  [
    'a tenant that is a domain',
    () => [microsoft({ tenant: 'a.test', clientId, clientSecret })],
    'is the id of a tenant',
  ],
  [
    'tenants that are domains',
    () => [microsoft({ tenant: 'common', tenants: ['a.test'], clientId, clientSecret })],
    'holds ids of tenants',
  ],
] as const)('%s is told at the start', (_, providers, says) => {
  expect(() =>
    authorizationServer({
      issuer,
      database: 'file::memory:',
      secretKey: 'x'.repeat(32),
      scopes: {},
      providers: providers(),
    }),
  ).toThrow(says)
})
