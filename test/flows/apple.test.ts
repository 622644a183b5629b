/** Sign in with Apple: a secret for each request, answers that are posted, names that are told once; and what others post. */

import { generateKeyPairSync } from 'node:crypto'
import { decodeProtectedHeader, jwtVerify } from 'jose'
import { afterAll, describe, expect, test } from 'vitest'
import { apple } from '../../src/federation/apple.ts'
import type { AppleOptions } from '../../src/federation/apple.ts'
import { api, sameOrigin } from '../../src/index.ts'
import type { Api } from '../../src/index.ts'
import { signInWith } from '../../src/sign-in.ts'
import { dialects, freshDatabase } from '../setup/database.ts'
import type { Dialect } from '../setup/database.ts'
import { browserOf } from './browser-jar.ts'
import type { Arrived, JarBrowser } from './browser-jar.ts'
import { clientAt, formOf, isLoggedIn, providerWorld } from './provider-world.ts'
import { issuer } from './server-world.ts'
import { upstream } from './upstream.ts'
import type { UpstreamPerson } from './upstream.ts'

const appleId = 'https://appleid.apple.com'
const clientId = 'com.example.web'
const teamId = 'TEAM567890'
const keyId = 'KEY4567890'
const own = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const privateKey = own.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

/** As Apple tells of somebody who hides their address. */
const ann = {
  sub: '000792.d71059495fa24644b94e4a644e2e3b4a.0638',
  email: 'x7k2@privaterelay.appleid.com',
  email_verified: 'true',
  is_private_email: 'true',
  nonce_supported: true,
}
const annsName = JSON.stringify({ name: { firstName: 'Ann', lastName: 'Smith' }, email: ann.email })

const closing: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const close of closing.splice(0)) await close()
})

/** Apple, as far as the web sees it: the secret is checked as it says, and no `iss` stands in its answers. */
async function played(more: Partial<AppleOptions> = {}) {
  const at = await upstream()
  const secrets: string[] = []
  at.issuer = appleId
  at.does = {
    iss: null,
    document: {
      authorization_endpoint: `${appleId}/auth/authorize`,
      token_endpoint: `${appleId}/auth/token`,
      userinfo_endpoint: undefined,
      authorization_response_iss_parameter_supported: undefined,
    },
    async isClient(form) {
      const secret = form.get('client_secret') ?? ''
      secrets.push(secret)
      const expected = { issuer: teamId, audience: appleId, subject: clientId, algorithms: ['ES256'] }
      const { payload } = await jwtVerify(secret, own.publicKey, expected)
      const life = (payload.exp ?? 0) - (payload.iat ?? 0)
      return decodeProtectedHeader(secret).kid === keyId && life > 0 && life <= 600
    },
  }
  const fetchThere = (url: string, init: RequestInit) => fetch(url.replace(appleId, at.origin), init)
  const provider = apple({ clientId, teamId, keyId, privateKey, fetch: fetchThere, ...more })
  return { at, provider, secrets }
}

/** What Apple has the browser post: from another site, and so without any cookie. */
async function post(app: Pick<Api, 'request'>, back: string, more: Record<string, string> = {}): Promise<Response> {
  const { origin, pathname, searchParams } = new URL(back)
  for (const [name, value] of Object.entries(more)) searchParams.set(name, value)
  return app.request(origin + pathname, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      origin: appleId,
      'sec-fetch-site': 'cross-site',
    },
    body: searchParams.toString(),
  })
} // prettier-ignore

async function forwardedTo(...posted: Parameters<typeof post>): Promise<string> {
  const answer = await post(...posted)
  expect([answer.status, answer.headers.getSetCookie()]).toEqual([303, []])
  return answer.headers.get('location') ?? ''
}

