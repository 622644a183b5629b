/** Opaque and bound tokens of other issuers: the issuer is asked, seldom; a bound token needs its proof. */

import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, SignJWT } from 'jose'
import { expect, test } from 'vitest'
import { tokenGuard } from 'gatewright/verify'
import type {
  Checked,
  ForeignTokensOptions,
  OfOneIssuer,
  RejectionNotice,
  TokenGuard,
} from 'gatewright/verify'
import { sha256Base64url } from '../../src/crypto/hash.ts'
import { audience, foreignIssuer } from '../setup/foreign-issuer.ts'
import type { Fault, ForeignIssuer, Members } from '../setup/foreign-issuer.ts'

const secret = 'a secret: with/odd+characters %'
const introspection = { clientId: 'the api', clientSecret: secret }

interface World {
  readonly guard: TokenGuard
  readonly notices: RejectionNotice[]
  readonly reports: string[]
  check(token: string): Promise<Checked>
  status(token: string): Promise<number>
}

function guardFor(
  { issuer, now }: ForeignIssuer,
  more: Partial<ForeignTokensOptions & OfOneIssuer> = {},
): World {
  const notices: RejectionNotice[] = []
  const reports: string[] = []
  const guard = tokenGuard({
    issuer, audience, now, introspection, onRejected: (notice) => notices.push(notice),
    report: (error) => reports.push(`${String(error)} ${JSON.stringify(error)}`), ...more,
  }) // prettier-ignore
  const check = (token: string): Promise<Checked> =>
    guard.check(new Request('https://api.test/x', { headers: { authorization: `Bearer ${token}` } }))
  return {
    guard,
    notices,
    reports,
    check,
    status: async (token) => (await check(token)).response?.status ?? 200,
  }
}

/** What an issuer says of an active token. */
function active(issuer: ForeignIssuer, more: Members = {}): Members {
  return { active: true, token_type: 'Bearer', ...issuer.claims(), ...more }
}

test('an opaque token is what its issuer says, who is told which API asks', async () => {
  const issuer = await foreignIssuer()
  const { check, status } = guardFor(issuer)
  issuer.opaque.set('opaque', active(issuer, { scope: 'read write', iss: undefined }))
  const { token } = await check('opaque')
  expect(token).toMatchObject({
    subject: 'alice',
    scopes: ['read', 'write'],
    clientId: 'app',
    issuer: issuer.issuer,
  })
  expect(Object.isFrozen(token?.claims)).toBe(true)
  expect(issuer.questions).toHaveLength(1)
  const [question] = issuer.questions
  expect(Object.fromEntries(question!.form)).toEqual({ token: 'opaque', token_type_hint: 'access_token' })
  const [id = '', password = ''] = atob(question!.authorization!.slice('Basic '.length)).split(':')
  expect(new URLSearchParams(`a=${id}&b=${password}`).getAll('a')).toEqual(['the api'])
  expect(new URLSearchParams(`a=${id}&b=${password}`).getAll('b')).toEqual([secret])
  // a JWT of the same issuer is verified here, without a question
  expect(await status(await issuer.token())).toBe(200)
  expect(issuer.questions).toHaveLength(1)
})

test('SECURITY 178, 193: with `jwts` the issuer is asked about its JWTs too, and about nobody else’s', async () => {
  const issuer = await foreignIssuer()
  const { check, status } = guardFor(issuer, {
    profile: 'keycloak',
    introspection: { ...introspection, jwts: true },
  })
  // As Keycloak's lightweight tokens are: for whom it is and what it may do is known to the issuer alone.
  const bare = { aud: undefined, sub: undefined, client_id: undefined, typ: 'Bearer', azp: 'app' }
  const light = await issuer.token({ ...bare, scope: 'openid' }, { typ: 'JWT' })
  issuer.opaque.set(light, active(issuer, { scope: 'read', realm_access: { roles: ['write'] } }))
  const { token } = await check(light)
  expect(token).toMatchObject({ subject: 'alice', scopes: ['read', 'write'], audience: [audience] })
  // What it says by itself counts for nothing: it is revoked, or was made by somebody who only knows the name.
  expect(await status(await issuer.token())).toBe(401)
  issuer.opaque.set(light, { active: false })
  issuer.clock.now += 30_000
  expect(await status(light)).toBe(401)
  const others = await issuer.token({ aud: 'https://other.test' })
  issuer.opaque.set(others, active(issuer, { aud: 'https://other.test' }))
  expect(await status(others)).toBe(401)
  // An ID token is active as well.
  const identity = await issuer.token({ typ: 'ID' }, { typ: 'JWT' })
  issuer.opaque.set(identity, active(issuer, { token_type: 'ID' }))
  expect(await status(identity)).toBe(401)
  expect(issuer.count('keys')).toBe(0)
  const asked = issuer.questions.length
  expect(await status(await issuer.token({ iss: 'https://evil.test' }))).toBe(401)
  expect(issuer.questions).toHaveLength(asked)
  // Unless told, they are verified here, and one that does not say for whom it is, is for nobody.
  const plain = guardFor(issuer, { profile: 'keycloak' })
  expect(await plain.status(await issuer.token({ ...bare }, { typ: 'JWT' }))).toBe(401)
  expect(issuer.questions).toHaveLength(asked)
})

