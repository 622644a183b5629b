/** The authorization request (RFC 6749 §4.1.1): from parameters to one typed value, or an error that knows where it goes. */

import { AuthorizationError } from './authorization-error.ts'
import type { AuthorizationErrorCode, ResponseMode } from './authorization-error.ts'
import { parseClaimsRequest } from './claims-request.ts'
import type { ClaimsRequest } from './claims-request.ts'
import { refusedScopes } from './granted-scope.ts'
import { called, sortParameters } from './parameters.ts'
import type { Parameters, SentParameters } from './parameters.ts'
import { isCodeChallenge } from './pkce.ts'
import { matchesRedirectUri } from './redirect-uri.ts'
import { refusedResource } from './resource-indicator.ts'
import { parseScope } from './scope.ts'
import { withoutUndefined } from './without-undefined.ts'

/** How the person is to be asked (OpenID Connect Core §3.1.2.1). */
export type Prompt = 'none' | 'login' | 'consent' | 'select_account'

/** An authorization request in which nothing is left to check but the person. */
export interface AuthorizationRequest {
  readonly clientId: string
  readonly redirectUri: string
  /** Whether the request named it: then the token request may be held to it. */
  readonly isRedirectUriSent: boolean
  readonly responseMode: ResponseMode
  /** What it asks for, below the client's ceiling; `undefined` when it says nothing. */
  readonly scopes?: readonly string[]
  readonly state?: string
  /** S256. Missing only for a client that is exempt, and sends a nonce. */
  readonly codeChallenge?: string
  readonly nonce?: string
  readonly prompt: readonly Prompt[]
  /** Seconds. */
  readonly maxAge?: number
  readonly loginHint?: string
  readonly idTokenHint?: string
  readonly uiLocales: readonly string[]
  readonly acrValues: readonly string[]
  /** Single claims that it asks for (OpenID Connect Core §5.5). */
  readonly claims?: ClaimsRequest
  readonly resources: readonly string[]
  /** The key that the code is to be bound to (RFC 9449 §10). */
  readonly dpopJkt?: string
}

/** What must be known of the client. */
export interface AuthorizationClient {
  readonly clientId: string
  readonly redirectUris: readonly string[]
  readonly grantTypes: readonly string[]
  /** Its ceiling. */
  readonly scopes: readonly string[]
  readonly requirePushedAuthorizationRequests?: boolean
  /** An administrator's exemption for a confidential client that uses `nonce` (RFC 9700 §2.1.1). */
  readonly isPkceOptional?: boolean
}

/** What must be known of the server, and of how the request came. */
export interface AuthorizationRules {
  /** The resources there are. */
  readonly resources: readonly string[]
  /** `query` alone unless told. */
  readonly responseModes?: readonly ResponseMode[]
  /** Whether the parameters are those of a pushed request. */
  readonly isPushed: boolean
  readonly requirePushedAuthorizationRequests?: boolean
}

/**
 * Who asks: the one thing to know before the client can be looked up.
 *
 * @throws {AuthorizationError} A page error.
 */
export function requestedClientId(parameters: SentParameters): string {
  const sent = sortParameters(parameters, repeatable)
  const clientId = sent.one('client_id')
  if (clientId !== undefined && clientId.length <= 2048 && /^[\x20-\x7e]+$/.test(clientId)) return clientId
  throw new AuthorizationError('invalid_request', 'The parameter client_id is missing, repeated or malformed')
}

/**
 * Checks an authorization request.
 *
 * @throws {AuthorizationError} Without a target as long as it is not sure that the redirect URI is the client's; with it
 * from then on.
 */
