/** Forged tokens and odd key sets of other issuers: nothing opens the API but what its issuer signed for it. */

import { createHmac, createPublicKey, generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import fc from 'fast-check'
import { createLocalJWKSet, jwtVerify, SignJWT } from 'jose'
import type { JSONWebKeySet } from 'jose'
import { expect, test } from 'vitest'
import { tokenGuard, tokenProfiles } from 'gatewright/verify'
import type { ForeignTokensOptions, OfOneIssuer, ProfileName, TokenGuard } from 'gatewright/verify'
import { generateSigningKey } from '../../src/crypto/signing-key.ts'
import type { SigningAlgorithm } from '../../src/crypto/signature.ts'
import { verificationAlgorithms } from '../../src/crypto/verification-key.ts'
import { audience, foreignIssuer } from '../setup/foreign-issuer.ts'
import type { ForeignIssuer, Members } from '../setup/foreign-issuer.ts'

const quiet = { onRejected: () => undefined, report: () => undefined }

function guardFor(
  { issuer, now }: ForeignIssuer,
  more: Partial<ForeignTokensOptions & OfOneIssuer> = {},
): TokenGuard {
  return tokenGuard({ issuer, audience, now, ...quiet, ...more })
}

async function statusOf(guard: TokenGuard, token: string): Promise<number> {
  const request = new Request('https://api.test/x', { headers: { authorization: `Bearer ${token}` } })
  const { response } = await guard.check(request)
  return response?.status ?? 200
}

/** An issuer that publishes exactly these keys. */
async function publishing(...keys: readonly unknown[]): Promise<ForeignIssuer> {
  const issuer = await foreignIssuer()
  issuer.keys = keys.map((publicJwk) => ({ publicJwk })) as never
  return issuer
}

const jwkOf = (key: KeyObject, more: Members = {}): Members => ({ ...key.export({ format: 'jwk' }), ...more })
const part = (members: unknown): string => Buffer.from(JSON.stringify(members)).toString('base64url')

/** A token that jose signs. */
async function signed(
  issuer: ForeignIssuer,
  alg: string,
  key: KeyObject,
  header: Members = {},
  claims: Members = {},
) {
  return new SignJWT(issuer.claims(claims))
    .setProtectedHeader({ alg, typ: 'at+jwt', kid: 'k', ...header })
    .sign(key)
}

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pairs = {
  RSA: rsa,
  'P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  'P-384': generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  'P-521': generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  Ed25519: generateKeyPairSync('ed25519'),
} as const

function pairFor(alg: string): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  if (/^[RP]S/.test(alg)) return pairs.RSA
  if (alg === 'ES256') return pairs['P-256']
  if (alg === 'ES384') return pairs['P-384']
  return alg === 'ES512' ? pairs['P-521'] : pairs.Ed25519
}

test.each(verificationAlgorithms)(
  'tokens that jose signs with %s are accepted, changed ones are not',
  async (alg) => {
    const { publicKey, privateKey } = pairFor(alg)
    const issuer = await publishing(jwkOf(publicKey, { kid: 'k', alg, use: 'sig' }))
    const guard = guardFor(issuer)
    const token = await signed(issuer, alg, privateKey)
    expect(await statusOf(guard, token)).toBe(200)
    const [header = '', claims = '', signature = ''] = token.split('.')
    const bytes = Buffer.from(signature, 'base64url')
    const changed = [
    bytes.subarray(1), Buffer.concat([bytes, Buffer.alloc(1)]), Buffer.alloc(bytes.length), Buffer.alloc(0), bytes.toReversed(),
  ].map((each) => `${header}.${claims}.${Buffer.from(each).toString('base64url')}`) // prettier-ignore
    const mallory = part(issuer.claims({ sub: 'mallory' }))
    for (const forged of [
      ...changed,
      `${header}.${mallory}.${signature}`,
      `${header}.${claims}.`,
      `${token}.`,
    ]) {
      expect([forged.length, await statusOf(guard, forged)]).toEqual([forged.length, 401])
    }
    expect(await statusOf(guard, token)).toBe(200)
  },
)

