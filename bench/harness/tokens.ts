/** The keys of a run and the tokens that the load carries: JWTs of the RFC 9068 profile. */

import { createHmac, createPrivateKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto'

export const issuer = 'https://issuer.example'
export const audience = 'https://api.example'

/** A private key or a secret as a JWK, with the name that tokens carry. */
export interface Key {
  readonly algorithm: string
  readonly jwk: Readonly<Record<string, unknown>>
}

export function makeKey(algorithm: string): Key {
  const named = { kid: 'bench', alg: algorithm, use: 'sig' }
  if (algorithm === 'HS256') {
    const k = Buffer.from(randomBytes(24).toString('hex')).toString('base64url')
    return { algorithm, jwk: { kty: 'oct', k, ...named } }
  }
  const { privateKey } =
    algorithm === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { algorithm, jwk: { ...privateKey.export({ format: 'jwk' }), ...named } }
}

/** What a token says beside the defaults. */
export interface Claims {
  readonly [name: string]: unknown
}

/** Makes tokens with one key, each for another person. */
export function tokenMaker({ algorithm, jwk }: Key): (claims?: Claims, header?: Claims) => string {
  const now = Math.floor(Date.now() / 1000)
  const secret = algorithm === 'HS256' ? Buffer.from(String(jwk['k']), 'base64url') : undefined
  const key = secret === undefined ? createPrivateKey({ key: jwk, format: 'jwk' }) : undefined
  let made = 0
  return (claims = {}, header = {}) => {
    made += 1
    const head = { alg: algorithm, typ: 'at+jwt', kid: jwk['kid'], ...header }
    const body = {
      iss: issuer,
      aud: audience,
      sub: `user-${made}`,
      client_id: 'bench',
      scope: 'items:read items:write',
      jti: randomBytes(12).toString('base64url'),
      iat: now,
      exp: now + 24 * 3600,
      ...claims,
    }
    const data = `${encode(head)}.${encode(body)}`
    return `${data}.${signature(data).toString('base64url')}`
  }

  function signature(data: string): Buffer {
    if (secret !== undefined) return createHmac('sha256', secret).update(data).digest()
    if (key === undefined) throw new Error('no key')
    return sign('sha256', Buffer.from(data), { key, dsaEncoding: 'ieee-p1363' })
  }
}

/** The same token with one character of its signature changed. */
export function spoilt(token: string): string {
  const at = token.lastIndexOf('.') + 6
  return token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1)
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
