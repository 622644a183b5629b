/** Token exchange (RFC 8693): the request, and the rule that nothing grows. */

import { grantedScope, requestedScopes } from './granted-scope.ts'
import { invalidRequest, OAuthError } from './oauth-error.ts'
import { needed } from './parameters.ts'
import type { Parameters } from './parameters.ts'
import { grantedResources } from './resource-indicator.ts'
import { withoutUndefined } from './without-undefined.ts'

/** The kinds of token this server knows by name (RFC 8693 §3). */
export const tokenTypes = {
  accessToken: 'urn:ietf:params:oauth:token-type:access_token',
  refreshToken: 'urn:ietf:params:oauth:token-type:refresh_token',
  idToken: 'urn:ietf:params:oauth:token-type:id_token',
  jwt: 'urn:ietf:params:oauth:token-type:jwt',
} as const

/** A kind of token, by its name on the wire. */
export type TokenType = (typeof tokenTypes)[keyof typeof tokenTypes]

/** RFC 8693 §2.1 */
export interface TokenExchangeRequest {
  readonly grantType: 'urn:ietf:params:oauth:grant-type:token-exchange'
  readonly subjectToken: string
  readonly subjectTokenType: TokenType
  readonly actorToken?: string
  readonly actorTokenType?: TokenType
  readonly requestedTokenType: typeof tokenTypes.accessToken
  readonly scopes?: readonly string[]
  readonly resources: readonly string[]
  /** Logical names of where the token will be used. */
  readonly audiences: readonly string[]
}

/**
 * Reads the parameters.
 *
 * @throws {OAuthError} `invalid_request`, `invalid_scope`
 */
export function parseTokenExchange(sent: Parameters): TokenExchangeRequest {
  const actorToken = sent.one('actor_token')
  const actorTokenType = sent.one('actor_token_type')
  // RFC 8693 §2.1: required with an actor_token, forbidden without.
  if ((actorToken === undefined) !== (actorTokenType === undefined)) {
    throw invalidRequest('actor_token and actor_token_type go together')
  }
  const wanted = sent.one('requested_token_type') ?? tokenTypes.accessToken
  // An ID token or a refresh token got by exchange would be worth more than what was presented.
  if (wanted !== tokenTypes.accessToken) throw invalidRequest('Only access tokens are given in exchange')
  return withoutUndefined({
    grantType: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subjectToken: needed(sent, 'subject_token'),
    subjectTokenType: knownType(needed(sent, 'subject_token_type')),
    actorToken,
    actorTokenType: actorTokenType === undefined ? undefined : knownType(actorTokenType),
    requestedTokenType: tokenTypes.accessToken,
    scopes: requestedScopes(sent),
    resources: sent.all('resource'),
    audiences: sent.all('audience'),
  } as const)
}

/** One link of the `act` chain: who acts now, and within it who did before (RFC 8693 §4.1). */
export interface Actor {
  readonly sub: string
  readonly iss?: string
  readonly client_id?: string
  readonly act?: Actor
}

/** A presented token that was found good. */
export interface ExchangedToken {
  readonly subject: string
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  readonly act?: Actor
  /** The only one who may act for the subject, if it says so (`may_act`, RFC 8693 §4.4). */
  readonly mayAct?: Pick<Actor, 'sub' | 'iss' | 'client_id'>
}

/** What an administrator lets a client exchange. */
export interface ExchangePolicy {
  /** The ceiling of scopes. */
  readonly scopes: readonly string[]
  /** Resources to exchange for though the subject's token is not for them; none unless told. */
  readonly resources?: readonly string[]
}

/** Everything that decides on an exchange. */
export interface Exchange {
  readonly subject: ExchangedToken
  /** Who acts: the subject of the actor token, or the client itself. */
  readonly actor: Actor
  /** When the actor token ends, in milliseconds since 1970. */
  readonly actorExpiresAt?: number | undefined
  readonly request: Pick<TokenExchangeRequest, 'scopes' | 'resources' | 'audiences'>
  /** Without one the exchange is refused. */
  readonly policy: ExchangePolicy | undefined
  /** Milliseconds since 1970. */
  readonly now: number
  /** Milliseconds. */
  readonly lifetime: number
}

/** What the new token may say. */
export interface ExchangeGrant {
  readonly subject: string
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  readonly act: Actor
}

/**
 * Decides on an exchange: no scope, no target and no second more than the subject's token has, but for the targets that
 * an administrator named.
 *
 * @throws {OAuthError} `unauthorized_client` without a policy; `invalid_request` for tokens that may not be used so
 * (RFC 8693 §2.2.2); `invalid_scope` and `invalid_target` for more than there is.
 */
export function exchangeGrant(exchange: Exchange): ExchangeGrant {
  const { subject, actor, request, policy, now } = exchange
  if (policy === undefined) {
    throw new OAuthError('unauthorized_client', 'This client may not exchange tokens')
  }
  const end = Math.min(subject.expiresAt, exchange.actorExpiresAt ?? Infinity)
  if (end <= now) throw invalidRequest('A token presented for exchange has expired')
  if (subject.mayAct !== undefined && !isSameActor(subject.mayAct, actor)) {
    throw invalidRequest('The subject_token names somebody else to act')
  }
  if (depthOf(subject.act) >= longestChain) throw invalidRequest('The subject_token was passed on too often')
  return {
    subject: subject.subject,
    scopes: grantedScope({ requested: request.scopes, allowed: subject.scopes, ceiling: policy.scopes }),
    resources: targets(exchange, policy),
    expiresAt: Math.min(end, now + exchange.lifetime),
    // RFC 8693 §4.1: the newest actor is the outermost.
    act: withoutUndefined({ ...actor, act: subject.act }),
  }
}

/** Without a target the token stays for what it was for; what the policy adds has to be named. */
function targets({ subject, request }: Exchange, policy: ExchangePolicy): readonly string[] {
  const requested = [...request.resources, ...request.audiences]
  if (requested.length === 0) return subject.resources
  return grantedResources(requested, [...new Set([...subject.resources, ...(policy.resources ?? [])])])
}

/** RFC 8693 §4.4: the members together name the actor, so every one of them has to agree. */
function isSameActor(named: Pick<Actor, 'sub' | 'iss' | 'client_id'>, actor: Actor): boolean {
  return (
    named.sub === actor.sub &&
    (named.iss === undefined || named.iss === actor.iss) &&
    (named.client_id === undefined || named.client_id === actor.client_id)
  )
}

function depthOf(actor: Actor | undefined): number {
  let depth = 0
  for (let link = actor; link !== undefined && depth < longestChain; link = link.act) depth++
  return depth
}

/** A token that is passed on for ever grows until it fits into no header. */
const longestChain = 4

function knownType(name: string): TokenType {
  const type = Object.values(tokenTypes).find((known) => known === name)
  if (type === undefined) throw invalidRequest('This type of token is not known')
  return type
}