test('SECURITY 174: a published key is for its own algorithm, and never a shared secret', async () => {
  for (const alg of ['RS256', 'ES256', 'EdDSA']) {
    const { publicKey, privateKey } = pairFor(alg)
    const jwk = jwkOf(publicKey, { kid: 'k', alg })
    const issuer = await publishing(jwk)
    const guard = guardFor(issuer)
    const pem = createPublicKey({ key: jwk, format: 'jwk' })
      .export({ type: 'spki', format: 'pem' })
      .toString()
    const secrets = [pem, pem.trim(), ` ${pem}`, JSON.stringify(jwk), String(jwk['n'] ?? jwk['x']), '', 'k']
    for (const secret of secrets) {
      for (const name of ['HS256', 'HS384', 'HS512', alg]) {
        const input = `${part({ alg: name, typ: 'at+jwt', kid: 'k' })}.${part(issuer.claims())}`
        const mac = createHmac('sha256', secret).update(input).digest('base64url')
        expect([name, await statusOf(guard, `${input}.${mac}`)]).toEqual([name, 401])
      }
    }
    for (const name of ['none', 'None', '', null, [alg], 'RS384', 'PS256', 'ES384'].filter(
      (each) => each !== alg,
    )) {
      const input = `${part({ alg: name, typ: 'at+jwt', kid: 'k' })}.${part(issuer.claims())}`
      for (const signature of ['', 'AA', (await signed(issuer, alg, privateKey)).split('.')[2]]) {
        expect([name, await statusOf(guard, `${input}.${signature}`)]).toEqual([name, 401])
      }
    }
    expect(await statusOf(guard, await signed(issuer, alg, privateKey))).toBe(200)
  }
  // genuinely signed by its owner, with an algorithm that its key is not for
  const issuer = await publishing(jwkOf(rsa.publicKey, { kid: 'k', alg: 'RS256' }))
  expect(await statusOf(guardFor(issuer), await signed(issuer, 'PS256', rsa.privateKey))).toBe(401)
})

test('SECURITY 174: a header that names another algorithm than its key is a lie, whoever signed it', async () => {
  const issuer = await foreignIssuer()
  const guard = guardFor(issuer)
  for (const alg of [
    'none',
    'HS256',
    'RS256',
    'PS256',
    'ES384',
    'EdDSA',
    'es256',
    'ES256 ',
    '',
    null,
    1,
    ['ES256'],
  ]) {
    // signed by the issuer's own key, over this header
    expect([alg, await statusOf(guard, await issuer.token({}, { alg }))]).toEqual([alg, 401])
  }
  expect(await statusOf(guard, await issuer.token({}, { alg: 'ES256' }))).toBe(200)
})

test('SECURITY 174: a key that names no algorithm is for RS256, or for those that are configured', async () => {
  const issuer = await publishing(jwkOf(rsa.publicKey, { kid: 'k' }))
  const outcomes = async (guard: TokenGuard): Promise<readonly number[]> =>
    Promise.all(
      ['RS256', 'RS512', 'PS256'].map(async (alg) =>
        statusOf(guard, await signed(issuer, alg, rsa.privateKey)),
      ),
    )
  expect(await outcomes(guardFor(issuer))).toEqual([200, 401, 401])
  expect(await outcomes(guardFor(issuer, { algorithms: ['PS256', 'RS512'] }))).toEqual([401, 200, 200])
  const named = await publishing(jwkOf(rsa.publicKey, { kid: 'k', alg: 'RS256' }))
  expect(
    await statusOf(
      guardFor(named, { algorithms: ['ES256', 'RS256'] }),
      await signed(named, 'RS256', rsa.privateKey),
    ),
  ).toBe(200)
  // all of its keys are for something that is not accepted: there is no key, and nobody can say
  expect(
    await statusOf(guardFor(named, { algorithms: ['ES256'] }), await signed(named, 'RS256', rsa.privateKey)),
  ).toBe(503)
})

