/** Tokens of other issuers: good ones open the API, and whatever happens to their issuer, no wrong one does. */

import { expect, test, vi } from 'vitest'
import { api, openIdConnect, security, stepUp } from 'gatewright'
import type { Api, ForeignTokensOptions, OfOneIssuer, RejectionNotice } from 'gatewright'
import { generateSigningKey } from '../../src/crypto/signing-key.ts'
import { audience, foreignIssuer } from '../setup/foreign-issuer.ts'
import type { Fault, ForeignIssuer } from '../setup/foreign-issuer.ts'

const scopes = { read: 'Read', write: 'Write' }

interface World {
  readonly app: Api
  readonly notices: RejectionNotice[]
  readonly reports: string[]
  get(token: string, path?: string): Promise<Answer>
}

interface Answer {
  readonly status: number
  readonly body: Record<string, unknown>
  readonly headers: Headers
}

type Options = Partial<ForeignTokensOptions<typeof scopes> & OfOneIssuer>

/** An API that accepts the tokens of an issuer. */
function apiFor({ issuer, now }: ForeignIssuer, more: Options = {}): World {
  const notices: RejectionNotice[] = []
  const reports: string[] = []
  const auth = openIdConnect({
    issuer, audience, scopes, now, onRejected: (notice) => notices.push(notice), report: (error) => reports.push(String(error)),
    ...more,
  }) // prettier-ignore
  const app = api({ report: () => undefined })
    .include(auth.metadata)
    .get('/', { token: security(auth, ['read']) }, ({ token }) => token)
    .get('/write', { token: security(auth, ['write']) }, ({ token }) => token)
    .get('/any', { token: auth }, ({ token }) => token)
    .get('/recent', { token: stepUp(auth, { maxAge: 60, acr: ['mfa', 'phr'] }) }, ({ token }) => token)
  return {
    app,
    notices,
    reports,
    async get(token, path = '/') {
      const answer = await app.request(
        path,
        token === '' ? {} : { headers: { authorization: `Bearer ${token}` } },
      )
      return {
        status: answer.status,
        body: (await answer.json()) as Record<string, unknown>,
        headers: answer.headers,
      }
    },
  }
}

/** Several requests at a time, and their statuses. */
async function statuses(requests: readonly Promise<Answer>[]): Promise<readonly number[]> {
  return [...new Set((await Promise.all(requests)).map(({ status }) => status))]
}

test('a token of another issuer opens the API; nothing is fetched before it, and once for all', async () => {
  const issuer = await foreignIssuer()
  const { get, reports } = apiFor(issuer)
  expect((await get('')).status).toBe(401)
  expect(issuer.asked).toEqual([])
  const token = await issuer.token({ scope: 'read other' })
  const others = await Promise.all(Array.from({ length: 50 }, () => issuer.token()))
  expect(await statuses([token, ...others].map((each) => get(each)))).toEqual([200])
  expect((await get(token)).body).toMatchObject({
    subject: 'alice', issuer: issuer.issuer, clientId: 'app', scopes: ['read'], audience: [audience],
  }) // prettier-ignore
  expect(issuer.asked).toEqual(['metadata', 'keys'])
  expect(reports).toEqual([])
})

test('schemes of one issuer share what they know of it', async () => {
  const issuer = await foreignIssuer()
  const one = apiFor(issuer)
  const other = apiFor(issuer, { audience: 'https://other.test' })
  expect((await one.get(await issuer.token())).status).toBe(200)
  expect((await other.get(await issuer.token({ aud: 'https://other.test' }))).status).toBe(200)
  // but no token of one is good for the other
  expect((await other.get(await issuer.token())).status).toBe(401)
  expect(issuer.asked).toEqual(['metadata', 'keys'])
})

