import { generateKeyPairSync } from 'node:crypto'
import { expect, expectTypeOf, test } from 'vitest'
import { generateSigningKey, signingKey } from '../crypto/signing-key.ts'
import { refusals } from '../protocol/access-token.ts'
import { Rejection } from '../protocol/rejection.ts'
import { accessTokens } from './access-tokens.ts'
import type { AccessToken, AccessTokens, RejectionNotice } from './access-tokens.ts'
import { patient } from './patient.ts'

const issuer = 'https://api.test'
const secret = 'a secret of enough bytes for the hash'
const scopes = { me: 'See your profile', 'items:write': 'Add and change your items' }

/** A clock to turn. */
function clock(): { seconds: number; readonly now: () => number } {
  const at = { seconds: 1_800_000_000, now: () => at.seconds * 1000 }
  return at
}

async function tokenFor<Scope extends string>(
  tokens: AccessTokens<Scope>,
  subject = 'alice',
): Promise<string> {
  return (await tokens.issue({ subject })).access_token
}

test('RFC 6749 §5.1: the answer to a grant carries the token, its type, its lifetime and its scopes', async () => {
  const tokens = accessTokens({ issuer, secret, scopes })
  const answer = await tokens.issue({ subject: 'alice', scopes: ['me', 'items:write', 'me'] })
  expect(answer).toEqual({
    access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/) as string,
    token_type: 'Bearer',
    expires_in: 300,
    scope: 'me items:write',
  })
  expect(await tokens.issue({ subject: 'alice' })).not.toHaveProperty('scope')
})

test('RFC 9068 §2: a token has the type, the key and the claims of the profile', async () => {
  const { seconds, now } = clock()
  const key = await generateSigningKey()
  const tokens = accessTokens({ issuer, audience: 'https://items.test', keys: key, scopes, now })
  const { access_token } = await tokens.issue({
    subject: 'alice',
    scopes: ['me'],
    clientId: 'app',
    claims: { role: 'x' },
    lifetime: 60,
  })
  const [header, claims] = access_token.split('.').map((part) => Buffer.from(part, 'base64url').toString())
  expect(JSON.parse(header!)).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: key.keyId })
  const payload = JSON.parse(claims!) as Record<string, unknown>
  expect(payload).toEqual({
    iss: issuer, sub: 'alice', aud: 'https://items.test', client_id: 'app', iat: seconds, exp: seconds + 60,
    jti: expect.stringMatching(/^[\w-]{22}$/) as string, scope: 'me', role: 'x',
  }) // prettier-ignore
  expect(tokens.verify(access_token)).toEqual({
    subject: 'alice', scopes: ['me'], clientId: 'app', issuer, audience: ['https://items.test'], id: payload.jti,
    issuedAt: seconds, expiresAt: seconds + 60, claims: payload,
  }) // prettier-ignore
})

test('every token has a name of its own', async () => {
  const tokens = accessTokens({ issuer, secret })
  const names = await Promise.all(
    Array.from({ length: 100 }, async () => (tokens.verify(await tokenFor(tokens)) as AccessToken).id),
  )
  expect(new Set(names).size).toBe(100)
})

test('`verify` needs no `this`, and carries the scopes in its type', async () => {
  const tokens = accessTokens({ issuer, secret, scopes })
  const { verify } = tokens
  const token = verify((await tokens.issue({ subject: 'alice', scopes: ['me'] })).access_token)
  expectTypeOf(token).toEqualTypeOf<AccessToken<'me' | 'items:write'> | Rejection>()
  expectTypeOf(accessTokens({ issuer, secret }).verify).returns.toEqualTypeOf<AccessToken | Rejection>()
  expect(token).toMatchObject({ scopes: ['me'] })
})

test('a misspelt scope does not compile, nor does it run', async () => {
  const tokens = accessTokens({ issuer, secret, scopes })
  // @ts-expect-error: there is no such scope
  await expect(tokens.issue({ subject: 'alice', scopes: ['itmes:write'] })).rejects.toThrow(
    'scopes: "itmes:write" is not declared; declared are me, items:write',
  )
})