test('the secret goes into the form where the issuer wants it there', async () => {
  const issuer = await foreignIssuer()
  issuer.metadata = {
    introspection_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt'],
  }
  const { status } = guardFor(issuer)
  expect(await status('opaque')).toBe(401)
  expect(issuer.questions[0]?.authorization).toBeUndefined()
  expect(Object.fromEntries(issuer.questions[0]!.form)).toMatchObject({
    client_id: 'the api',
    client_secret: secret,
  })
})

test('SECURITY 189: an answer is believed for the stated time, and never beyond the end of its token', async () => {
  const issuer = await foreignIssuer()
  const { status } = guardFor(issuer)
  issuer.opaque.set('opaque', active(issuer))
  expect(await Promise.all(Array.from({ length: 50 }, () => status('opaque')))).toEqual(Array(50).fill(200))
  expect(issuer.questions).toHaveLength(1)
  issuer.opaque.clear() // it was revoked
  issuer.clock.now += 29_999
  expect(await status('opaque')).toBe(200)
  issuer.clock.now += 1
  expect(await status('opaque')).toBe(401)
  issuer.opaque.set('short', active(issuer, { exp: issuer.clock.now / 1000 + 10 }))
  expect(await status('short')).toBe(200)
  issuer.clock.now += 10_000
  issuer.opaque.clear()
  expect(await status('short')).toBe(401)
  const each = guardFor(issuer, { introspection: { ...introspection, maxAge: 0 } })
  issuer.opaque.set('opaque', active(issuer))
  expect(await each.status('opaque')).toBe(200)
  issuer.opaque.clear()
  expect(await each.status('opaque')).toBe(401)
})

test('a token that is not good is not asked about again for a moment', async () => {
  const issuer = await foreignIssuer()
  const { status } = guardFor(issuer)
  for (let time = 0; time < 5; time++) expect(await status('guess')).toBe(401)
  expect(issuer.questions).toHaveLength(1)
  issuer.clock.now += 5000
  expect(await status('guess')).toBe(401)
  expect(issuer.questions).toHaveLength(2)
})

test('SECURITY 178: an active token has to be an access token, for us, with an end', async () => {
  const issuer = await foreignIssuer()
  const { status, notices } = guardFor(issuer)
  const odd: readonly Members[] = [
    { active: false }, { aud: undefined }, { aud: 'https://other.test' }, { aud: [] }, { aud: `${audience}/` }, { iss: 'https://evil.test' },
    { exp: undefined }, { exp: 'x' }, { exp: issuer.clock.now / 1000 - 60 }, { nbf: issuer.clock.now / 1000 + 600 },
    { token_type: undefined }, { token_type: 'refresh_token' }, { token_type: 'N_A' }, { token_use: 'refresh_token' },
    { sub: undefined, client_id: undefined }, { sub: 7 }, { cnf: { 'x5t#S256': 'x' } }, { cnf: { jkt: 'x' } }, { cnf: null },
  ] // prettier-ignore
  for (const [index, claims] of odd.entries()) {
    issuer.opaque.set(`t${index}`, active(issuer, claims))
    expect([claims, await status(`t${index}`)]).toEqual([claims, 401])
  }
  expect(notices.find(({ member }) => member === 'aud')).toMatchObject({ wanted: audience })
  for (const answer of [{ active: 'true' }, { active: 1 }, {}]) {
    issuer.clock.now += 10_000
    issuer.opaque.set('odd', { ...active(issuer), active: undefined, ...answer })
    expect([answer, await status('odd')]).toEqual([answer, 503])
  }
  issuer.clock.now += 10_000
  issuer.opaque.set('machine', active(issuer, { sub: undefined, token_use: 'access_token', aud: [audience] }))
  expect(await status('machine')).toBe(200)
})

