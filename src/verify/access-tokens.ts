/** A service's own access tokens: issuing them, and saying of any text whether it is one. */

import type { PublicKeySet } from '../crypto/jwk.ts'
import { protectedHeader, signJws } from '../crypto/jws.ts'
import type { KeyMaterial } from '../crypto/key-material.ts'
import { randomToken } from '../crypto/random.ts'
import { inRow } from '../crypto/signature-row.ts'
import { prepareKey } from '../crypto/signing-key.ts'
import type { SigningKey, SigningKeyOptions } from '../crypto/signing-key.ts'
import { accessTokenClaims, isExpired, refusals } from '../protocol/access-token.ts'
import type { AccessToken } from '../protocol/access-token.ts'
import type { Rejection } from '../protocol/rejection.ts'
import { formatScope } from '../protocol/scope.ts'
import { checkOptions } from './access-tokens-options.ts'
import type { AccessTokensOptions, ScopeCatalogue } from './access-tokens-options.ts'
import { examiner } from './examine-token.ts'
import type { Refused } from './examine-token.ts'
import { keyRing } from './key-ring.ts'
import { checkNewToken } from './new-token.ts'
import type { NewToken, TokenResponse, UncheckedToken } from './new-token.ts'
import { verifyInRow } from './patient.ts'
import { cacheKey, principalCache } from './principal-cache.ts'
import type { CacheKey } from './principal-cache.ts'
import { noticeOf } from './rejection-notice.ts'

export type { AccessToken } from '../protocol/access-token.ts'
export type { AccessTokensOptions, RejectionNotice, ScopeCatalogue } from './access-tokens-options.ts'
export type { NewToken, TokenResponse } from './new-token.ts'

/** Issues access tokens and verifies them. */
export interface AccessTokens<Scope extends string = string> {
  /** Who makes the tokens. */
  readonly issuer: string
  /** Whom they are for. */
  readonly audience: string
  /** The scopes there are, each with its description. */
  readonly scopes: Readonly<Record<Scope, string>>
  /**
   * Makes a token and the answer that carries it (RFC 6749 §5.1, RFC 9068 §2). Send that with
   * `Cache-Control: no-store`.
   *
   * @throws Error for what no caller should ask: a scope outside of `scopes`, a registered claim, a bad lifetime.
   */
  issue<const Asked extends string = never>(token: NewToken<Scope, Asked>): Promise<TokenResponse>
  /**
   * Says what a token says, or why it is refused. Never throws, whatever it is given; needs no `this`.
   */
  readonly verify: (token: string) => AccessToken<Scope> | Rejection
  /** The public keys, for others who verify these tokens (RFC 7517 §5). A shared secret is never among them. */
  jwks(): PublicKeySet
  /** Adds a key that verifies and is published. It signs after `signWith`. Answers its name. */
  addKey(key: KeyMaterial | SigningKey, options?: SigningKeyOptions): string
  /** Lets one of the keys sign from now on. */
  signWith(keyId: string): void
  /** Takes a key out: tokens signed with it are refused from now on, remembered ones too. */
  retireKey(keyId: string): void
  /** Forgets the tokens that were found good: each is checked in full when it comes again. */
  forget(): void
}

type Judged = AccessToken | Rejection

/**
 * Issues and verifies a service's own access tokens: JWTs of the RFC 9068 profile.
 *
 * @example
 *
 * ```ts
 * const tokens = accessTokens({
 *   issuer: 'http://localhost:8000',
 *   secret: process.env.SECRET,
 *   scopes: { me: 'See your profile', 'items:write': 'Add and change your items' },
 * })
 * const { access_token } = await tokens.issue({ subject: 'alice', scopes: ['me'] })
 * const token = tokens.verify(access_token) // { subject: 'alice', scopes: ['me'], … } or a Rejection
 * ```
 *
 * @param options See {@link AccessTokensOptions}: `issuer` and one of `secret` and `keys` are needed.
 * @throws Error for an option that cannot be right; the message names it and says what would be.
 */
