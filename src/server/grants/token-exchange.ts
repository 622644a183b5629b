/** Token exchange (RFC 8693): a service that was called with a token of ours calls on, in the same name, with one of its own. */

import { sha256Base64url } from '../../crypto/hash.ts'
import { contextIn } from '../../protocol/authentication-context.ts'
import type { AuthenticationContext } from '../../protocol/authentication-context.ts'
import { invalidRequest, OAuthError } from '../../protocol/oauth-error.ts'
import { parseScope } from '../../protocol/scope.ts'
import { exchangeGrant, tokenTypes } from '../../protocol/token-exchange.ts'
import type { Actor, ExchangedToken, TokenExchangeRequest, TokenType } from '../../protocol/token-exchange.ts'
import { auditEvent } from '../audit.ts'
import { issuedJwt } from '../issued-jwt.ts'
import { longestToken } from '../keys/signing-keys.ts'
import type { Service } from '../service.ts'
import { prepareAccessToken } from '../token-answer.ts'
import type { Grant } from './grant.ts'

/** Exchanges a token for one that says less or the same, for no longer, and names who acts. */
export const exchangeToken: Grant<TokenExchangeRequest> = async (request, context) => {
  const { service, client, dpopJkt, origin } = context
  const { settings, store } = service
  const policy = client.privileges.exchange
  if (policy === undefined || !client.isConfidential) {
    throw new OAuthError('unauthorized_client', 'This client may not exchange tokens')
  }
  const subject = await presented(service, request.subjectToken, request.subjectTokenType)
  const acting =
    request.actorToken === undefined || request.actorTokenType === undefined
      ? undefined
      : await presented(service, request.actorToken, request.actorTokenType)
  // Who could present anybody's token as its own actor could act in anybody's name.
  if (acting !== undefined && acting.clientId !== client.id)
    throw notGood('the actor token is another client’s')
  // Nothing grows: what was bound to a key does not become a token that whoever finds it can use.
  if (subject.isBound && dpopJkt === undefined) {
    throw new OAuthError(
      'invalid_dpop_proof',
      'A token that is bound to a key is exchanged with a DPoP proof',
    )
  }
  const now = settings.now()
  const granted = exchangeGrant({
    subject: subject.token,
    actor: { sub: acting?.token.subject ?? client.id, client_id: client.id },
    actorExpiresAt: acting?.token.expiresAt,
    request,
    policy,
    now,
    lifetime: longestToken(settings),
  })
  const resources = granted.resources.map((identifier) => settings.resources.get(identifier))
  if (resources.length === 0 || !resources.every((resource) => resource !== undefined)) {
    throw new OAuthError('invalid_target', 'The resource is unknown')
  }
  const access = await prepareAccessToken(service, {
    client,
    subject: granted.subject,
    scopes: granted.scopes,
    resources,
    // With the grant, or the family, of the token that was presented dies what came of it.
    grantId: subject.grantId,
    familyId: subject.familyId,
    dpopJkt,
    authTime: subject.authTime,
    context: subject.context,
    act: granted.act,
    notAfter: granted.expiresAt,
  })
  const audit = [
    auditEvent('token.exchanged', now, {
      clientId: client.id,
      subject: granted.subject,
      ...(subject.grantId === undefined ? {} : { grantId: subject.grantId }),
      details: { jti: access.id, from: subject.id, actor: granted.act.sub, scopes: granted.scopes },
      ...origin,
    }),
  ]
  const outcome = await store.issue({ clientId: client.id, accessTokens: access.rows, audit, now })
  if (outcome === 'gone') throw new OAuthError('invalid_client', 'The client is not there any more')
  service.tell(audit)
  return { ...access.answer, issued_token_type: tokenTypes.accessToken }
}

/** A token that was presented and is good, with what ties it to others. */
interface Presented {
  readonly token: ExchangedToken
  readonly id: string
  readonly clientId: string
  /** Whether it is bound to a key (RFC 9449 §6). */
  readonly isBound: boolean
  readonly grantId: string | undefined
  readonly familyId: string | undefined
  /** Milliseconds since 1970. */
  readonly authTime: number | undefined
  readonly context: AuthenticationContext
}

/**
 * A token of ours that is alive, as what it is declared to be (RFC 8693 §2.1).
 *
 * @throws {OAuthError} `invalid_request` (RFC 8693 §2.2.2), in one text for every reason.
 */