test('SECURITY 172: too little is 403, a bad token 401, none at all 401 without a code; all say where to begin', async () => {
  const issuer = await foreignIssuer()
  const { get, app } = apiFor(issuer)
  const where = 'resource_metadata="https://api.test/.well-known/oauth-protected-resource"'
  const challenge = async (token: string, path: string): Promise<unknown> => {
    const { status, headers } = await get(token, path)
    return [status, headers.get('www-authenticate')]
  }
  expect(await challenge('', '/write')).toEqual([401, `Bearer scope="write", ${where}`])
  expect(await challenge(await issuer.token(), '/write')).toEqual([
    403,
    `Bearer error="insufficient_scope", error_description="This needs the scope write", scope="write", ${where}`,
  ])
  expect(await challenge('x', '/write')).toEqual([
    401,
    `Bearer error="invalid_token", error_description="The access token is malformed", scope="write", ${where}`,
  ])
  const metadata = await app.request('/.well-known/oauth-protected-resource')
  expect([metadata.status, await metadata.json()]).toMatchObject([
    200, { resource: audience, authorization_servers: [issuer.issuer], scopes_supported: ['read', 'write'] },
  ]) // prettier-ignore
})

test('SECURITY 178: a wrong audience says in the log which it was and which was wanted', async () => {
  const issuer = await foreignIssuer()
  const { get, notices } = apiFor(issuer)
  const token = await issuer.token({ aud: ['https://other.test'] })
  const { status, body } = await get(token)
  expect([status, body]).toEqual([401, { detail: 'The access token is for another audience' }])
  expect(notices).toMatchObject([{ member: 'aud', found: '["https://other.test"]', wanted: audience }])
  expect(JSON.stringify(notices)).not.toContain(token)
})

test('SECURITY 275 and 277: unless told otherwise the log has one line a minute, in which no token can write', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  try {
    const issuer = await foreignIssuer()
    const auth = openIdConnect({ issuer: issuer.issuer, audience, now: issuer.now })
    const app = api().get('/', { token: auth }, () => 'in')
    const send = async (aud: unknown): Promise<string> => {
      const token = await issuer.token({ aud })
      await app.request('/', { headers: { authorization: `Bearer ${token}` } })
      return token
    }
    const first = await send('https://other.test\nAll is well')
    await send('https://another.test')
    expect(warn.mock.calls).toEqual([
      [
        expect.stringMatching(
          /^The access token is for another audience \(aud "https:\/\/other\.test\\nAll is well", wanted "https:\/\/api\.test"; token [0-9a-f]{16}\)$/,
        ),
      ],
    ])
    expect(JSON.stringify(warn.mock.calls)).not.toContain(first.split('.')[2])
    issuer.clock.now += 60_000
    await send('https://third.test')
    expect(warn).toHaveBeenCalledTimes(2)
  } finally {
    warn.mockRestore()
  }
})

test('SECURITY 177: a token of an issuer that is not configured is refused, and nobody is asked about it', async () => {
  const issuer = await foreignIssuer()
  const stranger = await foreignIssuer()
  const { get, notices } = apiFor(issuer)
  expect((await get(await stranger.token())).status).toBe(401)
  expect((await get(await issuer.token({ iss: `${issuer.issuer}/` }))).status).toBe(401)
  expect((await get(await stranger.token({ iss: issuer.issuer }))).status).toBe(401) // signed by the stranger
  expect(stranger.asked).toEqual([])
  expect(notices.map(({ member }) => member)).toEqual(['iss', 'iss', 'kid'])
})