test('scopes that come from a database are strings, and are checked when the token is made', async () => {
  const tokens = accessTokens({ issuer, secret, scopes })
  const grant = (...words: string[]): { subject: string; scopes: readonly string[]; account: object } => ({
    subject: 'alice',
    scopes: words,
    account: {},
  })
  expect(await tokens.issue(grant('me'))).toMatchObject({ scope: 'me' })
  await expect(tokens.issue(grant('me', 'admin'))).rejects.toThrow('scopes: "admin" is not declared')
  const open = accessTokens({ issuer, secret })
  expect(await open.issue(grant('admin', 'x:y'))).toMatchObject({ scope: 'admin x:y' })
  await expect(open.issue(grant('a b'))).rejects.toThrow('scopes: "a b" is not one word of visible ASCII')
})

test('what no token may be made of throws, and names it', async () => {
  const tokens = accessTokens({ issuer, secret })
  const circle: Record<string, unknown> = {}
  circle.self = circle
  const cases: readonly (readonly [Parameters<typeof tokens.issue>[0], string])[] = [
    [{ subject: '' }, 'subject: give a text'],
    [{ subject: 7 as never }, 'subject: give a text'],
    [{ subject: 'a', clientId: 7 as never }, 'clientId: give a text'],
    [{ subject: 'a', lifetime: 0 }, 'lifetime: give a whole number of seconds'],
    [{ subject: 'a', lifetime: 1.5 }, 'lifetime: give a whole number of seconds'],
    [{ subject: 'a', lifetime: Infinity }, 'lifetime: give a whole number of seconds'],
    [{ subject: 'a', lifetime: 1_800_000_000_000 }, 'lifetime: give a whole number of seconds'],
    [{ subject: 'a', claims: circle }, 'claims: these cannot be written as JSON'],
    [{ subject: 'a', claims: { big: 1n } }, 'claims: these cannot be written as JSON'],
    [{ subject: 'a', claims: { long: 'x'.repeat(9000) } }, 'claims: this token has'],
    [
      { subject: 'a', claims: JSON.parse('{"__proto__":{"admin":true}}') as Record<string, unknown> },
      'claims: "__proto__"',
    ],
    ...['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'client_id', 'scope'].map(
      (name) =>
        [{ subject: 'a', claims: { [name]: 'x' } }, `claims: "${name}" belongs to the issuer`] as const,
    ),
  ]
  for (const [token, message] of cases) await expect(tokens.issue(token)).rejects.toThrow(message)
})

test('a token ends when its time is over, remembered or not', async () => {
  const at = clock()
  for (const cache of [{ size: 0 }, { maxAge: 3600 }]) {
    const tokens = accessTokens({ issuer, secret, now: at.now, clockSkew: 10, cache })
    const token = await tokenFor(tokens)
    expect(tokens.verify(token)).toMatchObject({ subject: 'alice' })
    at.seconds += 309
    expect(tokens.verify(token)).toMatchObject({ subject: 'alice' })
    at.seconds += 1
    expect(tokens.verify(token)).toBe(refusals.expired)
    expect(tokens.verify(token)).toBe(refusals.expired)
  }
})

test('what one request does to a token, another does not see', async () => {
  const tokens = accessTokens({ issuer, secret, scopes })
  const { access_token } = await tokens.issue({
    subject: 'alice',
    scopes: ['me'],
    claims: { deep: { list: [{ a: 1 }] } },
  })
  const first = tokens.verify(access_token) as { -readonly [key in keyof AccessToken]: AccessToken[key] }
  const { deep } = first.claims as { deep: { list: { a: number }[] } }
  for (const change of [
    () => (first.subject = 'mallory'),
    () => (first.scopes as string[]).push('items:write'),
    () => (first.audience as string[]).push('x'),
    () => ((first.claims as Record<string, unknown>).sub = 'mallory'),
    () => deep.list.push({ a: 2 }),
    () => (deep.list[0]!.a = 3),
  ]) {
    expect(change).toThrow(TypeError)
  }
  expect(tokens.verify(access_token)).toBe(first)
  expect(tokens.verify(access_token)).toMatchObject({
    subject: 'alice',
    scopes: ['me'],
    claims: { deep: { list: [{ a: 1 }] } },
  })
})

test('SECURITY 189: a revoked token is refused at once, also when it was remembered', async () => {
  const revoked = new Set<string>()
  const tokens = accessTokens({ issuer, secret, isRevoked: ({ id }) => revoked.has(id!) })
  const [one, two] = [await tokenFor(tokens), await tokenFor(tokens)]
  const token = tokens.verify(one) as AccessToken
  revoked.add(token.id!)
  expect(tokens.verify(one)).toBe(refusals.revoked)
  expect(tokens.verify(two)).toMatchObject({ subject: 'alice' })
  expect(accessTokens({ issuer, secret, isRevoked: () => true }).verify(two)).toBe(refusals.revoked)
})

