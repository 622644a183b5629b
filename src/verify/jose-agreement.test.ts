/** The same tokens, held against jose: what one signs the other verifies, and on changed ones both agree. */

import * as fc from 'fast-check'
import { createLocalJWKSet, importJWK, jwtVerify, SignJWT } from 'jose'
import type { JSONWebKeySet } from 'jose'
import { expect, test } from 'vitest'
import type { SigningAlgorithm } from '../crypto/signature.ts'
import { generateSigningKey, privateJwk } from '../crypto/signing-key.ts'
import { Rejection } from '../protocol/rejection.ts'
import { accessTokens } from './access-tokens.ts'

const algorithms: readonly SigningAlgorithm[] = ['HS256', 'RS256', 'PS256', 'ES256', 'EdDSA']
const issuer = 'https://api.test'
const now = 1_800_000_000
const sides = await Promise.all(
  algorithms.map(async (algorithm) => {
    const key = await generateSigningKey(algorithm)
    const tokens = accessTokens({
      issuer,
      keys: key,
      now: () => now * 1000,
      clockSkew: 0,
      cache: { size: 0 },
    })
    const signing = await importJWK({ ...privateJwk(key) } as never, algorithm)
    const verifying = key.publicJwk === undefined ? signing : await importJWK({ ...key.publicJwk }, algorithm)
    return { algorithm, key, tokens, signing, verifying }
  }),
)
const checks = {
  issuer,
  audience: issuer,
  typ: 'at+jwt',
  currentDate: new Date(now * 1000),
  requiredClaims: ['exp', 'sub'],
}
const claims = fc.dictionary(
  fc
    .string({ unit: 'grapheme' })
    .filter((name) => name !== '__proto__' && !/^(iss|sub|aud|exp|nbf|iat|jti|client_id|scope)$/.test(name)),
  // We drop members of this name from what we verify, jose keeps them.
  fc.jsonValue({ maxDepth: 2 }).filter((value) => !JSON.stringify(value).includes('__proto__')),
  { maxKeys: 4 },
)
const text = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .filter((subject) => subject.isWellFormed())

test.each(sides)(
  'what we sign with $algorithm, jose verifies',
  async ({ algorithm, key, tokens, verifying }) => {
    await fc.assert(
      fc.asyncProperty(text, claims, async (subject, own) => {
        const { access_token } = await tokens.issue({
          subject,
          claims: own,
          clientId: 'app',
          scopes: ['a', 'b'],
        })
        const { payload, protectedHeader } = await jwtVerify(access_token, verifying, {
          ...checks,
          algorithms: [algorithm],
        })
        expect(protectedHeader).toEqual({ alg: algorithm, typ: 'at+jwt', kid: key.keyId })
        expect(payload).toMatchObject({ sub: subject, client_id: 'app', scope: 'a b', exp: now + 300 })
        expect(payload).toEqual((tokens.verify(access_token) as { claims: unknown }).claims)
      }),
      { numRuns: 40 },
    )
  },
)

test.each(sides)(
  'what jose signs with $algorithm, we verify',
  async ({ algorithm, key, tokens, signing }) => {
    await fc.assert(
      fc.asyncProperty(text, claims, fc.boolean(), async (sub, own, named) => {
        const token = await new SignJWT({
          ...own,
          sub,
          iss: issuer,
          aud: [issuer, 'x'],
          exp: now + 60,
          scope: 'a',
        })
          .setProtectedHeader({ alg: algorithm, typ: 'at+jwt', ...(named && { kid: key.keyId }) })
          .sign(signing)
        expect(tokens.verify(token)).toMatchObject({
          subject: sub,
          scopes: ['a'],
          audience: [issuer, 'x'],
          expiresAt: now + 60,
        })
      }),
      { numRuns: 40 },
    )
  },
)

test.each(sides)(
  'on changed $algorithm tokens we are never more lenient than jose',
  async ({ algorithm, tokens, verifying }) => {
    const { access_token: good } = await tokens.issue({ subject: 'alice' })
    const change = fc.oneof(
      fc
        .tuple(fc.nat(good.length - 1), fc.string({ maxLength: 2 }))
        .map(([at, put]) => good.slice(0, at) + put + good.slice(at + 1)),
      fc.tuple(fc.nat(good.length), fc.nat(good.length)).map(([a, b]) => good.slice(0, a) + good.slice(b)),
      fc.constant(good),
    )
    await fc.assert(
      fc.asyncProperty(change, async (token) => {
        const answer = tokens.verify(token)
        if (answer instanceof Rejection) return
        await jwtVerify(token, verifying, { ...checks, algorithms: [algorithm] })
        expect(token).toBe(good)
      }),
      { numRuns: 200 },
    )
  },
)

test('on dates, issuers and audiences we agree with jose', async () => {
  const { algorithm, tokens, signing, verifying } = sides[0]!
  const date = fc.constantFrom(undefined, 0, 1, now - 1, now, now + 1, now + 60, 'x', null, true)
  const name = fc.constantFrom(undefined, issuer, `${issuer}/`, '', null, [issuer], ['x'], [])
  await fc.assert(
    fc.asyncProperty(date, date, name, name, async (exp, nbf, iss, aud) => {
      const members = {
        sub: 'alice',
        ...(exp !== undefined && { exp }),
        ...(nbf !== undefined && { nbf }),
        iss,
        aud,
      }
      const token = await new SignJWT(members as never)
        .setProtectedHeader({ alg: algorithm, typ: 'at+jwt' })
        .sign(signing)
      const theirs = await jwtVerify(token, verifying, { ...checks, algorithms: [algorithm] }).then(
        () => true,
        () => false,
      )
      // jose takes a list of one as an issuer; RFC 7519 §4.1.1 has a string there.
      const ours = !(tokens.verify(token) instanceof Rejection)
      expect(ours).toBe(theirs && typeof iss === 'string')
    }),
    { numRuns: 500 },
  )
})

test('jose finds its key in the set that we publish', async () => {
  const tokens = accessTokens({ issuer, keys: sides.map(({ key }) => key), now: () => now * 1000 })
  const published = createLocalJWKSet(tokens.jwks() as unknown as JSONWebKeySet)
  for (const { key } of sides.filter(({ key }) => key.publicJwk !== undefined)) {
    tokens.signWith(key.keyId)
    const { access_token } = await tokens.issue({ subject: 'alice' })
    expect((await jwtVerify(access_token, published, checks)).payload.sub).toBe('alice')
  }
})
