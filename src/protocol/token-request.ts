/** The token request (RFC 6749 §3.2): from parameters to one typed value for each grant. */

import type { GrantType } from './client-metadata.ts'
import { requestedScopes } from './granted-scope.ts'
import { unsupportedGrantType } from './oauth-error.ts'
import { needed, strictParameters } from './parameters.ts'
import type { Parameters, SentParameters } from './parameters.ts'
import { parseTokenExchange } from './token-exchange.ts'
import type { TokenExchangeRequest } from './token-exchange.ts'
import { withoutUndefined } from './without-undefined.ts'

/** RFC 6749 §4.1.3, RFC 7636 §4.5 */
export interface AuthorizationCodeRequest {
  readonly grantType: 'authorization_code'
  readonly code: string
  readonly redirectUri?: string
  readonly codeVerifier?: string
  readonly resources: readonly string[]
}

/** RFC 6749 §6 */
export interface RefreshTokenRequest {
  readonly grantType: 'refresh_token'
  readonly refreshToken: string
  /** `undefined` when the request leaves it out: then all that was granted. */
  readonly scopes?: readonly string[]
  readonly resources: readonly string[]
}

/** RFC 6749 §4.4.2 */
export interface ClientCredentialsRequest {
  readonly grantType: 'client_credentials'
  readonly scopes?: readonly string[]
  readonly resources: readonly string[]
}

/** RFC 8628 §3.4 */
export interface DeviceCodeRequest {
  readonly grantType: 'urn:ietf:params:oauth:grant-type:device_code'
  readonly deviceCode: string
  readonly resources: readonly string[]
}

/** RFC 6749 §4.3.2 */
export interface PasswordGrantRequest {
  readonly grantType: 'password'
  readonly username: string
  readonly password: string
  readonly scopes?: readonly string[]
  readonly resources: readonly string[]
}

/** A token request; `grantType` tells which. */
export type TokenRequest =
  | AuthorizationCodeRequest
  | RefreshTokenRequest
  | ClientCredentialsRequest
  | DeviceCodeRequest
  | TokenExchangeRequest
  | PasswordGrantRequest

/**
 * Reads a token request. Who the client is, is {@link presentedClient}'s matter.
 *
 * @example
 *
 * ```ts
 * const request = parseTokenRequest([...form], new Set(['authorization_code', 'refresh_token']))
 * ```
 *
 * @param offered The grants of this server.
 * @throws {OAuthError} `unsupported_grant_type` for any other; `invalid_request` for a parameter that is missing,
 * repeated or malformed; `invalid_scope` for a scope outside of the grammar. No value is repeated in the text.
 */
export function parseTokenRequest(parameters: SentParameters, offered: ReadonlySet<GrantType>): TokenRequest {
  const sent = strictParameters(parameters, repeatable)
  const name = needed(sent, 'grant_type')
  if (!isOffered(name, offered)) throw unsupportedGrantType('This grant type is not offered')
  return readers[name](sent)
}

/** RFC 8707 §2 and RFC 8693 §2.1 let these come more than once; RFC 6749 §3.2 forbids it to all others. */
const repeatable: ReadonlySet<string> = new Set(['resource', 'audience'])

const readers: { readonly [Name in GrantType]: (sent: Parameters) => TokenRequest } = {
  authorization_code: (sent) =>
    withoutUndefined({
      grantType: 'authorization_code',
      code: needed(sent, 'code'),
      redirectUri: sent.one('redirect_uri'),
      codeVerifier: sent.one('code_verifier'),
      resources: sent.all('resource'),
    } as const),
  refresh_token: (sent) =>
    withoutUndefined({
      grantType: 'refresh_token',
      refreshToken: needed(sent, 'refresh_token'),
      scopes: requestedScopes(sent),
      resources: sent.all('resource'),
    } as const),
  client_credentials: (sent) =>
    withoutUndefined({
      grantType: 'client_credentials',
      scopes: requestedScopes(sent),
      resources: sent.all('resource'),
    } as const),
  'urn:ietf:params:oauth:grant-type:device_code': (sent) => ({
    grantType: 'urn:ietf:params:oauth:grant-type:device_code',
    deviceCode: needed(sent, 'device_code'),
    resources: sent.all('resource'),
  }),
  'urn:ietf:params:oauth:grant-type:token-exchange': parseTokenExchange,
  password: (sent) =>
    withoutUndefined({
      grantType: 'password',
      username: needed(sent, 'username'),
      password: needed(sent, 'password'),
      scopes: requestedScopes(sent),
      resources: sent.all('resource'),
    } as const),
}

function isOffered(name: string, offered: ReadonlySet<string>): name is GrantType {
  return offered.has(name)
}
