/** Forged and malformed access tokens by the hundred: each is refused, and leaves the good token as good as it was. */

import { constants, createHmac, createPrivateKey, createPublicKey, sign } from 'node:crypto'
import type { KeyObject, SignKeyObjectInput } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CompactEncrypt, SignJWT } from 'jose'
import { expect, test } from 'vitest'
import type { SigningAlgorithm } from '../../src/crypto/signature.ts'
import { generateSigningKey, privateJwk } from '../../src/crypto/signing-key.ts'
import type { SigningKey } from '../../src/crypto/signing-key.ts'
import { refusals } from '../../src/protocol/access-token.ts'
import { Rejection } from '../../src/protocol/rejection.ts'
import { accessTokens } from '../../src/verify/access-tokens.ts'
import type { AccessToken, AccessTokens } from '../../src/verify/access-tokens.ts'

const issuer = 'https://api.test'
const now = 1_800_000_000
const algorithms: readonly SigningAlgorithm[] = ['HS256', 'RS256', 'PS256', 'ES256', 'EdDSA']
const targets: readonly Target[] = await Promise.all(algorithms.map(target))
const asymmetric = targets.filter(({ key }) => key.publicJwk !== undefined)
let tried = 0

/** A service with one key, and what its good token looks like. */
interface Target {
  readonly key: SigningKey
  readonly privateKey: KeyObject | undefined
  readonly tokens: AccessTokens
  readonly good: string
  readonly header: Members
  readonly claims: Members
}

type Members = Readonly<Record<string, unknown>>

async function target(algorithm: SigningAlgorithm): Promise<Target> {
  const key = await generateSigningKey(algorithm)
  const tokens = accessTokens({
    issuer,
    keys: key,
    scopes: { read: 'Read', readwrite: 'Both' },
    now: () => now * 1000,
  })
  const { access_token: good } = await tokens.issue({
    subject: 'alice',
    scopes: ['read'],
    clientId: 'app',
    claims: { role: 'editor' },
  })
  const [header, claims] = good.split('.').map((part) => Buffer.from(part, 'base64url').toString())
  const jwk = privateJwk(key)!
  return {
    key,
    privateKey: algorithm === 'HS256' ? undefined : createPrivateKey({ key: { ...jwk }, format: 'jwk' }),
    tokens,
    good,
    header: JSON.parse(header!) as Members,
    claims: JSON.parse(claims!) as Members,
  }
}

/** Expects a refusal, and that the good token still says its own and nothing else. */
function expectRefused({ tokens, good, claims, key }: Target, token: string, why: string): Rejection {
  tried++
  const answer = tokens.verify(token)
  expect(answer, `${key.algorithm}, ${why}`).toBeInstanceOf(Rejection)
  const { error, description } = answer as Rejection
  expect(error).toBe('invalid_token')
  // SECURITY 191: what is told is one of our own sentences: nothing of the token can get into a header.
  expect(Object.values(refusals).map((refusal) => refusal.description)).toContain(description)
  const still = tokens.verify(good) as AccessToken
  expect(still.claims, `the good token after: ${why}`).toEqual(claims)
  expect([still.subject, still.scopes, still.clientId]).toEqual(['alice', ['read'], 'app'])
  expect(Object.keys(Object.prototype)).toEqual([])
  return answer as Rejection
}

/** Text or members as one part of a token. */
function part(content: string | Members): string {
  return Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)).toString('base64url')
}

/** A token with a genuine signature over whatever stands in it. */
async function signed(
  { key }: Pick<Target, 'key'>,
  header: string | Members,
  claims: string | Members,
): Promise<string> {
  const input = `${part(header)}.${part(claims)}`
  return `${input}.${Buffer.from(await key.sign!(input)).toString('base64url')}`
}

function hmac(input: string, secret: string | Uint8Array): string {
  return createHmac('sha256', secret).update(input).digest('base64url')
}

function parts(token: string): [string, string, string] {
  return token.split('.') as [string, string, string]
}

