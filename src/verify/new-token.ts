/** What a new access token is asked to be, and the answer that carries it. */

import { registeredClaims } from '../protocol/access-token.ts'
import { isScopeToken } from '../protocol/scope.ts'
import { longestLifetime, whole } from './access-tokens-options.ts'
import type { Settings } from './access-tokens-options.ts'

/** A token to be issued. */
export interface NewToken<Scope extends string = string, Asked extends string = string> extends TokenDetails {
  /** What it may be used for; nothing unless told. Written out, they must be scopes of the catalogue. */
  readonly scopes?: Listed<Asked, Scope>
}

/** All about a token to be issued but its scopes. */
interface TokenDetails {
  /** Whom it speaks of; not empty. */
  readonly subject: string
  /** The client it is given to (RFC 8693 §4.3). */
  readonly clientId?: string
  /** Claims of one's own. The registered names (`iss`, `sub`, `exp`, `scope` …) belong to the issuer. */
  readonly claims?: Readonly<Record<string, unknown>>
  /** How long it is good, in seconds; the `lifetime` of the options unless told. */
  readonly lifetime?: number
}

/** The same once the compiler has had its say on the scopes. */
export interface UncheckedToken extends TokenDetails {
  readonly scopes?: readonly string[]
}

/** Scopes read from a database are plain strings and are checked when the token is made; literals are checked here. */
type Listed<Asked extends string, Scope extends string> = string extends Asked
  ? readonly Asked[]
  : readonly Scope[]

/** The answer of a token endpoint (RFC 6749 §5.1). */
export interface TokenResponse {
  readonly access_token: string
  readonly token_type: 'Bearer'
  /** Seconds. */
  readonly expires_in: number
  /** The scopes granted, with spaces between them; missing if there are none. */
  readonly scope?: string
}

/** What may go into a token. */
export interface CheckedToken {
  readonly subject: string
  readonly scopes: readonly string[]
  readonly clientId: string | undefined
  readonly claims: Readonly<Record<string, unknown>> | undefined
  readonly lifetime: number
}

/** Checks what is asked for. Whatever is wrong is a mistake in the program and throws, naming it. */
export function checkNewToken(token: UncheckedToken, { catalogue, lifetime }: Settings): CheckedToken {
  const { subject, clientId, claims } = token
  if (typeof subject !== 'string' || subject === '') throw new Error('subject: give a text that is not empty')
  if (clientId !== undefined && typeof clientId !== 'string') throw new Error('clientId: give a text')
  const scopes: readonly string[] = [...new Set(token.scopes)]
  for (const scope of scopes) {
    if (!(catalogue?.has(scope) ?? isScopeToken(scope)))
      throw new Error(`scopes: ${unknownScope(scope, catalogue)}`)
  }
  for (const name of Object.keys(claims ?? {})) {
    // The claims may come from a user's profile: they must not make somebody else of the subject.
    if (registeredClaims.has(name) || name === '__proto__') {
      throw new Error(`claims: "${name}" belongs to the issuer; give your claim another name`)
    }
  }
  return {
    subject,
    scopes,
    clientId,
    claims,
    lifetime: whole('lifetime', 'seconds', token.lifetime ?? lifetime, 1, longestLifetime),
  }
}

function unknownScope(scope: string, catalogue: ReadonlySet<string> | undefined): string {
  const shown = JSON.stringify(scope)
  if (catalogue === undefined) return `${shown} is not one word of visible ASCII without quote and backslash`
  const known = [...catalogue].join(', ')
  return `${shown} is not declared; ${known === '' ? 'none is' : `declared are ${known}`}`
}
