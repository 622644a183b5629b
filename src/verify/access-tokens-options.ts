/** The options of {@link accessTokens}, checked once, with errors that name the option and what would be right. */

import { isPem } from '../crypto/key-material.ts'
import type { KeyMaterial } from '../crypto/key-material.ts'
import type { SigningAlgorithm } from '../crypto/signature.ts'
import type { SigningKey } from '../crypto/signing-key.ts'
import { prepareKey } from '../crypto/signing-key.ts'
import type { AccessToken } from '../protocol/access-token.ts'
import type { Rejection } from '../protocol/rejection.ts'
import { isScopeToken } from '../protocol/scope.ts'
import type { PrincipalCacheOptions } from './principal-cache.ts'

/** The scopes there are, each with the sentence that people read on the docs and consent pages. */
export type ScopeCatalogue = Readonly<Record<string, string>>

/** How access tokens are made and what is accepted. */
export interface AccessTokensOptions<Scopes extends ScopeCatalogue = ScopeCatalogue> {
  /** Who makes the tokens: `iss`. Usually the public address of the service, `https://api.example.com`. */
  readonly issuer: string
  /** Whom they are for: `aud`. The issuer unless told. */
  readonly audience?: string
  /** A secret of at least 32 bytes that this service shares with nobody: tokens are signed with HS256. */
  readonly secret?: KeyMaterial | undefined
  /** Or one or several keys, each as PEM, JWK, `KeyObject` or from `signingKey()`. The first signs, all verify. */
  readonly keys?: KeyMaterial | SigningKey | readonly (KeyMaterial | SigningKey)[]
  /** What the keys are for, where they do not say so themselves: RSA keys fit RS256 and PS256. */
  readonly algorithm?: SigningAlgorithm
  /** The scopes there are. Their names become the type of `scopes`; others are not issued and not granted. */
  readonly scopes?: Scopes
  /** How long a token is good, in seconds; 300 unless told. */
  readonly lifetime?: number
  /** How far clocks may differ, in seconds from 0 to 60; 30 unless told. */
  readonly clockSkew?: number
  /**
   * Also accepts tokens whose `typ` is `JWT` or missing, as issuers write that do not follow RFC 9068. Other tokens of
   * the same issuer, such as ID tokens, then pass too if their `aud` is this service; `false` unless told.
   */
  readonly dangerouslyAcceptPlainJwt?: boolean
  /** How many verified tokens are remembered (20,000) and for how many seconds (60). */
  readonly cache?: Partial<PrincipalCacheOptions>
  /** The longest token that is looked at, in characters; 8,192 unless told. */
  readonly maxTokenLength?: number
  /**
   * Asked at every request, remembered token or not: answer `true` and the token is refused. If it throws, the token
   * is refused as well.
   */
  readonly isRevoked?: (token: AccessToken) => boolean
  /** Told of every refusal, for the log. What it throws is ignored: the refusal stands. */
  readonly onRejected?: (notice: RejectionNotice) => void
  /** The time in milliseconds since 1970, for tests; the system's clock unless told. */
  readonly now?: () => number
}

/** Why a token was refused, in words for the log; the caller is told the rejection's description alone. */
export interface RejectionNotice {
  readonly rejection: Rejection
  /** The start of the token's SHA-256 in hex: tells tokens apart without keeping one. */
  readonly fingerprint: string
  /** The member that was wrong (`aud`, `alg` …), if it was one. */
  readonly member?: string
  /** What would have been right. */
  readonly wanted?: string
  /** What it was instead, as JSON, cut after 200 characters. */
  readonly found?: string
  /** What `isRevoked` threw. */
  readonly cause?: unknown
}

/** The options with every default filled in. */
export interface Settings {
  readonly issuer: string
  readonly audience: string
  readonly keys: readonly [SigningKey, ...SigningKey[]]
  readonly scopes: ScopeCatalogue
  readonly catalogue: ReadonlySet<string> | undefined
  readonly lifetime: number
  readonly clockSkew: number
  readonly acceptPlainJwt: boolean
  readonly cache: PrincipalCacheOptions
  readonly maxTokenLength: number
  readonly isRevoked: ((token: AccessToken) => boolean) | undefined
  readonly onRejected: ((notice: RejectionNotice) => void) | undefined
  readonly now: () => number
}

/** The longest a token may be good, in seconds: a year. What is longer was meant in milliseconds. */
export const longestLifetime: number = 366 * 24 * 3600