test('SECURITY 184: two issuers with one subject are two users, and each judges its own tokens alone', async () => {
  const [one, two] = [await foreignIssuer(), await foreignIssuer('/tenant')]
  const { get, app } = apiFor(one, {
    issuer: undefined,
    audience: undefined,
    issuers: [
      { issuer: one.issuer, audience },
      { issuer: two.issuer, audience: 'https://two.test', profile: { scopesFrom: 'permissions' } },
    ],
    name: 'Both',
  } as never)
  const first = await get(await one.token())
  const second = await get(await two.token({ aud: 'https://two.test', permissions: ['read'], scope: 'x' }))
  expect([first.status, second.status]).toEqual([200, 200])
  expect([first.body['subject'], second.body['subject']]).toEqual(['alice', 'alice'])
  expect([first.body['issuer'], second.body['issuer']]).toEqual([one.issuer, two.issuer])
  // one's key under two's name, and one's audience with two's key
  expect((await get(await one.token({ iss: two.issuer, aud: 'https://two.test' }))).status).toBe(401)
  expect((await get(await two.token({ iss: one.issuer }))).status).toBe(401)
  expect((await get(await two.token({ permissions: ['read'] }))).status).toBe(401)
  expect(app.openapi().components?.securitySchemes).toMatchObject({
    Both: { type: 'openIdConnect', openIdConnectUrl: `${one.issuer}/.well-known/openid-configuration` },
  })
})

const faults: readonly Fault[] = [
  'cut', 'drip', 'huge', 'redirect', 'html', 'garbage', 'empty', 'useless', '500', '404', '401', 'wrong issuer',
] // prettier-ignore

test.each(faults)(
  'SECURITY 186: with "%s" for metadata or keys the answer is 503, never 200, 401 or 500',
  async (fault) => {
    for (const document of ['metadata', 'keys'] as const) {
      if (document === 'keys' && fault === 'wrong issuer') continue
      const issuer = await foreignIssuer()
      issuer.faults = { [document]: fault }
      const { get, reports, notices } = apiFor(issuer)
      const { status, body, headers } = await get(await issuer.token())
      expect([document, status, body]).toEqual([
        document,
        503,
        { detail: 'The token cannot be verified at the moment' },
      ])
      expect(headers.get('retry-after')).toBe('5')
      expect(headers.get('www-authenticate')).toBeNull()
      expect(notices).toEqual([])
      // the log says why, once
      expect(reports).toHaveLength(1)
      expect(reports[0]).toContain(issuer.issuer)
      // and as soon as all is well again, after the pause and without a restart
      const before = issuer.asked.length
      expect((await get(await issuer.token())).status).toBe(503)
      expect(issuer.asked.length).toBe(before)
      issuer.faults = {}
      issuer.clock.now += 5000
      expect((await get(await issuer.token())).status).toBe(200)
    }
  },
)

test('SECURITY 239: metadata that name another issuer are not used, and the log says both names', async () => {
  const issuer = await foreignIssuer()
  issuer.faults = { metadata: 'wrong issuer' }
  const { get, reports } = apiFor(issuer)
  expect((await get(await issuer.token())).status).toBe(503)
  expect((await get(await issuer.token({ iss: 'https://evil.test' }))).status).toBe(401)
  expect(reports[0]).toContain('https://evil.test')
  expect(reports[0]).toContain(`"${issuer.issuer}" is configured`)
  expect(issuer.count('keys')).toBe(0)
})

test('SECURITY R12: the API starts while the issuer is down, answers 503, and opens when it comes up', async () => {
  const issuer = await foreignIssuer()
  const token = await issuer.token()
  await issuer.stop()
  const { get, app, reports } = apiFor(issuer)
  await app.start()
  expect((await get(token)).status).toBe(503)
  expect((await get('')).status).toBe(401)
  expect(reports).toEqual([
    `OutgoingError: ${issuer.issuer}/.well-known/openid-configuration cannot be reached: ECONNREFUSED`,
  ])
  await issuer.start()
  issuer.clock.now += 5000
  expect((await get(token)).status).toBe(200)
})