test('SECURITY 174: a token without a signature is refused, however `none` is spelt', () => {
  for (const it of targets) {
    const [, payload, signature] = parts(it.good)
    for (const alg of ['none', 'None', 'nOnE', 'NONE', 'none ', '', null, 0, false, [], ['none'], {}]) {
      const header = part({ ...it.header, alg })
      for (const end of ['', signature, 'AA'])
        expectRefused(it, `${header}.${payload}.${end}`, `alg ${JSON.stringify(alg)}`)
      expectRefused(it, `${header}.${payload}`, 'two parts')
    }
    for (const alg of algorithms) {
      expectRefused(it, `${part({ ...it.header, alg })}.${payload}.`, `${alg} and an empty signature`)
    }
  }
})

test('SECURITY 174: a public key is no HMAC secret, in none of the forms it can be found in', () => {
  for (const it of asymmetric) {
    const { publicJwk, keyId } = it.key
    const pem = publicPem(it)
    const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64')
    const secrets = [
      pem, pem.trim(), ` ${pem}`, `\n${pem}`, `# key\n${pem}`, `\ufeff${pem}`, pem.replaceAll('\n', '\r\n'), der,
      der.toString('base64'), JSON.stringify(publicJwk), JSON.stringify({ keys: [publicJwk] }),
      publicJwk!.n ?? '', publicJwk!.x ?? '', Buffer.from(publicJwk!.x ?? publicJwk!.n!, 'base64url'), keyId, '', '\0',
    ] // prettier-ignore
    for (const secret of secrets) {
      for (const alg of ['HS256', 'HS384', 'HS512', it.key.algorithm]) {
        for (const kid of [keyId, undefined]) {
          const input = `${part({ alg, typ: 'at+jwt', kid })}.${part({ ...it.claims, sub: 'mallory' })}`
          expectRefused(
            it,
            `${input}.${hmac(input, secret)}`,
            `${alg} keyed with ${String(secret).slice(0, 30)}`,
          )
        }
      }
    }
  }
})

test('SECURITY 174: a public key given as the secret does not even start', () => {
  for (const it of asymmetric) {
    const pem = publicPem(it)
    const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64')
    for (const secret of [
      pem,
      ` ${pem}`,
      `# key\n${pem}`,
      `\ufeff${pem}`,
      der,
      JSON.stringify(it.key.publicJwk),
    ]) {
      expect(() => accessTokens({ issuer, secret })).toThrow(/^secret: /)
    }
  }
})

test('SECURITY 174: the key decides on the algorithm, also against a genuine signature of another one', () => {
  for (const it of targets) {
    for (const alg of [
      'HS256',
      'HS512',
      'RS256',
      'RS512',
      'PS256',
      'ES256',
      'ES256K',
      'ES384',
      'EdDSA',
      'Ed25519',
      'es256',
    ]) {
      if (alg === it.key.algorithm) continue
      for (const kid of [it.key.keyId, undefined]) {
        const input = `${part({ alg, typ: 'at+jwt', kid })}.${part(it.claims)}`
        for (const signature of signaturesBy(it, input))
          expectRefused(it, `${input}.${signature}`, `called ${alg}`)
      }
    }
  }
})

test('SECURITY 174: a signature of another algorithm is refused under the right name', () => {
  for (const it of targets.filter(({ privateKey }) => privateKey?.asymmetricKeyType === 'rsa')) {
    const input = `${part(it.header)}.${part(it.claims)}`
    for (const [salt, padding] of [
      [0, 6],
      [20, 6],
      [64, 6],
      [32, 6],
      [undefined, 1],
    ] as const) {
      if (
        it.key.algorithm === (padding === 1 ? 'RS256' : 'PS256') &&
        salt !== 0 &&
        salt !== 20 &&
        salt !== 64
      )
        continue
      const how = { key: it.privateKey!, padding, ...(salt !== undefined && { saltLength: salt }) }
      const signature = sign('sha256', Buffer.from(input), how).toString('base64url')
      expectRefused(it, `${input}.${signature}`, `padding ${padding}, salt ${salt}`)
    }
  }
})