test('SECURITY 186: when revocation cannot be asked, the token is refused, and the log has the cause', async () => {
  const notices: RejectionNotice[] = []
  const cause = new Error('no connection')
  let broken = true
  const tokens = accessTokens({
    issuer,
    secret,
    isRevoked() {
      if (broken) throw cause
      return false
    },
    onRejected: (notice) => notices.push(notice),
  })
  const token = await tokenFor(tokens)
  expect(tokens.verify(token)).toBe(refusals.revoked)
  expect(notices).toMatchObject([{ rejection: refusals.revoked, cause }])
  broken = false
  expect(tokens.verify(token)).toMatchObject({ subject: 'alice' })
})

test('a key that was added verifies and is published, signs when told, and can be retired', async () => {
  const [old, next] = [await generateSigningKey('ES256'), await generateSigningKey('EdDSA')]
  const tokens = accessTokens({ issuer, keys: old })
  const before = await tokenFor(tokens)
  expect(tokens.verify(before)).toMatchObject({ subject: 'alice' })

  const foreign = await tokenFor(accessTokens({ issuer, keys: next }))
  expect(tokens.verify(foreign)).toBe(refusals.unknownKey)
  expect(tokens.addKey(next)).toBe(next.keyId)
  expect(tokens.verify(foreign)).toMatchObject({ subject: 'alice' })
  expect(tokens.jwks().keys.map(({ kid }) => kid)).toEqual([old.keyId, next.keyId])
  expect(headerOf(await tokenFor(tokens)).kid).toBe(old.keyId)

  expect(() => tokens.retireKey(old.keyId)).toThrow(
    'let another one sign with signWith() before it is retired',
  )
  tokens.signWith(next.keyId)
  const after = await tokenFor(tokens)
  expect(headerOf(after)).toMatchObject({ kid: next.keyId, alg: 'EdDSA' })
  expect([tokens.verify(before), tokens.verify(after)]).toMatchObject([
    { subject: 'alice' },
    { subject: 'alice' },
  ])

  tokens.retireKey(old.keyId)
  expect(tokens.verify(before)).toBe(refusals.unknownKey)
  expect(tokens.verify(after)).toMatchObject({ subject: 'alice' })
  expect(tokens.jwks().keys.map(({ kid }) => kid)).toEqual([next.keyId])
})

test('a key set has what a verifier needs, and a shared secret is not in it', async () => {
  const keys = [await generateSigningKey('RS256'), await generateSigningKey('ES256'), signingKey(secret)]
  const published = accessTokens({ issuer, keys }).jwks()
  expect(published.keys.map(({ kty, alg, use }) => [kty, alg, use])).toEqual([
    ['RSA', 'RS256', 'sig'],
    ['EC', 'ES256', 'sig'],
  ])
  expect(JSON.stringify(published)).not.toMatch(/"(d|k|p|q)":/)
})

test('a token without a `kid` is tried with every key of its algorithm', async () => {
  const keys = [
    await generateSigningKey('ES256'),
    await generateSigningKey('ES256'),
    await generateSigningKey('EdDSA'),
  ]
  const tokens = accessTokens({ issuer, keys })
  for (const [index, key] of keys.entries()) {
    const claims = { iss: issuer, aud: issuer, sub: `user-${index}`, exp: Date.now() / 1000 + 60 }
    const input = [{ alg: key.algorithm, typ: 'at+jwt' }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.')
    const token = `${input}.${Buffer.from(await key.sign!(input)).toString('base64url')}`
    expect(tokens.verify(token)).toMatchObject({ subject: `user-${index}` })
  }
})

test('with public keys alone tokens are verified, and none can be made', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const token = await tokenFor(accessTokens({ issuer, keys: privateKey }))
  const verifying = accessTokens({ issuer, keys: publicKey })
  expect(verifying.verify(token)).toMatchObject({ subject: 'alice' })
  await expect(verifying.issue({ subject: 'alice' })).rejects.toThrow(/is public and cannot sign/)
  expect(() => verifying.signWith(verifying.jwks().keys[0]!.kid)).toThrow(/is a public key and cannot sign/)
})