async function presented(service: Service, value: string, type: TokenType): Promise<Presented> {
  const isReference = value.startsWith('gwa_')
  // A refresh token or an ID token says who may ask for tokens, or who logged in; it opens no API, and gets none opened.
  if (type !== tokenTypes.accessToken && (type !== tokenTypes.jwt || isReference)) throw notGood('its type')
  const found = isReference ? await reference(service, value) : await jwt(service, value)
  if (found === undefined || found.token.expiresAt <= service.settings.now())
    throw notGood('unknown or expired')
  if (!(await isAlive(service, found))) throw notGood('its client or its subject is not there any more')
  return found
}

async function reference({ store, settings }: Service, value: string): Promise<Presented | undefined> {
  const found =
    value.length > 200 ? undefined : await store.findAccessToken(sha256Base64url(value), settings.now())
  if (found === undefined || found.status !== 'live') return undefined
  const act = found.data?.['act'] as Actor | undefined // written by `prepareAccessToken`
  return {
    token: {
      subject: found.subject,
      scopes: found.scopes,
      resources: found.audience,
      expiresAt: found.expiresAt,
      ...(act === undefined ? {} : { act }),
    },
    id: found.id,
    clientId: found.clientId,
    isBound: found.dpopJkt !== undefined,
    grantId: found.grantId,
    familyId: found.familyId,
    authTime: millisecondsOf(found.data?.['auth_time']),
    context: contextIn(found.data),
  }
}

async function jwt(service: Service, value: string): Promise<Presented | undefined> {
  const claims = await issuedJwt(service, value)
  if (claims === undefined) return undefined
  const { sub, client_id: clientId, jti, exp, iat, aud, scope, act, may_act: mayAct } = claims
  // Signed by us, so all of this is there; the checks are for the compiler, and for a key that served elsewhere before.
  if (typeof sub !== 'string' || typeof clientId !== 'string' || typeof jti !== 'string') return undefined
  if (typeof exp !== 'number' || typeof iat !== 'number') return undefined
  const grantId = textOf(claims['grant_id'])
  const familyId = textOf(claims['family_id'])
  const isRevoked = await service.store.isRevoked({
    id: jti,
    clientId,
    subject: sub,
    issuedAt: iat * 1000,
    ...(grantId === undefined ? {} : { grantId }),
    ...(familyId === undefined ? {} : { familyId }),
  })
  if (isRevoked) return undefined
  return {
    token: {
      subject: sub,
      scopes: (typeof scope === 'string' ? parseScope(scope) : undefined) ?? [],
      resources: [aud].flat().filter((each) => typeof each === 'string'),
      expiresAt: exp * 1000,
      ...(act === undefined ? {} : { act: act as Actor }), // as `exchangeGrant` wrote it
      ...(mayAct === undefined ? {} : { mayAct: mayAct as NonNullable<ExchangedToken['mayAct']> }),
    },
    id: jti,
    clientId,
    isBound: claims['cnf'] !== undefined,
    grantId,
    familyId,
    authTime: millisecondsOf(claims['auth_time']),
    context: contextIn(claims),
  }
}

/** All gates of an ordinary login: what a disabled user or client was given before gets nothing more. */
async function isAlive(service: Service, { token, clientId, grantId }: Presented): Promise<boolean> {
  const isClient = async (id: string): Promise<boolean> => (await service.clients.get(id))?.disabled === false
  if (!(await isClient(clientId))) return false
  if (grantId !== undefined) {
    const grant = await service.store.getGrant(grantId)
    // A token that was exchanged before is another client's than the grant it came from.
    if (grant === undefined || grant.revokedAt !== undefined || !(await isClient(grant.clientId)))
      return false
  }
  // Client credentials: the client speaks for itself, and was looked at.
  if (token.subject === clientId && grantId === undefined) return true
  const account = await service.accounts.get(token.subject)
  return account === undefined ? isClient(token.subject) : !account.disabled
}

function millisecondsOf(seconds: unknown): number | undefined {
  return typeof seconds === 'number' ? seconds * 1000 : undefined
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function notGood(cause: string): OAuthError {
  return invalidRequest('A presented token is not a valid access token of this server', { cause })
}