test('RFC 8725 §3.5: keys that are weak, secret, or for something else are not used, and the others stand', async () => {
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const foreignCurve = generateKeyPairSync('ec', { namedCurve: 'secp256k1' })
  const secret = Buffer.alloc(32, 7)
  const good = await generateSigningKey()
  const odd: readonly (readonly [Members, string, KeyObject | Buffer])[] = [
    [jwkOf(weak.publicKey, { kid: 'k', alg: 'RS256' }), 'RS256', weak.privateKey],
    [jwkOf(foreignCurve.publicKey, { kid: 'k' }), 'ES256', pairs['P-256'].privateKey],
    [{ kty: 'oct', k: secret.toString('base64url'), kid: 'k', alg: 'HS256' }, 'HS256', secret],
    [{ kty: 'oct', k: secret.toString('base64url'), kid: 'k' }, 'HS256', secret],
    [jwkOf(rsa.privateKey, { kid: 'k', alg: 'RS256' }), 'RS256', rsa.privateKey],
    [jwkOf(rsa.publicKey, { kid: 'k', alg: 'RS256', use: 'enc' }), 'RS256', rsa.privateKey],
    [jwkOf(rsa.publicKey, { kid: 'k', alg: 'RS256', key_ops: ['encrypt'] }), 'RS256', rsa.privateKey],
    [jwkOf(rsa.publicKey, { kid: 'k', alg: 'RSA-OAEP' }), 'RS256', rsa.privateKey],
    [jwkOf(rsa.publicKey, { kid: ['k'], alg: 'RS256' }), 'RS256', rsa.privateKey],
    [jwkOf(pairs['P-256'].publicKey, { kid: 'k', alg: 'ES384' }), 'ES256', pairs['P-256'].privateKey],
  ]
  for (const [jwk, alg, key] of odd) {
    const issuer = await publishing(jwk, good.publicJwk)
    const guard = guardFor(issuer)
    for (const kid of ['k', undefined]) {
      const forged = await new SignJWT(issuer.claims())
        .setProtectedHeader({ alg, typ: 'at+jwt', ...(kid === undefined ? {} : { kid }) })
        .sign(key as KeyObject, { crit: {} })
        .catch(() => undefined) // jose does not sign with a weak key either
      if (forged !== undefined) expect([alg, kid, await statusOf(guard, forged)]).toEqual([alg, kid, 401])
    }
    expect(await statusOf(guard, await issuer.token({}, {}, good))).toBe(200)
  }
})

test('SECURITY 175: a token brings no key, and its `kid` is a name and nothing else; nobody is asked', async () => {
  const issuer = await foreignIssuer()
  const attacker = await foreignIssuer()
  const guard = guardFor(issuer)
  const good = await issuer.token()
  expect(await statusOf(guard, good)).toBe(200)
  const [theirs] = attacker.keys
  const url = `${attacker.issuer}/keys`
  const brought = [
    { jwk: theirs!.publicJwk }, { jku: url }, { x5u: url }, { x5c: ['MIIB'] }, { jwk: theirs!.publicJwk, jku: url, x5u: url },
  ] // prettier-ignore
  for (const header of brought) {
    for (const kid of [issuer.keys[0]!.keyId, theirs!.keyId, undefined]) {
      expect(await statusOf(guard, await issuer.token({}, { ...header, kid }, theirs))).toBe(401)
    }
  }
  const kids = [
    '../../x',
    "' OR 1=1",
    url,
    '__proto__',
    'constructor',
    '',
    ' ',
    {},
    [],
    0,
    null,
    true,
    ['k'],
    'x'.repeat(2000),
  ]
  for (const kid of kids)
    expect([kid, await statusOf(guard, await issuer.token({}, { kid }))]).toEqual([kid, 401])
  expect(attacker.asked).toEqual([])
  expect(issuer.asked).toEqual(['metadata', 'keys'])
  expect(await statusOf(guard, good)).toBe(200)
})

test('SECURITY 173: by default nothing but an access token in the profile of RFC 9068 will do', async () => {
  const issuer = await foreignIssuer()
  const guard = guardFor(issuer)
  for (const typ of [
    undefined,
    'JWT',
    'id+jwt',
    'logout+jwt',
    'dpop+jwt',
    'secevent+jwt',
    '',
    null,
    ['at+jwt'],
    'at+jwt;x',
  ]) {
    expect([typ, await statusOf(guard, await issuer.token({}, { typ }))]).toEqual([typ, 401])
  }
  expect(await statusOf(guard, await issuer.token({}, { typ: 'application/AT+JWT' }))).toBe(200)
  for (const extension of [
    { crit: ['exp'] },
    { crit: [] },
    { b64: false },
    { zip: 'DEF' },
    { enc: 'A256GCM' },
  ]) {
    expect(await statusOf(guard, await issuer.token({}, extension))).toBe(401)
  }
})

/** What access tokens of each kind look like, and what their ID tokens do. */
const looks: Readonly<
  Record<Exclude<ProfileName, 'rfc9068'>, { readonly access: Members; readonly id: readonly Members[] }>
