import { createPublicKey, createSecretKey, generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { inspect } from 'node:util'
import { calculateJwkThumbprint } from 'jose'
import { expect, test } from 'vitest'
import type { SigningAlgorithm } from './signature.ts'
import { generateSigningKey, privateJwk, signingKey } from './signing-key.ts'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ed = generateKeyPairSync('ed25519')
const pairs: readonly (readonly [
  SigningAlgorithm,
  { readonly privateKey: KeyObject; readonly publicKey: KeyObject },
])[] = [
  ['RS256', rsa],
  ['PS256', rsa],
  ['ES256', ec],
  ['EdDSA', ed],
]

test('a key is read from PEM, JWK and KeyObject, private and public', async () => {
  for (const [algorithm, { privateKey, publicKey }] of pairs) {
    const signing = [
      privateKey,
      privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
      `# my key\n${privateKey.export({ format: 'pem', type: 'pkcs8' }) as string}`,
      { ...privateKey.export({ format: 'jwk' }) },
    ].map((material) => signingKey(material, { algorithm }))
    const verifying = [
      publicKey,
      publicKey.export({ format: 'pem', type: 'spki' }) as string,
      { ...publicKey.export({ format: 'jwk' }) },
    ].map((material) => signingKey(material, { algorithm }))
    for (const signer of signing) {
      const signature = await signer.sign!('data')
      for (const key of [...signing, ...verifying]) {
        expect(key.keyId).toBe(signer.keyId)
        expect(key.verify('data', signature)).toBe(true)
        expect(key.verify('date', signature)).toBe(false)
      }
    }
    expect(verifying.map((key) => key.sign)).toEqual([undefined, undefined, undefined])
  }
})

test('older PEMs, PKCS #1 and SEC 1, are read as well', () => {
  for (const pem of [
    rsa.privateKey.export({ format: 'pem', type: 'pkcs1' }),
    rsa.publicKey.export({ format: 'pem', type: 'pkcs1' }),
  ]) {
    expect(signingKey(pem as string, { algorithm: 'RS256' }).algorithm).toBe('RS256')
  }
  expect(signingKey(ec.privateKey.export({ format: 'pem', type: 'sec1' }) as string).algorithm).toBe('ES256')
})

test('a secret is read from text, bytes, JWK and KeyObject', async () => {
  const text = 'correct horse battery staple, and more'
  const bytes = Buffer.from(text)
  const keys = [
    text,
    bytes,
    new Uint8Array(bytes),
    { kty: 'oct', k: bytes.toString('base64url') },
    createSecretKey(bytes),
  ]
  const [first, ...others] = keys.map((material) => signingKey(material))
  for (const key of others) {
    expect([key.algorithm, key.keyId]).toEqual(['HS256', first!.keyId])
    expect(key.verify('data', await first!.sign!('data'))).toBe(true)
  }
})

test('RFC 7638: a key is named by its thumbprint, or by the `kid` it carries, or as told', async () => {
  for (const [algorithm, { publicKey }] of pairs) {
    const jwk = publicKey.export({ format: 'jwk' })
    expect(signingKey(publicKey, { algorithm }).keyId).toBe(await calculateJwkThumbprint(jwk as never))
    expect(signingKey({ ...jwk, kid: 'mine' }, { algorithm }).keyId).toBe('mine')
    expect(signingKey({ ...jwk, kid: 'mine' }, { algorithm, keyId: 'told' }).keyId).toBe('told')
  }
})

test('RFC 7638 §7: the name of a secret is not its hash', async () => {
  const key = signingKey(Buffer.alloc(32, 7))
  const thumbprint = await calculateJwkThumbprint({
    kty: 'oct',
    k: Buffer.alloc(32, 7).toString('base64url'),
  })
  expect(thumbprint.startsWith(key.keyId)).toBe(false)
})

test('what is published has no private member, and a secret is never published', async () => {
  for (const algorithm of ['RS256', 'PS256', 'ES256', 'EdDSA'] as const) {
    const { publicJwk, keyId } = await generateSigningKey(algorithm)
    expect(publicJwk).toMatchObject({ kid: keyId, alg: algorithm, use: 'sig' })
    for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'oth'])
      expect(publicJwk).not.toHaveProperty(member)
    expect(createPublicKey({ key: { ...publicJwk }, format: 'jwk' }).type).toBe('public')
  }
  expect((await generateSigningKey('HS256')).publicJwk).toBeUndefined()
})

