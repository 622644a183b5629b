/** The `openIdConnect` scheme of OpenAPI: tokens of other issuers, verified by discovery or by a function of one's own. */

import type { AccessToken } from '../../protocol/access-token.ts'
import type { ScopeCatalogue } from '../../verify/access-tokens-options.ts'
import type { ForeignTokensOptions, Trusted } from '../../verify/foreign-tokens-options.ts'
import { tokenGate } from '../../verify/token-gate.ts'
import type { PublishedMetadata, TokenGate } from '../../verify/token-gate.ts'
import type { Dependency } from '../dependency.ts'
import { router } from '../router.ts'
import type { AnyRouter } from '../router.ts'
import { bearerChallenges, missing, schemeDependency } from '../scheme.ts'
import type { Principal, SchemeOptions, ScopeDescriptions, Verify } from '../scheme.ts'
import { describe, documented, required, wholeHeader } from './oauth2.ts'

/** How the tokens of an OpenID provider are verified by a function of the application's own. */
export interface OpenIdConnectOptions<
  Scopes extends ScopeDescriptions,
  Result,
> extends SchemeOptions<Scopes> {
  /** The discovery document, for the reader of the documentation; it is not fetched. */
  readonly openIdConnectUrl: string
  /** Is given the whole header value; `presented` has it taken apart. */
  readonly verify: Verify<string, Result>
  readonly realm?: string
}

/** Whose tokens are accepted, and how they are verified. */
export type TrustedTokensOptions<Scopes extends ScopeCatalogue> = ForeignTokensOptions<Scopes> &
  Trusted & {
    /** The key under `components.securitySchemes`; `OpenIdConnect` unless told. */
    readonly name?: string
    readonly description?: string
  }

/** A scheme that verifies the tokens of other issuers. */
export interface TrustedTokens<Scope extends string> extends Dependency<AccessToken<Scope>, Scope> {
  /**
   * The route at which this API says who issues its tokens (RFC 9728), for `include`; challenges name it from then on.
   * Empty without an address.
   */
  readonly metadata: AnyRouter
}

/**
 * A scheme that is documented by an OpenID Connect discovery document. Its `verify` is given the whole
 * `Authorization` header.
 *
 * @example
 *
 * ```ts
 * const auth = openIdConnect({
 *   openIdConnectUrl: 'https://login.example.com/.well-known/openid-configuration',
 *   verify: (_, { scheme, credentials }) => (/^bearer$/i.test(scheme) ? tokens.verify(credentials) : undefined),
 * })
 * ```
 */
export function openIdConnect<Result, const Scopes extends ScopeDescriptions = Record<never, string>>(
  options: OpenIdConnectOptions<Scopes, Result>,
): Dependency<Principal<Result>, keyof Scopes & string>
/**
 * Accepts the tokens of an issuer somewhere else, or of several. Its metadata and keys are fetched at the first token and
 * kept; the application starts without it.
 *
 * @example
 *
 * ```ts
 * const auth = openIdConnect({
 *   issuer: 'https://tenant.eu.auth0.com/',
 *   audience: 'https://api.example.com',
 *   scopes: { 'items:write': 'Add and change your items' },
 * })
 * ```
 *
 * @throws Error for an option that cannot be right; the message names it and says what would be.
 */
export function openIdConnect<const Scopes extends ScopeCatalogue = Record<never, string>>(
  options: TrustedTokensOptions<Scopes>,
): TrustedTokens<keyof Scopes & string>
export function openIdConnect(
  options: OpenIdConnectOptions<ScopeDescriptions, unknown> | TrustedTokensOptions<ScopeCatalogue>,
): Dependency<unknown, string> {
  return 'verify' in options ? ofOnesOwn(options) : ofIssuers(options)
}

function ofOnesOwn(options: OpenIdConnectOptions<ScopeDescriptions, unknown>): Dependency<unknown, string> {
  required('openIdConnect', 'openIdConnectUrl', options.openIdConnectUrl)
  return schemeDependency({
    ...describe('OpenIdConnect', options),
    document: documented('openIdConnect', options, { openIdConnectUrl: options.openIdConnectUrl }),
    authenticate: (source) => wholeHeader(source, options.verify),
    ...bearerChallenges('Bearer', options.realm),
  })
}

function ofIssuers(options: TrustedTokensOptions<ScopeCatalogue>): TrustedTokens<string> {
  let isServed = false
  const gate = tokenGate(options, () => isServed)
  const scheme = schemeDependency<AccessToken, string>({
    ...describe('OpenIdConnect', { ...options, scopes: options.scopes ?? {} }),
    document: documented('openIdConnect', descriptionOf(options, gate), {
      openIdConnectUrl: gate.discoveryUrl,
    }),
    authenticate(source) {
      const { method, url } = source.request
      const found = gate.authenticate({ method, url, header: (name) => source.header(name) })
      return found instanceof Promise ? found.then((later) => later ?? missing) : (found ?? missing)
    },
    login: (token, demand, required) => gate.unmet(token, demand, required),
    ...gate.challenges,
  })
  const { declared } = metadataRouter(gate.metadata)
  const metadata: AnyRouter = {
    get declared() {
      // Whoever asks takes the route in.
      isServed = true
      return declared
    },
  }
  return { ...scheme, metadata }
}

/** OpenAPI has room for one address. The others are named where people read. */
function descriptionOf(
  { description }: { readonly description?: string },
  { issuers }: TokenGate,
): { readonly description?: string } {
  if (description !== undefined) return { description }
  return issuers.length === 1 ? {} : { description: `Tokens of ${issuers.join(', ')}` }
}

function metadataRouter(metadata: PublishedMetadata | undefined): AnyRouter {
  if (metadata === undefined) return router()
  const { path, headers, body } = metadata
  const contract = {
    open: true,
    cors: {
      origins: '*',
      methods: ['GET', 'HEAD'],
      allowHeaders: ['Authorization', 'Content-Type', 'MCP-Protocol-Version'],
    },
    tags: ['OAuth'],
    summary: 'Resource metadata',
  } as const
  return router().get(path, {}, contract, () => new Response(body, { headers }))
}
