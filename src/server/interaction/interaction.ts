/** The port by which a person's decision becomes a code: pages, or an application of its own, stand on the other side. */

import { opaqueToken } from '../../crypto/opaque-token.ts'
import { randomToken } from '../../crypto/random.ts'
import { HttpError } from '../../http/http-error.ts'
import { toldClass } from '../../protocol/authentication-context.ts'
import { AuthorizationError } from '../../protocol/authorization-error.ts'
import { requestedClientId } from '../../protocol/authorization-request.ts'
import type { AuthorizationRequest } from '../../protocol/authorization-request.ts'
import { authorizationAnswer, codeResponse, errorResponse } from '../../protocol/authorization-response.ts'
import type { AuthorizationAnswer } from '../../protocol/authorization-response.ts'
import { grantedScope } from '../../protocol/granted-scope.ts'
import type { SentParameters } from '../../protocol/parameters.ts'
import { withoutUndefined } from '../../protocol/without-undefined.ts'
import { pushedReference } from '../../protocol/pushed-request.ts'
import type { NewGrant } from '../../store/grant-store.ts'
import { heldScopes, scopesOfClient } from '../admin/scopes.ts'
import { auditEvent } from '../audit.ts'
import type { Client } from '../clients.ts'
import { ClientDocumentError } from '../document-reader.ts'
import { hashOf } from '../grants/grant.ts'
import { scopesOfClaims } from '../openid/claims.ts'
import { readHint } from '../openid/id-token.ts'
import type { Service } from '../service.ts'
import { checkedRequest } from './checked-request.ts'

/** An authorization request that was checked, waiting for a person. */
export interface PendingAuthorization {
  readonly client: Client
  readonly request: AuthorizationRequest
  /** What may be granted at most. */
  readonly scopes: readonly string[]
  /** What the person has to agree to: the same, and the scopes of claims that are asked for one by one. */
  readonly agreement: readonly string[]
  /** The only person it may be answered for, by the name that this client knows them by. */
  readonly onlySubject?: string
  readonly resources: readonly string[]
  /** As they were sent, or pushed: for {@link BegunAuthorization}. */
  readonly parameters: SentParameters
  /** The pushed request it came from; it is used up by the decision (RFC 9126 §7.3). */
  readonly pushedRequest?: string
}

/** What has to be kept of an authorization until its person is done. */
export interface BegunAuthorization {
  readonly clientId: string
  /** As they were sent, or pushed. */
  readonly parameters: SentParameters
  readonly pushedRequest?: string
}

/** What the person decided. */
export interface Approval {
  /** The account. */
  readonly subject: string
  /** When they logged in, in milliseconds since 1970. */
  readonly authTime: number
  /** What they agreed to; all that was asked for unless told. */
  readonly scopes?: readonly string[]
  readonly sessionId?: string
  /** How they proved who they are (RFC 8176). */
  readonly methods?: readonly string[]
  /** The grant that this renews, where they agreed before. */
  readonly grantId?: string
  /** The flow that ends here; only one code comes of it. */
  readonly flow?: { readonly hash: string; readonly browserHash: string }
}

/** Begins and ends authorizations. */
export interface Interaction {
  /**
   * Checks an authorization request.
   *
   * @param address Where it came from.
   * @throws {AuthorizationError} With a `target`, it is told to the client there; without, to the person and no one else.
   */
  begin(parameters: SentParameters, address?: string): Promise<PendingAuthorization>
  /**
   * Checks one again that was begun before: clients and scopes may have changed since.
   *
   * @throws {AuthorizationError} As `begin`.
   */
  resume(begun: BegunAuthorization, address?: string): Promise<PendingAuthorization>
  /**
   * The person agreed: where the browser goes, with the code.
   *
   * @throws {HttpError} 410 when the flow was used meanwhile: a page that was sent twice.
   */
  approve(pending: PendingAuthorization, approval: Approval): Promise<AuthorizationAnswer>
  /** The person refused, or could not: where the browser goes. */
  deny(
    pending: PendingAuthorization,
    error?: AuthorizationError['code'],
    description?: string,
  ): Promise<AuthorizationAnswer>
}

