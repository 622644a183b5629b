/** Access tokens that others issue: verified with their published keys, or by asking them. */

import { decodeBase64url } from '../crypto/base64url.ts'
import { parseJsonObject, splitJws } from '../crypto/jws.ts'
import { inRow } from '../crypto/signature-row.ts'
import { HttpError } from '../http/http-error.ts'
import { isExpired, refusals } from '../protocol/access-token.ts'
import type { AccessToken } from '../protocol/access-token.ts'
import { isBearerToken, parseAuthorization } from '../protocol/authorization-header.ts'
import { Rejection } from '../protocol/rejection.ts'
import { provenKey } from './dpop-proof.ts'
import { examiner } from './examine-token.ts'
import type { Examiner, Refused as Unfit } from './examine-token.ts'
import { checkForeignOptions } from './foreign-tokens-options.ts'
import type { ForeignTokensOptions, ForeignTokensSettings } from './foreign-tokens-options.ts'
import type { IssuerSettings, Trusted } from './foreign-tokens-options.ts'
import { introspector } from './introspector.ts'
import type { Introspector } from './introspector.ts'
import { Unavailable } from './kept.ts'
import { cacheKey, principalCache } from './principal-cache.ts'
import type { CacheKey } from './principal-cache.ts'
import { noticeOf } from './rejection-notice.ts'
import { remoteIssuer } from './remote-issuer.ts'
import type { RemoteIssuer, RemoteKeys } from './remote-issuer.ts'
import { sentRightly } from './sender.ts'
import { isRevokedNow } from './staleness.ts'

/** A request, as far as it matters here. */
export interface TokenRequest {
  readonly method: string
  /** The whole address. */
  readonly url: string
  header(name: string): string | undefined
}

/** What is made of a request: its token, why there is none, or `undefined` without credentials. */
export type Authentication = AccessToken | Rejection | undefined

/** Verifies the tokens of other issuers. */
export interface ForeignTokens {
  readonly settings: ForeignTokensSettings
  /**
   * Reads and verifies the token of a request.
   *
   * @throws {HttpError} 503 with `Retry-After` when the issuer cannot be reached and what is known of it is not enough.
   */
  authenticate(request: TokenRequest): Authentication | Promise<Authentication>
}

type Judged = AccessToken | Rejection

/**
 * Verifies the tokens of other issuers. Nothing is fetched before the first token.
 *
 * @throws Error for an option that cannot be right; the message names it and says what would be.
 */