test('a generated key can be kept as a JWK and read again, and is not shown when it is printed', async () => {
  for (const algorithm of ['HS256', 'RS256', 'PS256', 'ES256', 'EdDSA'] as const) {
    const key = await generateSigningKey(algorithm)
    const kept = privateJwk(key)!
    const again = signingKey(kept)
    expect([again.keyId, again.algorithm]).toEqual([key.keyId, algorithm])
    expect(key.verify('data', await again.sign!('data'))).toBe(true)
    const secret = (kept.d ?? kept.k) as string
    expect(inspect(key, { depth: 9, showHidden: true }) + JSON.stringify(key)).not.toContain(secret)
  }
  expect(privateJwk(signingKey(ec.publicKey))).toBeUndefined()
})

test('a key that is unfit is refused with the reason and what would be right', () => {
  const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey
  const curve = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey
  const jwk = ec.privateKey.export({ format: 'jwk' })
  const encrypted = ec.privateKey.export({
    format: 'pem',
    type: 'pkcs8',
    cipher: 'aes-256-cbc',
    passphrase: 'x',
  }) as string
  const cases: readonly (readonly [() => unknown, RegExp])[] = [
    [() => signingKey('short'), /at least 32 bytes, this one has 5; make one with: openssl rand -hex 32/],
    [() => signingKey({ kty: 'oct', k: 'AAAA' }), /at least 32 bytes, this one has 3/],
    [() => signingKey({ kty: 'oct' }), /has its secret in "k"/],
    [() => signingKey(small, { algorithm: 'RS256' }), /at least 2048 bits, this one has 1024/],
    [() => signingKey(curve), /P-384|secp384r1.*not supported; use RSA, EC on the curve P-256, or Ed25519/],
    [() => signingKey(generateKeyPairSync('x25519').privateKey), /x25519 is not supported/],
    [() => signingKey(rsa.privateKey), /fits RS256 and PS256; say which with `algorithm`/],
    [
      () => signingKey(rsa.privateKey, { algorithm: 'ES256' }),
      /is for RS256 or PS256 and cannot be used for ES256/,
    ],
    [() => signingKey(ec.privateKey, { algorithm: 'HS256' }), /is for ES256 and cannot be used for HS256/],
    [() => signingKey('a'.repeat(32), { algorithm: 'RS256' }), /is for HS256 and cannot be used for RS256/],
    [
      () => signingKey(ec.privateKey, { algorithm: 'none' as never }),
      /none is not one of HS256, RS256, PS256, ES256, EdDSA/,
    ],
    [() => signingKey({ ...jwk, alg: 'RS256' }), /is for ES256 and cannot be used for RS256/],
    [() => signingKey({ ...jwk, alg: 'none' }), /"alg" is none; use one of/],
    [
      () => signingKey({ ...jwk, alg: 'ES256' }, { algorithm: 'EdDSA' }),
      /is for ES256 and cannot be used for EdDSA/,
    ],
    [() => signingKey({ ...jwk, use: 'enc' }), /is for "enc"/],
    [() => signingKey({ ...jwk, kid: 7 as never }), /"kid" of a JWK is a string/],
    [() => signingKey({ ...jwk, x: 'AAAA' }), /cannot be read as a key of kind "EC"/],
    [() => signingKey({}), /a JWK \(an object with "kty"\)/],
    [() => signingKey(undefined as never), /give a PEM, a JWK/],
    [() => signingKey(null as never), /give a PEM, a JWK/],
    [
      () => signingKey('-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----'),
      /this PEM cannot be read/,
    ],
    [() => signingKey(encrypted), /this PEM is encrypted/],
    [
      () => signingKey(ec.publicKey.export({ format: 'der', type: 'spki' })),
      /this is a public key, not a secret/,
    ],
  ]
  for (const [make, message] of cases) expect(make).toThrow(message)
})

test('a signature check answers false, whatever the bytes, and never throws', async () => {
  for (const algorithm of ['HS256', 'RS256', 'PS256', 'ES256', 'EdDSA'] as const) {
    const key = await generateSigningKey(algorithm)
    for (const size of [0, 1, 31, 32, 33, 63, 64, 65, 255, 256, 257, 10_000]) {
      expect(key.verify('data', new Uint8Array(size))).toBe(false)
      expect(key.verify('data', new Uint8Array(size).fill(0xff))).toBe(false)
    }
  }
})
