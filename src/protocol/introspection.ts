/** Token introspection (RFC 7662): who may know what of a token. */

import type { AuthenticationContext } from './authentication-context.ts'
import { canonicalResource } from './resource-indicator.ts'
import { formatScope } from './scope.ts'
import type { Actor } from './token-exchange.ts'
import { withoutUndefined } from './without-undefined.ts'

/** A live token. Times are seconds since 1970. */
export interface TokenDescription {
  readonly kind: 'access_token' | 'refresh_token'
  readonly issuer: string
  readonly subject?: string
  readonly clientId: string
  readonly scopes: readonly string[]
  readonly audience: readonly string[]
  readonly issuedAt: number
  readonly expiresAt: number
  readonly notBefore?: number
  readonly id?: string
  readonly username?: string
  /** The key it is bound to. */
  readonly dpopThumbprint?: string
  readonly act?: Actor
  /** When the person logged in, in seconds since 1970. */
  readonly authTime?: number
  /** How they did. */
  readonly context?: AuthenticationContext
  /** What it belongs to: not told, needed to look further. */
  readonly grantId?: string
  readonly familyId?: string
}

/** The body of the answer. */
export type IntrospectionResponse = Readonly<Record<string, unknown>> & { readonly active: boolean }

/**
 * Everything that is not a live token for this caller: these bytes and no others (RFC 7662 §2.2). Expired, revoked, never
 * there, somebody else's: who guesses learns nothing.
 */
export const inactive: IntrospectionResponse = Object.freeze({ active: false })

/** What is told of a live token (RFC 7662 §2.2, RFC 9449 §6.2, RFC 9470 §6.2). */
export function introspectionResponse(token: TokenDescription): IntrospectionResponse {
  const isAccessToken = token.kind === 'access_token'
  const scheme = token.dpopThumbprint === undefined ? 'Bearer' : 'DPoP'
  return withoutUndefined({
    active: true,
    iss: token.issuer,
    sub: token.subject,
    client_id: token.clientId,
    username: token.username,
    scope: token.scopes.length === 0 ? undefined : formatScope(token.scopes),
    // How the token is used; a refresh token is used in neither way.
    token_type: isAccessToken ? scheme : undefined,
    aud: token.audience.length === 1 ? token.audience[0] : token.audience,
    iat: token.issuedAt,
    exp: token.expiresAt,
    nbf: token.notBefore,
    jti: token.id,
    cnf: token.dpopThumbprint === undefined ? undefined : { jkt: token.dpopThumbprint },
    act: token.act,
    // RFC 9470 §6.2: an API that asks for more than this sees what there is.
    auth_time: token.authTime,
    ...token.context,
  })
}

/**
 * Whether a caller may know of a token (RFC 7662 §4): an API of the access tokens for itself, a client of its own.
 *
 * @param caller Who has authenticated, and the resources it stands for.
 */
export function mayIntrospect(
  token: Pick<TokenDescription, 'clientId' | 'audience' | 'kind'>,
  caller: { readonly clientId: string; readonly resources: readonly string[] },
): boolean {
  if (token.clientId === caller.clientId) return true
  // A refresh token is for nobody but its client, whatever it will be good for.
  if (token.kind !== 'access_token') return false
  const own = new Set(caller.resources.map(canonicalResource))
  return token.audience.some((resource) => own.has(canonicalResource(resource)))
}

/**
 * The claims of a signed answer (RFC 9701 §5). It has neither `sub` nor `exp`, so that nobody takes it for an access
 * token; its type is `token-introspection+jwt`.
 *
 * @param answer Who answers whom, and when, in seconds since 1970.
 */
export function signedIntrospectionClaims(
  response: IntrospectionResponse,
  answer: { readonly issuer: string; readonly audience: string; readonly now: number },
): Readonly<Record<string, unknown>> {
  return {
    iss: answer.issuer,
    aud: answer.audience,
    iat: Math.floor(answer.now),
    token_introspection: response,
  }
}
