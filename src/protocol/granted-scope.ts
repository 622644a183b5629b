/** Narrowing scopes (RFC 6749 §3.3, §6): less may be asked for, never more. */

import { invalidScope } from './oauth-error.ts'
import type { Parameters } from './parameters.ts'
import { parseScope } from './scope.ts'

/** Who asks for what, and what limits it. */
export interface ScopeDecision {
  /** The words of the request; `undefined` when it says nothing. */
  readonly requested: readonly string[] | undefined
  /** What was granted before, or what there is. */
  readonly allowed: readonly string[]
  /** What this client may have at all; it may have shrunk since the grant. */
  readonly ceiling?: readonly string[] | undefined
}

/**
 * The scopes to grant. Whoever asks for nothing gets everything that is allowed, below the ceiling.
 *
 * @example
 *
 * ```ts
 * grantedScope({ requested: ['read'], allowed: ['read', 'write'] }) // ['read']
 * grantedScope({ requested: undefined, allowed: ['read', 'write'], ceiling: ['read'] }) // ['read']
 * ```
 *
 * @throws {OAuthError} `invalid_scope` when more is asked for.
 */
export function grantedScope(decision: ScopeDecision): readonly string[] {
  // Said without the words: a scope that is not this client's may be nobody's business.
  if (refusedScopes(decision).length > 0)
    throw invalidScope('The scope is unknown, or more than may be granted')
  if (decision.requested === undefined) return available(decision)
  return [...new Set(decision.requested)]
}

/** The words asked for that cannot be had. */
export function refusedScopes(decision: ScopeDecision): readonly string[] {
  const words = new Set(available(decision))
  return (decision.requested ?? []).filter((word) => !words.has(word))
}

function available({ allowed, ceiling }: ScopeDecision): readonly string[] {
  if (ceiling === undefined) return allowed
  const words = new Set(ceiling)
  return allowed.filter((word) => words.has(word))
}

/**
 * The words of the `scope` parameter; `undefined` when it is left out.
 *
 * @throws {OAuthError} `invalid_scope` outside of the grammar (RFC 6749 §3.3).
 */
export function requestedScopes(sent: Parameters): readonly string[] | undefined {
  const scope = sent.one('scope')
  if (scope === undefined) return undefined
  const words = parseScope(scope)
  if (words === undefined) throw invalidScope('The scope is words of ASCII with one space between them')
  return words
}