export function foreignTokens(options: ForeignTokensOptions & Trusted): ForeignTokens {
  const settings = checkForeignOptions(options)
  const { now, clockSkew, maxTokenLength } = settings
  const cache = principalCache<Remembered>(settings.cache)
  const issuers = new Map(
    settings.issuers.map((trusted) => [trusted.issuer, newVerifier(trusted, settings, () => cache.clear())]),
  )
  const opaque = [...issuers.values()].find(({ introspector }) => introspector !== undefined)
  const names = [...issuers.keys()].join(' or ')
  const audiences = [...new Set(settings.issuers.flatMap(({ audience }) => audience))]

  function verify(token: string): Judged | Promise<Judged> {
    // Before any work: a megabyte of dots is not even hashed (CVE-2025-30204).
    if (token.length > maxTokenLength) return refused(settings, { rejection: refusals.tooLong, token: '' })
    const time = now()
    const key = cacheKey(token)
    const known = cache.get(key, time)
    const by = known?.by ?? verifierFor(token, time)
    if (by instanceof Rejection || by instanceof Promise || 'subject' in by) return by
    const keys = by.remote.keys.get()
    if (keys instanceof Promise) return keys.then((fetched) => examinedInRow(fetched, token, key, by))
    // Other keys than a moment ago, and what was remembered counts no more.
    if (known === undefined || !by.isUsing(keys)) return examinedInRow(keys, token, key, by)
    if (!isExpired(known.token.expiresAt, clockSkew, time / 1000)) return known.token
    cache.delete(key)
    return refused(settings, { rejection: refusals.expired, token, members: known.token.claims })
  }

  /** Which of the issuers is to judge a token: the one that it names, if that is one of them. */
  function verifierFor(token: string, time: number): IssuerVerifier | Judged | Promise<Judged> {
    const claims = claimsOf(token)
    if (claims === undefined) {
      if (opaque?.introspector === undefined)
        return refused(settings, { rejection: refusals.malformed, token })
      return asked(opaque.introspector, token, time)
    }
    const { iss } = claims
    const by = typeof iss === 'string' ? issuers.get(iss) : undefined
    // Before its keys are looked for: a token of somebody else is no reason to fetch ours, or to wait for them.
    if (by === undefined)
      return refused(settings, { rejection: refusals.issuer, token, members: claims, issuer: names })
    const { introspector: judge, trusted } = by
    return judge !== undefined && trusted.introspection?.jwts === true ? asked(judge, token, time) : by
  }

  function asked(judge: Introspector, token: string, time: number): Judged | Promise<Judged> {
    const answer = judge.ask(token, time)
    return answer instanceof Promise ? answer.then((found) => opened(found, token)) : opened(answer, token)
  }

  function opened(found: Judged, token: string): Judged {
    return found instanceof Rejection
      ? refused(settings, { rejection: found, token, audience: audiences })
      : found
  }

  /** Looks a token over, and once more with new keys where its own is not among these. */
  async function examinedInRow(
    keys: RemoteKeys,
    token: string,
    key: CacheKey,
    by: IssuerVerifier,
  ): Promise<Judged> {
    const found = await inRow(() => examined(keys, token, key, by))
    if (!('rejection' in found)) return found
    const { issuer, audience } = by.trusted
    if (found.rejection !== refusals.unknownKey)
      return refused(settings, { ...found, token, issuer, audience })
    const newer = await by.remote.keys.renewed()
    const again = await inRow(() => examined(newer, token, key, by))
    return 'rejection' in again ? refused(settings, { ...again, token, issuer, audience }) : again
  }

  function examined(keys: RemoteKeys, token: string, key: CacheKey, by: IssuerVerifier): AccessToken | Unfit {
    const time = now()
    const examining = by.examinerWith(keys)
    // Several requests may have come with it.
    const known = cache.get(key, time)
    if (known?.by === by) return known.token
    const found = examining.examine(token, time / 1000)
    if (!('rejection' in found)) cache.set(key, { token: found, by }, time)
    return found
  }

  /** The token, unless its issuer has revoked it. */
  function unrevoked(found: AccessToken, token: string, request: TokenRequest): Judged | Promise<Judged> {
    const by = issuers.get(found.issuer)
    const revocation = by?.trusted.revocation
    if (by === undefined || revocation === undefined) return found
    const { revocations } = by.remote
    if (!revocations.isOffered && !revocation.isRequired) return found
    revocations.follow(revocation.maxAge)
    const judge = (isRevoked: boolean): Judged =>
      isRevoked ? refused(settings, { rejection: refusals.revoked, token }) : found
    const isRevoked = isRevokedNow(found, revocations, revocation, request)
    return isRevoked instanceof Promise ? isRevoked.then(judge) : judge(isRevoked)
  }

  function prove(token: string, request: TokenRequest): Promise<string | Rejection | undefined> {
    const { resource, useOnce } = settings
    if (resource === undefined) {
      settings.report(
        new Error('A DPoP-bound token was refused: give `resource`, the public address of this API'),
      )
      return Promise.resolve(notHere)
    }
    const { pathname, search } = new URL(request.url)
    // The origin that is configured, not the one the sender wrote as `Host`: a proof for another host is none for this.
    const url = new URL(pathname + search, resource).href
    const { method } = request
    return provenKey(
      { proof: request.header('dpop'), method, url, accessToken: token },
      { now: now(), useOnce },
    )
  }

  function authenticate(request: TokenRequest): Authentication | Promise<Authentication> {
    const presented = parseAuthorization(request.header('authorization'))
    const word = presented?.scheme.toLowerCase()
    if (presented === undefined || presented.credentials === '') return undefined
    if (word !== 'bearer' && word !== 'dpop') return undefined
    const token = presented.credentials
    if (!isBearerToken(token)) return refused(settings, { rejection: refusals.malformed, token: '' })
    const sent = (found: Judged): Judged | Promise<Judged> =>
      found instanceof Rejection ? found : sentRightly(found, word === 'dpop', () => prove(token, request))
    // Before the proof, which is good once: whoever is to come again needs it then.
    const judge = (found: Judged): Judged | Promise<Judged> => {
      if (found instanceof Rejection) return found
      const held = unrevoked(found, token, request)
      return held instanceof Promise ? held.then(sent) : sent(held)
    }
    const found = verify(token)
    return found instanceof Promise ? found.then(judge) : judge(found)
  }

  return { settings, authenticate: (request) => orUnavailable(() => authenticate(request)) }
}