export function parseAuthorizationRequest(
  parameters: SentParameters,
  client: AuthorizationClient,
  rules: AuthorizationRules,
): AuthorizationRequest {
  const sent = sortParameters(parameters, repeatable)
  const redirectUri = redirectUriOf(sent, client, rules)
  const responseModes = rules.responseModes ?? ['query']
  const responseMode = responseModes.find((mode) => mode === (sent.one('response_mode') ?? 'query'))
  const state = isKeepable(sent, 'state') ? sent.one('state') : undefined
  const target = withoutUndefined({ redirectUri, responseMode: responseMode ?? 'query', state })
  const refuse: Refuse = (code, description) => {
    throw new AuthorizationError(code, description, { target })
  }
  checkSound(sent, refuse)
  if (responseMode === undefined) refuse('invalid_request', 'This response_mode is not offered')
  checkWay(sent, client, rules, refuse)
  return withoutUndefined({
    clientId: client.clientId,
    redirectUri,
    isRedirectUriSent: sent.one('redirect_uri') !== undefined,
    responseMode: target.responseMode,
    scopes: scopesOf(sent, client, refuse),
    state,
    codeChallenge: codeChallengeOf(sent, client, refuse),
    nonce: sent.one('nonce'),
    prompt: promptOf(sent, refuse),
    maxAge: maxAgeOf(sent, refuse),
    loginHint: sent.one('login_hint'),
    idTokenHint: sent.one('id_token_hint'),
    uiLocales: words(sent.one('ui_locales')),
    acrValues: words(sent.one('acr_values')),
    claims: claimsOf(sent, refuse),
    resources: resourcesOf(sent, rules, refuse),
    dpopJkt: dpopJktOf(sent, refuse),
  })
}

/** Throws a redirect error. */
type Refuse = (code: AuthorizationErrorCode, description: string) => never

/** RFC 8707 §2: the only parameter that may come more than once. */
const repeatable: ReadonlySet<string> = new Set(['resource'])

/** RFC 6749 §4.1.2.1: until this is sure, every error is for the person. */
function redirectUriOf(sent: Parameters, client: AuthorizationClient, rules: AuthorizationRules): string {
  const page = (description: string): AuthorizationError =>
    new AuthorizationError('invalid_request', description)
  const named = sent.one('client_id')
  // Who pushes has authenticated as this client, and need not say it again.
  if (
    named !== client.clientId &&
    !(rules.isPushed && named === undefined && !sent.repeated.has('client_id'))
  ) {
    throw page('The parameter client_id is missing, repeated or that of another client')
  }
  if (sent.repeated.has('redirect_uri')) throw page('The parameter redirect_uri is there more than once')
  const presented = sent.one('redirect_uri')
  if (presented === undefined) {
    const [only, ...others] = client.redirectUris
    // OpenID Connect Core §3.1.2.1; with several there is nothing to choose by (RFC 6749 §3.1.2.3).
    if (only === undefined || others.length > 0 || words(sent.one('scope')).includes('openid')) {
      throw page('The parameter redirect_uri is missing')
    }
    return only
  }
  if (client.redirectUris.some((registered) => matchesRedirectUri(registered, presented))) return presented
  throw page('The redirect_uri is not one that this client has registered')
}

/** RFC 6749 §3.1: nothing twice. And nothing that cannot be kept. */
function checkSound(sent: Parameters, refuse: Refuse): void {
  for (const name of sent.repeated) refuse('invalid_request', `${called(name)} is there more than once`)
  for (const name of sent.malformed) refuse('invalid_request', `${called(name)} is no text`)
  for (const name of kept) {
    if (!isKeepable(sent, name)) refuse('invalid_request', `${called(name)} is too long`)
  }
}

/** What is stored with the request, and by how much somebody could fill the store. */
const kept = ['state', 'nonce', 'scope', 'login_hint', 'id_token_hint', 'ui_locales', 'acr_values', 'claims']

function isKeepable(sent: Parameters, name: string): boolean {
  return !sent.malformed.has(name) && (sent.one(name)?.length ?? 0) <= 8192
}

