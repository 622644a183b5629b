/** The options of the OpenID provider, checked and completed. */

import { claimScopes } from '../../protocol/identity-scopes.ts'
import type { ClaimScope } from '../../protocol/identity-scopes.ts'
import { isScopeToken } from '../../protocol/scope.ts'
import type { Account } from '../accounts/types.ts'
import { wrongOption } from '../option-error.ts'

/** How the server is an OpenID provider. */
export interface OpenIdOptions {
  /** Scopes of your own that open claims: `{ phone: { text: 'See your phone number', claims: ['phone_number'] } }`. */
  readonly scopes?: Readonly<Record<string, ClaimScope>>
  /**
   * What else is known of an account, by the names of the claims. Asked for what a person has agreed to tell; more than
   * that in the answer is left out.
   */
  readonly claims?: (account: Account, names: readonly string[]) => Claims | Promise<Claims>
  /**
   * Where the claims of scopes are told. `userinfo`, as OpenID Connect Core §5.4 has it, unless told; with `id_token`
   * there too, for applications that do not ask: then names and addresses are in whatever keeps an ID token.
   */
  readonly claimsIn?: 'userinfo' | 'id_token'
  /**
   * What the names of people for `pairwise` clients are computed with, 32 characters or more. The secret key unless told.
   * With another one everybody is a stranger to those clients.
   */
  readonly pairwiseSalt?: string
}

/** Claims by their names. */
export type Claims = Readonly<Record<string, unknown>>

/** The same, complete. */
export interface OpenIdSettings {
  readonly scopes: Readonly<Record<string, ClaimScope>>
  readonly claims: OpenIdOptions['claims']
  readonly claimsIn: 'userinfo' | 'id_token'
  readonly pairwiseSalt: string
}

/** What a token says by itself, and no scope opens (OpenID Connect Core §2). */
const tokenMembers: ReadonlySet<string> = new Set([
  'iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'auth_time', 'nonce', 'acr', 'amr', 'azp', 'sid', 'at_hash', 'events',
]) // prettier-ignore

/** @throws {TypeError} For an option that cannot be right. */
export function openIdSettings(options: OpenIdOptions, secretKey: string): OpenIdSettings {
  const { scopes = {}, claims, claimsIn = 'userinfo', pairwiseSalt = secretKey } = options
  const unusable = Object.keys(scopes).find((scope) => !isScopeToken(scope))
  if (unusable !== undefined) throw wrong('scopes', `${JSON.stringify(unusable)} is no scope (RFC 6749 §3.3)`)
  const reserved = Object.values(scopes).flatMap(({ claims }) =>
    claims.filter((name) => tokenMembers.has(name)),
  )
  if (reserved.length > 0) throw wrong('scopes', `the claim ${reserved[0] ?? ''} is the token's own`)
  if (claimsIn !== 'userinfo' && claimsIn !== 'id_token') throw wrong('claimsIn', 'userinfo or id_token')
  if (pairwiseSalt.length < 32) throw wrong('pairwiseSalt', '32 characters or more')
  return { scopes: claimScopes(scopes), claims, claimsIn, pairwiseSalt }
}

function wrong(option: string, remedy: string): TypeError {
  return wrongOption(`openid.${option}`, remedy)
}