/** An authorization server with Apple's button. */
async function place(dialect: Dialect, more: Partial<AppleOptions> = {}, linkByEmail = false) {
  const { at, provider, secrets } = await played(more)
  const served = await providerWorld(dialect, { providers: [provider], providerAccounts: { linkByEmail } })
  const { app } = served.server
  /** The button, what is done at Apple, and what is posted. Answers where the browser is then sent. */
  const answered = async (person: UpstreamPerson, sent: Record<string, string> = {}, browser = served.browser) =>
    forwardedTo(app, at.logIn((await served.button('apple', browser)).location, person), sent)
  const logIn = async (...of: Parameters<typeof answered>): Promise<Arrived> =>
    (of[2] ?? served.browser).open(await answered(...of))
  return { at, served, app, secrets, answered, logIn }
} // prettier-ignore

describe.each(dialects)('%s', (dialect) => {
  test('a person comes, is told of by name the first time, and is known the next', async () => {
    const { at, served, answered, logIn, secrets } = await place(dialect)
    const { location } = await served.button('apple')
    const asked = new URL(location ?? '')
    expect(asked.origin + asked.pathname).toBe(`${appleId}/auth/authorize`)
    expect(Object.fromEntries(asked.searchParams)).toMatchObject({
      client_id: clientId,
      redirect_uri: `${issuer}/login/callback/apple`,
      response_mode: 'form_post',
      response_type: 'code',
      scope: 'openid name email',
    })
    const forwarded = await answered(ann, { user: annsName })
    // Neither the code nor the name is in an address, where logs and histories would keep it.
    expect([...new URL(forwarded).searchParams.keys()]).toEqual(['state', 'answer'])
    expect(forwarded).not.toMatch(/code-|Ann|privaterelay/)
    expect((await served.browser.open(forwarded)).path).toBe('/account/providers')
    const [account] = await served.accounts.findByEmail(ann.email)
    expect(account).toMatchObject({ name: 'Ann Smith', emailVerified: true })

    const again = browserOf(served.server.app)
    expect((await logIn(ann, {}, again)).path).toBe('/account/providers')
    expect(await served.accounts.list()).toHaveLength(2)
    expect((await served.accounts.findByEmail(ann.email))[0]?.name).toBe('Ann Smith')
    // A secret for each request.
    expect(secrets).toHaveLength(2)
    expect(new Set(secrets).size).toBe(2)
    expect(at.tokenRequests.every((form) => form.get('client_id') === clientId)).toBe(true)
    expect(served.reported).toEqual([])
  })

  test('SECURITY 233: what is posted from a browser that began nothing, or by another, lets nobody in and uses nothing up', async () => {
    const { at, served, answered } = await place(dialect)
    const { app } = served.server
    const forwarded = await answered(ann)
    // Without a cookie; with another's, which is how an attacker would have somebody log in to the attacker's account.
    const stranger = browserOf(app)
    expect((await stranger.open(forwarded)).status).toBe(410)
    const victim = browserOf(app)
    await served.button('apple', victim)
    expect((await victim.open(forwarded)).status).toBe(410)
    expect(await isLoggedIn(victim)).toBe(false)
    // A state that is somebody's, with what belongs to another one.
    const theirs = new URL(at.logIn((await served.button('apple', victim)).location, ann))
    const mixed = new URL(forwarded)
    mixed.searchParams.set('state', theirs.searchParams.get('state') ?? '')
    expect((await victim.open(mixed.href)).status).toBe(410)
    // As if it had answered in the address.
    expect((await victim.open(theirs.href)).status).toBe(410)
    expect(await isLoggedIn(victim)).toBe(false)
    expect(at.tokenRequests).toEqual([])
    // Whoever began can still come in, once.
    expect((await served.browser.open(forwarded)).path).toBe('/account/providers')
    expect((await browserOf(app).open(forwarded)).status).toBe(410)
    expect((await served.browser.open(forwarded)).status).toBe(410)
    expect(at.tokenRequests).toHaveLength(1)
  })

  test('an app without accounts, whose guard turns away what other sites begin', async () => {
    const { at, provider } = await played()
    const signIn = signInWith({
      origin: issuer,
      database: await freshDatabase(dialect),
      secretKey: 'a key that only this test knows, and long enough',
      providers: [provider],
      report: (error) => expect.fail(String(error)),
    })
    closing.push(signIn.close)
    const app = api({ guard: sameOrigin() })
      .mount(signIn)
      .get('/me', { person: signIn.currentUser }, ({ person }) => person)
    const begun = async (browser: JarBrowser) =>
      browser.submit(formOf(await browser.open(`${issuer}/sign-in?next=/me`), '/sign-in/with/apple'), {})
    const browser = browserOf(app)
    const forwarded = await forwardedTo(app, at.logIn((await begun(browser)).location, ann), {
      user: annsName,
    })
    expect(forwarded).toMatch(/^https:\/\/auth\.test\/sign-in\/callback\/apple\?state=[\w-]{43}&answer=/)
    const stranger = browserOf(app)
    await begun(stranger)
    expect((await stranger.open(forwarded)).body).toContain('too long')
    expect((await stranger.open(`${issuer}/me`)).status).toBe(401)
    const page = await browser.open(forwarded)
    expect([page.path, JSON.parse(page.body)]).toEqual([
      '/me',
      {
        provider: 'apple',
        issuer: appleId,
        subject: ann.sub,
        name: 'Ann Smith',
        email: ann.email,
        emailVerified: true,
      },
    ])
  })
})