test('SECURITY 175: a token does not bring the key it is checked with, and nothing is fetched', async () => {
  let asked = 0
  const server = createServer((_, response) => {
    asked++
    response.end('{"keys":[]}')
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`
  for (const it of targets) {
    const attacker = await generateSigningKey(it.key.algorithm)
    const jwk = attacker.publicJwk ?? privateJwk(attacker)
    const brought = [
      { jwk }, { jku: url }, { x5u: url }, { x5c: ['MIIB'] }, { jwk, jku: url, x5u: url, x5c: ['MIIB'], x5t: 'AA' },
    ] // prettier-ignore
    for (const extra of brought) {
      for (const kid of [it.key.keyId, attacker.keyId, undefined]) {
        const header = { alg: it.key.algorithm, typ: 'at+jwt', kid, ...extra }
        expectRefused(
          it,
          await signed({ key: attacker }, header, it.claims),
          `brings ${Object.keys(extra).join()}`,
        )
      }
    }
  }
  await new Promise((later) => setTimeout(later, 20))
  server.close()
  expect(asked).toBe(0)
})

test('SECURITY 175: a `kid` is the name of one of our keys or nothing, though the signature be genuine', async () => {
  const kids: readonly unknown[] = [
    '../../x', '../../../../dev/null', '/dev/null', "' OR 1=1 --", "x' UNION SELECT 'secret", 'http://evil.test/k.json',
    'file:///etc/passwd', '__proto__', 'constructor', 'toString', '', ' ', '\0', 'a\r\nx: y', 'x'.repeat(2000),
    {}, { toString: 'x' }, [], 0, 1, true, false, null,
  ] // prettier-ignore
  for (const it of targets) {
    for (const kid of [...kids, `${it.key.keyId} `, it.key.keyId.toLowerCase() + 'x', [it.key.keyId]]) {
      expectRefused(it, await signed(it, { ...it.header, kid }, it.claims), `kid ${JSON.stringify(kid)}`)
    }
  }
})

test('SECURITY 176: a header that names critical extensions is refused', async () => {
  for (const it of targets) {
    for (const crit of [['x'], [], ['alg'], ['exp'], ['b64'], 'x', '', null, {}, 0, false, true]) {
      expectRefused(it, await signed(it, { ...it.header, crit }, it.claims), `crit ${JSON.stringify(crit)}`)
      expectRefused(
        it,
        await signed(it, { ...it.header, crit, x: 1, b64: true }, it.claims),
        'crit and its member',
      )
    }
    for (const extension of [{ b64: false }, { b64: true }, { zip: 'DEF' }, { enc: 'A256GCM' }]) {
      expectRefused(
        it,
        await signed(it, { ...it.header, ...extension }, it.claims),
        Object.keys(extension).join(),
      )
    }
  }
})

test('SECURITY 173: tokens of other kinds are no access tokens', async () => {
  const types = [
    undefined, null, '', 'JWT', 'jwt', 'logout+jwt', 'dpop+jwt', 'id+jwt', 'application/jwt', 'at+jwt ', ' at+jwt', 'atjwt',
    'at_jwt', 'text/at+jwt', 'application/application/at+jwt', 'application/at+jwt;x=y', ['at+jwt'], {}, 0, true, 'at+ĵwt',
  ] // prettier-ignore
  for (const it of targets) {
    for (const typ of types) {
      expectRefused(it, await signed(it, { ...it.header, typ }, it.claims), `typ ${JSON.stringify(typ)}`)
    }
    // An ID token, a logout token, a client assertion and a DPoP proof, as their texts have them.
    const { header } = it
    const others: readonly [Members, Members][] = [
      [
        { ...header, typ: 'JWT' },
        { ...it.claims, nonce: 'n', auth_time: now, at_hash: 'x' },
      ],
      [
        { ...header, typ: 'logout+jwt' },
        { ...it.claims, events: {}, sid: 's' },
      ],
      [
        { ...header, typ: 'JWT' },
        { ...it.claims, iss: 'app', sub: 'app' },
      ],
      [
        { ...header, typ: 'dpop+jwt', jwk: it.key.publicJwk ?? {} },
        { jti: 'x', htm: 'GET', htu: issuer, iat: now },
      ],
    ]
    for (const [head, claims] of others) expectRefused(it, await signed(it, head, claims), String(head.typ))
  }
})

test('SECURITY 177: the issuer is one string, compared as it is', async () => {
  const wrong = [
    undefined, null, '', [issuer], [issuer, 'https://evil.test'], { [issuer]: 1 }, 1, true, `${issuer}/`, `${issuer}.evil.test`,
    issuer.toUpperCase(), 'https://API.test', 'https://api.tes', 'http://api.test', `${issuer}:443`, ` ${issuer}`,
    `${issuer} `, `${issuer}#`, `${issuer}?`, 'https://user@api.test', 'https://api.test\0',
  ] // prettier-ignore
  for (const it of targets) {
    for (const iss of wrong) {
      expectRefused(it, await signed(it, it.header, { ...it.claims, iss }), `iss ${JSON.stringify(iss)}`)
    }
  }
})

test('SECURITY 178: the audience holds exactly us', async () => {
  const wrong = [
    undefined, null, '', [], {}, 1, true, [null], [1], [[issuer]], { 0: issuer, length: 1 }, `${issuer}/`, `x${issuer}`,
    `${issuer}x`, 'https://api', 'https://other.test', ['https://other.test'], [`${issuer}/`, 'x'], issuer.toUpperCase(),
    `${issuer} https://other.test`, [`${issuer} x`], [issuer, 1], [issuer, null],
  ] // prettier-ignore
  for (const it of targets) {
    for (const aud of wrong) {
      expectRefused(it, await signed(it, it.header, { ...it.claims, aud }), `aud ${JSON.stringify(aud)}`)
    }
    for (const aud of [issuer, [issuer], ['https://other.test', issuer]]) {
      expect(it.tokens.verify(await signed(it, it.header, { ...it.claims, aud }))).toMatchObject({
        subject: 'alice',
      })
    }
  }
})

test('SECURITY 179: the expiry is a plausible number of seconds that has not passed', async () => {
  const wrong = [
    'null', '""', `"${now + 100}"`, `"1e400"`, '1e400', '-1e400', '-1', `-${now + 100}`, '0', '-0', '1', `${(now + 100) * 1000}`,
    '1e300', 'true', 'false', '[]', `[${now + 100}]`, '{}', `{"valueOf":${now + 100}}`, `${now - 30}`, `${now - 3600}`,
    '9007199254740993', 'NaN', 'Infinity', `0x${(now + 100).toString(16)}`, `${now + 100}n`, `+${now + 100}`,
  ] // prettier-ignore
  for (const it of targets) {
    const { exp: _, ...rest } = it.claims
    expectRefused(it, await signed(it, it.header, rest), 'no exp')
    for (const exp of wrong) {
      const claims = JSON.stringify(rest).replace('{', `{"exp":${exp},`)
      expectRefused(it, await signed(it, it.header, claims), `exp ${exp}`)
    }
    for (const exp of [now - 29, now + 1, now + 0.5]) {
      expect(it.tokens.verify(await signed(it, it.header, { ...rest, exp }))).toMatchObject({
        expiresAt: exp,
      })
    }
  }
})

test('SECURITY 179: `nbf` and `iat` are honoured, with the skew and no more', async () => {
  const wrong = [
    'null', '""', `"${now}"`, '1e400', '-1', 'true', '[]', '{}', `${now + 31}`, `${now + 3600}`, `${now * 1000}`,
  ] // prettier-ignore
  for (const it of targets) {
    for (const name of ['nbf', 'iat']) {
      const { [name]: _, ...rest } = it.claims
      for (const value of wrong) {
        const claims = JSON.stringify(rest).replace('{', `{"${name}":${value},`)
        expectRefused(it, await signed(it, it.header, claims), `${name} ${value}`)
      }
      for (const value of [now - 10, now, now + 30]) {
        const token = await signed(it, it.header, { ...rest, [name]: value })
        expect(it.tokens.verify(token)).toMatchObject({ subject: 'alice' })
      }
    }
  }
})

test('the subject, the client, the name and the scope have their kinds', async () => {
  const wrong: readonly unknown[] = [null, 1, true, [], ['alice'], {}, { toString: 'alice' }]
  for (const it of targets) {
    for (const name of ['sub', 'client_id', 'jti', 'scope']) {
      for (const value of wrong) {
        expectRefused(
          it,
          await signed(it, it.header, { ...it.claims, [name]: value }),
          `${name} ${JSON.stringify(value)}`,
        )
      }
    }
    const { sub: _, ...rest } = it.claims
    expectRefused(it, await signed(it, it.header, rest), 'no subject')
    expectRefused(it, await signed(it, it.header, { ...rest, sub: '' }), 'an empty subject')
  }
})

test('SECURITY 180: an ES256 signature is two numbers in range, in exactly 64 bytes', () => {
  const it = targets.find(({ key }) => key.algorithm === 'ES256')!
  const [header, payload, signature] = parts(it.good)
  const raw = Buffer.from(signature, 'base64url')
  const [r, s] = [raw.subarray(0, 32), raw.subarray(32)]
  const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex')
  const zero = Buffer.alloc(32)
  const one = Buffer.concat([Buffer.alloc(31), Buffer.from([1])])
  const full = Buffer.alloc(32, 0xff)
  const der = sign('sha256', Buffer.from(`${header}.${payload}`), it.privateKey!)
  const forged: readonly (readonly [string, Uint8Array])[] = [
    ...[zero, one, order, full].flatMap((a) => [zero, one, order, full].map((b) => ['edge', Buffer.concat([a, b])] as const)),
    ...[zero, order, full].flatMap((a) => [['edge r', Buffer.concat([a, s])], ['edge s', Buffer.concat([r, a])]] as const),
    ['swapped', Buffer.concat([s, r])],
    ['DER', der],
    ['63 bytes', raw.subarray(1)],
    ['63 bytes', raw.subarray(0, 63)],
    ['65 bytes', Buffer.concat([raw, Buffer.from([0])])],
    ['65 bytes', Buffer.concat([Buffer.from([0]), raw])],
    ['r padded', Buffer.concat([Buffer.from([0]), r, Buffer.from([0]), s])],
    ['128 bytes', Buffer.concat([raw, raw])],
    ['none', new Uint8Array()],
  ] // prettier-ignore
  for (const [why, bytes] of forged) {
    expectRefused(it, `${header}.${payload}.${Buffer.from(bytes).toString('base64url')}`, why)
  }
})

test('SECURITY 180: a signature of a wrong length, or of zeros, is refused', () => {
  for (const it of targets) {
    const [header, payload, signature] = parts(it.good)
    const raw = Buffer.from(signature, 'base64url')
    const forged = [0, 1, 16, 31, 32, 33, 63, 64, 65, 128, 255, 256, 257, 512].flatMap((size) => [
      Buffer.alloc(size), Buffer.alloc(size, 0xff), Buffer.alloc(size, 1), Buffer.alloc(size, raw),
    ]) // prettier-ignore
    for (const bytes of forged.filter((bytes) => !bytes.equals(raw))) {
      expectRefused(it, `${header}.${payload}.${bytes.toString('base64url')}`, `${bytes.length} bytes`)
    }
  }
})

test('SECURITY 180: a token has one spelling: canonical base64url without white space', () => {
  for (const it of targets) {
    const all = parts(it.good)
    for (const [index, text] of all.entries()) {
      const put = (changed: string): string => all.with(index, changed).join('.')
      const respelt = [
        `${text}=`, `${text}==`, ` ${text}`, `${text} `, `${text}\n`, `${text}\r\n`, `\t${text}`, `${text}\0`, `${text}%3D`,
        `${text.slice(0, 9)} ${text.slice(9)}`, `${text.slice(0, 9)}\n${text.slice(9)}`, `${text.slice(0, 9)}*${text.slice(9)}`,
        `${text.slice(0, 9)}\u00e9${text.slice(9)}`, `${text}A`, `${text}AA`, `\ufeff${text}`, `${text}\u0100`,
        Buffer.from(text, 'base64url').toString('base64'), encodeURIComponent(`${text}=`), '', '=', ' ',
      ] // prettier-ignore
      for (const changed of respelt.filter((changed) => changed !== text)) {
        expectRefused(it, put(changed), `part ${index} as ${JSON.stringify(changed.slice(0, 20))}`)
      }
      // The bits that the last character carries beyond the last byte.
      const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
      const last = alphabet.indexOf(text.at(-1)!)
      for (const bit of [1, 2, 4, 8]) {
        expectRefused(it, put(text.slice(0, -1) + alphabet[last ^ bit]), `part ${index}, last bits`)
      }
    }
    for (const text of [
      ` ${it.good}`,
      `${it.good} `,
      `${it.good}\n`,
      `Bearer ${it.good}`,
      `"${it.good}"`,
      `${it.good},`,
    ]) {
      expectRefused(it, text, 'white space around')
    }
  }
})

test('SECURITY 180: there are three parts, neither more nor fewer', async () => {
  const secret = new Uint8Array(32)
  for (const it of targets) {
    const [a, b, c] = parts(it.good)
    const shapes = [
      '', '.', '..', '...', '....', a, `${a}.`, `${a}.${b}`, `${a}..${c}`, `.${b}.${c}`, `${a}.${b}.`, `${a}.${b}.${c}.`,
      `.${a}.${b}.${c}`, `${a}.${b}.${c}.${c}`, `${a}.${b}.${c}.${c}.${c}`, `${a}..${b}.${c}`, `${a}${b}${c}`, `${a},${b},${c}`,
      `${c}.${b}.${a}`, `${b}.${a}.${c}`, `${a}.${a}.${c}`,
    ] // prettier-ignore
    for (const shape of shapes) expectRefused(it, shape, `shape ${shape.replaceAll(/[^.]+/g, 'x')}`)
    const encrypted = await new CompactEncrypt(Buffer.from(it.good))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', cty: 'at+jwt' })
      .encrypt(secret)
    expectRefused(it, encrypted, 'an encrypted token')
  }
})

test('SECURITY 190: what is too long is refused before it is looked at', async () => {
  const it = targets[0]!
  const big = 1 << 20
  const [a, b, c] = parts(it.good)
  for (const long of [
    '.'.repeat(big),
    'a'.repeat(10 * big),
    `${a}.${'A'.repeat(big)}.${c}`,
    `${'a'.repeat(big)}.${b}.${c}`,
  ]) {
    expect(expectRefused(it, long, 'a megabyte')).toBe(refusals.tooLong)
  }
  expectRefused(it, '.'.repeat(8000), 'dots within the limit')
  const bomb = await new CompactEncrypt(Buffer.alloc(4000))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .encrypt(new Uint8Array(32))
  expectRefused(it, bomb, 'encrypted')
})

test('SECURITY 190: nested JSON neither throws nor counts as an object', async () => {
  for (const it of targets) {
    for (const depth of [10, 1000, 2500]) {
      const list = '['.repeat(depth) + ']'.repeat(depth)
      const objects = '{"a":'.repeat(depth / 2) + '1' + '}'.repeat(depth / 2)
      for (const text of [list, objects, '['.repeat(depth), '{"a":'.repeat(depth / 2)]) {
        expectRefused(it, await signed(it, it.header, text), `claims nested ${depth}`)
        expectRefused(it, await signed(it, text, it.claims), `header nested ${depth}`)
      }
      const claims = JSON.stringify(it.claims).replace('{', `{"deep":${list},`)
      expect(it.tokens.verify(await signed(it, it.header, claims))).toMatchObject({ subject: 'alice' })
    }
  }
})

test('a header or payload that is no JSON object in UTF-8 is refused, though the signature be genuine', async () => {
  const texts = [
    '',
    ' ',
    'null',
    'true',
    '0',
    '"x"',
    '[]',
    '[{}]',
    '{',
    '{}x',
    "{'a':1}",
    '{"a":1,}',
    'undefined',
    '\ufeff{}',
  ]
  for (const it of targets) {
    for (const text of texts) {
      expectRefused(it, await signed(it, it.header, text), `claims ${text}`)
      expectRefused(it, await signed(it, text, it.claims), `header ${text}`)
    }
    const withMark = `\ufeff${JSON.stringify(it.claims)}`
    expectRefused(it, await signed(it, it.header, withMark), 'a byte order mark')
    const broken = Buffer.concat([
      Buffer.from('{"x":"'),
      Buffer.from([0xff, 0xc0]),
      Buffer.from(`",${JSON.stringify(it.claims).slice(1)}`),
    ])
    const input = `${part(it.header)}.${broken.toString('base64url')}`
    const signature = Buffer.from(await it.key.sign!(input)).toString('base64url')
    expectRefused(it, `${input}.${signature}`, 'broken UTF-8')
  }
})

test('SECURITY 180: a good token cut off anywhere is refused', () => {
  for (const it of targets) {
    for (let length = 0; length < it.good.length; length++)
      expectRefused(it, it.good.slice(0, length), `${length} characters`)
    for (let from = 1; from < it.good.length; from += 7)
      expectRefused(it, it.good.slice(from), `from ${from}`)
  }
})

test('SECURITY 180: one flipped bit anywhere is one too many', () => {
  for (const it of targets) {
    for (let at = 0; at < it.good.length; at++) {
      const flipped = String.fromCharCode(it.good.charCodeAt(at) ^ (1 << (at % 7)))
      expectRefused(it, it.good.slice(0, at) + flipped + it.good.slice(at + 1), `character ${at}`)
    }
    const all = parts(it.good)
    for (const [index, text] of all.entries()) {
      const bytes = Buffer.from(text, 'base64url')
      for (let at = 0; at < bytes.length; at++) {
        const changed = Buffer.from(bytes)
        changed[at]! ^= 1 << (at % 8)
        expectRefused(
          it,
          all.with(index, changed.toString('base64url')).join('.'),
          `part ${index}, byte ${at}`,
        )
      }
    }
  }
})

test('changed claims under an old signature are refused', () => {
  const changes = [
    { sub: 'mallory' }, { scope: 'read readwrite' }, { exp: now + 1e6 }, { client_id: 'other' }, { role: 'admin' }, { jti: 'x' }, {},
  ] // prettier-ignore
  for (const it of targets) {
    const [header, , signature] = parts(it.good)
    for (const change of changes) {
      const spaced = JSON.stringify({ ...it.claims, ...change }, undefined, 1)
      expectRefused(it, `${header}.${part(spaced)}.${signature}`, JSON.stringify(change))
    }
  }
})

test('a token of another service with the same names is refused, and so is its signature under our claims', async () => {
  for (const it of targets) {
    const other = await target(it.key.algorithm)
    expectRefused(it, other.good, 'the other key by name')
    const { kid: _, ...nameless } = it.header
    expectRefused(it, await signed(other, nameless, it.claims), 'the other key without a name')
    expectRefused(it, await signed(other, it.header, it.claims), 'the other key under our name')
    expectRefused(
      it,
      `${parts(it.good).slice(0, 2).join('.')}.${parts(other.good)[2]}`,
      'the other signature',
    )
  }
})

test('SECURITY 181: claims are data: doubled members and names of the language change nothing', async () => {
  for (const it of targets) {
    const claims = JSON.stringify(it.claims).slice(1)
    const odd = [
      `{"__proto__":{"admin":true,"sub":"mallory","scope":"readwrite"},${claims}`,
      `{"\\u005f_proto__":{"admin":true},${claims}`,
      `{"nested":{"__proto__":{"admin":true}},${claims}`,
      `{"constructor":{"prototype":{"admin":true}},${claims}`,
      `{"toString":1,"valueOf":2,"hasOwnProperty":3,"then":4,${claims}`,
      `{"sub":"mallory","scope":"readwrite","exp":1,${claims}`,
    ]
    for (const text of odd) {
      const token = it.tokens.verify(await signed(it, it.header, text)) as AccessToken
      expect(token).toMatchObject({ subject: 'alice', scopes: ['read'], clientId: 'app' })
      expect(token.claims.admin).toBeUndefined()
      expect(Object.assign({}, token.claims)).not.toHaveProperty('admin')
      expect(({} as Members).admin).toBeUndefined()
      expect(Object.keys(Object.prototype)).toEqual([])
    }
    // Of doubled members the last one counts (RFC 7519 §4), in the header and in the claims alike.
    expectRefused(
      it,
      await signed(it, it.header, `${JSON.stringify(it.claims).slice(0, -1)},"exp":1}`),
      'exp twice',
    )
    expectRefused(
      it,
      await signed(it, `${JSON.stringify(it.header).slice(0, -1)},"alg":"none"}`, it.claims),
      'alg twice',
    )
    expectRefused(
      it,
      await signed(it, '{"__proto__":{"alg":"x","typ":"at+jwt"}}', it.claims),
      'a header by inheritance',
    )
    expectRefused(it, await signed(it, it.header, `{"__proto__":{${claims}}`), 'claims by inheritance')
  }
})

test('SECURITY 182: scopes are whole words told apart by case, with one space between them', async () => {
  const it = targets[0]!
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['read', ['read']],
    ['readwrite', ['readwrite']],
    ['read readwrite', ['read', 'readwrite']],
    ['Read', []],
    ['READ readwrite', ['readwrite']],
    ['read\u00a0readwrite', []],
    ['read\treadwrite', []],
    ['read\nreadwrite', []],
    ['read,readwrite', []],
    ['read\u2003x', []],
    ['rea', []],
    ['"read"', []],
    ['read\\', []],
    ['', []],
    ['admin read', ['read']],
    ['__proto__ constructor toString', []],
  ]
  for (const [scope, granted] of cases) {
    const token = await signed(it, it.header, { ...it.claims, scope })
    expect(it.tokens.verify(token), JSON.stringify(scope)).toMatchObject({
      subject: 'alice',
      scopes: granted,
    })
  }
})

