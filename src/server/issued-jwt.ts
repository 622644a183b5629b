/** Our own JWTs, presented at an endpoint of ours: only the signature, the kind and the issuer are checked here. */

import { decodeBase64url } from '../crypto/base64url.ts'
import { parseJsonObject, splitJws } from '../crypto/jws.ts'
import { checkHeader } from '../protocol/access-token.ts'
import type { TimedKey } from './keys/signing-keys.ts'
import type { Service } from './service.ts'

/** Longer than any that is issued. What is longer is not looked at. */
const longest = 8192

/**
 * What an access token says that this server has signed. It may be expired, and it may be revoked.
 *
 * @returns `undefined` for everything else: another kind of token, another's, a forged one.
 */
export async function issuedJwt(
  { keys, settings }: Service,
  token: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const jws = token.length <= longest ? splitJws(token) : undefined
  const bytes = jws && decodeBase64url(jws.header)
  const header = bytes && parseJsonObject(bytes)
  if (jws === undefined || header === undefined || checkHeader(header, false) !== undefined) return undefined
  const named = (all: readonly TimedKey[]): TimedKey | undefined =>
    all.find(({ key }) => key.keyId === header['kid'] && key.algorithm === header['alg'])
  let signer = named(await keys.published())
  if (signer === undefined) {
    // A key may be seconds old, made by another node.
    await keys.refresh()
    signer = named(await keys.published())
  }
  if (!signer?.key.verify(jws.signingInput, jws.signature)) return undefined
  const claims = parseJsonObject(jws.payload)
  return claims?.['iss'] === settings.issuer ? claims : undefined
}