test.each([
  ['true in a text, at Apple', { email: 'a@icloud.com', email_verified: 'true' }, false, true],
  ['true, at Apple', { email: 'a@icloud.com', email_verified: true }, false, true],
  ['false in a text', { email: 'a@icloud.com', email_verified: 'false' }, true, false],
  ['false', { email: 'a@icloud.com', email_verified: false }, true, false],
  ['not said', { email: 'a@icloud.com' }, true, false],
  ['true, elsewhere', { email: 'a@example.com', email_verified: true }, false, false],
  ['true, elsewhere, where its word counts', { email: 'a@example.com', email_verified: true }, true, true],
  ['true, at a name like Apple’s', { email: 'a@evil-icloud.com', email_verified: true }, false, false],
])('an address is verified: %s', async (_name, claims, trustEmail, isVerified) => {
  const { served, logIn } = await place('sqlite', { trustEmail })
  expect((await logIn({ sub: '1', ...claims })).path).toBe('/account/providers')
  const found = await served.accounts.findByEmail(claims.email)
  expect(found.map(({ emailVerified }) => emailVerified)).toEqual(isVerified ? [true] : [])
})

test.each([
  ['for another application', { aud: 'com.example.other' }],
  ['for another login', { nonce: 'another' }],
  ['for no login', { nonce: undefined }],
  ['of another issuer', { iss: 'https://appleid.apple.com.evil.example' }],
  ['that is over', { exp: 1 }],
])('SECURITY 235 and 238: an ID token %s lets nobody in', async (_name, changed) => {
  const { at, served, logIn } = await place('sqlite')
  at.does.claims = (claims) => JSON.parse(JSON.stringify({ ...claims, ...changed })) as typeof claims
  const page = await logIn(ann)
  expect([page.path, page.body.includes('could not be accepted')]).toEqual(['/login', true])
  expect(await isLoggedIn(served.browser)).toBe(false)
  expect(await served.accounts.list()).toHaveLength(1)
})

test('SECURITY 242: an address beside the code is nobody’s proof', async () => {
  const { served, logIn } = await place('sqlite', {}, true)
  await served.accounts.update(served.alice, { email: 'alice@icloud.com', emailVerified: true })
  const user = JSON.stringify({ email: 'alice@icloud.com', name: { firstName: 'Mallory' } })
  await logIn({ sub: '2' }, { user, email: 'alice@icloud.com', email_verified: 'true' })
  expect(await served.providers.list(served.alice)).toEqual([])
  const other = (await served.accounts.list()).find(({ id }) => id !== served.alice)
  expect(other).toMatchObject({ name: 'Mallory' })
  expect(other?.email).toBeUndefined()
})