test('SECURITY 189: tokens that differ in one claim each say their own, remembered or not', async () => {
  for (const it of targets) {
    const subjects = Array.from({ length: 20 }, (_, index) => `user-${index}`)
    const many = await Promise.all(subjects.map((sub) => signed(it, it.header, { ...it.claims, sub })))
    for (let round = 0; round < 2; round++) {
      for (const [index, token] of many.entries()) {
        expect(it.tokens.verify(token)).toMatchObject({
          subject: subjects[index],
          claims: { sub: subjects[index] },
        })
      }
    }
    // The head of one and the signature of another: a cache keyed by the end of a token would take it.
    for (const [index, token] of many.entries()) {
      const [, , signature] = parts(many[(index + 1) % many.length]!)
      expectRefused(it, `${parts(token).slice(0, 2).join('.')}.${signature}`, 'two tokens mixed')
    }
  }
})

test('what is no text at all is refused as well', () => {
  for (const it of targets) {
    for (const value of [
      undefined,
      null,
      0,
      1,
      true,
      {},
      [],
      [it.good],
      { length: 3 },
      Symbol('x'),
      () => it.good,
      1n,
    ]) {
      expectRefused(it, value as unknown as string, typeof value)
    }
  }
})

test('a token that jose signs with our key and the right claims is accepted: the corpus fails for what it forges', async () => {
  for (const it of targets) {
    const secret = it.privateKey ?? Buffer.from(privateJwk(it.key)!.k as string, 'base64url')
    const token = await new SignJWT({ ...it.claims })
      .setProtectedHeader({ alg: it.key.algorithm, typ: 'application/AT+JWT', kid: it.key.keyId })
      .sign(secret)
    expect(it.tokens.verify(token)).toMatchObject({ subject: 'alice', scopes: ['read'], claims: it.claims })
    expect(it.tokens.verify(await signed(it, it.header, it.claims))).toMatchObject({ subject: 'alice' })
  }
})

