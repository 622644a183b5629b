/** What every contender is given: the same key, issuer and audience, and a way to say where it listens. */

import { createPublicKey, createSecretKey } from 'node:crypto'

const { ALGORITHM = 'HS256', KEY = '{}', ISSUER, AUDIENCE, OPTIONS = '{}' } = process.env
const jwk = JSON.parse(KEY)

export const algorithm = ALGORITHM
export const issuer = ISSUER
export const audience = AUDIENCE
export const keyId = jwk.kid
/** The private key or the secret, as a JWK. */
export const privateJwk = jwk
/** What the case asks of the application: how many routes, how many dependencies, where the state is. */
export const options = JSON.parse(OPTIONS)

/** The secret of HS256 as a string, or the public key as PEM. */
export const keyText =
  ALGORITHM === 'HS256'
    ? Buffer.from(jwk.k, 'base64url').toString()
    : createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' })

/** The same as a key object, prepared once. */
export const keyObject =
  ALGORITHM === 'HS256' ? createSecretKey(keyText) : createPublicKey({ key: jwk, format: 'jwk' })

/** Says where it listens, and what of `about` the harness cannot know. */
export function ready(port, about = {}) {
  process.send?.({ ready: port, about })
}
