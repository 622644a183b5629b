/** Asking an issuer what an opaque token is (RFC 7662), and remembering the answer for a short while. */

import { parseJsonObject } from '../crypto/jws.ts'
import { isExpired } from '../protocol/access-token.ts'
import type { AccessToken, Expected } from '../protocol/access-token.ts'
import { readIntrospectionAnswer } from '../protocol/introspection-answer.ts'
import { Rejection } from '../protocol/rejection.ts'
import { deepFreeze } from './deep-freeze.ts'
import { Unavailable } from './kept.ts'
import { cacheKey, principalCache } from './principal-cache.ts'
import type { CacheKey } from './principal-cache.ts'
import type { RemoteIssuer } from './remote-issuer.ts'

/** How opaque tokens are asked about. */
export interface IntrospectionOptions {
  /** Who this API is to the issuer. */
  readonly clientId: string
  readonly clientSecret: string
  /**
   * Asks about JWTs of this issuer as well, instead of verifying them here: for tokens that do not say everything by
   * themselves, as Keycloak's lightweight ones. `false` unless told.
   */
  readonly jwts?: boolean
  /**
   * For how long an answer is believed, in seconds: so long a revoked token may go on; 30 unless told, 0 asks each
   * time. No answer is believed beyond the end of its token.
   */
  readonly maxAge?: number
  /** For how long a token that is not good is not asked about again, in seconds; 5 unless told. */
  readonly refusedMaxAge?: number
  /** How many answers of each kind are remembered; 10,000 unless told. */
  readonly size?: number
}

/** The same, checked. */
export interface IntrospectionSettings {
  readonly clientId: string
  readonly clientSecret: string
  readonly jwts: boolean
  readonly maxAge: number
  readonly refusedMaxAge: number
  readonly size: number
}

/** Knows of opaque tokens. */
export interface Introspector {
  /** What a token is. Rejects with {@link Unavailable} when the issuer does not say. `now` in milliseconds. */
  ask(token: string, now: number): AccessToken | Rejection | Promise<AccessToken | Rejection>
}

/** How many questions may be under way. Who comes then is told to come again, before all memory is waiting tokens. */
const mostAtOnce = 64

/** How long nobody is sent after a question that failed, in seconds. */
const pause = 1

/**
 * An introspector for the tokens of one issuer.
 *
 * @param clock Milliseconds; it has to go forward, whatever the time of day does.
 */
export function introspector(
  issuer: RemoteIssuer,
  settings: IntrospectionSettings,
  expected: Expected,
  clock: () => number,
  report: (error: Error) => void,
): Introspector {
  const { size } = settings
  const good = principalCache<AccessToken>({ size, maxAge: settings.maxAge })
  const refused = principalCache<Rejection>({ size, maxAge: settings.refusedMaxAge })
  const underWay = new Map<CacheKey, Promise<AccessToken | Rejection>>()
  let failedAt = -Infinity

  async function asked(token: string, key: CacheKey, now: number): Promise<AccessToken | Rejection> {
    const { introspectionEndpoint: endpoint, introspectionMethods } = await issuer.metadata.get()
    if (endpoint === undefined)
      throw new Error(`issuer ${expected.issuer}: its metadata name no introspection_endpoint`)
    const request = introspectionRequest(token, settings, introspectionMethods)
    const { status, body } = await issuer.send(endpoint, request)
    if (status !== 200) {
      const hint = status === 401 ? '; are clientId and clientSecret right?' : ''
      throw new Error(`issuer ${expected.issuer}: introspection answered with status ${status}${hint}`)
    }
    const answer = parseJsonObject(body)
    const read = answer && readIntrospectionAnswer(deepFreeze(answer), expected, now / 1000)
    if (read === undefined) throw new Error(`issuer ${expected.issuer}: the answer of introspection is none`)
    if (read instanceof Rejection) refused.set(key, read, now)
    else good.set(key, deepFreeze(read), now)
    return read
  }

  async function askedOnce(token: string, key: CacheKey, now: number): Promise<AccessToken | Rejection> {
    try {
      return await asked(token, key, now)
    } catch (error) {
      if (error instanceof Unavailable) throw error
      // From its end, which may be seconds later: nobody else is to wait for the same.
      failedAt = clock()
      report(error as Error) // everything that fails here does so with an error of our own
      throw new Unavailable(pause, error)
    }
  }

  return {
    ask(token, now) {
      const key = cacheKey(token)
      const known = good.get(key, now)
      // Not beyond its own end, and as its end comes, not by the grace for clocks either: the issuer has a clock.
      if (known !== undefined && !isExpired(known.expiresAt, 0, now / 1000)) return known
      const no = refused.get(key, now)
      if (no !== undefined) return no
      const asking = underWay.get(key)
      if (asking !== undefined) return asking
      if (underWay.size >= mostAtOnce) throw new Unavailable(1, new Error('Too many questions are under way'))
      if (clock() < failedAt + pause * 1000) throw new Unavailable(pause, undefined)
      const answered = askedOnce(token, key, now).finally(() => underWay.delete(key))
      underWay.set(key, answered)
      return answered
    },
  }
}

function introspectionRequest(
  token: string,
  { clientId, clientSecret }: IntrospectionSettings,
  methods: readonly string[] | undefined,
): { readonly method: 'POST'; readonly headers: Readonly<Record<string, string>>; readonly body: string } {
  const form = new URLSearchParams({ token, token_type_hint: 'access_token' })
  const headers: Record<string, string> = { 'content-type': 'application/x-www-form-urlencoded' }
  const isByForm =
    methods !== undefined &&
    !methods.includes('client_secret_basic') &&
    methods.includes('client_secret_post')
  if (isByForm) {
    form.set('client_id', clientId)
    form.set('client_secret', clientSecret)
  } else {
    // RFC 6749 §2.3.1: form-encoded before they are joined.
    const pair = `${formEncoded(clientId)}:${formEncoded(clientSecret)}`
    headers['authorization'] = `Basic ${Buffer.from(pair).toString('base64')}`
  }
  return { method: 'POST', headers, body: form.toString() }
}

function formEncoded(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1)
}
