/** The steps of a code flow that all providers have in common, done with oauth4webapi. */

import type * as Library from 'oauth4webapi'
import type {
  AuthorizationServer,
  Client,
  ClientAuth,
  HttpRequestOptions,
  TokenEndpointResponse,
} from 'oauth4webapi'
import { isLoopbackName, OutgoingError } from '../http/outgoing.ts'
import type { FetchLike } from '../http/outgoing.ts'
import type { SentParameters } from '../protocol/parameters.ts'
import { ProviderError } from '../server/federation/provider.ts'
import type {
  ProviderAttempt,
  ProviderFault,
  ProviderTokens,
  ProviderWorld,
} from '../server/federation/provider.ts'
import { sha256Base64url } from '../crypto/hash.ts'
import { providerFetch, reachableFrom } from './provider-fetch.ts'
import type { ReachOptions } from './provider-fetch.ts'

/** What every provider is told. */
export interface ClientOptions extends ReachOptions {
  /** Stands in the address of the callback, and in the database. */
  readonly id?: string
  /** What people read on its button. */
  readonly name?: string
  readonly clientId: string
  /** Missing for a public client, which proves itself by PKCE alone. */
  readonly clientSecret?: string
  /** Besides those that say who somebody is. */
  readonly scopes?: readonly string[]
  /** Keeps its tokens, encrypted, to call its APIs with. False unless told. */
  readonly keepTokens?: boolean
  /** What is added to the address that the browser is sent to. */
  readonly parameters?: Readonly<Record<string, string>>
}

/** How a client authenticates at the token endpoint (RFC 6749 §2.3.1). */
export type ClientAuthenticationMethod = 'client_secret_basic' | 'client_secret_post'

/** One provider as the library sees it, for the requests of one step. */
export interface Step {
  readonly library: typeof Library
  readonly client: Client
  readonly authentication: ClientAuth
  /** For each request of the library. */
  readonly requests: Requests
  readonly send: FetchLike
}

/** The part of the library's options that all of its requests take. */
type Requests = Pick<HttpRequestOptions<'GET'>, never> & { readonly signal?: AbortSignal }

/**
 * Makes ready for a step.
 *
 * @throws {Error} When the package is not installed.
 */
export async function stepOf(
  world: ProviderWorld,
  options: ClientOptions,
  method: ClientAuthenticationMethod,
): Promise<Step> {
  const library = await import('oauth4webapi').catch((cause: unknown) => {
    throw new Error('Providers need their package: npm install oauth4webapi', { cause })
  })
  const { clientId, clientSecret } = options
  const send = providerFetch(world, options)
  const secretMethod = method === 'client_secret_post' ? library.ClientSecretPost : library.ClientSecretBasic
  return {
    library,
    client: {
      client_id: clientId,
      // The library has a clock of its own.
      [library.clockSkew]: Math.round((world.now() - Date.now()) / 1000),
      [library.clockTolerance]: 30,
    },
    authentication: clientSecret === undefined ? library.None() : secretMethod(clientSecret),
    requests: {
      [library.customFetch]: (url: string, init: RequestInit) => send(url, init),
      // Where http may be used is decided by who sends: it knows the address behind the name.
      [library.allowInsecureRequests]: true,
    } as Requests,
    send,
  }
}

/**
 * Where the browser goes (RFC 6749 §4.1.1, RFC 7636 §4.3).
 *
 * @throws {ProviderError} When the provider names an address that nobody should be sent to.
 */