test('SECURITY 187: known keys keep working while the issuer is down, for the stated time', async () => {
  const issuer = await foreignIssuer()
  const { get, reports } = apiFor(issuer, { keys: { staleFor: 7200 } })
  const fresh = (): Promise<string> => issuer.token()
  expect((await get(await fresh())).status).toBe(200)
  await issuer.stop()
  for (const minutes of [5, 10, 30, 60, 119]) {
    issuer.clock.now = 1_800_000_000_000 + minutes * 60_000
    expect([minutes, await statuses([fresh(), fresh(), fresh()].map(async (token) => get(await token)))]).toEqual([
      minutes, [200],
    ]) // prettier-ignore
  }
  expect(reports.length).toBeGreaterThan(0)
  // An unknown key may be a new one: nobody can say, so it is 503 and not 401.
  const newer = await generateSigningKey()
  expect((await get(await issuer.token({}, {}, newer))).status).toBe(503)
  issuer.clock.now = 1_800_000_000_000 + 120 * 60_000
  expect((await get(await fresh())).status).toBe(503)
  await issuer.start()
  issuer.clock.now += 30_000
  expect((await get(await fresh())).status).toBe(200)
})

test('a key that was taken out is believed for ten minutes at most, busy or not', async () => {
  for (const steps of [20, 1]) {
    const issuer = await foreignIssuer()
    const { get } = apiFor(issuer, { cache: { maxAge: 3600 } })
    const [old] = issuer.keys
    const token = await issuer.token({ exp: issuer.clock.now / 1000 + 7200 })
    expect((await get(token)).status).toBe(200)
    issuer.keys = [await generateSigningKey()]
    for (let step = 0; step < steps; step++) {
      issuer.clock.now += 600_000 / steps
      if (step < steps - 1) await get(await issuer.token())
    }
    expect([steps, (await get(token)).status]).toEqual([steps, 401])
    expect((await get(await issuer.token({}, {}, old))).status).toBe(401)
    expect((await get(await issuer.token())).status).toBe(200)
  }
})

test('SECURITY 189: a remembered token goes with its key, though nobody else comes by', async () => {
  const issuer = await foreignIssuer()
  const { get } = apiFor(issuer, { cache: { maxAge: 3600 } })
  const token = await issuer.token({ exp: issuer.clock.now / 1000 + 7200 })
  expect((await get(token)).status).toBe(200)
  issuer.keys = [await generateSigningKey()]
  issuer.clock.now += 301_000
  // has them fetched anew, and does not wait for it
  expect((await get(token)).status).toBe(200)
  await expect.poll(() => issuer.count('keys'), { timeout: 10_000 }).toBe(2)
  await expect.poll(async () => (await get(token)).status, { timeout: 10_000 }).toBe(401)
})

test('a new key works at once, by one fetch', async () => {
  const issuer = await foreignIssuer()
  const { get } = apiFor(issuer)
  expect((await get(await issuer.token())).status).toBe(200)
  issuer.clock.now += 31_000
  const newer = await generateSigningKey('RS256')
  issuer.keys = [newer, ...issuer.keys]
  expect(
    await statuses([issuer.token(), issuer.token(), issuer.token()].map(async (each) => get(await each))),
  ).toEqual([200])
  expect(issuer.count('keys')).toBe(2)
})

test('SECURITY 188: a flood of unknown keys makes one fetch in a cool-down and evicts no good key', async () => {
  const issuer = await foreignIssuer()
  const { get } = apiFor(issuer)
  const good = await issuer.token()
  expect((await get(good)).status).toBe(200)
  const flood = async (): Promise<readonly number[]> => {
    const tokens = Array.from({ length: 500 }, (_, index) => issuer.token({}, { kid: `k${index}` }))
    return statuses(tokens.map(async (each) => get(await each)))
  }
  expect(await flood()).toEqual([401])
  expect(issuer.count('keys')).toBe(1)
  for (const fault of [undefined, 'empty', 'hang'] as const) {
    issuer.clock.now += 30_000
    issuer.faults = fault === undefined || fault === 'hang' ? {} : { keys: fault }
    const before = issuer.count('keys')
    // where the new set could not be had, nobody knows: 503
    expect([fault, await flood()]).toEqual([fault, [fault === 'empty' ? 503 : 401]])
    expect(issuer.count('keys') - before).toBeLessThanOrEqual(1)
    expect((await get(await issuer.token())).status).toBe(200)
  }
})