const faults: readonly Fault[] = [
  'cut',
  'huge',
  'redirect',
  'html',
  'garbage',
  'empty',
  '500',
  '404',
  '401',
  'hang',
]

test.each(faults)(
  'SECURITY 186: with "%s" at the introspection endpoint the answer is 503, until it is well again',
  async (fault) => {
    const issuer = await foreignIssuer()
    const { status, check, reports } = guardFor(issuer)
    issuer.opaque.set('opaque', active(issuer))
    issuer.faults = { introspection: fault }
    const { response } = await check('opaque')
    expect([response?.status, response?.headers.get('retry-after')]).toEqual([503, '1'])
    expect(await status('opaque')).toBe(503)
    expect(issuer.count('introspection')).toBe(1)
    expect(reports).toHaveLength(1)
    // SECURITY 275: neither the secret nor the token is in the log
    expect(reports[0]).not.toMatch(/secret:|opaque"|a%20secret/)
    issuer.faults = {}
    issuer.clock.now += 1000
    expect(await status('opaque')).toBe(200)
  },
)

test('SECURITY 193: a token is shown to nobody but the issuer that may know it, and to none where that is not set up', async () => {
  const [one, two] = [await foreignIssuer(), await foreignIssuer()]
  const { guard } = guardFor(one, {
    issuer: undefined, audience: undefined, introspection: undefined,
    issuers: [{ issuer: one.issuer, audience }, { issuer: two.issuer, audience, introspection }],
  } as never) // prettier-ignore
  const status = async (token: string): Promise<number> => {
    const headers = { authorization: `Bearer ${token}` }
    return (await guard.check(new Request('https://api.test/x', { headers }))).response?.status ?? 200
  }
  two.opaque.set('opaque', active(two))
  expect(await status('opaque')).toBe(200)
  expect(one.asked).toEqual([])
  // a JWT of a stranger is no question either
  expect(await status(await (await foreignIssuer()).token())).toBe(401)
  expect(two.questions).toHaveLength(1)
  const without = guardFor(one, { introspection: undefined } as never)
  expect(await without.status('opaque')).toBe(401)
  expect(one.asked).toEqual([])
})

test('a flood of guesses waits in no queue: what is too much is told to come again', async () => {
  const issuer = await foreignIssuer()
  const { status } = guardFor(issuer)
  expect(await status('first')).toBe(401)
  const outcomes = await Promise.all(Array.from({ length: 1000 }, (_, index) => status(`guess${index}`)))
  expect(new Set(outcomes)).toEqual(new Set([401, 503]))
  expect(issuer.questions.length).toBeLessThanOrEqual(65)
})

/** A key of a client, and proofs made with it. */
async function dpopKey() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = await exportJWK(publicKey)
  const jkt = await calculateJwkThumbprint(jwk)
  const proof = (issuer: ForeignIssuer, token: string, claims: Members = {}): Promise<string> =>
    new SignJWT({
      jti: randomUUID(), htm: 'GET', htu: 'https://api.test/x', iat: issuer.clock.now / 1000, ath: sha256Base64url(token), ...claims,
    }).setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk }).sign(privateKey) // prettier-ignore
  return { jkt, proof }
}

async function sent(
  { guard }: World,
  authorization: string,
  dpop?: string,
  url = 'https://api.test/x?y=z',
): Promise<readonly [number, string | null]> {
  const headers = { authorization, ...(dpop === undefined ? {} : { dpop }) }
  const { response } = await guard.check(new Request(url, { headers }))
  return [response?.status ?? 200, response?.headers.get('www-authenticate') ?? null]
}

