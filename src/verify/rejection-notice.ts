/** What the log is told of a refused token: enough to find the mistake, bounded, and never the token itself. */

import { sha256 } from '../crypto/hash.ts'
import { refusals } from '../protocol/access-token.ts'
import type { Rejection } from '../protocol/rejection.ts'
import type { RejectionNotice } from './access-tokens-options.ts'

/** What is known of the refusal. */
export interface Circumstances {
  readonly token: string
  /** The header or the claims, whichever it failed at. */
  readonly members?: Readonly<Record<string, unknown>> | undefined
  readonly issuer: string
  readonly audience: string | readonly string[]
  readonly cause?: unknown
}

/** Puts a refusal into words for the log. */
export function noticeOf(rejection: Rejection, circumstances: Circumstances): RejectionNotice {
  const { token, members, cause } = circumstances
  const member = memberOf.get(rejection)
  const wanted = wantedFor(rejection, circumstances)
  return {
    rejection,
    fingerprint: Buffer.from(sha256(token)).toString('hex', 0, 8),
    ...(member !== undefined && { member }),
    ...(wanted !== undefined && { wanted }),
    ...(member !== undefined && members !== undefined && { found: shown(members[member]) }),
    ...(cause !== undefined && { cause }),
  }
}

const memberOf: ReadonlyMap<Rejection, string> = new Map([
  [refusals.wrongType, 'typ'],
  [refusals.algorithm, 'alg'],
  [refusals.unknownKey, 'kid'],
  [refusals.expired, 'exp'],
  [refusals.expiry, 'exp'],
  [refusals.issuer, 'iss'],
  [refusals.audience, 'aud'],
  [refusals.subject, 'sub'],
])

function wantedFor(rejection: Rejection, { issuer, audience }: Circumstances): string | undefined {
  if (rejection === refusals.issuer) return issuer
  if (rejection === refusals.audience) return typeof audience === 'string' ? audience : audience.join(' or ')
  return rejection === refusals.wrongType ? 'at+jwt' : undefined
}

/** As JSON, so that no line break of a forger starts a log line of his own, and short. */
function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'missing').slice(0, 200)
}