test('the corpus counts thousands', () => {
  expect(tried).toBeGreaterThan(5000)
})

/** The public half as a PEM: what anybody can find. */
function publicPem({ privateKey }: Target): string {
  return createPublicKey(privateKey!).export({ format: 'pem', type: 'spki' }) as string
}

/** What this key can sign an input with, in every way there is. */
function signaturesBy({ key, privateKey }: Target, input: string): readonly string[] {
  const data = Buffer.from(input)
  if (privateKey === undefined) {
    const secret = Buffer.from(privateJwk(key)!.k as string, 'base64url')
    return ['sha256', 'sha512'].map((hash) => createHmac(hash, secret).update(data).digest('base64url'))
  }
  const { RSA_PKCS1_PADDING, RSA_PKCS1_PSS_PADDING } = constants
  const how: readonly (readonly [string | null, SignKeyObjectInput])[] =
    privateKey.asymmetricKeyType === 'rsa'
      ? ['sha256', 'sha512'].flatMap((hash) => [
          [hash, { key: privateKey, padding: RSA_PKCS1_PADDING }] as const,
          [hash, { key: privateKey, padding: RSA_PKCS1_PSS_PADDING, saltLength: 32 }] as const,
        ])
      : privateKey.asymmetricKeyType === 'ec'
        ? ['sha256', 'sha512'].map((hash) => [hash, { key: privateKey, dsaEncoding: 'ieee-p1363' }] as const)
        : [[null, { key: privateKey }]]
  return how.map(([hash, signing]) => sign(hash, data, signing).toString('base64url'))
}