/** A token that was found good, and who found it so. */
interface Remembered {
  readonly token: AccessToken
  readonly by: IssuerVerifier
}

/** What belongs to one issuer. */
interface IssuerVerifier {
  readonly trusted: IssuerSettings
  readonly remote: RemoteIssuer
  readonly introspector: Introspector | undefined
  /** Whether these are the keys that were used last. */
  isUsing(keys: RemoteKeys): boolean
  examinerWith(keys: RemoteKeys): Examiner
}

function newVerifier(
  trusted: IssuerSettings,
  settings: ForeignTokensSettings,
  onNewKeys: () => void,
): IssuerVerifier {
  const { times, fetch, now, clock, clockSkew, catalogue, report } = settings
  const { issuer, audience, profile, algorithms, discoveryUrl, allowHttp, allowPrivateAddresses } = trusted
  const remote = remoteIssuer({
    issuer, discoveryUrl, algorithms, allowHttp, allowPrivateAddresses, times, fetch, now, clock,
  }) // prettier-ignore
  remote.report(report)
  const acceptPlainJwt = profile.acceptPlainJwt === true
  const expected = { issuer, audience, clockSkew, catalogue, profile, acceptPlainJwt }
  let current: { readonly keys: RemoteKeys; readonly examiner: Examiner } | undefined
  return {
    trusted,
    remote,
    introspector:
      trusted.introspection && introspector(remote, trusted.introspection, expected, clock, report),
    isUsing: (keys) => current?.keys === keys,
    examinerWith(keys) {
      if (current?.keys !== keys) {
        if (current !== undefined) onNewKeys()
        current = { keys, examiner: examiner(expected, keys) }
      }
      return current.examiner
    },
  }
}

/** The claims of what has the form of a JWT; not believed. Anything else is an opaque token. */
function claimsOf(token: string): Readonly<Record<string, unknown>> | undefined {
  const parts = splitJws(token)
  const header = parts && decodeBase64url(parts.header)
  if (parts === undefined || header === undefined || parseJsonObject(header) === undefined) return undefined
  return parseJsonObject(parts.payload) ?? {}
}

interface Refused {
  readonly rejection: Rejection
  readonly token: string
  readonly members?: Readonly<Record<string, unknown>>
  readonly issuer?: string
  readonly audience?: readonly string[]
}

/** Tells the log. What it throws must not make a 500 of a 401. */
function refused(settings: ForeignTokensSettings, { rejection, ...circumstances }: Refused): Rejection {
  try {
    settings.onRejected(noticeOf(rejection, { issuer: '', audience: '', ...circumstances }))
  } catch {
    // the refusal stands
  }
  return rejection
}

const notHere = new Rejection('DPoP-bound tokens are not accepted here', 'invalid_dpop_proof')

/** Turns "cannot be had at the moment" into 503: the token may be good, and the client is to keep it and come again. */
function orUnavailable<Value>(decide: () => Value | Promise<Value>): Value | Promise<Value> {
  try {
    const decided = decide()
    return decided instanceof Promise ? decided.catch(unavailable) : decided
  } catch (error) {
    return unavailable(error)
  }
}

function unavailable(error: unknown): never {
  if (!(error instanceof Unavailable)) throw error
  throw new HttpError(503, 'The token cannot be verified at the moment', {
    headers: { 'retry-after': String(error.retryAfter) },
    cause: error,
  })
}
