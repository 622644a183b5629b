/** The OAuth 2.0 schemes of OpenAPI, a function for each flow, and the general one. */

import { Rejection } from '../../protocol/rejection.ts'
import { parseAuthorization } from '../../protocol/authorization-header.ts'
import type { Dependency } from '../dependency.ts'
import { invalidOption } from '../option-error.ts'
import { bearerChallenges, missing, schemeDependency, verified } from '../scheme.ts'
import type { Authenticated, CredentialSource, Principal, Scheme } from '../scheme.ts'
import type { SchemeOptions, ScopeDescriptions, Verify } from '../scheme.ts'
import { bearer } from './http.ts'

/** One flow of OpenAPI's `oauth2` scheme (OpenAPI 3.1 §4.8.30). The URLs are copied as they are. */
export interface OAuthFlow {
  readonly authorizationUrl?: string
  readonly tokenUrl?: string
  readonly refreshUrl?: string
  readonly scopes?: ScopeDescriptions
}

/** The flows of an `oauth2` scheme. */
export interface OAuthFlows {
  readonly password?: OAuthFlow
  readonly clientCredentials?: OAuthFlow
  readonly authorizationCode?: OAuthFlow
  readonly implicit?: OAuthFlow
}

interface TokenOptions<Scopes extends ScopeDescriptions, Result> extends SchemeOptions<Scopes> {
  readonly verify: Verify<string, Result>
  /** Where a token comes from. Relative to the document, so that it works behind a prefix: `token`, not `/token`. */
  readonly tokenUrl: string
  /** Where a token is refreshed, when that is elsewhere. */
  readonly refreshUrl?: string
  readonly realm?: string
}

/** How a token of the password flow is verified. */
export interface PasswordBearerOptions<Scopes extends ScopeDescriptions, Result> extends TokenOptions<
  Scopes,
  Result
> {}

/**
 * A bearer token that the client got for a user's name and password (RFC 6749 §4.3).
 *
 * The docs page shows a login form. For first-party clients only: RFC 9700 §2.4 wants no one else to see passwords.
 *
 * @example
 *
 * ```ts
 * const auth = passwordBearer({ tokenUrl: 'token', scopes: { me: 'See your profile' }, verify: tokens.verify })
 * ```
 */
export function passwordBearer<Result, const Scopes extends ScopeDescriptions = Record<never, string>>(
  options: PasswordBearerOptions<Scopes, Result>,
): Dependency<Principal<Result>, keyof Scopes & string> {
  return bearerFlow('passwordBearer', 'OAuth2PasswordBearer', 'password', options, {
    tokenUrl: options.tokenUrl,
  })
}

/** How a token of the authorization code flow is verified. */
export interface AuthorizationCodeBearerOptions<
  Scopes extends ScopeDescriptions,
  Result,
> extends TokenOptions<Scopes, Result> {
  /** Where the browser is sent to log in. */
  readonly authorizationUrl: string
}

/**
 * A bearer token that the client got by the authorization code flow (RFC 6749 §4.1).
 *
 * @example
 *
 * ```ts
 * const auth = authorizationCodeBearer({ authorizationUrl: 'authorize', tokenUrl: 'token', verify: tokens.verify })
 * ```
 */
export function authorizationCodeBearer<
  Result,
  const Scopes extends ScopeDescriptions = Record<never, string>,
>(
  options: AuthorizationCodeBearerOptions<Scopes, Result>,
): Dependency<Principal<Result>, keyof Scopes & string> {
  return bearerFlow(
    'authorizationCodeBearer',
    'OAuth2AuthorizationCodeBearer',
    'authorizationCode',
    options,
    {
      authorizationUrl: options.authorizationUrl,
      tokenUrl: options.tokenUrl,
    },
  )
}

/** How a token of the client credentials flow is verified. */
export interface ClientCredentialsBearerOptions<
  Scopes extends ScopeDescriptions,
  Result,
> extends TokenOptions<Scopes, Result> {}

/**
 * A bearer token that a machine got for itself (RFC 6749 §4.4).
 *
 * @example
 *
 * ```ts
 * const machine = clientCredentialsBearer({ tokenUrl: 'token', verify: tokens.verify })
 * ```
 */
