/** Random values that are handed out: readable by secret scanners, kept only as hashes. */

import { sha256Base64url } from './hash.ts'
import { randomToken } from './random.ts'

/** What a value is, told by its first letters. */
export const tokenPrefixes = {
  code: 'gwc_',
  refreshToken: 'gwr_',
  accessToken: 'gwa_',
  deviceCode: 'gwd_',
  clientSecret: 'gws_',
  registrationToken: 'gwt_',
} as const

/** A new value and the hash it is kept by. */
export interface OpaqueToken {
  /** Handed out once, and then forgotten here. */
  readonly value: string
  /** SHA-256 of the whole value, as base64url. */
  readonly hash: string
}

/** Makes a value of 256 random bits. */
export function opaqueToken(kind: keyof typeof tokenPrefixes): OpaqueToken {
  const value = tokenPrefixes[kind] + randomToken(32)
  return { value, hash: sha256Base64url(value) }
}