test.each([
  ['no JSON', '{', undefined],
  ['nothing', 'null', undefined],
  ['a number', '7', undefined],
  ['a list', '[]', undefined],
  ['a name that is a text', '{"name":"Ann"}', undefined],
  ['parts that are none', '{"name":{"firstName":{"toString":"x"},"lastName":7}}', undefined],
  ['one part', '{"name":{"lastName":" Smith "}}', 'Smith'],
  ['a name without an end', JSON.stringify({ name: { firstName: 'A'.repeat(501) } }), undefined],
  ['half a character', '{"name":{"firstName":"\\ud800"}}', undefined],
  ['more than an address holds', JSON.stringify({ name: { firstName: 'A'.repeat(5000) } }), 'expired'],
])('a user that is %s', async (_name, user, called) => {
  const { served, logIn } = await place('sqlite')
  const page = await logIn({ sub: '3' }, { user })
  const other = (await served.accounts.list()).find(({ id }) => id !== served.alice)
  if (called === 'expired') expect([page.status, other]).toEqual([410, undefined])
  else expect([page.path, other?.name]).toEqual(['/account/providers', called])
})

test('somebody who says no at Apple is back at the login page, and nothing is reported', async () => {
  const { at, served, app } = await place('sqlite')
  const { location } = await served.button('apple')
  const forwarded = await forwardedTo(app, at.refuse(location, 'user_cancelled_authorize'))
  const page = await served.browser.open(forwarded)
  expect([page.path, new URL(forwarded).searchParams.has('error')]).toEqual(['/login', false])
  expect(page.body).toContain('You did not log in with Apple')
  expect(served.reported).toEqual([])
})

test('tokens that are kept are renewed with a new secret', async () => {
  const { at, served, logIn, secrets } = await place('sqlite', { keepTokens: true })
  at.does.expiresIn = 60
  await logIn(ann)
  const [account] = await served.accounts.findByEmail(ann.email)
  const first = await served.providers.accessToken(account?.id ?? '', 'apple')
  served.clock.now += 120_000
  expect(await served.providers.accessToken(account?.id ?? '', 'apple')).not.toBe(first)
  expect(at.tokenRequests.at(-1)?.get('grant_type')).toBe('refresh_token')
  expect(new Set(secrets).size).toBe(secrets.length)
})

test('what is no answer is turned away, and a provider that answers in the address is posted to by nobody', async () => {
  const { app } = await place('sqlite')
  const callback = `${issuer}/login/callback/apple`
  const sent = (headers: Record<string, string>, body: string) => app.request(callback, { method: 'POST', headers, body })
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  expect((await sent({ 'content-type': 'text/plain' }, 'code=1')).status).toBe(415)
  expect((await sent(form, `code=${'x'.repeat(70_000)}`)).status).toBe(413)
  for (const body of ['', 'code=1', 'code=1&state=short', `code=1&state=${'s'.repeat(43)}&state=${'s'.repeat(43)}`]) {
    const answer = await sent(form, body)
    expect([body, answer.status, answer.headers.get('location')]).toEqual([body, 303, callback])
  }
  const work = await upstream()
  const other = await providerWorld('sqlite', { providers: [clientAt(work, 'work')] })
  const refused = await post(other.server.app, `${issuer}/login/callback/work?code=1&state=${'s'.repeat(43)}`)
  expect(refused.status).toBe(405)
}) // prettier-ignore

test.each([
  ['no key', { privateKey: 'a secret of more than thirty-two characters' }],
  ['a public key', { privateKey: own.publicKey.export({ type: 'spki', format: 'pem' }).toString() }],
  ['a key of another curve', { privateKey: generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey }],
  ['a broken key', { privateKey: privateKey.replace(/\n(.{10})/, '\n!$1') }],
  ['no team', { teamId: '' }],
  ['no name of the key', { keyId: '' }],
  ['no application', { clientId: '' }],
])('%s is told at the start, and no key is repeated', (_name, wrong: Partial<AppleOptions>) => {
  let said = ''
  try {
    apple({ clientId, teamId, keyId, privateKey, ...wrong })
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError)
    said = String(error) + String((error as Error).cause)
  }
  expect(said).toContain('apple: the option')
  expect(said).not.toMatch(/thirty-two|MIG|MHc|BEGIN/)
})

test('a key may stand in one line, as in a file of variables', async () => {
  const { logIn } = await place('sqlite', { privateKey: privateKey.replaceAll('\n', '\\n') })
  expect((await logIn(ann)).path).toBe('/account/providers')
})