export function accessTokens<const Scopes extends ScopeCatalogue = ScopeCatalogue>(
  options: AccessTokensOptions<Scopes>,
): AccessTokens<keyof Scopes & string> {
  const settings = checkOptions(options)
  const [first, ...others] = settings.keys
  const ring = keyRing(first, others)
  const examining = examiner(settings, ring)
  const cache = principalCache<AccessToken>(settings.cache)
  const { issuer, audience, clockSkew, maxTokenLength, isRevoked, onRejected } = settings

  function verify(token: string): Judged {
    const unfit = unfitText(token)
    if (unfit !== undefined) return unfit
    const now = settings.now()
    const key = cacheKey(token)
    const known = cache.get(key, now)
    return known === undefined
      ? judged(examined(token, key, now), token, key)
      : stillGood(known, token, key, now)
  }

  function patiently(token: string): Judged | Promise<Judged> {
    const unfit = unfitText(token)
    if (unfit !== undefined) return unfit
    const now = settings.now()
    const key = cacheKey(token)
    const known = cache.get(key, now)
    if (known !== undefined) return stillGood(known, token, key, now)
    // A hash is checked sooner than it waits.
    if (ring.signing.algorithm === 'HS256') return judged(examined(token, key, now), token, key)
    // Several requests may have come with it.
    const found = inRow(() => cache.get(key, now) ?? examined(token, key, now))
    return found.then((each) => judged(each, token, key))
  }

  /** Before any work: a megabyte of dots is not even hashed (CVE-2025-30204). */
  function unfitText(token: string): Rejection | undefined {
    if (typeof token !== 'string') return refuse(refusals.malformed, '')
    return token.length > maxTokenLength ? refuse(refusals.tooLong, '') : undefined
  }

  function examined(token: string, key: CacheKey, now: number): AccessToken | Refused {
    const found = examining.examine(token, now / 1000)
    if (!('rejection' in found)) cache.set(key, found, now)
    return found
  }

  /** Being remembered is no reason to outlive one's time. */
  function stillGood(known: AccessToken, token: string, key: CacheKey, now: number): Judged {
    if (!isExpired(known.expiresAt, clockSkew, now / 1000)) return judged(known, token, key)
    cache.delete(key)
    return refuse(refusals.expired, token, known.claims)
  }

  function judged(found: AccessToken | Refused, token: string, key: CacheKey): Judged {
    if ('rejection' in found) return refuse(found.rejection, token, found.members)
    const revoked = isRevoked && checkRevoked(isRevoked, found)
    if (revoked === undefined) return found
    cache.delete(key)
    return refuse(refusals.revoked, token, undefined, revoked.cause)
  }

  function refuse(
    rejection: Rejection,
    token: string,
    members?: Readonly<Record<string, unknown>>,
    cause?: unknown,
  ): Rejection {
    if (onRejected === undefined) return rejection
    try {
      onRejected(noticeOf(rejection, { token, members, issuer, audience, cause }))
    } catch {
      // A log that fails must not make a 500 of a 401.
    }
    return rejection
  }

  async function issue(wanted: UncheckedToken): Promise<TokenResponse> {
    const { lifetime, ...token } = checkNewToken(wanted, settings)
    const issuedAt = Math.floor(settings.now() / 1000)
    const claims = accessTokenClaims({ issuer, audience, ...token, id: randomToken(16), issuedAt, lifetime })
    const key = ring.signing
    const jwt = await signJws(key, protectedHeader(key, 'at+jwt'), toJson(claims))
    if (jwt.length > maxTokenLength) {
      throw new Error(
        `claims: this token has ${jwt.length} characters, and \`maxTokenLength\` is ${maxTokenLength}`,
      )
    }
    const scope = token.scopes.length > 0 && { scope: formatScope(token.scopes) }
    return { access_token: jwt, token_type: 'Bearer', expires_in: lifetime, ...scope }
  }

  function forget(): void {
    cache.clear()
    examining.forget()
  }

  const tokens: AccessTokens = {
    issuer,
    audience,
    scopes: settings.scopes,
    issue,
    verify: Object.assign(verify, { [verifyInRow]: patiently }),
    jwks: () => ring.publicKeys(),
    addKey(material, keyOptions = {}) {
      const key = prepareKey('addKey', material, keyOptions)
      ring.add(key)
      forget()
      return key.keyId
    },
    signWith: (keyId) => ring.signWith(keyId),
    retireKey(keyId) {
      ring.retire(keyId)
      forget()
    },
    forget,
  }
  return tokens
}

/** Whether to refuse. A question that cannot be answered is answered with no (ASVS 16.5.3). */
function checkRevoked(
  isRevoked: (token: AccessToken) => boolean,
  token: AccessToken,
): { readonly cause?: unknown } | undefined {
  try {
    return isRevoked(token) ? {} : undefined
  } catch (cause) {
    return { cause }
  }
}

function toJson(claims: Readonly<Record<string, unknown>>): string {
  try {
    return JSON.stringify(claims)
  } catch (cause) {
    throw new Error('claims: these cannot be written as JSON', { cause })
  }
}
