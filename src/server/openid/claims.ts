/** What the server tells of a person: what they agreed to, out of the account and of what the application adds. */

import { claimsOfScopes, scopeOfClaim } from '../../protocol/identity-scopes.ts'
import { withoutUndefined } from '../../protocol/without-undefined.ts'
import type { Account } from '../accounts/types.ts'
import type { Service } from '../service.ts'
import type { Claims, OpenIdSettings } from './options.ts'

/** The claims of an account, those of these names that there are. */
export async function claimsOf(
  { settings }: Service,
  account: Account,
  names: readonly string[],
): Promise<Claims> {
  const { openid } = settings
  if (openid === undefined || names.length === 0) return {}
  const known = { ...standardClaims(account), ...(await openid.claims?.(account, names)) }
  const found = Object.entries(known).filter(([name, value]) => names.includes(name) && value !== undefined)
  return Object.fromEntries(found)
}

/** The scopes that single claims belong to: what a person has to agree to for them. */
export function scopesOfClaims(openid: OpenIdSettings, names: readonly string[]): readonly string[] {
  return [...new Set(names.flatMap((name) => scopeOfClaim(name, openid.scopes) ?? []))]
}

/** The names of the claims to tell: those of the scopes, and those asked for one by one whose scope was agreed to. */
export function claimNames(
  openid: OpenIdSettings,
  scopes: readonly string[],
  single: readonly string[],
  agreed: readonly string[],
): readonly string[] {
  const allowed = single.filter((name) => {
    const scope = scopeOfClaim(name, openid.scopes)
    return scope !== undefined && agreed.includes(scope)
  })
  return [...new Set([...claimsOfScopes(scopes, openid.scopes), ...allowed])]
}

/** OpenID Connect Core §5.1: what every account has. A claim without a value is left out (§5.3.2). */
function standardClaims(account: Account): Claims {
  const { name, username, email, emailVerified } = account
  return withoutUndefined({
    name,
    preferred_username: username,
    email,
    email_verified: email === undefined ? undefined : emailVerified,
  })
}
