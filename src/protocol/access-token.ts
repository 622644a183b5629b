/** Access tokens as JWTs: the rules of RFC 9068 and RFC 7519 on what is in them. The time is an argument. */

import { Rejection } from './rejection.ts'
import { formatScope, grantedScopes } from './scope.ts'
import { clientIdFrom, isAccessTokenOf, scopesFrom } from './token-profile.ts'
import type { TokenProfile } from './token-profile.ts'

/** What a verified access token says. It is frozen: one request cannot change what the next one reads. */
export interface AccessToken<Scope extends string = string> {
  /** Whom it speaks of: `sub`. Unique within the issuer only. */
  readonly subject: string
  /** What it may be used for. */
  readonly scopes: readonly Scope[]
  /** The client it was given to: `client_id`. */
  readonly clientId?: string
  /** Who made it: `iss`. */
  readonly issuer: string
  /** Whom it is for: `aud`. */
  readonly audience: readonly string[]
  /** Its own name: `jti`. */
  readonly id?: string
  /** When it was made, in seconds since 1970: `iat`. */
  readonly issuedAt?: number
  /** When it ends, in seconds since 1970: `exp`. */
  readonly expiresAt: number
  /** Everything it says, as it says it. */
  readonly claims: Readonly<Record<string, unknown>>
}

/** What a token is held against. */
export interface Expected {
  readonly issuer: string
  /** One of these is enough. */
  readonly audience: string | readonly string[]
  /** Seconds that clocks may differ by. */
  readonly clockSkew: number
  /** The scopes there are; without it every scope counts. */
  readonly catalogue?: ReadonlySet<string> | undefined
  /** How the tokens of this issuer differ from RFC 9068; not at all unless told. */
  readonly profile?: TokenProfile | undefined
}

type Reason =
  | 'malformed'
  | 'tooLong'
  | 'wrongType'
  | 'unsupported'
  | 'algorithm'
  | 'unknownKey'
  | 'signature'
  | 'expired'
  | 'expiry'
  | 'notYet'
  | 'issuer'
  | 'audience'
  | 'subject'
  | 'claims'
  | 'revoked'

/** Every reason to refuse an access token, made once: a refusal costs no more than finding the reason. */
export const refusals: Readonly<Record<Reason, Rejection>> = {
  malformed: refusal('The access token is malformed'),
  tooLong: refusal('The access token is too long'),
  wrongType: refusal('The token is not an access token'),
  unsupported: refusal('The access token uses an extension that is not supported'),
  algorithm: refusal('The access token has an algorithm that is not accepted'),
  unknownKey: refusal('The access token was signed with an unknown key'),
  signature: refusal('The access token is invalid'),
  expired: refusal('The access token has expired'),
  expiry: refusal('The access token has no valid expiry'),
  notYet: refusal('The access token is not valid yet'),
  issuer: refusal('The access token has another issuer'),
  audience: refusal('The access token is for another audience'),
  subject: refusal('The access token has no valid subject'),
  claims: refusal('The access token has a claim of the wrong kind'),
  revoked: refusal('The access token was revoked'),
}

/**
 * Whether a header may stand above an access token; the key and the algorithm are the caller's matter.
 *
 * @param acceptPlainJwt Whether `typ` may also be `JWT` or missing.
 */
export function checkHeader(
  header: Readonly<Record<string, unknown>>,
  acceptPlainJwt: boolean,
): Rejection | undefined {
  // RFC 7515 §4.1.11: what is critical and not understood refuses the token. Nothing is understood here.
  if ('crit' in header) return refusals.unsupported
  // Unencoded payloads (RFC 7797), compression and encryption change what the parts mean.
  if ('b64' in header || 'zip' in header || 'enc' in header) return refusals.unsupported
  const { typ } = header
  if (typ === undefined && acceptPlainJwt) return undefined
  if (typeof typ !== 'string') return refusals.wrongType
  // RFC 7515 §4.1.9: a media type, compared without case, whose `application/` may be left out.
  const type = typ.toLowerCase()
  if (type === 'at+jwt' || type === 'application/at+jwt') return undefined
  return acceptPlainJwt && type === 'jwt' ? undefined : refusals.wrongType
}

/**
 * Reads the claims of a token whose signature is good.
 *
 * @param now Seconds since 1970.
 * @returns The token, or why it is refused.
 */