/** The error for a page that was sent twice: the person reads it, and the client hears of the first alone. */
export function usedAlready(): HttpError {
  return new HttpError(410, 'This page has been used already')
}

/** The interaction port of an open server. */
export function interactionOf(service: Service): Interaction {
  const { settings, store, documents } = service

  async function clientOf(id: string, address: string | undefined): Promise<Client> {
    const client = await documents.named(id, address).catch((error: unknown) => {
      if (!(error instanceof ClientDocumentError)) throw error
      throw new AuthorizationError('invalid_request', error.message, { cause: error })
    })
    if (client !== undefined && !client.disabled) return client
    throw new AuthorizationError('invalid_request', 'The client is unknown')
  }

  async function checked(
    client: Client,
    parameters: SentParameters,
    pushedRequest: string | undefined,
  ): Promise<PendingAuthorization> {
    const request = checkedRequest(settings, client, parameters, pushedRequest !== undefined)
    const onlySubject = await hintedSubject(service, client, request)
    const { openid } = settings
    const scopes = grantedScope({
      requested: request.scopes,
      // Whoever asks for nothing gets what the APIs have: who a person is has to be asked for.
      allowed: request.scopes === undefined ? Object.keys(settings.scopes) : settings.scopeNames,
      ceiling: scopesOfClient(settings, client),
    })
    const single = [...(request.claims?.userinfo ?? []), ...(request.claims?.idToken ?? [])]
    const isOpenId = openid !== undefined && scopes.includes('openid')
    return {
      client,
      request,
      parameters,
      scopes,
      agreement: isOpenId ? [...new Set([...scopes, ...scopesOfClaims(openid, single)])] : scopes,
      ...(onlySubject === undefined ? {} : { onlySubject }),
      resources: request.resources.length > 0 ? request.resources : [settings.defaultResource.identifier],
      ...(pushedRequest === undefined ? {} : { pushedRequest }),
    }
  }

  /** What was agreed to before and not asked about now goes on. */
  async function renewed(grant: NewGrant, asked: readonly string[]): Promise<NewGrant> {
    const before = await store.getGrant(grant.id)
    if (before === undefined) return grant
    const others = before.scopes.filter((scope) => !asked.includes(scope))
    return {
      ...grant,
      scopes: [...new Set([...others, ...grant.scopes])],
      resources: [...new Set([...before.resources, ...grant.resources])],
    }
  }

  return {
    async begin(parameters, address) {
      const client = await clientOf(requestedClientId(parameters), address)
      const pushed = await pushedParametersOf(service, client, parameters)
      return checked(client, pushed?.parameters ?? parameters, pushed?.hash)
    },

    async resume({ clientId, parameters, pushedRequest }, address) {
      return checked(await clientOf(clientId, address), parameters, pushedRequest)
    },

    async approve(pending, approval) {
      const { client, request } = pending
      const now = settings.now()
      const asked = grantedScope({ requested: approval.scopes, allowed: pending.scopes })
      const scopes = await heldScopes(service, approval.subject, asked)
      if (scopes.length === 0 && asked.length > 0) {
        return this.deny(pending, 'access_denied', 'This account does not have what was asked for')
      }
      const { value, hash } = opaqueToken('code')
      const grantId = approval.grantId ?? randomToken(16)
      const about = { clientId: client.id, subject: approval.subject, grantId, details: { scopes } }
      const audit = [auditEvent('code.issued', now, about)]
      const { subject } = approval
      const { resources } = pending
      const agreed =
        approval.scopes === undefined ? await heldScopes(service, subject, pending.agreement) : scopes
      const grant = { id: grantId, clientId: client.id, subject, scopes: agreed, resources }
      const { claims } = request
      const { methods } = approval
      const acr = methods && toldClass(methods, request)
      const data = withoutUndefined({ claims, amr: methods, acr })
      await documents.keep(client)
      const outcome = await store.saveCode(
        {
          hash,
          grantId,
          clientId: client.id,
          subject,
          redirectUri: request.redirectUri,
          scopes,
          resources,
          authTime: approval.authTime,
          createdAt: now,
          expiresAt: now + settings.lifetimes.code * 1000,
          ...(request.codeChallenge === undefined ? {} : { codeChallenge: request.codeChallenge }),
          ...(request.nonce === undefined ? {} : { nonce: request.nonce }),
          ...(request.dpopJkt === undefined ? {} : { dpopJkt: request.dpopJkt }),
          ...(approval.sessionId === undefined ? {} : { sessionId: approval.sessionId }),
          ...(Object.keys(data).length === 0 ? {} : { data }),
        },
        approval.grantId === undefined ? grant : await renewed(grant, pending.agreement),
        {
          audit,
          keepGrantUntil: now + settings.lifetimes.consent * 1000,
          ...(pending.pushedRequest === undefined ? {} : { pushedRequest: pending.pushedRequest }),
          ...(approval.flow === undefined ? {} : { flow: approval.flow }),
        },
      )
      if (outcome === 'gone') {
        const { flow } = approval
        // Sent twice at the same moment: the other has its code, and the client is not told of an error beside it.
        if (flow !== undefined && (await store.findFlow(flow.hash, flow.browserHash, now)) === undefined) {
          throw usedAlready()
        }
        return this.deny(pending, 'access_denied', 'The authorization is not possible any more')
      }
      service.tell(audit)
      const target = targetOf(request)
      return authorizationAnswer(target, codeResponse(target, settings.issuer, value))
    },

    async deny(pending, error = 'access_denied', description = 'The request was refused') {
      const { request, client, pushedRequest } = pending
      if (pushedRequest !== undefined)
        await store.consumePushedRequest(pushedRequest, client.id, settings.now())
      const refusal = new AuthorizationError(error, description)
      const target = targetOf(request)
      return authorizationAnswer(target, errorResponse(target, settings.issuer, refusal))
    },
  }
}