test('SECURITY 116: a bound token needs the proof of its key, for this very request, and is no bearer token', async () => {
  const issuer = await foreignIssuer()
  const world = guardFor(issuer)
  const [own, other] = [await dpopKey(), await dpopKey()]
  const jwt = await issuer.token({ cnf: { jkt: own.jkt } })
  issuer.opaque.set('opaque', active(issuer, { token_type: 'DPoP', cnf: { jkt: own.jkt } }))
  for (const token of [jwt, 'opaque']) {
    expect((await sent(world, `DPoP ${token}`, await own.proof(issuer, token)))[0]).toBe(200)
    expect((await sent(world, `dpop ${token}`, await own.proof(issuer, token)))[0]).toBe(200)
    const [status, challenge] = await sent(world, `DPoP ${token}`, await other.proof(issuer, token))
    expect([status, challenge]).toEqual([
      401,
      expect.stringMatching(/^DPoP error="invalid_dpop_proof".*algs="ES256 /),
    ])
    const wrong: readonly (string | undefined)[] = [
      undefined, '', 'x', await own.proof(issuer, 'another'), await own.proof(issuer, token, { ath: undefined }),
      await own.proof(issuer, token, { htm: 'POST' }), await own.proof(issuer, token, { htu: 'https://api.test/y' }),
      await own.proof(issuer, token, { htu: 'https://evil.test/x' }), await own.proof(issuer, token, { iat: issuer.clock.now / 1000 - 600 }),
      `${await own.proof(issuer, token)}, ${await own.proof(issuer, token)}`,
    ] // prettier-ignore
    // a good proof of the right key, signed with another one
    const [head, body] = (await own.proof(issuer, token)).split('.')
    const [, , signature] = (await other.proof(issuer, token)).split('.')
    for (const proof of [...wrong, `${head}.${body}.${signature}`, `${head}.${body}.`])
      expect([proof, (await sent(world, `DPoP ${token}`, proof))[0]]).toEqual([proof, 401])
    expect(await sent(world, `Bearer ${token}`, await own.proof(issuer, token))).toEqual([
      401,
      expect.stringMatching(/^Bearer error="invalid_token"/),
    ])
    // the origin is that of the API, whatever the request says it is
    const elsewhere = await own.proof(issuer, token, { htu: 'https://evil.test/x' })
    expect((await sent(world, `DPoP ${token}`, elsewhere, 'https://evil.test/x'))[0]).toBe(401)
    expect((await sent(world, `DPoP ${token}`, await own.proof(issuer, token), 'http://10.0.0.7/x'))[0]).toBe(
      200,
    )
  }
  // and a token that is bound to nothing is none for the DPoP scheme
  const unbound = await issuer.token()
  expect((await sent(world, `DPoP ${unbound}`, await own.proof(issuer, unbound)))[0]).toBe(401)
  expect((await sent(world, `Bearer ${await issuer.token({ cnf: { 'x5t#S256': 'x' } })}`))[0]).toBe(401)
})

test('SECURITY 113: a proof is used once, here and wherever `useOnce` is shared', async () => {
  const issuer = await foreignIssuer()
  const own = await dpopKey()
  const token = await issuer.token({ cnf: { jkt: own.jkt } })
  const used = new Set<string>()
  const useOnce = async (name: string): Promise<boolean> => used.size < used.add(name).size
  const [one, two] = [guardFor(issuer, { useOnce }), guardFor(issuer, { useOnce })]
  const proof = await own.proof(issuer, token)
  const at = [one, two, one, two, one].map((world) => sent(world, `DPoP ${token}`, proof))
  expect((await Promise.all(at)).map(([status]) => status).toSorted()).toEqual([200, 401, 401, 401, 401])
  const alone = guardFor(issuer)
  const fresh = await own.proof(issuer, token)
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => sent(alone, `DPoP ${token}`, fresh)))
  expect(outcomes.filter(([status]) => status === 200)).toHaveLength(1)
  expect((await sent(alone, `DPoP ${token}`, await own.proof(issuer, token)))[0]).toBe(200)
})

test('bound tokens need an address to be for; without one they are refused, and the log says what is missing', async () => {
  const issuer = await foreignIssuer()
  const own = await dpopKey()
  const nameless = guardFor(issuer, { audience: 'api' })
  const token = await issuer.token({ aud: 'api', cnf: { jkt: own.jkt } })
  expect((await sent(nameless, `DPoP ${token}`, await own.proof(issuer, token)))[0]).toBe(401)
  expect(nameless.reports[0]).toContain('give `resource`')
  const named = guardFor(issuer, { audience: 'api', resource: 'https://api.test/v1' })
  expect((await sent(named, `DPoP ${token}`, await own.proof(issuer, token)))[0]).toBe(200)
})
