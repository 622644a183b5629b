/** What every grant is given, and the small decisions that all of them share. */

import { sha256Base64url } from '../../crypto/hash.ts'
import { OAuthError } from '../../protocol/oauth-error.ts'
import { grantedResources } from '../../protocol/resource-indicator.ts'
import type { Origin } from '../audit.ts'
import type { Client } from '../clients.ts'
import type { Service } from '../service.ts'
import type { Resource } from '../resources.ts'
import type { TokenAnswer } from '../token-answer.ts'

/** A token request whose client is authenticated. */
export interface GrantContext {
  readonly service: Service
  readonly client: Client
  readonly origin: Origin
  /** The thumbprint of the DPoP key that the request proved. */
  readonly dpopJkt: string | undefined
}

/** Answers one kind of token request. */
export type Grant<Request> = (request: Request, context: GrantContext) => Promise<TokenAnswer>

/** How a value that was handed out is found again. */
export function hashOf(value: string): string {
  return sha256Base64url(value)
}

/**
 * The resources to issue for: those asked for, within those allowed; the server's own default where nothing is said.
 *
 * @throws {OAuthError} `invalid_target` for more than is allowed (RFC 8707 §2.2).
 */
export function resourcesFor(
  service: Service,
  requested: readonly string[],
  allowed: readonly string[],
): readonly Resource[] {
  const identifiers = grantedResources(requested, allowed)
  const known = identifiers.flatMap((identifier) => service.settings.resources.get(identifier) ?? [])
  // The grant may be of a time when there was such an API.
  if (known.length === 0) throw new OAuthError('invalid_target', 'The resource is unknown')
  return known
}

/** The resources a client gets by itself: one when it says nothing, never all of them. */
export function resourcesAskedFor(service: Service, requested: readonly string[]): readonly Resource[] {
  const { resources, defaultResource } = service.settings
  return requested.length === 0 ? [defaultResource] : resourcesFor(service, requested, [...resources.keys()])
}
