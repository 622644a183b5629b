/** Who administers: looked up at every request, so that rights that were taken away are gone at once. */

import { HttpError } from '../../http/http-error.ts'
import { challenge } from '../../protocol/challenge.ts'
import { resourceMetadataUrl } from '../../protocol/resource-metadata.ts'
import type { Circumstances } from '../audit.ts'
import type { Service } from '../service.ts'
import { heldScopes, isAdminScope } from './scopes.ts'
import type { AdminScope } from './scopes.ts'

/** Somebody who administers. */
export interface Actor {
  /** An account, or a client that acts for itself. */
  readonly subject: string
  /** What they may do here and hold at this moment. */
  readonly scopes: ReadonlySet<AdminScope>
  /** For the events about what they do. */
  readonly circumstances: Circumstances
}

/** How somebody came here. */
export interface ActorOptions {
  readonly subject: string
  /** The most they may do: what their token says, or all that the account has. */
  readonly scopes: readonly string[]
  /** The client whose token it is; none where somebody sits before the pages. */
  readonly clientId?: string | undefined
  readonly address?: string | undefined
}

/** The actor with the scopes that are still held. */
export async function actorOf(
  service: Service,
  { subject, scopes, clientId, address }: ActorOptions,
): Promise<Actor> {
  const held = await heldScopes(service, subject, scopes)
  return {
    subject,
    scopes: new Set(held.filter(isAdminScope)),
    circumstances: {
      details: { by: subject, with: clientId ?? 'pages' },
      ...(address === undefined ? {} : { address }),
    },
  }
}

/**
 * Refuses whoever does not hold all of these.
 *
 * @throws {HttpError} 403 `insufficient_scope` (RFC 6750 §3.1).
 */
export function needScopes(
  { settings }: Pick<Service, 'settings'>,
  actor: Actor,
  scopes: readonly string[],
): void {
  if (scopes.every((scope) => isAdminScope(scope) && actor.scopes.has(scope))) return
  const detail = `This needs the scope ${scopes.join(' ')}`
  const words = challenge('Bearer', {
    error: 'insufficient_scope',
    error_description: detail,
    scope: scopes.join(' '),
    resource_metadata: resourceMetadataUrl(settings.adminResource ?? ''),
  })
  throw new HttpError(403, detail, { headers: { 'www-authenticate': words } })
}

/**
 * Keeps people from making themselves, or anybody, more powerful than they are: nobody gives an admin scope that they do
 * not hold, nor changes an account or a client that holds one (a new redirect URI or e-mail address is a way in).
 *
 * @param scopes All that the account or the client has, or is to have.
 * @throws {HttpError} 403
 */
export function needNoMore(actor: Actor, scopes: readonly string[]): void {
  const beyond = scopes.filter((scope) => isAdminScope(scope) && !actor.scopes.has(scope))
  if (beyond.length === 0) return
  throw new HttpError(403, `Only somebody who has it may do this where there is ${beyond.join(' ')}`)
}

/**
 * Keeps an administrator from giving up their own rights, by accident or by somebody at their keyboard: whoever has just
 * administered is still there to give rights back, so the last one never goes. Others take them away.
 *
 * @param id The account or the client that is changed.
 * @param before Its scopes.
 * @param after What is left of them; nothing, when it is disabled or removed.
 * @throws {HttpError} 409
 */
export function keepOwn(
  actor: Actor,
  id: string,
  before: readonly string[],
  after: readonly string[] = [],
): void {
  const lost = before.filter((scope) => isAdminScope(scope) && !after.includes(scope))
  if (actor.subject !== id || lost.length === 0) return
  throw new HttpError(409, `Nobody takes their own rights away: somebody else may take ${lost.join(' ')}`)
}
