/** How issuers differ in what they write into access tokens: where the scopes are, and what tells them from ID tokens. */

import { isScopeToken } from './scope.ts'

/** Everything that a token says. */
export type Claims = Readonly<Record<string, unknown>>

/**
 * A claim by its name, `permissions`, or by its path, `realm_access.roles`. Its value is a text of words with spaces
 * between them, or a list of words.
 */
export type ClaimPath = string

/** Where the scopes of a token are. */
export type ScopesFrom =
  | ClaimPath
  /** The first that is there counts. Those in a list of their own count together. */
  | readonly (ClaimPath | readonly ClaimPath[])[]
  /** Called with the claims of a token that is good. */
  | ((claims: Claims) => readonly string[])

/** What the access tokens of one kind of issuer look like. Plain data, to be changed as one likes. */
export interface TokenProfile {
  /** Where the scopes are; `scope` unless told. */
  readonly scopesFrom?: ScopesFrom
  /** Where the client is; the first of `client_id` and `azp` that is there unless told. */
  readonly clientIdFrom?: readonly ClaimPath[]
  /**
   * Also accepts a `typ` of `JWT` or none, as issuers write that do not follow RFC 9068. An ID token looks the same, so
   * what has a claim that only ID tokens have is refused, and `marks` tells the rest; `false` unless told.
   */
  readonly acceptPlainJwt?: boolean
  /** At least one of these claims has to be there, with one of these values if any are named: it marks an access token. */
  readonly marks?: Readonly<Record<string, readonly string[] | true>>
}

/** Issuers that are known by name. */
export type ProfileName = 'rfc9068' | 'auth0' | 'entra' | 'keycloak' | 'okta'

/**
 * The profiles.
 *
 * @example
 *
 * ```ts
 * const profile = { ...tokenProfiles.auth0, scopesFrom: 'scope' }
 * ```
 */
export const tokenProfiles: Readonly<Record<ProfileName, TokenProfile>> = {
  /** JWT access tokens as the standard has them. */
  rfc9068: {},
  /** `permissions` are there when RBAC is on and added to the token. */
  auth0: { acceptPlainJwt: true, scopesFrom: ['permissions', 'scope'] },
  /** `scp` is what a user lets an application do, `roles` what an application may do by itself. */
  entra: {
    acceptPlainJwt: true,
    scopesFrom: ['scp', 'roles'],
    clientIdFrom: ['azp', 'appid'],
    // An API and its page are often one registration, and the page's ID token then has the audience of the API.
    marks: { scp: true, azpacr: true, appidacr: true },
  },
  /** The realm's roles count like scopes. Keycloak says in each token what kind it is. */
  keycloak: {
    acceptPlainJwt: true,
    scopesFrom: [['scope', 'realm_access.roles']],
    marks: { typ: ['Bearer', 'DPoP'] },
  },
  /** A custom authorization server, such as `/oauth2/default`. */
  okta: { acceptPlainJwt: true, scopesFrom: 'scp', clientIdFrom: ['cid'], marks: { cid: true } },
}

/** The profile of an issuer whose address says which it is; the standard's otherwise. */
export function profileOf(issuer: string): ProfileName {
  const host = URL.parse(issuer)?.hostname ?? ''
  if (host.endsWith('.auth0.com')) return 'auth0'
  if (host === 'login.microsoftonline.com' || host === 'sts.windows.net' || host.endsWith('.ciamlogin.com')) {
    return 'entra'
  }
  return host.endsWith('.okta.com') || host.endsWith('.oktapreview.com') ? 'okta' : 'rfc9068'
}

/** Whether these can be the claims of an access token, and not those of an ID token of the same issuer. */
export function isAccessTokenOf(profile: TokenProfile, claims: Claims): boolean {
  if (profile.acceptPlainJwt === true && onlyElsewhere.some((name) => Object.hasOwn(claims, name)))
    return false
  const marks = Object.entries(profile.marks ?? {})
  if (marks.length === 0) return true
  return marks.some(([path, values]) => {
    const found = valueAt(claims, path)
    return values === true ? found !== undefined : values.some((value) => value === found)
  })
}

/** Claims of ID tokens (OIDC Core §2, §3.3.2.11), of logout and other event tokens (RFC 8417 §2.2), and of DPoP proofs. */
const onlyElsewhere: readonly string[] = ['nonce', 'at_hash', 'c_hash', 's_hash', 'events', 'htm', 'htu']

/**
 * The scopes that a token grants. What is not one word of the grammar grants nothing; neither does a claim that is of another kind than
 * it should be.
 */
export function scopesFrom(claims: Claims, from: ScopesFrom = 'scope'): readonly string[] {
  return [...new Set(wordsFrom(claims, from))].filter(
    (word) => typeof word === 'string' && isScopeToken(word),
  )
}

function wordsFrom(claims: Claims, from: ScopesFrom): readonly string[] {
  if (typeof from === 'function') return from(claims)
  if (typeof from === 'string') return wordsAt(claims, from)
  for (const each of from) {
    const paths = typeof each === 'string' ? [each] : each
    if (paths.some((path) => valueAt(claims, path) !== undefined)) {
      return paths.flatMap((path) => wordsAt(claims, path))
    }
  }
  return []
}

/** Which client a token was given to. */
export function clientIdFrom(
  claims: Claims,
  paths: readonly ClaimPath[] = ['client_id', 'azp'],
): string | undefined {
  return paths
    .map((path) => valueAt(claims, path))
    .find((value): value is string => typeof value === 'string' && value !== '')
}

function wordsAt(claims: Claims, path: ClaimPath): readonly string[] {
  const value = valueAt(claims, path)
  if (typeof value === 'string') return value.split(' ')
  return Array.isArray(value) ? value.filter((word) => typeof word === 'string') : []
}

/** A claim whose whole name this is comes first: `https://example.com/roles` has dots in it and is no path. */
function valueAt(claims: Claims, path: ClaimPath): unknown {
  if (Object.hasOwn(claims, path)) return claims[path]
  let value: unknown = claims
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = (value as Record<string, unknown>)[name]
  }
  return value
}