test('plain JWTs of a foreign issuer pass only where that was asked for', () => {
  const key = signingKey(secret)
  const claims = { iss: issuer, aud: issuer, sub: 'alice', exp: Date.now() / 1000 + 60 }
  for (const typ of ['JWT', undefined]) {
    const input = [{ alg: 'HS256', typ }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.')
    const token = `${input}.${Buffer.from(key.sign!(input) as Uint8Array).toString('base64url')}`
    expect(accessTokens({ issuer, secret }).verify(token)).toBe(refusals.wrongType)
    expect(accessTokens({ issuer, secret, dangerouslyAcceptPlainJwt: true }).verify(token)).toMatchObject({
      subject: 'alice',
    })
  }
})

test('SECURITY 275: the log is told what was wrong and what was wanted, and never the token', async () => {
  const notices: RejectionNotice[] = []
  const tokens = accessTokens({ issuer, secret, onRejected: (notice) => notices.push(notice) })
  const other = await tokenFor(accessTokens({ issuer, audience: 'https://other.test', secret }))
  expect(tokens.verify(other)).toBe(refusals.audience)
  expect(notices).toEqual([
    {
      rejection: refusals.audience,
      fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
      member: 'aud',
      wanted: issuer,
      found: '"https://other.test"',
    },
  ])
  expect(JSON.stringify(notices)).not.toContain(other.slice(-20))
  expect(refusals.audience.description).not.toContain('other.test')
})

test('SECURITY 277: what a forger writes into a header reaches the log escaped and short', () => {
  const notices: RejectionNotice[] = []
  const tokens = accessTokens({ issuer, secret, onRejected: (notice) => notices.push(notice) })
  for (const kid of ['x\r\n2027-01-01 login ok \u001b[31m', 'y'.repeat(3000)]) {
    const header = Buffer.from(JSON.stringify({ alg: 'HS256', typ: 'at+jwt', kid })).toString('base64url')
    expect(tokens.verify(`${header}.e30.AAAA`)).toBe(refusals.unknownKey)
  }
  for (const { found } of notices) expect(found).toMatch(/^[\x20-\x7e]{1,200}$/)
  expect(notices).toHaveLength(2)
})

test('a log that fails changes no answer', () => {
  const tokens = accessTokens({
    issuer,
    secret,
    onRejected() {
      throw new Error('disk full')
    },
  })
  for (const token of ['x', 'x'.repeat(10_000), undefined as never])
    expect(tokens.verify(token)).toBeInstanceOf(Rejection)
})

test('the length a token may have can be set, and deep claims do not exhaust the stack', async () => {
  const key = signingKey(secret)
  const tokens = accessTokens({ issuer, keys: key, maxTokenLength: 1_048_576 })
  const claims = JSON.stringify({
    iss: issuer,
    aud: issuer,
    sub: 'alice',
    exp: Math.floor(Date.now() / 1000) + 60,
  })
  const deep = claims.replace('{', `{"deep":${'['.repeat(100_000)}${']'.repeat(100_000)},`)
  const input = [JSON.stringify({ alg: 'HS256', typ: 'at+jwt' }), deep]
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.')
  const token = `${input}.${Buffer.from(await key.sign!(input)).toString('base64url')}`
  expect(tokens.verify(token)).toMatchObject({ subject: 'alice' })
  expect(accessTokens({ issuer, keys: key }).verify(token)).toBe(refusals.tooLong)
})

test('a bad option is named, with what would be right', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const good = { issuer, secret }
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [{ secret }, /^issuer: give the name of who makes the tokens, such as https:\/\/api.example.com/],
    [{ ...good, issuer: '' }, /^issuer: /],
    [{ ...good, audience: '' }, /^audience: give one name/],
    [{ ...good, audience: [] }, /^audience: give one name/],
    [{ issuer }, /^secret, keys: give exactly one/],
    [{ ...good, keys: privateKey }, /^secret, keys: give exactly one/],
    [{ issuer, secret: undefined }, /^secret: it is undefined; is the environment variable set\?/],
    [{ issuer, secret: 'short' }, /^secret: a secret has at least 32 bytes, this one has 5/],
    [{ issuer, secret: 7 }, /^secret: give at least 32 bytes/],
    [{ issuer, secret: privateKey }, /^secret: .*cannot be used for HS256/],
    [{ ...good, algorithm: 'RS256' }, /^algorithm: a `secret` signs HS256; for RS256 give `keys`/],
    [{ issuer, keys: [] }, /^keys: give at least one key/],
    [{ issuer, keys: 'secret' }, /^keys: this text is not a PEM; a shared secret belongs in `secret`/],
    [{ issuer, keys: privateKey }, /^keys: this key fits RS256 and PS256; say which with `algorithm`/],
    [{ issuer, keys: [signingKey(secret), privateKey] }, /^keys\[1\]: this key fits/],
    [{ issuer, keys: privateKey, algorithm: 'none' }, /^algorithm: none is not one of/],
    [{ issuer, keys: [signingKey(secret), signingKey(secret)] }, /^keys: two keys are named/],
    [{ issuer, keys: { algorithm: 'HS256', keyId: 'x', verify: () => true } }, /^keys: give a PEM, a JWK/],
    [{ ...good, scopes: ['me'] }, /^scopes: give each scope with its description/],
    [{ ...good, scopes: { 'a b': '' } }, /^scopes: "a b" is not one word/],
    [{ ...good, lifetime: 0 }, /^lifetime: give a whole number of seconds from 1 to/],
    [{ ...good, lifetime: '300' }, /^lifetime: /],
    [{ ...good, clockSkew: 61 }, /^clockSkew: give a whole number of seconds from 0 to 60, not 61/],
    [{ ...good, clockSkew: NaN }, /^clockSkew: /],
    [{ ...good, cache: { size: -1 } }, /^cache.size: give a whole number of tokens/],
    [{ ...good, cache: { maxAge: 1e9 } }, /^cache.maxAge: give a whole number of seconds/],
    [{ ...good, maxTokenLength: 1 }, /^maxTokenLength: give a whole number of characters/],
    [{ ...good, isRevoked: true }, /^isRevoked: give a function/],
    [{ ...good, onRejected: 'x' }, /^onRejected: give a function/],
    [{ ...good, now: 7 }, /^now: give a function/],
  ]
  for (const [options, message] of cases) expect(() => accessTokens(options as never)).toThrow(message)
  expect(() => accessTokens({ ...good, clockSkew: 60 })).not.toThrow()
})

function headerOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString()) as Record<string, unknown>
}

test('who can wait hears the same, and a token that is known is not waited for', async () => {
  const at = clock()
  const notices: RejectionNotice[] = []
  const revoked = new Set<string | undefined>()
  const tokens = accessTokens({
    issuer,
    keys: await generateSigningKey('ES256'),
    now: at.now,
    isRevoked: ({ id }) => revoked.has(id),
    onRejected: (notice) => notices.push(notice),
  })
  const verify = patient(tokens.verify)
  const [good, other, taken] = [await tokenFor(tokens), await tokenFor(tokens), await tokenFor(tokens)]
  revoked.add(JSON.parse(Buffer.from(taken.split('.')[1]!, 'base64url').toString()).jti as string)
  const signature = good.split('.')[2]!
  const forged = other.slice(0, -signature.length) + signature
  const found = await Promise.all(
    [good, good, forged, taken, 'no.token.this', ''].map(async (token) => verify(token)),
  )
  expect(found).toEqual([
    expect.objectContaining({ subject: 'alice' }),
    found[0],
    refusals.signature,
    refusals.revoked,
    refusals.malformed,
    refusals.malformed,
  ])
  expect(found[1]).toBe(found[0])
  expect(notices.map(({ rejection }) => rejection)).toHaveLength(4)
  expect(verify(good)).toBe(found[0])
  expect(tokens.verify(good)).toBe(found[0])
  expect(verify('x'.repeat(9000))).toBe(refusals.tooLong)
  at.seconds += 1000
  expect(await verify(good)).toBe(refusals.expired)
})

test('a key that is retired while a token waits does not verify it any more', async () => {
  const [old, next] = [await generateSigningKey('ES256'), await generateSigningKey('ES256')]
  const tokens = accessTokens({ issuer, keys: [old, next] })
  const token = await tokenFor(tokens)
  tokens.signWith(next.keyId)
  const waiting = patient(tokens.verify)(token)
  tokens.retireKey(old.keyId)
  expect(await waiting).toBe(refusals.unknownKey)
  expect(tokens.verify(token)).toBe(refusals.unknownKey)
})

test('with a shared secret nobody waits, as a hash is checked sooner', async () => {
  const tokens = accessTokens({ issuer, secret })
  expect(patient(tokens.verify)(await tokenFor(tokens))).toMatchObject({ subject: 'alice' })
})