test('SECURITY 189: a remembered token ends with its time', async () => {
  const issuer = await foreignIssuer()
  const { get } = apiFor(issuer, { clockSkew: 0, cache: { maxAge: 3600 } })
  const token = await issuer.token({ exp: issuer.clock.now / 1000 + 60 })
  expect((await get(token)).status).toBe(200)
  issuer.clock.now += 59_000
  expect((await get(token)).status).toBe(200)
  issuer.clock.now += 1000
  expect((await get(token)).status).toBe(401)
})

test('RFC 9470: an old or another login is a 401 that says what is needed', async () => {
  const issuer = await foreignIssuer()
  const { get } = apiFor(issuer)
  const at = issuer.clock.now / 1000
  const login = async (claims: Record<string, unknown>): Promise<readonly [number, string | null]> => {
    const { status, headers } = await get(await issuer.token(claims), '/recent')
    return [status, headers.get('www-authenticate')]
  }
  expect(await login({ auth_time: at - 60, acr: 'phr' })).toEqual([200, null])
  const demand =
    'acr_values="mfa phr", max_age="60", resource_metadata="https://api.test/.well-known/oauth-protected-resource"'
  const refused = (words: string): readonly unknown[] => [
    401,
    `Bearer error="insufficient_user_authentication", error_description="${words}", ${demand}`,
  ]
  expect(await login({ auth_time: at - 91, acr: 'mfa' })).toEqual(refused('This needs a more recent login'))
  expect(await login({ acr: 'mfa' })).toEqual(refused('This needs a more recent login'))
  expect(await login({ auth_time: String(at), acr: 'mfa' })).toEqual(
    refused('This needs a more recent login'),
  )
  expect(await login({ auth_time: at, acr: 'pwd' })).toEqual(refused('This needs another way to log in'))
  expect(await login({ auth_time: at })).toEqual(refused('This needs another way to log in'))
})

test('an option that cannot be right does not start, and says what would be', () => {
  const issuer = 'https://id.example.com'
  const wrong: readonly (readonly [object, string])[] = [
    [{ issuer: '', audience }, 'issuer: give its address'],
    [{ issuer: 'http://id.example.com', audience }, 'is http: only a host on this computer may be'],
    [{ issuer: `${issuer}?x`, audience }, 'has a query'],
    [{ issuer }, 'audience: give the name under which the issuer knows this API'],
    [{ issuer, audience: [] }, 'audience: give the name'],
    [{ issuer, audience, algorithms: ['HS256'] }, 'algorithms: give some of RS256'],
    [{ issuer, audience, algorithms: ['none'] }, 'algorithms: give some of RS256'],
    [{ issuer, audience, algorithms: [] }, 'algorithms: give some of RS256'],
    [{ issuer, audience, profile: 'autho' }, 'profile: give one of rfc9068, auth0'],
    [{ issuer, audience, resource: 'api' }, 'resource: give the public address'],
    [{ issuer, audience, keys: { coolDown: 0 } }, 'keys.coolDown: give a whole number of seconds from 1'],
    [{ issuer, audience, introspection: { clientId: 'api' } }, 'introspection.clientSecret: give a text'],
    [{ issuers: [] }, 'issuers: give at least one'],
    [{ issuers: [{ issuer, audience }, { issuer, audience }] }, 'is there twice'],
    [{ issuers: [{ issuer }] }, 'issuers[0].audience: give the name'],
    [
      { issuers: ['https://a.test', 'https://b.test'].map((each) => ({
        issuer: each, audience, introspection: { clientId: 'api', clientSecret: 'x' },
      })) },
      'issuers: only one of them can have `introspection`',
    ],
  ] // prettier-ignore
  for (const [options, message] of wrong) expect(() => openIdConnect(options as never)).toThrow(message)
})