> = {
  auth0: {
    access: { client_id: undefined, azp: 'app', gty: 'client-credentials', permissions: ['read'] },
    id: [{ nonce: 'n' }, { at_hash: 'x' }, { c_hash: 'x' }, { events: {} }],
  },
  entra: {
    access: { client_id: undefined, scope: undefined, azp: 'app', azpacr: '1', scp: 'read', ver: '2.0' },
    id: [{ scp: undefined, azpacr: undefined, roles: ['read'] }, { nonce: 'n' }],
  },
  keycloak: {
    access: {
      client_id: undefined,
      azp: 'app',
      typ: 'Bearer',
      scope: 'email',
      realm_access: { roles: ['read'] },
    },
    id: [
      { typ: 'ID' },
      { typ: 'Refresh' },
      { typ: 'Logout' },
      { typ: undefined },
      { typ: ['Bearer'] },
      { at_hash: 'x' },
    ],
  },
  okta: {
    access: { client_id: undefined, scope: undefined, cid: 'app', scp: ['read'] },
    id: [{ cid: undefined, scp: undefined }, { nonce: 'n' }],
  },
}

test.each(Object.entries(looks))(
  'SECURITY 173: %s: its access tokens are accepted, its ID tokens never',
  async (name, { access, id }) => {
    const issuer = await foreignIssuer()
    const guard = guardFor(issuer, { profile: name as ProfileName, scopes: { read: 'Read' } })
    for (const typ of ['JWT', undefined, 'at+jwt']) {
      const request = new Request('https://api.test/x', {
        headers: { authorization: `Bearer ${await issuer.token(access, { typ })}` },
      })
      const { token } = await guard.check(request, { scopes: ['read'] })
      expect([typ, token?.scopes, token?.clientId]).toEqual([typ, ['read'], 'app'])
      for (const claims of id) {
        const answer = [claims, await statusOf(guard, await issuer.token({ ...access, ...claims }, { typ }))]
        expect(answer).toEqual([claims, 401])
      }
    }
    for (const typ of ['id+jwt', 'logout+jwt', 'dpop+jwt', '']) {
      expect(await statusOf(guard, await issuer.token(access, { typ }))).toBe(401)
    }
  },
)

test('SECURITY 182: scopes are words of the claim that is configured, whatever else the token says', async () => {
  const issuer = await foreignIssuer()
  const granted = async (profile: (typeof tokenProfiles)['auth0'], claims: Members): Promise<unknown> => {
    const guard = guardFor(issuer, { profile })
    const headers = { authorization: `Bearer ${await issuer.token({ scope: undefined, ...claims })}` }
    return (await guard.check(new Request('https://api.test/x', { headers }))).token?.scopes
  }
  const { auth0, entra, keycloak } = tokenProfiles
  const plain = { marks: {} }
  expect(await granted(auth0, { permissions: ['read'], scope: 'write' })).toEqual(['read'])
  expect(await granted(auth0, { permissions: [], scope: 'write' })).toEqual([])
  expect(await granted(auth0, { scope: 'write' })).toEqual(['write'])
  expect(await granted({ ...entra, ...plain }, { scp: 'read', roles: ['write'] })).toEqual(['read'])
  expect(await granted({ ...entra, ...plain }, { roles: ['write'] })).toEqual(['write'])
  expect(
    await granted({ ...keycloak, ...plain }, { scope: 'a b', realm_access: { roles: ['b', 'c'] } }),
  ).toEqual(['a', 'b', 'c'])
  expect(await granted({ scopesFrom: 'https://a.test/x.y' }, { 'https://a.test/x.y': ['r'] })).toEqual(['r'])
  expect(await granted({ scopesFrom: 'a.b.c' }, { a: { b: { c: 'r w' } } })).toEqual(['r', 'w'])
  expect(await granted({ scopesFrom: ({ sub }) => [`is:${String(sub)}`] }, {})).toEqual(['is:alice'])
  const odd = [
    { x: 1 }, { x: true }, { x: {} }, { x: null }, { x: [1, null, {}, ['r']] }, { x: ['a b', 'r\u00a0w', '"', ''] }, { x: 'r\tw' },
  ] // prettier-ignore
  for (const claims of odd) expect([claims, await granted({ scopesFrom: 'x' }, claims)]).toEqual([claims, []])
  for (const path of ['__proto__', 'constructor', 'toString', 'x.length', 'constructor.name', 'x.0']) {
    expect([path, await granted({ scopesFrom: path }, { x: ['r'] })]).toEqual([
      path,
      path === 'x.0' ? ['r'] : [],
    ])
  }
})