export function authorizationUrl(
  world: ProviderWorld,
  endpoint: string,
  options: ClientOptions,
  { redirectUri, state, codeVerifier }: ProviderAttempt,
  more: Readonly<Record<string, string>>,
): string {
  const url = URL.parse(endpoint)
  const isHere =
    url?.protocol === 'http:' && isLoopbackName(url) && reachableFrom(world, options).includes('loopback')
  if (url === null || (url.protocol !== 'https:' && !isHere))
    throw new ProviderError('unavailable', 'The authorization endpoint is not an https address')
  const parameters = {
    ...more,
    response_type: 'code',
    client_id: options.clientId,
    redirect_uri: redirectUri,
    state,
    code_challenge: sha256Base64url(codeVerifier),
    code_challenge_method: 'S256',
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return url.href
}

/**
 * Redeems the code. Who answers is checked before the code goes anywhere (RFC 9207 §2.4), in errors too.
 *
 * @param nonce What the ID token must hold; without it there is none.
 */
export async function redeemCode(
  { library, client, authentication, requests }: Step,
  server: AuthorizationServer,
  { redirectUri, state, codeVerifier }: ProviderAttempt,
  parameters: SentParameters,
  token?: { readonly nonce: string; readonly serverOf: (response: Response) => Promise<AuthorizationServer> },
): Promise<{
  readonly server: AuthorizationServer
  readonly response: Response
  readonly tokens: TokenEndpointResponse
}> {
  const sent = new URLSearchParams(parameters.map(([name, value]) => [name, value]))
  const callback = library.validateAuthResponse(server, client, sent, state)
  // The redirect URI is ours, whatever address a proxy has made of the request's.
  const response = await library.authorizationCodeGrantRequest(
    server,
    client,
    authentication,
    callback,
    redirectUri,
    codeVerifier,
    requests,
  )
  if (token === undefined) {
    const plain = await withoutIdToken(response)
    const tokens = await library.processAuthorizationCodeResponse(server, client, plain)
    return { server, response: plain, tokens }
  }
  const from = await token.serverOf(response)
  const expected = { expectedNonce: token.nonce, requireIdToken: true }
  const tokens = await library.processAuthorizationCodeResponse(from, client, response, expected)
  return { server: from, response, tokens }
}

/** Other tokens for a refresh token (RFC 6749 §6). */
export async function refreshed(
  { library, client, authentication, requests }: Step,
  server: AuthorizationServer,
  refreshToken: string,
): Promise<TokenEndpointResponse> {
  const response = await library.refreshTokenGrantRequest(
    server,
    client,
    authentication,
    refreshToken,
    requests,
  )
  return library.processRefreshTokenResponse(server, client, await withoutIdToken(response))
}

/** The answer without a token that nobody has asked for: nothing is read from it, so nothing about it can be wrong. */
async function withoutIdToken(response: Response): Promise<Response> {
  const body = (await response.json().catch(() => undefined)) as Record<string, unknown> | null | undefined
  const { id_token: _, ...rest } = body ?? {}
  return Response.json(rest, { status: response.status })
}

/** The tokens in the form they are kept in. */
export function tokensOf(
  { access_token, refresh_token, expires_in, scope }: TokenEndpointResponse,
  now: number,
): ProviderTokens {
  return {
    accessToken: access_token,
    ...(refresh_token === undefined ? {} : { refreshToken: refresh_token }),
    ...(expires_in === undefined ? {} : { expiresAt: now + expires_in * 1000 }),
    ...(scope === undefined ? {} : { scopes: scope }),
  }
}

/**
 * Does a step; whatever goes wrong is a `ProviderError`.
 *
 * What the library says is repeated only as far as it is its own sentence: its causes hold codes and tokens.
 */
export async function guarded<Value>(name: string, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof ProviderError) throw error
    if (error instanceof OutgoingError) throw new ProviderError('unavailable', `${name}: ${error.message}`)
    if (!(error instanceof Error)) throw error
    const { code, error: said } = error as { readonly code?: unknown; readonly error?: unknown }
    if (typeof code !== 'string' || !code.startsWith('OAUTH_')) throw error
    const word = typeof said === 'string' && /^[a-z_]{1,40}$/.test(said) ? ` (${said})` : ''
    throw new ProviderError(faultOf(code, said), `${name}: ${error.message}${word}`)
  }
}

function faultOf(code: string, said: unknown): ProviderFault {
  switch (code) {
    case 'OAUTH_AUTHORIZATION_RESPONSE_ERROR':
      // The second is Apple's.
      if (said === 'access_denied' || said === 'user_cancelled_authorize') return 'cancelled'
      return said === 'server_error' || said === 'temporarily_unavailable' ? 'unavailable' : 'refused'
    case 'OAUTH_RESPONSE_BODY_ERROR':
      return said === 'invalid_grant' ? 'refused' : 'unavailable'
    case 'OAUTH_PARSE_ERROR':
    case 'OAUTH_RESPONSE_IS_NOT_JSON':
    case 'OAUTH_RESPONSE_IS_NOT_CONFORM':
    case 'OAUTH_MISSING_SERVER_METADATA':
    case 'OAUTH_INVALID_SERVER_METADATA':
    case 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED':
      return 'unavailable'
    default:
      return 'refused'
  }
}
