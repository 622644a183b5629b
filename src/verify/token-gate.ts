/** All that an API with tokens of other issuers has in common, whatever framework it is written with. */

import { resourceMetadata, resourceMetadataUrl } from '../protocol/resource-metadata.ts'
import { dpopAlgorithms } from '../protocol/dpop.ts'
import { discoveryUrls } from '../protocol/provider-metadata.ts'
import type { Rejection } from '../protocol/rejection.ts'
import { unmetDemand } from '../protocol/step-up.ts'
import type { LoginDemand } from '../protocol/step-up.ts'
import { tokenChallenges } from '../protocol/token-challenges.ts'
import type { TokenChallenges } from '../protocol/token-challenges.ts'
import { withoutUndefined } from '../protocol/without-undefined.ts'
import { foreignTokens } from './foreign-tokens.ts'
import type { Authentication, TokenRequest } from './foreign-tokens.ts'
import type { ForeignTokensOptions, ForeignTokensSettings, Trusted } from './foreign-tokens-options.ts'

/** Lets tokens in. */
export interface TokenGate {
  readonly issuers: readonly string[]
  /** Where the metadata of the first issuer are. */
  readonly discoveryUrl: string
  /** The token of a request, why there is none, or `undefined` without credentials. */
  authenticate(request: TokenRequest): Authentication | Promise<Authentication>
  readonly challenges: TokenChallenges
  /** Why the login behind a token is not enough; `scopes` are what is needed besides. */
  unmet(token: unknown, demand: LoginDemand, scopes: readonly string[]): Rejection | undefined
  readonly metadata: PublishedMetadata | undefined
}

/** What the API says of itself (RFC 9728). */
export interface PublishedMetadata {
  /** The path it is expected at, on the origin of the API. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * A gate for the tokens of these issuers.
 *
 * @param isServed Whether the metadata of the API are to be had by now: a challenge must not lead to a page that is not there.
 */
export function tokenGate(
  options: ForeignTokensOptions & Trusted,
  isServed: () => boolean = () => true,
): TokenGate {
  const tokens = foreignTokens(options)
  const { settings } = tokens
  const { issuers, resource, now, clockSkew } = settings
  const [{ issuer, discoveryUrl }] = issuers
  const metadataUrl = resource === undefined ? undefined : resourceMetadataUrl(resource)
  return {
    issuers: issuers.map((each) => each.issuer),
    discoveryUrl: discoveryUrl ?? discoveryUrls(issuer)[0] ?? issuer,
    authenticate: (request) => tokens.authenticate(request),
    challenges: tokenChallenges(() => (isServed() ? metadataUrl : undefined)),
    unmet: (token, demand, scopes) => unmetDemand(token, demand, scopes, { now: now() / 1000, clockSkew }),
    metadata: metadataUrl === undefined ? undefined : published(metadataUrl, settings),
  }
}

function published(url: string, { issuers, resource, catalogue }: ForeignTokensSettings): PublishedMetadata {
  const document = resourceMetadata(
    withoutUndefined({
      resource: resource ?? '',
      authorizationServers: issuers.map(({ issuer }) => issuer),
      scopes: catalogue === undefined || catalogue.size === 0 ? undefined : [...catalogue],
      dpopAlgorithms,
    }),
  )
  return {
    path: new URL(url).pathname,
    headers: {
      'content-type': 'application/json',
      'cache-control': 'public, max-age=3600',
      // Nothing in it depends on who asks: clients in browsers read it before they have a token.
      'access-control-allow-origin': '*',
    },
    body: JSON.stringify(document),
  }
}