export function clientCredentialsBearer<
  Result,
  const Scopes extends ScopeDescriptions = Record<never, string>,
>(
  options: ClientCredentialsBearerOptions<Scopes, Result>,
): Dependency<Principal<Result>, keyof Scopes & string> {
  return bearerFlow(
    'clientCredentialsBearer',
    'OAuth2ClientCredentialsBearer',
    'clientCredentials',
    options,
    {
      tokenUrl: options.tokenUrl,
    },
  )
}

/** How the `Authorization` header of a scheme with any flows is verified. */
export interface OAuth2Options<Scopes extends ScopeDescriptions, Result> extends SchemeOptions<Scopes> {
  /** The flows, as OpenAPI has them. Those without `scopes` of their own get the scheme's. */
  readonly flows?: OAuthFlows
  /** Is given the whole header value; `presented` has it taken apart. */
  readonly verify: Verify<string, Result>
  readonly realm?: string
}

/**
 * An `oauth2` scheme with any flows. Its `verify` is given the whole `Authorization` header, whatever the scheme word.
 *
 * @example
 *
 * ```ts
 * const auth = oauth2({
 *   flows: { clientCredentials: { tokenUrl: 'token' } },
 *   verify: (_, { scheme, credentials }) => (/^bearer$/i.test(scheme) ? tokens.verify(credentials) : undefined),
 * })
 * ```
 */
export function oauth2<Result, const Scopes extends ScopeDescriptions = Record<never, string>>(
  options: OAuth2Options<Scopes, Result>,
): Dependency<Principal<Result>, keyof Scopes & string> {
  const scopes = options.scopes ?? {}
  const flows = Object.entries(options.flows ?? {}).map(([name, flow]) => [name, { scopes, ...flow }])
  return schemeDependency({
    ...describe('OAuth2', options),
    document: documented('oauth2', options, { flows: Object.fromEntries(flows) }),
    authenticate: (source) => wholeHeader(source, options.verify),
    ...bearerChallenges('Bearer', options.realm),
  })
}

function bearerFlow<Result, Scopes extends ScopeDescriptions>(
  of: string,
  defaultName: string,
  flow: keyof OAuthFlows,
  options: TokenOptions<Scopes, Result>,
  urls: Readonly<Record<string, string>>,
): Dependency<Principal<Result>, keyof Scopes & string> {
  for (const [option, url] of Object.entries(urls)) required(of, option, url)
  const refresh = options.refreshUrl === undefined ? {} : { refreshUrl: options.refreshUrl }
  return schemeDependency({
    ...describe(defaultName, options),
    document: documented('oauth2', options, {
      flows: { [flow]: { ...urls, ...refresh, scopes: options.scopes ?? {} } },
    }),
    authenticate: (source) => bearer(source, options.verify),
    ...bearerChallenges('Bearer', options.realm),
  })
}

/** How the document names a scheme. */
export function describe(
  defaultName: string,
  options: SchemeOptions<ScopeDescriptions>,
): Pick<Scheme, 'name' | 'defaultName' | 'scopes'> {
  return { name: options.name, defaultName, scopes: options.scopes ?? {} }
}

/** A Security Scheme Object. */
export function documented(
  type: string,
  options: { readonly description?: string },
  more: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return {
    type,
    ...(options.description === undefined ? {} : { description: options.description }),
    ...more,
  }
}

/** Has the whole `Authorization` header verified, whatever its scheme word. */
export function wholeHeader(source: CredentialSource, verify: Verify<string, unknown>): Authenticated {
  const value = source.header('authorization')?.trim()
  const parsed = parseAuthorization(value)
  if (!value || parsed === undefined) return missing
  // Two credentials in one header are joined by a comma on the way here; neither is then the one that was meant.
  if (value.length > 16_384) return new Rejection('The credentials are too long')
  return verified(verify(value, { ...parsed, request: source.request }))
}

/** Insists on an option. */
export function required(of: string, option: string, value: unknown): void {
  if (typeof value !== 'string' || value === '') throw invalidOption(of, option, 'a URL, for example "token"')
}
