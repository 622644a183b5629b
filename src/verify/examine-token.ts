/** Looking a token over in full: its form, its header, its signature, its claims, in this order. */

import { decodeBase64url } from '../crypto/base64url.ts'
import { parseJsonObject, splitJws } from '../crypto/jws.ts'
import type { Verify } from '../crypto/signature.ts'
import { checkHeader, readAccessToken, refusals } from '../protocol/access-token.ts'
import type { AccessToken, Expected } from '../protocol/access-token.ts'
import { Rejection } from '../protocol/rejection.ts'
import { deepFreeze } from './deep-freeze.ts'

/** A refusal with the part of the token that caused it, for the log. */
export interface Refused {
  readonly rejection: Rejection
  readonly members?: Readonly<Record<string, unknown>>
}

/** A key that a token may be verified with, and the one algorithm it is for. */
interface VerifyingKey {
  readonly algorithm: string
  readonly verify: Verify
}

/** The keys there are. */
export interface Candidates {
  /** The keys a token with this header may be verified with; empty if its `kid` is unknown. */
  candidates(keyId: string | undefined, algorithm: unknown): readonly VerifyingKey[]
}

/** What tokens are held against. */
export interface ExaminerSettings extends Expected {
  /** Whether `typ` may also be `JWT` or missing. */
  readonly acceptPlainJwt: boolean
}

/** Looks tokens over. */
export interface Examiner {
  /** What a token says, or why it is refused. `now` in seconds. Never throws. */
  examine(token: string, now: number): AccessToken | Refused
  /** Forgets which headers it has seen: the keys have changed. */
  forget(): void
}

/** An examiner with these keys. */
export function examiner(settings: ExaminerSettings, ring: Candidates): Examiner {
  // An issuer writes the same header over and over: it is read once, and remembered when a signature proved it.
  const seen = new Map<string, readonly VerifyingKey[]>()

  function keysFor(header: string): readonly VerifyingKey[] | Refused {
    const bytes = decodeBase64url(header)
    const members = bytes && parseJsonObject(bytes)
    if (members === undefined) return { rejection: refusals.malformed }
    const unfit = checkHeader(members, settings.acceptPlainJwt)
    if (unfit !== undefined) return { rejection: unfit, members }
    // `jwk`, `jku`, `x5u` and `x5c` are not looked at: a token does not bring the key it is checked with (RFC 8725 §3.10).
    const { kid, alg } = members
    if (kid !== undefined && typeof kid !== 'string') return { rejection: refusals.unknownKey, members }
    const keys = ring.candidates(kid, alg)
    if (keys.length === 0) {
      return { rejection: kid === undefined ? refusals.algorithm : refusals.unknownKey, members }
    }
    // RFC 8725 §3.1: the key says which algorithm. A header that disagrees is a forgery, and is not tried.
    return keys.every((key) => key.algorithm === alg) ? keys : { rejection: refusals.algorithm, members }
  }

  return {
    examine(token, now) {
      const parts = splitJws(token)
      if (parts === undefined) return { rejection: refusals.malformed }
      const known = seen.get(parts.header)
      const keys = known ?? keysFor(parts.header)
      if ('rejection' in keys) return keys
      if (!keys.some((key) => key.verify(parts.signingInput, parts.signature)))
        return { rejection: refusals.signature }
      if (known === undefined) {
        if (seen.size >= 100) seen.clear()
        seen.set(parts.header, keys)
      }
      // Claims are read only now: a forger learns nothing from how his are answered.
      const claims = parseJsonObject(parts.payload)
      if (claims === undefined) return { rejection: refusals.malformed }
      const read = readAccessToken(deepFreeze(claims), settings, now)
      return read instanceof Rejection ? { rejection: read, members: claims } : deepFreeze(read)
    },
    forget() {
      seen.clear()
    },
  }
}