function targetOf(request: AuthorizationRequest): Parameters<typeof codeResponse>[0] {
  const { redirectUri, responseMode, state } = request
  return { redirectUri, responseMode, ...(state === undefined ? {} : { state }) }
}

/** RFC 9126 §4: what was pushed counts, and nothing that stands beside the reference. */
async function pushedParametersOf(
  { store, settings }: Service,
  client: Client,
  parameters: SentParameters,
): Promise<{ readonly parameters: SentParameters; readonly hash: string } | undefined> {
  const reference = pushedReference(parameters)
  if (reference === undefined) return undefined
  const hash = hashOf(reference.requestUri)
  const found = await store.findPushedRequest(hash, settings.now())
  if (found === undefined || found.clientId !== client.id || found.status !== 'live') {
    throw new AuthorizationError('invalid_request_uri', 'The request has expired or was used; begin again')
  }
  // Written by the endpoint for pushed requests, as a list of pairs.
  return { parameters: found.parameters['sent'] as SentParameters, hash }
}

/**
 * OpenID Connect Core §3.1.2.1, §5.5.1: whom a request names.
 *
 * @throws {AuthorizationError} `invalid_request` for a hint that is none of ours, or another client's.
 */
async function hintedSubject(
  service: Service,
  client: Client,
  { idTokenHint, claims, redirectUri, responseMode, state }: AuthorizationRequest,
): Promise<string | undefined> {
  if (service.settings.openid === undefined) return undefined
  if (idTokenHint === undefined) return claims?.subject
  const hint = await readHint(service, idTokenHint)
  if (hint === undefined || hint.clientId !== client.id) {
    const target = { redirectUri, responseMode, ...(state === undefined ? {} : { state }) }
    throw new AuthorizationError('invalid_request', 'The id_token_hint is not an ID token of this client', {
      target,
    })
  }
  return hint.subject
}