/** Checks the options and fills in what is missing. */
export function checkOptions(options: AccessTokensOptions): Settings {
  const { issuer, audience = issuer, scopes, cache = {}, isRevoked, onRejected, now = Date.now } = options
  if (!isText(issuer))
    throw new Error('issuer: give the name of who makes the tokens, such as https://api.example.com')
  if (!isText(audience))
    throw new Error('audience: give one name, such as https://api.example.com; it is the issuer unless told')
  for (const [name, value] of Object.entries({ isRevoked, onRejected, now })) {
    if (value !== undefined && typeof value !== 'function') throw new Error(`${name}: give a function`)
  }
  return {
    issuer,
    audience,
    keys: checkKeys(options),
    scopes: Object.freeze({ ...scopes }),
    catalogue: checkScopes(scopes),
    lifetime: whole('lifetime', 'seconds', options.lifetime ?? 300, 1, longestLifetime),
    clockSkew: whole('clockSkew', 'seconds', options.clockSkew ?? 30, 0, 60),
    acceptPlainJwt: options.dangerouslyAcceptPlainJwt === true,
    cache: {
      size: whole('cache.size', 'tokens', cache.size ?? 20_000, 0, 10_000_000),
      maxAge: whole('cache.maxAge', 'seconds', cache.maxAge ?? 60, 0, 3600),
    },
    maxTokenLength: whole('maxTokenLength', 'characters', options.maxTokenLength ?? 8192, 256, 1_048_576),
    isRevoked,
    onRejected,
    now,
  }
}

/** A whole number between two bounds. */
export function whole(name: string, unit: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new Error(`${name}: give a whole number of ${unit} from ${least} to ${most}, not ${String(value)}`)
}

function checkKeys(options: AccessTokensOptions): readonly [SigningKey, ...SigningKey[]] {
  const { secret, keys, algorithm } = options
  if ('secret' in options && secret === undefined) {
    throw new Error(
      'secret: it is undefined; is the environment variable set? Make one with: openssl rand -hex 32',
    )
  }
  if ((secret === undefined) === (keys === undefined)) {
    throw new Error(
      'secret, keys: give exactly one of them: a shared `secret` for HS256, or `keys` to sign with',
    )
  }
  if (secret !== undefined) {
    if (algorithm !== undefined && algorithm !== 'HS256') {
      throw new Error(`algorithm: a \`secret\` signs HS256; for ${algorithm} give \`keys\``)
    }
    return [prepareKey('secret', checkSecret(secret), { algorithm: 'HS256' })]
  }
  const list = isList(keys) ? keys : [keys as KeyMaterial | SigningKey] // one alone: `keys` is given, and no list
  const [first, ...others] = list.map((key, index) => {
    const name = isList(keys) ? `keys[${index}]` : 'keys'
    if (typeof key === 'string' && !isPem(key)) {
      throw new Error(`${name}: this text is not a PEM; a shared secret belongs in \`secret\``)
    }
    return prepareKey(name, key, algorithm === undefined ? {} : { algorithm })
  })
  if (first === undefined) throw new Error('keys: give at least one key')
  return [first, ...others]
}

function checkSecret(secret: KeyMaterial): KeyMaterial {
  if (typeof secret === 'string' || typeof secret === 'object') return secret
  throw new Error(
    'secret: give at least 32 bytes, as text, bytes, JWK or KeyObject; make one with: openssl rand -hex 32',
  )
}

function isList(keys: AccessTokensOptions['keys']): keys is readonly (KeyMaterial | SigningKey)[] {
  return Array.isArray(keys)
}

/** The names of the scopes, each checked to be one. */
export function checkScopes(scopes: ScopeCatalogue | undefined): ReadonlySet<string> | undefined {
  if (scopes === undefined) return undefined
  if (typeof scopes !== 'object' || scopes === null || Array.isArray(scopes)) {
    throw new Error("scopes: give each scope with its description: { 'items:read': 'See your items' }")
  }
  const words = Object.keys(scopes)
  for (const word of words) {
    // RFC 6749 §3.3: a space would make two scopes of one.
    if (!isScopeToken(word)) {
      throw new Error(
        `scopes: ${JSON.stringify(word)} is not one word of visible ASCII without quote and backslash`,
      )
    }
  }
  return new Set(words)
}

/** Whether this is a text with something in it. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
