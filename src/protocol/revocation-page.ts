/** Pages of the revocation feed: what an authorization server signs for the APIs that follow it, and what they believe of it. */

import { sha256Base64url } from '../crypto/hash.ts'
import type { AccessToken } from './access-token.ts'
import { revocableNames, revocationKinds } from './revoked.ts'
import type { RevocableNames, RevocationKind, Revoked } from './revoked.ts'

/** The `typ` of a page: it is signed with the keys of tokens, and neither must be taken for the other (RFC 8725 §3.11). */
export const revocationPageType = 'revocations+jwt'

/** The most entries of a page. */
export const revocationPageSize = 1000

/** How long a page may be on its way, in seconds. */
export const revocationPageLifetime = 60

/** A part of the feed. */
export interface RevocationPage {
  readonly issuer: string
  /** What the follower wrote into its question: nobody else's answer has it, and no older one. */
  readonly nonce: string | undefined
  /** The sequence number behind which this begins. */
  readonly after: number
  /** The one behind which the next page begins. Below `after` the server has gone back, as to a backup of its database. */
  readonly next: number
  readonly hasMore: boolean
  /** When it was current: so many milliseconds after the question came; below zero before it. */
  readonly current: number
  readonly entries: readonly Revoked[]
}

/** The claims of a page. `now` in seconds since 1970. */
export function revocationPageClaims(page: RevocationPage, now: number): Readonly<Record<string, unknown>> {
  const issuedAt = Math.floor(now)
  return {
    iss: page.issuer,
    iat: issuedAt,
    exp: issuedAt + revocationPageLifetime,
    ...(page.nonce === undefined ? {} : { nonce: page.nonce }),
    after: page.after,
    next: page.next,
    more: page.hasMore,
    current: page.current,
    revoked: page.entries.map(({ kind, name, before, until }) => [kind, name, before, until]),
  }
}

/** The question that a page has to answer. */
export interface ExpectedPage {
  readonly issuer: string
  readonly nonce: string
  readonly after: number
  /** Seconds. */
  readonly clockSkew: number
}

/** A page that is not to be used, and why, for the log. */
export class PageFault {
  readonly reason: string

  constructor(reason: string) {
    this.reason = reason
  }
}

/** Reads the claims of a page whose signature is good. `now` in seconds since 1970. */
export function readRevocationPage(
  claims: Readonly<Record<string, unknown>>,
  expected: ExpectedPage,
  now: number,
): RevocationPage | PageFault {
  const { iss, exp, nonce, after, next, more, current, revoked } = claims
  if (iss !== expected.issuer) return new PageFault('it is of another issuer')
  // An older page says of what was revoked since that it is good: whoever keeps one back must not be able to show it later.
  if (nonce !== expected.nonce || after !== expected.after)
    return new PageFault('it answers another question')
  if (!isCount(exp) || exp + expected.clockSkew <= now)
    return new PageFault('it has expired; is the clock of this computer right?')
  if (!isCount(next) || typeof more !== 'boolean' || !Number.isSafeInteger(current)) return malformed
  // Following it would never end.
  if (more && next <= expected.after) return malformed
  if (!Array.isArray(revoked) || revoked.length > revocationPageSize) return malformed
  const entries = revoked.map(entryOf)
  // What is not understood may be about the next token.
  if (!entries.every((entry) => entry !== undefined)) return malformed
  return {
    issuer: iss,
    nonce,
    after,
    next,
    hasMore: more,
    current: current as number, // a safe integer, as seen above
    entries,
  }
}

/**
 * A name as the feed has it: who holds a token finds it there; who reads the feed learns nobody's name. Half a hash is
 * enough, as nobody gains by being taken for somebody who was revoked.
 */
export function hiddenName(issuer: string, kind: RevocationKind, name: string): string {
  return sha256Base64url(`${issuer} ${kind} ${name}`).slice(0, 22)
}

/** The names of a token as the feed has them. */
export function hiddenNames(token: AccessToken): RevocableNames {
  const names = Object.entries(revocableNames(token)) as [RevocationKind, string][]
  return Object.fromEntries(names.map(([kind, name]) => [kind, hiddenName(token.issuer, kind, name)]))
}

function entryOf(entry: unknown): Revoked | undefined {
  if (!Array.isArray(entry)) return undefined
  const [kind, name, before, until] = entry as readonly unknown[]
  const known = revocationKinds.find((each) => each === kind)
  if (known === undefined || typeof name !== 'string' || !/^[\w-]{22}$/.test(name)) return undefined
  return isCount(before) && isCount(until) ? { kind: known, name, before, until } : undefined
}

const malformed = new PageFault('it is malformed')

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