test('SECURITY 190: what is too long is not looked at, and what is no token asks nobody', async () => {
  const issuer = await foreignIssuer()
  const guard = guardFor(issuer)
  const odd = [
    '.'.repeat(8000), '.'.repeat(1_000_000), 'a'.repeat(8193), 'a.b.c', '..', 'a', '=', 'a.b.c.d.e', `${part({})}.${part({})}.`,
    `${part([])}.${part(issuer.claims())}.AA`, `${part(null)}.${part(issuer.claims())}.AA`, `${part({ alg: 'ES256' })}.bm8.AA`,
  ] // prettier-ignore
  for (const token of odd)
    expect([token.slice(0, 20), await statusOf(guard, token)]).toEqual([token.slice(0, 20), 401])
  const long = await issuer.token({ padding: 'x'.repeat(8000) })
  expect(await statusOf(guard, long)).toBe(401)
  expect(issuer.asked).toEqual([])
  expect(await statusOf(guardFor(issuer, { maxTokenLength: 16_384 }), long)).toBe(200)
})

test('we accept nothing that jose refuses', async () => {
  const issuer = await foreignIssuer()
  const guard = guardFor(issuer, { cache: { size: 0 }, clockSkew: 0 })
  const keys = createLocalJWKSet({
    keys: issuer.keys.map(({ publicJwk }) => publicJwk),
  } as unknown as JSONWebKeySet)
  const seconds = issuer.clock.now / 1000
  const good = await issuer.token()
  const date = fc.constantFrom(
    undefined,
    0,
    seconds - 1,
    seconds,
    seconds + 1,
    seconds + 600,
    'x',
    null,
    1e300,
  )
  const name = fc.constantFrom(
    undefined,
    audience,
    issuer.issuer,
    `${audience}/`,
    '',
    null,
    [audience],
    [],
    ['x', audience],
  )
  const claims = fc.record({ exp: date, nbf: date, iat: date, iss: name, aud: name }, { requiredKeys: [] })
  const header = fc.record({
    alg: fc.constantFrom('ES256', 'ES384', 'none', 'HS256', 'RS256'), typ: fc.constantFrom('at+jwt', 'JWT', undefined),
    kid: fc.constantFrom(issuer.keys[0]!.keyId, undefined, 'x'),
  }, { requiredKeys: [] }) // prettier-ignore
  const cut = fc
    .tuple(fc.nat(good.length), fc.nat(good.length))
    .map(([a, b]) => good.slice(0, a) + good.slice(b))
  let accepted = 0
  const agree = async (token: string): Promise<void> => {
    if ((await statusOf(guard, token)) !== 200) return
    accepted++
    await jwtVerify(token, keys, {
      issuer: issuer.issuer, audience, typ: 'at+jwt', currentDate: new Date(issuer.clock.now), requiredClaims: ['exp'],
    }) // prettier-ignore
  }
  await fc.assert(
    fc.asyncProperty(claims, header, async (members, head) => agree(await issuer.token(members, head))),
    { numRuns: 400, examples: [[{}, {}]] },
  )
  await fc.assert(fc.asyncProperty(cut, agree), { numRuns: 200 })
  expect(accepted).toBeGreaterThan(0)
})

test('a service of one algorithm takes no genuine token of another service that shares its names', async () => {
  for (const algorithm of ['RS256', 'PS256', 'ES256', 'EdDSA'] satisfies SigningAlgorithm[]) {
    const issuer = await foreignIssuer()
    issuer.keys = [await generateSigningKey(algorithm)]
    const other = await generateSigningKey(algorithm)
    const guard = guardFor(issuer)
    expect(await statusOf(guard, await issuer.token())).toBe(200)
    expect(await statusOf(guard, await issuer.token({}, { kid: issuer.keys[0]!.keyId }, other))).toBe(401)
    expect(await statusOf(guard, await issuer.token({}, { kid: undefined }, other))).toBe(401)
    expect(await statusOf(guard, await issuer.token({}, { kid: undefined }))).toBe(200)
  }
})
