/** The public key in the header of a DPoP proof (RFC 9449 §4.2), and its name (RFC 7638). */

import { sha256Base64url } from '../crypto/hash.ts'

/** The members that make the key, and no others: `{ kty, crv, x, y }`. */
export type PlainJwk = Readonly<Record<string, string>>

/** The name of a key (RFC 7638), or `undefined` for one that is not a plain public key. */
export function jwkThumbprint(jwk: Readonly<Record<string, unknown>>): string | undefined {
  const plain = plainJwk(jwk)
  return plain && thumbprintOf(plain)
}

/** The same for a key that {@link plainJwk} made. */
export function thumbprintOf(jwk: PlainJwk): string {
  // RFC 7638 §3: the required members in alphabetical order, without white space.
  return sha256Base64url(JSON.stringify(jwk, Object.keys(jwk).sort()))
}

/** The required members of a public key, or `undefined` if one is not as it has to be, or the key is no public one. */
export function plainJwk(jwk: Readonly<Record<string, unknown>>): PlainJwk | undefined {
  // RFC 9449 §4.3 number 7. Who sends the private key has lost it to every log on the way.
  if (privateMembers.some((name) => name in jwk)) return undefined
  const { kty, crv, x, y, n, e } = jwk
  if (kty === 'EC' && crv === 'P-256' && isBytes(x, 32, 32) && isBytes(y, 32, 32)) return { kty, crv, x, y }
  if (kty === 'OKP' && crv === 'Ed25519' && isBytes(x, 32, 32)) return { kty, crv, x }
  // RFC 7518 §3.3: 2048 bits at least. With 8192 a verification takes as long as a denial of service likes.
  if (kty === 'RSA' && isBytes(n, 256, 512) && isBytes(e, 1, 4)) return { kty, n, e }
  return undefined
}

/** Whether this algorithm is one of this kind of key; with another the signature would mean something else. */
export function fits(algorithm: string, jwk: PlainJwk): boolean {
  return keyTypes[algorithm] === jwk['kty']
}

const keyTypes: Readonly<Record<string, string>> = Object.assign(Object.create(null), {
  ES256: 'EC',
  EdDSA: 'OKP',
  RS256: 'RSA',
  PS256: 'RSA',
}) as Record<string, string>

const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/** One spelling for each key: of two, the thumbprints would be two. */
function isBytes(text: unknown, shortest: number, longest: number): text is string {
  if (typeof text !== 'string' || text.length > (longest * 4) / 3 + 1) return false
  const bytes = Buffer.from(text, 'base64url')
  return bytes.length >= shortest && bytes.length <= longest && bytes.toString('base64url') === text
}