/** How the request comes, and what it wants to get. */
function checkWay(
  sent: Parameters,
  client: AuthorizationClient,
  rules: AuthorizationRules,
  refuse: Refuse,
): void {
  // OpenID Connect Core §6: to ignore it would be to act on what stands outside of the signature.
  if (sent.one('request') !== undefined) refuse('request_not_supported', 'Request objects are not offered')
  if (sent.one('request_uri') !== undefined) {
    refuse('request_uri_not_supported', 'A request_uri is that of a pushed request')
  }
  if (sent.one('registration') !== undefined) {
    refuse('registration_not_supported', 'Clients do not register by a parameter')
  }
  // RFC 9126 §5, §6
  if (
    (rules.requirePushedAuthorizationRequests || client.requirePushedAuthorizationRequests) &&
    !rules.isPushed
  ) {
    refuse('invalid_request', 'The authorization request has to be pushed')
  }
  const responseType = sent.one('response_type')
  if (responseType === undefined) refuse('invalid_request', 'The parameter response_type is missing')
  // RFC 9700 §2.1.2: a token in an address is in the history, the log and the Referer.
  if (responseType !== 'code') refuse('unsupported_response_type', 'The response_type is code')
  if (!client.grantTypes.includes('authorization_code')) {
    refuse('unauthorized_client', 'This client may not use the authorization code grant')
  }
}

/** RFC 7636 §4.3, §4.4.1; RFC 9700 §2.1.1. */
function codeChallengeOf(sent: Parameters, client: AuthorizationClient, refuse: Refuse): string | undefined {
  const challenge = sent.one('code_challenge')
  const method = sent.one('code_challenge_method')
  if (challenge === undefined) {
    if (method === undefined && client.isPkceOptional && sent.one('nonce') !== undefined) return undefined
    refuse('invalid_request', 'The parameter code_challenge is missing')
  }
  // Left out, it would mean plain: then who reads the request can redeem the code.
  if (method !== 'S256') refuse('invalid_request', 'The code_challenge_method is S256')
  if (!isCodeChallenge(challenge)) refuse('invalid_request', 'The code_challenge is malformed')
  return challenge
}

function scopesOf(
  sent: Parameters,
  client: AuthorizationClient,
  refuse: Refuse,
): readonly string[] | undefined {
  const scope = sent.one('scope')
  if (scope === undefined) return undefined
  const requested = parseScope(scope)
  if (requested === undefined || refusedScopes({ requested, allowed: client.scopes }).length > 0) {
    refuse('invalid_scope', 'The scope is malformed, unknown or more than this client may ask for')
  }
  // OpenID Connect Core §11: what cannot be given is ignored.
  const isRefreshed = client.grantTypes.includes('refresh_token')
  return isRefreshed ? requested : requested.filter((word) => word !== 'offline_access')
}

function claimsOf(sent: Parameters, refuse: Refuse): ClaimsRequest | undefined {
  const text = sent.one('claims')
  if (text === undefined) return undefined
  const claims = parseClaimsRequest(text)
  return claims ?? refuse('invalid_request', 'The parameter claims is not the JSON that it should be')
}

function promptOf(sent: Parameters, refuse: Refuse): readonly Prompt[] {
  const prompt = words(sent.one('prompt'))
  if (!prompt.every(isPrompt)) return refuse('invalid_request', 'This prompt is not offered')
  // OpenID Connect Core §3.1.2.1
  if (prompt.includes('none') && prompt.length > 1) refuse('invalid_request', 'The prompt none stands alone')
  return prompt
}

function isPrompt(word: string): word is Prompt {
  return ['none', 'login', 'consent', 'select_account'].includes(word)
}

function maxAgeOf(sent: Parameters, refuse: Refuse): number | undefined {
  const text = sent.one('max_age')
  if (text === undefined) return undefined
  if (!/^\d{1,9}$/.test(text)) refuse('invalid_request', 'The max_age is a whole number of seconds')
  return Number(text)
}

function resourcesOf(sent: Parameters, rules: AuthorizationRules, refuse: Refuse): readonly string[] {
  const requested = sent.all('resource')
  const fault = refusedResource(requested, rules.resources)
  if (fault !== undefined) refuse('invalid_target', fault)
  return requested
}

function dpopJktOf(sent: Parameters, refuse: Refuse): string | undefined {
  const thumbprint = sent.one('dpop_jkt')
  // RFC 9449 §10: SHA-256 as base64url, as an S256 challenge is.
  if (thumbprint !== undefined && !isCodeChallenge(thumbprint))
    refuse('invalid_request', 'The dpop_jkt is malformed')
  return thumbprint
}

function words(text: string | undefined): readonly string[] {
  return [...new Set(text?.split(' ').filter((word) => word !== ''))]
}