export function readAccessToken(
  claims: Readonly<Record<string, unknown>>,
  expected: Expected,
  now: number,
): AccessToken | Rejection {
  const { iss, sub, aud, exp, nbf, iat, jti, client_id: client, scope } = claims
  const { profile, catalogue } = expected
  // RFC 9068 §4: the issuer is compared as it is, not as a URL: no other case, no slash more or less.
  if (iss !== expected.issuer) return refusals.issuer
  const audience = typeof aud === 'string' ? [aud] : aud
  if (!isListOfStrings(audience) || !isForOneOf(audience, expected.audience)) return refusals.audience
  const dated = checkDates({ exp, nbf, iat }, expected.clockSkew, now)
  if (dated !== undefined) return dated
  if (profile !== undefined && !isAccessTokenOf(profile, claims)) return refusals.wrongType
  if (typeof sub !== 'string' || sub === '') return refusals.subject
  if (!isTextOrMissing(client) || !isTextOrMissing(jti)) return refusals.claims
  // Others write lists as well; of our own, what is no text was not written by us.
  if (profile === undefined && !isTextOrMissing(scope)) return refusals.claims
  const granted =
    profile === undefined ? grantedScopes((scope ?? '') as string) : scopesFrom(claims, profile.scopesFrom)
  const clientId = profile === undefined ? client : clientIdFrom(claims, profile.clientIdFrom)
  return {
    subject: sub,
    scopes: catalogue === undefined ? granted : granted.filter((word) => catalogue.has(word)),
    ...(clientId !== undefined && { clientId }),
    issuer: expected.issuer,
    audience,
    ...(jti !== undefined && { id: jti }),
    ...(iat !== undefined && { issuedAt: iat as number }), // a number: `checkDates` saw it
    expiresAt: exp as number, // likewise
    claims,
  }
}

/** Whether a token that ends at `expiresAt` has ended (RFC 7519 §4.1.4). All in seconds. */
export function isExpired(expiresAt: number, clockSkew: number, now: number): boolean {
  return now >= expiresAt + clockSkew
}

/** What a new access token is to say. */
export interface NewAccessToken {
  readonly issuer: string
  readonly audience: string
  readonly subject: string
  readonly scopes: readonly string[]
  readonly clientId?: string | undefined
  readonly id: string
  /** Seconds since 1970. */
  readonly issuedAt: number
  /** Seconds. */
  readonly lifetime: number
  /** Claims of one's own; none of the registered names. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined
}

/** The claims of a new access token (RFC 9068 §2.2). */
export function accessTokenClaims(token: NewAccessToken): Readonly<Record<string, unknown>> {
  return {
    iss: token.issuer,
    sub: token.subject,
    aud: token.audience,
    ...(token.clientId !== undefined && { client_id: token.clientId }),
    iat: token.issuedAt,
    exp: token.issuedAt + token.lifetime,
    jti: token.id,
    // RFC 6749 §3.3 knows no empty scope: no scopes, no member.
    ...(token.scopes.length > 0 && { scope: formatScope(token.scopes) }),
    ...token.claims,
  }
}

/** The claims that belong to the issuer, and that nobody's own claims may replace (RFC 7519 §4.1, RFC 9068 §2.2). */
export const registeredClaims: ReadonlySet<string> = new Set([
  'iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'client_id', 'scope',
]) // prettier-ignore

interface Dates {
  readonly exp: unknown
  readonly nbf: unknown
  readonly iat: unknown
}

/** RFC 7519 §4.1.4-4.1.6: finite numbers of seconds, and nothing else that would compare as one. */
function checkDates({ exp, nbf, iat }: Dates, clockSkew: number, now: number): Rejection | undefined {
  // Beyond a century these are milliseconds: a token that would never end.
  if (!isDate(exp) || exp > now + century) return refusals.expiry
  if (isExpired(exp, clockSkew, now)) return refusals.expired
  if ((nbf !== undefined && !isDate(nbf)) || (iat !== undefined && !isDate(iat))) return refusals.claims
  if (nbf !== undefined && nbf > now + clockSkew) return refusals.notYet
  if (iat !== undefined && iat > now + clockSkew) return refusals.notYet
  return undefined
}

const century = 100 * 366 * 24 * 3600

function isDate(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}

function isForOneOf(audience: readonly string[], wanted: string | readonly string[]): boolean {
  return typeof wanted === 'string'
    ? audience.includes(wanted)
    : wanted.some((each) => audience.includes(each))
}

function isListOfStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((member) => typeof member === 'string')
}

function isTextOrMissing(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string'
}

function refusal(description: string): Rejection {
  return Object.freeze(new Rejection(description))
}
