/** Asking for more scopes than the route does: for requests whose need is known only when they are read. */

import type { HttpError } from '../http/http-error.ts'
import type { Dependency } from './dependency.ts'
import { DeclarationError } from './option-error.ts'
import { insufficientScope as refusalOf } from './refusal.ts'

/**
 * The 403 of a caller whose token was granted too little (RFC 6750 §3.1), for a handler to throw. The challenge names the
 * scopes, so a client can ask its user for them and send the request again. Where a route always needs them, `security` says
 * so before anything is read, and in the document.
 *
 * @example
 *
 * ```ts
 * if (!token.scopes.includes('notes:write')) throw insufficientScope(auth, [...token.scopes, 'notes:write'])
 * ```
 *
 * @param scheme The security scheme itself.
 * @param scopes All that is needed, what the token has included: a client asks for these and no others.
 * @throws {DeclarationError} For a dependency that is no scheme.
 */
export function insufficientScope<Scope extends string>(
  scheme: Dependency<unknown, Scope>,
  scopes: readonly NoInfer<Scope>[],
): HttpError {
  const { definition } = scheme
  if (definition.kind !== 'scheme') {
    throw new DeclarationError('insufficientScope: this is no security scheme but something that needs one')
  }
  return refusalOf(definition.scheme, [...new Set(scopes)]).toError()
}
